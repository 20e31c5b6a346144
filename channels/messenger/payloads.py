"""What a page's webhook brings, as the platform writes it: the part the hub reads.

Source: developers.facebook.com/documentation/business-messaging/messenger-platform/webhooks/webhook-events
"""

from channels.meta.payloads import MessageId, Thing, digest, key_of, objects, read_push, said
from channels.trees import Tree, part
from scrm.model.base import Record

OBJECT = "page"
MAX_HANDLE = 64
# Fields around what happened.
ENVELOPE = frozenset({"sender", "recipient", "timestamp", "prior_message", "hop_context"})


class QuickReply(Record, kw_only=True):
    payload: str = ""


class Answered(Record, kw_only=True):
    mid: MessageId = ""


class Referral(Record, kw_only=True):
    """How the customer came: a link m.me/PAGE?ref=…, an advertisement. ref: what the link says."""

    ref: str = ""
    source: str = ""
    type: str = ""
    ad_id: str = ""


class Message(Record, kw_only=True):
    """is_echo: the page said it itself, here or elsewhere."""

    mid: MessageId
    text: str = ""
    attachments: tuple[Tree, ...] = ()
    quick_reply: QuickReply | None = None
    reply_to: Answered | None = None
    referral: Referral | None = None
    is_echo: bool = False


class Postback(Record, kw_only=True):
    """A press on a button. mid: only newer apps say it."""

    mid: MessageId = ""
    title: str = ""
    payload: str = ""
    referral: Referral | None = None


class Edit(Record, kw_only=True):
    mid: MessageId
    text: str = ""


class Reaction(Record, kw_only=True):
    """action: react or unreact."""

    mid: MessageId = ""
    action: str = ""
    emoji: str = ""
    reaction: str = ""


class Delivery(Record, kw_only=True):
    """mids: not always there. watermark: milliseconds; everything sent before it has arrived."""

    mids: tuple[MessageId, ...] = ()
    watermark: int = 0


class Read(Record, kw_only=True):
    watermark: int = 0


def things_of(body: bytes, page_id: str) -> list[Thing]:
    """What a push tells of this page; an address may hear of several, and of what is no message. Raises Malformed."""
    found: list[Thing] = []
    for entry in read_push(body, OBJECT):
        if said(entry, "id") != page_id:
            continue
        for value in objects(entry, "messaging"):
            kind = next((name for name in value if name not in ENVELOPE), "nothing")
            what = part(value, kind)
            sender = said(part(value, "sender"), "id", MAX_HANDLE)
            if sender == page_id or what.get("is_echo") is True:
                continue  # what the page did itself
            found.append(Thing(kind=kind, key=_key(kind, what, value), handle=sender, value=value))
    return found


def _key(kind: str, what: Tree, value: Tree) -> str:
    mid = said(what, "mid", 400)
    if kind in ("message", "postback") and mid:
        return f"{kind}:{mid}"
    if kind == "message_edit" and mid:
        return f"edit:{mid}:{digest(said(what, 'num_edit'), said(what, 'text', 4000))}"
    return key_of(kind[:40], "", value)


def push_of(thing: Thing, page_id: str) -> Tree:
    """A push of one thing."""
    return {"object": OBJECT, "entry": [{"id": page_id, "messaging": [thing.value]}]}
