"""The server over HTTP: /v1/{resource.method}, the proxy route, and the line for events."""

import json
from collections.abc import Callable

from aiohttp import BodyPartReader, WSMsgType, web

from channels.satori.simulator.platform import Object, Platform, Refused, StoredFile
from channels.simulating.faults import Fault, Faults

EVENT, PING, PONG, IDENTIFY, READY = 0, 1, 2, 3, 4


class ServerApi:
    """announce: told when something happened."""

    def __init__(self, platform: Platform, announce: Callable[[], None]) -> None:
        self.faults = Faults(announce, _injected)
        self.lines: dict[web.WebSocketResponse, int] = {}
        self.identities: list[Object] = []
        self.told = 0  # the highest number any line was told
        self.pings = 0
        self._platform = platform
        self._announce = announce

    def add_routes(self, application: web.Application) -> None:
        guarded = self.faults.guarded
        application.router.add_get("/v1/events", guarded(self._events, lambda _: "events"))
        application.router.add_get("/v1/proxy/{url:.+}", self._proxy)
        application.router.add_route(
            "*", "/v1/{method:.+}", guarded(self._method, lambda request: request.match_info["method"])
        )

    # Methods

    async def _method(self, request: web.Request) -> web.StreamResponse:
        try:
            return _json(await self._answer(request.match_info["method"], request))
        except Refused as refused:
            return web.Response(status=refused.status, text=refused.text)

    async def _answer(self, method: str, request: web.Request) -> object:
        account = self._platform.account
        if request.method != "POST":
            raise Refused(405, "Please use POST method to send requests.")
        if request.headers.get("Authorization") != f"Bearer {account.token}":
            raise Refused(401, "invalid token")
        if not method.startswith("meta") and (
            request.headers.get("Satori-Platform"),
            request.headers.get("Satori-User-ID"),
        ) != (account.platform, account.self_id):
            raise Refused(403, "login not found")
        if method == "upload.create":
            if not self._platform.uploads:
                raise Refused(404, "method not found")
            return await self._upload(request)
        try:
            fields = json.loads(await request.read() or b"{}")
        except (ValueError, RecursionError):
            raise Refused(400, "invalid JSON") from None
        if not isinstance(fields, dict):
            raise Refused(400, "invalid parameters")
        return self._call(method, fields)

    def _call(self, method: str, fields: Object) -> object:
        platform = self._platform
        if method == "message.create":
            return platform.create_message(fields)
        if method == "login.get":
            return platform.login()
        if method == "user.get":
            return platform.person(str(fields.get("user_id", "")))
        if method == "user.channel.create":
            return platform.direct(str(fields.get("user_id", "")))
        if method == "meta":
            return {"logins": [platform.login()], "proxy_urls": list(platform.proxied)}
        if method == "meta/webhook.create":
            platform.webhooks[str(fields.get("url", ""))] = str(fields.get("token") or "")
            return {}
        if method == "meta/webhook.delete":
            platform.webhooks.pop(str(fields.get("url", "")), None)
            return {}
        raise Refused(404, "method not found")

    async def _upload(self, request: web.Request) -> Object:
        if not request.content_type.startswith("multipart/"):
            raise Refused(400, "not a form")
        kept: Object = {}
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or not part.name:
                raise Refused(400, "a part without a name")
            data = bytes(await part.read(decode=False))
            media_type = part.headers.get("Content-Type", "application/octet-stream")
            kept[part.name] = self._platform.keep_file(data, media_type, part.filename or "", path="_tmp")
        return kept

    async def _proxy(self, request: web.Request) -> web.StreamResponse:
        url = request.match_info["url"]
        if not url.startswith(("internal:", "http://", "https://")):
            return web.Response(status=400, text="invalid url")
        stored: StoredFile | None = self._platform.files.get(url) or self._platform.proxied.get(url)
        if stored is None:
            return web.Response(status=404 if url.startswith("internal:") else 403, text="forbidden")
        return web.Response(body=stored.data, content_type=stored.media_type)

    # The line

    async def _events(self, request: web.Request) -> web.StreamResponse:
        line = web.WebSocketResponse()
        await line.prepare(request)
        try:
            async for message in line:
                if message.type is not WSMsgType.TEXT or not await self._signal(line, message.data):
                    break
        finally:
            self.lines.pop(line, None)
            self._announce()
        return line

    async def _signal(self, line: web.WebSocketResponse, written: str) -> bool:
        try:
            signal = json.loads(written)
            op, body = signal["op"], signal.get("body") or {}
        except (ValueError, KeyError, TypeError, AttributeError):
            await line.close(code=4000, message=b"invalid message")
            return False
        if op == PING:
            self.pings += 1
            await line.send_json({"op": PONG, "body": {}})
        elif op == IDENTIFY:
            if body.get("token", "") != self._platform.account.token:
                await line.close(code=4004, message=b"invalid token")
                return False
            self.identities.append(body)
            ready = {"logins": [self._platform.login()], "proxy_urls": list(self._platform.proxied)}
            await line.send_json({"op": READY, "body": ready})
            # The number it has heard; an event of a later one has not been told to it. Without: only what comes.
            self.lines[line] = int(body.get("sn") or self._platform.last_sn)
            await self.tell()
            self._announce()
        return True

    async def tell(self, event: Object | None = None) -> None:
        """Every line what it has not been told. event: one that just happened, and may be of a kind that is told once
        only."""
        for line in list(self.lines):
            for each in self._platform.events:
                if each["sn"] > self.lines.get(line, each["sn"]):
                    self.lines[line] = each["sn"]
                    await self.say(line, each)
            if event is not None and event not in self._platform.events:
                await self.say(line, event)

    async def say(self, line: web.WebSocketResponse, event: Object) -> None:
        try:
            await line.send_json({"op": EVENT, "body": event})
        except (ConnectionError, RuntimeError):
            self.lines.pop(line, None)
            return
        self.told = max(self.told, event["sn"])
        self._announce()

    async def hang_up(self) -> None:
        """Close every line."""
        for line in list(self.lines):
            await line.close(code=1001)


def _injected(fault: Fault) -> web.Response:
    return web.Response(status=int(fault.code or 0), text=fault.detail)


def _json(body: object) -> web.Response:
    return web.Response(body=json.dumps(body, ensure_ascii=False).encode(), content_type="application/json")
