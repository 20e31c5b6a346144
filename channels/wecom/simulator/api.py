"""The platform's API over HTTP, with its habits: errors are 200, and JSON is called text/plain."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import BodyPartReader, web

from channels.wecom.simulator.platform import Platform
from channels.wx.simulator.faults import Faults, Refused, answer, file_answer, read_object

Asked = Callable[[dict[str, Any]], dict[str, object]]


class PlatformApi:
    def __init__(self, platform: Platform, announce: Callable[[], None]) -> None:
        self.faults = Faults(announce)
        self._platform = platform

    def add_routes(self, application: web.Application) -> None:
        router, platform = application.router, self._platform
        router.add_get("/cgi-bin/gettoken", self.faults.guarded(self._token))
        asked: dict[str, Asked] = {
            "kf/sync_msg": platform.sync,
            "kf/send_msg": lambda body: {"msgid": platform.send(body).message_id},
            "kf/send_msg_on_event": lambda body: {"msgid": platform.answer_event(body).message_id},
            "kf/service_state/get": self._state,
            "kf/service_state/trans": platform.change_state,
            "kf/customer/batchget": lambda body: platform.customers(body.get("external_userid_list")),
            "kf/account/list": self._accounts,
        }
        for path, answers in asked.items():
            router.add_post(f"/cgi-bin/{path}", self._guarded(self._json(answers)))
        router.add_get("/cgi-bin/kf/servicer/list", self._guarded(self._servicers))
        router.add_post("/cgi-bin/media/upload", self._guarded(self._upload))
        router.add_get("/cgi-bin/media/get", self._guarded(self._download))

    def _guarded(
        self, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            self._platform.check_token(request.query.get("access_token", ""), request.remote or "")
            return await handler(request)

        return self.faults.guarded(handle)

    def _json(self, answers: Asked) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return answer({"errcode": 0, "errmsg": "ok", **answers(await read_object(request))})

        return handle

    async def _token(self, request: web.Request) -> web.Response:
        query = request.query
        value, life = self._platform.fetch_token(
            query.get("corpid", ""), query.get("corpsecret", ""), request.remote or ""
        )
        return answer({"errcode": 0, "errmsg": "ok", "access_token": value, "expires_in": life})

    def _state(self, body: dict[str, Any]) -> dict[str, object]:
        session = self._platform.state(body)
        return {"service_state": session.state, "servicer_userid": session.servicer}

    def _accounts(self, body: dict[str, Any]) -> dict[str, object]:
        offset = body.get("offset", 0)
        boxes = list(self._platform.boxes.values())[offset if type(offset) is int and offset >= 0 else 0 :]
        return {"account_list": [{"open_kfid": each.account.open_kfid, "name": each.account.name} for each in boxes]}

    async def _servicers(self, request: web.Request) -> web.Response:
        box = self._platform.boxes.get(request.query.get("open_kfid", ""))
        if box is None:
            raise Refused(95000, "invalid open_kfid")
        people = [{"userid": userid, "status": status} for userid, status in box.servicers.items()]
        return answer({"errcode": 0, "errmsg": "ok", "servicer_list": people})

    async def _upload(self, request: web.Request) -> web.Response:
        kind = request.query.get("type", "")
        if not request.content_type.startswith("multipart/"):
            raise Refused(41005, "media data missing")
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "media":
                data = bytes(await part.read(decode=False))
                media_type = part.headers.get("Content-Type", "application/octet-stream")
                media_id = self._platform.upload(kind, data, media_type, part.filename or "")
                created_at = str(int(self._platform.clock.now().timestamp()))
                return answer({"errcode": 0, "type": kind, "media_id": media_id, "created_at": created_at})
        raise Refused(41005, "media data missing")

    async def _download(self, request: web.Request) -> web.Response:
        stored = self._platform.stored(request.query.get("media_id", ""))
        return file_answer(stored.data, stored.media_type, stored.file_name)
