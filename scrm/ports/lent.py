"""Addresses of files for platforms that fetch what they show a customer, since they take no files.

Whoever has such an address has the file: the platform, and the customer it shows it to. So an address is for one file
that was sent over one channel, comes to an end, and cannot be made or changed without the channel's secrets. Other
secrets, or no channel, and all addresses it gave out are void.
"""

import hashlib
import hmac
import re
from collections.abc import Collection
from datetime import datetime, timedelta

from scrm.model.channel import Channel

# A customer who scrolls back finds the picture of last month; the contract of last year was saved or is asked for.
LASTS = timedelta(days=90)
# Whole days, so that one file has one address all day long.
DAY = 24 * 60 * 60
# Pictures without a file behind them, beside the lent ones: what stands for a picture or a film until it is opened.
PICTURE, FILM = "poster/picture.png", "poster/film.png"
_NUMBER = re.compile(r"[0-9]{1,12}")


def path(channel: Channel, secrets: Collection[str], attachment_id: str, now: datetime) -> str:
    """Below the address of lent files. secrets: the names of the channel's settings that are secret."""
    until = str((int((now + LASTS).timestamp()) // DAY + 1) * DAY)
    return f"{channel.id}/{attachment_id}/{until}/{_seal(channel, secrets, attachment_id, until)}"


def holds(channel: Channel, secrets: Collection[str], attachment_id: str, until: str, seal: str, now: datetime) -> bool:
    """Whether these are the parts of an address that `path` made, and its time is not over."""
    wanted = _seal(channel, secrets, attachment_id, until)
    made = hmac.compare_digest(seal.encode("utf-8", "surrogatepass"), wanted.encode())
    return made and _NUMBER.fullmatch(until) is not None and now.timestamp() < int(until)


def _seal(channel: Channel, secrets: Collection[str], attachment_id: str, until: str) -> str:
    """A key of its own, so that what platforms see of it is of no use where the secrets sign something else."""
    known = "\0".join(channel.settings.get(name, "") for name in sorted(secrets))
    key = hmac.digest(known.encode("utf-8", "surrogatepass"), b"lent files", "sha256")
    facts = f"{channel.id}/{attachment_id}/{until}".encode("utf-8", "surrogatepass")
    return hmac.new(key, facts, hashlib.sha256).hexdigest()
