"""How fast webhooks are acknowledged, as a ratio to a floor on the same server.

    python -m bench.ingest [--messages 600] [--rounds 5] [--abreast 32]

The floor: a bare aiohttp handler that verifies the WeChat signature, decrypts, and does one `insert_one` with
`j: true`. The hub: its whole process as started by `scrm up`, with ingest and analysis working behind. Each round
sends the same number of encrypted messages to both, in turn. Also printed: time to acknowledge at 20 messages a second.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from aiohttp import ClientSession, TCPConnector, web
from pymongo import AsyncMongoClient
from pymongo.write_concern import WriteConcern

from bench.hub import Api, Hub, free_port
from channels.wechat.config import read_config
from channels.wechat.simulator import Account
from channels.wechat.simulator.pushes import Push, render, sign
from channels.wechat.webhook import Webhook
from scrm.ports.channel import VerifiedRequest, WebhookRequest
from scrm.storage.server import running_url

NUMBERS = count(1)
ASKED = "我的订单 {number} 三天了还没发货，能帮我看一下吗？"


def pushes(account: Account, number: int, texts: Sequence[str] = (ASKED,)) -> list[Push]:
    """New messages of 200 customers, signed now, who say one of `texts` after the other."""
    made = []
    for _ in range(number):
        message_id = next(NUMBERS)
        fields = {
            "ToUserName": account.original_id,
            "FromUserName": f"obench{message_id % 200:022d}",
            "CreateTime": str(int(time.time())),
            "MsgType": "text",
            "Content": texts[message_id % len(texts)].format(number=message_id),
            "MsgId": str(10_000_000 + message_id),
        }
        made.append(sign(account, render(fields, account.form), timestamp=int(time.time())))
    return made


def floor_app(account: Account, url: str) -> web.Application:
    webhook = Webhook(read_config(account.settings("http://127.0.0.1:1")))
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(url)
    collection = client["bench_floor"].get_collection("inbound", write_concern=WriteConcern("majority", j=True))

    async def handle(request: web.Request) -> web.Response:
        verified = webhook.verify(
            WebhookRequest(
                method="POST",
                query=dict(request.query),
                headers={},
                body=await request.read(),
                received_at=datetime.now(UTC),
            )
        )
        assert isinstance(verified, VerifiedRequest)
        await collection.insert_one({"_id": verified.dedupe_key, "body": verified.body})
        return web.Response()

    async def close(_: web.Application) -> None:
        await client.close()

    app = web.Application()
    app.router.add_post("/hook", handle)
    app.on_cleanup.append(close)
    return app


async def send(session: ClientSession, url: str, push: Push) -> float:
    since = time.perf_counter()
    async with session.post(
        url, params=push.query, data=push.body, headers={"Content-Type": push.media_type}
    ) as response:
        assert response.status == 200, response.status
        await response.read()
    return time.perf_counter() - since


async def burst(session: ClientSession, url: str, messages: Sequence[Push], abreast: int) -> float:
    """Acknowledged a second."""
    gate = asyncio.Semaphore(abreast)

    async def one(push: Push) -> None:
        async with gate:
            await send(session, url, push)

    since = time.perf_counter()
    await asyncio.gather(*(one(push) for push in messages))
    return len(messages) / (time.perf_counter() - since)


async def steady(session: ClientSession, url: str, messages: Sequence[Push], rate: float) -> list[float]:
    """Seconds to acknowledge, each message sent at its time."""
    since = time.perf_counter()

    async def one(number: int, push: Push) -> float:
        await asyncio.sleep(max(0.0, since + number / rate - time.perf_counter()))
        return await send(session, url, push)

    return await asyncio.gather(*(one(number, push) for number, push in enumerate(messages)))


async def settled(api: Api) -> float:
    """Seconds until nothing is pending."""
    since = time.perf_counter()
    while (await api.get("/journal", state="pending", limit=1))["items"]:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.5)
    return time.perf_counter() - since


async def main(arguments: argparse.Namespace) -> int:
    account = Account()
    with tempfile.TemporaryDirectory() as folder:
        hub = Hub(Path(folder) / "data", free_port())
        await hub.start()
        try:
            database = running_url(hub.data)
            assert database is not None
            runner = web.AppRunner(floor_app(account, database), access_log=None)
            await runner.setup()
            port = free_port()
            await web.TCPSite(runner, "127.0.0.1", port).start()
            async with ClientSession(connector=TCPConnector(limit=0)) as session:
                api = Api(session, hub.url, await hub.token())
                body = {"type": "wechat", "name": "bench", "settings": account.settings("http://127.0.0.1:1")}
                made = await api.post("/channels", body)
                await measure(session, api, f"http://127.0.0.1:{port}/hook", hub.url + made["webhook_path"], arguments)
            await runner.cleanup()
        finally:
            await hub.stop()
    return 0


async def measure(session: ClientSession, api: Api, floor: str, hub: str, arguments: argparse.Namespace) -> None:
    account, ratios = Account(), []
    for number in range(arguments.rounds):
        floor_rate = await burst(session, floor, pushes(account, arguments.messages), arguments.abreast)
        hub_rate = await burst(session, hub, pushes(account, arguments.messages), arguments.abreast)
        ratios.append(hub_rate / floor_rate)
        behind = await settled(api)
        print(
            f"round {number + 1}: floor {floor_rate:6.0f}/s  hub {hub_rate:6.0f}/s  ratio {ratios[-1]:.2f}"
            f"  (all on timelines {behind:.1f} s later)",
            flush=True,
        )
    print(f"ratio: median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}; aim >= 0.7")
    times = sorted(await steady(session, hub, pushes(account, 400), 20.0))
    p50, p99 = times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000
    print(f"at 20 messages/s: acknowledged in p50 {p50:.1f} ms, p99 {p99:.1f} ms; aim p99 <= 100 ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--abreast", type=int, default=32)
    sys.exit(asyncio.run(main(parser.parse_args())))
