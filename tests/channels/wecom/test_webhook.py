"""Callbacks that other implementations made, and what they make of ours.

Tencent's own `@wecom/crypto` 1.0.1 (npm, random part 0123456789abcdef) and `weworkapi` 0.1.7 (PyPI, Tencent's sample
code) made the two vectors, and read what the simulator signs; wechatpy's WeCom module is at hand and asked both ways.
"""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from wechatpy.enterprise.crypto import WeChatCrypto

from channels.wecom.simulator import pushes
from channels.wx.simulator.pushes import xml
from scrm.errors import WebhookError
from scrm.ports.channel import Challenge, Notice, VerifiedRequest, WebhookRequest
from tests.channels.conformance import NOW
from tests.channels.wecom.kit import ACCOUNT, SECOND, WeComKit, notice

KIT = WeComKit()
THEIRS = WeChatCrypto(ACCOUNT.token, ACCOUNT.encoding_aes_key, ACCOUNT.corp_id)

WECOM_CRYPTO = (
    "Q3stYC6hdFzMh9T8HCvyDEucXTwsrhyMrrLzgqWGKQttGuMOjHoD2GU1LJiymHp/2OuR1/kyirQ+oNcIwIE+xIFVDNkLb4yEt47U"
    "tZjvV7U04EVl0Bu1EfO0ME5cdFYnD4AdMFtL7mWsJNUwq/dXIolDc0CX5IgvFaupxFDjolBJbEJxeM8reVGtnIJhwRSEkN3VGdLj"
    "31lvGX2Jgq27/ThsJ4PwWwgeSo0v/yfpZBkVa4EMLF1qawP1N/FIGp7AmzBWDeQtrYAn1iwN6AYuOMQ5CIRHPJ0CrJIC3WUuN8bY"
    "alkA6hQPe8IXX7Dq34Av6/dMnDwSy/aNUCtqVjoNpz6eCIy31a43Qumafng95YNmzSyPWMgwxUTanRf8KH+EtH8eBVUO8yajoali"
    "wg9jwWhmf31JBV6U80I/FRR7/NI="
)
WEWORKAPI = (
    "NskSiNG+vKUc9zHHH8Bu071EO/uMR20gt9g/sasHslerVcFuW4CweZk+r68CuAe9U+ejksjXTZc/EeWVz+zCUsmyoKIHV9omkSBz"
    "EJALAHK60C4SlWc72bRRNWeiY1J3BM3mRcvHmqrKVcSHkQA6UClpbC5f/al3GjK+US9hQpFfAEGNBMUQay6JwuSiGggx+NX4f20i"
    "KOuYvSl/pEig6g=="
)
VECTORS = [
    pytest.param(
        WECOM_CRYPTO, "ec6510cb1602e6fff48c50fe23b5c9c2c483e718", "ENC客服", ACCOUNT.open_kfid, id="@wecom/crypto"
    ),
    pytest.param(WEWORKAPI, "0c1cbf690b2d856bb3bb483fe3f529529a44591e", "T", "wk1", id="weworkapi"),
]


def callback(encrypted: str, signature: str, timestamp: int = SECOND) -> WebhookRequest:
    return WebhookRequest(
        method="POST",
        query={"msg_signature": signature, "timestamp": str(timestamp), "nonce": "n0nce"},
        headers={},
        body=f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode(),
        received_at=NOW,
    )


def read(request: WebhookRequest) -> Notice:
    found = KIT.adapter().verify(request)
    assert isinstance(found, VerifiedRequest)
    [event] = KIT.adapter().parse(found)
    assert isinstance(event, Notice)
    return event


@pytest.mark.parametrize(("encrypted", "signature", "ticket", "open_kfid"), VECTORS)
def test_what_others_signed_is_read(encrypted: str, signature: str, ticket: str, open_kfid: str) -> None:
    found = read(callback(encrypted, signature))
    assert (found.ticket, found.account) == (ticket, f"{ACCOUNT.corp_id}/{open_kfid}")


@pytest.mark.parametrize(("encrypted", "signature", "ticket", "open_kfid"), VECTORS)
def test_what_others_signed_and_somebody_changed_is_not(
    encrypted: str, signature: str, ticket: str, open_kfid: str
) -> None:
    for request in (
        callback(encrypted, signature[::-1]),
        callback(encrypted[:-4] + "AAA=", signature),
        callback(encrypted, signature, SECOND + 1),
        replace(callback(encrypted, signature), received_at=NOW + timedelta(hours=1)),
    ):
        with pytest.raises(WebhookError):
            KIT.adapter().verify(request)


def test_wechatpy_signs_for_the_hub() -> None:
    envelope = THEIRS.encrypt_message(xml(notice(Token="T1")).decode(), "n0nce", str(SECOND))
    encrypted = envelope.partition("<Encrypt><![CDATA[")[2].partition("]]>")[0]
    signature = envelope.partition("<MsgSignature><![CDATA[")[2].partition("]]>")[0]
    assert read(callback(encrypted, signature)).ticket == "T1"


def test_wechatpy_reads_what_the_simulator_signs() -> None:
    push = pushes.sign(ACCOUNT, xml(notice()), timestamp=SECOND, nonce="n0nce")
    assert THEIRS.decrypt_message(push.body, push.query["msg_signature"], str(SECOND), "n0nce").encode() == xml(
        notice()
    )


def test_the_hub_and_wechatpy_give_the_same_answer_to_a_challenge() -> None:
    query = pushes.challenge(ACCOUNT, timestamp=SECOND, echo=b"1616140317555161061", nonce="n0nce")
    theirs = THEIRS.check_signature(query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"])
    asked = WebhookRequest(method="GET", query=query, headers={}, body=b"", received_at=NOW)
    found = KIT.adapter().verify(asked)
    assert isinstance(found, Challenge)
    assert found.reply.body == (theirs if isinstance(theirs, bytes) else theirs.encode()) == b"1616140317555161061"


def test_another_event_of_the_company_is_nothing_of_ours() -> None:
    found = KIT.adapter().verify(KIT.signed(xml(notice(Event="change_contact"))))
    assert isinstance(found, VerifiedRequest)
    assert KIT.adapter().parse(found) == []
