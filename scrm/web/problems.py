"""Refusals as RFC 9457 problem documents. What a caller hears of a bug is an id to ask about, never a trace."""

import re
import traceback
from collections.abc import Mapping

import msgspec
from aiohttp import web

from scrm.errors import (
    WEBHOOK_STATUS,
    Duplicate,
    HubError,
    Invalid,
    ReplyRefused,
    SendErrorCode,
    Stale,
    StoreUnavailable,
    WebhookError,
)
from scrm.model.base import Record

MEDIA_TYPE = "application/problem+json"
# Refused for what the message is, rather than for when it came.
_UNPROCESSABLE = frozenset({SendErrorCode.TOO_LONG, SendErrorCode.UNSUPPORTED_CONTENT})


class Problem(Record, kw_only=True):
    """RFC 9457, with the hub's stable word for it and, for input, a sentence a field."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


_TITLES: Mapping[int, str] = {
    400: "Bad request",
    401: "Not signed in",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}
_CODES: Mapping[int, str] = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    500: "internal",
}


class UnsupportedMediaType(HubError):
    status = 415
    code = "unsupported_media_type"


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    document = Problem(
        type=f"urn:scrm:problem:{code}",
        title=_TITLES.get(status, "Refused"),
        status=status,
        code=code,
        detail=detail,
        errors=dict(errors) if errors else msgspec.UNSET,
    )
    return web.Response(
        status=status,
        # A detail may quote what the caller sent; what is not encodable in it must not become a second error.
        body=msgspec.json.encode(document),
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def expected_problem(error: Exception) -> web.Response | None:
    """The answer to an exception that is no bug; None when it is one."""
    match error:
        case HubError():
            status = 422 if isinstance(error, ReplyRefused) and error.code in _UNPROCESSABLE else error.status
            return problem(status, error.code, error.detail, errors=_field_errors(error), headers=_headers(error))
        case StoreUnavailable():
            return problem(503, "unavailable", "the database cannot be reached", headers={"Retry-After": "1"})
        case WebhookError():
            status = WEBHOOK_STATUS[error.refusal]
            headers = {"Retry-After": "5"} if status == 503 else None
            return problem(status, str(error.refusal), error.detail or str(error.refusal), headers=headers)
        case Duplicate():
            return problem(409, "duplicate", "there is one like it already")
        case Stale():
            return problem(409, "conflict", "somebody changed it at the same time; read it again")
        case web.HTTPException() if error.status >= 400:
            allow = error.headers.get("Allow")
            code = _CODES.get(error.status, f"http_{error.status}")
            detail = _TITLES.get(error.status, "Refused").lower()
            return problem(error.status, code, detail, headers={"Allow": allow} if allow else None)
    return None


def _field_errors(error: HubError) -> dict[str, str] | None:
    errors = error.extra.get("errors")
    if isinstance(errors, Mapping):
        return {str(name): str(sentence) for name, sentence in errors.items()}
    field = error.extra.get("field")
    return {str(field): error.detail} if field else None


def _headers(error: HubError) -> dict[str, str] | None:
    after = error.extra.get("retry_after")
    if isinstance(after, int | float):
        return {"Retry-After": str(max(1, round(after + 0.5)))}
    return {"WWW-Authenticate": "Bearer"} if error.status == 401 else None


def place(error: Exception) -> str:
    """Where a bug is, for the log: without the exception's text, which may quote a customer."""
    return "".join(traceback.format_tb(error.__traceback__)[-6:])


_WHERE = re.compile(r" - at `(?:key` in `)?\$\.?(?P<path>[^`]*)`$")
_NAMED = re.compile(r"(?:required field|unknown field) `(?P<name>[^`]*)`")


def invalid_input(error: Exception) -> Invalid:
    """msgspec's refusal of a value as one of ours, with the field it is about."""
    text = str(error)
    where = _WHERE.search(text)
    path = where["path"] if where else ""
    sentence = text[: where.start()] if where else text
    named = _NAMED.search(sentence)
    if named:
        path = f"{path}.{named['name']}" if path else named["name"]
    sentence = sentence[:1].lower() + sentence[1:]
    # The caller's own words come back in it: cut, and without what JSON cannot carry.
    sentence = sentence[:300].encode("utf-8", "replace").decode()
    path = path[:100].encode("utf-8", "replace").decode()
    return Invalid(f"{path}: {sentence}" if path else sentence, errors={path: sentence} if path else {})
