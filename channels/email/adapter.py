"""The channel contract for a mailbox: parse is pure; mail comes from IMAP and leaves by SMTP."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from channels.email import compose, events
from channels.email.config import CAPABILITIES, TEXT_LIMIT, TYPE, read_config
from channels.email.headers import address
from channels.email.mailbox import Mailbox
from channels.email.smtp import Outgoing
from scrm.errors import SendError, SendErrorCode, WebhookError, WebhookRefusal
from scrm.model.channel import ChannelType
from scrm.ports.abilities import Heard, Pulled
from scrm.ports.channel import (
    Challenge,
    ChannelContext,
    ChannelEvent,
    FetchedMedia,
    MediaRef,
    OutboundFile,
    OutboundMessage,
    SendResult,
    VerifiedRequest,
    WebhookReply,
    WebhookRequest,
)

# In case the server does not tell, or was not heard.
PULL_EVERY = timedelta(seconds=60)
MAX_SOURCE = 16_384
# Of what one request to any platform may take: a server that reads mail for viruses before it answers takes longer.
SLOWER = 4


class EmailAdapter:
    type: ClassVar[ChannelType] = TYPE

    def __init__(self, context: ChannelContext) -> None:
        """context.channel.settings: complete, as `normalise_settings` returns them."""
        self._config = read_config(context.channel.settings)
        self._clock = context.clock
        total = context.session.timeout.total if context.session is not None else None
        patience = (total or 15.0) * SLOWER
        self._mailbox = Mailbox(self._config, context.clock, patience=patience)
        self._outgoing = Outgoing(self._config.smtp, self._config.address, patience=patience)

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        raise WebhookError(WebhookRefusal.BAD_SIGNATURE, "mail comes by IMAP")

    def parse(self, request: VerifiedRequest) -> Sequence[ChannelEvent]:
        return events.parse(request, self._config.own)

    def acknowledge(self, request: VerifiedRequest) -> WebhookReply:
        return WebhookReply()

    # What comes in

    @property
    def account(self) -> str:
        return self._mailbox.account

    @property
    def pull_every(self) -> timedelta:
        return PULL_EVERY

    async def pull(self, cursor: str, ticket: str, ticket_at: datetime | None) -> Pulled:
        return await self._mailbox.page(cursor)

    @property
    def listens(self) -> bool:
        return True

    async def listen(self, mark: str) -> Heard:
        return await self._mailbox.hear()

    async def settle(self, requests: Sequence[VerifiedRequest]) -> None:
        """Nothing is marked in the folder: it belongs to people."""

    def close(self) -> None:
        self._mailbox.close()

    async def fetch_media(self, ref: MediaRef, limit: int) -> FetchedMedia:
        place = events.read_source(ref.source) if len(ref.source) <= MAX_SOURCE else None
        if place is None or not all(each.isdigit() for each in place.part.split(".")):
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="no part of a mail")
        return await self._mailbox.file(place, limit)

    # What goes out

    async def send(self, message: OutboundMessage) -> SendResult:
        files = [*message.files, *([message.file] if message.file is not None else [])]
        recipient = self._checked(message, files)
        config = self._config
        id_ = compose.message_id(message.message_id, message.part, config.address)
        mail = compose.mail(
            id_=id_,
            sender=(config.name, config.address),
            recipient=recipient,
            content=message.content,
            files=files,
            answered=message.answers,
            at=self._clock.now(),
        )
        await self._outgoing.send(recipient, mail)
        return SendResult(external_id=id_)

    def _checked(self, message: OutboundMessage, files: Sequence[OutboundFile]) -> str:
        """The address as SMTP writes it."""
        if message.content_type not in CAPABILITIES.sends or (not message.content and not files):
            raise SendError(SendErrorCode.UNSUPPORTED_CONTENT, detail="neither text nor a file")
        if len(message.content) > TEXT_LIMIT:
            raise SendError(SendErrorCode.TOO_LONG, detail=f"longer than {TEXT_LIMIT} characters")
        limit = CAPABILITIES.media_limits["file"]
        if sum(len(file.data) for file in files) > limit:
            raise SendError(SendErrorCode.TOO_LONG, detail=f"files of more than {limit} bytes together")
        pictures = CAPABILITIES.media_types["image"]
        if any(file.media_type.startswith("image/") and file.media_type not in pictures for file in files):
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="a kind of picture that mail programs do not show")
        local, _, domain = address(message.recipient).partition("@")
        try:
            plain = f"{local}@{domain.encode('idna').decode()}" if domain else ""
        except UnicodeError:
            plain = ""
        if not plain or not plain.isascii():
            raise SendError(SendErrorCode.RECIPIENT_UNKNOWN, detail="not an address that mail can be sent to")
        return plain

    async def check(self) -> None:
        await self._mailbox.look()
        await self._outgoing.check()

    async def describe(self) -> str:
        return await self._mailbox.look()
