"""The listener: one over all processes, nothing told to be forgotten that is not on disk, and patience with faults."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from aiohttp import ClientSession
from msgspec.structs import replace

from channels import CHANNEL_TYPES
from channels.telegram.simulator import Fault, TelegramSimulator
from scrm.clock import ManualClock, SystemClock, end_tasks
from scrm.errors import SendError, SendErrorCode, StoreUnavailable
from scrm.flow.adapters import Adapters
from scrm.flow.journal import Journal
from scrm.flow.polling import LEASE, LEASE_AGAIN_SECONDS, Polling
from scrm.flow.tokens import LeasedTokens
from scrm.ids import ChannelId, UlidFactory
from scrm.model.channel import Channel
from scrm.model.work import PARTITIONS
from scrm.ports.channel import VerifiedRequest
from scrm.ports.stores import Stores

CHANNEL = ChannelId("01TELEGRAM")


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.01)


class Process:
    """What one process of a hub has for listening."""

    def __init__(self, stores: Stores, session: ClientSession, owner: str, clock: ManualClock) -> None:
        tokens = LeasedTokens(stores.tokens, stores.leases, clock, owner)
        self.adapters = Adapters(stores.channels, CHANNEL_TYPES, clock, session, tokens)
        self.journal = Journal(stores.journal, self.adapters, clock, UlidFactory(SystemClock()), lambda partition: None)
        self.polling = Polling(stores, self.adapters, self.journal, clock, owner, hooks=None)


async def connected(stores: Stores, simulator: TelegramSimulator, clock: ManualClock) -> Channel:
    now = clock.now()
    channel = Channel(
        id=CHANNEL, type="telegram", name="电报", settings=simulator.settings(), created_at=now, updated_at=now
    )
    await stores.channels.insert(channel)
    return channel


async def journalled(stores: Stores) -> list[str]:
    entries = [entry for number in range(PARTITIONS) for entry in await stores.journal.pending(number, 100)]
    return sorted(entry.dedupe_key for entry in entries)


async def test_one_process_listens_and_another_takes_over_when_it_dies(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    async with TelegramSimulator() as simulator, ClientSession() as session:
        await connected(stores, simulator, clock)
        one, two = (Process(stores, session, owner, clock) for owner in ("one", "two"))
        heard: list[str] = []

        def noted(process: Process, owner: str) -> None:
            keep = process.journal.keep

            async def kept(channel_id: ChannelId, requests: Sequence[VerifiedRequest]) -> None:
                await keep(channel_id, requests)
                heard.extend([owner] * len(requests))

            monkeypatch.setattr(process.journal, "keep", kept)

        noted(one, "one")
        noted(two, "two")
        await one.polling.look()
        await until(lambda: simulator.platform.readers == 1)
        await two.polling.look()
        await until(lambda: len(clock._sleepers) == 1)  # the second waits for its turn
        await simulator.say("王芳", "1")
        await until(lambda: heard == ["one"])
        # The first dies, and gives nothing back.
        await end_tasks(one.polling._ears[CHANNEL].task)
        assert await stores.leases.acquire(f"listen:{CHANNEL}", "one", clock.now(), clock.now() + LEASE)
        await simulator.say("王芳", "2")
        while "two" not in heard:
            await until(lambda: len(clock._sleepers) == 1 or "two" in heard)
            assert "two" not in heard or clock.monotonic() >= LEASE.total_seconds()
            clock.advance(LEASE_AGAIN_SECONDS)
        assert clock.monotonic() <= LEASE.total_seconds() + 2 * LEASE_AGAIN_SECONDS
        assert heard.count("one") == 1  # the second may have heard its message too: it is stored once
        await two.polling._end(CHANNEL)
        assert len(await journalled(stores)) == 2


async def test_what_is_not_on_disk_is_not_forgotten_and_what_is_comes_once(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away before and after the write; then the listener dies before the platform hears of it."""
    clock = ManualClock()
    async with TelegramSimulator() as simulator, ClientSession() as session:
        await connected(stores, simulator, clock)
        process = Process(stores, session, "one", clock)
        adapter = (await process.adapters.get(CHANNEL)).adapter
        keep, broken = process.journal.keep, [True, True]

        async def failing(channel_id: ChannelId, requests: Sequence[VerifiedRequest]) -> None:
            if len(broken) == 1:
                await keep(channel_id, requests)
            if broken:
                broken.pop()
                raise StoreUnavailable("gone")
            await keep(channel_id, requests)

        monkeypatch.setattr(process.journal, "keep", failing)
        for text in ("1", "2", "3"):
            await simulator.say("王芳", text)
        mark = ""
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                mark = await process.polling._hear(CHANNEL, adapter, mark)  # type: ignore[arg-type]
            assert len(simulator.platform.updates) == 3
        await process.polling._hear(CHANNEL, adapter, mark)  # type: ignore[arg-type]
        # Here it dies: the next one begins without a mark, and hears everything again.
        mark = await process.polling._hear(CHANNEL, adapter, "")  # type: ignore[arg-type]
        assert len(simulator.platform.updates) == 3
        await simulator.say("王芳", "4")
        await process.polling._hear(CHANNEL, adapter, mark)  # type: ignore[arg-type]
        assert [update["message"]["text"] for update in simulator.platform.updates] == ["4"]
        assert len(await journalled(stores)) == 4


async def test_faults_are_waited_out_ever_longer_and_told_once(stores: Stores) -> None:
    clock = ManualClock()
    async with TelegramSimulator() as simulator, ClientSession() as session:
        await connected(stores, simulator, clock)
        process = Process(stores, session, "one", clock)
        simulator.inject(Fault(name="getUpdates", code=429, detail="Too Many Requests", retry_after=20))
        simulator.inject(Fault(name="getUpdates", status=502, times=3))
        asked: list[float] = []
        adapter = (await process.adapters.get(CHANNEL)).adapter
        listen = adapter.listen  # type: ignore[attr-defined]

        async def noted(mark: str) -> object:
            asked.append(clock.monotonic())
            return await listen(mark)

        adapter.listen = noted  # type: ignore[attr-defined]
        await process.polling.look()
        for second in range(40):
            await until(lambda: len(clock._sleepers) == 1 or simulator.platform.readers == 1)
            if simulator.platform.readers:
                break
            assert second < 39
            clock.advance(1)
        assert asked == [0, 20, 22, 26, 34]
        channel = await stores.channels.get(CHANNEL)
        assert channel is not None
        assert channel.last_error == "platform_error HTTP 502 the platform failed"
        await simulator.say("王芳", "1")
        await until(lambda: not process.polling._told)
        await process.polling._end(CHANNEL)


async def test_a_channel_that_changes_is_heard_anew_and_one_that_goes_no_more(stores: Stores) -> None:
    clock = ManualClock()
    async with TelegramSimulator() as simulator, ClientSession() as session:
        channel = await connected(stores, simulator, clock)
        process = Process(stores, session, "one", clock)
        polling = process.polling
        await polling.look()
        first = polling._ears[CHANNEL].task
        process.adapters.forget(CHANNEL)
        await stores.channels.save(replace(channel, name="改名"))
        await polling.look()
        assert polling._ears[CHANNEL].task is first  # nothing that matters to it changed
        process.adapters.forget(CHANNEL)
        await stores.channels.save(replace(channel, settings={**channel.settings, "delivery": "webhook"}))
        await polling.look()
        assert first.done()
        assert not polling._ears
        stored = await stores.channels.get(CHANNEL)
        assert stored is not None
        assert "public_url" in (stored.last_error or "")
        process.adapters.forget(CHANNEL)
        await stores.channels.save(channel)
        await polling.look()
        assert polling._ears[CHANNEL].task is not first
        await stores.channels.delete(CHANNEL)
        process.adapters.forget(CHANNEL)
        await polling.look()
        assert not polling._ears
        assert not [lease for lease in await stores.leases.held(clock.now()) if lease.name.startswith("listen:")]


async def test_updates_without_a_number_are_not_asked_for_for_ever(stores: Stores) -> None:
    clock = ManualClock()
    async with TelegramSimulator() as simulator, ClientSession() as session:
        await connected(stores, simulator, clock)
        adapter = (await Process(stores, session, "one", clock).adapters.get(CHANNEL)).adapter
        simulator.inject(Fault(name="getUpdates", status=200, body=b'{"ok": true, "result": [{"message": {}}]}'))
        with pytest.raises(SendError) as caught:
            await adapter.listen("")  # type: ignore[attr-defined]
        assert (caught.value.code, caught.value.retryable) == (SendErrorCode.PLATFORM_ERROR, True)
