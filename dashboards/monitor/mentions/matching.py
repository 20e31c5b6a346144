"""Monitors compiled, and what they find in mentions and messages as hits."""

from collections.abc import Mapping, Sequence

from dashboards.monitor.mentions import expression
from dashboards.monitor.mentions.expression import Fold, Matcher
from scrm.errors import Invalid
from scrm.ids import MessageId, MonitorId
from scrm.model.base import Record
from scrm.model.mentions import Hit, Mention, Monitor, Stream
from scrm.model.message import Message
from scrm.model.reports import ReportEvent

# Of a text; what lies behind is not looked at.
CAP = 10_000


class Watched(Record, kw_only=True):
    monitor: Monitor
    matcher: Matcher


class Watchers:
    """The monitors as they stand, each compiled once a version."""

    def __init__(self, fold: Fold) -> None:
        self._fold = fold
        self._held: dict[tuple[MonitorId, str], Matcher] = {}

    def of(self, monitors: Sequence[Monitor]) -> list[Watched]:
        """One that cannot be read any more (its language changed) is left out."""
        held: dict[tuple[MonitorId, str], Matcher] = {}
        found: list[Watched] = []
        for monitor in monitors:
            key = (monitor.id, monitor.expression)
            try:
                held[key] = self._held.get(key) or expression.compiled(monitor.expression, self._fold)
            except Invalid:
                continue
            found.append(Watched(monitor=monitor, matcher=held[key]))
        self._held = held
        return found

    def plain(self, text: str) -> str:
        """As `Matcher.matches_folded` wants it: folded once for all monitors."""
        return expression.squeezed(self._fold(text[:CAP]))


def text_of(mention: Mention) -> str:
    """What a monitor looks at: title, text and author, apart from each other."""
    return "\n".join(dict.fromkeys((mention.title, mention.text, mention.author)))


def mention_hit(monitor_id: MonitorId, mention: Mention) -> Hit:
    return Hit(
        id=f"{monitor_id}|{Stream.MENTIONS}|{mention.id}",
        monitor_id=monitor_id,
        stream=Stream.MENTIONS,
        item_id=mention.id,
        at=mention.published_at,
        sentiment=mention.sentiment or "",
        place=mention.site,
        who=mention.author,
        kind=mention.kind,
        source_id=mention.source_id,
        story_id=mention.story_id,
        repost=mention.repost,
        reach=mention.reach,
    )


def message_hit(monitor_id: MonitorId, message: Message, event: ReportEvent) -> Hit:
    return Hit(
        id=f"{monitor_id}|{Stream.MESSAGES}|{message.id}",
        monitor_id=monitor_id,
        stream=Stream.MESSAGES,
        item_id=message.id,
        at=event.at,
        sentiment=event.sentiment or "",
        place=message.channel_id,
        who=message.contact_id,
    )


def in_mentions(watched: Sequence[Watched], mentions: Sequence[Mention], watchers: Watchers) -> list[Hit]:
    found: list[Hit] = []
    wanted = [each for each in watched if Stream.MENTIONS in each.monitor.streams]
    for mention in mentions if wanted else ():
        text = watchers.plain(text_of(mention))
        found += [mention_hit(each.monitor.id, mention) for each in wanted if each.matcher.matches_folded(text)]
    return found


def in_messages(
    watched: Sequence[Watched], facts: Sequence[ReportEvent], messages: Mapping[MessageId, Message], watchers: Watchers
) -> list[Hit]:
    found: list[Hit] = []
    wanted = [each for each in watched if Stream.MESSAGES in each.monitor.streams]
    for event in facts if wanted else ():
        message = messages.get(event.message_id) if event.message_id is not None else None
        if message is not None:
            text = watchers.plain(message.content)
            found += [
                message_hit(each.monitor.id, message, event) for each in wanted if each.matcher.matches_folded(text)
            ]
    return found
