"""What all of Meta's platforms rest on: where a token goes, whom a file is fetched from, what an error leaves open."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from channels.meta.errors import Failure, send_error
from channels.meta.graph import Graph
from channels.meta.payloads import Thing, read_push, split
from channels.meta.signed import signature
from channels.whatsapp.error_codes import MEANINGS
from scrm.errors import SendError, SendErrorCode
from scrm.ports.channel import VerifiedRequest

TOKEN, SECRET = "EAAtoken0123456789", "0123456789abcdef"


class Elsewhere:
    """A server that notes who asks it for what."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.answer: Callable[[], web.Response] = web.Response
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(application)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        return self.answer()


@pytest.fixture
async def there() -> AsyncIterator[Elsewhere]:
    made = Elsewhere()
    await made.server.start_server()
    yield made
    await made.server.close()


@pytest.fixture
async def graph(there: Elsewhere) -> AsyncIterator[Graph]:
    async with ClientSession() as session:
        base = str(there.server.make_url("/v25.0"))
        yield Graph(session, api_base=base, access_token=TOKEN, app_secret=SECRET, meanings=MEANINGS)


def test_a_signature_is_the_one_that_the_platforms_page_describes() -> None:
    body = '{"a": "äöå"}'.encode()
    assert signature(body, SECRET) == "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


async def test_the_token_is_in_no_address_and_its_owner_proves_the_secret(there: Elsewhere, graph: Graph) -> None:
    there.answer = lambda: web.json_response({"id": "1"})
    await graph.get("1", dict[str, str], {"fields": "id"})
    [asked] = there.asked
    assert TOKEN not in str(asked.url)
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    proof = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
    assert dict(asked.query) == {"fields": "id", "appsecret_proof": proof}


@pytest.mark.parametrize(
    "address",
    [
        "http://lookaside.fbsbx.com/a",
        "https://lookaside.fbsbx.com.evil.com/a",
        "https://evilfbsbx.com/a",
        "https://lookaside.fbsbx.com:8443/a",
        "https://me@lookaside.fbsbx.com/a",
        "http://127.0.0.1:9/a",
        "file:///etc/passwd",
        "https://[::1/a",
        "https://lookaside.fbsbx.com/" + "a" * 5000,
        "",
    ],
)
async def test_files_are_fetched_from_the_platform_only(graph: Graph, address: str) -> None:
    with pytest.raises(SendError) as caught:
        await graph.fetch(address, 10, "image/png", with_token=True)
    assert caught.value.code is SendErrorCode.MEDIA_REFUSED
    assert address[:20] not in str(caught.value.detail) or not address


async def test_a_file_that_is_somewhere_else_by_now_is_not_followed(there: Elsewhere, graph: Graph) -> None:
    there.answer = lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"})
    with pytest.raises(SendError) as caught:
        await graph.fetch(str(there.server.make_url("/attachments/1")), 10, "image/png", with_token=True)
    assert caught.value.code is SendErrorCode.PLATFORM_ERROR
    assert len(there.asked) == 1


async def test_an_errors_words_hold_neither_token_nor_line_ends(there: Elsewhere, graph: Graph) -> None:
    error = {"code": 190, "message": f"Malformed access token {TOKEN}\n\x00", "error_subcode": 463}
    there.answer = lambda: web.json_response({"error": error}, status=400)
    with pytest.raises(SendError) as caught:
        await graph.get("1", dict[str, str], {})
    assert (caught.value.platform_code, caught.value.detail) == ("190/463", "Malformed access token …")


@pytest.mark.parametrize(
    ("code", "delivers", "certain", "retryable"),
    [(131000, True, False, False), (131000, False, True, True), (1, True, False, False), (131016, True, True, True)],
)
def test_a_failure_that_does_not_say_when_leaves_it_open(
    code: int, delivers: bool, certain: bool, retryable: bool
) -> None:
    error = send_error(Failure(code=code), MEANINGS, delivers=delivers)
    assert (error.certain, error.retryable) == (certain, retryable)


def test_a_push_is_cut_into_its_things_once_each() -> None:
    body = b'{"object": "o", "entry": [{"id": "1"}, {"id": "2"}, {"id": "1"}]}'
    whole = VerifiedRequest(body=body, dedupe_key="k", handle="", received_at=datetime(2026, 1, 1, tzinfo=UTC))

    def read(pushed: bytes) -> list[Thing]:
        return [
            Thing(kind="x", key=f"x:{entry['id']}", handle=entry["id"], value=entry) for entry in read_push(pushed, "o")
        ]

    parts = split(whole, read, lambda thing: {"object": "o", "entry": [thing.value]})
    assert [(part.dedupe_key, part.handle) for part in parts] == [("x:1", "1"), ("x:2", "2")]
    assert [[thing.key for thing in read(part.body)] for part in parts] == [["x:1"], ["x:2"]]
    assert split(whole, lambda _: [], lambda thing: {}) == []
