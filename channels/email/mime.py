"""A mail taken apart: its texts, its files, the pictures in its markup. Pure; raises nothing but ParseError.

Anybody may have written it. Depth, number and size of parts are bounded, character sets are of `headers.CHARSETS`,
a mail within a mail is a file and not looked into. `number` is how IMAP names a part (RFC 3501, 6.4.5), so that it can
be asked for again.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.utils import collapse_rfc2231_value

from channels.email.headers import RAW, RAW_LINES, line, raw_value, text_of, words
from scrm.errors import ParseError
from scrm.model.base import Record

MAX_DEPTH = 12
MAX_PARTS = 200
MAX_FILES = 50
MAX_TEXT = 200_000
# Set by `cutting` on a part whose body it left out: how many bytes it had, as written.
OMITTED = "X-Hub-Omitted"

_TYPE = re.compile(r"[a-z0-9!#$&^_.+\-]{1,60}/[a-z0-9!#$&^_.+\-]{1,80}")
_PATHS = re.compile(r"[/\\:*?\"<>|]+")
_EXTENSIONS = {"message/rfc822": ".eml", "text/calendar": ".ics", "application/pdf": ".pdf", "image/jpeg": ".jpg"}


class Part(Record, kw_only=True):
    """number: "1", "2.1" … media_type: lower case. size: of the decoded body, about, where it was left out."""

    number: str
    media_type: str
    file_name: str = ""
    content_id: str = ""
    size: int = 0


class Taken(Record, kw_only=True):
    """A mail's content. text: of its plain parts; html: its markup, "" where it has none, and `html_part` its place."""

    text: str
    html: str
    html_part: str
    files: tuple[Part, ...]
    pictures: tuple[Part, ...]


def read(raw: bytes) -> Message:
    """Raises ParseError."""
    try:
        return message_from_bytes(raw, policy=RAW)
    except (ValueError, TypeError, IndexError, AttributeError, LookupError, RecursionError) as error:
        raise ParseError(f"not a mail: {type(error).__name__}") from None


def leaves(mail: Message) -> list[tuple[str, Message, str]]:
    """Parts that hold something, in order: number, part, and the subtype of the multipart they are in.

    Raises ParseError where they are too deep or too many.
    """
    found: list[tuple[str, Message, str]] = []
    for leaf in _walk(mail, "", "", 0):
        if len(found) >= MAX_PARTS:
            raise ParseError("too many parts")
        found.append(leaf)
    return found


def _walk(part: Message, number: str, within: str, depth: int) -> Iterator[tuple[str, Message, str]]:
    if depth > MAX_DEPTH:
        raise ParseError("parts within parts without end")
    children = part.get_payload() if media_type(part).startswith("multipart/") and part.is_multipart() else None
    if not isinstance(children, list):
        yield number or "1", part, within
        return
    for place, child in enumerate(children, start=1):
        if isinstance(child, Message):
            yield from _walk(child, f"{number}.{place}" if number else str(place), media_type(part)[10:], depth + 1)


def media_type(part: Message) -> str:
    try:
        found = part.get_content_type()
    except (ValueError, TypeError, IndexError, AttributeError):
        return "application/octet-stream"
    return found if _TYPE.fullmatch(found) else "application/octet-stream"


def parameter(part: Message, name: str, header: str = "content-type") -> str:
    """RFC 2231 and, since mailers write that too, RFC 2047."""
    try:
        value = part.get_param(name, header=header)
        if value is None:
            return ""
        return words(collapse_rfc2231_value(value) if isinstance(value, tuple) else value)
    except (ValueError, TypeError, IndexError, AttributeError, LookupError, UnicodeError):
        return ""


def take(mail: Message) -> Taken:
    """Raises ParseError."""
    texts: list[str] = []
    html, html_part = "", ""
    files: list[Part] = []
    pictures: list[Part] = []
    for number, part, within in leaves(mail):
        kind = media_type(part)
        if kind == "text/plain" and not is_file(part):
            texts.append(body_text(part))
        elif kind == "text/html" and not is_file(part):
            # Of several (a list's footer has its own) the first is what was written.
            if not html:
                html, html_part = body_text(part), number
        elif kind in ("message/delivery-status", "message/disposition-notification"):
            continue
        elif len(files) + len(pictures) < MAX_FILES:
            found = Part(
                number=number, media_type=kind, file_name=file_name(part, kind, number), content_id=_cid(part),
                size=size_of(part),
            )  # fmt: skip
            (pictures if within == "related" and kind.startswith("image/") else files).append(found)
    return Taken(
        text="\n".join(text for text in texts if text.strip())[:MAX_TEXT],
        html=html,
        html_part=html_part,
        files=tuple(files),
        pictures=tuple(pictures),
    )


def is_file(part: Message) -> bool:
    """Said to be one; a text without a name, shown inline, is none."""
    disposition = raw_value(part, "Content-Disposition").partition(";")[0].strip().lower()
    return disposition == "attachment" or bool(parameter(part, "filename", "content-disposition"))


def body_text(part: Message) -> str:
    text = text_of(data_of(part), parameter(part, "charset"))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")[:MAX_TEXT]


def data_of(part: Message) -> bytes:
    """The decoded body; of a mail within the mail, the mail."""
    try:
        if part.is_multipart():
            children = part.get_payload()
            return b"".join(child.as_bytes(policy=RAW_LINES) for child in children if isinstance(child, Message))
        data = part.get_payload(decode=True)
    except (ValueError, TypeError, IndexError, AttributeError, LookupError, AssertionError, RecursionError):
        return b""
    return data if isinstance(data, bytes) else b""


def size_of(part: Message) -> int:
    left_out = raw_value(part, OMITTED)
    if left_out.isascii() and left_out.isdigit() and len(left_out) < 12:
        # A line of 57 bytes is 76 characters of base64 and the line's end (RFC 2045, 6.8).
        return int(left_out) * 57 // 78 if encoding(part) == "base64" else int(left_out)
    return len(data_of(part))


def encoding(part: Message) -> str:
    return raw_value(part, "Content-Transfer-Encoding").strip().lower()


def file_name(part: Message, kind: str, number: str) -> str:
    """A name without a path; one for what has none."""
    given = parameter(part, "filename", "content-disposition") or parameter(part, "name")
    if not given and kind == "message/rfc822":
        inner = part.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        subject = words(raw_value(first, "Subject")) if isinstance(first, Message) else ""
        given = f"{subject[:80]}.eml" if subject else ""
    plain = line(_PATHS.sub("_", given)).strip(". ")
    if len(plain) > 120:
        plain = plain[:80] + "…" + plain[-39:]
    return plain or f"part-{number}{_EXTENSIONS.get(kind, '')}"


def _cid(part: Message) -> str:
    found = raw_value(part, "Content-ID").strip().strip("<>")
    return found if found.isascii() and found.isprintable() and len(found) <= 200 else ""
