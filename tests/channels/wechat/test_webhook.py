"""The three modes, what each believes, and pushes that another implementation signed."""

import pytest
from msgspec.structs import replace
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from channels.wechat.config import Mode
from channels.wechat.simulator import pushes
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
