"""Signing in and out, and what agents change about themselves.

Wrong passwords are counted for the login and for the address they come from; either runs dry before guessing helps.
A login that does not exist takes as long as one that does, and is answered with the same words.
"""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType

from scrm import __version__
from scrm.errors import Forbidden, Invalid, NotFound, NotSignedIn, TooMany
from scrm.model.people import Agent, Availability, Session
from scrm.web import passwords
from scrm.web.address import address_of
from scrm.web.assemble import VIEWS
from scrm.web.auth import COOKIE, LONGEST, new_session, same_origin
from scrm.web.context import WebContext
from scrm.web.endpoint import GATE, AnyCall, Call, Endpoint, Input, Nothing, changed
from scrm.web.fields import Locale, Name, Theme
from scrm.web.realtime.hall import HALL
from scrm.web.throttle import Throttle
from scrm.web.views import AgentView, SessionView, WorkspaceView

Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=passwords.MAX_LENGTH)]
NewPassword = Annotated[str, msgspec.Meta(min_length=passwords.MIN_LENGTH, max_length=passwords.MAX_LENGTH)]


class SignIn(Input, kw_only=True):
    login: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    password: Secret


class PasswordChange(Input, kw_only=True):
    current: Secret
    new: NewPassword


class MeChange(Input, kw_only=True):
    name: Name | UnsetType = UNSET
    public_name: Name | UnsetType | None = UNSET
    locale: Locale | UnsetType = UNSET
    theme: Theme | UnsetType = UNSET
    availability: Availability | UnsetType = UNSET
    password: PasswordChange | UnsetType = UNSET


class SignInLimits:
    """Tries of one login and from one address. What is taken for a try that was right is given back."""

    def __init__(self, context: WebContext) -> None:
        self._logins = Throttle(context.clock, burst=8, interval=60.0)
        self._addresses = Throttle(context.clock, burst=30, interval=20.0)

    def take(self, login: str, address: str) -> None:
        """Raises TooMany."""
        wait = self._addresses.take(address)
        if not wait:
            wait = self._logins.take(login)
            if wait:
                self._addresses.give_back(address)
        if wait:
            raise TooMany("too many tries to sign in; wait a little", retry_after=wait)

    def give_back(self, login: str, address: str) -> None:
        self._logins.give_back(login)
        self._addresses.give_back(address)


SIGN_IN_LIMITS = web.AppKey("sign_in_limits", SignInLimits)


async def sign_in(call: Call[Nothing, SignIn]) -> web.Response:
    context, body = call.context, call.body
    if not same_origin(call.request, context.public_url):
        raise Forbidden("this page may not sign anybody in")
    login = body.login.strip().casefold()
    limits, address = call.request.app[SIGN_IN_LIMITS], address_of(call.request, context)
    limits.take(login, address)
    agent = await context.stores.agents.by_login(login)
    right = await context.passwords.verify(agent.password_hash if agent else None, body.password)
    if agent is None or not right or agent.disabled:
        raise NotSignedIn("login or password is wrong")
    limits.give_back(login, address)
    if context.passwords.outdated(agent.password_hash):
        await _save_password(context, agent, body.password)
    cookie, session = new_session(agent.id, context.clock.now())
    await context.stores.sessions.insert(session)
    response = web.Response(
        body=msgspec.json.encode(await _view(call, agent, session)), content_type="application/json"
    )
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=context.secure_cookies,
        path="/",
    )
    return response


async def get_session(call: Call[Nothing, Nothing]) -> SessionView | None:
    """None without a session, or with one that ended. The client asks before it knows, so nobody is not an error."""
    gate = call.request.app[GATE]
    try:
        who = await gate.auth.principal(call.request)
    except NotSignedIn:
        if "Authorization" in call.request.headers:
            raise
        return None
    agent = who.person()
    if who.session is None:
        return None
    if wait := gate.limits.take(who.key):
        raise TooMany("too many requests; slow down", retry_after=wait)
    return await _view(call, agent, who.session)


async def sign_out(call: Call[Nothing, Nothing]) -> web.Response:
    call.who.person()
    if call.who.session is not None:
        await call.context.stores.sessions.delete(call.who.session.id)
        call.request.app[HALL].end_session(call.who.session.id)
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=call.context.secure_cookies)
    return response


async def change_me(call: Call[Nothing, MeChange]) -> AgentView:
    agent, body, stores = call.who.person(), call.body, call.context.stores
    if body.password is not UNSET:
        await _change_password(call, agent, body.password)

    async def work() -> Agent:
        current = await stores.agents.get(agent.id)
        if current is None:
            raise NotFound("this agent is gone")
        fresh = changed(current, body, "name", "public_name", "locale", "theme")
        if fresh != current:
            fresh = msgspec.structs.replace(fresh, updated_at=call.context.clock.now())
            await stores.agents.save(fresh)
        return fresh

    agent = await stores.transaction(work)
    if body.availability is not UNSET and body.availability != agent.availability:
        agent = await call.context.hub.availability(agent.id, body.availability)
    return await call.request.app[VIEWS].agent(agent)


async def _change_password(call: Call[Nothing, MeChange], agent: Agent, change: PasswordChange) -> None:
    context, limits = call.context, call.request.app[SIGN_IN_LIMITS]
    address = address_of(call.request, context)
    limits.take(agent.login, address)
    if not await context.passwords.verify(agent.password_hash, change.current):
        raise Invalid("the current password is wrong", field="password.current")
    limits.give_back(agent.login, address)
    await _save_password(context, agent, change.new)
    # Whoever else was signed in as this agent is out; this browser stays.
    await context.stores.sessions.delete_of(agent.id)
    if call.who.session is not None:
        await context.stores.sessions.insert(call.who.session)
    call.request.app[HALL].end_agent(agent.id, keep=call.who.session.id if call.who.session else None)


async def _save_password(context: WebContext, agent: Agent, password: str) -> None:
    hashed = await context.passwords.hash(password)

    async def work() -> None:
        current = await context.stores.agents.get(agent.id)
        if current is not None:
            now = context.clock.now()
            await context.stores.agents.save(msgspec.structs.replace(current, password_hash=hashed, updated_at=now))

    await context.stores.transaction(work)


async def _view(call: AnyCall, agent: Agent, session: Session) -> SessionView:
    context = call.context
    return SessionView(
        agent=await call.request.app[VIEWS].agent(agent),
        csrf=session.csrf,
        workspace=WorkspaceView(
            name=context.workspace_name,
            time_zone=context.time_zone,
            version=__version__,
            demo=context.demo,
            public_url=context.public_url,
        ),
    )


ENDPOINTS = (
    Endpoint(
        method="POST", path="/session", handler=sign_in, role=None, body=SignIn, returns=SessionView,
        summary="Sign in: sets the cookie scrm_session", tag="session",
    ),
    Endpoint(
        method="GET", path="/session", handler=get_session, role=None, returns=SessionView, statuses=(200, 204),
        summary="Who is signed in: 204 for nobody", tag="session",
    ),
    Endpoint(
        method="DELETE", path="/session", handler=sign_out, statuses=(204,), summary="Sign out", tag="session",
    ),
    Endpoint(
        method="PATCH", path="/me", handler=change_me, body=MeChange, returns=AgentView,
        summary="Change one's own name, language, look, availability or password", tag="session",
    ),
)  # fmt: skip
