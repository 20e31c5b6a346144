"""The example of docs/adding-a-channel.md, as a reader would type it in."""

import re
import sys
from types import ModuleType

from scrm.check import ROOT

PAGE = ROOT / "docs/adding-a-channel.md"
NAME = "own_app_example"


def _typed_in() -> ModuleType:
    [code] = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    module = ModuleType(NAME)
    sys.modules[NAME] = module  # msgspec looks annotations up there
    exec(compile(code, str(PAGE), "exec"), module.__dict__)
    return module


EXAMPLE = _typed_in()
