"""What an agent or program writes: replies that go out, notes that stay in.

A reply is taken on in one transaction: message, conversation, reply window and outbox entry together, so whatever the
agent saw accepted is sent or its failure is shown. The writer's `client_id` makes writing twice the same as once.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import Conflict, Duplicate, Invalid, NotFound, ReplyRefused, SendErrorCode
from scrm.flow import records, window
from scrm.flow.adapters import Adapters
from scrm.flow.hours import Hours
from scrm.flow.levels import Levels
from scrm.flow.people import handle_of
from scrm.flow.report import NOTHING, Reporter
from scrm.flow.split import split
from scrm.flow.templates import Automatic, as_written
from scrm.flow.words import Words
from scrm.ids import AgentId, ConversationId, IdFactory, MessageId
from scrm.model.channel import Capabilities, ChannelState
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import (
    Attachment,
    Author,
    AuthorType,
    ContentType,
    Message,
    MessageKind,
    MessageStatus,
    TemplateUse,
)
from scrm.model.reports import Metric, ReportEvent
from scrm.model.service import Clause
from scrm.model.work import OutboxEntry
from scrm.ports.stores import Stores

MAX_NOTE = 10_000
# Entries before a reply among which the customer's last one is looked for.
LOOK_BACK = 200
MAX_ATTACHMENTS = 10
MAX_CLIENT_ID = 64

REFUSED: dict[SendErrorCode, str] = {
    SendErrorCode.WINDOW_CLOSED: "The reply window is closed: the customer has to write first.",
    SendErrorCode.REPLIES_USED_UP: "The platform permits no more replies until the customer writes again.",
    SendErrorCode.NO_CONSENT: "The customer has not agreed to another message of this kind.",
    SendErrorCode.CHANNEL_PAUSED: "The channel is paused.",
    SendErrorCode.RECIPIENT_UNKNOWN: "The customer has no address on this channel.",
    SendErrorCode.WITH_SERVICER: "A person on the platform has the customer: take the customer back first.",
    SendErrorCode.UNSUPPORTED_CONTENT: "The channel cannot send this kind of content.",
    SendErrorCode.TOO_LONG: "The text is longer than one message may be.",
    SendErrorCode.MEDIA_REFUSED: "The file is larger than the channel takes, or of a kind it does not take.",
}


class Replies:
    def __init__(
        self,
        stores: Stores,
        adapters: Adapters,
        words: Words,
        reporter: Reporter,
        levels: Levels,
        automatic: Automatic,
        clock: Clock,
        ids: IdFactory,
    ) -> None:
        self._stores = stores
        self._levels = levels
        self._automatic = automatic
        self._adapters = adapters
        self._words = words
        self._reporter = reporter
        self._clock = clock
        self._ids = ids

    async def reply(
        self,
        conversation_id: ConversationId,
        *,
        author: Author,
        content: str,
        client_id: str,
        attachments: Sequence[Attachment],
        reply_to: MessageId | None = None,
        template: TemplateUse | None = None,
    ) -> tuple[Message, OutboxEntry | None]:
        """The message and its outbox entry; the first message and None when the client id repeats. template: what is
        sent in place of the text, where the reply window is closed; without one, the channel's automatic template."""
        _check_written(content, client_id, attachments, MAX_NOTE)
        first = await self._stores.messages.by_client_id(conversation_id, client_id)
        if first is not None:
            return first, None
        await self._words.check(await self._conversation(conversation_id), content, author)

        async def work() -> tuple[Message, OutboxEntry | None]:
            conversation = await self._conversation(conversation_id)
            capabilities, recipient = await self._way_out(conversation)
            if template is None:
                _check_sendable(content, attachments, capabilities)
            now = self._clock.now()
            message = records.written(
                conversation,
                self._ids,
                now,
                kind=MessageKind.OUTGOING,
                author=author,
                content=content,
                client_id=client_id,
                attachments=tuple(attachments),
            )
            if reply_to is not None:
                message = replace(message, details=await self._answering(conversation_id, reply_to, capabilities))
            elif capabilities.threads:
                message = replace(message, details=await self._following(conversation))
            if template is not None:
                message = replace(message, template=template)
            due = _due(conversation)
            message = await self._promised(message, conversation, due)
            message, changed = await self._permitted(conversation, message, capabilities, now)
            entry = records.outbox_entry(message, recipient, now)
            await self._stores.messages.insert(message)
            await self._stores.outbox.insert(entry)
            if records.nobodys(author):  # who waits goes on waiting
                await self._stores.conversations.save(records.with_message(changed, message))
                return message, entry
            lines = await self._answered(changed, message, author, now)
            await self._stores.reports.record(self._facts(due, message, lines, await self._levels.hours()))
            return message, entry

        try:
            return await self._stores.transaction(work)
        except Duplicate:
            return await self._first(conversation_id, client_id), None
        except ReplyRefused:  # by what the same reply has just used up, maybe
            first = await self._stores.messages.by_client_id(conversation_id, client_id)
            if first is None:
                raise
            return first, None

    async def _promised(
        self, message: Message, conversation: Conversation, due: tuple[Clause, datetime] | None
    ) -> Message:
        """The message with what had been promised for the answer it is."""
        if due is None:
            return message
        target = await self._levels.target(conversation, due[0])
        return replace(message, counted=replace(message.counted or NOTHING, target=target))

    async def _answering(
        self, conversation_id: ConversationId, reply_to: MessageId, capabilities: Capabilities
    ) -> dict[str, str]:
        """What a reply to one message in particular carries, as a customer's does: its platform's id, and its text."""
        answered = await self._stores.messages.get(reply_to)
        if answered is None or answered.conversation_id != conversation_id:
            raise Invalid("There is no such message in the conversation.", errors={"reply_to": "is unknown"})
        if not capabilities.quotes or not answered.external_ids:
            raise Invalid("This message cannot be answered by itself.", errors={"reply_to": "cannot be quoted"})
        return {"reply_to": answered.external_ids[0], "quote": records.quote_of(answered)}

    async def _following(self, conversation: Conversation) -> dict[str, str]:
        """Where the platform threads, a reply follows what the customer wrote last."""
        latest = await self.latest(conversation)
        return {"reply_to": latest} if latest else {}

    async def latest(self, conversation: Conversation) -> str:
        """The platform's id of what the customer wrote last; "" where that was nothing lately."""
        last = conversation.last_position
        recent = await self._stores.messages.thread(conversation.id, after=max(0, last - LOOK_BACK), until=last)
        wrote = [each for each in recent if each.kind is MessageKind.INCOMING and each.external_ids]
        newest = max(wrote, key=lambda each: each.rank, default=None)
        return newest.external_ids[0] if newest else ""

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
        _check_written(content, client_id, attachments, MAX_NOTE)
        first = await self._stores.messages.by_client_id(conversation_id, client_id)
        if first is not None:
            return first, False

        async def work() -> tuple[Message, bool]:
            conversation = await self._conversation(conversation_id)
            message = records.written(
                conversation,
                self._ids,
                self._clock.now(),
                kind=MessageKind.NOTE,
                author=author,
                content=content,
                client_id=client_id,
                attachments=tuple(attachments),
            )
            message = replace(message, mentions=tuple(mentions))
            await self._stores.messages.insert(message)
            await self._stores.conversations.save(replace(conversation, last_position=message.position))
            return message, True

        try:
            return await self._stores.transaction(work)
        except Duplicate:
            return await self._first(conversation_id, client_id), False

    async def retry(self, message_id: MessageId, by: Author) -> tuple[Message, OutboxEntry]:
        """Send a failed or unknown message again. The whole text goes: what arrived of it, only the agent can know.
        Whether it goes as the automatic template is settled anew."""
        written = await self._outgoing(message_id)
        await self._words.check(await self._conversation(written.conversation_id), written.content, by)

        async def work() -> tuple[Message, OutboxEntry]:
            message = await self._stores.messages.requeue(message_id)
            if message is None:
                raise Conflict("Only a failed or unknown message can be sent again.")
            conversation = await self._conversation(message.conversation_id)
            capabilities, recipient = await self._way_out(conversation)
            now = self._clock.now()
            anew, changed = await self._permitted(conversation, as_written(message), capabilities, now)
            if anew != message:
                changed = records.with_revised(changed, anew)
                message = await self._stores.messages.revise(anew) or anew
            await self._stores.conversations.save(changed)
            entry = records.outbox_entry(message, recipient, now)
            await self._stores.outbox.insert(entry)
            return message, entry

        return await self._stores.transaction(work)

    async def give_up(self, message_id: MessageId) -> Message:
        message = await self._outgoing(message_id)
        changed = await self._stores.messages.set_status(
            message_id, MessageStatus.FAILED, failure=message.failure, only_from=MessageStatus.UNKNOWN
        )
        if changed is None:
            raise Conflict("Only a message with unknown outcome can be given up.")
        return changed

    async def _outgoing(self, message_id: MessageId) -> Message:
        message = await self._stores.messages.get(message_id)
        if message is None or message.kind is not MessageKind.OUTGOING:
            raise NotFound("no such message")
        return message

    async def _conversation(self, conversation_id: ConversationId) -> Conversation:
        conversation = await self._stores.conversations.get(conversation_id)
        if conversation is None:
            raise NotFound("no such conversation")
        return conversation

    async def _first(self, conversation_id: ConversationId, client_id: str) -> Message:
        message = await self._stores.messages.by_client_id(conversation_id, client_id)
        if message is None:
            raise Conflict("The conversation changed at the same moment; try again.")
        return message

    async def _way_out(self, conversation: Conversation) -> tuple[Capabilities, str]:
        connected = await self._adapters.get(conversation.channel_id)
        if connected.channel.state is ChannelState.PAUSED:
            raise refused(SendErrorCode.CHANNEL_PAUSED)
        if conversation.elsewhere:
            raise refused(SendErrorCode.WITH_SERVICER)
        recipient = await handle_of(self._stores, conversation)
        if recipient is None:
            raise refused(SendErrorCode.RECIPIENT_UNKNOWN)
        return connected.adapter.type.capabilities, recipient

    async def _permitted(
        self, conversation: Conversation, message: Message, capabilities: Capabilities, now: datetime
    ) -> tuple[Message, Conversation]:
        """The reply as it may go, by itself as a template where the window is closed; and the ledger after it."""
        try:
            return message, self._spent(conversation, message, capabilities, now)
        except ReplyRefused:
            instead = None if message.template else await self._automatic.instead(conversation, message, now)
            if instead is None:
                raise
            return instead, self._spent(conversation, instead, capabilities, now)

    def _spent(
        self, conversation: Conversation, message: Message, capabilities: Capabilities, now: datetime
    ) -> Conversation:
        if message.template is not None:
            code = window.notice_refusal(conversation.window, message.template)
            if code is not None:
                raise refused(code)
            return replace(conversation, window=window.noticed(conversation.window, message.template, now))
        replies = parts(message, capabilities)
        code = window.refusal(conversation.window, replies, now)
        if code is not None:
            raise refused(code)
        return replace(conversation, window=window.used(conversation.window, replies, now))

    async def _answered(
        self, conversation: Conversation, message: Message, author: Author, now: datetime
    ) -> Sequence[Message]:
        """The customer waits no longer; the conversation is open; who answers one that nobody has, has it. The lines
        that say so."""
        lines: list[Message] = []
        answered = replace(
            records.with_message(conversation, message),
            waiting_since=None,
            first_response_at=conversation.first_response_at or (now if conversation.first_incoming_at else None),
        )
        if author.type is AuthorType.AGENT and author.id and answered.assignee_id is None:
            answered = replace(answered, assignee_id=AgentId(author.id), routed_at=answered.routed_at or now)
            answered, line = records.activity(
                answered, self._ids, now, "assigned", author, assignee_id=author.id, assignee=author.name or ""
            )
            lines.append(line)
        if answered.status is ConversationStatus.RESOLVED:
            answered, line = records.activity(
                answered, self._ids, now, "status", author, before=answered.status, status=ConversationStatus.OPEN
            )
            lines.append(line)
            answered = replace(answered, opened_at=now)
        if answered.status in (ConversationStatus.SNOOZED, ConversationStatus.RESOLVED):
            answered = replace(answered, status=ConversationStatus.OPEN, snoozed_until=None, resolved_at=None)
        await self._stores.messages.insert(*lines)
        await self._stores.conversations.save(answered)
        return lines

    def _facts(
        self, due: tuple[Clause, datetime] | None, message: Message, lines: Sequence[Message], hours: Hours
    ) -> list[ReportEvent]:
        facts = [self._reporter.sent(message)]
        if due is not None:
            facts.append(self._reporter.answered(Metric(due[0]), message, due[1], hours))
        for line in lines:
            reopens = line.details["action"] == "status"
            facts.append(self._reporter.reopened(line) if reopens else self._reporter.assigned(line))
        return facts


def _due(conversation: Conversation) -> tuple[Clause, datetime] | None:
    """What an answer now would be, and since when it is waited for; None: nobody waits."""
    if conversation.first_response_at is None:
        since = conversation.first_incoming_at
        return None if since is None else (Clause.FIRST_RESPONSE, since)
    since = conversation.waiting_since
    return None if since is None else (Clause.NEXT_RESPONSE, since)


def parts(message: Message, capabilities: Capabilities) -> int:
    """How many messages this becomes on the platform: the text's parts, and each file; or one of all."""
    if message.template is not None or capabilities.together:
        return 1
    return len(split(message.content, capabilities)) + len(message.attachments)


def refused(code: SendErrorCode) -> ReplyRefused:
    return ReplyRefused(code, REFUSED[code])


def _check_written(content: str, client_id: str, attachments: Sequence[Attachment], limit: int) -> None:
    if not content.strip() and not attachments:
        raise Invalid("A message needs text or a file.", errors={"content": "is empty"})
    if len(content) > limit:
        raise Invalid(f"A message holds at most {limit} characters.", errors={"content": "is too long"})
    if not 1 <= len(client_id) <= MAX_CLIENT_ID:
        raise Invalid("A message needs its writer's id.", errors={"client_id": f"has 1 to {MAX_CLIENT_ID} characters"})
    if len(attachments) > MAX_ATTACHMENTS:
        raise Invalid(f"A message holds at most {MAX_ATTACHMENTS} files.", errors={"attachments": "are too many"})


def _check_sendable(content: str, attachments: Sequence[Attachment], capabilities: Capabilities) -> None:
    if len(content) > capabilities.max_text:
        raise Invalid(f"This channel takes at most {capabilities.max_text} characters at once.")
    if content.strip() and ContentType.TEXT not in capabilities.sends:
        raise refused(SendErrorCode.UNSUPPORTED_CONTENT)
    for attachment in attachments:
        kind = records.content_type_of(attachment)
        if kind not in capabilities.sends:
            raise refused(SendErrorCode.UNSUPPORTED_CONTENT)
        limit = capabilities.media_limits.get(kind)
        types = capabilities.media_types.get(kind)
        too_large = limit is not None and (attachment.size or 0) > limit
        if too_large or (types is not None and attachment.media_type not in types):
            raise refused(SendErrorCode.MEDIA_REFUSED)
