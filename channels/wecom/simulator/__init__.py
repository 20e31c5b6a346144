"""WeCom's customer service on loopback: what it announces, keeps, answers and forbids.

It shares cipher and signature with the adapter (checked against the platform's vector and other implementations) and
nothing else, so that the two cannot agree on a mistake.
"""

from channels.wecom.simulator.account import Account
from channels.wecom.simulator.platform import SentMessage
from channels.wecom.simulator.server import WeComSimulator

__all__ = ["Account", "SentMessage", "WeComSimulator"]
