"""From a mail, as the journal has it, to what happened. Pure; raises only ParseError.

Who wrote is the address that wants the answers (Reply-To, else From): a site's contact form sends for its visitors.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from email.message import Message

import msgspec

from channels.email import automatic, headers, mime
from channels.email.automatic import Automatic
from channels.email.cutting import MAX_HEAD, shortened
from channels.email.text import fold, text_of_html
from scrm.errors import ParseError
from scrm.model.base import Record
from scrm.model.message import ContentType
from scrm.ports.channel import (
    ChannelEvent,
    IncomingMessage,
    MediaRef,
    Notice,
    PlatformEvent,
    ReceiptEvent,
    Sender,
    VerifiedRequest,
)

MAX_SUBJECT = 300
MAX_REFERENCES = 1500
MAX_EVENT_TEXT = 2000
# A picture in the markup that is smaller only holds place, or counts who looks.
LEAST_PICTURE = 2048
MAIL, NOTICE = "mail", "notice"
ORIGINAL = "mail.html"


class Source(Record, kw_only=True):
    """Where a file is: which mail (by its UID, and by its id if the folder has been numbered anew), and which part.

    pictures: with markup, the parts that belong into it, by Content-ID.
    """

    validity: int
    uid: int
    message_id: str = ""
    part: str
    pictures: dict[str, str] = {}


def kept(raw: bytes, validity: int, uid: int, received_at: datetime) -> VerifiedRequest:
    """One mail of the folder, as the journal takes it.

    A mail that is in the folder twice, or that is met again after the folder was numbered anew, has the same key: it
    depends on what was written and not on the way it came.
    """
    mail = _head(raw)
    facts = {"kind": MAIL, "validity": str(validity), "uid": str(uid)}
    return VerifiedRequest(
        body=shortened(raw),
        facts=facts,
        dedupe_key=f"{MAIL}:{_digest(mail, raw)}",
        handle=sender_of(mail).handle,
        received_at=received_at,
    )


def marked_flood(request: VerifiedRequest) -> VerifiedRequest:
    """Its sender writes faster than people do."""
    return msgspec.structs.replace(request, facts={**request.facts, "flood": "yes"})


def notice(account: str, received_at: datetime) -> VerifiedRequest:
    """The server says that something came."""
    return VerifiedRequest(
        body=b"",
        facts={"kind": NOTICE, "account": account},
        dedupe_key=f"{NOTICE}:{int(received_at.timestamp() * 1000)}",
        handle="",
        received_at=received_at,
    )


def _head(raw: bytes) -> Message:
    end = min((at for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark)) >= 0), default=len(raw))
    try:
        return mime.read(raw[: min(end, MAX_HEAD)] + b"\r\n\r\n")
    except ParseError:
        return Message(policy=headers.RAW)


def _digest(mail: Message, raw: bytes) -> str:
    """Of what the sender wrote; of all there is where no head can be read."""
    whole = hashlib.sha256()
    named = [headers.raw_value(mail, name) for name in ("Message-ID", "From", "Date", "Subject")]
    for value in named:
        whole.update(value.encode("utf-8", "surrogateescape") + b"\0")
    end = min((at for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark)) >= 0), default=0)
    whole.update(raw[end if any(named) else 0 :].strip())
    return whole.hexdigest()


def sender_of(mail: Message) -> Sender:
    """handle "" where nobody is named."""
    wrote = headers.addresses(mail, "From")
    answers = headers.addresses(mail, "Reply-To")
    name, address = (answers or wrote or [("", "")])[0]
    shown = name or (wrote[0][0] if wrote else "")
    return Sender(handle=address, name=shown or address.partition("@")[0] or None, email=address or None)


def parse(request: VerifiedRequest, own: frozenset[str]) -> Sequence[ChannelEvent]:
    """own: addresses of the channel itself; what comes from them is no customer's."""
    if request.facts.get("kind") == NOTICE:
        account = request.facts.get("account", "")
        return [Notice(external_id=request.dedupe_key, account=account, at=request.received_at)]
    mail = mime.read(request.body)
    at = min(headers.when(mail) or request.received_at, request.received_at)
    told: Sequence[ReceiptEvent] | None = automatic.receipts(mail, at)
    if told is not None:
        return told
    sender = sender_of(mail)
    if not sender.handle:
        raise ParseError("nobody is named as the sender")
    if sender.handle in own or any(address in own for _, address in headers.addresses(mail, "From")):
        return []
    kind = automatic.automatic(mail, own)
    if kind is Automatic.LOOP:
        return []
    external_id = f"{headers.message_id(mail)}#{request.dedupe_key.partition(':')[2][:16]}"
    message = _message(mail, request, sender, at, external_id)
    if kind in (Automatic.REPLY, Automatic.BULK) or request.facts.get("flood"):
        return [_event(message, kind.value if kind else "flood")]
    return [message if kind is None else _marked(message, kind)]


def _message(
    mail: Message, request: VerifiedRequest, sender: Sender, at: datetime, external_id: str
) -> IncomingMessage:
    taken = mime.take(mail)
    folded = fold(taken.text if taken.text.strip() else text_of_html(taken.html))
    subject = headers.words(headers.raw_value(mail, "Subject"))[:MAX_SUBJECT]
    answers = headers.message_ids(mail, "In-Reply-To", 1)
    # What a first mail is about, it often says in its subject only.
    content = folded.written if answers or not subject else f"{subject}\n\n{folded.written}".strip()
    message_id = headers.message_id(mail)
    details = {
        "subject": subject,
        "message_id": message_id,
        "references": _references(headers.message_ids(mail, "References") or answers, message_id),
        "signature": folded.signature,
        "quoted": folded.quoted,
        "cc": ", ".join(address for _, address in headers.addresses(mail, "Cc"))[:MAX_SUBJECT],
    }
    media = _media(taken, request.facts, message_id)
    return IncomingMessage(
        external_id=external_id,
        sender=sender,
        sent_at=at,
        content_type=ContentType.TEXT if content or not media else _kind(media[0]),
        content=content,
        details={name: value for name, value in details.items() if value},
        media=media,
    )


def _references(earlier: Sequence[str], message_id: str) -> str:
    """What an answer to this mail refers to: the mails before it, the newest that fit, and it."""
    found = [message_id] if message_id else []
    for each in reversed(earlier):
        if each not in found and sum(map(len, found)) + len(found) + len(each) < MAX_REFERENCES:
            found.insert(0, each)
    return " ".join(found)


def _media(taken: mime.Taken, facts: dict[str, str], message_id: str) -> tuple[MediaRef, ...]:
    validity, uid = (int(facts.get(name, "0")) if facts.get(name, "0").isdigit() else 0 for name in ("validity", "uid"))
    shown = [each for each in taken.pictures if each.size >= LEAST_PICTURE]
    refs = [
        MediaRef(
            source=source(Source(validity=validity, uid=uid, message_id=message_id, part=part.number)),
            media_type=part.media_type,
            file_name=part.file_name,
            size=part.size or None,
        )
        for part in (*taken.files, *shown)
    ]
    if taken.html_part:
        pictures = {part.content_id: part.number for part in (*taken.pictures, *taken.files) if part.content_id}
        original = Source(
            validity=validity,
            uid=uid,
            message_id=message_id,
            part=taken.html_part,
            pictures=dict(list(pictures.items())[:20]),
        )
        refs.append(MediaRef(source=source(original), media_type="text/html", file_name=ORIGINAL))
    return tuple(refs)


def source(place: Source) -> str:
    return msgspec.json.encode(place).decode()


def read_source(text: str) -> Source | None:
    try:
        return msgspec.json.decode(text, type=Source)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None


def _kind(ref: MediaRef) -> ContentType:
    family = ref.media_type.partition("/")[0]
    kinds = {"image": ContentType.IMAGE, "audio": ContentType.VOICE, "video": ContentType.VIDEO}
    return kinds.get(family, ContentType.FILE)


def _marked(message: IncomingMessage, kind: Automatic) -> IncomingMessage:
    return msgspec.structs.replace(message, details={**message.details, "automatic": kind.value})


def _event(message: IncomingMessage, kind: str) -> PlatformEvent:
    return PlatformEvent(
        external_id=message.external_id,
        sender=message.sender,
        sent_at=message.sent_at,
        event="automatic_mail",
        content=message.content[:MAX_EVENT_TEXT],
        details={"automatic": kind, "subject": message.details.get("subject", "")},
    )
