"""What the web room asks about pushes, incidents and scheduled reports. Implemented by `scrm.alerts`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import UNSET, UnsetType

from scrm.ids import AgentId, AlertId, ConversationId, NoticeId
from scrm.model.base import Record
from scrm.model.incidents import Affected, Incident, IncidentEntry, Recovery, ReplyTarget, Sentence
from scrm.model.message import Author
from scrm.model.notices import Destination, DestinationKind, DestinationType, Letter, Locale, Notice, ReportPlan
from scrm.model.topics import Alert


class TaskChange(Record, kw_only=True):
    """What to change of a task; what is UNSET stays."""

    title: str | UnsetType = UNSET
    assignee_id: AgentId | UnsetType | None = UNSET
    due_at: datetime | UnsetType | None = UNSET
    done: bool | UnsetType = UNSET


class Room(Record, kw_only=True):
    """An incident, whole: the alert, what people did, and what the numbers say. targets: of the reply's latest
    round."""

    alert: Alert
    incident: Incident
    entries: tuple[IncidentEntry, ...]
    recovery: Recovery
    affected: Affected
    targets: tuple[ReplyTarget, ...]


class Summary(Record, kw_only=True):
    """by: "template", or "model" where the configured endpoint phrased it."""

    sentences: tuple[Sentence, ...]
    by: str


class PhrasingView(Record, kw_only=True):
    """The endpoint that may phrase summaries; its key never comes out."""

    enabled: bool
    base_url: str
    model: str
    has_key: bool


class AlertRooms(Protocol):
    """Raises StoreUnavailable when the database cannot be reached; what else, each method says."""

    def destination_types(self) -> Sequence[DestinationType]: ...

    def checked(self, kind: DestinationKind, settings: Mapping[str, str]) -> dict[str, str]:
        """Complete settings. Raises Invalid with `errors`, a sentence by setting."""
        ...

    async def test(self, destination: Destination) -> str | None:
        """Send a test now: None when it arrived, else the reason."""
        ...

    async def retry(self, notice_id: NoticeId) -> Notice:
        """Raises NotFound, Conflict (it has not failed)."""
        ...

    async def room(self, alert_id: AlertId) -> Room:
        """Raises NotFound."""
        ...

    async def noted(self, before: Alert | None, after: Alert, by: Author) -> None:
        """Somebody decided about the alert: a line for its incident."""
        ...

    async def comment(self, alert_id: AlertId, text: str, by: Author) -> Incident: ...

    async def add_task(
        self, alert_id: AlertId, title: str, assignee_id: AgentId | None, due_at: datetime | None, by: Author
    ) -> Incident:
        """Raises NotFound, Invalid (no such agent), Conflict (too many tasks, or closed)."""
        ...

    async def change_task(self, alert_id: AlertId, task_id: str, change: TaskChange, by: Author) -> Incident:
        """Raises NotFound, Invalid, Conflict."""
        ...

    async def write_reply(self, alert_id: AlertId, text: str, by: Author) -> Incident:
        """A new text, to be approved; after one that was sent, the next round. Raises NotFound, Conflict (it is being
        sent)."""
        ...

    async def approve_reply(self, alert_id: AlertId, by: Author) -> Incident:
        """Raises NotFound, Conflict (nothing to approve), Forbidden (the workspace wants another person than the
        writer)."""
        ...

    async def apply_reply(self, alert_id: AlertId, conversation_ids: Sequence[ConversationId], by: Author) -> Incident:
        """Send the approved text to these affected conversations, each once. Raises NotFound, Conflict (not approved),
        Invalid (a conversation that is not affected)."""
        ...

    async def summary(self, alert_id: AlertId, locale: Locale) -> Summary:
        """What there is to say, each sentence with its evidence. Raises NotFound."""
        ...

    async def close_incident(self, alert_id: AlertId, remark: str, locale: Locale, by: Author) -> Incident:
        """Raises NotFound, Conflict (closed already)."""
        ...

    async def reopen_incident(self, alert_id: AlertId, by: Author) -> Incident:
        """Raises NotFound, Conflict."""
        ...

    async def second_approval(self) -> bool: ...

    async def set_second_approval(self, *, on: bool) -> None: ...

    async def phrasing(self) -> PhrasingView: ...

    async def set_phrasing(self, *, enabled: bool, base_url: str, model: str, key: str | None) -> PhrasingView:
        """key None: stays as it is. Raises Invalid."""
        ...

    async def report(self, plan: ReportPlan, locale: Locale) -> Letter:
        """What the plan would send now."""
        ...

    async def send_report(self, plan: ReportPlan) -> int:
        """Send it now, beside its times; how many destinations get it."""
        ...
