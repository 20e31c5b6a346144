"""The simulator as a running server: the platform's API, its pushes to the hub, and a small API to watch and steer it.

async with WeChatSimulator(account) as simulator:
    simulator.connect("http://127.0.0.1:8000/hooks/01J…")
    delivery = await simulator.say("王芳", "你好")
    [reply] = await simulator.wait_for_sent(1)
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Self

from aiohttp import ClientSession, ClientTimeout, web

from channels.wechat.simulator import acts, pushes
from channels.wechat.simulator.account import Account, openid_of
from channels.wechat.simulator.api import PlatformApi
from channels.wechat.simulator.control import ControlApi
from channels.wechat.simulator.platform import Platform, SentMessage
from channels.wechat.simulator.script import Action
from channels.wx.simulator.delivery import Courier, Delivery
from channels.wx.simulator.faults import Fault
from scrm.clock import Clock, SystemClock

MediaFile = tuple[bytes, str, str]


class WeChatSimulator:
    """A platform for one or more accounts. Methods that name a `user` take any made-up name, or an openid.

    sent: everything customers received, in order. deliveries: every push that ended, delivered or given up.
    """

    def __init__(self, *accounts: Account, clock: Clock | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        """port 0: a free one."""
        self.clock = clock or SystemClock()
        self.sent: list[SentMessage] = []
        self.deliveries: list[Delivery] = []
        self.platforms = {
            account.app_id: Platform(account, self.clock, self.sent) for account in accounts or (Account(),)
        }
        self._host, self._port = host, port
        self._urls: dict[str, str] = {}
        self._last_id = int(self.clock.now().timestamp() * 1000) * 1000
        self._tries = 0
        self._changed = asyncio.Event()
        self._api = PlatformApi(self.platforms, self._announce)
        self._runner: web.AppRunner | None = None
        self._session: ClientSession | None = None
        self._courier: Courier | None = None

    # Life

    async def __aenter__(self) -> Self:
        # The courier counts time by its clock; the session must not cut a slow hub short.
        self._session = ClientSession(timeout=ClientTimeout(total=None, sock_connect=5))
        self._courier = Courier(self._session, self.clock, self._tried)
        application = web.Application(client_max_size=24 << 20)
        self._api.add_routes(application)
        ControlApi(self).add_routes(application)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._api.faults.release()
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """The hub's `api_base`."""
        return f"http://{self._host}:{self._port}"

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

    def inject(self, fault: Fault) -> None:
        """Misfortune for the requests to come."""
        self._api.faults.waiting.append(fault)

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
        self._announce()
        return delivery

    async def challenge(self, echo: str = "1234567890", app_id: str = "") -> tuple[int, bytes]:
        """Ask the webhook address whether it is ours, as the platform does when the settings are saved."""
        if self._session is None:
            raise RuntimeError("the simulator is not running")
        account = self.platform(app_id).account
        query = pushes.challenge(account, timestamp=int(self.clock.now().timestamp()), echo=echo)
        async with self._session.get(self._urls[account.app_id], params=query, allow_redirects=False) as response:
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

    # What customers received

    async def wait_until(self, holds: Callable[[], bool]) -> None:
        """Return once `holds`, which is asked again after every try and every message; bound it with a timeout."""
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    async def wait_for_sent(self, count: int) -> list[SentMessage]:
        await self.wait_until(lambda: len(self.sent) >= count)
        return self.sent[:count]

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
        self._announce()

    def _announce(self) -> None:
        self._changed.set()


def _camel(name: str) -> str:
    """`subscribe_msg_popup_event` to `SubscribeMsgPopupEvent`, as the platform names the part of a push."""
    return "".join(word.capitalize() for word in name.split("_"))
