"""WeCom customer service (微信客服): a notice in, pages of messages and events fetched, replies out."""

from channels.registry import Definition
from channels.wecom.adapter import WeComAdapter
from channels.wecom.config import TYPE, problems

DEFINITION = Definition(type=TYPE, adapter=WeComAdapter, problems=problems)
