"""`scrm simulate webchat`: visitors of a site, for a hub that is already running."""

import argparse
import asyncio
import secrets
import sys
from contextlib import AsyncExitStack

from aiohttp import ClientError, ClientSession, ClientTimeout

from channels.simulating.command import CannotStart, register, say
from channels.webchat.simulator.visitor import Visitor, VisitorError

ORIGIN = "https://shop.example.com"
LINES = (
    "你好，在吗？",
    "这款背包还有蓝色的吗？",
    "今天下单什么时候能到？",
    "我上周买的还没有收到，能帮忙看一下吗？",
    "可以开发票吗？",
    "谢谢！",
)
MOST_VISITORS = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hub", "--create", dest="hub", metavar="URL", required=True, help="where the hub is, http://HOST:PORT"
    )
    parser.add_argument(
        "--channel", metavar="ID", help="the web chat channel; without it one is made, with --api-token"
    )
    parser.add_argument("--api-token", metavar="TOKEN", help="an API token of the hub: scrm token create --name NAME")
    parser.add_argument("--origin", metavar="URL", default=ORIGIN, help=f"the site the visitors are on ({ORIGIN})")
    parser.add_argument("--visitors", type=int, default=3, metavar="N", help="how many (default 3)")
    parser.add_argument("--messages", type=int, default=4, metavar="N", help="what each says, at most 6 (default 4)")
    parser.add_argument("--every", type=float, default=3.0, metavar="SECONDS", help="between two messages of one")
    parser.add_argument("--exit", action="store_true", help="end when all is said; else stay and print the replies")


async def main(namespace: argparse.Namespace) -> int:
    """Runs until interrupted, or with --exit until all is said. 0: well; 1: something was refused; 2: cannot start."""
    if not 1 <= namespace.visitors <= MOST_VISITORS or namespace.every < 0:
        return _fault(f"--visitors is 1 to {MOST_VISITORS}, --every is not negative")
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(total=60)))
        try:
            channel = namespace.channel or await _create(namespace.hub, namespace.api_token or "")
            pages = [
                Visitor(session, namespace.hub, channel, origin=namespace.origin) for _ in range(namespace.visitors)
            ]
            for page in pages:
                await stack.enter_async_context(page)
        except (VisitorError, ClientError, TimeoutError, CannotStart) as error:
            return _fault(f"the hub at {namespace.hub} does not let visitors in: {error}")
        say(f"{len(pages)} visitors are on the site.")
        replies = [
            asyncio.create_task(_print_replies(number, page), name="replies")
            for number, page in enumerate(pages, start=1)
        ]
        stack.callback(lambda: [reply.cancel() for reply in replies])
        try:
            said = sum(await asyncio.gather(*(_talk(number, page, namespace) for number, page in enumerate(pages, 1))))
        except VisitorError as error:
            _fault(str(error))
            return 1
        say(f"{said} messages said, all taken.")
        if not namespace.exit:
            await asyncio.Event().wait()
        return 0


async def _talk(number: int, page: Visitor, namespace: argparse.Namespace) -> int:
    lines = LINES[: namespace.messages]
    for line in lines:
        await asyncio.sleep(namespace.every * (0.5 + secrets.randbelow(1000) / 1000))
        await page.surely(line)
        say(f"visitor {number}: {line}")
    return len(lines)


async def _print_replies(number: int, page: Visitor) -> None:
    printed: set[str] = set()
    while True:
        fresh = [entry for entry in page.shown if not entry["mine"] and entry["id"] not in printed]
        for entry in fresh:
            printed.add(entry["id"])
            say(f"to visitor {number}: {entry['text']}")
        await page.wait_until(lambda: sum(not entry["mine"] for entry in page.shown) > len(printed))


async def _create(hub: str, api_token: str) -> str:
    """A channel in the hub; its id."""
    settings = {"origins": f"self {ORIGIN}", "secret": secrets.token_hex(24)}
    return str((await register(hub, api_token, "webchat", "模拟网站", settings))["id"])


def _fault(sentence: str) -> int:
    print(f"scrm simulate webchat: {sentence}", file=sys.stderr)
    return 2
