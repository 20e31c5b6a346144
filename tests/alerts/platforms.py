"""Group robots' platforms, a webhook and a mail server on loopback. Each checks by its own reading of the
platform's page what a request must have, and answers as the platform does."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

SECRET = "SECmeant-for-tests-only"
KEY = "0a1b2c3d-4e5f"
HOOK_SECRET = "sixteen-letters-and-more"


class Platforms:
    """now: seconds, as the platforms' clocks have it. answers: what to say instead of taking the next requests."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.base = ""
        self.taken: list[tuple[str, Any]] = []
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.sent_at: list[float] = []

    def said(self) -> list[str]:
        return [text for _, text in self.taken]

    async def wecom(self, request: web.Request) -> web.Response:
        body = await request.json()
        if request.query.get("key") != KEY:
            return web.json_response({"errcode": 93000, "errmsg": "invalid webhook url"})
        content = body["markdown"]["content"]
        if body["msgtype"] != "markdown" or len(content.encode()) > 4096:
            return web.json_response({"errcode": 40058, "errmsg": "content exceed max length"})
        now = self._now()
        if sum(now - at < 60 for at in self.sent_at) >= 20:
            return web.json_response({"errcode": 45009, "errmsg": "api freq out of limit"})
        self.sent_at.append(now)
        return self._take("wecom", content, {"errcode": 0, "errmsg": "ok"})

    async def lark(self, request: web.Request) -> web.Response:
        raw = await request.read()
        body = json.loads(raw)
        if len(raw) > 20 * 1024:
            return web.json_response({"code": 9499, "msg": "Bad Request"})
        key = f"{body.get('timestamp')}\n{SECRET}".encode()
        wanted = base64.b64encode(hmac.new(key, digestmod=hashlib.sha256).digest()).decode()
        fresh = abs(int(body.get("timestamp", 0)) - self._now()) <= 3600
        if body.get("sign") != wanted or not fresh:
            return web.json_response({"code": 19021, "msg": "sign match fail or timestamp is not within one hour"})
        return self._take("lark", body["card"], {"code": 0, "msg": "success", "data": {}})

    async def dingtalk(self, request: web.Request) -> web.Response:
        raw = await request.read()
        stamp = request.query.get("timestamp", "0")
        mac = hmac.new(SECRET.encode("utf-8"), digestmod=hashlib.sha256)
        mac.update(stamp.encode() + b"\n" + SECRET.encode())
        fresh = abs(int(stamp) / 1000 - self._now()) <= 3600
        if base64.b64decode(request.query.get("sign", "")) != mac.digest() or not fresh or len(raw) > 20_000:
            return web.json_response({"errcode": 310000, "errmsg": "sign not match"})
        return self._take("dingtalk", json.loads(raw)["markdown"]["text"], {"errcode": 0, "errmsg": "ok"})

    async def hook(self, request: web.Request) -> web.Response:
        body = await request.read()
        signed = request.headers["X-SCRM-Timestamp"].encode() + b"." + body
        mac = hmac.new(HOOK_SECRET.encode(), signed, "sha256").hexdigest()
        if request.headers["X-SCRM-Signature"] != f"sha256={mac}":
            return web.json_response({}, status=401)
        return self._take("hook", json.loads(body), {})

    async def elsewhere(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(f"{self.base}/hook")

    def _take(self, platform: str, text: Any, answer: dict[str, Any]) -> web.Response:
        if self.answers:
            status, refusal = self.answers.pop(0)
            return web.json_response(refusal, status=status)
        self.taken.append((platform, text))
        return web.json_response(answer)

    def settings(self, kind: str) -> dict[str, str]:
        return {
            "wecom_robot": {"url": f"{self.base}/cgi-bin/webhook/send?key={KEY}"},
            "lark_robot": {"url": f"{self.base}/open-apis/bot/v2/hook/{KEY}", "secret": SECRET},
            "dingtalk_robot": {"url": f"{self.base}/robot/send?access_token={KEY}", "secret": SECRET},
            "webhook": {"url": f"{self.base}/hook", "secret": HOOK_SECRET},
        }[kind]


@asynccontextmanager
async def platforms(now: Callable[[], float]) -> AsyncIterator[Platforms]:
    made = Platforms(now)
    app = web.Application()
    app.router.add_post("/cgi-bin/webhook/send", made.wecom)
    app.router.add_post("/open-apis/bot/v2/hook/{token}", made.lark)
    app.router.add_post("/robot/send", made.dingtalk)
    app.router.add_post("/hook", made.hook)
    app.router.add_post("/elsewhere", made.elsewhere)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


class Mailbox:
    """Takes what is for anybody but `nobody@…`."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        return "250 taken"


def _sign_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
    right = isinstance(given, LoginPassword) and given.password == b"right"
    return AuthResult(success=right, handled=False)


@asynccontextmanager
async def mailbox() -> AsyncIterator[tuple[Mailbox, dict[str, str]]]:
    """The box, and the settings that reach it."""
    box = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(box, loop=loop, authenticator=_sign_in, auth_require_tls=False), "127.0.0.1", 0
    )
    try:
        port = server.sockets[0].getsockname()[1]
        yield (
            box,
            {
                "host": "127.0.0.1", "port": str(port), "security": "none", "user": "", "password": "",
                "sender": "scrm@example.com", "recipients": "wang@example.com, li@example.com",
            },
        )  # fmt: skip
    finally:
        server.close()
