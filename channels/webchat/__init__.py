"""Web chat: visitors of the company's own sites, through the widget that the hub serves."""

from channels.registry import Definition
from channels.webchat.adapter import WebChatAdapter
from channels.webchat.config import TYPE, problems

DEFINITION = Definition(type=TYPE, adapter=WebChatAdapter, problems=problems)
