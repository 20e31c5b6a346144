"""Every condition over every channel type."""

from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels import CHANNEL_TYPES
from scrm.errors import Invalid, ParseError, SendError, SendErrorCode, WebhookError
from scrm.model.channel import LengthUnit
from scrm.model.message import ContentType
from scrm.ports.abilities import FetchesMedia
from scrm.ports.channel import Challenge, ReceiptEvent, VerifiedRequest, WebhookRequest
from tests.channels.conformance import (
    NOW,
    Accepted,
    Arrived,
    Challenged,
    CodeCase,
    Kit,
    Pair,
    Refused,
    Unreadable,
    picture,
    text,
)
from tests.channels.kits import KITS


def table(rows: str) -> pytest.MarkDecorator:
    """A test for every row of a table of every kit, named `wechat-…`."""
    cases = [
        pytest.param(kit, row, id=f"{kit.type_name}-{getattr(row, 'name', getattr(row, 'platform_code', ''))}")
        for kit in KITS
        for row in getattr(kit, rows)
    ]
    return pytest.mark.parametrize(("kit", "case"), cases)


each_kit = pytest.mark.parametrize("kit", [pytest.param(kit, id=kit.type_name) for kit in KITS])
each_remote_kit = pytest.mark.parametrize("kit", [pytest.param(kit, id=kit.type_name) for kit in KITS if kit.remote])
each_http_kit = pytest.mark.parametrize(
    "kit", [pytest.param(kit, id=kit.type_name) for kit in KITS if kit.remote and kit.http]
)
each_pushing_kit = pytest.mark.parametrize("kit", [pytest.param(kit, id=kit.type_name) for kit in KITS if kit.pushes])


def verified(kit: Kit, request: Arrived) -> VerifiedRequest:
    if isinstance(request, VerifiedRequest):
        return request
    found = kit.adapter().verify(request)
    assert isinstance(found, VerifiedRequest)
    return found


# In


@table("challenged")
def test_answers_the_platforms_question(kit: Kit, case: Challenged) -> None:
    found = kit.adapter().verify(case.request)
    assert isinstance(found, Challenge)
    assert (found.reply.status, found.reply.body) == (200, case.reply)


@table("accepted")
def test_reads_what_is_signed(kit: Kit, case: Accepted) -> None:
    request = verified(kit, case.request)
    [event] = kit.adapter().parse(request)
    for name, wanted in case.event.items():
        found: Any = getattr(event, name)
        if isinstance(wanted, dict):
            assert wanted.items() <= found.items(), name
        else:
            assert found == wanted, name
    assert not isinstance(event, ReceiptEvent)
    assert request.handle == event.sender.handle
    assert kit.adapter().acknowledge(request).status == 200


@table("accepted")
def test_a_retry_is_the_same_thing(kit: Kit, case: Accepted) -> None:
    first, second = verified(kit, case.request), verified(kit, case.request)
    assert first.dedupe_key == second.dedupe_key
    assert kit.adapter().parse(first) == kit.adapter().parse(second)


@table("refused")
def test_refuses(kit: Kit, case: Refused) -> None:
    with pytest.raises(WebhookError) as caught:
        kit.adapter().verify(case.request)
    assert caught.value.refusal == case.refusal


@table("unreadable")
def test_keeps_what_it_cannot_read(kit: Kit, case: Unreadable) -> None:
    request = verified(kit, case.request)
    assert request.dedupe_key
    with pytest.raises(ParseError):
        kit.adapter().parse(request)


@table("pairs")
def test_tells_two_things_from_one(kit: Kit, case: Pair) -> None:
    first, second = verified(kit, case.first), verified(kit, case.second)
    assert (first.dedupe_key == second.dedupe_key) is case.same
    [one], [other] = kit.adapter().parse(first), kit.adapter().parse(second)
    assert (one.external_id == other.external_id) is case.same


FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def mutated(sample: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    body = sample
    for start, length, filling in cuts:
        at = start % (len(body) + 1)
        body = body[:at] + filling + body[at + length :]
    return body


cuts = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.integers(0, 40),
        st.sampled_from([b"", b"<", b"]]>", b"&", b"\x00", b"\xff", b"</xml>", b'"', b"{", b"9" * 30, b"\\ud800"])
        | st.binary(max_size=8),
    ),
    max_size=6,
)


@each_kit
@FUZZ
@given(data=st.data(), changes=cuts)
def test_no_signed_body_breaks_it(kit: Kit, data: st.DataObject, changes: list[tuple[int, int, bytes]]) -> None:
    body = mutated(data.draw(st.sampled_from(kit.corpus)), changes)
    adapter = kit.adapter()
    arrived = kit.arrived(body)
    try:
        found = arrived if isinstance(arrived, VerifiedRequest) else adapter.verify(arrived)
    except WebhookError:
        return
    assert isinstance(found, VerifiedRequest)
    assert found.dedupe_key
    try:
        events = adapter.parse(found)
    except ParseError:
        return
    for event in events:
        assert event.external_id


@each_pushing_kit
@FUZZ
@given(data=st.data())
def test_nothing_unsigned_gets_through(kit: Kit, data: st.DataObject) -> None:
    sample = kit.signed(data.draw(st.sampled_from(kit.corpus)))
    signed = {**sample.query, **sample.headers}
    value = st.text(max_size=60) | st.sampled_from(sorted(signed.values()))
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(signed)), value, min_size=1))
    query = {name: changes.get(name, given) for name, given in sample.query.items()}
    headers = {name: changes.get(name, given) for name, given in sample.headers.items()}
    body = mutated(sample.body, data.draw(cuts))
    method = data.draw(st.sampled_from(["POST", "POST", "GET", "PUT"]))
    request = WebhookRequest(method=method, query=query, headers=headers, body=body, received_at=NOW)
    try:
        found = kit.adapter().verify(request)
    except WebhookError:
        return
    # Only what the platform itself signed, unchanged in everything that counts.
    original = kit.adapter().verify(sample)
    assert isinstance(found, VerifiedRequest)
    assert isinstance(original, VerifiedRequest)
    if kit.covers_body:
        assert found.body == original.body
    else:
        assert headers == sample.headers


# Out


@each_kit
async def test_sends_text_as_it_is(kit: Kit) -> None:
    content = '你好，😀 "引号" \\ <b>&amp;</b>\n第二行'
    async with kit.connected() as hub:
        await hub.adapter.send(text(hub.bench.recipient, content))
        assert hub.bench.received() == [(ContentType.TEXT, content)]


@each_kit
async def test_sends_a_picture(kit: Kit) -> None:
    takes = ContentType.IMAGE in kit.adapter().type.capabilities.sends
    async with kit.connected() as hub:
        if not takes:
            with pytest.raises(SendError) as caught:
                await hub.adapter.send(picture(hub.bench.recipient))
            assert (caught.value.code, caught.value.certain) == (SendErrorCode.UNSUPPORTED_CONTENT, True)
            return
        await hub.adapter.send(picture(hub.bench.recipient))
        assert [kind for kind, _ in hub.bench.received()] == [ContentType.IMAGE]


@each_kit
async def test_refuses_what_the_platform_would(kit: Kit) -> None:
    capabilities = kit.adapter().type.capabilities
    too_long = "好" * (capabilities.text_limit // (3 if capabilities.text_unit is LengthUnit.BYTES else 1) + 1)
    async with kit.connected() as hub:
        recipient = hub.bench.recipient
        tries = [
            (text(recipient, too_long), SendErrorCode.TOO_LONG),
            (text(recipient, ""), SendErrorCode.UNSUPPORTED_CONTENT),
        ]
        if ContentType.IMAGE in capabilities.sends:
            tries += [
                (picture(recipient, bytes(capabilities.media_limits["image"] + 1)), SendErrorCode.TOO_LONG),
                (picture(recipient, media_type="image/x-unheard-of"), SendErrorCode.MEDIA_REFUSED),
            ]
        for message, code in tries:
            with pytest.raises(SendError) as caught:
                await hub.adapter.send(message)
            assert (caught.value.code, caught.value.certain, caught.value.retryable) == (code, True, False)
        assert hub.bench.received() == []


@table("codes")
async def test_words_the_platforms_codes(kit: Kit, case: CodeCase) -> None:
    async with kit.connected() as hub:
        hub.bench.fail_next(case.platform_code)
        with pytest.raises(SendError) as caught:
            await hub.adapter.send(text(hub.bench.recipient, "你好"))
    error = caught.value
    assert (error.code, error.platform_code) == (case.code, case.platform_code)
    assert (error.certain, error.retryable) == (True, case.retryable)


@each_remote_kit
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


@each_remote_kit
@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize("how", ["hang", "cut"])
async def test_a_lost_answer_is_unknown(kit: Kit, how: str, taken: bool) -> None:
    async with kit.connected(patience=1) as hub:
        await hub.adapter.check()
        hub.bench.hang_next(taken=taken) if how == "hang" else hub.bench.cut_next(taken=taken)
        with pytest.raises(SendError) as caught:
            await hub.adapter.send(text(hub.bench.recipient, "你好"))
        error = caught.value
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


@each_http_kit
@pytest.mark.parametrize("status, body, headers", UNREADABLE_ANSWERS)
async def test_an_unreadable_answer_is_unknown(kit: Kit, status: int, body: bytes, headers: dict[str, str]) -> None:
    async with kit.connected() as hub:
        hub.bench.answer_next(status, body, headers)
        with pytest.raises(SendError) as caught:
            await hub.adapter.send(text(hub.bench.recipient, "你好"))
        assert (caught.value.certain, caught.value.retryable) == (False, False)


@each_http_kit
async def test_a_redirect_is_not_followed(kit: Kit) -> None:
    async with kit.connected() as hub:
        hub.bench.answer_next(302, b"", {"Location": "http://127.0.0.1:9/"})
        with pytest.raises(SendError) as caught:
            await hub.adapter.send(text(hub.bench.recipient, "你好"))
        assert (caught.value.code, caught.value.certain) == (SendErrorCode.PLATFORM_ERROR, True)


@each_http_kit
async def test_waits_as_long_as_the_platform_asks(kit: Kit) -> None:
    async with kit.connected() as hub:
        hub.bench.answer_next(429, b"", {"Retry-After": "17"})
        with pytest.raises(SendError) as caught:
            await hub.adapter.send(text(hub.bench.recipient, "你好"))
        assert (caught.value.code, caught.value.retryable, caught.value.retry_after) == ("rate_limited", True, 17)


@each_remote_kit
async def test_a_stale_token_is_renewed_once(kit: Kit) -> None:
    async with kit.connected() as hub:
        await hub.adapter.check()
        for count, make_stale in enumerate(hub.bench.stale_credentials(), start=2):
            make_stale()
            await hub.adapter.send(text(hub.bench.recipient, "你好"))
            assert hub.tokens.fetches == count
            assert len(hub.bench.received()) == count - 1


@each_remote_kit
@pytest.mark.parametrize("kind", [ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO])
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


# Settings


@each_kit
def test_settings_are_checked(kit: Kit) -> None:
    complete = CHANNEL_TYPES.normalise_settings(kit.type_name, kit.settings())
    channel_type = CHANNEL_TYPES.get(kit.type_name)
    assert channel_type is not None
    assert set(complete) == {setting.name for setting in channel_type.settings}
    assert channel_type.secret_settings
    for setting in channel_type.settings:
        for wrong in ("\x00", "x" * 5000):
            with pytest.raises(Invalid) as caught:
                CHANNEL_TYPES.normalise_settings(kit.type_name, {**complete, setting.name: wrong + "{"})
            assert set(caught.value.extra["errors"]) == {setting.name}  # type: ignore[call-overload]
        if setting.required and setting.default is None:
            with pytest.raises(Invalid):
                CHANNEL_TYPES.normalise_settings(kit.type_name, {**complete, setting.name: " "})
    with pytest.raises(Invalid):
        CHANNEL_TYPES.normalise_settings(kit.type_name, {**complete, "unheard_of": "1"})
