"""The simulator as a running server: the Cloud API of one account, its pushes to the hub, and a small API to watch and
steer it.

async with WhatsAppSimulator() as simulator:
    ...  # a channel of the hub with simulator.settings(), whose webhook is simulator.webhook_url
    await simulator.say("王芳", "你好")
    [reply] = await simulator.wait_for_sent(1)
"""

import secrets
from collections.abc import Sequence

from aiohttp import web

from channels.meta.simulator import control
from channels.meta.simulator.graph import Object, Refused, admit, fields_of, refusal
from channels.meta.simulator.server import MetaSimulator
from channels.whatsapp.config import Callback
from channels.whatsapp.simulator import acts
from channels.whatsapp.simulator.platform import Account, Platform, SentMessage
from channels.whatsapp.simulator.script import Action, read_action
from scrm.clock import Clock


class WhatsAppSimulator(MetaSimulator[SentMessage]):
    """One account's platform. Methods that name a `user` take any made-up name. subscribed: the account's pushes go to
    the app."""

    def __init__(
        self,
        account: Account | None = None,
        *,
        clock: Clock | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        callback: str = Callback.CONSOLE,
    ) -> None:
        """callback: who tells where to push, of a channel with `settings`."""
        self.account = account or Account()
        super().__init__(self.account.app, clock=clock, host=host, port=port)
        self.platform = Platform(self.account, self.clock)
        self.subscribed = False
        self._callback = callback
        self._addresses: dict[str, str] = {}  # the media id behind each address that was given out

    @property
    def sent(self) -> Sequence[SentMessage]:
        return self.platform.sent

    def settings(self, callback: str = "") -> dict[str, str]:
        """What to paste into the hub."""
        return {
            "phone_number_id": self.account.phone_number_id,
            "account_id": self.account.account_id,
            "access_token": self.app.access_token,
            "app_secret": self.app.app_secret,
            "verify_token": self.app.verify_token,
            "callback": callback or self._callback,
            "api_base": self.api_base,
        }

    # What customers do

    async def say(self, user: str, text: str, *, reply_to: str = "") -> str:
        return await self.act(Action(user=user, text=text, reply_to=reply_to))

    async def act(self, action: Action, media: acts.Media | None = None) -> str:
        """Do it; the message's id, "" where it is none. Raises KeyError for a message that is not there."""
        if action.type == "read":
            self._read(action)
            return ""
        message, contact = acts.message_of(action, self.platform, media)
        about = {} if message["type"] == "system" else {"contacts": [contact]}
        self.push(acts.push_of(self.account, **about, messages=[message]), action.repeat)
        return str(message["id"])

    def _read(self, action: Action) -> None:
        person = self.platform.person(action.user)
        theirs = [each for each in self.platform.sent if each.recipient in (person.phone, person.user_id)]
        chosen = [each for each in theirs if each.id == action.message] if action.message else theirs
        if not chosen:
            raise KeyError("nothing was sent")
        for sent in chosen:
            self.tell(sent, "read", times=action.repeat)

    def tell(self, sent: SentMessage, status: str, *, code: int = 0, times: int = 1) -> None:
        """A status of a message that was sent."""
        self.push(acts.status_push(self.account, sent, status, self.platform, code), times)

    # The API

    def add_routes(self, application: web.Application) -> None:
        self.serve(application)
        application.router.add_get("/attachments/{key}", self.guarded(self._file))
        control.add_routes(application, self, sent=self._shown, say=self._said)

    async def _said(self, body: bytes) -> str:
        return await self.act(read_action(body))

    def _shown(self) -> list[Object]:
        names = {known: each.name for each in self.platform.people.values() for known in (each.phone, each.user_id)}
        return [
            {
                "number": sent.number,
                "at": sent.at.isoformat(),
                "id": sent.id,
                "user": names.get(sent.recipient, ""),
                "kind": sent.kind,
                "content": sent.content,
                "file_name": sent.file_name,
                "reply_to": sent.reply_to,
            }
            for sent in self.sent
        ]

    async def graph(self, verb: str, path: Sequence[str], request: web.Request) -> object:
        admit(request, self.app)
        number, account = self.account.phone_number_id, self.account.account_id
        match (verb, *path):
            case ("POST", known, "messages") if known == number:
                fields, _ = await fields_of(request)
                return self._message(fields)
            case ("POST", known, "media") if known == number:
                return {"id": self.platform.upload(*await fields_of(request))}
            case ("POST", known) if known == number:
                fields, _ = await fields_of(request)
                return await self._configured(fields)
            case ("POST", known, "subscribed_apps") if known == account:
                self.subscribed = True
                return {"success": True}
            case ("GET", known) if known == number:
                return self._number()
            case ("GET", known, "message_templates") if known == account:
                return self._templates(request)
            case ("GET", media_id) if media_id in self.platform.files:
                return self._where(media_id)
        raise Refused(100, f"Unsupported {verb.lower()} request. Object with ID '{path[0]}' does not exist", subcode=33)

    def _message(self, fields: Object) -> Object:
        if fields.get("status") == "read":
            return self._seen(fields)
        sent, code = self.platform.send(fields)
        for status in ("failed",) if code else ("sent", "delivered"):
            self.soon(acts.status_push(self.account, sent, status, self.platform, code))
        person = self.platform.addressed(fields)
        contact = {"input": sent.recipient, "wa_id": sent.recipient, "user_id": person.user_id if person else ""}
        return {"messaging_product": "whatsapp", "contacts": [contact],
                "messages": [{"id": sent.id, "message_status": "accepted"}]}  # fmt: skip

    def _seen(self, fields: Object) -> Object:
        message_id = str(fields.get("message_id", ""))
        if message_id not in self.platform.received:
            raise Refused(131009, "(#131009) Parameter value is not valid", details="Message ID is invalid")
        if "typing_indicator" in fields:
            self.platform.typing.append(message_id)
        return {"success": True}

    async def _configured(self, fields: Object) -> Object:
        told = fields.get("webhook_configuration")
        if not isinstance(told, dict):
            raise Refused(100, "(#100) Invalid parameter")
        address = str(told.get("override_callback_uri", ""))
        status, body, wanted = await self.ask(address, str(told.get("verify_token", "")))
        if status != 200 or body != wanted:
            words = "Callback verification failed: the URL couldn't be validated"
            raise Refused(100, f"(#100) {words}", subcode=2200, details=words)
        self.webhook_url = address
        self.happened()
        return {"success": True}

    def _number(self) -> Object:
        account = self.account
        return {"id": account.phone_number_id, "display_phone_number": account.phone, "verified_name": account.name,
                "quality_rating": "GREEN"}  # fmt: skip

    def _templates(self, request: web.Request) -> Object:
        """Pages of two, whatever was asked for: most accounts have more than one page holds."""
        start = int(request.query.get("after") or 0)
        page = self.account.templates[start : start + 2]
        more = start + 2 < len(self.account.templates)
        paging = {"cursors": {"before": str(start), "after": str(start + 2)}} | ({"next": "more"} if more else {})
        return {"data": page, "paging": paging}

    def _where(self, media_id: str) -> Object:
        file = self.platform.files[media_id]
        key = secrets.token_urlsafe(20)
        self._addresses[key] = media_id
        return {"messaging_product": "whatsapp", "id": media_id, "url": f"{self.url}/attachments/{key}?mid={media_id}",
                "mime_type": file.media_type, "sha256": "simulated", "file_size": str(len(file.data))}  # fmt: skip

    async def _file(self, request: web.Request) -> web.StreamResponse:
        try:
            admit(request, self.app)
        except Refused as refused:
            return refusal(refused)
        media_id = self._addresses.get(request.match_info["key"])
        if media_id is None:
            return web.Response(status=404)
        file = self.platform.files[media_id]
        return web.Response(body=file.data, headers={"Content-Type": file.media_type})
