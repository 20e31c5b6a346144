"""What moved and why, in sentences. Pure: the numbers in, drafts out.

A draft says what it stands on (an `Ask`); `voice` looks the messages up and drops a sentence that has none.
"""

from collections.abc import Iterator

from dashboards.reports.explain import Tally
from dashboards.reports.links import Ask
from dashboards.reports.terms import KEPT_DAYS
from dashboards.reports.wording import Wording
from scrm.model.analysis import Sentiment
from scrm.model.base import Record
from scrm.model.reports import DayRange
from scrm.model.voice import Explained, Part, Phrase, PhraseBoard

# A volume that changed by less than this, and a share by less than so much, is told as steady.
STEADY_VOLUME = 0.05
STEADY_SHARE = 0.005
# A part is named when it bears at least this much of the change.
TELLING = 0.15
MOST_NAMED = 2
MOST_NEW = 2


class Draft(Record, kw_only=True):
    text: str
    detail: bool = False
    ask: Ask


def drafts(
    volume: Explained, negative: Explained | None, phrases: PhraseBoard | None, words: Wording
) -> Iterator[Draft]:
    yield from _volume(volume, words)
    if negative is not None:
        yield from _negative(negative, words)
    if phrases is not None:
        yield from _new(phrases.new[:MOST_NEW], words)


def uncompared(
    volume: Explained, whole: Tally, since: str, before: DayRange, phrases: PhraseBoard | None, words: Wording
) -> Iterator[Draft]:
    """Where only a part of the range compared with is known: what there is, and why nothing is compared.

    whole: all messages of the range. since: the first day of which anything is known."""
    zh, now = words.locale == "zh-CN", f"{round(volume.now):,}"
    if since > before.last_day:
        text = (
            f"读到的客户消息 {now} 条；对比区间还没有数据。"
            if zh
            else f"{now} messages of customers read; no data yet then."
        )
    elif zh:
        text = f"读到的客户消息 {now} 条；对比区间从 {since} 才有数据，不作比较。"
    else:
        text = f"{now} messages of customers read; the range compared with has data from {since} only: not compared."
    yield Draft(text=text, ask=Ask())
    if whole.messages:
        share = f"{whole.negative / whole.messages:.1%}"
        text = f"其中负面占 {share}。" if zh else f"{share} of them negative."
        yield Draft(text=text, ask=Ask(sentiment=Sentiment.NEGATIVE))
    if phrases is not None:
        yield from _new(phrases.new[:MOST_NEW], words)


def _volume(volume: Explained, words: Wording) -> Iterator[Draft]:
    now, before, zh = round(volume.now), round(volume.before), words.locale == "zh-CN"
    moved = abs(volume.change) / volume.before if volume.before else None
    if moved is None:
        text = (
            f"读到的客户消息 {now:,} 条，对比区间没有消息。"
            if zh
            else f"{now:,} messages of customers read, none in the range compared with."
        )
        yield Draft(text=text, ask=Ask())
        return
    if moved < STEADY_VOLUME:
        text = f"读到的客户消息 {now:,} 条，与对比区间的 {before:,} 条基本持平。"
        if not zh:
            text = f"{now:,} messages of customers read, about as many as before ({before:,})."
        yield Draft(text=text, ask=Ask())
        return
    up = volume.change > 0
    amount, percent = f"{abs(round(volume.change)):,}", f"{moved:.0%}"
    if zh:
        more, sign = ("多", "+") if up else ("少", "−")
        text = f"读到的客户消息 {now:,} 条，比对比区间{more} {amount} 条（{sign}{percent}）。"
    else:
        text = (
            f"{now:,} messages of customers read, {amount} {'more' if up else 'fewer'} than before "
            f"({'+' if up else '−'}{percent})."
        )
    yield Draft(text=text, ask=Ask())
    for name, part, ask in _telling(volume, words):
        count = f"{abs(round(part.effect)):,}"
        if zh:
            yield Draft(
                text=f"{name}{'多' if up else '少'}了 {count} 条，占变化的 {part.share:.0%}。", detail=True, ask=ask
            )
        else:
            yield Draft(
                text=f"{name}: {count} {'more' if up else 'fewer'}, {part.share:.0%} of the change.",
                detail=True,
                ask=ask,
            )


def _negative(negative: Explained, words: Wording) -> Iterator[Draft]:
    zh = words.locale == "zh-CN"
    now, before = f"{negative.now:.1%}", f"{negative.before:.1%}"
    bad = Ask(sentiment=Sentiment.NEGATIVE)
    if abs(negative.change) < STEADY_SHARE:
        text = (
            f"负面占比 {now}，与对比区间的 {before} 基本持平。"
            if zh
            else f"{now} of them negative, about as before ({before})."
        )
        yield Draft(text=text, ask=bad)
        return
    up = negative.change > 0
    points = f"{abs(negative.change) * 100:.1f}"
    if zh:
        text = f"负面占比从 {before} {'升' if up else '降'}到 {now}（{'+' if up else '−'}{points} 个百分点）。"
    else:
        text = (
            f"The negative share {'rose' if up else 'fell'} from {before} to {now} "
            f"({'+' if up else '−'}{points} points)."
        )
    yield Draft(text=text, ask=bad)
    for name, part, ask in _telling(negative, words, sentiment=Sentiment.NEGATIVE):
        yield Draft(text=_borne(name, part, up, zh), detail=True, ask=ask)


def _borne(name: str, part: Part, up: bool, zh: bool) -> str:
    points, share = f"{abs(part.effect) * 100:.1f}", f"{part.share:.0%}"
    own = abs(part.rate or 0.0) >= abs(part.mix or 0.0)
    if zh:
        how = ("自身负面" + ("变多" if up else "变少")) if own else "消息占比变化"
        return f"{name}贡献 {points} 个百分点，占变化的 {share}，主要因为{how}。"
    how = f"its own messages got {'worse' if up else 'better'}" if own else "its part of all messages changed"
    return f"{name} bears {points} points, {share} of the change, mostly because {how}."


def _telling(explained: Explained, words: Wording, *, sentiment: str | None = None) -> Iterator[tuple[str, Part, Ask]]:
    """The parts that bear much of the change, of each dimension at most two; one channel alone says nothing."""
    zh = words.locale == "zh-CN"

    def chosen(parts: tuple[Part, ...]) -> list[Part]:
        named = [part for part in parts if part.share is not None and part.share >= TELLING]
        return sorted(named, key=lambda part: -(part.share or 0.0))[:MOST_NAMED]

    for part in chosen(explained.categories):
        name = words.category(part.key)
        then = not (part.negative_now if sentiment else part.now)
        ask = Ask(category=part.key or "none", sentiment=sentiment, then=then)
        yield f"“{name}”", part, ask
    if len(explained.channels) > 1:
        for part in chosen(explained.channels)[:1]:
            name = words.channel(part.key)
            then = not (part.negative_now if sentiment else part.now)
            yield (
                (f"渠道“{name}”" if zh else f"Channel “{name}”"),
                part,
                Ask(channel_id=part.key, sentiment=sentiment, then=then),
            )
    for part in chosen(explained.phrases):
        then = not (part.negative_now if sentiment else part.now)
        ask = Ask(term=part.key or "", sentiment=sentiment, then=then)
        yield (f"提到“{part.key}”的消息" if zh else f"Messages that say “{part.key}”"), part, ask


def _new(phrases: tuple[Phrase, ...], words: Wording) -> Iterator[Draft]:
    for phrase in phrases:
        ask = Ask(term=phrase.term)
        if words.locale == "zh-CN":
            said = f"{phrase.now} 条消息，{phrase.people} 位客户"
            text = f"“{phrase.term}”是新出现的说法：{said}，近 {KEPT_DAYS} 天里此前没有人说过。"
        else:
            said = f"{phrase.now} messages of {phrase.people} customers"
            text = f"“{phrase.term}” is new: {said}, said by nobody before in the last {KEPT_DAYS} days."
        yield Draft(text=text, ask=ask)
