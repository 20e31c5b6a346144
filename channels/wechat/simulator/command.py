"""`scrm simulate wechat`: a WeChat platform on loopback, for a hub that is already running."""

import argparse
import time
from collections import Counter
from collections.abc import Sequence

from channels.simulating.command import Command, greet, say
from channels.wechat.config import Mode
from channels.wechat.simulator.account import Account
from channels.wechat.simulator.script import Action, read_action
from channels.wechat.simulator.server import WeChatSimulator
from channels.wx.simulator.delivery import Delivery

PROGRESS_EVERY = 1.0


class WeChatCommand(Command[WeChatSimulator, Action]):
    type = "wechat"
    title = "A WeChat platform"
    channel_name = "模拟公众号"
    port = 8091
    pushes = True

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        defaults = Account()
        parser.add_argument("--mode", choices=[mode.value for mode in Mode], default=Mode.SAFE.value)
        parser.add_argument("--format", choices=["xml", "json"], default="xml", help="how pushes are written")
        parser.add_argument("--app-id", default=defaults.app_id)
        parser.add_argument("--app-secret", default=defaults.app_secret)
        parser.add_argument("--token", default=defaults.token)
        parser.add_argument("--encoding-aes-key", default=defaults.encoding_aes_key)

    def simulator(self, namespace: argparse.Namespace) -> WeChatSimulator:
        account = Account(
            app_id=namespace.app_id,
            app_secret=namespace.app_secret,
            token=namespace.token,
            encoding_aes_key=namespace.encoding_aes_key,
            mode=Mode(namespace.mode),
            form=namespace.format,
        )
        account.cipher  # noqa: B018 - a wrong key is said at once
        return WeChatSimulator(account, port=namespace.port)

    def read(self, line: bytes) -> Action:
        return read_action(line)

    async def act(self, simulator: WeChatSimulator, action: Action) -> None:
        await simulator.act(action)

    async def join(self, simulator: WeChatSimulator, webhook: str) -> None:
        simulator.connect(webhook)
        await greet(simulator.challenge("simulator"), b"simulator", webhook)

    async def play(self, simulator: WeChatSimulator, actions: Sequence[Action], rate: float | None) -> None:
        total = sum(action.repeat for action in actions)
        started = last = time.monotonic()

        def progress(_: Delivery) -> None:
            nonlocal last
            if time.monotonic() - last >= PROGRESS_EVERY:
                last = time.monotonic()
                say(_line(simulator, total, started))

        await simulator.play(actions, rate=rate, on_progress=progress)
        say(_line(simulator, total, started))
        statuses = Counter(status for delivery in simulator.deliveries for status in delivery.statuses)
        words = ", ".join(f"{status or 'no answer'}: {count}" for status, count in sorted(statuses.items()))
        say(f"Answers by status: {words}.")

    async def settle(self, simulator: WeChatSimulator) -> int:
        return 1 if simulator.counts["undelivered"] else 0


def _line(simulator: WeChatSimulator, total: int, started: float) -> str:
    counts = simulator.counts
    return (
        f"{time.monotonic() - started:7.1f} s  delivered {counts['delivered']} of {total}, "
        f"given up {counts['undelivered']}, tries {counts['tries']}, replies received {counts['sent']}"
    )


COMMAND = WeChatCommand()
add_arguments, main = COMMAND.add_arguments, COMMAND.main
