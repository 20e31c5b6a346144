"""The API as data: what each endpoint takes and gives, declared once.

`Endpoint` is a row of that table. From it come the route, the checks before the handler (role, limits, decoding), the
encoding after it, and the OpenAPI document; so what is documented is what runs. Handlers get decoded, validated values.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

import msgspec
from aiohttp import web

from scrm.errors import Invalid, NotFound, TooLarge, TooMany
from scrm.model.base import Record
from scrm.model.people import Role
from scrm.web.auth import Authenticator, Principal
from scrm.web.context import CONTEXT, WebContext
from scrm.web.masking import MASKING
from scrm.web.problems import UnsupportedMediaType, invalid_input
from scrm.web.throttle import Throttle

T = TypeVar("T")
Q = TypeVar("Q")
B = TypeVar("B")

MAX_JSON = 1024 * 1024
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_ENCODER = msgspec.json.Encoder()


class Input(Record, kw_only=True, forbid_unknown_fields=True):
    """A query or body. A name it does not know is refused rather than ignored: it is a mistake of the caller."""


class Nothing(Input, kw_only=True):
    """No query, no body."""


class NoContent(Record, kw_only=True):
    """204."""


class Raw(Record, kw_only=True):
    """The handler answers with a response of its own (bytes, a socket)."""


class Items(Record, Generic[T], kw_only=True):
    """A page of a list. next: the cursor of the page after it, null on the last."""

    items: list[T]
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Q, B]):
    """One request, as its handler sees it. `who` is the caller; only endpoints for everybody have none."""

    request: web.Request
    context: WebContext
    caller: Principal | None
    query: Q
    body: B

    @property
    def who(self) -> Principal:
        if self.caller is None:
            raise RuntimeError("an endpoint for everybody asked who called")
        return self.caller

    def id(self, name: str = "id") -> str:
        """An id from the path. One that could not be one is of nothing."""
        value = self.request.match_info[name]
        if not _ID.fullmatch(value):
            raise NotFound("there is nothing under this id")
        return value


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A value with a status of its own."""

    value: T
    status: int


# For helpers that care neither for the query nor for the body.
AnyCall = Call[Any, Any]
Handler = Callable[[AnyCall], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """path: below /api/v1. role: the least one; None: everybody. statuses: of success, the usual one first.

    produces: media type of a Raw answer. uploads: the handler reads the body itself, in bounds of its own. whole:
    personal data in the answer is masked for nobody.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    role: Role | None = Role.AGENT
    query: type[Any] = Nothing
    body: type[Any] = Nothing
    returns: Any = NoContent
    statuses: tuple[int, ...] = (200,)
    produces: str = "application/json"
    uploads: bool = False
    whole: bool = False

    @property
    def template(self) -> str:
        return f"/api/v1{self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What every endpoint passes before its handler runs. `limits`: by caller, far above what a person can do."""

    auth: Authenticator
    limits: Throttle


GATE = web.AppKey("gate", Gate)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """An endpoint as an aiohttp handler."""

    endpoint: Endpoint
    decoder: "msgspec.json.Decoder[Any]" = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "decoder", msgspec.json.Decoder(self.endpoint.body))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        endpoint = self.endpoint
        caller = None
        if endpoint.role is not None:
            gate = request.app[GATE]
            caller = await gate.auth.principal(request)
            caller.require(endpoint.role)
            wait = gate.limits.take(caller.key)
            if wait:
                raise TooMany("too many requests; slow down", retry_after=wait)
        call = Call(
            request=request,
            context=request.app[CONTEXT],
            caller=caller,
            query=decode_query(request, endpoint.query),
            body=await self._body(request),
        )
        masking = request.app[MASKING]
        # Asked beforehand: nothing stands between what a handler has done and its answer.
        masked = caller is not None and not endpoint.whole and await masking.applies(caller.role)
        value, status = await endpoint.handler(call), endpoint.statuses[0]
        if isinstance(value, web.StreamResponse):
            return value
        if isinstance(value, Answer):
            value, status = value.value, value.status
        return self._respond(masking.apply(value) if masked else value, status)

    async def _body(self, request: web.Request) -> object:
        if self.endpoint.body is Nothing or self.endpoint.uploads:
            return None
        if request.content_type != "application/json":
            raise UnsupportedMediaType("send the body as application/json")
        if request.content_length is not None and request.content_length > MAX_JSON:
            raise TooLarge("a body has at most 1 MiB")
        raw = await request.read()
        try:
            return self.decoder.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise invalid_input(error) from error

    @staticmethod
    def _respond(value: object, status: int) -> web.Response:
        if value is None:
            return web.Response(status=204)
        return web.Response(status=status, body=_ENCODER.encode(value), content_type="application/json")


def decode_query(request: web.Request, query: type[T]) -> T:
    """The query as its type; an empty value is none. Raises Invalid."""
    given: dict[str, str] = {}
    for name, value in request.query.items():
        if name in given:
            raise Invalid(f"{name} is given twice", field=name)
        if value:
            given[name] = value
    try:
        return msgspec.convert(given, query, strict=False, str_keys=True)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise invalid_input(error) from error


def changed(record: T, changes: Record, *names: str) -> T:
    """The record with those fields of `changes` that are set; all of them when no names are given."""
    chosen = names or changes.__struct_fields__
    values = {name: getattr(changes, name) for name in chosen}
    given: Mapping[str, object] = {name: value for name, value in values.items() if value is not msgspec.UNSET}
    return cast(T, msgspec.structs.replace(cast(msgspec.Struct, record), **given))
