"""The console's calls over HTTP: tags, QR codes, the menu, templates."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from channels.wechat.simulator.code_picture import code_picture
from channels.wechat.simulator.platform import Platform
from channels.wx.simulator.faults import Refused, answer, read_object

Handler = Callable[[web.Request, Platform], Awaitable[web.StreamResponse]]
OK: dict[str, object] = {"errcode": 0, "errmsg": "ok"}


def add_routes(
    application: web.Application,
    guarded: Callable[[Handler], Callable[[web.Request], Awaitable[web.StreamResponse]]],
    platforms: Callable[[], list[Platform]],
) -> None:
    router = application.router
    posted: dict[str, Handler] = {
        "/cgi-bin/tags/create": _create_tag,
        "/cgi-bin/tags/delete": _delete_tag,
        "/cgi-bin/tags/members/batchtagging": _tag_people,
        "/cgi-bin/tags/members/batchuntagging": _untag_people,
        "/cgi-bin/tags/getidlist": _tags_of,
        "/cgi-bin/qrcode/create": _create_code,
        "/cgi-bin/menu/create": _publish,
        "/cgi-bin/message/template/send": _template,
        "/cgi-bin/message/subscribe/bizsend": _subscribe,
    }
    asked: dict[str, Handler] = {
        "/cgi-bin/tags/get": _tags,
        "/cgi-bin/menu/get": _menu,
        "/cgi-bin/menu/delete": _delete_menu,
        "/cgi-bin/template/get_all_private_template": _private,
        "/wxaapi/newtmpl/gettemplate": _subscribe_list,
    }
    for path, handler in posted.items():
        router.add_post(path, guarded(_counted(handler)))
    for path, handler in asked.items():
        router.add_get(path, guarded(_counted(handler)))

    async def picture(request: web.Request) -> web.Response:
        """Without a token: whoever has the ticket may see the code."""
        ticket = request.query.get("ticket", "")
        for platform in platforms():
            code = platform.console.codes.get(ticket)
            if code is not None and (code.expires_at is None or code.expires_at > platform.clock.now()):
                return web.Response(body=code_picture(ticket), content_type="image/png")
        raise web.HTTPNotFound

    router.add_get("/cgi-bin/showqrcode", picture)


def _counted(handler: Handler) -> Handler:
    async def handle(request: web.Request, platform: Platform) -> web.StreamResponse:
        platform.console.calls[request.path] += 1
        return await handler(request, platform)

    return handle


async def _create_tag(request: web.Request, platform: Platform) -> web.Response:
    tag = (await read_object(request)).get("tag")
    name = str(tag.get("name", "")) if isinstance(tag, dict) else ""
    return answer({"tag": {"id": platform.console.create_tag(name), "name": name}})


async def _delete_tag(request: web.Request, platform: Platform) -> web.Response:
    tag = (await read_object(request)).get("tag")
    platform.console.delete_tag(int(tag["id"]) if isinstance(tag, dict) else -1)
    return answer(OK)


async def _tags(_: web.Request, platform: Platform) -> web.Response:
    console = platform.console
    held = [number for tags in console.person_tags.values() for number in tags]
    items = [{"id": number, "name": name, "count": held.count(number)} for number, name in console.tags.items()]
    return answer({"tags": items})


async def _tag_people(request: web.Request, platform: Platform) -> web.Response:
    return await _tagging(request, platform, on=True)


async def _untag_people(request: web.Request, platform: Platform) -> web.Response:
    return await _tagging(request, platform, on=False)


async def _tagging(request: web.Request, platform: Platform, *, on: bool) -> web.Response:
    body = await read_object(request)
    number, openids = body.get("tagid"), body.get("openid_list")
    if type(number) is not int:
        raise Refused(45159, "invalid tag id")
    people = [str(openid) for openid in openids] if isinstance(openids, list) else []
    platform.console.tag_people(number, people, frozenset(platform.customers), on=on)
    return answer(OK)


async def _tags_of(request: web.Request, platform: Platform) -> web.Response:
    openid = str((await read_object(request)).get("openid", ""))
    if openid not in platform.customers:
        raise Refused(40003, "invalid openid")
    return answer({"tagid_list": platform.console.person_tags.get(openid, [])})


async def _create_code(request: web.Request, platform: Platform) -> web.Response:
    return answer(platform.console.create_code(await read_object(request)))


async def _publish(request: web.Request, platform: Platform) -> web.Response:
    platform.console.publish((await read_object(request)).get("button"))
    return answer(OK)


async def _menu(_: web.Request, platform: Platform) -> web.Response:
    return answer(platform.console.shown_menu())


async def _delete_menu(_: web.Request, platform: Platform) -> web.Response:
    platform.console.menu = None
    return answer(OK)


async def _private(_: web.Request, platform: Platform) -> web.Response:
    found = [each for each in platform.console.templates.values() if each.kind == "template"]
    items = [
        {
            "template_id": each.template_id,
            "title": each.title,
            "primary_industry": "IT科技",
            "deputy_industry": "互联网/电子商务",
            "content": each.content,
            "example": each.example,
        }
        for each in found
    ]
    return answer({"template_list": items})


async def _subscribe_list(_: web.Request, platform: Platform) -> web.Response:
    found = [each for each in platform.console.templates.values() if each.kind == "subscribe"]
    items = [
        {
            "priTmplId": each.template_id,
            "title": each.title,
            "content": each.content,
            "example": each.example,
            "type": 3 if each.lasting else 2,
        }
        for each in found
    ]
    return answer({**OK, "data": items})


async def _template(request: web.Request, platform: Platform) -> web.Response:
    return await _from_template(request, platform, "template")


async def _subscribe(request: web.Request, platform: Platform) -> web.Response:
    return await _from_template(request, platform, "subscribe")


async def _from_template(request: web.Request, platform: Platform, kind: str) -> web.Response:
    message_id = platform.send_template(kind, await read_object(request), await request.read())
    return answer({**OK, "msgid": int(message_id)})
