"""Visitors' sockets: what idle ones cost, and how long a reply takes to all who look while many are busy.

    python3 -m bench.realtime [--idle 2000] [--busy 200] [--pace 20] [--seconds 20]

The hub runs as a person starts it. First `--idle` visitors keep a page open and do nothing: what the
hub's memory grew by, over the sockets it holds. Then `--busy` others talk, a message each every `--pace` seconds,
while an agent's program answers each: from the visitor's message to its acknowledgement, from the answer's
acceptance to the visitor's page, and the same to all pages of one visitor who has ten open.

Aims: under 40 KiB a socket; an answer on the page p50 <= 500 ms, p99 <= 2,000 ms on two cores shared by the hub, its
embedded database, the visitors and the agent.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout, ClientWebSocketResponse, TCPConnector

from bench.hub import Api, Hub, free_port
from channels.webchat.simulator import Visitor

ORIGIN = "https://shop.example.com"
AIM_KIB = 40
# Sockets opened at once: a machine that opens two thousand in a breath measures its own backlog.
ABREAST = 25
PAGES_OF_ONE = 10


async def main(arguments: argparse.Namespace) -> int:
    _raise_limit(4 * (arguments.idle + arguments.busy) + 1_000)
    with tempfile.TemporaryDirectory() as folder:
        # Visitors come from as many addresses: limits by address are far below two thousand at once.
        hub = Hub(Path(folder) / "data", free_port(), SCRM_TRUSTED_PROXIES="127.0.0.1/32")
        await hub.start()
        try:
            async with client() as session:
                api = Api(session, hub.url, await hub.token())
                settings = {"origins": ORIGIN, "secret": "s" * 40}
                made = await api.post("/channels", {"type": "webchat", "name": "bench", "settings": settings})
                within = await idle(hub, session, made["id"], arguments.idle)
                await busy(hub, session, api, made["id"], arguments)
        finally:
            await hub.stop()
    return 0 if within else 1


async def idle(hub: Hub, session: ClientSession, channel: str, count: int) -> bool:
    """Open `count` sockets and leave them alone; whether each costs no more than it may."""
    # One page first: what is loaded once is not what a socket costs.
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(opened(session, hub.url, channel))
        before = memory_kib(hub)
        gate = asyncio.Semaphore(ABREAST)
        began = time.perf_counter()

        async def one(number: int) -> None:
            async with gate:
                await stack.enter_async_context(opened(session, hub.url, channel, number))

        await asyncio.gather(*(one(number) for number in range(count)))
        took = time.perf_counter() - began
        await asyncio.sleep(3)
        each = (memory_kib(hub) - before) / count
    print(f"idle: {count} sockets, opened in {took:.1f} s, {each:.1f} KiB each (aim: under {AIM_KIB})")
    return each < AIM_KIB


@asynccontextmanager
async def opened(
    session: ClientSession, hub: str, channel: str, number: int = 0
) -> AsyncIterator[ClientWebSocketResponse]:
    """A page of a new visitor, once the hub has told it all there is."""
    visitor = Visitor(session, hub, channel, origin=ORIGIN, address=address(number))
    await visitor.enter()
    socket = await visitor.socket()
    try:
        while (await socket.receive_json())["type"] != "caught_up":
            pass
        yield socket
    finally:
        await socket.close()


async def busy(hub: Hub, session: ClientSession, api: Api, channel: str, arguments: argparse.Namespace) -> None:
    count, pace = arguments.busy, arguments.pace
    taken: list[float] = []
    shown: list[float] = []
    async with AsyncExitStack() as stack:
        pages = [Visitor(session, hub.url, channel, origin=ORIGIN, address=address(each)) for each in range(count)]
        gate = asyncio.Semaphore(ABREAST)

        async def enter(page: Visitor) -> None:
            async with gate:
                await stack.enter_async_context(page)
                await page.surely("第一句")

        await asyncio.gather(*(enter(page) for page in pages))
        conversations = await begun(api, channel, pages)
        await settled(session, hub)
        end = time.perf_counter() + arguments.seconds

        async def talk(number: int, page: Visitor) -> None:
            await asyncio.sleep(pace * number / count)
            turn = 0
            while time.perf_counter() < end:
                turn += 1
                began = time.perf_counter()
                await page.surely(f"{number} 问 {turn}")
                taken.append(time.perf_counter() - began)
                text = f"{number} 答 {turn}"
                body = {"content": text, "client_id": f"bench-{number}-{turn}"}
                await api.post(f"/conversations/{conversations[number]}/messages", body)
                began = time.perf_counter()
                await page.wait_until(lambda text=text: text in page.texts)  # type: ignore[misc]
                shown.append(time.perf_counter() - began)
                await asyncio.sleep(max(0.0, pace - (time.perf_counter() - began)))

        await asyncio.gather(*(talk(number, page) for number, page in enumerate(pages)))
        report(f"busy: {count} visitors, message acknowledged", taken)
        report("busy: answer accepted -> on the visitor's page", shown)
        await fan_out(session, hub, api, channel, pages[0], conversations[0])


async def begun(api: Api, channel: str, pages: Sequence[Visitor]) -> list[str]:
    """Each visitor's conversation, in their order, once all are on their timelines."""
    for page in pages:
        await page.wait_until(lambda page=page: page.state is not None and bool(page.entries))  # type: ignore[misc]
    return [str((page.state or {})["conversation_id"]) for page in pages]


async def settled(session: ClientSession, hub: Hub) -> None:
    """Once the first messages of all, said in one breath, are read and routed: that backlog is not what is measured."""
    while True:
        async with session.get(f"{hub.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        waiting = {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[:1] != "#")}
        if not any(waiting[f"scrm_{each}"] for each in ("journal_pending", "tasks_waiting", "outbox_waiting")):
            return
        await asyncio.sleep(0.5)


async def fan_out(session: ClientSession, hub: Hub, api: Api, channel: str, page: Visitor, conversation: str) -> None:
    """One answer, on every page the visitor has open."""
    async with AsyncExitStack() as stack:
        others = [Visitor(session, hub.url, channel, origin=ORIGIN, token=page.token) for _ in range(PAGES_OF_ONE - 1)]
        for other in others:
            await stack.enter_async_context(other)
            await other.wait_until(lambda other=other: bool(other.entries))  # type: ignore[misc]
        times: list[float] = []
        for number in range(20):
            text = f"到各页 {number}"
            await api.post(f"/conversations/{conversation}/messages", {"content": text, "client_id": f"fan-{number}"})
            began = time.perf_counter()
            await asyncio.gather(*(
                each.wait_until(lambda each=each, text=text: text in each.texts)  # type: ignore[misc]
                for each in (page, *others)
            ))  # fmt: skip
            times.append(time.perf_counter() - began)
        report(f"fan-out: one answer on all {PAGES_OF_ONE} pages of a visitor", times)


def address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def report(what: str, times: list[float]) -> None:
    times.sort()
    p50, p99 = times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000
    print(f"{what}: {len(times)}, p50 {p50:.0f} ms, p99 {p99:.0f} ms, worst {times[-1] * 1000:.0f} ms")


def memory_kib(hub: Hub) -> int:
    """Resident memory of the hub's process, without the database's and the reader's."""
    status = Path(f"/proc/{hub.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


@asynccontextmanager
async def client() -> AsyncIterator[ClientSession]:
    async with ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=120)) as session:
        yield session


def _raise_limit(files: int) -> None:
    """A socket is a file, here and in the hub, which inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted: Any = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--idle", type=int, default=2_000)
    parser.add_argument("--busy", type=int, default=200)
    parser.add_argument("--pace", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    sys.exit(asyncio.run(main(parser.parse_args())))
