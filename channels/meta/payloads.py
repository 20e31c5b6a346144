"""Pushes as Meta writes them: `{"object": …, "entry": […]}`, and what reading any of them takes. Pure.

Source: developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import msgspec
from msgspec.structs import replace

from channels.trees import Malformed, Tree
from scrm.model.base import Record
from scrm.ports.channel import VerifiedRequest

# A platform clock that runs ahead by more than this is not believed: a message from the future would outrank all.
AHEAD = timedelta(minutes=10)
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)

# Of a message; those of both platforms are a fraction of it.
MessageId = Annotated[str, msgspec.Meta(max_length=400)]

T = TypeVar("T")


class Thing(Record, kw_only=True):
    """One of the things a push tells, and what tells it from any other. handle: whose it is, "" where it does not say.
    about: of the push around it, what reading it takes."""

    kind: str
    key: str
    handle: str
    value: Tree
    about: Tree = {}


def read_push(body: bytes, object_: str) -> list[Tree]:
    """Its entries. Raises Malformed."""
    try:
        tree = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("object"), str):
        raise Malformed("not a push")
    if tree["object"] != object_:
        return []
    if "entry" not in tree:
        raise Malformed("a push of nothing")
    return objects(tree, "entry")


def verified(body: bytes, received_at: datetime, read: Callable[[bytes], Sequence[Thing]]) -> VerifiedRequest:
    """A push, known by the things it tells and not by how they are written; one that cannot be read by its bytes.
    handle: whom all of it is about, "" where that is several people or nobody."""
    try:
        things = read(body)
    except Malformed:
        things = ()
    keys, handles = {thing.key for thing in things}, {thing.handle for thing in things}
    key = keys.pop() if len(keys) == 1 else f"several:{digest(*sorted(keys))}" if keys else f"body:{digest(body)}"
    handle = handles.pop() if len(handles) == 1 else ""
    return VerifiedRequest(body=body, dedupe_key=key, handle=handle, received_at=received_at)


def split(
    request: VerifiedRequest, read: Callable[[bytes], Sequence[Thing]], written: Callable[[Thing], Tree]
) -> Sequence[VerifiedRequest]:
    """Each thing of a push as a push of its own; nothing of one that tells nothing of this account. What the platform
    could not bring comes again, and not always in the same company. written: a thing as the platform would push it."""
    try:
        things = {thing.key: thing for thing in read(request.body)}
    except Malformed:
        return (request,)
    return [
        replace(request, body=msgspec.json.encode(written(thing)), dedupe_key=thing.key, handle=thing.handle)
        for thing in things.values()
    ]


def key_of(kind: str, id_: str, value: Tree) -> str:
    """value: of a thing that has no id, and will be known by what it says."""
    return f"{kind}:{id_}" if id_ else f"{kind}:{digest(msgspec.json.encode(value, order='sorted'))}"


def digest(*parts: str | bytes) -> str:
    whole = b"\n".join(part.encode("utf-8", "replace") if isinstance(part, str) else part for part in parts)
    return hashlib.sha256(whole).hexdigest()


def objects(tree: Mapping[str, object], name: str) -> list[Tree]:
    """A list of objects, empty where the field is not there. Raises Malformed."""
    value = tree.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Malformed(f"{name} is not a list of objects")
    return value


def said(tree: Mapping[str, object], name: str, most: int = 1000) -> str:
    """The text of a field, "" where there is none."""
    value = tree.get(name)
    if type(value) is int:
        value = str(value)
    return value[:most] if isinstance(value, str) else ""


def converted(value: object, form: type[T]) -> T:
    """Raises Malformed."""
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        raise Malformed(str(error)) from None


def moment(seconds: float | None, received_at: datetime) -> datetime:
    """The platform's time; that of arrival where it is missing or absurd."""
    if seconds is None or not 0 < seconds < 2**35:
        return received_at
    found = datetime.fromtimestamp(seconds, UTC)
    return found if EARLIEST <= found <= received_at + AHEAD else received_at
