"""What a mail's head says, read from bytes that anybody may have written. Pure; raises nothing.

Headers are read with the email package's oldest policy and decoded here. Its newer ones read addresses by a recursive
grammar, which hostile headers drive into RecursionError, IndexError or minutes of work; and they turn the raw GBK that
many Chinese mailers put into subjects into question marks.
"""

import base64
import binascii
import codecs
import quopri
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses, parsedate_to_datetime

MAX_HEADER = 16 * 1024
MAX_ADDRESS = 254  # RFC 5321, 4.5.3.1.3
MAX_MESSAGE_ID = 400
MAX_NAME = 120
MAX_ADDRESSES = 100

# What a part may be written in. Not among them: UTF-7, in which markup hides from whoever looks for it, and Python's
# codecs that are no character sets.
_CHARSETS_NAMED = (
    "ascii utf-8 utf-16 utf-16-le utf-16-be utf-32 gb18030 hz big5hkscs cp949 euc_jp shift_jis cp932 iso2022_jp "
    "iso2022_kr iso2022_jp_2 koi8-r koi8-u cp866 cp874 tis-620 mac-roman iso8859-1 iso8859-2 iso8859-3 iso8859-4 "
    "iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-13 iso8859-14 iso8859-15 iso8859-16 "
    "cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258"
)
CHARSETS = frozenset(_CHARSETS_NAMED.split())
# Written by mailers that mean the larger set.
_MEANT = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "cp936": "gb18030",
    "big5": "big5hkscs", "x-big5": "big5hkscs", "ks_c_5601-1987": "cp949", "euc_kr": "cp949", "euc-kr": "cp949",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin-1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8",
    "utf8mb4": "utf-8", "shift-jis": "cp932", "hz-gb-2312": "hz", "unicode-1-1-utf-8": "utf-8",
}  # fmt: skip

_ENCODED = re.compile(r"=\?([A-Za-z0-9_.:\-]{1,40})(?:\*[A-Za-z\-]{0,20})?\?([BbQq])\?([^?]{0,4000})\?=")
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]+(=\?)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Characters that turn the direction of what is read: file names and senders hide behind them.
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,400}>")
_ADDRESS = re.compile(r"[^\s@<>\",;:()\[\]\\\x00-\x1f\x7f]{1,128}@[^\s@<>\",;:()\[\]\\\x00-\x1f\x7f]{1,190}")


class RawPolicy(Compat32):
    """Headers as they stand: what is not ASCII is surrogates, to be decoded here."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


RAW = RawPolicy()
RAW_LINES = RawPolicy(linesep="\r\n")


def raw_values(mail: Message, name: str) -> list[str]:
    """The header's values as they stand, oldest policy; at most twenty."""
    return [str(value)[:MAX_HEADER] for value in (mail.get_all(name) or [])[:20]]


def raw_value(mail: Message, name: str) -> str:
    return next(iter(raw_values(mail, name)), "")


def text_of(data: bytes, charset: str) -> str:
    """Bytes as text: in their charset where it may be one, else in the one they fit."""
    wanted = _codec(charset)
    for codec in dict.fromkeys([*([wanted] if wanted else []), "utf-8", "gb18030"]):
        try:
            return _paired(data.decode(codec))
        except (UnicodeError, ValueError):
            continue
    return _paired(data.decode(wanted or "utf-8", "replace"))


def _codec(charset: str) -> str | None:
    name = charset.strip().strip("\"'").lower()
    name = _MEANT.get(name, name)
    if name == "cp1252" or name in CHARSETS:
        return name
    try:
        found = codecs.lookup(name[:40]).name.replace("_", "-")
    except (LookupError, ValueError, UnicodeError):
        return None
    found = _MEANT.get(found, found)
    return found if found in CHARSETS or found.replace("-", "_") in CHARSETS else None


def _paired(text: str) -> str:
    """Half a character could be neither stored nor shown."""
    return text.encode("utf-8", "replace").decode("utf-8")


def words(value: str) -> str:
    """A header's text: RFC 2047 words decoded, folded lines joined, control characters gone."""
    raw = _BETWEEN.sub(r"\1\2", value[:MAX_HEADER])
    pieces: list[str] = []
    for charset, data in _joined(_pieces(raw)):
        pieces.append(text_of(data, charset) if isinstance(data, bytes) else _eight_bit(data))
    return line("".join(pieces))


def line(text: str) -> str:
    """One line without anything that could end it or turn it round."""
    return _TURNING.sub("", _CONTROL.sub(" ", text)).strip()


def _eight_bit(text: str) -> str:
    """Raw bytes, which the parser made surrogates of, in the character set they fit."""
    if text.isascii() or not any("\udc80" <= each <= "\udcff" for each in text):
        return _paired(text)
    return text_of(text.encode("utf-8", "surrogateescape"), "utf-8")


def _pieces(raw: str) -> Iterator[tuple[str, bytes | str]]:
    at = 0
    for found in _ENCODED.finditer(raw):
        if found.start() > at:
            yield "", raw[at : found.start()]
        charset, how, payload = found.groups()
        data = _unencoded(how.lower(), payload)
        yield (charset.lower(), data) if data is not None else ("", found[0])
        at = found.end()
    if at < len(raw):
        yield "", raw[at:]


def _joined(pieces: Iterator[tuple[str, bytes | str]]) -> Iterator[tuple[str, bytes | str]]:
    """Mailers cut a character in two between one word and the next, so neighbours are decoded as one."""
    held: tuple[str, bytes] | None = None
    for charset, data in pieces:
        if isinstance(data, bytes):
            if held is not None and held[0] == charset:
                held = (charset, held[1] + data)
                continue
            if held is not None:
                yield held
            held = (charset, data)
            continue
        if held is not None:
            yield held
            held = None
        yield charset, data
    if held is not None:
        yield held


def _unencoded(how: str, payload: str) -> bytes | None:
    data = payload.encode("ascii", "surrogateescape")
    if how == "q":
        return quopri.decodestring(data, header=True)
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return None


def addresses(mail: Message, name: str) -> list[tuple[str, str]]:
    """Names and lower-case addresses; what is no address is left out."""
    values = [value for value in raw_values(mail, name) if len(value) < MAX_HEADER]
    try:
        # Undecoded: a name's encoded comma must not part it.
        found = getaddresses(values)[:MAX_ADDRESSES]
    except (ValueError, IndexError, TypeError, AttributeError, RecursionError):
        return []
    return [(words(shown)[:MAX_NAME], plain) for shown, given in found if (plain := address(given))]


def address(text: str) -> str:
    """The address as a handle, "" where it is none. An international domain keeps its letters."""
    plain = _eight_bit(text).strip().lower()
    return plain if len(plain) <= MAX_ADDRESS and _ADDRESS.fullmatch(plain) else ""


def message_ids(mail: Message, name: str, most: int = 50) -> list[str]:
    return _MESSAGE_ID.findall(" ".join(raw_values(mail, name)))[-most:]


def message_id(mail: Message) -> str:
    return next(iter(message_ids(mail, "Message-ID")), "")


def when(mail: Message) -> datetime | None:
    """Of the Date header; None where it says no time."""
    try:
        found = parsedate_to_datetime(raw_value(mail, "Date")[:200])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, MessageError, AttributeError):
        return None
