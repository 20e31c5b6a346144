"""Every condition over every channel type: what goes out, against its simulator; and the files that come in."""

import asyncio
from collections.abc import Iterator

import pytest
from aiohttp import ClientSession
from msgspec.structs import replace

from scrm.errors import SendError, SendErrorCode
from scrm.flow.split import split
from scrm.ids import MessageId
from scrm.model.channel import LengthUnit
from scrm.model.message import ContentType
from scrm.ports.abilities import FetchesMedia
from scrm.ports.channel import OutboundMessage
from tests.channels.conformance import CodeCase, Connected, Kit, file, picture, text
from tests.channels.kits import each, rows, table

FILES = (ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE)
# How long a 😀 is.
FACE = {LengthUnit.BYTES: 4, LengthUnit.UTF16: 2, LengthUnit.CHARACTERS: 1}
# Of a kind for which the type names none in particular.
USUAL = {"image": "image/png", "voice": "audio/mpeg", "video": "video/mp4", "file": "application/pdf"}


async def refusal(hub: Connected, message: OutboundMessage | None = None) -> SendError:
    with pytest.raises(SendError) as caught:
        await hub.adapter.send(message or text(hub.bench.recipient, "你好"))
    return caught.value


@each()
async def test_sends_text_as_it_is(kit: Kit) -> None:
    content = '你好，😀 "引号" \\ <b>&amp;</b>\n第二行'
    async with kit.connected() as hub:
        await hub.adapter.send(text(hub.bench.recipient, content))
        assert hub.bench.received() == [(ContentType.TEXT, content)]


@each()
async def test_a_long_text_arrives_whole(kit: Kit) -> None:
    """As long as one message may be, and longer, cut as the hub cuts it: the platform takes every part, in order."""
    capabilities = kit.capabilities
    longest = "😀" * (capabilities.text_limit // FACE[capabilities.text_unit])
    sentences = "".join(f"第{number}句说的是退款和运费。" for number in range(len(longest)))[: len(longest) * 5 // 2]
    async with kit.connected() as hub:
        parts = [longest, *split(sentences[: capabilities.max_text], capabilities)]
        for number, part in enumerate(parts):
            await hub.adapter.send(replace(text(hub.bench.recipient, part), message_id=MessageId(f"m{number}")))
        received = [content for _, content in hub.bench.received()]
    assert (received[0], "".join(received[1:])) == (longest, sentences[: capabilities.max_text])


@rows("kind", lambda kit: [(kind.value, kind) for kind in ContentType])
async def test_sends_every_content_type_it_declares(kit: Kit, kind: ContentType) -> None:
    """Each of its media types, byte for byte; and nothing that it does not declare."""
    capabilities = kit.capabilities
    async with kit.connected() as hub:
        if kind is ContentType.TEXT:
            await hub.adapter.send(text(hub.bench.recipient, "你好"))
            assert hub.bench.received() == [(kind, "你好")]
        elif kind not in capabilities.sends:
            error = await refusal(hub, file(hub.bench.recipient, kind, b"x", "application/pdf"))
            assert (error.code, error.certain) == (SendErrorCode.UNSUPPORTED_CONTENT, True)
            assert hub.bench.received() == []
        else:
            sent = list(_files(kit, kind, hub.bench.recipient))
            for message in sent:
                await hub.adapter.send(message)
            wanted = [each.file for each in sent if each.file is not None]
            addresses = [each.address.encode() for each in wanted]
            assert hub.bench.files() == (addresses if capabilities.fetches else [each.data for each in wanted])
            assert {arrived for arrived, _ in hub.bench.received()} <= hub.bench.shown(kind)


def _files(kit: Kit, kind: ContentType, recipient: str) -> Iterator[OutboundMessage]:
    for number, media_type in enumerate(kit.capabilities.media_types.get(kind, (USUAL[kind],))):
        yield file(recipient, kind, b"\x89PNG\r\n\x1a\n %d" % number, media_type, number)


@each()
async def test_refuses_what_the_platform_would(kit: Kit) -> None:
    """Longer than declared, empty, or of a kind that it does not take."""
    limit, unit = kit.capabilities.text_limit, kit.capabilities.text_unit
    too_long = "好" * (limit // (3 if unit is LengthUnit.BYTES else 1) + 1)
    async with kit.connected() as hub:
        recipient = hub.bench.recipient
        tries = [
            (text(recipient, too_long), SendErrorCode.TOO_LONG),
            (text(recipient, ""), SendErrorCode.UNSUPPORTED_CONTENT),
        ]
        for kind in set(FILES) & set(kit.capabilities.sends):
            large = bytes(kit.capabilities.media_limits[kind] + 1)
            media_type = kit.capabilities.media_types.get(kind, (USUAL[kind],))[0]
            tries.append((file(recipient, kind, large, media_type), SendErrorCode.TOO_LONG))
        if ContentType.IMAGE in kit.capabilities.sends:
            tries.append((picture(recipient, media_type="image/x-unheard-of"), SendErrorCode.MEDIA_REFUSED))
        for message, code in tries:
            error = await refusal(hub, message)
            assert (error.code, error.certain, error.retryable) == (code, True, False)
        assert hub.bench.received() == []


@table("codes")
async def test_words_the_platforms_codes(kit: Kit, case: CodeCase) -> None:
    async with kit.connected() as hub:
        hub.bench.fail_next(case.platform_code)
        error = await refusal(hub)
    assert (error.code, error.platform_code) == (case.code, case.platform_code)
    assert (error.certain, error.retryable) == (True, case.retryable)


@each(lambda kit: not kit.remote)
async def test_needs_no_network(kit: Kit) -> None:
    """Whose settings name no platform sends to none: nothing is refused, lost or waited for."""
    await kit.adapter(None).send(text(kit.customer, "你好"))
    await kit.adapter(None).check()


@each(lambda kit: kit.remote)
async def test_an_unreachable_platform_is_certain_and_passing(kit: Kit) -> None:
    async with kit.connected() as hub:
        await hub.adapter.check()
        gone, recipient = hub.bench.api_base, hub.bench.recipient
    async with ClientSession() as session:
        adapter = kit.adapter(session, **kit.settings(gone))
        with pytest.raises(SendError) as caught:
            await adapter.send(text(recipient, "你好"))
    error = caught.value
    assert (error.code, error.certain, error.retryable) == (SendErrorCode.UNREACHABLE, True, True)


@each(lambda kit: kit.remote)
async def test_a_lost_answer_is_unknown(kit: Kit) -> None:
    """Whether the request was taken before the answer was lost, nobody knows. All at once, since all is waiting."""
    await asyncio.gather(*(_loses(kit, how, taken) for how in ("hang", "cut") for taken in (False, True)))


async def _loses(kit: Kit, how: str, taken: bool) -> None:
    async with kit.connected(patience=1) as hub:
        await hub.adapter.check()
        hub.bench.hang_next(taken=taken) if how == "hang" else hub.bench.cut_next(taken=taken)
        error = await refusal(hub)
        assert (error.code, error.certain, error.retryable) == (SendErrorCode.TIMEOUT, False, False)
        assert len(hub.bench.received()) == taken


UNREADABLE_ANSWERS: list[tuple[int, bytes, dict[str, str]]] = [
    (502, b"<html>bad gateway</html>", {}),
    (500, b"{}", {}),
    (200, b"", {}),
    (200, b"<html>", {}),
    (200, b"[]", {}),
    (200, b'{"errcode": "many"}', {}),
    (200, b"[" * 60_000, {}),
    (200, b" " * 200_000 + b"{}", {}),
    (200, b"\xff\xfe", {}),
]


@each(lambda kit: kit.remote)
async def test_an_unreadable_answer_is_unknown(kit: Kit) -> None:
    async with kit.connected() as hub:
        for status, body, headers in UNREADABLE_ANSWERS:
            hub.bench.answer_next(status, body, headers)
            error = await refusal(hub)
            assert (error.certain, error.retryable) == (False, False), body[:20]


@each(lambda kit: kit.http)
async def test_a_redirect_is_not_followed(kit: Kit) -> None:
    async with kit.connected() as hub:
        hub.bench.answer_next(302, b"", {"Location": "http://127.0.0.1:9/"})
        error = await refusal(hub)
        assert (error.code, error.certain) == (SendErrorCode.PLATFORM_ERROR, True)


@each(lambda kit: kit.http)
async def test_waits_as_long_as_the_platform_asks(kit: Kit) -> None:
    async with kit.connected() as hub:
        hub.bench.answer_next(429, b"", {"Retry-After": "17"})
        error = await refusal(hub)
        assert (error.code, error.retryable, error.retry_after) == ("rate_limited", True, 17)


@each(lambda kit: kit.remote)
async def test_a_stale_token_is_renewed_once(kit: Kit) -> None:
    """None is fetched where the settings hold the one there is."""
    async with kit.connected() as hub:
        await hub.adapter.check()
        ways = hub.bench.stale_credentials()
        assert hub.tokens.fetches == bool(ways)
        for count, make_stale in enumerate(ways, start=2):
            make_stale()
            await hub.adapter.send(text(hub.bench.recipient, "你好"))
            assert hub.tokens.fetches == count
            assert len(hub.bench.received()) == count - 1


@rows(
    "kind",
    lambda kit: [
        (kind.value, kind)
        for kind in FILES
        if kind in kit.capabilities.receives and isinstance(kit.adapter(), FetchesMedia)
    ],
)
async def test_fetches_a_customers_file(kit: Kit, kind: ContentType) -> None:
    async with kit.connected() as hub:
        adapter = hub.adapter
        assert isinstance(adapter, FetchesMedia)
        ref = hub.bench.customer_file(kind, b"\x00\x01" * 500, "application/x-test", "a.bin")
        fetched = await adapter.fetch_media(ref, 1000)
        assert (fetched.data, fetched.media_type) == (b"\x00\x01" * 500, "application/x-test")
        with pytest.raises(SendError) as caught:
            await adapter.fetch_media(ref, 999)
        assert caught.value.code == SendErrorCode.TOO_LONG
