"""Pages as tables: exactly the figures a page shows. `render` makes files of them."""

from collections.abc import Iterable, Sequence

from dashboards.reports.wording import SENTIMENTS, Wording
from scrm.model.analysis import Sentiment
from scrm.model.reports import DayRange, KpiKey, KpiUnit, Overview, TrendDay
from scrm.model.tables import Book, CellKind, Column, Sheet, TableRow, plain
from scrm.model.topics import Moods
from scrm.model.voice import ComparedOverview, Explained, Part, Phrase, Voice

_KINDS = {KpiUnit.COUNT: CellKind.COUNT, KpiUnit.SECONDS: CellKind.SECONDS, KpiUnit.SHARE: CellKind.SHARE}


def overview_book(overview: ComparedOverview, words: Wording) -> Book:
    period = overview.range
    return Book(
        name=f"overview_{period.first_day}_{period.last_day}",
        sheets=(
            ranges(period, overview.previous, overview.previous_since, words),
            figures(overview, words),
            _trend(words["trend"], overview.trend, words),
            _trend(words["trend_before"], overview.previous_trend, words),
            _ranking(overview, words),
            _heat(overview, words),
        ),
    )


def voice_book(voice: Voice, words: Wording) -> Book:
    period = voice.range
    sheets = [
        ranges(period, voice.previous, voice.previous_since, words),
        _findings(voice, words),
        _moods(voice, words),
        _by_day(voice, words),
        _explained(words["volume"], voice.volume, words, CellKind.NUMBER),
    ]
    if voice.negative is not None:
        sheets.append(_explained(words["negative"], voice.negative, words, CellKind.SHARE))
    if voice.phrases is not None:
        sheets.append(_phrases(words["phrases"], voice.phrases.moved, voice.days, words))
        sheets.append(_phrases(words["new_phrases"], voice.phrases.new, voice.days, words))
    return Book(name=f"voice_{period.first_day}_{period.last_day}", sheets=tuple(sheets))


def figures(overview: Overview, words: Wording) -> Sheet:
    rows = [
        TableRow(
            cells=(words.kpi(kpi.key), kpi.value, kpi.previous, words.unit(kpi.unit)),
            kind=_KINDS.get(kpi.unit, CellKind.NUMBER),
        )
        for kpi in overview.kpis
    ]
    columns = (
        _text(words["figure"]),
        Column(title=words["value"]),
        Column(title=words["before"]),
        _text(words["unit"]),
    )
    return Sheet(title=words["figures"], columns=columns, rows=tuple(rows))


def ranges(period: DayRange, before: DayRange, since: str | None, words: Wording) -> Sheet:
    """since: the first day of which anything is known, where the range compared with is not whole after it."""
    rows = [
        plain(words["range"], period.first_day, period.last_day),
        plain(words["previous"], before.first_day, before.last_day),
    ]
    if since is not None:
        rows.append(plain(words["since"], since))
    return Sheet(title=words["facts"], rows=tuple(rows))


def _trend(title: str, trend: Iterable[TrendDay], words: Wording) -> Sheet:
    counted = (KpiKey.CONVERSATIONS, KpiKey.INCOMING, KpiKey.OUTGOING)
    columns = (
        _day(words),
        *(Column(title=words.kpi(key)) for key in counted),
        *(Column(title=words.mood(mood)) for mood in SENTIMENTS),
    )
    rows = [
        plain(day.day, day.conversations, day.incoming, day.outgoing, day.negative, day.neutral, day.positive)
        for day in trend
    ]
    return Sheet(title=title, columns=columns, rows=tuple(rows))


def _ranking(overview: Overview, words: Wording) -> Sheet:
    columns = (
        _text(words["category"]),
        Column(title=words["count"]),
        Column(title=words.mood(Sentiment.NEGATIVE)),
        Column(title=words["share"], kind=CellKind.SHARE),
    )
    rows = [plain(words.category(row.category), row.count, row.negative, row.share) for row in overview.categories]
    return Sheet(title=words["ranking"], columns=columns, rows=tuple(rows))


def _heat(overview: Overview, words: Wording) -> Sheet:
    counts = {(cell.category, cell.sentiment): cell.count for cell in overview.heat}
    rows = [
        plain(words.category(row), *(counts.get((row, mood), 0) for mood in SENTIMENTS))
        for row in dict.fromkeys(cell.category for cell in overview.heat)
    ]
    columns = (_text(words["category"]), *(Column(title=words.mood(mood)) for mood in SENTIMENTS))
    return Sheet(title=words["heat"], columns=columns, rows=tuple(rows))


def _findings(voice: Voice, words: Wording) -> Sheet:
    rows = tuple(plain(finding.text) for finding in voice.findings)
    return Sheet(title=words["findings"], columns=(_text(words["findings"]),), rows=rows)


def _moods(voice: Voice, words: Wording) -> Sheet:
    columns = (
        _text(words["category"]),
        *(Column(title=words.mood(mood)) for mood in SENTIMENTS),
        *(Column(title=f"{words.mood(mood)} ({words['before']})") for mood in SENTIMENTS),
    )
    rows = [plain(words.category(row.category), *_of(row.now), *_of(row.before)) for row in voice.rows]
    return Sheet(title=words["heat"], columns=columns, rows=tuple(rows))


def _by_day(voice: Voice, words: Wording) -> Sheet:
    columns = [_day(words)]
    for trend in voice.trends:
        name = words.category(trend.category)
        columns += [Column(title=name), Column(title=f"{name} ({words.mood(Sentiment.NEGATIVE)})")]
    rows = [
        plain(day, *(number for trend in voice.trends for number in (trend.messages[place], trend.negative[place])))
        for place, day in enumerate(voice.days)
    ]
    return Sheet(title=words["by_day"], columns=tuple(columns), rows=tuple(rows))


def _explained(title: str, explained: Explained, words: Wording, kind: CellKind) -> Sheet:
    columns = (
        _text(words["part_of"]),
        _text(words["part"]),
        Column(title=words["count"]),
        Column(title=f"{words['count']} ({words['before']})"),
        Column(title=words.mood(Sentiment.NEGATIVE)),
        Column(title=f"{words.mood(Sentiment.NEGATIVE)} ({words['before']})"),
        Column(title=words["effect"], kind=kind),
        Column(title=words["mix"], kind=kind),
        Column(title=words["rate"], kind=kind),
        Column(title=words["share_of_change"], kind=CellKind.SHARE),
    )
    groups = (
        (words["category"], explained.categories, words.category),
        (words["channel"], explained.channels, words.channel),
        (words["phrase"], explained.phrases, str),
    )
    rows = [_part(name, word(part.key), part) for name, parts, word in groups for part in parts]
    return Sheet(title=title, columns=columns, rows=tuple(rows))


def _part(dimension: str, name: str, part: Part) -> TableRow:
    return plain(
        dimension, name, part.now, part.before, part.negative_now, part.negative_before,
        part.effect, part.mix, part.rate, part.share,
    )  # fmt: skip


def _phrases(title: str, phrases: Sequence[Phrase], days: Sequence[str], words: Wording) -> Sheet:
    columns = (
        _text(words["phrase"]),
        Column(title=words["count"]),
        Column(title=words["before"]),
        Column(title=words["expected"], kind=CellKind.NUMBER),
        Column(title=words.mood(Sentiment.NEGATIVE)),
        Column(title=words["people"]),
        *(Column(title=day) for day in days),
    )
    rows = [
        plain(each.term, each.now, each.before, each.expected, each.negative, each.people, *each.days)
        for each in phrases
    ]
    return Sheet(title=title, columns=columns, rows=tuple(rows))


def _of(moods: Moods) -> tuple[int, int, int]:
    return moods.negative, moods.neutral, moods.positive


def _text(title: str) -> Column:
    return Column(title=title, kind=CellKind.TEXT)


def _day(words: Wording) -> Column:
    return Column(title=words["day"], kind=CellKind.DAY)
