"""LINE's platform on loopback: its pushes, the Messaging API, files of customers, and its limits."""

from channels.line.simulator.account import Account, SentMessage
from channels.line.simulator.script import Action, read_script
from channels.line.simulator.server import LineSimulator
from channels.simulating.faults import Fault, Hang

__all__ = ["Account", "Action", "Fault", "Hang", "LineSimulator", "SentMessage", "read_script"]
