"""The simulator as a running server: the platform's API on one address, and its pushes to the hub.

async with WeiboSimulator() as simulator:
    simulator.connect("http://127.0.0.1:8000/hooks/01J…")
    await simulator.act(Action(user="王芳", text="你好"))
    [reply] = await simulator.wait_for_sent(1)
"""

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiohttp import web

from channels.simulating.faults import Fault, Faults
from channels.simulating.server import SimulatedServer
from channels.weibo.simulator.control import Action, add_control
from channels.weibo.simulator.platform import Account, Object, Platform, Refused, SentMessage
from channels.weibo.webhook import signature
from scrm.clock import Clock

# The platform waits five seconds, tries three times in all (open.weibo.com/wiki/接收普通消息), and gives up.
TRIES = 3
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WeiboSimulator(SimulatedServer[SentMessage]):
    """One verified account. Methods that name a `user` take any made-up name.

    given_up: pushes that the hub did not take.
    """

    def __init__(
        self, account: Account | None = None, *, clock: Clock | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        super().__init__(clock=clock, host=host, port=port)
        self.account = account or Account()
        self.platform = Platform(account=self.account, clock=self.clock)
        self.faults = Faults(self.happened, _worded)
        self.pushes: list[Object] = []
        self.given_up = 0
        self._webhook: str | None = None

    def add_routes(self, application: web.Application) -> None:
        posts: dict[str, Handler] = {
            "/2/messages/reply.json": self._reply,
            "/2/comments/reply.json": self._reply_comment,
            "/oauth2/get_token_info": self._token_info,
        }
        gets: dict[str, Handler] = {
            "/2/comments/to_me.json": self._comments,
            "/2/eps/user/info.json": self._person,
            "/2/mss/msget": self._file,
        }
        for path, handler in posts.items():
            application.router.add_post(path, self.faults.guarded(_refusing(handler)))
        for path, handler in gets.items():
            application.router.add_get(path, self.faults.guarded(_refusing(handler)))
        add_control(application, self)

    @property
    def sent(self) -> Sequence[SentMessage]:
        return self.platform.sent

    def settings(self) -> dict[str, str]:
        return self.account.settings(self.url)

    def connect(self, webhook_url: str) -> None:
        self._webhook = webhook_url

    @property
    def connected(self) -> bool:
        return self._webhook is not None

    # What people do

    async def act(self, action: Action) -> bool:
        """Whether the hub took it; comments wait until they are asked for."""
        if action.type == "comment":
            for _ in range(action.repeat):
                self.platform.comment(action.user, action.text, action.post or "新品上架")
            self.happened()
            return True
        kind, data = ("event", {"subtype": action.event, **action.data}) if action.event else (action.type, action.data)
        pushed = self.platform.push(action.user, kind, action.text, data)
        return all([await self.push(pushed) for _ in range(action.repeat)])

    async def push(self, pushed: Object) -> bool:
        """Tried three times, signed anew each time."""
        if self._webhook is None:
            raise RuntimeError("the simulator is not running, or no webhook address is connected")
        body = json.dumps(pushed, ensure_ascii=False).encode()
        for _ in range(TRIES):
            address = f"{self._webhook}?{query(self.signed())}"
            status, _ = await self.post(address, body, {"Content-Type": "application/json"})
            if status == 200:
                self.pushes.append(pushed)
                self.happened()
                return True
        self.given_up += 1
        self.happened()
        return False

    async def challenge(self, echo: str = "dnPdpTZz85") -> tuple[int, bytes]:
        """Ask the webhook address whether it is the account's, as the platform does when it is entered."""
        if self._webhook is None:
            raise RuntimeError("no webhook address is connected")
        async with self.session.get(
            self._webhook, params={**self.signed(), "echostr": echo}, allow_redirects=False
        ) as response:
            return response.status, await response.content.read(64 * 1024)

    def signed(self) -> dict[str, str]:
        stamp, nonce = str(int(self.clock.now().timestamp() * 1000)), str(secrets.randbelow(10**8))
        return {"signature": signature(self.account.app_secret, stamp, nonce), "timestamp": stamp, "nonce": nonce}

    # The API

    async def _reply(self, request: web.Request) -> web.StreamResponse:
        fields = await request.post()
        self.platform.check(str(fields.get("access_token", "")))
        try:
            data = json.loads(str(fields.get("data", "")))
        except ValueError:
            raise Refused(10017, "Parameter (data)'s value invalid") from None
        return _json(self.platform.reply(str(fields.get("receiver_id", "")), str(fields.get("type", "")), data))

    async def _reply_comment(self, request: web.Request) -> web.StreamResponse:
        fields = {name: str(value) for name, value in (await request.post()).items()}
        self.platform.check(fields.get("access_token", ""), comments=True)
        return _json(
            self.platform.reply_comment(fields.get("cid", ""), fields.get("id", ""), fields.get("comment", ""))
        )

    async def _token_info(self, request: web.Request) -> web.StreamResponse:
        return _json(self.platform.token_info(str((await request.post()).get("access_token", ""))))

    async def _comments(self, request: web.Request) -> web.StreamResponse:
        self.platform.check(request.query.get("access_token", ""), comments=True)
        since_id, max_id, count = (int(request.query.get(name, 0)) for name in ("since_id", "max_id", "count"))
        return _json(self.platform.comments_to_me(since_id, max_id, count or 50))

    async def _person(self, request: web.Request) -> web.StreamResponse:
        self.platform.check(request.query.get("access_token", ""))
        return _json(self.platform.person_info(request.query.get("uid", "")))

    async def _file(self, request: web.Request) -> web.StreamResponse:
        self.platform.check(request.query.get("access_token", ""))
        data, media_type = self.platform.file(request.query.get("fid", ""))
        return web.Response(body=data, content_type=media_type)


def query(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in fields.items())


def _refusing(handler: Handler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as refused:
            return _json({"request": request.path, "error_code": refused.code, "error": refused.words}, status=400)

    return handle


def _worded(fault: Fault) -> web.Response:
    return _json({"request": "", "error_code": int(fault.code or 0), "error": fault.detail}, status=fault.status or 403)


def _json(body: Mapping[str, object], status: int = 200) -> web.Response:
    return web.Response(
        body=json.dumps(body, ensure_ascii=False).encode(), status=status, content_type="application/json"
    )
