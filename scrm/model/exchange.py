"""What went between the hub and a platform, as an administrator may see it: never what was said, nor who said it."""

from datetime import datetime
from enum import StrEnum

from scrm.model.base import Record

OK = "ok"
SHOWN_ENDS = 2


class Way(StrEnum):
    IN = "in"
    OUT = "out"


class Exchange(Record, kw_only=True):
    """kind: webhook, fetched, pull, listen, check; of what goes out, its content type.

    outcome: `ok`, a `WebhookRefusal` or a `SendErrorCode`. code: the platform's own. size: of the body in bytes.
    ref: the ends of an id (`masked`), enough to find a thing that one knows.
    """

    at: datetime
    way: Way
    kind: str
    outcome: str = OK
    code: str = ""
    size: int = 0
    ref: str = ""


def masked(text: str) -> str:
    return f"{text[:SHOWN_ENDS]}…{text[-SHOWN_ENDS:]}" if len(text) > 2 * SHOWN_ENDS else "…" if text else ""
