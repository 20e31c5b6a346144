"""Stores of what follows an alert: destinations, notices, rules, report plans, and incidents."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from scrm.ids import AlertId, DestinationId, NoticeId, ReportPlanId, RuleId
from scrm.model.incidents import Incident, IncidentEntry, ReplyTarget
from scrm.model.notices import AlertRule, Destination, Notice, ReportPlan, Telling
from scrm.ports.stores.queries import Page


class DestinationStore(Protocol):
    """Settings are sealed at rest."""

    async def all(self) -> list[Destination]: ...

    async def get(self, destination_id: DestinationId) -> Destination | None: ...

    async def save(self, destination: Destination) -> None: ...

    async def note(self, destination_id: DestinationId, at: datetime, error: str | None) -> None:
        """How the last send went: None, well."""
        ...

    async def delete(self, destination_id: DestinationId) -> bool: ...


class NoticeStore(Protocol):
    async def add(self, notices: Sequence[Notice]) -> int:
        """Those whose id is new; how many."""
        ...

    async def get(self, notice_id: NoticeId) -> Notice | None: ...

    async def due(self, now: datetime, limit: int) -> list[Notice]:
        """Waiting ones, longest due first."""
        ...

    async def begin(self, notice: Notice, at: datetime, due_at: datetime) -> bool:
        """Take it up: an attempt is counted, and nobody else takes it up before `due_at`. False when somebody did."""
        ...

    async def postpone(self, notice_id: NoticeId, due_at: datetime, error: str | None) -> None: ...

    async def finish(self, notice_id: NoticeId, at: datetime, error: str | None) -> None:
        """Sent, or (with an error) given up."""
        ...

    async def retry(self, notice_id: NoticeId, now: datetime) -> bool:
        """Failed to waiting again, with all its tries; False when it has not failed."""
        ...

    async def begun_since(self, destination_id: DestinationId, since: datetime) -> list[datetime]:
        """When sends to it were last begun, those after `since`."""
        ...

    async def page(self, destination_id: DestinationId, *, after: Page | None, limit: int) -> list[Notice]:
        """Newest first; Page.at is `created_at`."""
        ...

    async def forget_before(self, at: datetime) -> int:
        """Delete those made before then; how many."""
        ...


class AlertRuleStore(Protocol):
    async def all(self) -> list[AlertRule]: ...

    async def save(self, rule: AlertRule) -> None: ...

    async def delete(self, rule_id: RuleId) -> bool: ...

    async def told(self, rule_id: RuleId, since: datetime, *, ids: Collection[str] = ()) -> list[Telling]:
        """What the rule told since then, newest first; then those of these ids that are older."""
        ...

    async def tell(self, tellings: Sequence[Telling]) -> frozenset[int]:
        """Keep those that are new; their places."""
        ...


class ReportPlanStore(Protocol):
    async def all(self) -> list[ReportPlan]: ...

    async def get(self, plan_id: ReportPlanId) -> ReportPlan | None: ...

    async def save(self, plan: ReportPlan) -> None: ...

    async def note_period(self, plan_id: ReportPlanId, period: str) -> None:
        """The report of this period is queued."""
        ...

    async def delete(self, plan_id: ReportPlanId) -> bool: ...


class IncidentStore(Protocol):
    async def get(self, alert_id: AlertId) -> Incident | None: ...

    async def sending(self) -> list[Incident]:
        """Those whose approved reply is being applied."""
        ...

    async def save(self, incident: Incident) -> Incident:
        """Compare-and-set by version, which counts up; version 0 makes it. Raises Stale."""
        ...

    async def add_entries(self, entries: Sequence[IncidentEntry]) -> None:
        """Those whose id is new."""
        ...

    async def entries(self, alert_id: AlertId, limit: int) -> list[IncidentEntry]:
        """Newest first."""
        ...

    async def add_targets(self, targets: Sequence[ReplyTarget]) -> None:
        """Those whose id is new."""
        ...

    async def targets(self, alert_id: AlertId) -> list[ReplyTarget]:
        """Of every round, in the order of their ids."""
        ...

    async def save_target(self, target: ReplyTarget) -> None: ...

    async def open_tasks(self, alert_ids: Collection[AlertId]) -> dict[AlertId, int]:
        """How many tasks each has left; nothing of those without."""
        ...
