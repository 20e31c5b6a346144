"""WeChat's platform on loopback: what it asks of a server, what it answers a program, and its limits.

It shares cipher and signature with the adapter (checked against the platform's vector and another implementation)
and nothing else, so that the two cannot agree on a mistake.
"""

from channels.simulating.faults import Fault, Hang
from channels.wechat.simulator.account import Account
from channels.wechat.simulator.platform import SentMessage
from channels.wechat.simulator.script import Action, read_script
from channels.wechat.simulator.server import WeChatSimulator
from channels.wx.simulator.delivery import Delivery

__all__ = ["Account", "Action", "Delivery", "Fault", "Hang", "SentMessage", "WeChatSimulator", "read_script"]
