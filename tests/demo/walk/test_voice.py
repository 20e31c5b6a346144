"""Customer voice: categories, why it moved, phrases."""

from datetime import timedelta

import pytest

from dashboards.reports.terms import KEPT_DAYS
from scrm.model.reports import DayRange
from scrm.model.voice import Part, PhraseQuery
from scrm.ports.boards import Names
from tests.demo.recount import where
from tests.demo.walk.walking import (
    BEFORE,
    DAYS_BEFORE,
    EVERYTHING,
    NOW,
    PERIOD,
    Demo,
    asks,
    bad_of,
    moods_of,
    says,
    within,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_customer_voice(demo: Demo) -> None:
    for asked in await asks(demo):
        voice = await demo.boards.voice(asked, None, Names())
        now, then = (where(demo.facts, within(period, asked), "mood") for period in (PERIOD, BEFORE))
        assert (voice.volume.now, voice.volume.before) == (len(now), len(then))
        assert {row.category for row in voice.rows} == {fact.category for fact in (*now, *then)}
        for row in voice.rows:
            assert row.now == moods_of([fact for fact in now if fact.category == row.category])
            assert row.before == moods_of([fact for fact in then if fact.category == row.category])
        for trend in voice.trends:
            for days, numbers, bad in (
                (voice.days, trend.messages, False), (voice.days, trend.negative, True),
                (DAYS_BEFORE, trend.before, False),
            ):  # fmt: skip
                of_it = [each for each in (*now, *then) if each.category == trend.category]
                of_it = [each for each in of_it if not bad or each.sentiment == "negative"]
                assert list(numbers) == [sum(each.day == day for each in of_it) for day in days]
        for explained in (voice.volume, voice.negative):
            assert explained is not None
            for parts, name in ((explained.categories, "category"), (explained.channels, "channel")):
                for part in parts:
                    one, other = ([f for f in side if getattr(f, name) == part.key] for side in (now, then))
                    assert counts_of(part) == (len(one), len(other), bad_of(one), bad_of(other))
            for part in explained.phrases:
                one, other = ([f for f in side if part.key in says(f)] for side in (now, then))
                assert counts_of(part) == (len(one), len(other), bad_of(one), bad_of(other))
        assert voice.negative is not None
        assert voice.negative.now == pytest.approx(bad_of(now) / len(now))
        assert voice.negative.before == pytest.approx(bad_of(then) / len(then))
        assert (voice.phrases is None) == (asked.team_id is not None)
    await walk_phrases(demo)


def counts_of(part: Part) -> tuple[int, int, int, int]:
    return part.now, part.before, part.negative_now, part.negative_before


async def walk_phrases(demo: Demo) -> None:
    [asked, *_] = await asks(demo)
    voice = await demo.boards.voice(asked, None, Names())
    assert voice.phrases is not None and voice.negative is not None
    now, then = (where(demo.facts, within(period, asked), "mood") for period in (PERIOD, BEFORE))
    assert (voice.phrases.messages, voice.phrases.before) == (len(now), len(then))

    async def listed(term: str | None, period: DayRange, bad: bool = False) -> int:
        query = PhraseQuery(
            first_day=period.first_day, last_day=period.last_day, term=term,
            sentiment="negative" if bad else None, as_of=voice.phrases and voice.phrases.as_of,
        )  # fmt: skip
        return len(await demo.boards.phrase_evidence(query, after=None, limit=EVERYTHING))

    assert len(voice.phrases.moved) > 5
    for phrase in (*voice.phrases.moved, *voice.phrases.new):
        one, other = ([fact for fact in side if phrase.term in says(fact)] for side in (now, then))
        assert (phrase.now, phrase.before, phrase.negative) == (len(one), len(other), bad_of(one))
        assert phrase.days == tuple(sum(fact.day == day for fact in one) for day in voice.days)
        assert phrase.expected == pytest.approx(len(now) * len(other) / len(then))
        assert phrase.now == await listed(phrase.term, PERIOD)
        assert phrase.before == await listed(phrase.term, BEFORE)
        assert phrase.negative == await listed(phrase.term, PERIOD, bad=True)
    kept = str(NOW.date() - timedelta(days=KEPT_DAYS - 1))
    for phrase in voice.phrases.new:
        read = [fact for fact in demo.facts if fact.metric == "mood" and fact.day >= kept]
        by = [fact.message for fact in read if phrase.term in says(fact)]
        assert phrase.people == len({message.contact_id for message in by if message})
        assert phrase.first_at == min(message.created_at for message in by if message)
    for part in voice.negative.phrases:
        assert part.now == await listed(part.key, PERIOD)
        assert part.negative_before == await listed(part.key, BEFORE, bad=True)
    for finding in voice.findings:
        known = {message.id for _, thread in demo.raw.values() for message in thread}
        assert finding.cites and {cited.message_id for cited in finding.cites} <= known
