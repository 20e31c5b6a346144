"""The Messaging API over HTTP, and customers' files."""

import json
import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web

from channels.line.simulator.account import Object, Platform, Refused
from channels.simulating.faults import Fault, Faults

RETRY_KEY = "X-Line-Retry-Key"
Answer = Callable[[web.Request], Awaitable[Object]]


class PlatformApi:
    """announce: told when something happened."""

    def __init__(self, platform: Platform, announce: Callable[[], None]) -> None:
        self.faults = Faults(announce, _injected)
        self._platform = platform

    def add_routes(self, application: web.Application) -> None:
        bot = "/v2/bot"
        answers: dict[tuple[str, str], Answer] = {
            ("POST", f"{bot}/message/push"): self._push,
            ("POST", f"{bot}/message/reply"): self._reply,
            ("POST", f"{bot}/chat/loading/start"): self._load,
            ("GET", f"{bot}/info"): self._info,
            ("GET", f"{bot}/message/quota"): self._quota,
            ("GET", f"{bot}/message/quota/consumption"): self._consumption,
            ("GET", f"{bot}/profile/{{user}}"): self._profile,
            ("GET", f"{bot}/{{kind:group|room}}/{{chat}}/member/{{user}}"): self._member,
            ("GET", f"{bot}/group/{{chat}}/summary"): self._summary,
            ("GET", f"{bot}/channel/webhook/endpoint"): self._endpoint,
            ("PUT", f"{bot}/channel/webhook/endpoint"): self._set_endpoint,
            ("GET", f"{bot}/message/{{id}}/content/transcoding"): self._transcoding,
        }
        for (verb, path), answer in answers.items():
            application.router.add_route(verb, path, self.faults.guarded(self._answered(answer)))
        content = self.faults.guarded(self._content, lambda _: "content")
        application.router.add_get(f"{bot}/message/{{id}}/content", content)

    def _answered(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                self._admit(request)
                return _json(200, await answer(request))
            except Refused as refused:
                return _refusal(refused)

        return handle

    def _admit(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self._platform.account.access_token}":
            raise Refused(
                401,
                "Authentication failed. Confirm that the access token in the authorization header is valid.",
            )
        # Only sends that may be repeated take a key; elsewhere it is a mistake.
        if RETRY_KEY in request.headers and not request.path.endswith("/push"):
            raise Refused(400, f"{RETRY_KEY} is not supported")

    async def _push(self, request: web.Request) -> Object:
        key = request.headers.get(RETRY_KEY, "")
        try:
            key = str(uuid.UUID(key)) if key else ""
        except ValueError:
            raise Refused(400, f"Invalid {RETRY_KEY}") from None
        return self._platform.push(await _body(request), key, uuid.uuid4().hex)

    async def _reply(self, request: web.Request) -> Object:
        return self._platform.reply(await _body(request))

    async def _load(self, request: web.Request) -> Object:
        self._platform.load(await _body(request))
        return {}

    async def _info(self, _: web.Request) -> Object:
        account = self._platform.account
        return {"userId": account.user_id, "basicId": account.basic_id, "displayName": account.name,
                "chatMode": "bot", "markAsReadMode": "auto"}  # fmt: skip

    async def _quota(self, _: web.Request) -> Object:
        limit = self._platform.quota
        return {"type": "none"} if limit is None else {"type": "limited", "value": limit}

    async def _consumption(self, _: web.Request) -> Object:
        return {"totalUsage": self._platform.used}

    async def _profile(self, request: web.Request) -> Object:
        return self._platform.profile(request.match_info["user"])

    async def _member(self, request: web.Request) -> Object:
        return self._platform.member(request.match_info["chat"], request.match_info["user"])

    async def _summary(self, request: web.Request) -> Object:
        chat = request.match_info["chat"]
        if chat not in self._platform.groups:
            raise Refused(404, "Not found")
        return {"groupId": chat, "groupName": self._platform.groups[chat]}

    async def _endpoint(self, _: web.Request) -> Object:
        platform = self._platform
        if not platform.webhook_url:
            raise Refused(404, "Not found")
        return {"endpoint": platform.webhook_url, "active": platform.webhook_active}

    async def _set_endpoint(self, request: web.Request) -> Object:
        self._platform.set_webhook(await _body(request))
        return {}

    async def _transcoding(self, request: web.Request) -> Object:
        found = self._platform.files.get(request.match_info["id"])
        if found is None:
            raise Refused(404, "Not found")
        return {"status": found.state}

    async def _content(self, request: web.Request) -> web.StreamResponse:
        try:
            self._admit(request)
        except Refused as refused:
            return _refusal(refused)
        found = self._platform.files.get(request.match_info["id"])
        if found is None:
            return _refusal(Refused(404, "Not found"))
        if found.state != "succeeded":
            return _json(202, {})
        return web.Response(body=found.data, headers={"Content-Type": found.media_type})


async def _body(request: web.Request) -> Object:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "The request body could not be parsed as JSON (line: 1, column: 1)")
    return body


def _injected(fault: Fault) -> web.Response:
    refused = Refused(int(fault.code or 400), fault.detail)
    if fault.retry_after is not None:
        refused.headers["Retry-After"] = str(fault.retry_after)
    return _refusal(refused)


def _refusal(refused: Refused) -> web.Response:
    body: Object = {"message": refused.message}
    if refused.details:
        body["details"] = [{"message": wrong, "property": name} for name, wrong in refused.details]
    if refused.sent:
        body["sentMessages"] = refused.sent
    return _json(refused.status, body, refused.headers)


def _json(status: int, body: Object, headers: dict[str, str] | None = None) -> web.Response:
    more = {"X-Line-Request-Id": uuid.uuid4().hex, **(headers or {})}
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json", headers=more)
