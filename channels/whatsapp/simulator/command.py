"""`scrm simulate whatsapp`: a Cloud API on loopback, for a hub that is already running."""

import argparse

from channels.meta.simulator.command import MetaCommand
from channels.simulating.script import ScriptError
from channels.whatsapp.simulator.script import Action, read_action
from channels.whatsapp.simulator.server import WhatsAppSimulator


class WhatsAppCommand(MetaCommand[WhatsAppSimulator, Action]):
    type = "whatsapp"
    title = "A WhatsApp platform"
    channel_name = "模拟 WhatsApp"
    port = 8099

    def simulator(self, namespace: argparse.Namespace) -> WhatsAppSimulator:
        return WhatsAppSimulator(port=namespace.port)

    def read(self, line: bytes) -> Action:
        return read_action(line)

    async def act(self, simulator: WhatsAppSimulator, action: Action) -> None:
        try:
            await simulator.act(action)
        except KeyError:
            raise ScriptError("the script edits, reacts to or reads a message that is not there") from None


COMMAND = WhatsAppCommand()
add_arguments, main = COMMAND.add_arguments, COMMAND.main
