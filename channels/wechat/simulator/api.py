"""The platform's API over HTTP, with its habits: errors are 200, JSON is called text/plain, a video is an address."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import BodyPartReader, web

from channels.wechat.simulator import console_api
from channels.wechat.simulator.platform import Platform
from channels.wx.simulator.faults import Faults, Refused, answer, file_answer, read_object

Handler = Callable[[web.Request, Platform], Awaitable[web.StreamResponse]]


class PlatformApi:
    """faults: what goes wrong with the requests to come, in order."""

    def __init__(self, platforms: Mapping[str, Platform], announce: Callable[[], None]) -> None:
        self.faults = Faults(announce)
        self._platforms = platforms

    def add_routes(self, application: web.Application) -> None:
        router = application.router
        router.add_post("/cgi-bin/stable_token", self._guarded(self._stable_token, owned=False))
        router.add_get("/cgi-bin/token", self._guarded(self._plain_token, owned=False))
        router.add_get("/cgi-bin/get_api_domain_ip", self._guarded(self._addresses))
        router.add_post("/cgi-bin/message/custom/send", self._guarded(self._send))
        router.add_post("/cgi-bin/message/custom/typing", self._guarded(self._typing))
        router.add_post("/cgi-bin/media/upload", self._guarded(self._upload))
        router.add_get("/cgi-bin/media/get", self._guarded(self._download))
        router.add_get("/cgi-bin/user/info", self._guarded(self._user_info))
        router.add_get("/_video/{media_id}", self._video)
        console_api.add_routes(application, self._guarded, lambda: list(self._platforms.values()))

    def _guarded(
        self, handler: Handler, *, owned: bool = True
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """With faults, the token check and errors as the platform words them."""

        async def handle(request: web.Request) -> web.StreamResponse:
            return await handler(request, self._owner(request) if owned else next(iter(self._platforms.values())))

        return self.faults.guarded(handle)

    def _owner(self, request: web.Request) -> Platform:
        """The account whose token it is."""
        token = request.query.get("access_token", "")
        refused: Refused | None = None
        for platform in self._platforms.values():
            try:
                platform.check_token(token)
            except Refused as error:
                # 40014 only says that this account never gave it out; another may know more.
                refused = error if refused is None or refused.errcode == 40014 else refused
            else:
                return platform
        raise refused or Refused(40014, "invalid access_token")

    async def _stable_token(self, request: web.Request, _: Platform) -> web.Response:
        body = await read_object(request)
        platform = self._named(str(body.get("appid", "")))
        if body.get("grant_type") != "client_credential":
            raise Refused(40002, "invalid grant_type")
        value, life = platform.stable_token(
            str(body.get("appid", "")),
            str(body.get("secret", "")),
            request.remote or "",
            force=body.get("force_refresh") is True,
        )
        return answer({"access_token": value, "expires_in": life})

    async def _plain_token(self, request: web.Request, _: Platform) -> web.Response:
        query = request.query
        platform = self._named(query.get("appid", ""))
        value, life = platform.plain_token(query.get("appid", ""), query.get("secret", ""), request.remote or "")
        return answer({"access_token": value, "expires_in": life})

    def _named(self, app_id: str) -> Platform:
        return self._platforms.get(app_id) or next(iter(self._platforms.values()))

    async def _addresses(self, _: web.Request, __: Platform) -> web.Response:
        return answer({"ip_list": ["127.0.0.1"]})

    async def _send(self, request: web.Request, platform: Platform) -> web.Response:
        body = await read_object(request)
        platform.send(body, await request.read())
        return answer({"errcode": 0, "errmsg": "ok"})

    async def _typing(self, request: web.Request, platform: Platform) -> web.Response:
        body = await read_object(request)
        if body.get("command") == "Typing":
            platform.show_typing(str(body.get("touser", "")))
        elif body.get("command") != "CancelTyping":
            raise Refused(45072, "command field must be either Typing or CancelTyping")
        return answer({"errcode": 0, "errmsg": "ok"})

    async def _upload(self, request: web.Request, platform: Platform) -> web.Response:
        kind = request.query.get("type", "")
        if not request.content_type.startswith("multipart/"):
            raise Refused(41005, "media data missing")
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "media":
                data = bytes(await part.read(decode=False))
                media_type = part.headers.get("Content-Type", "application/octet-stream")
                media_id = platform.upload(kind, data, media_type, part.filename or "")
                created_at = int(platform.clock.now().timestamp())
                return answer({"type": kind, "media_id": media_id, "created_at": created_at})
        raise Refused(41005, "media data missing")

    async def _download(self, request: web.Request, platform: Platform) -> web.Response:
        media_id = request.query.get("media_id", "")
        stored = platform.stored(media_id)
        if stored.kind == "video":
            return answer({"video_url": f"http://{request.host}/_video/{media_id}"})
        return file_answer(stored.data, stored.media_type, stored.file_name)

    async def _video(self, request: web.Request) -> web.Response:
        for platform in self._platforms.values():
            stored = platform.media.get(request.match_info["media_id"])
            if stored is not None:
                return file_answer(stored.data, stored.media_type, stored.file_name)
        raise web.HTTPNotFound

    async def _user_info(self, request: web.Request, platform: Platform) -> web.Response:
        return answer(platform.user_info(request.query.get("openid", "")))
