"""WeChat Official Account (微信公众号): messages and events in, customer-service messages out."""

from channels.registry import Definition
from channels.wechat.adapter import WeChatAdapter
from channels.wechat.config import TYPE, problems

DEFINITION = Definition(type=TYPE, adapter=WeChatAdapter, problems=problems)
