"""`scrm simulate wechat`: a WeChat platform on loopback, for a hub that is already running."""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout

from channels.wechat.config import Mode
from channels.wechat.simulator.account import Account
from channels.wechat.simulator.script import Action, ScriptError, read_script
from channels.wechat.simulator.server import WeChatSimulator
from channels.wx.simulator.delivery import Delivery

PROGRESS_EVERY = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    defaults = Account()
    parser.add_argument("--hub", metavar="URL", help="the channel's webhook address, http://HOST:PORT/hooks/ID")
    parser.add_argument("--create", metavar="URL", help="make a channel in the hub at URL; needs --api-token")
    parser.add_argument("--api-token", metavar="TOKEN", help="an API token of the hub: scrm token create --name NAME")
    parser.add_argument("--port", type=int, default=8091, help="where the platform listens (default 8091; 0: any)")
    parser.add_argument("--script", type=Path, metavar="FILE", help="what customers do, one JSON object a line")
    parser.add_argument("--rate", type=float, metavar="N", help="actions a second, in place of the script's times")
    parser.add_argument("--mode", choices=[mode.value for mode in Mode], default=Mode.SAFE.value)
    parser.add_argument("--format", choices=["xml", "json"], default="xml", help="how pushes are written")
    parser.add_argument("--app-id", default=defaults.app_id)
    parser.add_argument("--app-secret", default=defaults.app_secret)
    parser.add_argument("--token", default=defaults.token)
    parser.add_argument("--encoding-aes-key", default=defaults.encoding_aes_key)
    parser.add_argument("--exit", action="store_true", help="end when the script has ended; 1 if a push was given up")


async def main(namespace: argparse.Namespace) -> int:
    """Runs until interrupted, or with --exit until the script ends. 0: well; 1: pushes given up; 2: cannot start."""
    return await run(
        Account(
            app_id=namespace.app_id,
            app_secret=namespace.app_secret,
            token=namespace.token,
            encoding_aes_key=namespace.encoding_aes_key,
            mode=Mode(namespace.mode),
            form=namespace.format,
        ),
        hub=namespace.hub,
        create=namespace.create,
        api_token=namespace.api_token,
        port=namespace.port,
        script=namespace.script,
        rate=namespace.rate,
        leave=namespace.exit,
    )


async def run(
    account: Account,
    *,
    hub: str | None = None,
    create: str | None = None,
    api_token: str | None = None,
    port: int = 0,
    script: Path | None = None,
    rate: float | None = None,
    leave: bool = False,
) -> int:
    try:
        account.cipher  # noqa: B018 - a wrong key is said at once
        actions = _read(script)
    except (OSError, ScriptError, ValueError) as error:
        return _fault(str(error))
    if actions and not (hub or create):
        return _fault("a script needs to know where to push: give --hub or --create")
    if rate is not None and rate <= 0:
        return _fault("--rate is more than 0")
    try:
        async with WeChatSimulator(account, port=port) as simulator:
            _introduce(simulator)
            if create:
                hub = await _create_channel(create, api_token or "", simulator.settings())
            if hub:
                simulator.connect(hub)
                await _greet(simulator, hub)
            if actions:
                await _play(simulator, actions, rate)
            if leave:
                return 1 if simulator.counts["undelivered"] else 0
            await asyncio.Event().wait()
    except (OSError, _CannotStart) as error:
        return _fault(str(error))
    return 0


class _CannotStart(Exception):
    pass


def _read(script: Path | None) -> list[Action]:
    return read_script(script.read_bytes().splitlines()) if script else []


def _introduce(simulator: WeChatSimulator) -> None:
    _say(f"A WeChat platform listens at {simulator.url}. A channel for it, as the hub's API takes it:")
    channel = {"type": "wechat", "name": "模拟公众号", "settings": simulator.settings()}
    _say(json.dumps(channel, ensure_ascii=False, indent=2))
    _say(f'Say something:  curl -d \'{{"user": "王芳", "text": "你好"}}\' {simulator.url}/_sim/say')
    _say(f"See replies:    curl {simulator.url}/_sim/sent")


async def _create_channel(hub: str, api_token: str, settings: dict[str, str]) -> str:
    """A new channel in the hub; its webhook address."""
    headers = {"Authorization": f"Bearer {api_token}"}
    body = {"type": "wechat", "name": "模拟公众号", "settings": settings}
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


async def _greet(simulator: WeChatSimulator, hub: str) -> None:
    """The platform's first question to a webhook address."""
    try:
        status, echoed = await simulator.challenge("simulator")
    except (ClientError, TimeoutError) as error:
        raise _CannotStart(f"the webhook at {hub} cannot be reached: {type(error).__name__}") from None
    if status != 200 or echoed != b"simulator":
        raise _CannotStart(f"{hub} did not answer the platform's question ({status}): do the settings agree?")
    _say(f"{hub} answered the platform's question.")


async def _play(simulator: WeChatSimulator, actions: list[Action], rate: float | None) -> None:
    total = sum(action.repeat for action in actions)
    started = last = time.monotonic()

    def progress(_: Delivery) -> None:
        nonlocal last
        if time.monotonic() - last >= PROGRESS_EVERY:
            last = time.monotonic()
            _say(_line(simulator, total, started))

    await simulator.play(actions, rate=rate, on_progress=progress)
    _say(_line(simulator, total, started))
    statuses = Counter(status for delivery in simulator.deliveries for status in delivery.statuses)
    words = ", ".join(f"{status or 'no answer'}: {count}" for status, count in sorted(statuses.items()))
    _say(f"The script has ended. Answers by status: {words}.")


def _line(simulator: WeChatSimulator, total: int, started: float) -> str:
    counts = simulator.counts
    return (
        f"{time.monotonic() - started:7.1f} s  delivered {counts['delivered']} of {total}, "
        f"given up {counts['undelivered']}, tries {counts['tries']}, replies received {counts['sent']}"
    )


def _say(text: str) -> None:
    print(text, flush=True)


def _fault(sentence: str) -> int:
    print(f"scrm simulate wechat: {sentence}", file=sys.stderr)
    return 2
