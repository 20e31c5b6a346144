"""LINE Official Accounts: webhook events in, push and reply messages out."""

from channels.line.adapter import LineAdapter
from channels.line.config import TYPE
from channels.registry import Definition

DEFINITION = Definition(type=TYPE, adapter=LineAdapter)
