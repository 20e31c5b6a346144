"""The reference of the options and the example file, written from their declaration.

`python -m scrm.config_docs > docs/configuration.md`, and with `--example` for scrm.example.toml. A test compares them.
"""

import sys
import textwrap
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

from scrm.config import OPTIONS, Settings, is_secret, meta, variable

_INTRODUCTION = """\
# Configuration

Written from `scrm/config.py` by `python -m scrm.config_docs`; a test compares them.

Every option can stand in `scrm.toml` (in the folder the hub is started from, or named by `SCRM_CONFIG` or `--config`),
in the environment, and on the command line of `up`. The command line wins over the environment, and the environment
over the file. An unknown option or a wrong value stops the start with its place and the reason. In the environment
lists are separated by commas, and an empty variable counts as not set. Relative paths in the file are relative to it.
"""


def reference() -> str:
    """docs/configuration.md, whole."""
    parts = [_INTRODUCTION]
    for option, field in OPTIONS.items():
        secret = " A secret: never shown, never logged." if is_secret(option) else ""
        parts.append(
            f"## `{option}`\n\n{meta(option).description}{secret}\n\n"
            f"- {kind(option)}; default `{toml(field.default)}`\n- environment `{variable(option)}`\n"
        )
    return "\n".join(parts)


def example() -> str:
    """scrm.example.toml, whole: every option with its default, commented out."""
    parts = [
        "# Copy to scrm.toml and uncomment what you change. The same with types and bounds: docs/configuration.md\n"
    ]
    for option, field in OPTIONS.items():
        words = textwrap.fill(
            str(meta(option).description).replace("`", ""), 110, initial_indent="## ", subsequent_indent="## "
        )
        parts.append(f"{words}\n# {option} = {toml(field.default)}\n")
    return "\n".join(parts)


def kind(option: str) -> str:
    """The type in words, with its bounds."""
    hint, default = get_type_hints(Settings)[option], OPTIONS[option].default
    alternatives = get_args(hint)
    if isinstance(default, bool):
        return "`true` or `false`"
    if isinstance(default, int):
        return f"whole number, {meta(option).ge} to {meta(option).le}"
    if get_origin(hint) is Literal:
        return " or ".join(f"`{value}`" for value in alternatives)
    if get_origin(hint) is tuple:
        return "list of texts"
    return "path" if hint is Path or Path in alternatives else "text"


def toml(value: object) -> str:
    if value is None:
        return '""'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{part}"' for part in value) + "]"
    return f'"{value}"'


if __name__ == "__main__":
    sys.stdout.write(example() if "--example" in sys.argv else reference())
