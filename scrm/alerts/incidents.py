"""The incident room of an alert: what people write, plan and decide there, and whom the topic concerns.

Promise: every change of an incident and the line of its timeline that tells of it are stored in one transaction.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from msgspec import UNSET
from msgspec.structs import replace

from scrm.alerts import recovery as recoveries
from scrm.alerts import story
from scrm.alerts.claims import Fact
from scrm.alerts.phrasing import Phrasing, Text
from scrm.alerts.sentence import Named
from scrm.clock import Clock
from scrm.errors import Conflict, Forbidden, Invalid, NotFound, SendErrorCode
from scrm.ids import AgentId, AlertId, ChannelId, ContactId, ConversationId, IdFactory, MessageId, MonitorId
from scrm.model.channel import ChannelState
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.incidents import (
    Affected,
    EntryKind,
    Incident,
    IncidentEntry,
    IncidentReply,
    IncidentTask,
    Reach,
    ReplyState,
    ReplyTarget,
    TargetState,
)
from scrm.model.mentions import Hit, Stream
from scrm.model.message import Author
from scrm.model.notices import Locale
from scrm.model.topics import Alert, ReadingQuery, TermReading
from scrm.ports.alerts import Room, TaskChange
from scrm.ports.flow import WindowView
from scrm.ports.stores import Stores

MOST_TASKS = 50
# The newest; as many as a topic counts, or what came before a reply would be missing from its recovery.
MOST_READINGS = 20_000
MOST_CONVERSATIONS = 300
MOST_ENTRIES = 300
SECOND_APPROVAL = "incident_second_approval"


class Windows(Protocol):
    """What this needs of the hub."""

    def window(self, conversation: Conversation, now: datetime) -> WindowView: ...


class Incidents:
    def __init__(
        self,
        stores: Stores,
        windows: Windows,
        phrasing: Phrasing,
        named: Named,
        clock: Clock,
        ids: IdFactory,
        zone: ZoneInfo,
    ) -> None:
        self._stores = stores
        self._windows = windows
        self._phrasing = phrasing
        self._named = named
        self._clock = clock
        self._ids = ids
        self._zone = zone

    # --- looking ----------------------------------------------------------------------------------------------------

    async def room(self, alert_id: AlertId) -> Room:
        alert = await self._alert(alert_id)
        now = self._clock.now()
        incident = await self._incident(alert_id)
        readings = await self._readings(alert, now)
        applied = incident.reply.applied_at if incident.reply else None
        recovery = recoveries.recovery(alert, readings, applied, now)
        entries = await self._stores.incidents.entries(alert_id, MOST_ENTRIES)
        targets = await self._stores.incidents.targets(alert_id)
        latest = max((target.round for target in targets), default=0)
        return Room(
            alert=alert,
            incident=incident,
            entries=tuple(story.timeline([*story.derived(alert, recovery), *entries])),
            recovery=recovery,
            affected=await self._affected(alert, readings, now),
            targets=tuple(target for target in targets if target.round == latest),
        )

    async def summary(self, alert_id: AlertId, locale: Locale) -> Text:
        return await self._phrasing.text(await self._facts(alert_id, locale), locale)

    async def _facts(self, alert_id: AlertId, locale: Locale) -> list[Fact]:
        alert = await self._alert(alert_id)
        now = self._clock.now()
        incident = await self._incident(alert_id)
        readings = await self._readings(alert, now)
        applied = incident.reply.applied_at if incident.reply else None
        targets = await self._stores.incidents.targets(alert_id)
        latest = max((target.round for target in targets), default=0)
        targets = [target for target in targets if target.round == latest]
        recovery = recoveries.recovery(alert, readings, applied, now)
        cited = story.cited(alert, recovery, readings)
        cited += [target.message_id for target in targets if target.message_id][:10]
        return story.facts(
            alert,
            incident,
            recovery,
            readings,
            targets,
            await self._places(cited),
            self._named,
            self._zone,
            locale,
        )

    async def _places(self, ids: Sequence[MessageId]) -> story.Places:
        found = await self._stores.messages.get_many(ids)
        return {id_: (message.conversation_id, message.position) for id_, message in found.items()}

    async def _readings(self, alert: Alert, now: datetime) -> list[TermReading]:
        """Newest first."""
        since, until = recoveries.span(alert, now)
        if alert.monitor_id is not None:
            return await self._matched(alert, alert.monitor_id, since, until)
        query = ReadingQuery(terms=alert.topic.terms, since=since, until=until, as_of=now, category=alert.topic.scope)
        return await self._stores.topics.readings(query, after=None, limit=MOST_READINGS)

    async def _matched(
        self, alert: Alert, monitor_id: MonitorId, since: datetime, until: datetime
    ) -> list[TermReading]:
        """What a monitor matched, in the form of readings: a mention is in no conversation."""
        stream = alert.stream or Stream.MENTIONS
        hits = await self._stores.monitors.hits(monitor_id, stream, since, until, limit=MOST_READINGS)
        ids = [MessageId(hit.item_id) for hit in hits] if stream is Stream.MESSAGES else []
        messages = await self._stores.messages.get_many(ids)

        def conversation_of(hit: Hit) -> str:
            message = messages.get(MessageId(hit.item_id))
            return message.conversation_id if message else ""

        return [
            TermReading(
                id=MessageId(hit.item_id),
                at=hit.at,
                counted_at=hit.at,
                channel_id=ChannelId(hit.place),
                conversation_id=ConversationId(conversation_of(hit)),
                contact_id=ContactId(hit.who),
                sentiment=hit.sentiment,
            )
            for hit in hits
        ]

    async def _affected(self, alert: Alert, readings: Sequence[TermReading], now: datetime) -> Affected:
        """Those who wrote about it since it began; the unresolved conversations among theirs."""
        about = [reading for reading in readings if reading.at >= alert.topic.since]
        counts = Counter(reading.conversation_id for reading in about if reading.conversation_id)
        known = await self._stores.conversations.get_many(list(counts)[: 2 * MOST_CONVERSATIONS])
        unresolved = [each for each in known.values() if each.status is not ConversationStatus.RESOLVED]
        unresolved.sort(key=lambda each: (each.last_activity_at, each.id), reverse=True)
        paused = {each.id for each in await self._stores.channels.all() if each.state is ChannelState.PAUSED}
        shown = unresolved[:MOST_CONVERSATIONS]
        contacts = await self._stores.contacts.get_many({each.contact_id for each in shown})
        left = {id_ for id_, contact in contacts.items() if contact.subscribed is False}
        return Affected(
            conversations=tuple(
                Reach(
                    conversation_id=each.id,
                    messages=counts[each.id],
                    code=self._permit(each, paused, gone=each.contact_id in left, now=now),
                )
                for each in shown
            ),
            contacts=len({reading.contact_id for reading in about}),
            messages=len(about),
            more=len(unresolved) > MOST_CONVERSATIONS,
        )

    def _permit(
        self, conversation: Conversation, paused: set[ChannelId], *, gone: bool, now: datetime
    ) -> SendErrorCode | None:
        """Why a reply may not be sent now. Whoever left the account has taken back the consent to hear from it."""
        if conversation.channel_id in paused:
            return SendErrorCode.CHANNEL_PAUSED
        if gone:
            return SendErrorCode.BLOCKED_BY_CONTACT
        window = self._windows.window(conversation, now)
        if window.unlimited or window.open:
            return None
        return SendErrorCode.WINDOW_CLOSED if window.expires_at is None else SendErrorCode.REPLIES_USED_UP

    # --- doing ------------------------------------------------------------------------------------------------------

    async def noted(self, before: Alert | None, after: Alert, by: Author) -> None:
        entries = []
        if before is None or before.state is not after.state:
            details = {"state": str(after.state)}
            if after.snoozed_until is not None:
                details["until"] = after.snoozed_until.isoformat()
            entries.append(self._entry(after.id, EntryKind.STATE, by, **details))
        if before is None or before.owner_id != after.owner_id:
            entries.append(self._entry(after.id, EntryKind.OWNER, by, owner_id=after.owner_id or ""))
        await self._stores.incidents.add_entries(entries)

    async def comment(self, alert_id: AlertId, text: str, by: Author) -> Incident:
        async def change(incident: Incident) -> tuple[Incident, IncidentEntry]:
            return incident, self._entry(alert_id, EntryKind.COMMENT, by, text=text)

        return await self._change(alert_id, change)

    async def add_task(
        self, alert_id: AlertId, title: str, assignee_id: AgentId | None, due_at: datetime | None, by: Author
    ) -> Incident:
        await self._check_agent(assignee_id)

        async def change(incident: Incident) -> tuple[Incident, IncidentEntry]:
            if len(incident.tasks) >= MOST_TASKS:
                raise Conflict(f"An incident holds at most {MOST_TASKS} tasks.")
            task = IncidentTask(id=self._ids(), title=title, assignee_id=assignee_id, due_at=due_at)
            entry = self._entry(alert_id, EntryKind.TASK_ADDED, by, text=title, assignee_id=assignee_id or "")
            return replace(incident, tasks=(*incident.tasks, task)), entry

        return await self._change(alert_id, change)

    async def change_task(self, alert_id: AlertId, task_id: str, change: TaskChange, by: Author) -> Incident:
        if isinstance(change.assignee_id, str):
            await self._check_agent(change.assignee_id)

        async def work(incident: Incident) -> tuple[Incident, IncidentEntry | None]:
            task = next((task for task in incident.tasks if task.id == task_id), None)
            if task is None:
                raise NotFound("there is no such task")
            changed, kind = self._task(task, change, by)
            tasks = tuple(changed if each.id == task_id else each for each in incident.tasks)
            entry = None if kind is None else self._entry(alert_id, kind, by, text=changed.title)
            return replace(incident, tasks=tasks), entry

        return await self._change(alert_id, work)

    def _task(self, task: IncidentTask, change: TaskChange, by: Author) -> tuple[IncidentTask, EntryKind | None]:
        given = {
            name: getattr(change, name)
            for name in ("title", "assignee_id", "due_at")
            if getattr(change, name) is not UNSET
        }
        changed = replace(task, **given)
        if change.done is True and task.done_at is None:
            return replace(changed, done_at=self._clock.now(), done_by=by.name), EntryKind.TASK_DONE
        if change.done is False and task.done_at is not None:
            return replace(changed, done_at=None, done_by=None), EntryKind.TASK_REOPENED
        return changed, None

    async def write_reply(self, alert_id: AlertId, text: str, by: Author) -> Incident:
        async def change(incident: Incident) -> tuple[Incident, IncidentEntry]:
            known = incident.reply
            if known is not None and known.state is ReplyState.SENDING:
                raise Conflict("The reply is being sent.")
            round_ = 1 if known is None else known.round + (known.state is ReplyState.SENT)
            reply = IncidentReply(round=round_, text=text, written_by=by, written_at=self._clock.now())
            return replace(incident, reply=reply), self._entry(alert_id, EntryKind.REPLY_WRITTEN, by, text=text)

        return await self._change(alert_id, change)

    async def approve_reply(self, alert_id: AlertId, by: Author) -> Incident:
        two = await self.second_approval()

        async def change(incident: Incident) -> tuple[Incident, IncidentEntry]:
            reply = incident.reply
            if reply is None or reply.state is not ReplyState.DRAFT:
                raise Conflict("There is no reply that waits for approval.")
            if two and reply.written_by.id == by.id:
                raise Forbidden("Somebody else than its writer has to approve this reply.")
            approved = replace(reply, state=ReplyState.APPROVED, approved_by=by, approved_at=self._clock.now())
            return replace(incident, reply=approved), self._entry(alert_id, EntryKind.REPLY_APPROVED, by)

        return await self._change(alert_id, change)

    async def apply_reply(self, alert_id: AlertId, conversation_ids: Sequence[ConversationId], by: Author) -> Incident:
        alert = await self._alert(alert_id)
        now = self._clock.now()
        affected = await self._affected(alert, await self._readings(alert, now), now)
        chosen = list(dict.fromkeys(conversation_ids))
        if not chosen or not set(chosen) <= {each.conversation_id for each in affected.conversations}:
            raise Invalid("Choose among the affected conversations.", errors={"conversation_ids": "are not affected"})

        async def change(incident: Incident) -> tuple[Incident, IncidentEntry]:
            reply = incident.reply
            if reply is None or reply.state is not ReplyState.APPROVED:
                raise Conflict("The reply has to be approved first.")
            await self._stores.incidents.add_targets(
                [
                    ReplyTarget(
                        id=f"{alert_id}-{reply.round}-{conversation_id}",
                        incident_id=alert_id,
                        round=reply.round,
                        conversation_id=conversation_id,
                        at=now,
                    )
                    for conversation_id in chosen
                ]
            )
            applied = replace(reply, state=ReplyState.SENDING, applied_by=by, applied_at=now)
            entry = self._entry(alert_id, EntryKind.REPLY_APPLIED, by, conversations=len(chosen))
            return replace(incident, reply=applied), entry

        return await self._change(alert_id, change)

    async def close(self, alert_id: AlertId, remark: str, locale: Locale, by: Author) -> Incident:
        text = await self.summary(alert_id, locale)

        async def change(incident: Incident) -> tuple[Incident, IncidentEntry]:
            now = self._clock.now()
            closed = replace(incident, closed_at=now, closed_by=by, summary=text.sentences, remark=remark)
            return closed, self._entry(alert_id, EntryKind.CLOSED, by, text=remark)

        return await self._change(alert_id, change)

    async def reopen(self, alert_id: AlertId, by: Author) -> Incident:
        async def change(incident: Incident) -> tuple[Incident, IncidentEntry]:
            if incident.closed_at is None:
                raise Conflict("The incident is not closed.")
            opened = replace(incident, closed_at=None, closed_by=None)
            return opened, self._entry(alert_id, EntryKind.REOPENED, by)

        return await self._change(alert_id, change, closed=True)

    async def second_approval(self) -> bool:
        return await self._stores.workspace.get(SECOND_APPROVAL) == "on"

    async def set_second_approval(self, *, on: bool) -> None:
        await self._stores.workspace.put(SECOND_APPROVAL, "on" if on else "off")

    async def _change(
        self,
        alert_id: AlertId,
        change: Callable[[Incident], Awaitable[tuple[Incident, IncidentEntry | None]]],
        *,
        closed: bool = False,
    ) -> Incident:
        await self._alert(alert_id)

        async def work() -> Incident:
            incident = await self._incident(alert_id)
            if incident.closed_at is not None and not closed:
                raise Conflict("The incident is closed; open it again first.")
            changed, entry = await change(incident)
            saved = await self._stores.incidents.save(changed)
            if entry is not None:
                await self._stores.incidents.add_entries([entry])
            return saved

        return await self._stores.transaction(work)

    async def _alert(self, alert_id: AlertId) -> Alert:
        alert = await self._stores.topics.alert(alert_id)
        if alert is None:
            raise NotFound("there is no such alert")
        return alert

    async def _incident(self, alert_id: AlertId) -> Incident:
        return await self._stores.incidents.get(alert_id) or Incident(id=alert_id)

    async def _check_agent(self, agent_id: AgentId | None) -> None:
        if agent_id is not None and await self._stores.agents.get(agent_id) is None:
            raise Invalid("there is no such agent", field="assignee_id")

    def _entry(
        self, alert_id: AlertId, kind: EntryKind, by: Author, *, text: str = "", **details: object
    ) -> IncidentEntry:
        return IncidentEntry(
            id=self._ids(),
            incident_id=alert_id,
            kind=kind,
            at=self._clock.now(),
            by=by,
            text=text,
            details={name: str(value) for name, value in details.items()},
        )


def waiting(targets: Sequence[ReplyTarget], round_: int) -> list[ReplyTarget]:
    return [target for target in targets if target.round == round_ and target.state is TargetState.WAITING]
