"""The Bot API over HTTP: /bot<token>/<method>, parameters in JSON, a form or the query; and customers' files."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import BodyPartReader, web

from channels.simulating.faults import Fault, Faults
from channels.telegram.simulator.bot import SENDS_FILES, Object, Platform, Refused

LONGEST_WAIT = 50
WEBHOOK_WORDS = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
READER_WORDS = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


class PlatformApi:
    """announce: told when something happened."""

    def __init__(self, platform: Platform, announce: Callable[[], None]) -> None:
        self.faults = Faults(announce, _injected)
        self.arrived = asyncio.Event()
        self._platform = platform
        self._reader: object | None = None

    def add_routes(self, application: web.Application) -> None:
        method = self.faults.guarded(self._method, lambda request: request.match_info["method"])
        application.router.add_route("*", "/bot{token}/{method}", method)
        application.router.add_get("/file/bot{token}/{path:.+}", self._file)

    async def _method(self, request: web.Request) -> web.StreamResponse:
        try:
            if request.match_info["token"] != self._platform.bot.token:
                raise Refused(401, "Unauthorized")
            fields, file = await _parameters(request)
            return _json(200, {"ok": True, "result": await self._call(request.match_info["method"], fields, file)})
        except Refused as refused:
            return _refusal(refused)

    async def _call(self, method: str, fields: Object, file: tuple[str, str, bytes] | None) -> Any:
        platform = self._platform
        if method == "getUpdates":
            return await self._updates(fields)
        if method == "sendMessage" or method in SENDS_FILES:
            return platform.send(method, fields, file)
        if method == "getMe":
            return platform.me()
        if method == "sendChatAction":
            platform.act(fields.get("chat_id"))
        elif method == "getFile":
            return platform.file(str(fields.get("file_id", "")))
        elif method == "answerCallbackQuery":
            platform.answered.append(str(fields.get("callback_query_id", "")))
        elif method == "setWebhook":
            self._set_webhook(fields)
        elif method == "deleteWebhook":
            platform.webhook_url = platform.webhook_secret = ""
        elif method == "getWebhookInfo":
            return {"url": platform.webhook_url, "has_custom_certificate": False,
                    "pending_update_count": len(platform.updates)}  # fmt: skip
        else:
            raise Refused(404, "Not Found: method not found")
        return True

    def _set_webhook(self, fields: Object) -> None:
        """Unlike the real one it takes http, as a server of one's own does."""
        url = str(fields.get("url", ""))
        if url and not url.startswith(("http://", "https://")):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self._platform.webhook_url = url
        self._platform.webhook_secret = str(fields.get("secret_token", ""))
        self._allow(fields)
        self.arrived.set()  # what waits goes there

    def _allow(self, fields: Object) -> None:
        if isinstance(fields.get("allowed_updates"), list):
            self._platform.allowed = tuple(str(each) for each in fields["allowed_updates"])

    async def _updates(self, fields: Object) -> list[Object]:
        """At most `limit`, at once if there are any, else when one comes or the time is over."""
        if self._platform.webhook_url:
            raise Refused(409, WEBHOOK_WORDS)
        self._allow(fields)
        if "offset" in fields:
            self._platform.confirm(int(fields["offset"]))
        limit, wait = int(fields.get("limit", 100)), min(int(fields.get("timeout", 0)), LONGEST_WAIT)
        me = self._reader = object()
        self.arrived.set()  # the reader before, if there is one, goes
        self._platform.readers += 1
        try:
            async with asyncio.timeout(wait):
                while not self._platform.updates and self._reader is me and not self.faults.released:
                    self.arrived.clear()
                    await self.arrived.wait()
        except TimeoutError:
            return []
        finally:
            self._platform.readers -= 1
        if self._reader is not me:
            raise Refused(409, READER_WORDS)
        return self._platform.updates[: max(1, min(limit, 100))]

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self._platform.bot.token:
            return _refusal(Refused(401, "Unauthorized"))
        path = request.match_info["path"]
        stored = next((file for file in self._platform.files.values() if file.path == path), None)
        if stored is None:
            return _refusal(Refused(404, "Not Found"))
        # The platform says no better, whatever it is.
        return web.Response(body=stored.data, content_type="application/octet-stream")


async def _parameters(request: web.Request) -> tuple[Object, tuple[str, str, bytes] | None]:
    """The method's fields, and the file among them: its name, media type and data."""
    fields: Object = {name: _value(value) for name, value in request.query.items()}
    file: tuple[str, str, bytes] | None = None
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except (ValueError, RecursionError):
            raise Refused(400, "Bad Request: can't parse JSON object") from None
        return fields | (body if isinstance(body, dict) else {}), None
    if request.content_type.startswith("multipart/"):
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            data = bytes(await part.read(decode=False))
            if part.filename is None:
                fields[part.name or ""] = _value(data.decode("utf-8", "replace"))
            else:
                file = (part.filename, part.headers.get("Content-Type", "application/octet-stream"), data)
        return fields, file
    form = await request.post()
    return fields | {name: _value(value) for name, value in form.items() if isinstance(value, str)}, None


def _value(text: str) -> Any:
    """A form carries objects and lists as JSON."""
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _injected(fault: Fault) -> web.Response:
    return _refusal(Refused(int(fault.code or 0), fault.detail, fault.retry_after))


def _refusal(refused: Refused) -> web.Response:
    body: Object = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.retry_after is not None:
        body["parameters"] = {"retry_after": refused.retry_after}
    return _json(refused.code, body)


def _json(status: int, body: Object) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")
