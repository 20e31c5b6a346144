"""A channel type, as the hub sees it.

An adapter sees no aiohttp request, no database and no clock but the injected one. `verify` and `parse` are pure.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Protocol

from aiohttp import ClientSession

from scrm.clock import Clock
from scrm.errors import SendErrorCode
from scrm.ids import MessageId
from scrm.model.base import Record
from scrm.model.channel import Capabilities, Channel, ChannelType
from scrm.model.conversation import Servicing
from scrm.model.message import ContentType, MessageStatus, TemplateUse
from scrm.model.work import Permit


class WebhookRequest(Record, kw_only=True):
    """A platform's request as it arrived. headers: lower-case names. body: at most
    `LARGEST_BODY`, the web room sees to it."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


class WebhookReply(Record, kw_only=True):
    status: int = 200
    body: bytes = b""
    media_type: str = "text/plain; charset=utf-8"


class Challenge(Record, kw_only=True):
    """The platform asked whether the URL is ours; the answer, and nothing to journal."""

    reply: WebhookReply


class VerifiedRequest(Record, kw_only=True):
    """A request whose signature held; only `verify` (and the journal, which stored one) makes these.

    body: decrypted. facts: the little beside the body that `parse` needs.
    dedupe_key: equal for two deliveries of the same thing, however they were encrypted or signed.
    handle: the sender's handle, which sets the partition; "" when the body does not say at a glance.
    """

    body: bytes
    facts: dict[str, str] = {}
    dedupe_key: str
    handle: str
    received_at: datetime


class MediaRef(Record, kw_only=True):
    """A file the platform keeps for us. `source` is its handle there (media id); never a URL that holds a secret.

    stored: the hub has the file already, and `source` is its attachment id.
    """

    source: str
    media_type: str = "application/octet-stream"
    file_name: str | None = None
    size: int | None = None
    duration: float | None = None
    stored: bool = False


class Sender(Record, kw_only=True):
    """Who wrote. handle: on this channel. union_id joins channels of one owner (realm = union_realm).

    name, phone, email, company: as far as this person said; they fill in what the contact lacks.
    """

    handle: str
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    company: str | None = None
    union_id: str | None = None
    union_realm: str | None = None


class IncomingMessage(Record, kw_only=True, tag="message"):
    """Something a customer sent.

    external_id: the platform's id, or a stable one the adapter derived; unique within the channel.
    sent_at: the platform's time. sequence: the platform's order among messages of one sender, if it says.
    trigger: the `ReplyRule.trigger` this opens, or None.
    edited_at: set when this is what the message of that id says since then; one the hub never had is taken as new.
    within: the id of a message that the hub has to have, else this is not for us: what is said in the thread of a group
    counts where the thread began with a word to us. "": it counts by itself.
    """

    external_id: str
    sender: Sender
    sent_at: datetime
    edited_at: datetime | None = None
    sequence: int | None = None
    content_type: ContentType = ContentType.TEXT
    content: str = ""
    details: dict[str, str] = {}
    media: tuple[MediaRef, ...] = ()
    trigger: str | None = None
    within: str = ""


class Greeting(Record, kw_only=True):
    """What the channel says to a customer at once, and what permits it: one text, as long as one message may be."""

    content: str
    permit: Permit


class ConsentGiven(Record, kw_only=True):
    """The customer agreed to one more message of a template (given), or to none any more."""

    template_id: str
    given: bool


class PlatformEvent(Record, kw_only=True, tag="event"):
    """Something a customer did: follow, unfollow, scan, menu click … Shown on the timeline as content type `event`.

    event: its name in lower snake case. details: its fields, flat. opens_conversation: whether an agent should see
    it as a conversation of its own when none is open (a follow does not, a menu click that asks for help does).
    subscribed: what the contact's `subscribed` becomes, None to leave it. source: set on a new contact.
    greeting: sent in answer, once, by nobody. key: of the menu button that was pressed. consents: what the customer
    now agrees to be sent, or no longer does. servicing: who has the customer now, where the event says. answered: by
    one of the company's people on the platform, whom the customer waited for.
    """

    external_id: str
    sender: Sender
    sent_at: datetime
    event: str
    content: str = ""
    details: dict[str, str] = {}
    trigger: str | None = None
    opens_conversation: bool = False
    subscribed: bool | None = None
    source: dict[str, str] = {}
    greeting: Greeting | None = None
    key: str | None = None
    consents: tuple[ConsentGiven, ...] = ()
    servicing: Servicing | None = None
    answered: bool = False


class ReceiptEvent(Record, kw_only=True, tag="receipt"):
    """The platform tells how an outgoing message fared. external_id: of the sent message. code: of a failure.

    until: the platform names no messages, it means all that were sent to `handle` until then; external_id is then its
    own.
    """

    external_id: str
    status: MessageStatus
    at: datetime
    handle: str = ""
    until: datetime | None = None
    code: SendErrorCode = SendErrorCode.PLATFORM_ERROR
    platform_code: str = ""
    detail: str = ""


class Notice(Record, kw_only=True, tag="notice"):
    """The platform says only that there is something to fetch (`Pulls`).

    account: whose, as `Pulls.account` says it. One address at the hub may serve several channels of one owner, so it
    need not be the channel's that was told. ticket: what the platform wants to be shown when it is asked.
    """

    external_id: str
    account: str
    at: datetime
    ticket: str = ""


ChannelEvent = IncomingMessage | PlatformEvent | ReceiptEvent | Notice


class OutboundFile(Record, kw_only=True):
    """A file on its way out. duration: in seconds, where it is known.

    address: where the platform can fetch it for a while (`Capabilities.fetches`), "" where the hub has no address that
    the world knows. poster: of a small picture (PNG) to show until it is opened.
    """

    data: bytes
    media_type: str
    file_name: str
    duration: float | None = None
    address: str = ""
    poster: str = ""


class OutboundMessage(Record, kw_only=True):
    """One part to send: within the capability's limits, the outbox has split it. part counts from 0.

    reply_to: the platform's id of the message it answers in particular, "" where it answers none. answers: what
    `parse` put into that message's `details` (`Capabilities.threads`, `Capabilities.follows`).
    files: what leaves with the text, where the platform takes both in one message (`Capabilities.together`).
    permit: the code of a `Permit`, "" where the reply window is what permits it. template: what is to be sent in place
    of the text, which only says what it reads like.
    """

    message_id: MessageId
    part: int
    recipient: str
    content_type: ContentType
    content: str = ""
    file: OutboundFile | None = None
    files: tuple[OutboundFile, ...] = ()
    reply_to: str = ""
    answers: dict[str, str] = {}
    permit: str = ""
    template: TemplateUse | None = None


class SendResult(Record, kw_only=True):
    """external_id: the platform's id of what it accepted, "" where it gives none."""

    external_id: str = ""


class Profile(Record, kw_only=True):
    """What a platform tells about a person; None where it tells nothing."""

    name: str | None = None
    email: str | None = None
    avatar_url: str | None = None
    language: str | None = None
    city: str | None = None
    subscribed: bool | None = None
    union_id: str | None = None
    union_realm: str | None = None
    source: dict[str, str] = {}
    remark: str | None = None
    tags: tuple[str, ...] | None = None  # ids; None: the platform says nothing of tags


class FetchedMedia(Record, kw_only=True):
    """The file, already within the size limit. Raises SendError like `send` when it cannot be had."""

    data: bytes
    media_type: str
    file_name: str | None = None


class AccessToken(Record, kw_only=True):
    value: str
    expires_at: datetime


class SharedTokens(Protocol):
    """Access tokens shared by every process of the hub: stored sealed, fetched by one at a time."""

    async def obtain(self, key: str, fetch: Callable[[], Awaitable[AccessToken]], *, stale: str | None = None) -> str:
        """The token under `key`. Calls `fetch` when there is none, when it expires within five minutes, or when the
        stored one equals `stale` (the platform just refused it). However many ask at once, in however many
        processes, one fetch runs. Errors of `fetch` pass through.
        """
        ...


class ChannelContext(Record, kw_only=True):
    """Everything an adapter gets. `session` has time-outs and is closed by the hub."""

    channel: Channel
    clock: Clock
    session: ClientSession
    tokens: SharedTokens


class ChannelAdapter(Protocol):
    """One channel's way to its platform; made anew when the channel's settings change."""

    type: ClassVar[ChannelType]

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        """Check the signature in constant time and the body's bounds. Pure. Raises only WebhookError."""
        ...

    def parse(self, request: VerifiedRequest) -> Sequence[ChannelEvent]:
        """Read what `verify` returned. Pure. Raises only ParseError. An unknown type is an event of content
        type `unknown`, not an error."""
        ...

    def acknowledge(self, request: VerifiedRequest) -> WebhookReply:
        """What the platform wants to hear once the request is journalled."""
        ...

    async def send(self, message: OutboundMessage) -> SendResult:
        """Raises only SendError. One try: retries are the outbox's."""
        ...

    async def check(self) -> None:
        """Try the credentials against the platform. Raises SendError with what to mend."""
        ...


class ChannelTypes(Protocol):
    """The channel types there are: `channels.CHANNEL_TYPES` behind a face the hub may import."""

    def all(self) -> Sequence[ChannelType]: ...

    def get(self, type_name: str) -> ChannelType | None: ...

    def adapter(self, context: ChannelContext) -> ChannelAdapter: ...

    def capabilities(self, type_name: str) -> Capabilities: ...

    def normalise_settings(self, type_name: str, settings: Mapping[str, str]) -> dict[str, str]:
        """Complete settings: trimmed, defaults filled in. Raises Invalid with `errors`, a sentence by setting."""
        ...
