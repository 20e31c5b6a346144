"""The three modes, what each believes, and pushes that another implementation signed."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from channels.wechat.config import Mode
from channels.wechat.simulator import Account, pushes
from scrm.errors import WebhookError, WebhookRefusal
from scrm.ports.channel import IncomingMessage, VerifiedRequest, WebhookRequest
from tests.channels.conformance import NOW
from tests.channels.wechat.kit import ACCOUNT, SECOND, WeChatKit, message, request

KIT = WeChatKit()


def content(verified: object, mode: Mode) -> str:
    assert isinstance(verified, VerifiedRequest)
    [event] = KIT.adapter(mode=mode).parse(verified)
    assert isinstance(event, IncomingMessage)
    return event.content


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_and_format(mode: Mode, form: str) -> None:
    push = request(message(Content="你好"), form=form, account=replace(ACCOUNT, mode=mode))
    found = KIT.adapter(mode=mode).verify(push)
    assert content(found, mode) == "你好"
    assert found.facts == {"format": form}  # type: ignore[union-attr]


@pytest.mark.parametrize("form", ["xml", "json"])
def test_in_compatible_mode_only_the_encrypted_part_counts(form: str) -> None:
    push = request(message(Content="真"), form=form, account=replace(ACCOUNT, mode=Mode.COMPATIBLE))
    forged = replace(push, body=push.body.replace("真".encode(), "假".encode()))
    assert forged.body != push.body
    assert content(KIT.adapter(mode=Mode.COMPATIBLE).verify(forged), Mode.COMPATIBLE) == "真"


def test_in_compatible_mode_the_clear_part_alone_is_nothing() -> None:
    push = request(message(Content="a"), account=replace(ACCOUNT, mode=Mode.PLAIN))
    with pytest.raises(WebhookError) as caught:
        KIT.adapter(mode=Mode.COMPATIBLE).verify(push)
    assert caught.value.refusal is WebhookRefusal.BAD_SIGNATURE


@pytest.mark.parametrize(
    "change, refusal",
    [
        ({"signature": "0" * 40}, WebhookRefusal.BAD_SIGNATURE),
        ({"timestamp": str(SECOND + 1)}, WebhookRefusal.BAD_SIGNATURE),
        ({"nonce": ""}, WebhookRefusal.BAD_SIGNATURE),
        ({"nonce": "n" * 600}, WebhookRefusal.BAD_SIGNATURE),
        ({"encrypt_type": "aes"}, WebhookRefusal.MALFORMED),
    ],
)
def test_plain_mode_refuses(change: dict[str, str], refusal: WebhookRefusal) -> None:
    push = request(message(Content="a"), account=replace(ACCOUNT, mode=Mode.PLAIN))
    with pytest.raises(WebhookError) as caught:
        KIT.adapter(mode=Mode.PLAIN).verify(replace(push, query={**push.query, **change}))
    assert caught.value.refusal is refusal


def test_an_unknown_sender_learns_nothing_of_the_clock() -> None:
    """A wrong signature is said before a stale time."""
    push = request(message(), timestamp=SECOND - 9999)
    with pytest.raises(WebhookError) as caught:
        KIT.adapter().verify(replace(push, query={**push.query, "msg_signature": "0" * 40}))
    assert caught.value.refusal is WebhookRefusal.BAD_SIGNATURE


def test_refusals_say_nothing_of_the_message() -> None:
    push = request(message(Content="秘密"), account=replace(ACCOUNT, mode=Mode.PLAIN))
    with pytest.raises(WebhookError) as caught:
        KIT.adapter().verify(push)
    assert "秘密" not in str(caught.value) + caught.value.detail
    assert ACCOUNT.token not in str(caught.value) + caught.value.detail


def test_what_wechatpy_signs_and_encrypts_is_accepted() -> None:
    body = pushes.render(message(Content="来自 wechatpy"), "xml").decode()
    stamp, nonce = str(SECOND), "abc"
    envelope = WeChatCrypto(ACCOUNT.token, ACCOUNT.encoding_aes_key, ACCOUNT.app_id).encrypt_message(body, nonce, stamp)
    encrypted = envelope.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    signer = WeChatSigner()
    signer.add_data(ACCOUNT.token, stamp, nonce, encrypted)
    query = {"msg_signature": signer.signature, "timestamp": stamp, "nonce": nonce, "encrypt_type": "aes"}
    push = WebhookRequest(method="POST", query=query, headers={}, body=envelope.encode(), received_at=NOW)
    assert content(KIT.adapter().verify(push), Mode.SAFE) == "来自 wechatpy"


def test_the_largest_message_passes() -> None:
    """64 KiB of body; inside it the Base64 of a message of three quarters of that."""
    assert content(KIT.adapter().verify(request(message(Content="好" * 16_000))), Mode.SAFE) == "好" * 16_000


# npm `wechat-crypto` 0.0.2 with the random part 0123456789abcdef made THEIRS and its signature, and read OURS.
KEY, APP_ID = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wxb11529c136998cb6"
THEIRS = (
    "Q3stYC6hdFzMh9T8HCvyDGcv+9KVhMafcxN5uxFChPnLKS/umdNtPWlk+ikp0fqdYqUAsvIgqp65rY3D6f4NJBayGHXJKQ8IakCJ9+Abs7bSMU+U"
    "WfGKXY0INqci275/VgerqjBp1071qk8NZSA1dFbYSplMnVW9dFiPq9IhbeLtu0odXL8JCfGNrZ9fMMa9Nujo2TaIxn9QgsqY9Xys1ZZYlRV9yjvZ"
    "jmHDvOGSYwMeS8kkPxpPIh4pDkix2uSaHeZ9xlsRxLc771ehx83rdNS6KBF0+isgOBs0csaKsh2b4ihSOCmLTYarp+keJUwRabCfdbQSM6fouJgJ"
    "wQwCfvPvWS6ZrTvnRWI1i+6I9ghVlcOpuJwuTNg70KGWJF58"
)
OURS = (
    "Q3stYC6hdFzMh9T8HCvyDFkIwsvxoyirNnSo8xcn5lXiT2KFiuFYGCxIDZ9VNYQj3mFU/UpoRVHgLEgBku5B6YHhtRdjPfmYHx91+q3Rq5IM6NU/"
    "kpYPQBONOrrvmd1Z"
)


def test_an_independent_implementation_signs_for_the_hub_and_reads_what_is_encrypted_here() -> None:
    account = Account(app_id=APP_ID, token="token", encoding_aes_key=KEY)
    request = WebhookRequest(
        method="POST",
        query={
            "msg_signature": "16c5d71553566ab006ec6eda2b9b7ed9ce08d933",
            "timestamp": "1763604000",
            "nonce": "n0nce",
            "encrypt_type": "aes",
        },
        headers={},
        body=f"<xml><ToUserName>gh_1</ToUserName><Encrypt><![CDATA[{THEIRS}]]></Encrypt></xml>".encode(),
        received_at=datetime.fromtimestamp(1763604001, UTC),
    )
    adapter = WeChatKit().adapter(**account.settings("http://127.0.0.1:9"))
    verified = adapter.verify(request)
    assert isinstance(verified, VerifiedRequest)
    [message] = adapter.parse(verified)
    assert isinstance(message, IncomingMessage)
    assert (message.content, message.external_id) == ("我要退货 😀", "23456789012345678")
    assert account.cipher.encrypt("<xml><Content>您好，已退款 😀</Content></xml>".encode(), b"0123456789abcdef") == OURS
