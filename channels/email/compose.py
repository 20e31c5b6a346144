"""A mail as the hub writes it. Pure: the same message gives the same mail, but for its date.

Its Message-ID is made of the hub's own id, so that what an agent sends again after an unknown outcome is the same mail
to whoever got the first, and so that a report about it finds it. Nothing that was written can end a header.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.encoders import encode_base64
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime

from channels.email.headers import line
from scrm.ids import MessageId
from scrm.ports.channel import OutboundFile

_ID = re.compile(r"<[!-;=?-~]{1,400}>")
_ANSWER = re.compile(r"^\s*(?:re|回复|答复|回覆|答覆)\s*(?:\[\d+\])?\s*[:：]\s*", re.IGNORECASE)
_TYPE = re.compile(r"([a-z0-9!#$&^_.+\-]{1,60})/([a-z0-9!#$&^_.+\-]{1,60})")
MAX_SUBJECT = 200
MAX_REFERENCES = 1800


def message_id(message: MessageId, part: int, address: str) -> str:
    return f"<{message}.{part}.hub@{address.partition('@')[2]}>"


def answer_subject(subject: str) -> str:
    """`Re: `, once, however often it has been answered."""
    plain = line(subject)
    while found := _ANSWER.match(plain):
        plain = plain[found.end() :]
    return f"Re: {plain}"[:MAX_SUBJECT].strip()


def mail(
    *,
    id_: str,
    sender: tuple[str, str],
    recipient: str,
    content: str,
    files: Sequence[OutboundFile],
    answered: Mapping[str, str],
    at: datetime,
) -> bytes:
    """sender: name and address. answered: `details` of the mail it answers, as `events` made them; maybe empty."""
    text = MIMEText(content.replace("\r\n", "\n").replace("\r", "\n"), "plain", "utf-8")
    whole: Message = text
    if files:
        whole = MIMEMultipart("mixed")
        if content:
            whole.attach(text)
        for file in files:
            whole.attach(_file(file))
    name, address = sender
    whole["Message-ID"] = id_
    whole["Date"] = format_datetime(at)
    whole["From"] = f"{_name(name)} <{address}>" if line(name) else address
    whole["To"] = recipient
    subject = answered.get("subject", "")
    shown = Header(
        answer_subject(subject) if answered else line(content.strip().partition("\n")[0])[:60] or line(name) or address,
        "utf-8",
    )
    whole["Subject"] = shown.encode()
    ids = _ids(answered.get("message_id", ""))
    if ids:
        whole["In-Reply-To"] = ids[0]
    if references := _within(_ids(answered.get("references", "")) or ids):
        whole["References"] = "\r\n ".join(references)
    # What comes back with it is our own mail, and no customer's.
    whole["X-Loop"] = address
    return whole.as_bytes(policy=compat32.clone(linesep="\r\n"))


def _name(name: str) -> str:
    plain = line(name)
    return '"' + re.sub(r'(["\\])', r"\\\1", plain) + '"' if plain.isascii() else Header(plain, "utf-8").encode()


def _ids(text: str) -> list[str]:
    return _ID.findall(text)


def _within(ids: Sequence[str]) -> list[str]:
    """The first, which names the thread, and the newest that there is room for (RFC 5322, 2.1.1: lines below 998)."""
    kept = list(ids[:1])
    size = sum(map(len, kept))
    for each in reversed(ids[1:]):
        size += len(each) + 3
        if size > MAX_REFERENCES:
            break
        kept.insert(1, each)
    return kept


def _file(file: OutboundFile) -> Message:
    found = _TYPE.fullmatch(file.media_type.partition(";")[0].strip().lower())
    kind, subtype = found.groups() if found else ("application", "octet-stream")
    if kind in ("multipart", "message"):
        kind, subtype = "application", "octet-stream"
    part = MIMEBase(kind, subtype)
    part.set_payload(file.data)
    encode_base64(part)
    name = line(file.file_name).replace("/", "_").replace("\\", "_").replace('"', "'")[:120] or "file"
    if name.isascii():
        part.set_param("name", name)
        part.add_header("Content-Disposition", "attachment", filename=name)
    else:
        # RFC 2231 as it should be, and RFC 2047 for the many that read only that.
        part.set_param("name", Header(name, "utf-8", maxlinelen=1000).encode())
        part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
    return part
