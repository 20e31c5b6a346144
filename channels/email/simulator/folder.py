"""The mails of a simulated folder, numbered as IMAP numbers them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.policy import compat32


@dataclass(frozen=True)
class Stored:
    uid: int
    raw: bytes
    at: datetime


class SimulatedFolder:
    """changed: set whenever a mail came or went; who waits clears it."""

    def __init__(self, validity: int = 1) -> None:
        self.validity = validity
        self.mails: list[Stored] = []
        self.next_uid = 1
        self._waiting: set[asyncio.Event] = set()

    def put(self, raw: bytes, at: datetime) -> int:
        uid = self.next_uid
        self.next_uid += 1
        self.mails.append(Stored(uid, raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), at))
        self.tell()
        return uid

    def remove(self, uid: int) -> None:
        self.mails = [each for each in self.mails if each.uid != uid]
        self.tell()

    def renumber(self, validity: int) -> None:
        """As after a restored backup: the same mails under other numbers."""
        self.validity = validity
        self.mails = [Stored(100 + place, each.raw, each.at) for place, each in enumerate(self.mails)]
        self.next_uid = 100 + len(self.mails)
        self.tell()

    def tell(self) -> None:
        for event in self._waiting:
            event.set()

    def watch(self) -> asyncio.Event:
        event = asyncio.Event()
        self._waiting.add(event)
        return event

    def unwatch(self, event: asyncio.Event) -> None:
        self._waiting.discard(event)


def section(raw: bytes, wanted: str) -> bytes:
    """A part of a mail as IMAP names it (RFC 3501, 6.4.5): "", "HEADER", "TEXT", "1.2", "1.2.MIME"."""
    if wanted == "":
        return raw
    head, gap, body = raw.partition(b"\r\n\r\n")
    if wanted == "HEADER":
        return head + gap
    if wanted == "TEXT":
        return body
    mime = wanted.endswith(".MIME")
    part = _part(message_from_bytes(raw, policy=compat32), wanted.removesuffix(".MIME").split("."))
    if part is None:
        return b""
    if mime:
        lines = "".join(f"{name}: {value}\r\n" for name, value in part.items())
        return (lines + "\r\n").encode("ascii", "surrogateescape")
    return _lines(part.as_bytes()).partition(b"\r\n\r\n")[2]


def _part(mail: Message, numbers: Sequence[str]) -> Message | None:
    found = mail
    for number in numbers:
        children = found.get_payload()
        if found.get_content_maintype() != "multipart" or not isinstance(children, list):
            return found if number == "1" and number == numbers[-1] else None
        if not number.isdigit() or not 1 <= int(number) <= len(children):
            return None
        child = children[int(number) - 1]
        if not isinstance(child, Message):
            return None
        found = child
    return found


def _lines(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
