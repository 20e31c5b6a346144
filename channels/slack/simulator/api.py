"""The workspace over HTTP: /api/{method}, files, and the lines of Socket Mode."""

import json
import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import BodyPartReader, WSMsgType, web
from msgspec.structs import replace

from channels.simulating.faults import Fault, Faults
from channels.slack.simulator.workspace import Object, Refused, Workspace


class WebApi:
    """announce: told when something happened."""

    def __init__(self, workspace: Workspace, announce: Callable[[], None]) -> None:
        self.faults = Faults(announce, _injected)
        self.lines: list[web.WebSocketResponse] = []
        self.waiting: dict[str, Object] = {}  # envelopes that no line has acknowledged
        self.acknowledged: list[str] = []
        self.opened = 0
        self.refuses = ""  # why lines are not taken; "": they are
        self._tickets: set[str] = set()
        self._workspace = workspace
        self._announce = announce

    def add_routes(self, application: web.Application) -> None:
        method = self.faults.guarded(self._method, lambda request: request.match_info["method"])
        application.router.add_route("*", "/api/{method}", method)
        application.router.add_post("/upload/v1/{file}", self.faults.guarded(self._upload, lambda _: "upload"))
        application.router.add_get("/files-pri/{team}-{file}/{name}", self.faults.guarded(self._file, _files))
        application.router.add_get("/link/", self.faults.guarded(self._line, lambda _: "link"))

    # Methods

    async def _method(self, request: web.Request) -> web.StreamResponse:
        method, app = request.match_info["method"], self._workspace.app
        try:
            fields = await _fields(request)
            given = request.headers.get("Authorization", "").removeprefix("Bearer ") or str(fields.get("token", ""))
            if not given:
                raise Refused("not_authed")
            if given != (app.app_token if method == "apps.connections.open" else app.bot_token):
                raise Refused("invalid_auth")
            answer = {"ok": True, **self._call(method, fields)}
        except Refused as refused:
            answer = {"ok": False, "error": refused.error, **refused.more}
        return _json(answer, {"X-OAuth-Scopes": ",".join(app.scopes)})

    def _call(self, method: str, fields: Object) -> Object:
        workspace, app = self._workspace, self._workspace.app
        self._check_scope(method)
        if method == "auth.test":
            return {"url": f"{workspace.base}/", "team": app.team, "user": app.name, "team_id": app.team_id,
                    "user_id": app.user, "bot_id": app.bot_id, "is_enterprise_install": False}  # fmt: skip
        if method == "chat.postMessage":
            return workspace.post(fields)
        if method == "conversations.open":
            return {"channel": {"id": workspace.direct(str(fields.get("users", "")))}}
        if method == "conversations.info":
            channel = workspace.channels.get(str(fields.get("channel", "")))
            if channel is None:
                raise Refused("channel_not_found")
            return {"channel": channel}
        if method == "users.info":
            return {"user": workspace.person(str(fields.get("user", "")))}
        if method == "files.getUploadURLExternal":
            return workspace.announce_file(str(fields.get("filename", "")), _number(fields.get("length")))
        if method == "files.completeUploadExternal":
            return workspace.share_files(fields)
        if method == "files.info":
            if str(fields.get("file", "")) not in workspace.files:
                raise Refused("file_not_found")
            return {"file": workspace.shown(str(fields["file"]))}
        if method == "apps.connections.open":
            ticket = secrets.token_hex(8)
            self._tickets.add(ticket)
            return {"url": f"ws{workspace.base.removeprefix('http')}/link/?ticket={ticket}&app_id={app.id}"}
        raise Refused("unknown_method")

    def _check_scope(self, method: str) -> None:
        needed = {
            "chat.postMessage": "chat:write", "conversations.open": "im:write", "conversations.info": "channels:read",
            "users.info": "users:read", "files.getUploadURLExternal": "files:write", "files.info": "files:read",
            "files.completeUploadExternal": "files:write",
        }.get(method)  # fmt: skip
        if needed and needed not in self._workspace.app.scopes:
            raise Refused("missing_scope", needed=needed, provided=",".join(self._workspace.app.scopes))

    # Files

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        file = self._workspace.files.get(request.match_info["file"])
        data = await _uploaded(request)
        if file is None or file.data is not None or len(data) != file.length:
            return web.Response(status=400)
        self._workspace.files[file.id] = replace(file, data=data)
        return web.Response(text=f"OK - {len(data)}")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Whoever may not have it is sent to a page to sign in."""
        file = self._workspace.files.get(request.match_info["file"])
        app = self._workspace.app
        if request.headers.get("Authorization") != f"Bearer {app.bot_token}" or "files:read" not in app.scopes:
            return web.Response(status=302, headers={"Location": f"{self._workspace.base}/?redir=%2Ffiles-pri"})
        if file is None or file.data is None:
            return web.Response(status=404)
        return web.Response(body=file.data, content_type=file.media_type)

    # Lines

    async def _line(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.remove(ticket)
        line = web.WebSocketResponse()
        await line.prepare(request)
        if self.refuses:
            await line.send_json({"type": "disconnect", "reason": self.refuses, "debug_info": {}})
            await line.close()
            return line
        self.opened += 1
        self.lines.append(line)
        info = {"app_id": self._workspace.app.id}
        await line.send_json({"type": "hello", "num_connections": len(self.lines), "connection_info": info})
        for envelope in list(self.waiting.values()):  # what no line has acknowledged
            await line.send_json(envelope | {"retry_attempt": 1, "retry_reason": "timeout"})
        self._announce()
        try:
            async for message in line:
                if message.type is WSMsgType.TEXT:
                    self._heard(message.data)
        finally:
            self.lines = [each for each in self.lines if each is not line]
            self._announce()
        return line

    def _heard(self, written: str) -> None:
        try:
            envelope = str(json.loads(written)["envelope_id"])
        except (ValueError, KeyError, TypeError):
            return
        self.waiting.pop(envelope, None)
        self.acknowledged.append(envelope)
        self._announce()

    async def tell(self, payload: Object, *, kind: str = "events_api") -> None:
        """Over one of the lines, or the next that is opened."""
        id_ = secrets.token_hex(12)
        envelope = {"envelope_id": id_, "payload": payload, "type": kind, "accepts_response_payload": False}
        self.waiting[id_] = envelope
        if self.lines:
            await self.lines[-1].send_json(envelope)

    async def say_goodbye(self, reason: str) -> None:
        """Slack renews lines, and says so before it closes them."""
        for line in list(self.lines):
            await line.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})
            await line.close()

    async def hang_up(self) -> None:
        for line in list(self.lines):
            await line.close(code=1001)


def _files(_: web.Request) -> str:
    return "files-pri"


async def _fields(request: web.Request) -> Object:
    fields: Object = dict(request.query)
    if request.content_type == "application/json":
        try:
            found = json.loads(await request.read() or b"{}")
        except (ValueError, RecursionError):
            raise Refused("invalid_json") from None
        if not isinstance(found, dict):
            raise Refused("json_not_object")
        return fields | found
    return fields | dict(await request.post())


async def _uploaded(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    async for each in await request.multipart():
        if isinstance(each, BodyPartReader):
            return bytes(await each.read(decode=False))
    return b""


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def _injected(fault: Fault) -> web.Response:
    answer = {"ok": False, "error": str(fault.code)}
    if fault.code == "ratelimited":
        return _json(answer, {"Retry-After": str(fault.retry_after or 30)}, status=429)
    return _json(answer, {})


def _json(body: Object, headers: dict[str, str], *, status: int = 200) -> web.Response:
    written = json.dumps(body).replace("/", "\\/").encode()  # as Slack writes: ASCII, and strokes escaped
    return web.Response(status=status, body=written, content_type="application/json", headers=headers)
