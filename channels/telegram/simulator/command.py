"""`scrm simulate telegram`: a Bot API on loopback, for a hub that is already running."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout

from channels.telegram.config import Delivery
from channels.telegram.simulator.bot import Bot
from channels.telegram.simulator.script import Action, ScriptError, read_script
from channels.telegram.simulator.server import TelegramSimulator


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--create", metavar="URL", help="make a channel in the hub at URL; needs --api-token")
    parser.add_argument("--api-token", metavar="TOKEN", help="an API token of the hub: scrm token create --name NAME")
    parser.add_argument("--delivery", choices=[each.value for each in Delivery], default=Delivery.POLLING.value)
    parser.add_argument("--port", type=int, default=8092, help="where the platform listens (default 8092; 0: any)")
    parser.add_argument("--script", type=Path, metavar="FILE", help="what customers do, one JSON object a line")
    parser.add_argument("--rate", type=float, metavar="N", help="actions a second, in place of the script's times")
    parser.add_argument("--bot-token", default=Bot().token)
    parser.add_argument("--exit", action="store_true", help="end once the hub has taken everything the script said")


async def main(namespace: argparse.Namespace) -> int:
    """Runs until interrupted, or with --exit until all is taken. 0: well; 2: cannot start."""
    return await run(
        Bot(token=namespace.bot_token),
        create=namespace.create,
        api_token=namespace.api_token,
        delivery=namespace.delivery,
        port=namespace.port,
        script=namespace.script,
        rate=namespace.rate,
        leave=namespace.exit,
    )


async def run(
    bot: Bot,
    *,
    create: str | None = None,
    api_token: str | None = None,
    delivery: str = Delivery.POLLING,
    port: int = 0,
    script: Path | None = None,
    rate: float | None = None,
    leave: bool = False,
) -> int:
    if rate is not None and rate <= 0:
        return _fault("--rate is more than 0")
    try:
        actions = _read(script)
        async with TelegramSimulator(bot, port=port) as simulator:
            _introduce(simulator, delivery)
            if create:
                await _create_channel(create, api_token or "", simulator.settings(delivery))
            await simulator.play(actions, rate=rate)
            if actions:
                _say(f"The script has ended: {json.dumps(simulator.counts)}")
            if not leave:
                await asyncio.Event().wait()
            await simulator.wait_until(lambda: not simulator.platform.updates)
            _say(f"Everything is taken: {json.dumps(simulator.counts)}")
    except KeyError:
        return _fault("the script edits, presses or answers a message that is not there")
    except (OSError, ScriptError, _CannotStart) as error:
        return _fault(str(error))
    return 0


class _CannotStart(Exception):
    pass


def _read(script: Path | None) -> list[Action]:
    return read_script(script.read_bytes().splitlines()) if script else []


def _introduce(simulator: TelegramSimulator, delivery: str) -> None:
    _say(f"A Telegram platform listens at {simulator.url}. A channel for it, as the hub's API takes it:")
    channel = {"type": "telegram", "name": "模拟 Telegram", "settings": simulator.settings(delivery)}
    _say(json.dumps(channel, ensure_ascii=False, indent=2))
    _say(f'Say something:  curl -d \'{{"user": "王芳", "text": "你好"}}\' {simulator.url}/_sim/say')
    _say(f"See replies:    curl {simulator.url}/_sim/sent")


async def _create_channel(hub: str, api_token: str, settings: dict[str, str]) -> None:
    """A new channel in the hub, which by itself sets the webhook or begins to ask."""
    headers = {"Authorization": f"Bearer {api_token}"}
    body = {"type": "telegram", "name": "模拟 Telegram", "settings": settings}
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=30)) as session,
            session.post(f"{hub.rstrip('/')}/api/v1/channels", json=body, headers=headers) as response,
        ):
            answer = await response.json(content_type=None)
    except (ClientError, TimeoutError, ValueError) as error:
        raise _CannotStart(f"the hub at {hub} cannot be reached: {type(error).__name__}") from None
    if response.status != 201:
        raise _CannotStart(f"the hub refused the channel: {response.status} {answer.get('detail', '')}")
    _say(f"The hub at {hub} has a channel for it.")


def _say(text: str) -> None:
    print(text, flush=True)


def _fault(sentence: str) -> int:
    print(f"scrm simulate telegram: {sentence}", file=sys.stderr)
    return 2
