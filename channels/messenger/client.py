"""The platform's API, as far as the hub needs it. Raises only SendError.

Sources: developers.facebook.com/docs/messenger-platform/reference/send-api, … /reference/attachment-upload-api,
… /documentation/business-messaging/messenger-platform/send-messages/sender-actions, … /identity/user-profile.
"""

from aiohttp import ClientSession

from channels.messenger.config import MessengerConfig
from channels.messenger.error_codes import MEANINGS, OUTSIDE_WINDOW
from channels.meta.graph import Graph
from channels.transport import form, json_bytes
from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.channel import FetchedMedia, MediaRef, OutboundFile

SUBSCRIBED = (
    "messages",
    "message_edits",
    "message_deliveries",
    "message_reads",
    "message_reactions",
    "messaging_postbacks",
    "messaging_referrals",
)
RESPONSE = {"messaging_type": "RESPONSE"}
BY_A_PERSON = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}


class _Taken(Record, kw_only=True):
    message_id: str


class _Acted(Record, kw_only=True):
    recipient_id: str


class _Uploaded(Record, kw_only=True):
    attachment_id: str


class _Done(Record, kw_only=True):
    success: bool


class Page(Record, kw_only=True):
    id: str
    name: str = ""


class Person(Record, kw_only=True):
    first_name: str = ""
    last_name: str = ""

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name.strip(), self.last_name.strip()) if part)[:200]


class MessengerClient:
    def __init__(self, config: MessengerConfig, session: ClientSession) -> None:
        self._config = config
        self._page = config.page_id
        self._graph = Graph(
            session,
            api_base=config.api_base,
            access_token=config.access_token,
            app_secret=config.app_secret,
            meanings=MEANINGS,
        )

    async def send(self, recipient: str, message: dict[str, object]) -> str:
        """The one request that hands something to a customer; the message's id. One that the platform surely refused
        as too late goes once more in a person's name, where the app may do that."""
        try:
            return await self._send(recipient, message, RESPONSE)
        except SendError as error:
            if not (self._config.human_agent and error.certain and error.platform_code in OUTSIDE_WINDOW):
                raise
        return await self._send(recipient, message, BY_A_PERSON)

    async def _send(self, recipient: str, message: dict[str, object], terms: dict[str, str]) -> str:
        fields: dict[str, object] = {"recipient": {"id": recipient}, **terms, "message": message}
        return (await self._graph.post(f"{self._page}/messages", fields, _Taken, delivers=True)).message_id

    async def typing(self, recipient: str) -> None:
        fields: dict[str, object] = {"recipient": {"id": recipient}, "sender_action": "typing_on"}
        await self._graph.post(f"{self._page}/messages", fields, _Acted)

    async def upload(self, kind: str, file: OutboundFile) -> str:
        """Hand the platform a file, which it keeps for ninety days; its id."""
        about = {"attachment": {"type": kind, "payload": {"is_reusable": True}}}
        body = form("filedata", file, {"message": json_bytes(about).decode()})
        return (await self._graph.upload(f"{self._page}/message_attachments", body, _Uploaded)).attachment_id

    async def download(self, ref: MediaRef, limit: int) -> FetchedMedia:
        return await self._graph.fetch(ref.source, limit, ref.media_type, with_token=False)

    async def page(self) -> Page:
        return await self._graph.get(self._page, Page, {"fields": "id,name"})

    async def person(self, handle: str) -> Person:
        if not (handle.isascii() and handle.isdigit()):
            raise SendError(SendErrorCode.RECIPIENT_UNKNOWN, detail="not a page-scoped id")
        return await self._graph.get(handle, Person, {"fields": "first_name,last_name"})

    async def subscribe(self) -> None:
        """Have the page's pushes sent to the app. To which address, only the app's console says."""
        fields: dict[str, object] = {"subscribed_fields": ",".join(SUBSCRIBED)}
        await self._graph.post(f"{self._page}/subscribed_apps", fields, _Done)
