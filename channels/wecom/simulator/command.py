"""`scrm simulate wecom_kf`: WeCom's customer service on loopback, for a hub that is already running."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout

from channels.wecom.simulator.account import Account
from channels.wecom.simulator.control import Said
from channels.wecom.simulator.server import WeComSimulator

MAX_LINE = 64 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--hub", metavar="URL", help="the channel's webhook address, http://HOST:PORT/hooks/ID")
    parser.add_argument("--create", metavar="URL", help="make a channel in the hub at URL; needs --api-token")
    parser.add_argument("--api-token", metavar="TOKEN", help="an API token of the hub: scrm token create --name NAME")
    parser.add_argument("--port", type=int, default=8093, help="where the platform listens (default 8093; 0: any)")
    parser.add_argument("--script", type=Path, metavar="FILE", help='what customers say, a line each: {"user", "text"}')
    parser.add_argument("--welcome", default="", metavar="TEXT", help="the welcome message of a channel that is made")
    parser.add_argument("--exit", action="store_true", help="end when the script has ended; 1 if one was not delivered")


async def main(namespace: argparse.Namespace) -> int:
    """Runs until interrupted, or with --exit until the script ends. 0: well; 1: given up; 2: cannot start."""
    try:
        lines = _read(namespace.script)
        if lines and not (namespace.hub or namespace.create):
            raise _CannotStart("a script needs to know where to push: give --hub or --create")
        async with WeComSimulator(Account(welcome=namespace.welcome), port=namespace.port) as simulator:
            _introduce(simulator)
            hub = namespace.hub
            if namespace.create:
                hub = await _create_channel(namespace.create, namespace.api_token or "", simulator.settings())
            if hub:
                simulator.connect(hub)
                await _greet(simulator, hub)
            for said in lines:
                message = said.message or {"msgtype": "text", "text": {"content": said.text}}
                await simulator.act(said.user, message)
            if namespace.exit:
                return 0 if all(delivery.delivered for delivery in simulator.deliveries) else 1
            await asyncio.Event().wait()
    except (OSError, _CannotStart) as error:
        print(f"scrm simulate wecom_kf: {error}", file=sys.stderr)
        return 2
    return 0


class _CannotStart(Exception):
    pass


def _read(script: Path | None) -> list[Said]:
    said: list[Said] = []
    for number, line in enumerate(script.read_bytes().splitlines() if script else [], start=1):
        if not line.strip() or line.lstrip().startswith(b"#"):
            continue
        try:
            said.append(msgspec.json.decode(line[:MAX_LINE], type=Said))
        except (msgspec.MsgspecError, RecursionError) as error:
            raise _CannotStart(f"line {number}: {error}") from None
    return said


def _introduce(simulator: WeComSimulator) -> None:
    _say(f"WeCom's customer service listens at {simulator.url}. A channel for it, as the hub's API takes it:")
    channel = {"type": "wecom_kf", "name": "模拟客服", "settings": simulator.settings()}
    _say(json.dumps(channel, ensure_ascii=False, indent=2))
    _say(f'Say something:  curl -d \'{{"user": "王芳", "text": "你好"}}\' {simulator.url}/_sim/say')
    _say(f"See replies:    curl {simulator.url}/_sim/sent")


async def _create_channel(hub: str, api_token: str, settings: dict[str, str]) -> str:
    """A new channel in the hub; its webhook address."""
    headers = {"Authorization": f"Bearer {api_token}"}
    body = {"type": "wecom_kf", "name": "模拟客服", "settings": settings}
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
    return hub.rstrip("/") + str(answer["webhook_path"])


async def _greet(simulator: WeComSimulator, hub: str) -> None:
    """The platform's first question to a webhook address."""
    try:
        status, echoed = await simulator.challenge(b"simulator")
    except (ClientError, TimeoutError) as error:
        raise _CannotStart(f"the webhook at {hub} cannot be reached: {type(error).__name__}") from None
    if status != 200 or echoed != b"simulator":
        raise _CannotStart(f"{hub} did not answer the platform's question ({status}): do the settings agree?")
    _say(f"{hub} answered the platform's question.")


def _say(text: str) -> None:
    print(text, flush=True)
