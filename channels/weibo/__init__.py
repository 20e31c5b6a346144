"""Weibo: private messages of a verified account (粉丝服务平台) pushed and answered, comments on its posts fetched."""

from channels.registry import Definition
from channels.weibo.adapter import WeiboAdapter
from channels.weibo.config import TYPE

DEFINITION = Definition(type=TYPE, adapter=WeiboAdapter)
