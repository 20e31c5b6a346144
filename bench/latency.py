"""From a customer's webhook to an agent's screen: milliseconds between sending the request and the frame on the socket.

    python -m bench.latency [--messages 300] [--rate 10]

The hub runs as `scrm up` starts it, on the embedded database. One signed-in agent's WebSocket is open, as a browser's
is; a WeChat customer writes in AES mode, ten messages a second, and the agent watches that conversation.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar

from bench.hub import Api, Hub, free_port
from channels.wechat.simulator import Account, WeChatSimulator

PASSWORD = "bench-latency-password"


async def main(arguments: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder:
        hub = Hub(Path(folder) / "data", free_port(), SCRM_ADMIN_PASSWORD=PASSWORD)
        await hub.start()
        try:
            jar = CookieJar(unsafe=True)
            async with ClientSession(cookie_jar=jar) as browser, WeChatSimulator(Account()) as platform:
                await measure(browser, platform, hub, arguments)
        finally:
            await hub.stop()
    return 0


async def measure(browser: ClientSession, platform: WeChatSimulator, hub: Hub, arguments: argparse.Namespace) -> None:
    api = Api(browser, hub.url, await hub.token())
    made = await api.post("/channels", {"type": "wechat", "name": "bench", "settings": platform.settings()})
    platform.connect(hub.url + made["webhook_path"])
    credentials = {"login": "admin", "password": PASSWORD}
    async with browser.post(f"{hub.url}/api/v1/session", json=credentials, headers={"Origin": hub.url}) as response:
        response.raise_for_status()
    await platform.say("甲", "先有会话")
    conversation = await first_conversation(api)
    async with browser.ws_connect(
        hub.url.replace("http", "ws") + "/api/v1/realtime", headers={"Origin": hub.url}
    ) as socket:
        await socket.send_json({"type": "watch", "conversation_id": conversation, "after_position": 0})
        sent: dict[str, float] = {}
        seen = asyncio.create_task(read(socket, sent, arguments.messages))
        before = hub.processor_seconds()
        acknowledged = await write(platform, sent, arguments)
        async with asyncio.timeout(120):
            times = sorted(await seen)
        used = {name: seconds - before[name] for name, seconds in hub.processor_seconds().items()}
    report("acknowledged", acknowledged)
    report("on the agent's screen", times)
    print("aim: p50 <= 80 ms, p99 <= 300 ms")
    parts = ", ".join(f"{name} {seconds / arguments.messages * 1000:.1f} ms" for name, seconds in used.items())
    print(f"processor time a message: {parts}")


async def first_conversation(api: Api) -> str:
    while True:
        items = (await api.get("/conversations"))["items"]
        if items:
            return str(items[0]["id"])


async def write(platform: WeChatSimulator, sent: dict[str, float], arguments: argparse.Namespace) -> list[float]:
    began = time.perf_counter()

    async def one(number: int) -> float:
        await asyncio.sleep(max(0.0, began + number / arguments.rate - time.perf_counter()))
        text = f"第 {number} 句：我的订单什么时候发货？"
        sent[text] = time.perf_counter()
        await platform.say("甲", text)
        return time.perf_counter() - sent[text]

    return sorted(await asyncio.gather(*(one(number) for number in range(arguments.messages))))


async def read(socket: ClientWebSocketResponse, sent: dict[str, float], expected: int) -> list[float]:
    arrived: dict[str, float] = {}
    async for frame in socket:
        body = frame.json()
        if body["type"] == "message" and body["message"]["kind"] == "incoming":
            text = body["message"]["content"]
            if text in sent and text not in arrived:
                arrived[text] = time.perf_counter() - sent[text]
                if len(arrived) == expected:
                    break
    return list(arrived.values())


def report(what: str, times: list[float]) -> None:
    p50, p99 = times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000
    print(f"{what}: {len(times)} messages, p50 {p50:.0f} ms, p99 {p99:.0f} ms, worst {times[-1] * 1000:.0f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--rate", type=float, default=10.0)
    sys.exit(asyncio.run(main(parser.parse_args())))
