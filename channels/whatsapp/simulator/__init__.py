"""WhatsApp's platform on loopback: the Cloud API of one business account, its pushes, and its limits."""

from channels.whatsapp.simulator.platform import Account, Platform, SentMessage
from channels.whatsapp.simulator.script import Action, read_script
from channels.whatsapp.simulator.server import WhatsAppSimulator

__all__ = ["Account", "Action", "Platform", "SentMessage", "WhatsAppSimulator", "read_script"]
