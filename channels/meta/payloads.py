"""Pushes as Meta writes them: `{"object": …, "entry": […]}`, and what reading any of them takes. Pure.

Source: developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from scrm.model.base import Record
from scrm.ports.channel import VerifiedRequest

MAX_DEPTH = 12
MAX_DETAILS = 100
MAX_DETAIL = 1000
# A platform clock that runs ahead by more than this is not believed: a message from the future would outrank all.
AHEAD = timedelta(minutes=10)
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)

Tree = dict[str, Any]
T = TypeVar("T")


class Malformed(Exception):
    """Not a push of the platform; the text says why, without quoting it."""


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


def inner(tree: Mapping[str, object], name: str) -> Tree:
    value = tree.get(name)
    return value if isinstance(value, dict) else {}


def said(tree: Mapping[str, object], name: str, most: int = MAX_DETAIL) -> str:
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


def kept(**details: str) -> dict[str, str]:
    """Those that say something."""
    return {name: value[:MAX_DETAIL] for name, value in details.items() if value}


def flat(value: object) -> dict[str, str]:
    """The leaves of a tree under their path, as details take them; those beyond MAX_DETAILS are left out."""
    details: dict[str, str] = {}
    for name, leaf in _leaves(value, "", 0):
        if len(details) >= MAX_DETAILS:
            break
        details.setdefault(name or "value", leaf[:MAX_DETAIL])
    return details


def _leaves(value: object, name: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{name}_{key}" if name else str(key)[:80], depth + 1)
    elif isinstance(value, list):
        for count, each in enumerate(value, start=1):
            yield from _leaves(each, name if count == 1 else f"{name}_{count}", depth + 1)
    elif value is not None:
        yield name[:120], ("1" if value else "0") if isinstance(value, bool) else str(value)
