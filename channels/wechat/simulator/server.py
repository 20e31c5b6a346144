"""The simulator as a running server: the platform's API, its pushes to the hub, and a small API to watch and steer it.

async with WeChatSimulator(account) as simulator:
    simulator.connect("http://127.0.0.1:8000/hooks/01J…")
    delivery = await simulator.say("王芳", "你好")
    [reply] = await simulator.wait_for_sent(1)
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Self

from aiohttp import ClientTimeout, web

from channels.simulating.server import SimulatedServer
from channels.wechat.simulator import acts, pushes
from channels.wechat.simulator.account import Account, openid_of
from channels.wechat.simulator.api import PlatformApi
from channels.wechat.simulator.control import ControlApi
from channels.wechat.simulator.platform import Platform, SentMessage
from channels.wechat.simulator.script import Action
from channels.wx.simulator.delivery import Courier, Delivery
from scrm.clock import Clock

MediaFile = tuple[bytes, str, str]


class WeChatSimulator(SimulatedServer[SentMessage]):
    """A platform for one or more accounts. Methods that name a `user` take any made-up name, or an openid.

    deliveries: every push that ended, delivered or given up.
    """

    # The courier counts time by its clock; the session must not cut a slow hub short.
    patience = ClientTimeout(total=None, sock_connect=5)

    def __init__(self, *accounts: Account, clock: Clock | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(clock=clock, host=host, port=port)
        self.deliveries: list[Delivery] = []
        self._sent: list[SentMessage] = []
        self.platforms = {
            account.app_id: Platform(account, self.clock, self._sent) for account in accounts or (Account(),)
        }
        self._urls: dict[str, str] = {}
        self._last_id = int(self.clock.now().timestamp() * 1000) * 1000
        self._tries = 0
        self._api = PlatformApi(self.platforms, self.happened)
        self.faults = self._api.faults
        self._courier: Courier | None = None

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._courier = Courier(self.session, self.clock, self._tried)
        return self

    def add_routes(self, application: web.Application) -> None:
        self._api.add_routes(application)
        ControlApi(self).add_routes(application)

    @property
    def sent(self) -> Sequence[SentMessage]:
        return self._sent

    @property
    def account(self) -> Account:
        return next(iter(self.platforms.values())).account

    def platform(self, app_id: str = "") -> Platform:
        """The named account's, or the first's. Raises KeyError."""
        return self.platforms[app_id or self.account.app_id]

    def settings(self, app_id: str = "") -> dict[str, str]:
        """What to paste into the hub."""
        return self.platform(app_id).account.settings(self.url)

    def connect(self, webhook_url: str, app_id: str = "") -> None:
        """Where the account's pushes go."""
        self._urls[app_id or self.account.app_id] = webhook_url

    def connected(self, app_id: str = "") -> bool:
        return (app_id or self.account.app_id) in self._urls

    # What customers do

    def openid(self, user: str, app_id: str = "") -> str:
        known = self.platform(app_id).customers
        return user if user in known else openid_of(app_id or self.account.app_id, user)

    async def say(self, user: str, text: str, *, repeat: int = 1) -> Delivery:
        return await self.act(Action(user=user, text=text, repeat=repeat))

    async def send_media(self, user: str, kind: str, media: MediaFile | None = None, *, text: str = "") -> Delivery:
        """kind: image, voice (text: what the platform heard in it), video. media: data, type and name."""
        return await self.act(Action(user=user, type=kind, text=text), media)

    async def follow(self, user: str, *, scene: str = "") -> Delivery:
        return await self.act(Action(user=user, type="subscribe", scene=scene))

    async def unfollow(self, user: str) -> Delivery:
        return await self.act(Action(user=user, type="unsubscribe"))

    async def scan(self, user: str, scene: str) -> Delivery:
        return await self.act(Action(user=user, type="scan", scene=scene))

    async def click(self, user: str, key: str) -> Delivery:
        return await self.act(Action(user=user, type="click", key=key))

    async def agree(self, user: str, template_id: str, *, yes: bool = True, app_id: str = "") -> Delivery:
        """Say yes or no to messages of a template, as in the platform's own dialogue."""
        platform = self.platform(app_id)
        openid = self.openid(user, app_id)
        platform.customer(openid)
        platform.console.agree(openid, template_id, yes=yes)
        said = {"TemplateId": template_id, "SubscribeStatusString": "accept" if yes else "reject", "PopupScene": "1"}
        return await self.push(self._event(platform, openid, "subscribe_msg_popup_event", List=[said]), app_id=app_id)

    async def report(self, message: SentMessage, *, status: str = "success") -> Delivery:
        """Tell how a message made from a template fared."""
        platform = self.platform(message.app_id)
        if message.type == "template":
            fields = self._event(
                platform, message.openid, "TEMPLATESENDJOBFINISH", MsgID=message.message_id, Status=status
            )
        else:
            code = "0" if status == "success" else status
            said = {"TemplateId": "", "MsgID": message.message_id, "ErrorCode": code, "ErrorStatus": status}
            fields = self._event(platform, message.openid, "subscribe_msg_sent_event", List=[said])
        return await self.push(fields, app_id=message.app_id)

    def _event(self, platform: Platform, openid: str, name: str, **more: pushes.Field) -> acts.Fields:
        nested = {f"{_camel(name)}": {"List": more.pop("List")}} if "List" in more else {}
        return {
            "ToUserName": platform.account.original_id,
            "FromUserName": openid,
            "CreateTime": int(self.clock.now().timestamp()),
            "MsgType": "event",
            "Event": name,
            **nested,
            **more,
        }

    async def act(self, action: Action, media: MediaFile | None = None) -> Delivery:
        """Do it, and push it as often as it repeats, until each is delivered or given up; the last one's delivery."""
        platform = self.platform(action.app_id)
        openid = action.openid or self.openid(action.user, action.app_id)
        platform.customer(openid)
        if action.type in ("agree", "refuse"):
            return await self.agree(openid, action.key, yes=action.type == "agree", app_id=action.app_id)
        if action.type == "report":
            sent = self.sent[int(action.key) - 1]
            return await self.report(sent, status=action.text or "success")
        self._last_id += 1
        fields = acts.fields_of(action, platform, openid, self._last_id, media)
        trigger = acts.trigger_of(action)
        if trigger is not None:
            platform.permit(openid, trigger)
        return await self.push(fields, app_id=action.app_id, repeat=action.repeat)

    async def push(self, fields: acts.Fields, *, app_id: str = "", repeat: int = 1) -> Delivery:
        """Push any fields. Every repetition is the very same request, as a platform that heard no answer sends it."""
        platform = self.platform(app_id)
        body = pushes.render(fields, platform.account.form)
        push = pushes.sign(platform.account, body, timestamp=int(self.clock.now().timestamp()))
        return (await asyncio.gather(*(self._deliver(fields, push, platform) for _ in range(repeat))))[-1]

    async def _deliver(self, fields: acts.Fields, push: pushes.Push, platform: Platform) -> Delivery:
        app_id = platform.account.app_id
        if self._courier is None or app_id not in self._urls:
            raise RuntimeError("the simulator is not running, or no webhook address is connected")
        delivered, statuses, answer = await self._courier.deliver(self._urls[app_id], push)
        delivery = Delivery(
            openid=str(fields.get("FromUserName", "")),
            type=str(fields.get("Event") or fields.get("MsgType", "")),
            message_id=str(fields.get("MsgId", "")),
            delivered=delivered,
            statuses=statuses,
            answer=answer,
        )
        self.deliveries.append(delivery)
        self.happened()
        return delivery

    async def challenge(self, echo: str = "1234567890", app_id: str = "") -> tuple[int, bytes]:
        """Ask the webhook address whether it is ours, as the platform does when the settings are saved."""
        account = self.platform(app_id).account
        query = pushes.challenge(account, timestamp=int(self.clock.now().timestamp()), echo=echo)
        async with self.session.get(self._urls[account.app_id], params=query, allow_redirects=False) as response:
            return response.status, await response.content.read(64 * 1024)

    async def play(
        self,
        actions: Sequence[Action],
        *,
        rate: float | None = None,
        on_progress: Callable[[Delivery], None] | None = None,
    ) -> None:
        """Act a script out: at its own times, or `rate` actions a second. Returns when every push has ended."""
        started = self.clock.monotonic()

        async def one(action: Action) -> None:
            delivery = await self.act(action)
            if on_progress is not None:
                on_progress(delivery)

        async with asyncio.TaskGroup() as group:
            for number, action in enumerate(actions):
                due = number / rate if rate else action.at
                wait = started + due - self.clock.monotonic()
                if wait > 0:
                    await self.clock.sleep(wait)
                group.create_task(one(action), name=f"simulator.act.{number}")

    @property
    def counts(self) -> dict[str, int]:
        delivered = sum(delivery.delivered for delivery in self.deliveries)
        return {
            "delivered": delivered,
            "undelivered": len(self.deliveries) - delivered,
            "tries": self._tries,
            "sent": len(self.sent),
            "token_fetches": sum(platform.token_fetches for platform in self.platforms.values()),
        }

    def _tried(self) -> None:
        self._tries += 1
        self.happened()


def _camel(name: str) -> str:
    """`subscribe_msg_popup_event` to `SubscribeMsgPopupEvent`, as the platform names the part of a push."""
    return "".join(word.capitalize() for word in name.split("_"))
