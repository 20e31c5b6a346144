"""What an event says, in the hub's words. Pure; raises only ParseError.

Direct messages become conversations always; messages of a group where they mention or quote the bot, each member's a
conversation of its own whose answers go to the group. What other accounts of the server hear, what bots say (ours
among them) and what happens in groups without anybody speaking to the bot comes to nothing.

Source: satori.chat/zh-CN/protocol/events.html, satori.chat/zh-CN/resources/message.html
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec.structs import replace

from channels.satori import contents
from channels.satori.config import Groups, SatoriConfig
from channels.satori.payloads import account_of, author_of, external_id, handle_of, id_of, is_direct, read
from channels.trees import Malformed, Tree, flat, part, text
from scrm.errors import ParseError
from scrm.model.message import ContentType
from scrm.ports.channel import ChannelEvent, IncomingMessage, PlatformEvent, Sender, VerifiedRequest

# A server's clock that runs ahead by more than this is not believed: a message from the future would outrank all.
AHEAD = timedelta(minutes=10)
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
# What a platform wants to see again with an answer. A longer one is left out: it would not fit a message's details.
MAX_REFERRER = 4000
# A server's copies of its platforms' own events, beside the ones in the protocol's words.
NATIVE = "internal"


def parse(request: VerifiedRequest, config: SatoriConfig) -> Sequence[ChannelEvent]:
    """Read a verified event. Raises ParseError."""
    try:
        tree = read(request.body)
        kind = tree["type"]
        platform, account = account_of(tree)
        if kind.startswith("login-") or kind == NATIVE:
            return ()
        if not platform or not account:
            raise Malformed("an event that does not say which account heard it")
        if (platform, account) != (config.platform, config.self_id):
            return ()
        user = author_of(tree)
        if id_of(user.get("id")) == config.self_id or user.get("is_bot") is True:
            return ()
        event = READERS.get(kind, _other)(tree, request.received_at, config)
    except Malformed as error:
        raise ParseError(str(error)) from None
    return () if event is None else (event,)


def _message(tree: Tree, received_at: datetime, config: SatoriConfig) -> IncomingMessage | None:
    message = part(tree, "message")
    content = contents.read(_text_of(message), config.self_id)
    quote = part(message, "quote")  # beside the content, as servers of the protocol's first version have it
    quoted_by = content.quoted_by or id_of(part(quote, "user").get("id"))
    to_us = config.self_id in content.mentions or quoted_by == config.self_id
    if not is_direct(tree) and not (to_us and config.groups is Groups.MENTIONED):
        return None
    details = _way_back(tree)
    if quoted := content.quoted or id_of(quote.get("id")):
        shown = content.quoted_text or contents.read(text(quote.get("content"), 4000), config.self_id).text
        details |= {"reply_to": external_id(details["channel"], quoted), "quote": shown[: contents.QUOTE_LENGTH]}
    if content.links:
        details["links"] = " ".join(content.links)[: contents.MAX_LINKS]
    if content.media:
        details["file"] = " ".join(ref.source for ref in content.media)[:1000]
    if content.type is ContentType.UNKNOWN:
        strange = content.strange
        details |= flat(strange.attributes) if strange is not None else {}
        details["type"] = strange.name[:80] if strange is not None else "empty"
    return IncomingMessage(
        external_id=_external_id(tree),
        sender=_sender(tree, config),
        sent_at=_moment(message.get("created_at"), tree.get("timestamp"), received_at),
        content_type=content.type,
        content=content.text,
        details={name: value for name, value in details.items() if value},
        media=content.media,
    )


def _edited(tree: Tree, received_at: datetime, config: SatoriConfig) -> IncomingMessage | None:
    message = part(tree, "message")
    if not isinstance(message.get("content"), str):
        return None  # what it says now is not told
    found = _message(tree, received_at, config)
    if found is None:
        return None
    return replace(found, edited_at=_moment(message.get("updated_at"), tree.get("timestamp"), received_at))


def _deleted(tree: Tree, received_at: datetime, config: SatoriConfig) -> PlatformEvent | None:
    """What was said stays on the timeline; that it was taken back stands beside it."""
    if not is_direct(tree):
        return None
    id_ = _external_id(tree)
    return PlatformEvent(
        external_id=f"{id_} deleted",
        sender=_sender(tree, config),
        sent_at=_moment(tree.get("timestamp"), None, received_at),
        event="message_deleted",
        details={"message": id_},
    )


def _reaction(tree: Tree, received_at: datetime, config: SatoriConfig) -> PlatformEvent | None:
    if not is_direct(tree):
        return None
    emoji = part(tree, "emoji")
    return PlatformEvent(
        external_id=_own_id(tree),
        sender=_sender(tree, config),
        sent_at=_moment(tree.get("timestamp"), None, received_at),
        event="reaction" if tree["type"] == "reaction-added" else "reaction_removed",
        content=text(emoji.get("name")) or id_of(emoji.get("id")),
        details={"message": _external_id(tree)},
    )


def _pressed(tree: Tree, received_at: datetime, config: SatoriConfig) -> IncomingMessage | None:
    """A press on a button, as if its id had been written. Who presses speaks to the bot, in a group too."""
    button = id_of(part(tree, "button").get("id"))
    return _spoken(tree, received_at, config, button, "button")


def _command(tree: Tree, received_at: datetime, config: SatoriConfig) -> IncomingMessage | None:
    """A command of the bot, as it would be written."""
    argv = part(tree, "argv")
    words = [text(argv.get("name"))]
    given = argv.get("arguments")
    words += [str(each)[:200] for each in given[:20]] if isinstance(given, list) else []
    options = part(argv, "options")
    words += [f"--{name}={value}"[:200] for name, value in list(options.items())[:20]]
    said = "/" + " ".join(words) if words[0] else contents.read(_text_of(part(tree, "message")), config.self_id).text
    return _spoken(tree, received_at, config, said, "command")


def _spoken(tree: Tree, received_at: datetime, config: SatoriConfig, said: str, kind: str) -> IncomingMessage | None:
    if not is_direct(tree) and config.groups is Groups.NEVER:
        return None
    if not said:
        raise Malformed(f"a {kind} without a name")
    return IncomingMessage(
        external_id=_own_id(tree),
        sender=_sender(tree, config),
        sent_at=_moment(tree.get("timestamp"), None, received_at),
        content=said,
        details={**_way_back(tree), "type": kind},
    )


def _other(tree: Tree, received_at: datetime, config: SatoriConfig) -> IncomingMessage | None:
    """A kind of event that did not exist when this was written, if a customer did it in a direct chat."""
    if not handle_of(tree) or not part(tree, "channel") or not is_direct(tree):
        return None
    fields = {name: value for name, value in tree.items() if name not in ("sn", "login", "timestamp", "referrer")}
    return IncomingMessage(
        external_id=_own_id(tree),
        sender=_sender(tree, config),
        sent_at=_moment(tree.get("timestamp"), None, received_at),
        content_type=ContentType.UNKNOWN,
        details={**flat(fields), **_way_back(tree), "type": tree["type"]},
    )


READERS: dict[str, Callable[[Tree, datetime, SatoriConfig], ChannelEvent | None]] = {
    "message-created": _message,
    "message-updated": _edited,
    "message-deleted": _deleted,
    "reaction-added": _reaction,
    "reaction-removed": _reaction,
    "interaction/button": _pressed,
    "interaction/command": _command,
}


def _text_of(message: Tree) -> str:
    content = message.get("content")
    if content is None:
        return ""
    if not isinstance(content, str):
        raise Malformed("a content that is no text")
    return content


def _way_back(tree: Tree) -> dict[str, str]:
    """Where an answer goes, and what the platform wants to see again with it. Raises Malformed."""
    channel = part(tree, "channel")
    id_ = id_of(channel.get("id"))
    if not id_:
        raise Malformed("no channel")
    details = {"channel": id_}
    if not is_direct(tree):
        details["group"] = text(channel.get("name")) or text(part(tree, "guild").get("name")) or id_
    if referrer := part(tree, "referrer"):
        written = msgspec.json.encode(referrer).decode()
        if len(written) <= MAX_REFERRER:
            details["referrer"] = written
    return details


def _external_id(tree: Tree) -> str:
    """Raises Malformed."""
    channel, message = id_of(part(tree, "channel").get("id")), id_of(part(tree, "message").get("id"))
    if not channel or not message:
        raise Malformed("no channel or no message")
    return external_id(channel, message)


def _own_id(tree: Tree) -> str:
    """Of what is no message: its server's number and moment, since servers count anew when they start."""
    number, moment = tree.get("sn", tree.get("id")), tree.get("timestamp")
    if type(number) is not int or type(moment) is not int:
        raise Malformed("an event without a number or without a time")
    return f"{tree['type']} {moment} {number}"


def _sender(tree: Tree, config: SatoriConfig) -> Sender:
    """Ids of users are the platform's, and a platform's name is the server's: accounts of one of both know the same
    people."""
    handle = handle_of(tree)
    if not handle:
        raise Malformed("nobody's event")
    user, member = author_of(tree), part(tree, "member")
    name = text(member.get("nick")) or text(user.get("nick")) or text(user.get("name"))
    if not is_direct(tree):
        group = text(part(tree, "channel").get("name")) or text(part(tree, "guild").get("name"))
        return Sender(handle=handle, name=f"{name}（{group}）" if name and group else name or None)
    return Sender(
        handle=handle,
        name=name or None,
        union_id=id_of(user.get("id")),
        union_realm=f"satori {config.platform} {config.address}"[:300],
    )


def _moment(first: object, second: object, received_at: datetime) -> datetime:
    """The platform's millisecond; the time of arrival where it is missing or absurd."""
    for value in (first, second):
        if type(value) is int and 0 < value < 2**45:
            moment = datetime.fromtimestamp(value / 1000, UTC)
            if EARLIEST <= moment <= received_at + AHEAD:
                return moment
    return received_at
