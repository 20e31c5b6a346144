"""Satori: one protocol for QQ, KOOK, Lark, DingTalk, Discord and more, through any server that speaks it."""

from channels.registry import Definition
from channels.satori.adapter import SatoriAdapter
from channels.satori.config import TYPE, problems

DEFINITION = Definition(type=TYPE, adapter=SatoriAdapter, problems=problems)
