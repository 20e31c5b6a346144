"""The loop that sends notices. One process at a time, by a lease.

Promise: a notice that is queued is sent at least once or, after its last try, shown as failed with the reason. An
attempt is on disk before the request leaves; a hub that dies between the platform's answer and the database's sends
that notice again, two minutes later. What a platform lets through in a minute is counted from the database, so that a
new process knows what the one before sent.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from scrm.alerts.destinations import BY_KIND
from scrm.alerts.robots import Refusal
from scrm.alerts.senders import Sends
from scrm.clock import Clock
from scrm.errors import Conflict, NotFound
from scrm.ids import DestinationId, IdFactory, NoticeId
from scrm.model.notices import Destination, Letter, Limits, Line, Locale, Notice, NoticeKind, Reason
from scrm.ports.stores import Stores
from scrm.ports.turn import Turn, over_and_over

log = structlog.get_logger(__name__)

LEASE_NAME = "notices"
LEASE = timedelta(seconds=60)
TICK_SECONDS = 5.0
# Longer than any send takes: who finds it then may take it for dropped.
SENDING = timedelta(minutes=2)
MOST_AT_ONCE = 50
# Waits between tries; a notice is tried once more than there are waits.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (15, 60, 120, 300, 900, 1800, 3600))
KEEP = timedelta(days=90)
_FORGET_EVERY = timedelta(hours=6)


class Pushes:
    def __init__(self, stores: Stores, senders: Sends, clock: Clock, ids: IdFactory, owner: str) -> None:
        self._stores = stores
        self._senders = senders
        self._clock = clock
        self._ids = ids
        self._turn = Turn(stores.leases, LEASE_NAME, owner, clock, LEASE)
        self._bell = asyncio.Event()
        self._forgot: datetime | None = None

    async def run(self) -> None:
        await over_and_over("notices", self.tick, self._wait)

    def ring(self) -> None:
        """Something is due now."""
        self._bell.set()

    async def release(self) -> None:
        await self._turn.end()

    async def tick(self) -> int:
        """Send what is due and may be sent; how many went."""
        if not await self._turn.mine():
            return 0
        now = self._clock.now()
        destinations = {each.id: each for each in await self._stores.destinations.all()}
        waiting: dict[DestinationId, list[Notice]] = {}
        for notice in await self._stores.notices.due(now, MOST_AT_ONCE):
            waiting.setdefault(notice.destination_id, []).append(notice)
        # Side by side: one that does not answer holds up no other.
        ended = await asyncio.gather(
            *(self._send_all(notices, destinations.get(place)) for place, notices in waiting.items()),
            return_exceptions=True,
        )
        sent = 0
        for each in ended:
            if isinstance(each, BaseException):
                raise each
            sent += each
        if self._forgot is None or now - self._forgot >= _FORGET_EVERY:
            await self._stores.notices.forget_before(now - KEEP)
            self._forgot = now
        return sent

    async def test(self, destination: Destination) -> str | None:
        """Send a test now, beside the queue: None when it arrived, else why not."""
        now = self._clock.now()
        notice = Notice(
            id=NoticeId(f"test-{self._ids()}"), destination_id=destination.id, kind=NoticeKind.TEST,
            letter=trial(destination.locale), due_at=now + SENDING, created_at=now,
        )  # fmt: skip
        await self._stores.notices.add([notice])
        wait = await self._wait_for_room(destination, now)
        if wait:
            error = f"{Reason.RATE_LIMITED}:{round(wait)} s"
            await self._stores.notices.finish(notice.id, now, error)
            return error
        await self._stores.notices.begin(notice, now, now + SENDING)
        try:
            await self._senders.send(destination, notice)
        except Refusal as refusal:
            await self._end(notice, refusal.stored)
            return refusal.stored
        await self._end(notice, None)
        return None

    async def retry(self, notice_id: NoticeId) -> Notice:
        """Raises NotFound, Conflict (it has not failed)."""
        if not await self._stores.notices.retry(notice_id, self._clock.now()):
            if await self._stores.notices.get(notice_id) is None:
                raise NotFound("there is no such notice")
            raise Conflict("Only a failed notice can be sent again.")
        self.ring()
        found = await self._stores.notices.get(notice_id)
        if found is None:
            raise NotFound("there is no such notice")
        return found

    async def _send_all(self, notices: Sequence[Notice], destination: Destination | None) -> int:
        """To one destination, one after the other; how many went. Once it does not answer, the rest waits."""
        sent = 0
        for place, notice in enumerate(notices):
            if not await self._turn.mine():
                break
            went = await self._send(notice, destination)
            if went is None:
                later = self._clock.now() + WAITS[0]
                for each in notices[place + 1 :]:
                    await self._stores.notices.postpone(each.id, later, None)
                break
            sent += went
        return sent

    async def _send(self, notice: Notice, destination: Destination | None) -> bool | None:
        """Whether it went. None: the destination does not answer now, or is busy."""
        now = self._clock.now()
        if destination is None or destination.paused:
            await self._stores.notices.finish(notice.id, now, Reason.PAUSED if destination else Reason.DELETED)
            return False
        if wait := await self._wait_for_room(destination, now):
            await self._stores.notices.postpone(notice.id, now + timedelta(seconds=wait), None)
            return False
        if not await self._stores.notices.begin(notice, now, now + SENDING):
            return False
        try:
            await self._senders.send(destination, notice)
        except Refusal as refusal:
            await self._refused(notice, refusal)
            return None if refusal.again else False
        await self._end(notice, None)
        return True

    async def _refused(self, notice: Notice, refusal: Refusal) -> None:
        tries = notice.attempts + 1
        log.info("notices.refused", kind=notice.kind, destination=notice.destination_id, tries=tries)
        if not refusal.again or tries > len(WAITS):
            await self._end(notice, refusal.stored)
            return
        now = self._clock.now()
        wait = max(WAITS[tries - 1], timedelta(seconds=refusal.after or 0))
        await self._stores.notices.postpone(notice.id, now + wait, refusal.stored)
        await self._stores.destinations.note(notice.destination_id, now, refusal.stored)

    async def _end(self, notice: Notice, error: str | None) -> None:
        now = self._clock.now()
        await self._stores.notices.finish(notice.id, now, error)
        await self._stores.destinations.note(notice.destination_id, now, error)

    async def _wait_for_room(self, destination: Destination, now: datetime) -> float:
        """Seconds until the platform takes another one; 0: now."""
        limits = BY_KIND[destination.kind].limits
        longest = max(rate.seconds for rate in limits.rates)
        begun = await self._stores.notices.begun_since(destination.id, now - timedelta(seconds=longest))
        return room_in(limits, begun, now)

    async def _wait(self) -> None:
        """Until the bell, or a tick's time."""
        timer = asyncio.ensure_future(self._clock.sleep(TICK_SECONDS))
        bell = asyncio.ensure_future(self._bell.wait())
        try:
            await asyncio.wait((timer, bell), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (timer, bell):
                each.cancel()
            await asyncio.gather(timer, bell, return_exceptions=True)
        # Who rings while the next look runs is heard after it.
        self._bell.clear()


def room_in(limits: Limits, begun: Sequence[datetime], now: datetime) -> float:
    """Seconds until one more may be begun under every rate. begun: of the longest rate's span, newest first."""
    wait = 0.0
    for rate in limits.rates:
        within = [at for at in begun if (now - at).total_seconds() < rate.seconds]
        if len(within) >= rate.most:
            wait = max(wait, rate.seconds - (now - within[rate.most - 1]).total_seconds())
    return wait


def trial(locale: Locale) -> Letter:
    if locale == "en":
        return Letter(title="A test from your SCRM hub", lines=(Line(text="Alerts and reports will arrive here."),))
    return Letter(title="来自 SCRM 的测试消息", lines=(Line(text="提醒和报告会发到这里。"),))
