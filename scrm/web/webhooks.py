"""`/hooks/{channel_id}`: a platform's request goes to the hub, and the hub's answer back. As thin as it can be.

At most what the journal takes, read within ten seconds; a channel type may bound its platform's pushes closer. What
is not journalled is never answered with success.
"""

import asyncio
import re

import structlog
from aiohttp import web

from scrm.errors import WEBHOOK_STATUS, NotFound, StoreUnavailable, WebhookError, WebhookRefusal
from scrm.ids import ChannelId
from scrm.model.work import LARGEST_BODY
from scrm.ports.channel import WebhookRequest
from scrm.web.context import CONTEXT
from scrm.web.metrics import METRICS
from scrm.web.problems import place, problem

_PATIENCE = 10.0
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_log = structlog.get_logger("scrm.web.webhooks")


async def webhook(request: web.Request) -> web.Response:
    context, metrics = request.app[CONTEXT], request.app[METRICS]
    began = context.clock.monotonic()
    outcome, response = await _answer(request)
    metrics.webhooks.labels(outcome).inc()
    metrics.webhook_seconds.observe(context.clock.monotonic() - began)
    return response


async def _answer(request: web.Request) -> tuple[str, web.Response]:
    context = request.app[CONTEXT]
    channel_id = request.match_info["channel_id"]
    try:
        if not _ID.fullmatch(channel_id):
            raise NotFound("there is no such channel")
        reply = await context.hub.receive(
            ChannelId(channel_id),
            WebhookRequest(
                method=request.method,
                query=dict(request.query),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=await _body(request),
                received_at=context.clock.now(),
            ),
        )
    except WebhookError as error:
        status = WEBHOOK_STATUS[error.refusal]
        # A platform that may try again later should; nobody is told more than the word.
        return str(error.refusal), problem(status, str(error.refusal), "the request was refused")
    except NotFound:
        return "not_found", problem(404, "not_found", "there is no such channel")
    except StoreUnavailable:
        return "unavailable", problem(503, "unavailable", "try again", headers={"Retry-After": "1"})
    except Exception as error:
        # Only the kind and the place: an exception's text may quote the customer.
        _log.error("webhook failed", channel_id=channel_id, error=type(error).__name__, at=place(error))
        return "error", problem(500, "internal", "try again")
    return "ok", web.Response(
        status=reply.status,
        body=reply.body,
        headers={"Content-Type": reply.media_type, "X-Content-Type-Options": "nosniff"},
    )


async def _body(request: web.Request) -> bytes:
    """Raises WebhookError."""
    if request.content_length is not None and request.content_length > LARGEST_BODY:
        raise WebhookError(WebhookRefusal.TOO_LARGE)
    if not request.can_read_body:
        return b""
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise WebhookError(WebhookRefusal.TOO_LARGE)
    except TimeoutError:
        raise WebhookError(WebhookRefusal.MALFORMED, "the body took too long") from None
    return bytes(body)
