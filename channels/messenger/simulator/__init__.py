"""Messenger's platform on loopback: the Send API of one page, its pushes, and its limits."""

from channels.messenger.simulator.platform import Page, Platform, SentMessage
from channels.messenger.simulator.script import Action, read_script
from channels.messenger.simulator.server import MessengerSimulator

__all__ = ["Action", "MessengerSimulator", "Page", "Platform", "SentMessage", "read_script"]
