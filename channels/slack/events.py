"""What an event says, in the hub's words. Pure; raises only ParseError.

Direct messages become conversations always; messages of channels where they mention the app, or all of them, as the
channel's settings say, and what follows in their threads: each member's a conversation of its own, answered in the
thread. What apps say (this one among them) and what happens in channels without anybody speaking to the app comes to
nothing.

Source: docs.slack.dev/reference/events/message, app_mention, reaction_added
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from channels.slack import contents
from channels.slack.config import Channels, SlackConfig
from channels.slack.payloads import (
    WRITTEN,
    bot_of,
    channel_of,
    event_of,
    external_id,
    handle_of,
    id_of,
    is_direct,
    micros_of,
    read,
    said_in,
    ts_of,
    workspace_of,
)
from channels.slack.webhook import NOT_FOR_US
from channels.trees import Malformed, Tree, flat, part, text
from scrm.clock import to_milliseconds
from scrm.errors import ParseError
from scrm.model.message import ContentType
from scrm.ports.channel import ChannelEvent, IncomingMessage, PlatformEvent, Sender, VerifiedRequest

AHEAD = timedelta(minutes=10)
EARLIEST = datetime(2013, 1, 1, tzinfo=UTC)
SLACKBOT = "USLACKBOT"
# What happens around direct messages and is nothing a customer said.
SILENT = frozenset({
    NOT_FOR_US, "app_home_opened", "app_rate_limited", "app_uninstalled", "im_close", "im_created", "im_open",
    "tokens_revoked", "user_change", "user_profile_changed", "user_status_changed", "file_created", "file_public",
    "file_shared", "link_shared", "assistant_thread_started", "assistant_thread_context_changed",
})  # fmt: skip

Reader = Callable[[Tree, Tree, datetime, SlackConfig], ChannelEvent | None]


def parse(request: VerifiedRequest, config: SlackConfig) -> Sequence[ChannelEvent]:
    """Read a verified event. Raises ParseError."""
    try:
        tree = read(request.body)
        if tree["type"] in SILENT:
            return ()
        if tree["type"] != "event_callback":
            raise Malformed("not an event")
        event = event_of(tree)
        if event["type"] in SILENT:
            return ()
        found = READERS.get(event["type"], _other)(tree, event, request.received_at, config)
    except Malformed as error:
        raise ParseError(str(error)) from None
    return () if found is None else (found,)


def _message(tree: Tree, event: Tree, received_at: datetime, config: SlackConfig) -> ChannelEvent | None:
    said = said_in(event)
    if not _persons(said, bot_of(tree)):
        if said is event and not any(said.get(name) for name in ("bot_id", "subtype")) and not id_of(said.get("user")):
            raise Malformed("nobody's message")
        return None
    if _concerns(tree, event, said, config):
        return _read(tree, event, said, received_at)
    thread = ts_of(said.get("thread_ts"))
    if config.channels is not Channels.MENTIONED or thread in ("", said.get("ts")):
        return None
    found = _read(tree, event, said, received_at)
    within = external_id(channel_of(event), thread)
    return replace(found, within=within) if isinstance(found, IncomingMessage) else None


def _read(tree: Tree, event: Tree, said: Tree, received_at: datetime) -> ChannelEvent | None:
    subtype = event.get("subtype")
    if subtype in WRITTEN:
        return _said(tree, event, said, received_at)
    if subtype == "message_changed":
        return _changed(tree, event, received_at)
    if subtype == "message_deleted":
        return _deleted(tree, event, received_at)
    if not is_direct(event) or subtype == "message_replied":
        return None
    found = _said(tree, event, said, received_at)  # of a kind that did not exist when this was written
    unknown = {"details": {**flat(_bare(event)), **found.details, "type": text(subtype)}}
    return replace(found, **unknown) if found.content else replace(found, content_type=ContentType.UNKNOWN, **unknown)


def _persons(message: Tree, bot: str) -> bool:
    """Whether a person wrote it, and not an app, this one among them."""
    if message.get("bot_id") or message.get("subtype") == "bot_message":
        return False
    return id_of(message.get("user")) not in ("", bot, SLACKBOT)


def _concerns(tree: Tree, event: Tree, said: Tree, config: SlackConfig) -> bool:
    """Whether it was said to the app, as far as it says itself: of a thread, only the hub knows whether it began with a
    word to the app (`IncomingMessage.within`)."""
    if is_direct(event) or config.channels is Channels.ALL:
        return True
    if config.channels is Channels.NEVER:
        return False
    bot, written = bot_of(tree), said.get("text")
    if event["type"] == "app_mention" or (bot and said.get("parent_user_id") == bot):
        return True
    return bool(bot) and isinstance(written, str) and (f"<@{bot}>" in written or f"<@{bot}|" in written)


def _said(tree: Tree, event: Tree, said: Tree, received_at: datetime) -> IncomingMessage:
    """Raises Malformed."""
    content = contents.read(said, bot_of(tree))
    details = _way_back(event, said)
    if content.links:
        details["links"] = " ".join(content.links)[:1000]
    if content.gone:
        details["files_gone"] = str(content.gone)
    if content.type is ContentType.UNKNOWN:
        details["type"] = "empty"
    if said.get("subtype") == "me_message":
        details["action"] = "1"
    ts = ts_of(said.get("ts"))
    return IncomingMessage(
        external_id=_id(event, said),
        sender=_sender(tree, event),
        sent_at=_moment(ts, received_at),
        sequence=micros_of(ts) or None,
        content_type=content.type,
        content=content.text,
        details=details,
        media=content.media,
    )


def _changed(tree: Tree, event: Tree, received_at: datetime) -> ChannelEvent | None:
    """Slack says so too when it shows a link's preview, when a thread begins below a message, and when a message that
    has one is deleted: only what a person edited is an edit."""
    message = part(event, "message")
    if message.get("subtype") == "tombstone":
        return _deleted(tree, event, received_at)
    edited = ts_of(part(message, "edited").get("ts"))
    if not edited or edited == part(part(event, "previous_message"), "edited").get("ts"):
        return None
    return replace(_said(tree, event, message, received_at), edited_at=_moment(edited, received_at))


def _deleted(tree: Tree, event: Tree, received_at: datetime) -> PlatformEvent:
    """What was said stays on the timeline; that it was taken back stands beside it."""
    id_ = _id(event, said_in(event))
    return PlatformEvent(
        external_id=f"{id_} deleted",
        sender=_sender(tree, event),
        sent_at=_moment(ts_of(event.get("event_ts")) or ts_of(event.get("ts")), received_at),
        event="message_deleted",
        details={"message": id_},
    )


def _reaction(tree: Tree, event: Tree, received_at: datetime, config: SlackConfig) -> ChannelEvent | None:
    """Reactions in channels come to nothing: they do not say whose thread they are in."""
    item, user = part(event, "item"), id_of(event.get("user"))
    if not is_direct(event) or user in (bot_of(tree), SLACKBOT) or item.get("type") != "message":
        return None
    about, at, name = ts_of(item.get("ts")), ts_of(event.get("event_ts")), text(event.get("reaction"))
    if not about or not at:
        raise Malformed("a reaction to nothing")
    id_ = external_id(channel_of(event), about)
    added = event["type"] == "reaction_added"
    return PlatformEvent(
        external_id=f"{id_} {event['type']} {user} {name} {at}"[:300],
        sender=_sender(tree, event),
        sent_at=_moment(at, received_at),
        event="reaction" if added else "reaction_removed",
        content=f":{name}:" if name else "",
        details={"message": id_},
    )


def _other(tree: Tree, event: Tree, received_at: datetime, config: SlackConfig) -> ChannelEvent | None:
    """A kind of event that did not exist when this was written, if a customer did it in a direct chat."""
    if not handle_of(event) or not is_direct(event) or id_of(event.get("user")) == bot_of(tree):
        return None
    at = ts_of(event.get("event_ts"))
    id_ = text(tree.get("event_id")) or at
    if not id_:
        raise Malformed("an event without a number")
    return IncomingMessage(
        external_id=f"event {id_}",
        sender=_sender(tree, event),
        sent_at=_moment(at, received_at),
        content_type=ContentType.UNKNOWN,
        details={**flat(_bare(event)), "channel": channel_of(event), "type": text(event["type"])},
    )


READERS: dict[str, Reader] = {
    "message": _message,
    "app_mention": _message,
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
}


def _bare(event: Tree) -> Tree:
    return {name: value for name, value in event.items() if name not in ("type", "blocks", "user_profile", "token")}


def _way_back(event: Tree, said: Tree) -> dict[str, str]:
    """Where an answer goes: the channel, and the thread where there is one or, in a channel, there should be one."""
    channel, ts = channel_of(event), ts_of(said.get("ts"))
    thread = ts_of(said.get("thread_ts"))
    details = {"channel": channel}
    if not is_direct(event):
        details |= {"group": channel, "thread": thread or ts}
    elif thread and thread != ts:
        details["thread"] = thread
    if thread and thread != ts:
        details["reply_to"] = external_id(channel, thread)
    return details


def _id(event: Tree, said: Tree) -> str:
    """Raises Malformed."""
    channel, ts = channel_of(event), ts_of(said.get("ts")) or ts_of(event.get("deleted_ts"))
    if not channel or not ts:
        raise Malformed("no channel or no message")
    return external_id(channel, ts, ts_of(said.get("thread_ts")))


def _sender(tree: Tree, event: Tree) -> Sender:
    """A user's id is the workspace's: apps of one workspace know the same people."""
    handle = handle_of(event)
    if not handle:
        raise Malformed("nobody's event")
    workspace = workspace_of(tree)
    if not is_direct(event) or not workspace:
        return Sender(handle=handle)
    return Sender(handle=handle, union_id=handle, union_realm=f"slack {workspace}")


def _moment(ts: str, received_at: datetime) -> datetime:
    """The platform's microsecond; the time of arrival where it is missing or absurd."""
    micros = micros_of(ts)
    if 0 < micros < 2**52:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
        if EARLIEST <= moment <= received_at + AHEAD:
            return to_milliseconds(moment)
    return received_at
