"""Telegram's platform on loopback: the Bot API, its updates by webhook and by long polling, and its limits."""

from channels.simulating.faults import Fault, Hang
from channels.telegram.simulator.bot import Bot, SentMessage
from channels.telegram.simulator.script import Action, read_script
from channels.telegram.simulator.server import TelegramSimulator

__all__ = ["Action", "Bot", "Fault", "Hang", "SentMessage", "TelegramSimulator", "read_script"]
