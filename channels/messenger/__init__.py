"""Messenger: a Facebook page's conversations."""

from channels.messenger.adapter import MessengerAdapter
from channels.messenger.config import TYPE
from channels.registry import Definition

DEFINITION = Definition(type=TYPE, adapter=MessengerAdapter)
