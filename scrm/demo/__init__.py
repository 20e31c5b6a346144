"""A living demo workspace: an invented company, its customers, weeks of its conversations, and messages still to come.

`fill` writes it into empty stores; `script` yields what customers write while the demo runs. Everything is drawn from a
seed and the clock, so a demo cut short goes on where it stopped. Assembled by `scrm/app.py`; imports the kernel only,
so the few rules of `flow` that history must obey come in as `Rules`.
"""

from scrm.demo.fill import DEMO_PASSWORD, STATE, Filled, fill, permitted
from scrm.demo.live import script
from scrm.demo.outside import speak_outside
from scrm.demo.rules import Rules
from scrm.demo.service import SERVICE
from scrm.demo.shop import open_shop

__all__ = [
    "DEMO_PASSWORD",
    "SERVICE",
    "STATE",
    "Filled",
    "Rules",
    "fill",
    "open_shop",
    "permitted",
    "script",
    "speak_outside",
]
