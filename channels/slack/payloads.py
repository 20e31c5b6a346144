"""Events as docs.slack.dev/apis/events-api has them: the tree, and the few fields that are looked up in it."""

import re

import msgspec

from channels.trees import Malformed, Tree, part, parts, text

# Of people (U…, W…), places (C…, D…, G…), workspaces, files and bots: capitals and digits.
_ID = re.compile(r"[A-Z][A-Z0-9]{1,40}")
# Seconds since 1970 and a count, which together tell one message of a channel from any other.
_TS = re.compile(r"([0-9]{1,11})\.([0-9]{1,6})")

# Subtypes of a message that a person wrote now, most of which have none.
WRITTEN = (None, "file_share", "thread_broadcast", "me_message")


def read(body: bytes) -> Tree:
    """What Slack sends around an event. Raises Malformed."""
    try:
        tree = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(tree, dict) or not text(tree.get("type")):
        raise Malformed("not an object with a type")
    return tree


def event_of(tree: Tree) -> Tree:
    """Raises Malformed."""
    event = tree.get("event")
    if not isinstance(event, dict) or not text(event.get("type")):
        raise Malformed("no event, or one without a type")
    return event


def id_of(value: object) -> str:
    """ "" for what is no id."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def ts_of(value: object) -> str:
    """ "" for what is no message's number."""
    return value if isinstance(value, str) and _TS.fullmatch(value) else ""


def micros_of(ts: str) -> int:
    """A message's number as microseconds since 1970, which order the messages of a channel; 0 for none."""
    found = _TS.fullmatch(ts)
    return int(found[1]) * 1_000_000 + int(found[2].ljust(6, "0")) if found else 0


def bot_of(tree: Tree) -> str:
    """The user id of the app that hears the event."""
    first = next(iter(parts(tree, "authorizations")), {})
    return id_of(first.get("user_id"))


def workspace_of(tree: Tree) -> str:
    first = next(iter(parts(tree, "authorizations")), {})
    return id_of(first.get("team_id")) or id_of(tree.get("team_id"))


def said_in(event: Tree) -> Tree:
    """The message an event of type `message` is about: itself, or the one that was changed or deleted."""
    subtype = event.get("subtype")
    if subtype == "message_changed":
        message = part(event, "message")
        # One with a thread below it is not deleted but made a tombstone, which nobody wrote.
        return part(event, "previous_message") if message.get("subtype") == "tombstone" else message
    if subtype == "message_deleted":
        return part(event, "previous_message")
    return event


def channel_of(event: Tree) -> str:
    return id_of(event.get("channel")) or id_of(part(event, "item").get("channel"))


def is_direct(event: Tree) -> bool:
    kind = event.get("channel_type")
    if isinstance(kind, str):
        return kind in ("im", "app_home")
    return channel_of(event).startswith("D")  # mentions and reactions do not say the kind


def handle_of(event: Tree) -> str:
    """ "" where the event does not say whose it is."""
    user, channel = id_of(said_in(event).get("user")) or id_of(event.get("user")), channel_of(event)
    return handle(user, "" if is_direct(event) else channel) if user and channel else ""


# Handles and ids of messages


def handle(user: str, channel: str) -> str:
    """A person in a channel is another correspondent than the same person alone: what is answered there is public."""
    return f"{user} {channel}" if channel else user


def read_handle(written: str) -> tuple[str, str]:
    """The user, and the channel; "" for none."""
    user, _, channel = written.partition(" ")
    return id_of(user), id_of(channel)


def external_id(channel: str, ts: str, thread: str = "") -> str:
    """A message's number counts within its channel only. thread: of the message its thread began with."""
    return f"{channel} {ts} {thread}" if thread and thread != ts else f"{channel} {ts}"


def read_external_id(written: str) -> tuple[str, str, str]:
    """Channel, number, and the number of the message its thread began with; "" for what is not there."""
    channel, ts, thread = [*written.split(" "), "", ""][:3]
    return id_of(channel), ts_of(ts), ts_of(thread)
