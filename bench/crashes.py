"""Kill the hub and its database with -9, at random, while customers write. Prints what was lost, doubled or reordered.

    python -m bench.crashes [--messages 1000] [--customers 200] [--kills 10] [--seed 1] [--rate 40]

A WeChat simulator sends in AES mode, repeats some requests, and retries what was not answered, as the platform does:
after five seconds, three tries in all. What the platform gave up is counted apart: it was never acknowledged. Exit code
1 when an acknowledged message is missing, doubled, or read out of order.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from aiohttp import ClientSession

from bench.hub import Api, Hub, free_port
from channels.wechat.simulator import Account, Action, Delivery, WeChatSimulator

QUIET_SECONDS = 90.0


async def main(arguments: argparse.Namespace) -> int:
    dice = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        hub = Hub(Path(folder) / "data", free_port())
        await hub.start()
        try:
            return await run(arguments, hub, dice)
        finally:
            await hub.stop()


async def run(arguments: argparse.Namespace, hub: Hub, dice: random.Random) -> int:
    async with ClientSession() as session, WeChatSimulator(Account()) as platform:
        api = Api(session, hub.url, await hub.token())
        made = await api.post("/channels", {"type": "wechat", "name": "crashes", "settings": platform.settings()})
        platform.connect(hub.url + made["webhook_path"])
        since = time.monotonic()
        killing = asyncio.create_task(kill_at_random(hub, dice, arguments.kills, arguments.messages / arguments.rate))
        delivered = await write(platform, arguments, dice)
        await killing
        print(f"sent {len(delivered)} in {time.monotonic() - since:.0f} s; {arguments.kills} kills", flush=True)
        return await judge(api, platform, delivered)


async def write(platform: WeChatSimulator, arguments: argparse.Namespace, dice: random.Random) -> dict[str, Delivery]:
    """Each customer writes numbered messages; text to how its delivery ended."""
    delivered: dict[str, Delivery] = {}

    async def one(number: int) -> None:
        await asyncio.sleep(number / arguments.rate)
        customer = number % arguments.customers
        text = f"第{number // arguments.customers:03d}句 客户{customer:03d}"
        repeat = dice.choice((1, 1, 1, 2, 3))
        delivered[text] = await platform.act(Action(user=f"客户{customer:03d}", text=text, repeat=repeat))

    await asyncio.gather(*(one(number) for number in range(arguments.messages)))
    return delivered


async def kill_at_random(hub: Hub, dice: random.Random, kills: int, seconds: float) -> None:
    """Half of them the database, half the hub; the hub is started again at once, its database by itself."""
    for _ in range(kills):
        await asyncio.sleep(dice.uniform(0.2, 1.0) * seconds / kills)
        if dice.random() < 0.5 and hub.kill_database():
            print("killed the database", flush=True)
            continue
        hub.kill_hub()
        await hub.wait()
        await hub.start()
        print("killed and restarted the hub", flush=True)


async def judge(api: Api, platform: WeChatSimulator, delivered: dict[str, Delivery]) -> int:
    acknowledged = {text for text, delivery in delivered.items() if delivery.delivered}
    threads = await until_quiet(api, len(acknowledged))
    read = [text for thread in threads for text in thread]
    lost = acknowledged - set(read)
    doubled = len(read) - len(set(read))
    reordered = sum(thread != sorted(thread) for thread in threads)
    print(
        f"acknowledged {len(acknowledged)}  given up by the platform {len(delivered) - len(acknowledged)}  "
        f"on the timelines {len(set(read))}  lost {len(lost)}  doubled {doubled}  threads out of order {reordered}",
        flush=True,
    )
    failed = [entry async for entry in api.all("/journal", state="failed")]
    print(f"journal entries failed {len(failed)}")
    return 1 if lost or doubled or reordered or failed else 0


async def until_quiet(api: Api, expected: int) -> list[list[str]]:
    """Every thread as it is read (by rank), once as many messages as expected are there, or time is up."""
    deadline = time.monotonic() + QUIET_SECONDS
    while True:
        pending = (await api.patiently("/journal", state="pending"))["items"]
        threads = await read_threads(api) if not pending else []
        if (threads and sum(map(len, threads)) >= expected) or time.monotonic() > deadline:
            return threads or await read_threads(api)
        await asyncio.sleep(1)


async def read_threads(api: Api) -> list[list[str]]:
    by_contact: dict[str, list[str]] = defaultdict(list)
    async for conversation in api.all("/conversations", status="active", limit=100):
        entries = [entry for entry in await api.thread(conversation["id"]) if entry["kind"] == "incoming"]
        entries.sort(key=lambda entry: float(entry["rank"]))
        by_contact[conversation["contact_id"]] += [entry["content"] for entry in entries]
    return list(by_contact.values())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--customers", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(asyncio.run(main(parser.parse_args())))
