"""The web application: every route, and what lives as long as it does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web

from scrm.web import lent, static, system, table
from scrm.web.api.attachments import UPLOADS, UPLOADS_AT_ONCE
from scrm.web.api.session import SIGN_IN_LIMITS, SignInLimits
from scrm.web.api.taxonomy import IMPORTS, IMPORTS_AT_ONCE
from scrm.web.assemble import VIEWS, Views
from scrm.web.auth import Authenticator
from scrm.web.context import CONTEXT, WebContext
from scrm.web.endpoint import GATE, MAX_JSON, Dispatch, Gate
from scrm.web.frame import dress, frame
from scrm.web.masking import MASKING, Masking
from scrm.web.metrics import METRICS, Metrics
from scrm.web.problems import problem
from scrm.web.realtime.endpoint import FEED
from scrm.web.realtime.feed import Feed
from scrm.web.realtime.hall import HALL, Hall
from scrm.web.realtime.marks import Marks
from scrm.web.realtime.screens import Screens
from scrm.web.throttle import Throttle
from scrm.web.visitor import http as visitor_http
from scrm.web.visitor import origins
from scrm.web.visitor.door import DOOR, LIMITS, VISITOR_UPLOADS, Door, Limits
from scrm.web.visitor.faces import Faces
from scrm.web.visitor.hall import VISITORS, Visitors
from scrm.web.visitor.shop import shop
from scrm.web.visitor.sites import Sites
from scrm.web.visitor.socket import socket as visitor_socket
from scrm.web.webhooks import webhook


def make_app(context: WebContext) -> web.Application:
    app = web.Application(middlewares=[frame], client_max_size=MAX_JSON)
    views = Views(context)
    marks = Marks(context.stores.read_marks, context.clock)
    masking = Masking(context.stores.workspace, context.texts.mask, context.clock)
    hall = Hall(marks, masking)
    screens = Screens(context.stores, views, hall, marks, masking, context.clock)
    app[CONTEXT] = context
    app[MASKING] = masking
    app[VIEWS] = views
    app[HALL] = hall
    sites = Sites(context.stores.channels, context.channel_types)
    visitors = Visitors(sites, Faces(context.stores.agents), context.clock)
    app[VISITORS] = visitors
    app[DOOR] = Door(context, hall)
    app[LIMITS] = Limits(context)
    app[FEED] = Feed(context.stores, hall, visitors, screens, views, context.clock)
    app[GATE] = Gate(auth=Authenticator(context), limits=Throttle(context.clock, burst=1_000, interval=0.005))
    app[METRICS] = Metrics(context.metrics)
    app[SIGN_IN_LIMITS] = SignInLimits(context)
    app[UPLOADS] = asyncio.Semaphore(UPLOADS_AT_ONCE)
    app[VISITOR_UPLOADS] = asyncio.Semaphore(UPLOADS_AT_ONCE)
    app[IMPORTS] = asyncio.Semaphore(IMPORTS_AT_ONCE)
    _add_routes(app, context)
    app.on_response_prepare.append(dress)
    app.on_response_prepare.append(origins.dress)
    app.on_shutdown.append(_end_sockets)
    app.cleanup_ctx.append(_run_feed)
    app.cleanup_ctx.append(_run_visitors)
    return app


def _add_routes(app: web.Application, context: WebContext) -> None:
    router, client = app.router, static.Client(context.static_dir)
    router.add_route("POST", "/hooks/{channel_id}", webhook)
    router.add_route("GET", "/hooks/{channel_id}", webhook)
    lent.add_routes(router)
    for endpoint in table.ENDPOINTS:
        router.add_route(endpoint.method, endpoint.template, Dispatch(endpoint).answer)
    visitor_http.add_routes(router)
    router.add_get("/visitor/{channel_id}/socket", visitor_socket)
    router.add_get("/widget.js", visitor_http.widget)
    if context.demo:
        router.add_get("/demo/shop", shop)
    router.add_get("/healthz", system.healthz)
    router.add_get("/readyz", system.readyz)
    router.add_get("/metrics", system.metrics)
    router.add_get(static.PREFIX + "{path:.*}", client.file)
    # The last rows: what the API does not know is not a page of the client.
    router.add_route("*", "/api/{path:.*}", _unknown)
    router.add_get("/{path:.*}", client.page)


async def _unknown(request: web.Request) -> web.Response:
    """Raises HTTPMethodNotAllowed where the path is one of the API's: this row takes the request from aiohttp, which
    would have said so."""
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        if resource.canonical in table.TEMPLATES:
            allowed |= (await resource.resolve(request))[1]
    if allowed:
        raise web.HTTPMethodNotAllowed(request.method, sorted(allowed))
    return problem(404, "not_found", "there is no such endpoint; see /api/v1/openapi.json")


async def _run_feed(app: web.Application) -> AsyncIterator[None]:
    async with app[FEED].running():
        yield


async def _run_visitors(app: web.Application) -> AsyncIterator[None]:
    async with app[VISITORS].running():
        yield


# Seconds for every socket to hear that the hub stops.
_FAREWELL = 5.0


async def _end_sockets(app: web.Application) -> None:
    """Every screen and every visitor's page hears 1012 (restarting) and comes back by itself."""
    app[HALL].close()
    app[VISITORS].close()
    with suppress(TimeoutError):
        async with asyncio.timeout(_FAREWELL):
            await app[HALL].emptied()
            await app[VISITORS].emptied()
