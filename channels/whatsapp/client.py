"""The platform's API, as far as the hub needs it. Raises only SendError.

Sources: developers.facebook.com/documentation/business-messaging/whatsapp/ — messages/send-messages, typing-indicators,
business-phone-numbers/media, webhooks/override, templates/template-management.
"""

from collections.abc import Mapping, Sequence

from aiohttp import ClientSession

from channels.meta.graph import Graph
from channels.transport import form
from channels.whatsapp import templates
from channels.whatsapp.config import WhatsAppConfig
from channels.whatsapp.error_codes import MEANINGS
from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.abilities import PlatformTemplate
from scrm.ports.channel import FetchedMedia, MediaRef, OutboundFile

# A page of templates with everything in them is some hundred kilobytes.
LIST_ANSWER = 2 * 1024 * 1024
PAGE, MOST_PAGES = 100, 10
TEMPLATE_FIELDS = "name,language,status,category,parameter_format,components"
NUMBER_FIELDS = "id,display_phone_number,verified_name,quality_rating"
PRODUCT: Mapping[str, object] = {"messaging_product": "whatsapp"}


class _Id(Record, kw_only=True):
    id: str


class _Taken(Record, kw_only=True):
    messages: tuple[_Id, ...]


class _Done(Record, kw_only=True):
    success: bool


class _File(Record, kw_only=True):
    url: str
    mime_type: str = ""
    file_size: int | str = 0


class PhoneNumber(Record, kw_only=True):
    id: str
    display_phone_number: str = ""
    verified_name: str = ""
    quality_rating: str = ""


class _Cursors(Record, kw_only=True):
    after: str = ""


class _Paging(Record, kw_only=True):
    cursors: _Cursors = _Cursors()
    next: str = ""


class _Page(Record, kw_only=True):
    data: tuple[dict[str, object], ...]
    paging: _Paging = _Paging()


class WhatsAppClient:
    def __init__(self, config: WhatsAppConfig, session: ClientSession) -> None:
        self._config = config
        self._number = config.phone_number_id
        self._graph = Graph(
            session,
            api_base=config.api_base,
            access_token=config.access_token,
            app_secret=config.app_secret,
            meanings=MEANINGS,
        )

    async def send(self, recipient: str, kind: str, content: object, *, answers: str = "") -> str:
        """The one request that hands something to a customer; the message's id. answers: the id of another."""
        fields: dict[str, object] = {
            **PRODUCT, "recipient_type": "individual", **_address(recipient), "type": kind, kind: content
        }  # fmt: skip
        if answers:
            fields["context"] = {"message_id": answers}
        taken = await self._graph.post(f"{self._number}/messages", fields, _Taken, delivers=True)
        return taken.messages[0].id if taken.messages else ""

    async def typing(self, message_id: str) -> None:
        """Shows the customer that their message is read and an answer being written, for 25 seconds."""
        fields = {**PRODUCT, "status": "read", "message_id": message_id, "typing_indicator": {"type": "text"}}
        await self._graph.post(f"{self._number}/messages", fields, _Done)

    async def upload(self, file: OutboundFile) -> str:
        """Hand the platform a file, which it keeps for thirty days; its media id."""
        body = form("file", file, {"messaging_product": "whatsapp", "type": file.media_type})
        return (await self._graph.upload(f"{self._number}/media", body, _Id)).id

    async def download(self, ref: MediaRef, limit: int) -> FetchedMedia:
        """A customer's file. The platform says where it is for five minutes; the address needs the token too."""
        found = await self._graph.get(ref.source, _File, {"phone_number_id": self._number})
        size = int(found.file_size) if str(found.file_size).isdigit() else 0
        if size > limit:
            raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {limit} bytes")
        media_type = found.mime_type.partition(";")[0].strip().lower() or ref.media_type
        return await self._graph.fetch(found.url, limit, media_type, with_token=True)

    async def number(self) -> PhoneNumber:
        return await self._graph.get(self._number, PhoneNumber, {"fields": NUMBER_FIELDS})

    async def subscribe(self, address: str) -> None:
        """Have the account's pushes sent to this app, and this number's to the address. The platform asks the address
        at once whether it is ours."""
        await self._graph.post(f"{self._config.account_id}/subscribed_apps", {}, _Done)
        told = {"override_callback_uri": address, "verify_token": self._config.verify_token}
        await self._graph.post(self._number, {"webhook_configuration": told}, _Done)

    async def templates(self) -> Sequence[PlatformTemplate]:
        found: list[PlatformTemplate] = []
        after = ""
        for _ in range(MOST_PAGES):
            query = {"fields": TEMPLATE_FIELDS, "limit": str(PAGE)} | ({"after": after} if after else {})
            path = f"{self._config.account_id}/message_templates"
            page = await self._graph.get(path, _Page, query, longest=LIST_ANSWER)
            found += [each for item in page.data if (each := templates.read_template(item)) is not None]
            after = page.paging.cursors.after if page.paging.next else ""
            if not after:
                break
        return found


def _address(recipient: str) -> dict[str, object]:
    """`to` is a phone number; who keeps theirs to themselves is addressed by the id the company knows them by."""
    return {"to": recipient} if recipient.isascii() and recipient.isdigit() else {"recipient": recipient}
