"""A mail as the journal keeps it: whole where it is small, else without the bodies of its files. Pure; raises nothing.

Cut by its lines rather than by writing a parsed mail anew, which hostile mail can break; every part keeps its head and
its place, so that it can be asked for by its number afterwards.
"""

import re
from itertools import islice

from channels.email.mime import OMITTED
from scrm.model.work import LARGEST_BODY

# What the journal keeps of one mail. It writes at most a page of them at once (`mailbox.PAGE`): 5 MiB.
MAX_KEPT = LARGEST_BODY
MAX_HEAD = 64 * 1024
MAX_DEPTH = 12
MAX_PARTS = 500
MAX_REPORT = 8192
# How much of each text is left, the first that makes the mail small enough.
TEXT_STEPS = (96 * 1024, 32 * 1024, 8 * 1024, 0)

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(rb"\r?\n[ \t]+")
_CONTENT_TYPE = re.compile(rb"^content-type[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(rb'boundary[ \t]*=[ \t]*(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_DISPOSITION = re.compile(rb"^content-disposition[ \t]*:[ \t]*attachment", re.IGNORECASE | re.MULTILINE)
# What a bounce is understood by: a few lines, and the head of the mail that did not arrive.
_KEPT = (
    b"message/delivery-status",
    b"message/disposition-notification",
    b"message/rfc822",
    b"message/global",
    b"text/rfc822-headers",
)


def shortened(raw: bytes, limit: int = MAX_KEPT) -> bytes:
    if len(raw) <= limit:
        return raw
    for most in TEXT_STEPS:
        found = _entity(raw, most, 0)
        if len(found) <= limit:
            return found
    return raw[:limit]


def _entity(raw: bytes, most: int, depth: int) -> bytes:
    found = _END_OF_HEAD.search(raw)
    if found is None:
        return raw[:MAX_HEAD]
    head, body = raw[: found.start()], raw[found.end() :]
    gap = raw[found.start() : found.end()]
    if len(head) > MAX_HEAD:
        head = head[: head.rfind(b"\n", 0, MAX_HEAD)].rstrip(b"\r\n")
    kind = _content_type(head)
    if kind.lower().startswith(b"multipart/") and depth < MAX_DEPTH and (boundary := _BOUNDARY.search(kind)):
        return head + gap + _multipart(body, boundary[1] or boundary[2], most, depth)
    return _leaf(head, gap, body, kind, most)


def _content_type(head: bytes) -> bytes:
    found = _CONTENT_TYPE.search(_FOLDED.sub(b" ", head))
    return found[1] if found else b"text/plain"


def _multipart(body: bytes, boundary: bytes, most: int, depth: int) -> bytes:
    """The parts between the lines that part them, each cut down."""
    line = re.compile(rb"(?:^|(?<=\n))--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?:\n|\Z)")
    found = list(islice(line.finditer(body), MAX_PARTS))
    kept: list[bytes] = []
    for place, mark in enumerate(found):
        kept.append(mark[0])
        if mark[1]:
            break
        stop = found[place + 1].start() if place + 1 < len(found) else len(body)
        part = body[mark.end() : stop]
        short = _entity(part, most, depth + 1)
        kept.append(short if short.endswith(b"\n") else short + b"\r\n")
    return b"".join(kept)


def _leaf(head: bytes, gap: bytes, body: bytes, kind: bytes, most: int) -> bytes:
    plain = kind.partition(b";")[0].strip().lower()
    is_text = plain in (b"text/plain", b"text/html") and not _DISPOSITION.search(head)
    allowed = MAX_REPORT if plain in _KEPT else most if is_text else 0
    if len(body) <= allowed:
        return head + gap + body
    note = b"\r\n" + OMITTED.encode() + b": " + str(len(body)).encode()
    cut = body[: body.rfind(b"\n", 0, allowed) + 1] if allowed else b""
    return head + note + gap + cut
