from datetime import timedelta

from msgspec.structs import replace

from scrm.clock import ManualClock
from scrm.model.people import Role
from scrm.web.auth import digest
from tests.web.conftest import PASSWORD, Caller, Desk, OpenDesk


async def cookie_of(caller: Caller) -> str:
    return caller.client.session.cookie_jar.filter_cookies(caller.client.make_url("/"))["scrm_session"].value


async def test_signing_in_opens_the_api_and_signing_out_closes_it(desk: Desk) -> None:
    await desk.agent("lin")
    caller = desk.caller()
    assert (await caller.get("session"))[0] == 204
    status, body = await caller.sign_in("lin")
    assert status == 200
    assert body["agent"]["login"] == "lin"
    assert "password_hash" not in body["agent"]
    assert (await caller.get("session"))[1] == body
    assert (await caller.delete("session"))[0] == 204
    assert (await caller.get("session"))[0] == 204


async def test_the_cookie_is_kept_from_scripts_and_stored_only_as_a_digest(open_desk: OpenDesk) -> None:
    desk = await open_desk(secure_cookies=True)
    await desk.agent("lin")
    response = await desk.caller().call("POST", "session", json={"login": "lin", "password": PASSWORD})
    cookie = response.cookies["scrm_session"]
    assert cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"
    assert await desk.stores.sessions.get(cookie.value) is None
    session = await desk.stores.sessions.get(digest(cookie.value))
    assert session is not None
    assert response.headers["Strict-Transport-Security"]


async def test_a_wrong_login_and_a_wrong_password_get_the_same_words(desk: Desk) -> None:
    await desk.agent("lin")
    for login, password in (("lin", "wrong password"), ("nobody", PASSWORD), ("lin\x00", PASSWORD)):
        status, body = await desk.caller().sign_in(login, password)
        assert (status, body["code"], body["detail"]) == (401, "not_signed_in", "login or password is wrong")


async def test_a_disabled_agent_is_out_at_once(desk: Desk) -> None:
    lin = await desk.agent("lin")
    caller = desk.caller()
    await caller.sign_in("lin")
    await desk.stores.agents.save(replace(lin, disabled=True))
    assert (await caller.get("bootstrap"))[0] == 401
    assert (await caller.sign_in("lin"))[0] == 401


async def test_guessing_runs_dry_for_a_login_and_refills(desk: Desk) -> None:
    await desk.agent("lin")
    caller = desk.caller()
    statuses = [(await caller.sign_in("lin", f"guess {number:03}"))[0] for number in range(8)]
    assert statuses == [401] * 8
    response = await caller.call("POST", "session", json={"login": "LIN ", "password": PASSWORD})
    assert response.status == 429
    wait = int(response.headers["Retry-After"])
    assert 1 <= wait <= 61
    assert isinstance(desk.clock, ManualClock)
    desk.clock.advance(wait)
    assert (await caller.sign_in("lin"))[0] == 200


async def test_guessing_runs_dry_for_an_address_whatever_the_logins(desk: Desk) -> None:
    caller = desk.caller()
    statuses = [(await caller.sign_in(f"nobody{number}"))[0] for number in range(31)]
    assert statuses == [401] * 30 + [429]


async def test_right_passwords_are_never_throttled(desk: Desk) -> None:
    await desk.agent("lin")
    caller = desk.caller()
    assert {(await caller.sign_in("lin"))[0] for _ in range(12)} == {200}


async def test_a_change_needs_the_csrf_word(desk: Desk) -> None:
    caller = await desk.signed_in()
    for token in (None, "", "wrong", "é"):
        caller.headers = {} if token is None else {"X-CSRF-Token": token}
        status, body = await caller.patch("me", {"name": "New"})
        assert (status, body["code"]) == (403, "forbidden"), token
        assert (await caller.get("bootstrap"))[0] == 200


async def test_another_page_cannot_sign_anybody_in(desk: Desk) -> None:
    await desk.agent("lin")
    body = {"login": "lin", "password": PASSWORD}
    for origin in ("https://evil.example", "null"):
        response = await desk.caller().call("POST", "session", json=body, headers={"Origin": origin})
        assert response.status == 403
    form = await desk.caller().call("POST", "session", data=body)
    assert form.status == 415


async def test_a_session_slides_for_twelve_hours_and_ends_after_fourteen_days(desk: Desk) -> None:
    caller = await desk.signed_in()
    assert isinstance(desk.clock, ManualClock)
    began = desk.clock.now()
    while desk.clock.now() - began < timedelta(days=14) - timedelta(hours=11):
        desk.clock.advance(11 * 3600)
        assert (await caller.get("conversations/counts"))[0] == 200
    desk.clock.advance(11 * 3600)
    assert (await caller.get("conversations/counts"))[0] == 401

    await caller.sign_in("lin")
    desk.clock.advance(12 * 3600 + 1)
    assert (await caller.get("conversations/counts"))[0] == 401


async def test_a_new_password_ends_every_other_session(desk: Desk) -> None:
    await desk.agent("lin")
    here, there = desk.caller(), desk.caller()
    await here.sign_in("lin")
    await there.sign_in("lin")
    status, body = await here.patch("me", {"password": {"current": "not this one", "new": "battery staple"}})
    assert (status, body["errors"]) == (422, {"password.current": "the current password is wrong"})
    assert (await here.patch("me", {"password": {"current": PASSWORD, "new": "battery staple"}}))[0] == 200
    assert (await here.get("session"))[0] == 200
    assert (await there.get("session"))[0] == 204
    assert (await there.sign_in("lin"))[0] == 401
    assert (await there.sign_in("lin", "battery staple"))[0] == 200


async def test_agents_change_themselves(desk: Desk) -> None:
    caller = await desk.signed_in()
    status, body = await caller.patch("me", {"name": "林", "locale": "en", "theme": "dark", "availability": "online"})
    assert status == 200
    assert (body["name"], body["locale"], body["theme"], body["availability"]) == ("林", "en", "dark", "online")
    assert (await caller.patch("me", {"role": "admin"}))[0] == 422


async def test_a_token_acts_with_its_role_and_without_csrf(desk: Desk) -> None:
    program = await desk.program(Role.SUPERVISOR)
    assert (await program.post("labels", {"name": "VIP", "color": "#ff0000"}))[0] == 201
    status, body = await program.get("tokens")
    assert (status, body["code"]) == (403, "forbidden")
    assert (await program.get("session"))[0] == 403
    program.headers["Authorization"] += "x"
    assert (await program.get("labels"))[0] == 401


async def test_a_token_s_use_is_noted_at_most_once_a_minute(desk: Desk) -> None:
    program = await desk.program()
    assert isinstance(desk.clock, ManualClock)
    first = desk.clock.now()
    await program.get("labels")
    desk.clock.advance(30)
    await program.get("labels")
    assert [token.last_used_at for token in await desk.stores.api_tokens.all()] == [first]
    desk.clock.advance(31)
    await program.get("labels")
    assert [token.last_used_at for token in await desk.stores.api_tokens.all()] == [desk.clock.now()]


async def test_roles_open_what_they_should(desk: Desk) -> None:
    agent = await desk.signed_in("lin", Role.AGENT)
    supervisor = await desk.signed_in("wang", Role.SUPERVISOR)
    admin = await desk.signed_in("zhao", Role.ADMIN)
    days = {"from": "2026-11-01", "to": "2026-11-30"}
    for path, least in (("reports/overview", 1), ("channels", 2), ("tokens", 2), ("journal", 2)):
        query = days if path.startswith("reports") else {}
        statuses = [(await caller.get(path, **query))[0] for caller in (agent, supervisor, admin)]
        assert statuses == [403] * least + [200] * (3 - least), path
    assert (await agent.post("teams", {"name": "售后"}))[0] == 403
    assert (await supervisor.post("teams", {"name": "售后"}))[0] == 201
