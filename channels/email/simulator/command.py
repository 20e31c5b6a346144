"""`scrm simulate email`: a mail provider on loopback, for a hub that is already running."""

import argparse

from channels.email.simulator.people import Action, read_action
from channels.email.simulator.server import EmailSimulator
from channels.simulating.command import Command


class EmailCommand(Command[EmailSimulator, Action]):
    type = "email"
    title = "A mail provider"
    channel_name = "模拟邮箱"
    port = 8095

    def simulator(self, namespace: argparse.Namespace) -> EmailSimulator:
        return EmailSimulator(port=namespace.port)

    def read(self, line: bytes) -> Action:
        return read_action(line)

    async def act(self, simulator: EmailSimulator, action: Action) -> None:
        await simulator.act(action)


COMMAND = EmailCommand()
add_arguments, main = COMMAND.add_arguments, COMMAND.main
