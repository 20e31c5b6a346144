"""From the journal to the timeline: everything once, in the platform's order, whatever happens on the way."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from scrm.errors import Conflict, StoreUnavailable
from scrm.flow import order, routing
from scrm.flow.partitions import TryLater
from scrm.ids import AgentId, MessageId
from scrm.model.analysis import Analysis, AnalysisState, Sentiment
from scrm.model.contact import IdentityScope
from scrm.model.conversation import ConversationStatus, Priority
from scrm.model.message import AttachmentState, ContentType, MessageKind
from scrm.model.reports import Metric, ReportFilter
from scrm.model.work import JournalState
from scrm.ports.channel import FetchedMedia, Profile
from scrm.ports.flow import ConversationChange
from scrm.ports.stores import EvidenceQuery
from tests.flow.conftest import AUTHOR, CHANNEL, World
from tests.flow.make import agent, team


async def test_a_first_message_makes_contact_conversation_and_timeline(world: World) -> None:
    await world.says("my refund please")
    found = await world.conversation()
    assert (found.status, found.number, found.incoming_count) == (ConversationStatus.OPEN, 1, 1)
    assert found.waiting_since == found.first_incoming_at == world.clock.now()
    entries = await world.thread(found.id)
    assert [entry.kind for entry in entries] == [MessageKind.INCOMING, MessageKind.ACTIVITY]
    assert [entry.position for entry in entries] == [1, 2]
    timeline = await world.stores.messages.timeline(found.contact_id, before=None, limit=10)
    assert "my refund please" in [entry.content for entry in timeline]


async def test_the_same_message_three_times_is_one(world: World) -> None:
    item = world.text("hello")
    for _ in range(3):
        await world.arrives(item)
    await world.works()
    assert await world.texts() == ["hello"]
    assert (await world.conversation()).incoming_count == 1


async def test_a_delivery_with_a_known_dedupe_key_is_journalled_once(world: World) -> None:
    await world.arrives(world.text("hello"), key="same")
    again = await world.arrives(world.text("hello"), key="same")
    assert await world.stores.journal.get(again.id) is None


async def test_a_late_message_is_read_in_its_place_but_arrives_last(world: World) -> None:
    for number, text in ((1, "one"), (3, "three"), (4, "four"), (2, "two")):
        await world.says(text, number=number)
    assert await world.texts() == ["one", "two", "three", "four"]
    found = await world.conversation()
    by_position = await world.stores.messages.thread(found.id, after=0, until=100)
    assert [entry.content for entry in by_position if entry.kind is MessageKind.INCOMING][-1] == "two"
    assert found.preview is not None and found.preview.content == "four"


async def test_a_backlog_that_comes_after_the_newest_message_is_read_before_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of platforms that try for days: longer than a first look back."""
    monkeypatch.setattr(order, "LOOK_BACK", 3)
    await world.says("newest", number=99)
    wanted = [f"{number}" for number in range(8)]
    for start in (0, 4):  # the second finds the first one stored
        items = [world.text(text, number=int(text) + 1, ago=60) for text in wanted[start : start + 4]]
        await world.arrives(*items)
        await world.works()
    assert await world.texts() == [*wanted, "newest"]


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_clock_that_is_set_back_or_another_process_clock_changes_no_order(world: World, at_once: bool) -> None:
    """Where the platform does not say when something was sent (web chat), the hub's own clocks do."""
    for text in ("one", "two", "three"):
        await world.arrives(world.text(text) | {"sequence": None})
        if not at_once:
            await world.works()
        world.clock.advance(-1)
    await world.works()
    await world.answers("four")
    world.clock.advance(-1)
    await world.hub.note(
        (await world.conversation()).id, author=AUTHOR, content="five", client_id="n", mentions=(), attachments=()
    )
    said = ["one", "two", "three", "four", "five"]
    assert await world.texts() == said
    timeline = await world.stores.messages.timeline((await world.conversation()).contact_id, before=None, limit=20)
    assert [entry.content for entry in reversed(timeline) if entry.kind != "activity"] == said


async def test_several_customers_and_events_of_one_delivery(world: World) -> None:
    await world.arrives(world.text("a1"), world.text("b1", sender="bob"), world.text("a2"), sender="")
    await world.works()
    assert await world.texts() == ["a1", "a2"]
    assert await world.texts("bob") == ["b1"]


async def test_what_cannot_be_read_stays_and_can_be_replayed(world: World) -> None:
    entry = await world.arrives({"kind": "nonsense"})
    await world.says("the next one is not held up")
    failed = await world.stores.journal.page(JournalState.FAILED, channel_id=None, after=None, limit=10)
    assert [found.id for found in failed] == [entry.id]
    assert failed[0].error == "cannot read it: KeyError"
    assert (await world.hub.replay(entry.id)).state is JournalState.PENDING
    await world.works()
    again = await world.stores.journal.get(entry.id)
    assert again is not None and again.state is JournalState.FAILED


async def test_killed_anywhere_in_ingest_nothing_is_lost_or_doubled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away at each write of the transaction in turn; the entry is taken in whole afterwards."""
    await world.says("first")
    before = await world.conversation()
    await world.arrives(world.text("second"))
    stores = world.stores
    for store, method in (
        (stores.messages, "insert"),
        (stores.conversations, "save"),
        (stores.tasks, "add"),
        (stores.reports, "record"),
        (stores.journal, "finish"),
    ):
        with monkeypatch.context() as patch:

            async def away(*_args: object, **_kwargs: object) -> None:
                raise StoreUnavailable

            patch.setattr(store, method, away)
            with pytest.raises(StoreUnavailable):
                await world.works()
        assert await world.conversation() == before, f"{method} left something behind"
        assert await world.texts() == ["first"]
    await world.works()
    assert await world.texts() == ["first", "second"]


async def test_a_message_that_breaks_the_reader_is_marked_and_routed(world: World) -> None:
    await world.stores.agents.insert(agent("li"))
    await world.says("this breaks it")
    found = await world.conversation()
    assert found.assignee_id == AgentId("li")
    first = (await world.thread(found.id))[0]
    assert (first.analysis_state, first.analysis) == (AnalysisState.FAILED, None)


async def test_a_message_edited_while_it_is_read_is_read_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.stores.agents.insert(agent("li"))
    analyser = world.hub._tasks._enrich._analyser
    analyse = analyser.analyse
    edited: list[MessageId] = []

    async def slowly(texts: Sequence[str]) -> list[Analysis | None]:
        readings = await analyse(texts)
        if not edited:  # the sender thinks better of it before the reading is stored
            message = (await world.thread((await world.conversation()).id))[0]
            edited.append(message.id)
            at = {"edited_at": world.clock.now().isoformat()}
            await world.stores.messages.revise(
                replace(message, content="angry", details=at, analysis=None, analysis_state=AnalysisState.PENDING)
            )
        return readings

    monkeypatch.setattr(analyser, "analyse", slowly)
    await world.says("thank you")
    read = await world.stores.messages.get(edited[0])
    assert read is not None and read.analysis is not None
    assert (read.content, read.analysis.sentiment) == ("angry", Sentiment.NEGATIVE)
    assert (await world.stores.stats())["tasks_waiting"] == 0
    assert (await world.conversation()).mood.messages == 1


async def test_reading_sets_category_mood_priority_and_team(world: World) -> None:
    await world.stores.teams.save(team("after", categories=("refund_return",)))
    await world.stores.agents.insert(agent("li", team_ids=("after",)))
    await world.says("angry about my refund")
    found = await world.conversation()
    assert (found.category, found.team_id, found.assignee_id) == ("refund_return", "after", "li")
    assert (found.mood.messages, found.priority) == (1, Priority.URGENT)
    routed = (await world.thread(found.id))[-1]
    assert routed.details["action"] == "routed"
    assert routed.details["reasons"] == "mood:-0.90 category:refund_return least_loaded:0"


async def test_waiting_conversations_go_to_who_comes_online_worst_mood_first(world: World) -> None:
    await world.stores.agents.insert(agent("li", availability="offline", capacity=1))
    await world.says("hello", sender="bob")
    await world.says("angry", sender="carol")
    assert (await world.conversation("carol")).assignee_id is None
    await world.hub.availability(AgentId("li"), "online")  # type: ignore[arg-type]
    await world.hub._timers.tick()
    assert (await world.conversation("carol")).assignee_id == "li"
    assert (await world.conversation("bob")).assignee_id is None


async def test_a_team_that_is_away_hides_nobody_who_waits_for_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "QUEUE_LOOK", 1)
    await world.stores.teams.save(team("after", categories=("refund_return",)))
    await world.stores.teams.save(team("desk", fallback=True))
    await world.stores.agents.insert(agent("wu", availability="offline", team_ids=("after",)))
    await world.stores.agents.insert(agent("li", availability="offline", team_ids=("desk",)))
    await world.says("refund", sender="bob")
    world.clock.advance(5)
    await world.says("hello", sender="carol")
    await world.hub.availability(AgentId("li"), "online")  # type: ignore[arg-type]
    await world.hub._timers.tick()
    assert [(await world.conversation(who)).assignee_id for who in ("bob", "carol")] == [None, "li"]


async def test_a_follow_makes_a_contact_but_nobody_has_to_answer(world: World) -> None:
    await world.arrives(
        {
            "kind": "event",
            "id": "e1",
            "from": "alice",
            "event": "follow",
            "at": world.clock.now().isoformat(),
            "subscribed": True,
            "source": {"scene": "shop-12"},
        }
    )
    await world.works()
    found = await world.conversation()
    assert found.status is ConversationStatus.RESOLVED
    contact = await world.stores.contacts.get(found.contact_id)
    assert contact is not None and contact.subscribed is True and contact.source["scene"] == "shop-12"
    await world.says("now I ask something")
    same = await world.conversation()
    assert (same.id, same.status, same.incoming_count) == (found.id, ConversationStatus.OPEN, 1)


@pytest.mark.parametrize(("hours", "same"), [(23, True), (25, False)])
async def test_a_resolved_conversation_is_reopened_for_a_day(world: World, hours: int, same: bool) -> None:
    await world.says("hello")
    first = await world.conversation()
    await world.hub.change(first.id, ConversationChange(status=ConversationStatus.RESOLVED), by=AUTHOR)
    world.clock.advance(hours * 3600)
    await world.says("again")
    second = await world.conversation()
    assert (second.id == first.id) is same
    assert second.status is ConversationStatus.OPEN
    assert second.waiting_since == world.clock.now()
    lines = [entry.details.get("action") for entry in await world.thread(second.id)]
    assert ("reopened" in lines) is same


async def test_writing_wakes_a_snoozed_conversation(world: World) -> None:
    await world.says("hello")
    found = await world.conversation()
    until = world.clock.now() + timedelta(hours=2)
    await world.hub.change(
        found.id, ConversationChange(status=ConversationStatus.SNOOZED, snoozed_until=until), by=AUTHOR
    )
    await world.says("are you there")
    woken = await world.conversation()
    assert (woken.status, woken.snoozed_until) == (ConversationStatus.OPEN, None)


async def test_a_snoozed_conversation_wakes_by_the_clock(world: World) -> None:
    await world.says("hello")
    found = await world.conversation()
    until = world.clock.now() + timedelta(hours=2)
    await world.hub.change(
        found.id, ConversationChange(status=ConversationStatus.SNOOZED, snoozed_until=until), by=AUTHOR
    )
    await world.hub._timers.tick()
    assert (await world.conversation()).status is ConversationStatus.SNOOZED
    world.clock.advance(2 * 3600)
    await world.hub._timers.tick()
    assert (await world.conversation()).status is ConversationStatus.OPEN


async def test_one_person_on_two_channels_is_one_contact(world: World) -> None:
    other = await world.stores.channels.get(CHANNEL)
    assert other is not None
    await world.stores.channels.insert(replace(other, id="channel2", name="B 店"))
    first = world.text("from A") | {"union": "u1"}
    await world.arrives(first)
    await world.works()
    second = world.text("from B", sender="alice-b") | {"union": "u1"}
    entry = await world.arrives(second, sender="alice-b", key="k2")
    await world.stores.journal.finish([entry.id], world.clock.now())
    await world.stores.journal.append([replace(entry, id="j-b", channel_id="channel2")])
    await world.works()
    contact_id = (await world.conversation()).contact_id
    timeline = await world.stores.messages.timeline(contact_id, before=None, limit=10)
    assert {"from A", "from B"} <= {entry.content for entry in timeline}
    identities = await world.stores.contacts.identities(contact_id)
    assert sorted(identity.scope for identity in identities) == sorted(
        [IdentityScope.CHANNEL, IdentityScope.CHANNEL, IdentityScope.UNION]
    )


async def test_a_new_customers_profile_and_files_are_fetched(world: World) -> None:
    world.platform.profiles["alice"] = Profile(name="爱丽丝", city="杭州")
    world.platform.files["media-1"] = FetchedMedia(data=b"png", media_type="image/png", file_name="杯子.png")
    await world.arrives(world.text("") | {"media": ["media-1"]})
    await world.works()
    found = await world.conversation()
    contact = await world.stores.contacts.get(found.contact_id)
    assert contact is not None and (contact.name, contact.city) == ("爱丽丝", "杭州")
    message = (await world.thread(found.id))[0]
    assert message.content_type is ContentType.IMAGE
    (attachment,) = message.attachments
    assert (attachment.state, attachment.size, attachment.file_name) == (AttachmentState.STORED, 3, "杯子.png")
    assert await world.stores.blobs.get(attachment.id) == b"png"


async def test_every_fact_is_counted_once(world: World) -> None:
    item = world.text("angry refund")
    await world.arrives(item)
    await world.arrives(item)
    await world.works()
    day = "2026-11-20"
    for metric, number in (
        (Metric.MESSAGE_IN, 1),
        (Metric.CONVERSATION_OPENED, 1),
        (Metric.MOOD, 1),
        (Metric.CONVERSATION_REOPENED, 0),
    ):
        query = EvidenceQuery(metric=metric, filter=ReportFilter(first_day=day, last_day=day))
        assert len(await world.stores.reports.events(query, after=None, limit=10)) == number, metric


async def test_an_older_conversation_that_was_reopened_is_the_one_that_goes_on(world: World) -> None:
    await world.says("hello")
    old = await world.conversation()
    await world.hub.change(old.id, ConversationChange(status=ConversationStatus.RESOLVED), by=AUTHOR)
    world.clock.advance(25 * 3600)
    await world.says("again")
    new = await world.conversation()
    await world.hub.change(new.id, ConversationChange(status=ConversationStatus.RESOLVED), by=AUTHOR)
    await world.hub.change(old.id, ConversationChange(status=ConversationStatus.OPEN), by=AUTHOR)
    await world.says("where does this go")
    found = await world.conversation()
    assert (found.id, found.incoming_count) == (old.id, 2)
    with pytest.raises(Conflict):
        await world.hub.change(new.id, ConversationChange(status=ConversationStatus.OPEN), by=AUTHOR)


async def test_an_event_and_a_message_that_opens_a_new_conversation_in_one_batch(world: World) -> None:
    """The event belongs to the old conversation, the message to a new one; both are written whole."""
    await world.says("hello")
    old = await world.conversation()
    await world.hub.change(old.id, ConversationChange(status=ConversationStatus.RESOLVED), by=AUTHOR)
    world.clock.advance(25 * 3600)
    at = world.clock.now().isoformat()
    await world.arrives({"kind": "event", "id": "e1", "from": "alice", "event": "follow", "at": at, "subscribed": True})
    await world.arrives(world.text("again"))
    await world.works()
    new = await world.conversation()
    assert new.id != old.id
    for conversation_id in (old.id, new.id):
        stored = await world.stores.conversations.get(conversation_id)
        entries = await world.stores.messages.thread(conversation_id, after=0, until=100)
        assert stored is not None and stored.last_position == entries[-1].position
    _, created = await world.hub.note(
        old.id, author=AUTHOR, content="still writable", client_id="n", mentions=(), attachments=()
    )
    assert created


async def test_routing_survives_a_crash_between_reading_and_routing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.stores.agents.insert(agent("li"))
    await world.arrives(world.text("hello"))

    async def killed(_conversation_id: object) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(world.hub._routing, "route", killed)
        with pytest.raises(StoreUnavailable):
            await world.works()
    assert (await world.conversation()).routed_at is None
    await world.works()
    assert (await world.conversation()).assignee_id == "li"


async def test_a_reader_that_cannot_be_had_holds_up_no_routing_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.stores.agents.insert(agent("li"))
    await world.arrives(world.text("hello"))

    async def gone(_texts: object) -> None:
        raise OSError("no process")

    monkeypatch.setattr(world.hub._tasks._enrich._analyser, "analyse", gone)
    for _ in range(8):
        await world.works()
        world.clock.advance(200)
    found = await world.conversation()
    assert found.assignee_id == "li"
    assert (await world.thread(found.id))[0].analysis_state is AnalysisState.FAILED


async def test_a_fault_that_passes_keeps_order_and_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, text in enumerate(("one", "two", "three"), start=1):
        await world.arrives(world.text(text, number=number))
    real, faults = world.hub._ingest._people.of, [RuntimeError("passing")] * 3

    async def faulty(*arguments: object) -> object:
        if faults:
            raise faults.pop()
        return await real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(world.hub._ingest._people, "of", faulty)
    with pytest.raises(TryLater):
        await world.works()
    await world.works()
    assert await world.texts() == ["one", "two", "three"]


async def test_a_replayed_message_older_than_the_look_back_leaves_the_newest_order(world: World) -> None:
    await world.says("new", number=100)
    newest = (await world.conversation()).latest_sequence
    await world.says("very old", number=1, ago=9999)
    assert (await world.conversation()).latest_sequence == newest
