"""Telegram bots: updates in by webhook or long polling, messages and files out."""

from channels.registry import Definition
from channels.telegram.adapter import TelegramAdapter
from channels.telegram.config import TYPE

DEFINITION = Definition(type=TYPE, adapter=TelegramAdapter)
