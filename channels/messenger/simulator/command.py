"""`scrm simulate messenger`: a Send API on loopback, for a hub that is already running."""

import argparse

from channels.messenger.simulator.script import Action, read_action
from channels.messenger.simulator.server import MessengerSimulator
from channels.meta.simulator.command import MetaCommand
from channels.simulating.script import ScriptError


class MessengerCommand(MetaCommand[MessengerSimulator, Action]):
    type = "messenger"
    title = "A Messenger platform"
    channel_name = "模拟 Messenger"
    port = 8100

    def simulator(self, namespace: argparse.Namespace) -> MessengerSimulator:
        return MessengerSimulator(port=namespace.port)

    def read(self, line: bytes) -> Action:
        return read_action(line)

    async def act(self, simulator: MessengerSimulator, action: Action) -> None:
        try:
            await simulator.act(action)
        except KeyError:
            raise ScriptError("the script edits or reacts to a message that is not there") from None


COMMAND = MessengerCommand()
add_arguments, main = COMMAND.add_arguments, COMMAND.main
