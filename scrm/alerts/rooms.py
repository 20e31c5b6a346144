"""Everything that follows an alert, behind the one face the web room knows (`scrm.ports.alerts.AlertRooms`)."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aiohttp import ClientSession

from scrm.alerts import destinations
from scrm.alerts.incidents import Incidents, Windows
from scrm.alerts.phrasing import Phrasing, PhrasingSettings
from scrm.alerts.pushes import Pushes
from scrm.alerts.replying import Replies, Replying
from scrm.alerts.reports import ScheduledReports, Source
from scrm.alerts.senders import Senders
from scrm.alerts.sentence import Named, Pages
from scrm.alerts.watch import AlertWatch
from scrm.clock import Clock, end_tasks
from scrm.errors import Invalid, StoreUnavailable
from scrm.ids import AgentId, AlertId, ConversationId, IdFactory, NoticeId
from scrm.model.base import Record
from scrm.model.incidents import Incident
from scrm.model.message import Author
from scrm.model.notices import Destination, DestinationKind, DestinationType, Letter, Locale, Notice, ReportPlan
from scrm.model.topics import Alert
from scrm.ports.alerts import PhrasingView, Room, Summary, TaskChange
from scrm.ports.stores import Stores


class Desk(Windows, Replies, Protocol):
    """What is needed of the hub."""


class Loop(Protocol):
    async def run(self) -> None: ...

    async def release(self) -> None: ...


class AlertSettings(Record, kw_only=True):
    """public_url: where browsers reach the hub; None: notices carry no links. owner: this process, new at every
    start."""

    owner: str
    zone: ZoneInfo
    workspace: str
    public_url: str | None = None


class Rooms:
    def __init__(
        self,
        settings: AlertSettings,
        stores: Stores,
        hub: Desk,
        figures: Source,
        named: Named,
        session: ClientSession,
        clock: Clock,
        ids: IdFactory,
    ) -> None:
        zone, owner, pages = settings.zone, settings.owner, Pages(settings.public_url)
        self._phrasing = Phrasing(stores, session)
        self.pushes = Pushes(stores, Senders(session, clock), clock, ids, owner)
        self.watch = AlertWatch(stores, self.pushes, named, pages, clock, zone, owner)
        self.replying = Replying(stores, hub, clock, owner)
        self.incidents = Incidents(stores, hub, self._phrasing, named, clock, ids, zone)
        self.reports = ScheduledReports(
            stores, figures, self._phrasing, self.pushes, named, pages, clock, ids, zone, owner, settings.workspace
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The loops, beside everything else and never on the way of a message."""
        loops: dict[str, Loop] = {
            "notices": self.pushes,
            "alert rules": self.watch,
            "incident replies": self.replying,
            "report plans": self.reports,
        }
        tasks = [asyncio.create_task(loop.run(), name=name) for name, loop in loops.items()]
        try:
            yield
        finally:
            await end_tasks(*tasks)
            for loop in loops.values():
                with suppress(StoreUnavailable):
                    await loop.release()

    # --- what the web room asks -------------------------------------------------------------------------------------

    def destination_types(self) -> Sequence[DestinationType]:
        return destinations.TYPES

    def checked(self, kind: DestinationKind, settings: Mapping[str, str]) -> dict[str, str]:
        return destinations.checked(kind, settings)

    async def test(self, destination: Destination) -> str | None:
        return await self.pushes.test(destination)

    async def retry(self, notice_id: NoticeId) -> Notice:
        return await self.pushes.retry(notice_id)

    async def room(self, alert_id: AlertId) -> Room:
        return await self.incidents.room(alert_id)

    async def noted(self, before: Alert | None, after: Alert, by: Author) -> None:
        await self.incidents.noted(before, after, by)

    async def comment(self, alert_id: AlertId, text: str, by: Author) -> Incident:
        return await self.incidents.comment(alert_id, text, by)

    async def add_task(
        self, alert_id: AlertId, title: str, assignee_id: AgentId | None, due_at: datetime | None, by: Author
    ) -> Incident:
        return await self.incidents.add_task(alert_id, title, assignee_id, due_at, by)

    async def change_task(self, alert_id: AlertId, task_id: str, change: TaskChange, by: Author) -> Incident:
        return await self.incidents.change_task(alert_id, task_id, change, by)

    async def write_reply(self, alert_id: AlertId, text: str, by: Author) -> Incident:
        return await self.incidents.write_reply(alert_id, text, by)

    async def approve_reply(self, alert_id: AlertId, by: Author) -> Incident:
        return await self.incidents.approve_reply(alert_id, by)

    async def apply_reply(self, alert_id: AlertId, conversation_ids: Sequence[ConversationId], by: Author) -> Incident:
        return await self.incidents.apply_reply(alert_id, conversation_ids, by)

    async def summary(self, alert_id: AlertId, locale: Locale) -> Summary:
        text = await self.incidents.summary(alert_id, locale)
        return Summary(sentences=text.sentences, by=text.by)

    async def close_incident(self, alert_id: AlertId, remark: str, locale: Locale, by: Author) -> Incident:
        return await self.incidents.close(alert_id, remark, locale, by)

    async def reopen_incident(self, alert_id: AlertId, by: Author) -> Incident:
        return await self.incidents.reopen(alert_id, by)

    async def second_approval(self) -> bool:
        return await self.incidents.second_approval()

    async def set_second_approval(self, *, on: bool) -> None:
        await self.incidents.set_second_approval(on=on)

    async def phrasing(self) -> PhrasingView:
        settings = await self._phrasing.settings()
        return PhrasingView(
            enabled=settings.enabled,
            base_url=settings.base_url,
            model=settings.model,
            has_key=await self._phrasing.has_key(),
        )

    async def set_phrasing(self, *, enabled: bool, base_url: str, model: str, key: str | None) -> PhrasingView:
        if enabled and not model.strip():
            raise Invalid("Say which model.", errors={"model": "is needed"})
        if (enabled or base_url) and not _is_address(base_url):
            raise Invalid(
                "This is no address.", errors={"base_url": "begins with https:// (http:// within the network)"}
            )
        await self._phrasing.save(PhrasingSettings(enabled=enabled, base_url=base_url, model=model), key)
        return await self.phrasing()

    async def report(self, plan: ReportPlan, locale: Locale) -> Letter:
        return await self.reports.letter(plan, None, locale)

    async def send_report(self, plan: ReportPlan) -> int:
        return await self.reports.send_now(plan)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    plain = not parts.query and not parts.fragment and not parts.username
    return bool(host) and plain and destinations.may_call(parts.scheme, host or "")
