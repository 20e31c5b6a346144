"""What agents say instead of the model: it stands, is counted once, teaches the next model, and tells how it fares."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from scrm.clock import ManualClock
from scrm.errors import Conflict, Invalid, NotFound
from scrm.ids import MessageId, TaxonomyId
from scrm.model.analysis import Sentiment
from scrm.model.taxonomy import CorrectionState, Evaluation
from tests.flow.office import BY, Office

# --- corrections --------------------------------------------------------------------------------------------------


async def test_a_correction_stands_over_the_reading_and_is_counted_once(office: Office) -> None:
    message = await office.message("refund please")
    assert await office.counted() == {("refund_return", "neutral"): 1}
    for _ in range(2):
        changed = await office.corrections.correct(
            message.id, category="logistics", sentiment=Sentiment.NEGATIVE, by=BY
        )
        assert changed.correction is not None
        assert (changed.correction.category, changed.correction.sentiment) == ("logistics", Sentiment.NEGATIVE)
        assert changed.correction.by == BY
        assert changed.analysis == message.analysis, "the model's own reading stays"
        assert changed.revision == message.revision + 1
        assert await office.counted() == {("logistics", "negative"): 1}
    conversation = await office.world.conversation()
    assert conversation.category == "logistics"
    lines = [each for each in await office.world.thread(conversation.id) if each.details.get("action") == "category"]
    assert [line.author for line in lines] == [BY]
    # Back to what the model said: counted as it was.
    await office.corrections.correct(message.id, category="refund_return", sentiment=Sentiment.NEUTRAL, by=BY)
    assert await office.counted() == {("refund_return", "neutral"): 1}
    [waiting] = await office.corrections.page(CorrectionState.WAITING, after=None, limit=5)
    assert (waiting.id, waiting.was == waiting.now, waiting.by, waiting.text) == (message.id, True, BY, message.content)


async def test_what_a_correction_cannot_change(office: Office) -> None:
    message = await office.message("refund please")
    conversation = await office.world.conversation()
    await office.stores.conversations.save(replace(conversation, category="complaint"))
    await office.corrections.correct(message.id, category="logistics", sentiment=UNSET, by=BY)
    assert (await office.world.conversation()).category == "complaint"

    message = await office.message("refund please", sender="carol")
    with pytest.raises(Invalid):
        await office.corrections.correct(message.id, category="parking", sentiment=UNSET, by=BY)
    with pytest.raises(NotFound):
        await office.corrections.correct(MessageId("gone"), category=None, sentiment=UNSET, by=BY)
    unread = await office.message("this breaks the reader", sender="bob")
    with pytest.raises(Conflict):
        await office.corrections.correct(unread.id, category=None, sentiment=Sentiment.NEGATIVE, by=BY)


async def test_corrections_become_examples_or_are_dropped(office: Office) -> None:
    version = await office.taxonomies.create(name="一", start="shipped", by=BY)
    taken, disputed, foreign, mood, dropped = [
        await office.message(text, sender=str(number))
        for number, text in enumerate(["到哪了 refund", "物流第1句 refund", "投诉你们", "一般般", "随便"])
    ]
    correct = office.corrections.correct
    await correct(taken.id, category="logistics", sentiment=UNSET, by=BY)
    await correct(disputed.id, category="logistics", sentiment=UNSET, by=BY)
    await office.add(version, f"{disputed.content}|退款退货")
    await correct(foreign.id, category="complaint", sentiment=UNSET, by=BY)
    await correct(mood.id, category=UNSET, sentiment=Sentiment.NEGATIVE, by=BY)
    await correct(dropped.id, category="logistics", sentiment=UNSET, by=BY)
    waiting = await office.corrections.page(CorrectionState.WAITING, after=None, limit=9)
    assert mood.id not in {each.id for each in waiting}, "a mood teaches no category"
    told = await office.corrections.decide([taken.id, disputed.id, foreign.id], taxonomy_id=version.id, by=BY)
    assert (told.added, told.conflict_count, told.bad_count) == (1, 1, 1)
    await office.corrections.decide([dropped.id], taxonomy_id=None, by=BY)
    assert (await office.taxonomies.list()).waiting == 2
    [example] = [each for each in await office.stores.examples.all(version.id) if each.message_id == taken.id]
    assert (example.text, example.code, example.source) == (taken.content, "logistics", "correction")
    [accepted] = await office.corrections.page(CorrectionState.ACCEPTED, after=None, limit=9)
    assert (accepted.id, accepted.decided_by) == (taken.id, BY.id)
    with pytest.raises(NotFound):
        await office.corrections.decide([foreign.id], taxonomy_id=TaxonomyId("gone"), by=BY)


# --- how readings fare --------------------------------------------------------------------------------------------


async def test_every_day_that_is_over_is_evaluated_once(office: Office) -> None:
    first = await office.message("refund please")
    second = await office.message("refund again", sender="bob")
    await office.corrections.correct(first.id, category="logistics", sentiment=UNSET, by=BY)
    await office.corrections.correct(second.id, category="refund_return", sentiment=Sentiment.NEGATIVE, by=BY)
    today = (await office.corrections.drift(office.clock.now())).days[-1]
    assert (today.read, today.corrected) == (2, 2)
    assert (today.category_judged, today.category_right, today.sentiment_judged, today.sentiment_right) == (2, 1, 1, 0)
    office.clock.advance(timedelta(days=1).total_seconds())
    await office.learning.nightly.tick()
    drift = await office.corrections.drift(office.clock.now())
    assert len(drift.days) == 35
    assert [replace(day, at=today.at) for day in drift.days if day.read] == [today]
    # Evaluated is evaluated: what is corrected later counts on its own day.
    await office.corrections.correct(first.id, category="complaint", sentiment=UNSET, by=BY)
    await office.learning.nightly.tick()
    assert (await office.corrections.drift(office.clock.now())).days[-2].corrected == 2

    days = [day.id for day in (await _evaluated(office)).days]
    for number, day in enumerate(days[:-1]):
        await office.stores.evaluations.save(_day(day, corrected=10 if number < 28 else 12))
    assert not (await office.corrections.drift(office.clock.now())).drifting
    for day in days[28:-1]:
        await office.stores.evaluations.save(_day(day, corrected=40))
    assert (await office.corrections.drift(office.clock.now())).drifting


async def _evaluated(office: Office) -> Any:
    await office.learning.nightly.tick()
    return await office.corrections.drift(office.clock.now())


def _day(day: str, *, corrected: int) -> Evaluation:
    return Evaluation(
        id=day, read=200, corrected=corrected, category_judged=corrected, category_right=0, sentiment_judged=0,
        sentiment_right=0, at=ManualClock().now(),
    )  # fmt: skip
