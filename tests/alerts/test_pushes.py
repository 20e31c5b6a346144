"""Notices leave at least once, in the platforms' rates, from one process at a time; what fails says why."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import ClientSession
from msgspec.structs import replace

from scrm.alerts import pushes
from scrm.alerts.pushes import SENDING, WAITS, Pushes
from scrm.alerts.robots import Refusal
from scrm.alerts.senders import Senders
from scrm.clock import ManualClock
from scrm.errors import Conflict, NotFound
from scrm.ids import CountingIds, DestinationId, NoticeId
from scrm.model.notices import Destination, DestinationKind, Letter, Line, Notice, NoticeState, Reason
from scrm.ports.stores import Stores
from tests.alerts.platforms import Platforms, mailbox, platforms
from tests.storage import notices as made
from tests.storage.records import START

LETTER = Letter(
    title="突发: 质量 · 充电发热", lines=(Line(text="14 条消息"),), url="https://scrm.example/i", urgent=True
)
KINDS = (DestinationKind.WECOM, DestinationKind.LARK, DestinationKind.DINGTALK, DestinationKind.WEBHOOK)


class Room:
    def __init__(self, stores: Stores, platform: Platforms, session: ClientSession, clock: ManualClock) -> None:
        self.stores, self.platform, self.clock = stores, platform, clock
        self.senders = Senders(session, clock)
        self.pushes = self.process("one")

    def process(self, owner: str) -> Pushes:
        return Pushes(self.stores, self.senders, self.clock, CountingIds(owner), owner)

    async def place(self, kind: DestinationKind, **fields: object) -> Destination:
        settings = self.platform.settings(kind)
        place = made.destination(kind=kind, **{"settings": settings, **fields})
        await self.stores.destinations.save(place)
        return place

    async def queue(self, place: Destination, count: int = 1) -> list[Notice]:
        now = self.clock.now()
        notices = [
            made.notice(destination_id=place.id, letter=LETTER, due_at=now, created_at=now) for _ in range(count)
        ]
        await self.stores.notices.add(notices)
        return notices

    async def now(self, notice: Notice) -> Notice:
        found = await self.stores.notices.get(notice.id)
        assert found is not None
        return found


@pytest.fixture
async def room(stores: Stores) -> AsyncIterator[Room]:
    clock = ManualClock(START)
    async with platforms(lambda: clock.now().timestamp()) as platform, ClientSession() as session:
        yield Room(stores, platform, session, clock)


async def test_every_platform_takes_what_it_is_sent(room: Room) -> None:
    for kind in KINDS:
        place = await room.place(kind)
        [notice] = await room.queue(place)
        assert await room.pushes.tick() == 1
        sent = await room.now(notice)
        assert (sent.state, sent.attempts, sent.error) == (NoticeState.SENT, 1, None)
        assert (await room.stores.destinations.get(place.id)).last_sent_at == room.clock.now()  # type: ignore[union-attr]
        assert await room.pushes.test(place) is None
    assert [platform for platform, _ in room.platform.taken] == [
        name for name in ("wecom", "lark", "dingtalk", "hook") for _ in range(2)
    ]
    markdown = room.platform.taken[0][1]
    assert markdown.startswith("### 突发: 质量 · 充电发热\n\n14 条消息")
    card = room.platform.taken[2][1]
    assert (card["header"]["template"], card["elements"][1]["actions"][0]["url"]) == ("red", "https://scrm.example/i")
    assert room.platform.taken[6][1]["lines"] == [{"label": "", "text": "14 条消息", "url": None}]


async def test_a_minute_holds_no_more_than_the_platform_takes(room: Room) -> None:
    place = await room.place(DestinationKind.WECOM)
    notices = await room.queue(place, 45)
    assert await room.pushes.tick() == 20
    assert await room.pushes.tick() == 0
    room.clock.advance(59)
    await room.pushes.release()
    assert await room.process("two").tick() == 0  # another process knows what the first one sent
    room.clock.advance(61)
    assert await room.process("two").tick() == 20
    room.clock.advance(61)
    assert await room.process("two").tick() == 5
    assert len(room.platform.taken) == 45
    assert {(await room.now(notice)).attempts for notice in notices} == {1}  # none was refused on the way


async def test_a_hub_that_dies_while_sending_sends_again(room: Room) -> None:
    place = await room.place(DestinationKind.WEBHOOK)
    [notice] = await room.queue(place)
    # It began, and died before it could say how it ended.
    assert await room.stores.notices.begin(notice, room.clock.now(), room.clock.now() + SENDING)
    other = room.process("other")
    assert await other.tick() == 0
    room.clock.advance(SENDING.total_seconds())
    assert await other.tick() == 1
    assert (await room.now(notice)).attempts == 2
    assert room.platform.taken[0][1]["id"] == notice.id  # by which the other side knows a repeat


async def test_one_process_sends_at_a_time(room: Room) -> None:
    place = await room.place(DestinationKind.WEBHOOK)
    await room.pushes.tick()
    await room.queue(place)
    second = room.process("two")
    assert await second.tick() == 0
    room.clock.advance(pushes.LEASE.total_seconds() + 1)
    assert await second.tick() == 1
    assert await room.pushes.tick() == 0


async def test_a_busy_platform_is_asked_again_and_then_given_up(room: Room) -> None:
    place = await room.place(DestinationKind.DINGTALK)
    [notice] = await room.queue(place)
    room.platform.answers = [(200, {"errcode": 130101})] + [(503, {})] * len(WAITS)
    assert await room.pushes.tick() == 0
    waiting = await room.now(notice)
    assert (waiting.state, waiting.error) == (NoticeState.WAITING, "rate_limited:130101")
    assert waiting.due_at == room.clock.now() + timedelta(minutes=10)  # as long as DingTalk silences a robot
    for _ in WAITS:
        room.clock.advance((await room.now(notice)).due_at.timestamp() - room.clock.now().timestamp())
        await room.pushes.tick()
    failed = await room.now(notice)
    assert (failed.state, failed.error, failed.attempts) == (NoticeState.FAILED, "busy:503", len(WAITS) + 1)
    assert (await room.stores.destinations.get(place.id)).last_error == "busy:503"  # type: ignore[union-attr]
    assert (await room.pushes.retry(notice.id)).state is NoticeState.WAITING
    assert await room.pushes.tick() == 1
    with pytest.raises(Conflict):
        await room.pushes.retry(notice.id)
    with pytest.raises(NotFound):
        await room.pushes.retry(NoticeId("none"))


async def test_what_cannot_go_says_why(room: Room) -> None:
    right = room.platform.settings
    wrong = {
        "signature_refused:19021": (DestinationKind.LARK, {**right("lark_robot"), "secret": "something"}),
        "signature_refused:310000": (DestinationKind.DINGTALK, {**right("dingtalk_robot"), "secret": "something"}),
        "address_invalid:93000": (DestinationKind.WECOM, {"url": f"{room.platform.base}/cgi-bin/webhook/send?key=x"}),
        "refused:302": (DestinationKind.WEBHOOK, {**right("webhook"), "url": f"{room.platform.base}/elsewhere"}),
        "refused:401": (DestinationKind.WEBHOOK, {**right("webhook"), "secret": "something-else-again"}),
        "unreachable:ClientConnectorError": (
            DestinationKind.WEBHOOK, {**right("webhook"), "url": "http://127.0.0.1:9/hook"},
        ),
    }  # fmt: skip
    for error, (kind, settings) in wrong.items():
        assert await room.pushes.test(await room.place(kind, settings=settings)) == error
    assert room.platform.taken == []  # nothing followed the redirection
    for place, reason in (
        (await room.place(DestinationKind.WECOM, paused=True), "paused"),
        (made.destination(), "deleted"),
    ):
        [notice] = await room.queue(place)
        await room.pushes.tick()
        assert (await room.now(notice)).error == reason


async def test_mail_arrives_in_both_forms_and_a_repeat_has_the_same_id(room: Room) -> None:
    async with mailbox() as (box, settings):
        place = await room.place(DestinationKind.WEBHOOK)
        place = replace(place, kind=DestinationKind.EMAIL, settings=settings)
        notice = made.notice(letter=LETTER)
        for _ in range(2):
            await room.senders.send(place, notice)
        first, again = (email.message_from_bytes(mail, policy=email.policy.default) for mail in box.mails)
        assert first["Message-ID"] == again["Message-ID"]
        assert (first["To"], first["Subject"]) == ("wang@example.com, li@example.com", "突发: 质量 · 充电发热")
        plain, html = (part.get_content() for part in first.iter_parts())
        assert "14 条消息" in plain
        assert 'href="https://scrm.example/i"' in html
        nobody = {**settings, "recipients": "nobody@example.com, li@example.com"}
        assert await room.pushes.test(replace(place, settings=nobody)) == "recipients_refused:1"
        nobody["recipients"] = "nobody@example.com"
        assert await room.pushes.test(replace(place, settings=nobody)) == "recipients_refused"
        locked = {**settings, "user": "scrm", "password": "wrong"}
        assert await room.pushes.test(replace(place, settings=locked)) == "credentials_refused:535"
        assert await room.pushes.test(replace(place, settings={**locked, "password": "right"})) is None
        tls = {**settings, "security": "starttls"}
        assert (await room.pushes.test(replace(place, settings=tls)) or "").startswith("unreachable:")


class Slow:
    """One destination takes a request and says nothing."""

    def __init__(self, silent: DestinationId) -> None:
        self.silent = silent
        self.asked: list[DestinationId] = []
        self.others = asyncio.Event()

    async def send(self, destination: Destination, notice: Notice) -> None:
        self.asked.append(destination.id)
        if destination.id != self.silent:
            self.others.set()
            return
        await self.others.wait()
        raise Refusal(Reason.TIMEOUT, again=True)


async def test_a_destination_that_does_not_answer_holds_up_no_other(room: Room) -> None:
    silent, other = await room.place(DestinationKind.WECOM), await room.place(DestinationKind.LARK)
    first = await room.queue(silent, 3)
    await room.queue(other)
    slow = Slow(silent.id)
    pushing = Pushes(room.stores, slow, room.clock, CountingIds("slow"), "slow")
    async with asyncio.timeout(20):
        assert await pushing.tick() == 1
    assert slow.asked.count(silent.id) == 1  # who does not answer one is spared the others
    assert {(await room.now(each)).due_at for each in first} == {room.clock.now() + WAITS[0]}
