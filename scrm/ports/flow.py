"""What the web room asks of `flow`, and of the reports: the only way from a request to anything that changes a message.

Everything here raises StoreUnavailable when the database cannot be reached; what else, each method says.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import UNSET, UnsetType

from scrm.ids import AgentId, ChannelId, ContactId, ConversationId, JournalId, LabelId, MessageId, TaskId, TeamId
from scrm.model.answers import Suggestion
from scrm.model.base import Record
from scrm.model.channel import Channel
from scrm.model.conversation import Conversation, ConversationStatus, Priority
from scrm.model.message import Attachment, Author, Message
from scrm.model.people import Agent, Availability
from scrm.model.reports import ReportEvent, ReportFilter
from scrm.model.service import Clause, ServiceSettings
from scrm.model.work import JournalEntry, Task
from scrm.ports.accounts import Accounts
from scrm.ports.channel import WebhookReply, WebhookRequest
from scrm.ports.merging import Merging
from scrm.ports.servicers import Servicers
from scrm.ports.stores import EvidenceQuery, Page


class ConversationChange(Record, kw_only=True):
    """What to change of a conversation; what is UNSET stays. None takes the value away.

    snoozed_until: with status `snoozed`. labels: all of them, not those to add.
    """

    status: ConversationStatus | UnsetType = UNSET
    assignee_id: AgentId | UnsetType | None = UNSET
    team_id: TeamId | UnsetType | None = UNSET
    labels: tuple[LabelId, ...] | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    snoozed_until: datetime | UnsetType | None = UNSET
    category: str | UnsetType | None = UNSET


class WindowView(Record, kw_only=True):
    """Whether a reply may be sent at a moment, and how long that holds.

    unlimited: the channel has no such rule, the rest says nothing. expires_at: when the last open permission ends;
    None when none is open. replies_left: over the open permissions; None: without number.
    """

    unlimited: bool
    open: bool
    expires_at: datetime | None = None
    replies_left: int | None = None


class Deadline(Record, kw_only=True):
    """When something promised is due: the sooner of an answer and the resolution.

    near_at: when little of the time is left. target: seconds of open time that were promised.
    """

    clause: Clause
    near_at: datetime
    at: datetime
    target: int


class Hub(Protocol):
    """Implemented by `scrm.flow`."""

    async def receive(self, channel_id: ChannelId, request: WebhookRequest) -> WebhookReply:
        """Verify, journal (durably), reply. Raises WebhookError, NotFound (no such channel)."""
        ...

    async def reply(
        self,
        conversation_id: ConversationId,
        *,
        author: Author,
        content: str,
        client_id: str,
        attachments: Sequence[Attachment],
        reply_to: MessageId | None = None,
    ) -> tuple[Message, bool]:
        """Queue a reply to the customer: the message, and whether it is new (a repeated client id gives the first
        one). reply_to: the message of the conversation that it answers. Raises ReplyRefused, WordBlocked, NotFound,
        Invalid."""
        ...

    @property
    def accounts(self) -> Accounts: ...

    @property
    def merging(self) -> Merging: ...

    @property
    def servicers(self) -> Servicers: ...

    async def labelled(self, contact_id: ContactId) -> None:
        """A contact's labels were changed: have platforms told that keep tags."""
        ...

    async def note(
        self,
        conversation_id: ConversationId,
        *,
        author: Author,
        content: str,
        client_id: str,
        mentions: Sequence[AgentId],
        attachments: Sequence[Attachment],
    ) -> tuple[Message, bool]:
        """Write a note that only colleagues see; answers like `reply`. Raises NotFound, Invalid."""
        ...

    async def change(self, conversation_id: ConversationId, change: ConversationChange, *, by: Author) -> Conversation:
        """Make the change and leave an activity message for each part of it that changed anything.
        Raises NotFound, Invalid, Conflict (reopening while the contact has another open conversation there)."""
        ...

    async def retry(self, message_id: MessageId, *, by: Author) -> Message:
        """Send a failed or unknown message again, because a person decided. Raises NotFound, Conflict, ReplyRefused,
        WordBlocked."""
        ...

    async def give_up(self, message_id: MessageId, *, by: Author) -> Message:
        """Call an unknown message failed. Raises NotFound, Conflict."""
        ...

    async def suggestions(self, conversation_id: ConversationId) -> list[Suggestion]:
        """Replies that may fit what the customer asked last, best first; none when it is answered. Raises NotFound."""
        ...

    async def relearn_answers(self) -> int:
        """Forget the answered questions and learn them anew from the conversations, in the background. How many this
        process knew."""
        ...

    async def reveal(self, message_id: MessageId, *, by: Author) -> Message:
        """The message whole, and a line in its conversation that says who looked. Raises NotFound."""
        ...

    async def typing(self, conversation_id: ConversationId) -> None:
        """Show the customer that somebody writes, where the channel can. Raises NotFound."""
        ...

    async def availability(self, agent_id: AgentId, availability: Availability) -> Agent:
        """Coming online draws waiting conversations. Raises NotFound."""
        ...

    def window(self, conversation: Conversation, now: datetime) -> WindowView: ...

    async def deadlines(
        self, conversations: Sequence[Conversation], vips: Mapping[ContactId, bool]
    ) -> Mapping[ConversationId, Deadline]:
        """Of those that have one. vips: of the contacts concerned."""
        ...

    async def opens_at(self, now: datetime) -> datetime | None:
        """By the workspace's hours: `now` while it is open; else when it opens next; None: never."""
        ...

    async def service_settings(self) -> ServiceSettings: ...

    async def save_service_settings(self, settings: ServiceSettings) -> ServiceSettings:
        """From now on: what was counted before stays as it was. Raises Invalid."""
        ...

    async def retry_task(self, task_id: TaskId) -> Task:
        """Raises NotFound, Conflict (it has not failed)."""
        ...

    async def replay(self, entry_id: JournalId) -> JournalEntry:
        """A failed entry becomes pending again. Raises NotFound, Conflict (it is not failed)."""
        ...

    async def channel_changed(self, channel_id: ChannelId) -> None:
        """The channel was added, changed or deleted: make its adapter anew."""
        ...

    async def check_channel(self, channel: Channel) -> tuple[bool, str]:
        """Try the channel's credentials against its platform: whether they work, and a sentence."""
        ...


class Reports(Protocol):
    """Implemented by `dashboards.reports`."""

    async def evidence(self, query: EvidenceQuery, *, after: Page | None, limit: int) -> list[ReportEvent]:
        """The facts a number was counted from, newest first; Page.at is `at`."""
        ...

    async def waiting(self, report_filter: ReportFilter) -> list[Conversation]:
        """What `waiting_now` counts: conversations whose customer waits for an answer, longest first."""
        ...

    async def backlog(self, report_filter: ReportFilter) -> list[Conversation]:
        """Conversations that are not resolved at this moment, oldest first."""
        ...
