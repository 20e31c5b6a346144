"""The simulator as a running server: the Send API of one page, its pushes to the hub, and a small API to watch and
steer it.

async with MessengerSimulator() as simulator:
    ...  # a channel of the hub with simulator.settings(), whose webhook is simulator.webhook_url
    await simulator.say("王芳", "你好")
    [reply] = await simulator.wait_for_sent(1)
"""

from collections.abc import Sequence

from aiohttp import web

from channels.messenger.config import HumanAgent
from channels.messenger.simulator import acts
from channels.messenger.simulator.platform import Page, Platform, SentMessage
from channels.messenger.simulator.script import Action, read_action
from channels.meta.simulator import control
from channels.meta.simulator.graph import Object, Refused, admit, fields_of
from channels.meta.simulator.server import MetaSimulator
from scrm.clock import Clock


class MessengerSimulator(MetaSimulator[SentMessage]):
    """One page's platform. Methods that name a `user` take any made-up name. subscribed: what of the page goes to the
    app."""

    def __init__(
        self, page: Page | None = None, *, clock: Clock | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.page = page or Page()
        super().__init__(self.page.app, clock=clock, host=host, port=port)
        self.platform = Platform(self.page, self.clock)
        self.subscribed: tuple[str, ...] = ()

    @property
    def sent(self) -> Sequence[SentMessage]:
        return self.platform.sent

    def settings(self) -> dict[str, str]:
        """What to paste into the hub."""
        return {
            "page_id": self.page.id,
            "access_token": self.app.access_token,
            "app_secret": self.app.app_secret,
            "verify_token": self.app.verify_token,
            "human_agent": HumanAgent.ON if self.page.human_agent else HumanAgent.OFF,
            "api_base": self.api_base,
        }

    # What customers do

    async def say(self, user: str, text: str, *, reply_to: str = "") -> str:
        return await self.act(Action(user=user, text=text, reply_to=reply_to))

    async def act(self, action: Action, media: acts.Media | None = None) -> str:
        """Do it; the message's id, "" where it is none. Raises KeyError for a message that is not there."""
        event = acts.event_of(action, self.platform, f"{self.url}/cdn", media)
        self.push(acts.push_of(self.page, event), action.repeat)
        return str((event.get("message") or event.get("postback") or {}).get("mid", ""))

    # The API

    def add_routes(self, application: web.Application) -> None:
        self.serve(application)
        application.router.add_get("/cdn/{key}/{name}", self.guarded(self._file))
        control.add_routes(application, self, sent=self._shown, say=self._said)

    async def _said(self, body: bytes) -> str:
        return await self.act(read_action(body))

    def _shown(self) -> list[Object]:
        return [
            {
                "number": sent.number,
                "at": sent.at.isoformat(),
                "id": sent.id,
                "user": self.platform.people.get(sent.recipient, ""),
                "kind": sent.kind,
                "content": sent.content,
                "file_name": sent.file_name,
                "tag": sent.tag,
            }
            for sent in self.sent
        ]

    async def graph(self, verb: str, path: Sequence[str], request: web.Request) -> object:
        admit(request, self.app)
        match (verb, *path):
            case ("POST", page, "messages") if page == self.page.id:
                fields, _ = await fields_of(request)
                return self._message(fields)
            case ("POST", page, "message_attachments") if page == self.page.id:
                return {"attachment_id": self.platform.upload(*await fields_of(request))}
            case ("POST", page, "subscribed_apps") if page == self.page.id:
                fields, _ = await fields_of(request)
                self.subscribed = tuple(str(fields.get("subscribed_fields", "")).split(","))
                self.happened()
                return {"success": True}
            case ("GET", page) if page == self.page.id:
                return {"id": self.page.id, "name": self.page.name}
            case ("GET", number):
                return self.platform.person(number)
        raise Refused(100, f"Unsupported {verb.lower()} request.", subcode=33)

    def _message(self, fields: Object) -> Object:
        if "sender_action" in fields:
            return {"recipient_id": self.platform.act(fields)}
        sent = self.platform.send(fields)
        self.soon(acts.push_of(self.page, acts.echo_of(self.page, self.platform, sent)))
        self.soon(acts.push_of(self.page, acts.delivery_of(self.platform, sent)))
        return {"recipient_id": sent.recipient, "message_id": sent.id}

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self.platform.files.get(request.match_info["key"])
        if file is None:
            return web.Response(status=404)
        return web.Response(body=file.data, content_type=file.media_type)
