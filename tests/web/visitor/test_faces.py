"""What a visitor sees of the company's people: a face beside a public name, that they read, and when they are there."""

import asyncio
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import FormData

from channels.webchat.simulator import VisitorError
from scrm.ids import ChannelId
from scrm.model.people import Role
from scrm.model.site import DAYS
from scrm.web.picture import MAX_BYTES, cleaned
from tests.web.conftest import Caller, Desk
from tests.web.pictures import jpeg, png
from tests.web.visitor.conftest import PATIENCE, SHOP, SITE, OpenVisitor, add_site, newest, page, reply, shows

# The clock of these tests is the real one: open or closed whatever the hour is.
CLOSED: dict[str, Any] = {"schedule": {"always": False, "week": [[]] * 7}, "policies": []}


async def put(caller: Caller, data: bytes) -> tuple[int, Any]:
    form = FormData()
    form.add_field("file", data, filename="me.jpg", content_type="text/html")
    response = await caller.call("PUT", "me/picture", data=form)
    return response.status, await response.json()


async def test_a_face_is_shown_beside_a_public_name_only(live: Desk, visit: OpenVisitor) -> None:
    wang = await live.agent("wang")
    mine = live.caller()
    await mine.sign_in("wang")
    status, view = await put(mine, jpeg())
    assert (status, await live.stores.blobs.get(view["picture"])) == (200, cleaned(jpeg()).data)
    first = view["picture"]
    visitor = await visit()
    await visitor.say("在吗")
    conversation = await newest(live, visitor)
    await reply(live, conversation, "在的", wang)
    await shows(visitor, "在吗", "在的")
    assert [each["face"] for each in visitor.shown] == [None, None]
    with pytest.raises(VisitorError) as caught:
        await visitor.call("GET", f"/faces/{first}")
    assert caught.value.status == 404

    await mine.patch("me", {"public_name": "小王"})
    status, view = await put(mine, png())
    second = view["picture"]
    assert status == 200 and await live.stores.blobs.info(first) is None
    await reply(live, conversation, "请讲", wang)
    await shows(visitor, "在吗", "在的", "请讲")
    assert (visitor.shown[2]["agent"], visitor.shown[2]["face"]) == ("小王", second)
    headers = {"Origin": SHOP, "Authorization": f"Visitor {visitor.token}"}
    url = live.server.make_url(f"/visitor/{SITE}/faces/{second}")
    answer = await mine.client.session.get(url, headers=headers)
    assert (await answer.read(), answer.content_type) == (cleaned(png()).data, "image/png")
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    again = await mine.client.session.get(url, headers={**headers, "If-None-Match": answer.headers["ETag"]})
    assert again.status == 304
    # Only faces: no other file by this door, and nothing without a visitor's pass.
    other = await visitor.upload(png(), "别的.png", "image/png")
    with pytest.raises(VisitorError) as caught:
        await visitor.call("GET", f"/faces/{other['id']}")
    assert caught.value.status == 404
    assert (await mine.client.session.get(url, headers={"Origin": SHOP})).status == 401

    boss = await live.signed_in("boss", Role.ADMIN)
    status, view = await boss.delete(f"agents/{wang.id}/picture")
    assert (status, view["picture"], await live.stores.blobs.info(second)) == (200, None, None)
    assert (await mine.delete(f"agents/{wang.id}/picture"))[0] == 403
    assert (await mine.delete("me/picture"))[0] == 200


async def test_what_is_no_fit_picture_is_refused(live: Desk) -> None:
    mine = await live.signed_in("wang")
    for data, status in ((b"<html>", 422), (png(2_000, 16), 422), (bytes(MAX_BYTES + 1), 413)):
        assert (await put(mine, data))[0] == status
    assert (await put(await live.program(), png()))[0] == 403
    assert (await mine.get("agents"))[1]["items"][0]["picture"] is None


async def test_a_visitor_sees_that_it_was_read(live: Desk, visit: OpenVisitor) -> None:
    mine = await live.signed_in("wang")
    visitor = await visit()
    await visitor.say("在吗")
    conversation = await newest(live, visitor)
    await shows(visitor, "在吗")
    assert visitor.state is not None and visitor.state["read"] == 0
    position = visitor.shown[0]["position"]
    await mine.post(f"conversations/{conversation.id}/read", {"position": position})
    async with asyncio.timeout(PATIENCE):
        await visitor.wait_until(lambda: (visitor.state or {})["read"] == position)
    # Where customers are not shown it, nothing is written.
    await live.arrives("你好")
    elsewhere = await live.conversation()
    await mine.post(f"conversations/{elsewhere.id}/read", {"position": elsewhere.last_position})
    after = await live.stores.conversations.get(elsewhere.id)
    assert after is not None and (after.read_position, after.version) == (0, elsewhere.version)


async def test_hours_are_the_companys_unless_the_channel_has_its_own(live: Desk) -> None:
    boss = await live.signed_in("boss", Role.ADMIN)
    today = live.clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    other_day = DAYS[(today + timedelta(days=3)).weekday()]
    always = await add_site(live, ChannelId("always"), hours="always")
    own = await add_site(live, ChannelId("own"), hours=f"{other_day} 09:00-18:00")

    async def enters(channel_id: ChannelId) -> dict[str, Any]:
        return await page(live, boss.client.session, channel_id=channel_id).enter()

    assert (await enters(SITE))["open"]
    assert (await boss.put("workspace/service", CLOSED))[0] == 200
    closed = await enters(SITE)
    assert (closed["open"], closed["opens_at"]) == (False, None)
    assert (await enters(always.id))["open"]
    assert (await enters(own.id))["opens_at"] is not None
    # A closed weekday that is worked, as one that makes up for a holiday is.
    whole = [{"opens": "00:00", "closes": "24:00"}]
    days = [{"day": (today + timedelta(days=ahead)).isoformat(), "name": "调休", "hours": whole} for ahead in (0, 1)]
    await boss.put("workspace/service", {**CLOSED, "schedule": {**CLOSED["schedule"], "special": days}})
    assert (await enters(SITE))["open"]
