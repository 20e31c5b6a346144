"""Writes the demo into the stores, once.

What is to be written depends on the seed, the moment it first began and the analyser; the first two are kept before
anything else is written. So a demo cut short at any instruction goes on at the next start: what stands is left alone.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from scrm.clock import Clock, to_milliseconds
from scrm.demo import history
from scrm.demo.chance import chance
from scrm.demo.people import people
from scrm.demo.plan import Visit, visits
from scrm.demo.rules import Rules
from scrm.demo.service import SERVICE
from scrm.demo.timing import Moment
from scrm.demo.workspace import Workspace, contact, identities, workspace
from scrm.model.analysis import Analysis
from scrm.model.base import Record
from scrm.model.channel import Channel
from scrm.model.contact import Contact
from scrm.model.conversation import ConversationStatus
from scrm.model.message import MessageKind
from scrm.model.people import Agent, ReadMark
from scrm.model.reports import ReportEvent
from scrm.model.service import SETTING
from scrm.ports.services import Analyser
from scrm.ports.stores import ConversationQuery, Page, Stores

DEMO_PASSWORD = "demo"  # noqa: S105 - printed at start; a demo listens on loopback
STATE = "demo"
CUSTOMERS = 420
# A quarter, and today.
WEEKS = 13
# Conversations a transaction: few enough to stay short, many enough that commits do not count.
BATCH = 20
PAGE = 100
UNRESOLVED = tuple(status for status in ConversationStatus if status is not ConversationStatus.RESOLVED)

Progress = Callable[[int, int], None]
T = TypeVar("T")


class Filled(Record, kw_only=True):
    """made: False when the demo stood already. channels: as stored, in the company's order, for their simulators."""

    made: bool
    channels: tuple[Channel, ...]
    logins: tuple[str, ...]
    conversations: int
    messages: int


class _State(Record, kw_only=True):
    seed: int
    weeks: int
    now: datetime
    done: bool = False
    channels: tuple[str, ...] = ()
    conversations: int = 0
    messages: int = 0


class _Draft(Record, kw_only=True):
    """A visit before it is written: what has happened, and when the customer found the account, if just then."""

    visit: Visit
    moments: tuple[Moment, ...]
    followed: datetime | None
    readings: tuple[Analysis | None, ...] = ()

    @property
    def begins(self) -> datetime:
        return self.followed or self.moments[0].at


async def fill(
    stores: Stores,
    analyser: Analyser,
    clock: Clock,
    *,
    rules: Rules,
    time_zone: ZoneInfo,
    seed: int,
    password_hash: str,
    api_base: str,
    weeks: int = WEEKS,
    progress: Progress | None = None,
) -> Filled:
    """Make the demo workspace, or finish one; nothing when it is there, except that its channels point at `api_base`.

    password_hash: of DEMO_PASSWORD, for every agent. progress: conversations written, of how many; called often.
    Raises StoreUnavailable.
    """
    state = await _state(stores, seed, weeks, clock.now())
    if state.done:
        channels = await _pointed(stores, state, api_base, clock.now())
        return _filled(state, channels, await stores.agents.all(), made=False)
    if await stores.workspace.get(SETTING) is None:
        await stores.workspace.put(SETTING, msgspec.json.encode(SERVICE).decode())
    drafts = _drafts(state, time_zone)
    founded = min(draft.begins for draft in drafts) - timedelta(days=30)
    wanted = workspace(
        seed=state.seed,
        founded=to_milliseconds(founded),
        password_hash=password_hash,
        api_base=api_base,
        taxonomy=analyser.taxonomy,
    )
    wanted = await _save_workspace(stores, wanted)
    contacts = await _save_contacts(stores, drafts, wanted, state.seed)
    writer = _Writer(stores, analyser, wanted, contacts, rules, state)
    messages = await writer.write(drafts, progress)
    state = replace(
        state,
        done=True,
        channels=tuple(channel.id for channel in wanted.channels),
        conversations=len(drafts),
        messages=messages,
    )
    await stores.workspace.put(STATE, msgspec.json.encode(state).decode())
    return _filled(state, wanted.channels, wanted.agents, made=True)


async def permitted(stores: Stores, channels: Sequence[Channel]) -> list[tuple[str, str]]:
    """(app_id, openid) of the customers who may be answered now: what a simulator that starts anew must know."""
    app_ids = {channel.id: channel.settings["app_id"] for channel in channels}
    found: list[tuple[str, str]] = []
    after: Page | None = None
    while True:
        query = ConversationQuery(statuses=UNRESOLVED)
        page = await stores.conversations.page(query, after=after, limit=PAGE)
        for conversation in page:
            if conversation.channel_id in app_ids and conversation.window.grants:
                handle = await stores.contacts.handle(conversation.contact_id, conversation.channel_id)
                if handle is not None:
                    found.append((app_ids[conversation.channel_id], handle))
        if len(page) < PAGE:
            return found
        after = Page(at=page[-1].last_activity_at, id=page[-1].id)


async def _state(stores: Stores, seed: int, weeks: int, now: datetime) -> _State:
    kept = await stores.workspace.get(STATE)
    if kept is not None:
        return msgspec.json.decode(kept, type=_State)
    state = _State(seed=seed, weeks=weeks, now=now)
    await stores.workspace.put(STATE, msgspec.json.encode(state).decode())
    return state


def _filled(state: _State, channels: Sequence[Channel], agents: Sequence[Agent], *, made: bool) -> Filled:
    return Filled(
        made=made,
        channels=tuple(channels),
        logins=tuple(agent.login for agent in agents),
        conversations=state.conversations,
        messages=state.messages,
    )


async def _pointed(stores: Stores, state: _State, api_base: str, now: datetime) -> list[Channel]:
    """The simulators listen on another port at every start."""
    found: list[Channel] = []
    for channel in await stores.channels.all():
        if channel.id not in state.channels:
            continue
        if channel.settings.get("api_base") != api_base:
            channel = replace(channel, settings={**channel.settings, "api_base": api_base}, updated_at=now)
            await stores.channels.save(channel)
        found.append(channel)
    return sorted(found, key=lambda channel: state.channels.index(channel.id))


def _drafts(state: _State, zone: ZoneInfo) -> list[_Draft]:
    planned = visits(people(state.seed, CUSTOMERS), state.now, zone, seed=state.seed, weeks=state.weeks)
    timed = [(visit, history.moments_of(visit, state.now, zone, state.seed)) for visit in planned]
    timed = sorted((pair for pair in timed if pair[1]), key=lambda pair: (pair[1][0].at, pair[0].number))
    met: set[tuple[int, int]] = set()
    drafts: list[_Draft] = []
    for visit, moments in timed:
        random = chance(state.seed, "follow", visit.number)
        new = (visit.person.number, visit.channel) not in met
        met.add((visit.person.number, visit.channel))
        follows = new and (visit.person.scene is not None or random.random() < 0.4)
        followed = to_milliseconds(moments[0].at - timedelta(minutes=random.uniform(1, 600))) if follows else None
        drafts.append(_Draft(visit=visit, moments=tuple(moments), followed=followed))
    return sorted(drafts, key=lambda draft: draft.begins)


async def _save_workspace(stores: Stores, wanted: Workspace) -> Workspace:
    """Store what is not there; an agent whose login is taken gives way to the one who has it."""
    teams = {team.id for team in await stores.teams.all()}
    for team in wanted.teams:
        if team.id not in teams:
            await stores.teams.save(team)
    labels = {label.name: label for label in await stores.labels.all()}
    for label in wanted.labels:
        if label.name not in labels:
            await stores.labels.save(label)
    shortcuts = {reply.shortcut for reply in await stores.canned_replies.all()}
    for reply in wanted.canned:
        if reply.shortcut not in shortcuts:
            await stores.canned_replies.save(reply)
    agents: list[Agent] = []
    for agent in wanted.agents:
        held = await stores.agents.by_login(agent.login)
        if held is None:
            await stores.agents.insert(agent)
        agents.append(held or agent)
    for channel in wanted.channels:
        if await stores.channels.get(channel.id) is None:
            await stores.channels.insert(channel)
        else:
            await stores.channels.save(channel)
    return replace(wanted, agents=agents, labels=[labels.get(label.name, label) for label in wanted.labels])


async def _save_contacts(stores: Stores, drafts: Sequence[_Draft], wanted: Workspace, seed: int) -> dict[int, Contact]:
    """Everybody who wrote, by number."""
    first: dict[int, _Draft] = {}
    last: dict[int, datetime] = {}
    for draft in drafts:
        first.setdefault(draft.visit.person.number, draft)
        last[draft.visit.person.number] = max(draft.moments[-1].at, last.get(draft.visit.person.number, draft.begins))
    labels = {label.name: label for label in wanted.labels}
    contacts = {
        number: contact(
            draft.visit.person,
            seed=seed,
            since=draft.begins,
            seen=last[number],
            labels=labels,
            home=wanted.channels[draft.visit.channel],
        )
        for number, draft in first.items()
    }
    standing = await stores.contacts.get_many([known.id for known in contacts.values()])
    missing = [(number, known) for number, known in contacts.items() if known.id not in standing]
    for batch in _batches(missing, BATCH * 4):

        async def work(batch: Sequence[tuple[int, Contact]] = batch) -> None:
            await stores.contacts.insert(*(known for _, known in batch))
            handles = [identities(first[number].visit.person, known, wanted.channels, seed) for number, known in batch]
            await stores.contacts.add_identity(*chain.from_iterable(handles))

        await stores.transaction(work)
    return contacts


async def _read(analyser: Analyser, drafts: Sequence[_Draft]) -> list[_Draft]:
    texts = [history.texts_of(draft.moments) for draft in drafts]
    rest = iter(await analyser.analyse([text for several in texts for text in several]))
    return [
        replace(draft, readings=tuple(next(rest) for _ in several))
        for draft, several in zip(drafts, texts, strict=True)
    ]


class _Writer:
    def __init__(
        self,
        stores: Stores,
        analyser: Analyser,
        wanted: Workspace,
        contacts: dict[int, Contact],
        rules: Rules,
        state: _State,
    ) -> None:
        self._stores = stores
        self._analyser = analyser
        self._wanted = wanted
        self._contacts = contacts
        self._rules = rules
        self._state = state

    async def write(self, drafts: Sequence[_Draft], progress: Progress | None) -> int:
        """All of them, oldest first; how many entries they have. While the database stores some, the next are read."""
        done = messages = 0

        async def one(told: Sequence[history.Told]) -> None:
            nonlocal done, messages
            await self._batch(told)
            messages += sum(len(each.thread.messages) for each in told)
            done += len(told)
            if progress is not None:
                progress(done, len(drafts))

        async with asyncio.TaskGroup() as group:
            storing: asyncio.Task[None] | None = None
            for batch in _batches(drafts, BATCH):
                told = [self._told(draft) for draft in await _read(self._analyser, batch)]
                if storing is not None:
                    await storing
                storing = group.create_task(one(told))
        return messages

    async def _batch(self, told: Sequence[history.Told]) -> None:
        standing = await self._stores.conversations.get_many([one.conversation.id for one in told])
        missing = [one for one in told if one.conversation.id not in standing]
        for one in missing:
            for blob_id, (body, media_type, name) in one.files.items():
                await self._stores.blobs.put(blob_id, body, media_type, name)
        if missing:
            await self._stores.transaction(lambda: self._store(missing))

    async def _store(self, told: Sequence[history.Told]) -> None:
        stores = self._stores
        numbers = await stores.conversations.next_numbers(len(told))
        numbered = [replace(one.conversation, number=number) for one, number in zip(told, numbers, strict=True)]
        await stores.conversations.insert(*numbered)
        await stores.messages.insert(*(message for one in told for message in one.thread.messages))
        await stores.read_marks.save(*(mark for one in told for mark in self._marks(one)))
        facts: list[ReportEvent] = []
        for one in told:
            facts += self._rules.facts(one.thread.messages, one.conversation.created_at)
        await stores.reports.load(facts)

    def _told(self, draft: _Draft) -> history.Told:
        return history.write(
            draft.visit,
            draft.moments,
            draft.readings,
            self._contacts[draft.visit.person.number],
            self._wanted,
            self._rules,
            followed=draft.followed,
            now=self._state.now,
            seed=self._state.seed,
        )

    def _marks(self, told: history.Told) -> list[ReadMark]:
        """The assignee has read up to the last answer, and all of what is resolved."""
        held = told.conversation
        if held.assignee_id is None:
            return []
        entries = told.thread.messages
        read = max((entry.position for entry in entries if entry.client_id is not None), default=0)
        if held.status is ConversationStatus.RESOLVED:
            read = held.last_position
        seen = sum(entry.kind is MessageKind.INCOMING and entry.position <= read for entry in entries)
        return [
            ReadMark(
                agent_id=held.assignee_id,
                conversation_id=held.id,
                position=read,
                incoming_count=seen,
                at=held.last_activity_at,
            )
        ]


def _batches(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
