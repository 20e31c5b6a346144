"""The form of every record: frozen, keyword-only msgspec structs without I/O.

Stored documents and API bodies are made from these by `scrm.storage` and msgspec; validation happens there, at the
edges, and never inside.
"""

from typing import dataclass_transform

import msgspec


# The decorator only tells type checkers what msgspec does with the class arguments below.
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A value. To change one, make another: `msgspec.structs.replace`.

    msgspec inherits `frozen` but not `kw_only`, so each record says `kw_only=True` itself.
    """
