"""The simulator as a running server: the platform's API, and its callbacks to the hub.

async with WeComSimulator() as simulator:
    simulator.connect("http://127.0.0.1:8000/hooks/01J…")
    await simulator.say("王芳", "你好")
    [reply] = await simulator.wait_for_sent(1)
"""

from collections.abc import Sequence
from typing import Any, Self

from aiohttp import ClientTimeout, web

from channels.simulating.server import SimulatedServer
from channels.wecom.simulator import pushes
from channels.wecom.simulator.account import Account, customer_id
from channels.wecom.simulator.api import PlatformApi
from channels.wecom.simulator.control import ControlApi
from channels.wecom.simulator.platform import Platform, SentMessage
from channels.wx.simulator.delivery import Courier, Delivery
from channels.wx.simulator.pushes import xml
from scrm.clock import Clock


class WeComSimulator(SimulatedServer[SentMessage]):
    """One company with one or more accounts. Methods that name a `user` take any made-up name.

    deliveries: every callback that ended, delivered or given up.
    """

    # The courier counts time by its clock; the session must not cut a slow hub short.
    patience = ClientTimeout(total=None, sock_connect=5)

    def __init__(self, *accounts: Account, clock: Clock | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(clock=clock, host=host, port=port)
        self.accounts = accounts or (Account(),)
        self.platform = Platform(self.accounts, self.clock)
        self.deliveries: list[Delivery] = []
        self._url: str | None = None
        self._api = PlatformApi(self.platform, self.happened)
        self.faults = self._api.faults
        self._courier: Courier | None = None

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._courier = Courier(self.session, self.clock, self.happened)
        return self

    def add_routes(self, application: web.Application) -> None:
        self._api.add_routes(application)
        ControlApi(self).add_routes(application)

    @property
    def sent(self) -> Sequence[SentMessage]:
        return self.platform.sent

    def account(self, open_kfid: str = "") -> Account:
        """The named one, or the first. Raises KeyError."""
        return self.platform.boxes[open_kfid or self.accounts[0].open_kfid].account

    def settings(self, open_kfid: str = "") -> dict[str, str]:
        """What to paste into the hub."""
        return self.account(open_kfid).settings(self.url)

    def connect(self, webhook_url: str) -> None:
        """Where the company's callbacks go: one address for all its accounts."""
        self._url = webhook_url

    @property
    def connected(self) -> bool:
        return self._url is not None

    # What customers do

    def customer(self, user: str) -> str:
        """The external_userid of a made-up person, whom the platform knows by that name."""
        found = customer_id(self.accounts[0].corp_id, user)
        self.platform.people.setdefault(found, {"nickname": user, "avatar": "", "gender": 0})
        return found

    def writes(self, user: str, message: dict[str, Any], open_kfid: str = "") -> dict[str, Any]:
        """A message to be fetched, of which the hub is told nothing yet."""
        return self.platform.keep(self.account(open_kfid).open_kfid, self.customer(user), message)

    async def say(self, user: str, text: str, *, open_kfid: str = "") -> Delivery:
        return await self.act(user, {"msgtype": "text", "text": {"content": text}}, open_kfid=open_kfid)

    async def act(self, user: str, message: dict[str, Any], *, open_kfid: str = "") -> Delivery:
        """Any message of a customer, and the callback that announces it."""
        self.writes(user, message, open_kfid)
        return await self.announce(open_kfid)

    async def enter(self, user: str, *, open_kfid: str = "", **fields: object) -> Delivery:
        """The customer opens the chat; fields: scene, scene_param …"""
        self.platform.enter(self.account(open_kfid).open_kfid, self.customer(user), **fields)
        return await self.announce(open_kfid)

    async def announce(self, open_kfid: str = "") -> Delivery:
        """Tell the hub that there is something to fetch, until it has answered or the tries are used up."""
        account = self.account(open_kfid)
        stamp = int(self.clock.now().timestamp())
        fields = pushes.notice(account, self.platform.ticket(account.open_kfid), timestamp=stamp)
        push = pushes.sign(account, xml(fields), timestamp=stamp)
        if self._courier is None or self._url is None:
            raise RuntimeError("the simulator is not running, or no webhook address is connected")
        delivered, statuses, answer = await self._courier.deliver(self._url, push)
        delivery = Delivery(
            openid=account.open_kfid,
            type="kf_msg_or_event",
            message_id=str(fields["Token"]),
            delivered=delivered,
            statuses=statuses,
            answer=answer,
        )
        self.deliveries.append(delivery)
        self.happened()
        return delivery

    async def challenge(self, echo: bytes = b"1234567890") -> tuple[int, bytes]:
        """Ask the webhook address whether it is ours, as the platform does when the settings are saved."""
        if self._url is None:
            raise RuntimeError("the simulator is not running, or no webhook address is connected")
        query = pushes.challenge(self.account(), timestamp=int(self.clock.now().timestamp()), echo=echo)
        async with self.session.get(self._url, params=query, allow_redirects=False) as response:
            return response.status, await response.content.read(64 * 1024)
