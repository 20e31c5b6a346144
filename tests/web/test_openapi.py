import re

from jsonschema import Draft202012Validator

from scrm.errors import WEBHOOK_STATUS
from scrm.web.endpoint import NoContent, Raw
from scrm.web.table import ENDPOINTS
from tests.web.conftest import DOCUMENT, Desk

NOT_DOCUMENTED = {"/static/app/{path}", "/{path}", "/api/{path}"}
# Where platforms fetch what an agent sends, at addresses the hub gives them: docs/security.md.
LENT = "/files/"
# The widget's own door, which nothing but the widget speaks to: docs/web-chat.md.
DOOR = ("/visitor/", "/widget.js", LENT)


async def test_every_route_is_documented_and_every_documented_route_exists(desk: Desk) -> None:
    routes = {
        (route.method.lower(), re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.resource.canonical))
        for route in desk.server.app.router.routes()  # type: ignore[attr-defined]
        if route.resource is not None and route.method != "HEAD"
    }
    described = {(method, path) for path, item in DOCUMENT["paths"].items() for method in item}
    assert {row for row in routes if row[1] not in NOT_DOCUMENTED and not row[1].startswith(DOOR)} == described


def test_every_reference_in_the_document_resolves() -> None:
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', str(DOCUMENT).replace("'", '"')))
    assert names
    assert names <= set(DOCUMENT["components"]["schemas"])
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_refusal_is_a_problem_document() -> None:
    """Those of webhooks and of the two questions about the process too."""
    operations = [(path, each) for path, item in DOCUMENT["paths"].items() for each in item.values()]
    for path, operation in operations:
        answers = operation["responses"].items()
        refusals = {status: each for status, each in answers if status == "default" or int(status) >= 400}
        assert "default" in refusals, path
        for status, answer in refusals.items():
            schema = answer["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}, f"{path} {status}"
    hook = DOCUMENT["paths"]["/hooks/{channel_id}"]["post"]["responses"]
    assert {int(status) for status in hook if status != "default"} == {200, 404, 503, *WEBHOOK_STATUS.values()}


def test_operations_have_names_of_their_own_and_a_summary() -> None:
    operations = [operation for item in DOCUMENT["paths"].values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert all(operation["summary"] and operation["responses"] for operation in operations)


def test_every_path_parameter_and_role_is_declared() -> None:
    for endpoint in ENDPOINTS:
        operation = DOCUMENT["paths"][endpoint.template][endpoint.method.lower()]
        named = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", endpoint.path))
        if endpoint.returns not in (NoContent, Raw):
            content = operation["responses"][str(endpoint.statuses[0])]["content"]
            assert "schema" in content["application/json"]


def test_no_password_or_digest_is_in_any_answer() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert "password_hash" not in schemas["AgentView"]["properties"]
    assert "Agent" not in schemas and "ApiToken" not in schemas and "Session" not in schemas


async def test_the_document_is_served_to_everybody(desk: Desk) -> None:
    status, body = await desk.caller().get("openapi.json")
    assert status == 200
    assert body == DOCUMENT
