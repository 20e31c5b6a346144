"""Every endpoint of the API, in one table."""

import asyncio
from functools import cache

import msgspec
from aiohttp import web

from scrm.web import openapi
from scrm.web.api import (
    accounts,
    alert_rules,
    attachments,
    boards,
    channels,
    contacts,
    conversations,
    corrections,
    desk,
    destinations,
    incidents,
    journal,
    mention_sources,
    mentions,
    messages,
    monitors,
    people,
    pictures,
    reports,
    saved_boards,
    saved_views,
    search,
    service,
    servicers,
    session,
    suggest,
    tasks,
    taxonomy,
    tokens,
    topics,
    words,
    workspace,
)
from scrm.web.endpoint import Call, Endpoint, Nothing, Raw
from scrm.web.realtime import endpoint as realtime


async def _document(call: Call[Nothing, Nothing]) -> web.Response:
    return web.Response(
        body=await asyncio.to_thread(document),
        content_type="application/json",
        headers={"Cache-Control": "no-cache"},
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    *session.ENDPOINTS,
    *workspace.ENDPOINTS,
    *conversations.ENDPOINTS,
    *messages.ENDPOINTS,
    *contacts.ENDPOINTS,
    *attachments.ENDPOINTS,
    *people.ENDPOINTS,
    *pictures.ENDPOINTS,
    *desk.ENDPOINTS,
    *saved_views.ENDPOINTS,
    *saved_boards.ENDPOINTS,
    *channels.ENDPOINTS,
    *accounts.ENDPOINTS,
    *tokens.ENDPOINTS,
    *journal.ENDPOINTS,
    *tasks.ENDPOINTS,
    *words.ENDPOINTS,
    *suggest.ENDPOINTS,
    *reports.ENDPOINTS,
    *service.ENDPOINTS,
    *servicers.ENDPOINTS,
    *boards.ENDPOINTS,
    *taxonomy.ENDPOINTS,
    *corrections.ENDPOINTS,
    *topics.ENDPOINTS,
    *mentions.ENDPOINTS,
    *monitors.ENDPOINTS,
    *mention_sources.ENDPOINTS,
    *destinations.ENDPOINTS,
    *alert_rules.ENDPOINTS,
    *incidents.ENDPOINTS,
    *search.ENDPOINTS,
    *realtime.ENDPOINTS,
    Endpoint(
        method="GET", path="/openapi.json", handler=_document, role=None, returns=Raw,
        produces="application/json", summary="This document", tag="plain",
    ),
)  # fmt: skip
TEMPLATES = frozenset(endpoint.template for endpoint in ENDPOINTS)


@cache
def document() -> bytes:
    """The OpenAPI document, made when it is first asked for: that takes an eighth of a second."""
    return msgspec.json.encode(openapi.document(ENDPOINTS))
