"""Every condition over every channel type: what comes in, and the settings."""

import string
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from scrm.errors import Invalid, ParseError, WebhookError, WebhookRefusal
from scrm.model.message import ContentType
from scrm.model.work import LARGEST_BODY
from scrm.ports.abilities import FetchesMedia, Splits
from scrm.ports.channel import (
    Challenge,
    ChannelEvent,
    IncomingMessage,
    PlatformEvent,
    VerifiedRequest,
    WebhookRequest,
)
from tests.channels.conformance import NOW, TYPES, Accepted, Arrived, Challenged, Kit, Pair, Refused, Unreadable
from tests.channels.kits import KITS, each, rows, table
from tests.channels.malformed import Malformed, doubtful, malformed

FILES = {ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE}
LATER = NOW + timedelta(days=1)


def parsed(kit: Kit, request: Arrived) -> Sequence[ChannelEvent]:
    return kit.adapter().parse(kit.verified(request))


def read(kit: Kit, request: Arrived) -> Sequence[ChannelEvent]:
    """What the hub makes of it: nothing where it is refused or cannot be read. Raises what must not be raised."""
    adapter = kit.adapter()
    try:
        found = request if isinstance(request, VerifiedRequest) else adapter.verify(request)
        if isinstance(found, Challenge):
            return []
        assert found.dedupe_key
        things = adapter.split(found) if isinstance(adapter, Splits) else [found]
        return [event for thing in things for event in adapter.parse(thing)]
    except (WebhookError, ParseError):
        return []


def assert_sound(event: ChannelEvent) -> None:
    """What a hub can store."""
    msgspec.json.encode(event)  # no half characters
    assert 0 < len(event.external_id) <= 1000
    if isinstance(event, IncomingMessage | PlatformEvent):
        assert 0 < len(event.sender.handle) <= 600
        assert event.sent_at <= NOW + timedelta(days=1)
        source = event.source if isinstance(event, PlatformEvent) else {}
        assert not any("\x00" in name for name in (*event.details, *source))


# The platform's question, and what it signs


@table("challenged")
def test_answers_the_platforms_question(kit: Kit, case: Challenged) -> None:
    found = kit.adapter().verify(case.request)
    assert isinstance(found, Challenge)
    assert (found.reply.status, found.reply.body) == (200, case.reply)


@each()
def test_answers_nobody_elses_question(kit: Kit) -> None:
    """Nor the platform's own, without what makes it the platform's."""
    adapter = kit.adapter()
    secrets = set(kit.settings().values())  # WhatsApp's and Messenger's are of one app
    others = [case.request for other in KITS if other is not kit for case in other.challenged]
    asked = [request for request in others if secrets.isdisjoint(request.query.values())]
    asked += [replace(case.request, query={}, headers={}) for case in kit.challenged]
    for request in asked:
        with pytest.raises(WebhookError):
            adapter.verify(request)


@table("accepted")
def test_reads_what_is_signed(kit: Kit, case: Accepted) -> None:
    request = kit.verified(case.request)
    [event] = kit.adapter().parse(request)
    for name, wanted in case.event.items():
        found: Any = getattr(event, name)
        if isinstance(wanted, dict):
            assert wanted.items() <= found.items(), name
        else:
            assert found == wanted, name
    assert isinstance(event, IncomingMessage | PlatformEvent)
    assert request.handle == event.sender.handle
    assert kit.adapter().acknowledge(request).status == 200
    assert_sound(event)


@rows("kind", lambda kit: [(kind.value, kind) for kind in kit.capabilities.receives])
def test_receives_every_content_type(kit: Kit, kind: ContentType) -> None:
    """And what it does not know as `unknown`. None that its type does not declare."""
    events = [event for case in kit.accepted for event in parsed(kit, case.request)]
    kinds = {each.content_type if isinstance(each, IncomingMessage) else ContentType.EVENT for each in events}
    assert kind in kinds
    assert kinds == set(kit.capabilities.receives)


@each(lambda kit: bool(FILES & set(kit.capabilities.receives)))
def test_receives_files_it_can_fetch(kit: Kit) -> None:
    adapter = kit.adapter()
    events = [event for case in kit.accepted for event in parsed(kit, case.request)]
    files = [ref for event in events if isinstance(event, IncomingMessage) for ref in event.media]
    assert files
    assert isinstance(adapter, FetchesMedia) or all(ref.stored for ref in files)


@table("accepted")
def test_a_retry_is_the_same_thing(kit: Kit, case: Accepted) -> None:
    first, second = kit.verified(case.request), kit.verified(case.request)
    assert first.dedupe_key == second.dedupe_key
    assert kit.adapter().parse(first) == kit.adapter().parse(second)


@each(lambda kit: kit.pushes)
def test_yesterdays_request_is_stale_or_known(kit: Kit) -> None:
    """Who overheard a request can send it again: it is refused where the platform signs the time, and else known."""
    signed = _signed(kit)
    try:
        again = kit.adapter().verify(replace(signed, received_at=LATER))
    except WebhookError as error:
        assert error.refusal is WebhookRefusal.STALE
    else:
        assert isinstance(again, VerifiedRequest)
        assert again.dedupe_key == kit.verified(signed).dedupe_key


def _signed(kit: Kit) -> WebhookRequest:
    said = kit.says(kit.customer, "你好", NOW, 1)
    return said if isinstance(said, WebhookRequest) else kit.signed(kit.corpus[0])


def refusals(refusal: WebhookRefusal) -> pytest.MarkDecorator:
    return rows("case", lambda kit: [(row.name, row) for row in kit.refused if row.refusal is refusal])


@refusals(WebhookRefusal.BAD_SIGNATURE)
def test_refuses_a_wrong_signature(kit: Kit, case: Refused) -> None:
    assert refused(kit, case.request) == WebhookRefusal.BAD_SIGNATURE


@refusals(WebhookRefusal.STALE)
def test_refuses_a_stale_one(kit: Kit, case: Refused) -> None:
    assert refused(kit, case.request) == WebhookRefusal.STALE


@refusals(WebhookRefusal.MALFORMED)
def test_refuses_a_malformed_one(kit: Kit, case: Refused) -> None:
    assert refused(kit, case.request) == WebhookRefusal.MALFORMED


def refused(kit: Kit, request: WebhookRequest) -> WebhookRefusal:
    with pytest.raises(WebhookError) as caught:
        kit.adapter().verify(request)
    return caught.value.refusal


@each()
def test_refuses_an_oversized_one(kit: Kit) -> None:
    """What is fetched is cut, and the journal takes it."""
    body = kit.corpus[0] + b" " * LARGEST_BODY
    if kit.pushes:
        assert refused(kit, kit.signed(body)) == WebhookRefusal.TOO_LARGE
    else:
        assert len(kit.verified(kit.arrived(body)).body) <= LARGEST_BODY


# What nobody could read


@table("unreadable")
def test_keeps_what_it_cannot_read(kit: Kit, case: Unreadable) -> None:
    request = kit.verified(case.request)
    assert request.dedupe_key
    with pytest.raises(ParseError):
        kit.adapter().parse(request)


def _malformed(kit: Kit) -> Iterable[tuple[str, Malformed]]:
    return [(each.name, each) for each in malformed(kit)]


@rows("case", _malformed)
def test_is_malformed_in_many_ways(kit: Kit, case: Malformed) -> None:
    assert read(kit, case.request) == []


@each()
def test_is_malformed_in_every_place(kit: Kit) -> None:
    """Whatever is read all the same, can be stored."""
    for request in doubtful(kit):
        for event in read(kit, request):
            assert_sound(event)


@table("pairs")
def test_tells_two_things_from_one(kit: Kit, case: Pair) -> None:
    first, second = kit.verified(case.first), kit.verified(case.second)
    assert (first.dedupe_key == second.dedupe_key) is case.same
    [one], [other] = kit.adapter().parse(first), kit.adapter().parse(second)
    assert (one.external_id == other.external_id) is case.same


FUZZ = settings(max_examples=60)
# A byte that is not UTF-8 comes as half a character. All of Unicode would take seconds to draw from.
LETTERS = string.printable + "\x00é你😀\udcff"


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


@each()
@FUZZ
@given(data=st.data(), changes=cuts)
def test_no_signed_body_breaks_it(kit: Kit, data: st.DataObject, changes: list[tuple[int, int, bytes]]) -> None:
    body = mutated(data.draw(st.sampled_from(kit.corpus)), changes)
    for event in read(kit, kit.arrived(body)):
        assert_sound(event)


@each(lambda kit: kit.pushes)
@FUZZ
@given(data=st.data())
def test_nothing_unsigned_gets_through(kit: Kit, data: st.DataObject) -> None:
    sample = kit.signed(data.draw(st.sampled_from(kit.corpus)))
    signed = {**sample.query, **sample.headers}
    value = st.text(LETTERS, max_size=60) | st.sampled_from(sorted(signed.values()))
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


ODD = ("", "\udcff", "0\udcff", "é", "٣", "²", "\x00", "9" * 400, "-1", "1e9", "=" * 9, "x" * 70_000)


@each(lambda kit: kit.pushes)
def test_nothing_beside_a_body_breaks_it(kit: Kit) -> None:
    """Each header and each field of the query is lost, and is something else: bytes that are no text among it."""
    for sample in (*(case.request for case in kit.challenged), kit.signed(kit.corpus[0]), _signed(kit)):
        for part, values in (("query", sample.query), ("headers", sample.headers)):
            for name in values:
                lost = {other: value for other, value in values.items() if other != name}
                for changed in (lost, *({**values, name: odd} for odd in ODD)):
                    read(kit, replace(sample, **{part: changed}))


# The kit, and the settings


@each()
def test_nothing_that_is_declared_is_left_out(kit: Kit) -> None:
    """A condition whose fixtures a kit does not bring would not be tested."""
    wanted = {WebhookRefusal.BAD_SIGNATURE, WebhookRefusal.MALFORMED} if kit.pushes else {WebhookRefusal.BAD_SIGNATURE}
    assert wanted <= {row.refusal for row in kit.refused}
    signs_time = kit.pushes and isinstance(_aged(kit), WebhookError)
    assert (WebhookRefusal.STALE in {row.refusal for row in kit.refused}) is signs_time
    assert {True, False} == {row.same for row in kit.pairs}
    assert len(list(malformed(kit))) >= 20
    assert kit.unreadable
    assert bool(kit.codes) is kit.remote
    assert bool(kit.statuses) is kit.capabilities.receipts
    events = [event for case in kit.accepted for event in parsed(kit, case.request)]
    triggers = {event.trigger for event in events if isinstance(event, IncomingMessage | PlatformEvent)}
    assert triggers - {None} <= {rule.trigger for rule in kit.capabilities.reply_rules}
    assert bool(triggers - {None}) is bool(kit.capabilities.reply_rules)


def _aged(kit: Kit) -> object:
    try:
        return kit.adapter().verify(replace(_signed(kit), received_at=LATER))
    except WebhookError as error:
        return error


@each()
def test_settings_are_checked(kit: Kit) -> None:
    complete = TYPES.normalise_settings(kit.type_name, kit.settings())
    channel_type = TYPES.get(kit.type_name)
    assert channel_type is not None
    assert set(complete) == {setting.name for setting in channel_type.settings}
    assert channel_type.secret_settings
    for setting in channel_type.settings:
        for wrong in ("\x00", "x" * 5000):
            with pytest.raises(Invalid) as caught:
                TYPES.normalise_settings(kit.type_name, {**complete, setting.name: wrong + "{"})
            assert set(caught.value.extra["errors"]) == {setting.name}  # type: ignore[call-overload]
        if setting.required and setting.default is None:
            with pytest.raises(Invalid):
                TYPES.normalise_settings(kit.type_name, {**complete, setting.name: " "})
    with pytest.raises(Invalid):
        TYPES.normalise_settings(kit.type_name, {**complete, "unheard_of": "1"})
