"""What follows an alert: destinations (sealed), notices, rules and what they told, report plans, incidents."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec.structs import replace
from pymongo import UpdateOne

from scrm.clock import Clock
from scrm.errors import Duplicate, Stale
from scrm.ids import AlertId, DestinationId, NoticeId, ReportPlanId, RuleId
from scrm.model.base import Record
from scrm.model.incidents import Incident, IncidentEntry, ReplyState, ReplyTarget
from scrm.model.notices import AlertRule, Destination, Notice, NoticeState, ReportPlan, Telling
from scrm.ports.stores.queries import Page
from scrm.storage.codec import Document, text
from scrm.storage.newest import newest_first
from scrm.storage.shelf import Database, Index, Shelf, setting
from scrm.storage.vault import Vault

DESTINATIONS = "destinations"
NOTICES = "notices"
RULES = "alert_rules"
TELLINGS = "alert_tellings"
PLANS = "report_plans"
INCIDENTS = "incidents"
ENTRIES = "incident_entries"
TARGETS = "incident_replies"

INDEXES = (
    Index(
        collection=NOTICES,
        name="due",
        keys=(("state", 1), ("due_at", 1)),
        partial={"state": str(NoticeState.WAITING)},
    ),
    Index(collection=NOTICES, name="destination", keys=(("destination_id", 1), ("created_at", -1), ("_id", -1))),
    Index(collection=NOTICES, name="begun", keys=(("destination_id", 1), ("begun_at", -1))),
    Index(collection=NOTICES, name="created", keys=(("created_at", 1),)),
    Index(collection=TELLINGS, name="rule", keys=(("rule_id", 1), ("at", -1))),
    Index(
        collection=INCIDENTS,
        name="sending",
        keys=(("reply.state", 1),),
        partial={"reply.state": str(ReplyState.SENDING)},
    ),
    Index(collection=ENTRIES, name="incident", keys=(("incident_id", 1), ("at", -1), ("_id", -1))),
    Index(collection=TARGETS, name="incident", keys=(("incident_id", 1),)),
)

R = TypeVar("R", bound=Record)
_BY_ID = (("_id", 1),)
_settings = msgspec.json.Decoder(dict[str, str])


async def _insert_new(shelf: Shelf[R], records: Sequence[R]) -> frozenset[int]:
    """Not an insert: inside a transaction a duplicate would end it. The places of those that were new."""
    documents = [shelf.codec.encode(record) for record in records]
    return await shelf.update_each(
        [
            UpdateOne(
                {"_id": document["_id"]},
                {"$setOnInsert": {name: value for name, value in document.items() if name != "_id"}},
                upsert=True,
            )
            for document in documents
        ]
    )


class MongoDestinations:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._shelf = Shelf(database, DESTINATIONS, Destination)
        self._vault = vault

    async def all(self) -> list[Destination]:
        return [self._open(document) for document in await self._shelf.raw({}, sort=_BY_ID)]

    async def get(self, destination_id: DestinationId) -> Destination | None:
        found = await self._shelf.raw({"_id": destination_id})
        return self._open(found[0]) if found else None

    async def save(self, destination: Destination) -> None:
        document = self._shelf.codec.encode(destination)
        clear = msgspec.json.encode({text(name): text(value) for name, value in destination.settings.items()})
        document["settings"] = self._vault.seal(clear, f"{DESTINATIONS}/{destination.id}")
        await self._shelf.put_document(document)

    async def note(self, destination_id: DestinationId, at: datetime, error: str | None) -> None:
        if error is None:
            change = setting({"last_sent_at": at, "last_error": None, "last_error_at": None})
        else:
            change = setting({"last_error": text(error), "last_error_at": at})
        await self._shelf.update({"_id": destination_id}, change)

    async def delete(self, destination_id: DestinationId) -> bool:
        return await self._shelf.delete({"_id": destination_id})

    def _open(self, document: Document) -> Destination:
        clear = self._vault.open(document["settings"], f"{DESTINATIONS}/{document['_id']}")
        return self._shelf.codec.decode({**document, "settings": _settings.decode(clear)})


class MongoNotices:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._shelf = Shelf(database, NOTICES, Notice)
        self._clock = clock

    async def add(self, notices: Sequence[Notice]) -> int:
        return len(await _insert_new(self._shelf, notices))

    async def get(self, notice_id: NoticeId) -> Notice | None:
        return await self._shelf.get(notice_id)

    async def due(self, now: datetime, limit: int) -> list[Notice]:
        where = {"state": str(NoticeState.WAITING), "due_at": {"$lte": now}}
        return await self._shelf.find(where, sort=[("due_at", 1)], limit=limit)

    async def begin(self, notice: Notice, at: datetime, due_at: datetime) -> bool:
        where = {"_id": notice.id, "state": str(NoticeState.WAITING), "attempts": notice.attempts}
        change = {"$set": {"due_at": due_at, "begun_at": at, "attempts": notice.attempts + 1}}
        return await self._shelf.update(where, change)

    async def postpone(self, notice_id: NoticeId, due_at: datetime, error: str | None) -> None:
        change = setting({"due_at": due_at, "error": text(error) if error else None})
        await self._shelf.update({"_id": notice_id, "state": str(NoticeState.WAITING)}, change)

    async def finish(self, notice_id: NoticeId, at: datetime, error: str | None) -> None:
        state = NoticeState.FAILED if error else NoticeState.SENT
        change = setting({"state": str(state), "finished_at": at, "error": text(error) if error else None})
        await self._shelf.update({"_id": notice_id}, change)

    async def retry(self, notice_id: NoticeId, now: datetime) -> bool:
        change = setting(
            {"state": str(NoticeState.WAITING), "due_at": now, "attempts": 0, "error": None, "finished_at": None}
        )
        return await self._shelf.update({"_id": notice_id, "state": str(NoticeState.FAILED)}, change)

    async def begun_since(self, destination_id: DestinationId, since: datetime) -> list[datetime]:
        where = {"destination_id": destination_id, "begun_at": {"$gt": since}}
        found = await self._shelf.raw(where, fields={"begun_at": 1}, sort=[("begun_at", -1)], limit=200)
        return [document["begun_at"] for document in found]

    async def page(self, destination_id: DestinationId, *, after: Page | None, limit: int) -> list[Notice]:
        base = [{"destination_id": destination_id}]
        return await newest_first(self._shelf, base, "created_at", now=self._clock.now(), after=after, limit=limit)

    async def forget_before(self, at: datetime) -> int:
        return await self._shelf.delete_many({"created_at": {"$lt": at}})


class MongoAlertRules:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, RULES, AlertRule)
        self._tellings = Shelf(database, TELLINGS, Telling)

    async def all(self) -> list[AlertRule]:
        return await self._shelf.find({}, sort=_BY_ID)

    async def save(self, rule: AlertRule) -> None:
        await self._shelf.put(rule)

    async def delete(self, rule_id: RuleId) -> bool:
        await self._tellings.delete_many({"rule_id": rule_id})
        return await self._shelf.delete({"_id": rule_id})

    async def told(self, rule_id: RuleId, since: datetime, *, ids: Collection[str] = ()) -> list[Telling]:
        lately = await self._tellings.find({"rule_id": rule_id, "at": {"$gte": since}}, sort=[("at", -1)])
        known = {telling.id for telling in lately}
        older = await self._tellings.get_many([id_ for id_ in ids if id_ not in known])
        return [*lately, *older.values()]

    async def tell(self, tellings: Sequence[Telling]) -> frozenset[int]:
        return await _insert_new(self._tellings, tellings)


class MongoReportPlans:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, PLANS, ReportPlan)

    async def all(self) -> list[ReportPlan]:
        return await self._shelf.find({}, sort=_BY_ID)

    async def get(self, plan_id: ReportPlanId) -> ReportPlan | None:
        return await self._shelf.get(plan_id)

    async def save(self, plan: ReportPlan) -> None:
        await self._shelf.put(plan)

    async def note_period(self, plan_id: ReportPlanId, period: str) -> None:
        await self._shelf.update({"_id": plan_id}, {"$set": {"last_period": period}})

    async def delete(self, plan_id: ReportPlanId) -> bool:
        return await self._shelf.delete({"_id": plan_id})


class MongoIncidents:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, INCIDENTS, Incident)
        self._entries = Shelf(database, ENTRIES, IncidentEntry)
        self._targets = Shelf(database, TARGETS, ReplyTarget)

    async def get(self, alert_id: AlertId) -> Incident | None:
        return await self._shelf.get(alert_id)

    async def sending(self) -> list[Incident]:
        return await self._shelf.find({"reply.state": str(ReplyState.SENDING)})

    async def save(self, incident: Incident) -> Incident:
        stored = replace(incident, version=incident.version + 1)
        document = self._shelf.codec.encode(stored)
        if incident.version == 0:
            try:
                await self._shelf.insert_document(document)
            except Duplicate:
                raise Stale(incident.id) from None
        elif not await self._shelf.replace({"_id": incident.id, "version": incident.version}, document):
            raise Stale(incident.id)
        return stored

    async def add_entries(self, entries: Sequence[IncidentEntry]) -> None:
        await _insert_new(self._entries, entries)

    async def entries(self, alert_id: AlertId, limit: int) -> list[IncidentEntry]:
        return await self._entries.find({"incident_id": alert_id}, sort=[("at", -1), ("_id", -1)], limit=limit)

    async def add_targets(self, targets: Sequence[ReplyTarget]) -> None:
        await _insert_new(self._targets, targets)

    async def targets(self, alert_id: AlertId) -> list[ReplyTarget]:
        found = await self._targets.find({"incident_id": alert_id})
        return sorted(found, key=lambda target: (target.round, target.id))

    async def save_target(self, target: ReplyTarget) -> None:
        await self._targets.put(target)

    async def open_tasks(self, alert_ids: Collection[AlertId]) -> dict[AlertId, int]:
        found = await self._shelf.get_many(alert_ids)
        counts = {incident.id: sum(task.done_at is None for task in incident.tasks) for incident in found.values()}
        return {alert_id: count for alert_id, count in counts.items() if count}
