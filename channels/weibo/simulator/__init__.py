"""Weibo on loopback: what it pushes, keeps, answers and forbids. It knows nothing of the adapter but the signature."""

from channels.weibo.simulator.platform import Account, SentMessage
from channels.weibo.simulator.server import WeiboSimulator

__all__ = ["Account", "SentMessage", "WeiboSimulator"]
