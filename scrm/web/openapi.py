"""The OpenAPI 3.1 document, made from the same table as the routes."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from scrm import __version__
from scrm.web.endpoint import Endpoint, NoContent, Nothing, Raw
from scrm.web.problems import MEDIA_TYPE, Problem
from scrm.web.realtime.frames import ClientFrame, ServerFrame

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)\}")
_DESCRIPTION = """\
The hub's API. A browser signs in with `POST /api/v1/session` and sends the session's `csrf` in `X-CSRF-Token` with
every request that changes something; a program sends `Authorization: Bearer TOKEN`. Refusals are RFC 9457 problem
documents
with a stable `code`. Lists are paged by an opaque cursor: pass `next` as `after`. Times are RFC 3339, UTC.

`/api/v1/realtime` is a WebSocket; its frames are the schemas `ServerFrame` and `ClientFrame`.
"""
# As every refusal of the API is.
_REFUSED = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}}
_PLAIN: dict[str, Any] = {
    "/hooks/{channel_id}": {
        method: {
            "summary": "A platform's webhook",
            "tags": ["plain"],
            "operationId": f"{method}_hook",
            "security": [],
            "parameters": [{"name": "channel_id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "responses": {
                "200": {"description": "Journalled; what the platform wants to hear", "content": {"*/*": {}}},
                **{
                    str(status): {"description": why, "content": _REFUSED}
                    for status, why in (
                        (400, "Not readable as what the platform sends"),
                        (403, "Not signed as the platform signs, or too long ago"),
                        (404, "There is no such channel"),
                        (413, "Larger than what the platform sends"),
                        (503, "The database is away: try again"),
                    )
                },
                "default": {"description": "Not journalled: try again on 5xx", "content": _REFUSED},
            },
        }
        for method in ("get", "post")
    },
    **{
        path: {
            "get": {
                "summary": summary,
                "tags": ["plain"],
                "operationId": path[1:],
                "security": [],
                "responses": {
                    "200": {"description": good, "content": {"application/json": {"schema": {"type": "object"}}}},
                    **({"503": {"description": bad, "content": _REFUSED}} if bad else {}),
                    "default": {"description": "Refused", "content": _REFUSED},
                },
            }
        }
        for path, summary, good, bad in (
            ("/healthz", "Whether the process lives", "It does", ""),
            (
                "/readyz",
                "Whether it can serve: the database answers and the hub's parts run",
                "Ready",
                "Code `not_ready`; `detail` names the parts that do not run",
            ),
        )
    },
    "/metrics": {
        "get": {
            "summary": "Prometheus metrics; from another machine only with an API token",
            "tags": ["plain"],
            "operationId": "metrics",
            "responses": {
                "200": {"description": "Text exposition format", "content": {"text/plain": {}}},
                "default": {"description": "Refused", "content": _REFUSED},
            },
        }
    },
}


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    types = _types(endpoints)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    known = dict(zip((id(each) for each in types), schemas, strict=True))
    components["ServerFrame"] = known[id(ServerFrame)]
    components["ClientFrame"] = known[id(ClientFrame)]
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        operation = _operation(endpoint, known, components)
        paths.setdefault(endpoint.template, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "SCRM hub", "version": __version__, "description": _DESCRIPTION},
        "paths": {**paths, **_PLAIN},
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "scrm_session"},
            },
        },
        "security": [{"token": []}, {"session": []}],
    }


def _types(endpoints: Sequence[Endpoint]) -> list[Any]:
    types: dict[int, Any] = {id(Problem): Problem, id(ServerFrame): ServerFrame, id(ClientFrame): ClientFrame}
    for endpoint in endpoints:
        for each in (endpoint.query, endpoint.body, endpoint.returns):
            if each not in (Nothing, NoContent, Raw):
                types[id(each)] = each
    return list(types.values())


def _operation(endpoint: Endpoint, known: dict[int, Any], components: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "operationId": _operation_id(endpoint),
        "description": "For everybody." if endpoint.role is None else f"Least role: {endpoint.role}.",
        "responses": {str(status): _success(endpoint, status, known) for status in endpoint.statuses},
    }
    if endpoint.role is None:
        operation["security"] = []
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(endpoint.path)
    ]
    parameters += _query_parameters(endpoint, components)
    if parameters:
        operation["parameters"] = parameters
    if endpoint.uploads:
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _UPLOAD}}}
    elif endpoint.body is not Nothing:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": known[id(endpoint.body)]}},
        }
    operation["responses"]["default"] = {
        "description": "Refused",
        "content": {MEDIA_TYPE: {"schema": known[id(Problem)]}},
    }
    return operation


_UPLOAD = {
    "type": "object",
    "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
    "required": ["file"],
}


def _success(endpoint: Endpoint, status: int, known: dict[int, Any]) -> dict[str, Any]:
    if status == 101:
        return {"description": "The WebSocket is open"}
    if status == 204 or endpoint.returns is NoContent:
        return {"description": "Done"}
    if endpoint.returns is Raw:
        return {"description": endpoint.summary, "content": {endpoint.produces: {}}}
    return {"description": endpoint.summary, "content": {endpoint.produces: {"schema": known[id(endpoint.returns)]}}}


def _query_parameters(endpoint: Endpoint, components: dict[str, Any]) -> list[dict[str, Any]]:
    if endpoint.query is Nothing:
        return []
    (schema,), local = msgspec.json.schema_components([endpoint.query], ref_template=_REF)
    described = local[schema["$ref"].rpartition("/")[2]]
    components.update({name: each for name, each in local.items() if name not in components})
    return [
        {"name": name, "in": "query", "required": name in described.get("required", ()), "schema": each}
        for name, each in described.get("properties", {}).items()
    ]


def _operation_id(endpoint: Endpoint) -> str:
    words = [word.strip("{}").replace("-", "_").replace(".", "_") for word in endpoint.path.split("/") if word]
    return "_".join([endpoint.method.lower(), *words])
