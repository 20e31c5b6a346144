"""The one middleware, around every request but webhooks (which answer for themselves): an id, the security headers, the
measure, and problem documents for what went wrong. What a bug was goes to the log under the request's id, as kind and
place only: an exception's text may quote a customer.
"""

import secrets

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from scrm.web.context import CONTEXT
from scrm.web.metrics import METRICS
from scrm.web.problems import expected_problem, place, problem
from scrm.web.static import PAGE_POLICY

REQUEST_ID = web.RequestKey("request_id", str)
_log = structlog.get_logger("scrm.web")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"


@web.middleware
async def frame(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path.startswith("/hooks/"):
        try:
            return await handler(request)
        except web.HTTPException as error:  # there is no such row: a webhook itself raises nothing
            return expected_problem(error) or error
    context = request.app[CONTEXT]
    began = context.clock.monotonic()
    request_id = secrets.token_hex(8)
    request[REQUEST_ID] = request_id
    try:
        response = await handler(request)
    except Exception as error:
        response = expected_problem(error) or _bug(error, request, request_id)
    if isinstance(response, web.WebSocketResponse):
        return response  # How long somebody listened says nothing of how fast we answer.
    route = request.match_info.route.resource
    request.app[METRICS].requests.labels(
        request.method, route.canonical if route else "none", str(response.status)
    ).observe(context.clock.monotonic() - began)
    return response


async def dress(request: web.Request, response: web.StreamResponse) -> None:
    """Put the headers on, just before a response of any kind leaves (`on_response_prepare`)."""
    if REQUEST_ID not in request:
        return
    headers = response.headers
    headers["Server"] = "scrm"  # which versions run here is nobody's business
    headers["X-Request-Id"] = request[REQUEST_ID]
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    page = headers.get("Content-Type", "").startswith("text/html")
    headers.setdefault("Content-Security-Policy", PAGE_POLICY if page else _API_POLICY)
    headers.setdefault("Cache-Control", "no-store")
    if request.app[CONTEXT].secure_cookies:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def _bug(error: Exception, request: web.Request, request_id: str) -> web.Response:
    resource = request.match_info.route.resource
    _log.error(
        "request failed",
        request_id=request_id,
        method=request.method,
        route=resource.canonical if resource else None,
        error=type(error).__name__,
        at=place(error),
    )
    return problem(500, "internal", f"something went wrong on our side; tell the administrator {request_id}")
