"""Tencent's own `@wecom/crypto` (npm) at work: it signs and encrypts for the hub, and reads what the hub's side signs.

Skipped where the client's packages are not installed (`npm ci` in dashboards/web); in CI that fails. The vectors in
test_webhook.py, which it made, need nothing. `weworkapi` (PyPI) is there as vectors only: it is no wheel.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from channels.wecom.simulator import pushes
from channels.wx.simulator.pushes import xml
from dashboards.webbuild import wheel_node
from scrm.ports.channel import Challenge, Notice, VerifiedRequest, WebhookRequest
from tests.channels.conformance import NOW
from tests.channels.wecom.kit import ACCOUNT, SECOND, WeComKit, notice

CLIENT = Path(__file__).parents[3] / "dashboards" / "web"
NODE = shutil.which("node") or next(iter(wheel_node() or ()), None)
LACKING = NODE is None or not (CLIENT / "node_modules" / "@wecom" / "crypto").is_dir()
KIT = WeComKit()
TEXTS = ["你好 & <b>再见</b> 😀", "a", "一" * 700, " \n", "]]>"]
# Reads one JSON object, answers one: what it signs, and what it reads of ours.
PROGRAM = """
const { getSignature, encrypt, decrypt } = require("@wecom/crypto")
const asked = JSON.parse(require("fs").readFileSync(0, "utf8"))
const made = asked.bodies.map((body) => {
  const encrypted = encrypt(asked.key, body, asked.corp)
  return { encrypted, signature: getSignature(asked.token, asked.stamp, "n0nce", encrypted) }
})
const read = asked.ours.map(({ encrypted, nonce }) => ({
  ...decrypt(asked.key, encrypted), signature: getSignature(asked.token, asked.stamp, nonce, encrypted),
}))
process.stdout.write(JSON.stringify({ made, read }))
"""


def body(text: str) -> str:
    return xml(notice(Token="T", Said=text)).decode()


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    """One run for all: what they made of `TEXTS` and of an echo, and what they read of ours."""
    if LACKING and os.environ.get("CI"):
        pytest.fail("no node, or no npm ci")
    if LACKING:
        pytest.skip("no node, or no npm ci")
    ours = []
    for text in TEXTS:
        push = pushes.sign(ACCOUNT, body(text).encode(), timestamp=SECOND, nonce="n")
        encrypted = push.body.decode().partition("<Encrypt><![CDATA[")[2].partition("]]>")[0]
        ours.append({"encrypted": encrypted, "nonce": "n", "signature": push.query["msg_signature"]})
    asked = {
        "key": ACCOUNT.encoding_aes_key,
        "corp": ACCOUNT.corp_id,
        "token": ACCOUNT.token,
        "stamp": str(SECOND),
        "bodies": [*map(body, TEXTS), "1616140317555161061"],
        "ours": ours,
    }
    assert NODE is not None
    done = subprocess.run(
        [NODE, "-e", PROGRAM],
        cwd=CLIENT,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return {**json.loads(done.stdout), "ours": ours}


def test_what_they_sign_and_encrypt_the_hub_reads(theirs: dict[str, Any]) -> None:
    for text, made in zip(TEXTS, theirs["made"], strict=False):
        request = WebhookRequest(
            method="POST",
            query={"msg_signature": made["signature"], "timestamp": str(SECOND), "nonce": "n0nce"},
            headers={},
            body=f"<xml><Encrypt><![CDATA[{made['encrypted']}]]></Encrypt></xml>".encode(),
            received_at=NOW,
        )
        found = KIT.adapter().verify(request)
        assert isinstance(found, VerifiedRequest)
        assert found.body.decode() == body(text)
        [event] = KIT.adapter().parse(found)
        assert isinstance(event, Notice)
        assert event.ticket == "T"


def test_their_challenge_gets_the_answer_they_wait_for(theirs: dict[str, Any]) -> None:
    made = theirs["made"][-1]
    query = {
        "msg_signature": made["signature"],
        "timestamp": str(SECOND),
        "nonce": "n0nce",
        "echostr": made["encrypted"],
    }
    asked = WebhookRequest(method="GET", query=query, headers={}, body=b"", received_at=NOW)
    found = KIT.adapter().verify(asked)
    assert isinstance(found, Challenge)
    assert found.reply.body == b"1616140317555161061"


def test_what_the_simulator_signs_they_read(theirs: dict[str, Any]) -> None:
    assert len(theirs["read"]) == len(TEXTS)
    for text, ours, read in zip(TEXTS, theirs["ours"], theirs["read"], strict=True):
        assert read["message"] == body(text)
        assert read["id"] == ACCOUNT.corp_id
        assert read["signature"] == ours["signature"]
