"""The channel contract for WeCom's customer service: verify and parse are pure, everything else asks the platform."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from channels.transport import safe_name
from channels.wecom import events
from channels.wecom.client import WeComClient
from channels.wecom.config import CAPABILITIES, TYPE, read_config
from channels.wecom.error_codes import BAD_TICKET, WRONG_STATE
from channels.wecom.pages import MESSAGE_FACTS, read_page
from channels.wecom.people import People
from channels.wecom.sessions import Sessions, text
from channels.wecom.webhook import Webhook, account_name, read_notice
from scrm.errors import SendError, SendErrorCode
from scrm.model.channel import ChannelType
from scrm.model.message import ContentType
from scrm.ports.abilities import Handling, Pulled, Servicer
from scrm.ports.channel import (
    Challenge,
    ChannelContext,
    ChannelEvent,
    FetchedMedia,
    MediaRef,
    OutboundFile,
    OutboundMessage,
    Profile,
    SendResult,
    VerifiedRequest,
    WebhookReply,
    WebhookRequest,
)

MAX_MEDIA_ID = 512
# A notice's token lives ten minutes (document/path/94670); one about to end is not worth the try.
TICKET_LIFE = timedelta(minutes=9)
# In case a notice is lost. Without a token the platform wants to be asked seldom.
PULL_EVERY = timedelta(minutes=5)
SMALLEST_FILE = 5
# People of an account that are listed.
MOST_SHOWN = 20

EXTENSIONS: dict[str, tuple[str, ...]] = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "audio/amr": (".amr",),
    "video/mp4": (".mp4",),
}


class WeComAdapter:
    type: ClassVar[ChannelType] = TYPE

    def __init__(self, context: ChannelContext) -> None:
        """context.channel.settings: complete, as `normalise_settings` returns them."""
        self._config = read_config(context.channel.settings)
        self._clock = context.clock
        self._webhook = Webhook(self._config)
        self._client = WeComClient(self._config, context.session, context.tokens, context.clock)
        self._people = People(self._client, context.clock)
        self._sessions = Sessions(self._client)

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        return self._webhook.verify(request)

    def parse(self, request: VerifiedRequest) -> Sequence[ChannelEvent]:
        if request.facts.get("kind") == MESSAGE_FACTS["kind"]:
            return events.parse(request, self._config.corp_id, self._config.welcome)
        return read_notice(request, self._config.corp_id)

    def acknowledge(self, request: VerifiedRequest) -> WebhookReply:
        return WebhookReply()

    # What comes in

    @property
    def account(self) -> str:
        return account_name(self._config.corp_id, self._config.open_kfid)

    @property
    def pull_every(self) -> timedelta:
        return PULL_EVERY

    async def pull(self, cursor: str, ticket: str, ticket_at: datetime | None) -> Pulled:
        now = self._clock.now()
        if ticket_at is None or now - ticket_at >= TICKET_LIFE:
            ticket = ""
        try:
            answer = await self._client.sync(cursor, ticket)
        except SendError as error:
            if not ticket or error.platform_code != BAD_TICKET:
                raise
            answer = await self._client.sync(cursor, "")
        page = read_page(answer, now)
        return Pulled(requests=await self._people.named(page.requests), cursor=page.cursor or cursor, more=page.more)

    async def fetch_media(self, ref: MediaRef, limit: int) -> FetchedMedia:
        if not 0 < len(ref.source) <= MAX_MEDIA_ID:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="no media id")
        return await self._client.download(ref.source, limit)

    async def fetch_profile(self, handle: str) -> Profile:
        person = await self._people.one(handle)
        return Profile(
            name=person.name or None,
            avatar_url=person.avatar_url or None,
            union_id=person.union_id or None,
            union_realm=events.UNION_REALM if person.union_id else None,
        )

    # What goes out

    async def send(self, message: OutboundMessage) -> SendResult:
        kind, content = await self._content(message)
        try:
            if message.permit:
                answer = await self._client.answer_event(message.permit, kind, content)
            else:
                answer = await self._client.send(message.recipient, kind, content)
        except SendError as error:
            if error.platform_code != WRONG_STATE:
                raise
            raise await self._sessions.why(message.recipient, error) from None
        return SendResult(external_id=text(answer, "msgid"))

    async def check(self) -> None:
        """The servicer list needs good credentials, the permission for this account and an allowed address."""
        await self._client.servicers()

    async def describe(self) -> str:
        """The account's name, and who of WeCom's people take its customers (●) or do not now (○)."""
        people = [f"{each.id} {'●' if each.takes else '○'}" for each in await self._sessions.people()]
        more = [f"… {len(people)}"] if len(people) > MOST_SHOWN else []
        return " · ".join(filter(None, [await self._name(), ", ".join(people[:MOST_SHOWN] + more)]))

    async def _name(self) -> str:
        """The account's, where it is among the company's first hundred."""
        found = (await self._client.accounts(0)).get("account_list")
        for each in found if isinstance(found, list) else []:
            if isinstance(each, dict) and each.get("open_kfid") == self._config.open_kfid:
                return text(each, "name")
        return ""

    async def hand_over(self, recipient: str, handling: Handling) -> bool:
        return await self._sessions.handle(recipient, handling)

    async def servicers(self) -> Sequence[Servicer]:
        return await self._sessions.people()

    async def pass_on(self, recipient: str, servicer_id: str) -> None:
        await self._sessions.pass_on(recipient, servicer_id)

    async def serviced_by(self, recipient: str) -> str | None:
        return await self._sessions.serviced_by(recipient)

    async def take_back(self, recipient: str) -> bool:
        return await self._sessions.take_back(recipient)

    async def _content(self, message: OutboundMessage) -> tuple[str, dict[str, object]]:
        if message.file is None:
            if not message.content:
                raise SendError(SendErrorCode.UNSUPPORTED_CONTENT, detail="neither text nor a file")
            if len(message.content.encode("utf-8", "replace")) > CAPABILITIES.text_limit:
                raise SendError(SendErrorCode.TOO_LONG, detail=f"longer than {CAPABILITIES.text_limit} bytes")
            return "text", {"content": message.content}
        kind = message.content_type
        if kind not in CAPABILITIES.media_limits:
            raise SendError(SendErrorCode.UNSUPPORTED_CONTENT, detail="the platform takes no file of this kind")
        return kind.value, {"media_id": await self._upload(kind, message.file)}

    async def _upload(self, kind: ContentType, file: OutboundFile) -> str:
        if len(file.data) > CAPABILITIES.media_limits[kind]:
            raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {CAPABILITIES.media_limits[kind]} bytes")
        types = CAPABILITIES.media_types.get(kind)
        if (types is not None and file.media_type not in types) or len(file.data) <= SMALLEST_FILE:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the platform does not take this kind of file")
        # The platform goes by the extension, so a picture's name without one would be refused.
        name = safe_name(file.file_name) or kind.value
        wanted = EXTENSIONS.get(file.media_type, ())
        if wanted and not name.lower().endswith(wanted):
            name = name[:100] + wanted[0]
        return await self._client.upload(kind.value, file.data, file.media_type, name)
