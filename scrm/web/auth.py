"""Who asks: an agent's browser (cookie) or a program (Bearer token).

Cookies and tokens are random and stored only as SHA-256, so that a stolen database opens no door. A session ends 12
hours after its last use and 14 days after it began, whichever is first. A request that changes something and comes
with a cookie must carry the session's CSRF word.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from scrm.clock import Clock
from scrm.errors import Forbidden, NotSignedIn
from scrm.ids import AgentId, IdFactory, TokenId
from scrm.model.message import Author, AuthorType
from scrm.model.people import Agent, ApiToken, Role, RoleLevel, Session
from scrm.ports.stores import Stores
from scrm.web.context import WebContext

COOKIE = "scrm_session"
CSRF_HEADER = "X-CSRF-Token"
IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
# A session's end is moved at most this often: it costs a write.
_EXTEND_AFTER = timedelta(minutes=15)
_TOKEN_NOTED_EVERY = timedelta(minutes=1)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_SECRET = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller. Exactly one of agent and token is set; session belongs to an agent's."""

    role: Role
    agent: Agent | None = None
    session: Session | None = None
    token: ApiToken | None = None

    @property
    def key(self) -> str:
        """Names the caller in limits."""
        return f"agent:{self.agent.id}" if self.agent else f"token:{self.token.id if self.token else ''}"

    @property
    def agent_id(self) -> AgentId | None:
        return self.agent.id if self.agent else None

    @property
    def author(self) -> Author:
        if self.agent:
            return Author(type=AuthorType.AGENT, id=self.agent.id, name=self.agent.name)
        token = self.token
        return Author(type=AuthorType.API, id=token.id if token else None, name=token.name if token else None)

    def person(self) -> Agent:
        """The agent; raises Forbidden for a program."""
        if self.agent is None:
            raise Forbidden("only a signed-in agent can do this, not an API token")
        return self.agent

    def require(self, role: Role) -> None:
        if level(self.role) < level(role):
            raise Forbidden(f"this needs the role {role}")


def level(role: Role) -> RoleLevel:
    return RoleLevel[role.name]


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def new_session(agent_id: AgentId, now: datetime) -> tuple[str, Session]:
    """A cookie, and the session it opens."""
    cookie = secrets.token_urlsafe(32)
    session = Session(
        id=digest(cookie),
        agent_id=agent_id,
        csrf=secrets.token_urlsafe(24),
        created_at=now,
        expires_at=now + IDLE,
    )
    return cookie, session


def new_api_token(name: str, role: Role, *, clock: Clock, ids: IdFactory) -> tuple[str, ApiToken]:
    """A token, to be shown once, and the record of it."""
    token = f"scrm_{secrets.token_urlsafe(32)}"
    return token, ApiToken(id=TokenId(ids()), name=name, digest=digest(token), role=role, created_at=clock.now())


def same_origin(request: web.Request, public_url: str | None) -> bool:
    """Whether the page that sent this is one of ours. A request without Origin was not sent by another page."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    if public_url is not None and origin == origin_of(public_url):
        return True
    return origin != "null" and urlsplit(origin).netloc == request.host


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class Authenticator:
    def __init__(self, context: WebContext) -> None:
        self._stores: Stores = context.stores
        self._clock = context.clock
        self._noted: OrderedDict[TokenId, datetime] = OrderedDict()

    async def principal(self, request: web.Request) -> Principal:
        """Who sent the request. Raises NotSignedIn; Forbidden when its CSRF word is missing or wrong."""
        authorization = request.headers.get("Authorization")
        if authorization is not None:
            return await self._program(authorization)
        cookie = request.cookies.get(COOKIE)
        if not cookie or len(cookie) > _MAX_SECRET:
            raise NotSignedIn("sign in first")
        principal = await self.of_session(digest(cookie))
        if principal is None or principal.session is None:
            raise NotSignedIn("the session has ended; sign in again")
        if request.method not in _SAFE:
            given = request.headers.get(CSRF_HEADER, "").encode("utf-8", "surrogateescape")
            if not hmac.compare_digest(given, principal.session.csrf.encode()):
                raise Forbidden(f"the header {CSRF_HEADER} is missing or wrong")
        await self._extend(principal.session)
        return principal

    async def of_session(self, session_id: str) -> Principal | None:
        """The agent of a session, as long as it lasts and the agent is not disabled."""
        session = await self._stores.sessions.get(session_id)
        if session is None or session.expires_at <= self._clock.now():
            return None
        agent = await self._stores.agents.get(session.agent_id)
        if agent is None or agent.disabled:
            return None
        return Principal(role=agent.role, agent=agent, session=session)

    async def of_token(self, token_digest: str) -> Principal | None:
        token = await self._stores.api_tokens.by_digest(token_digest)
        return Principal(role=token.role, token=token) if token else None

    async def still(self, principal: Principal) -> Principal | None:
        """The caller as it is now; None when it may not ask any more."""
        if principal.session:
            return await self.of_session(principal.session.id)
        return await self.of_token(principal.token.digest) if principal.token else None

    async def _program(self, authorization: str) -> Principal:
        scheme, _, secret = authorization.partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret or len(secret) > _MAX_SECRET:
            raise NotSignedIn("send Authorization: Bearer TOKEN")
        principal = await self.of_token(digest(secret))
        if principal is None or principal.token is None:
            raise NotSignedIn("this token is not known")
        await self._note_used(principal.token)
        return principal

    async def _note_used(self, token: ApiToken) -> None:
        now = self._clock.now()
        last = max(filter(None, (token.last_used_at, self._noted.get(token.id))), default=None)
        if last is not None and now - last < _TOKEN_NOTED_EVERY:
            return
        self._noted[token.id] = now
        while len(self._noted) > 1_000:
            self._noted.popitem(last=False)
        await self._stores.api_tokens.note_used(token.id, now)

    async def _extend(self, session: Session) -> None:
        now = self._clock.now()
        until = min(now + IDLE, session.created_at + LONGEST)
        if until - session.expires_at < _EXTEND_AFTER:
            return

        async def work() -> None:
            # Read again inside: a session that was signed out meanwhile must not come back.
            current = await self._stores.sessions.get(session.id)
            if current is None:
                return
            await self._stores.sessions.delete(session.id)
            await self._stores.sessions.insert(msgspec.structs.replace(current, expires_at=until))

        await self._stores.transaction(work)
