"""Whether the process lives, whether it can serve, and its numbers."""

import ipaddress

from aiohttp import web

from scrm.errors import StoreUnavailable
from scrm.web.context import CONTEXT
from scrm.web.endpoint import GATE
from scrm.web.metrics import CONTENT_TYPE, METRICS
from scrm.web.problems import problem
from scrm.web.realtime.endpoint import FEED
from scrm.web.realtime.hall import HALL


async def healthz(request: web.Request) -> web.Response:
    return web.json_response({"status": "alive"})


async def readyz(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    missing = list(context.not_running())
    try:
        await context.stores.ping()
    except StoreUnavailable:
        missing.append("database")
    if not request.app[FEED].standing.is_set():
        missing.append("realtime")
    if missing:
        return problem(503, "not_ready", f"not running: {', '.join(missing)}", headers={"Retry-After": "1"})
    return web.json_response({"status": "ready"})


async def metrics(request: web.Request) -> web.Response:
    """From this machine for everybody; from elsewhere, or through a proxy, with an API token."""
    if not _local(request):
        await request.app[GATE].auth.principal(request)
    context, shown = request.app[CONTEXT], request.app[METRICS]
    try:
        stats = dict(await context.stores.stats())
    except StoreUnavailable:
        stats = {}  # The process's own numbers matter most when the database is away.
    return web.Response(body=shown.show(stats, len(request.app[HALL])), headers={"Content-Type": CONTENT_TYPE})


def _local(request: web.Request) -> bool:
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False
