"""A Satori server on loopback: its API, its events over WebSocket and by WebHook, its files and its refusals."""

from channels.satori.simulator.platform import Account, SentMessage
from channels.satori.simulator.script import Action, read_script
from channels.satori.simulator.server import SatoriSimulator
from channels.simulating.faults import Fault, Hang

__all__ = ["Account", "Action", "Fault", "Hang", "SatoriSimulator", "SentMessage", "read_script"]
