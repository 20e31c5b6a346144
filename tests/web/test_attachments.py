import io
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import FormData

from scrm.clock import ManualClock
from scrm.web.api.attachments import MAX_FILE, clean_name
from tests.web.conftest import Caller, Desk

DAY = 86_400.0
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


async def upload(caller: Caller, data: bytes, name: str, declared: str) -> tuple[int, dict[str, object]]:
    form = FormData(quote_fields=False)  # browsers send names as they are
    form.add_field("file", io.BytesIO(data), filename=name, content_type=declared)
    response = await caller.call("POST", "attachments", data=form)
    return response.status, await response.json()


async def test_a_picture_is_kept_and_shown_in_place(desk: Desk) -> None:
    caller = await desk.signed_in()
    status, attachment = await upload(caller, PNG, "收据.png", "image/png")
    assert (status, attachment["media_type"], attachment["size"]) == (201, "image/png", len(PNG))
    response = await caller.call("GET", f"attachments/{attachment['id']}")
    assert await response.read() == PNG
    assert response.headers["Content-Disposition"].startswith("inline;")
    assert "filename*=UTF-8''%E6%94%B6%E6%8D%AE.png" in response.headers["Content-Disposition"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    saved = await caller.call("GET", f"attachments/{attachment['id']}?download=1")
    assert saved.headers["Content-Disposition"].startswith("attachment;")
    again = await caller.call(
        "GET", f"attachments/{attachment['id']}", headers={"If-None-Match": response.headers["ETag"]}
    )
    assert again.status == 304


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        ({"Range": "bytes=2-5"}, 206, slice(2, 6)),
        ({"Range": "bytes=70-"}, 206, slice(70, None)),
        ({"Range": "bytes=-3"}, 206, slice(-3, None)),
        ({"Range": "bytes=10-9999"}, 206, slice(10, None)),
        ({"Range": "bytes=0-1,4-5"}, 200, slice(None)),
        ({"Range": "lines=1-2"}, 200, slice(None)),
        ({"Range": "bytes=2-5", "If-Range": '"another"'}, 200, slice(None)),
    ],
)
async def test_a_player_gets_the_part_it_asks_for(
    desk: Desk, asked: dict[str, str], status: int, expected: slice
) -> None:
    data = PNG[:8] + bytes(range(64))
    caller = await desk.signed_in()
    _, attachment = await upload(caller, data, "a.png", "image/png")
    response = await caller.call("GET", f"attachments/{attachment['id']}", headers=asked)
    assert (response.status, await response.read()) == (status, data[expected])
    beyond = await caller.call("GET", f"attachments/{attachment['id']}", headers={"Range": "bytes=72-"})
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, "bytes */72")


async def test_an_upload_that_goes_with_no_message_is_forgotten(desk: Desk) -> None:
    caller = await desk.signed_in()
    await desk.arrives("hello")
    found = await desk.conversation()
    clock = desk.clock
    assert isinstance(clock, ManualClock)
    sent, unsent = [(await upload(caller, PNG, name, "image/png"))[1]["id"] for name in ("a.png", "b.png")]
    body = {"client_id": "c-1", "attachments": [sent]}
    assert (await caller.post(f"conversations/{found.id}/messages", body))[0] == 201
    blobs = desk.stores.blobs
    assert await blobs.uploads(datetime.now(UTC) + timedelta(minutes=1), 9) == [sent, unsent]
    clock.advance(6 * DAY)
    await desk.hub._timers.tick()
    assert await blobs.info(str(unsent)) is not None
    clock.advance(2 * DAY)
    await desk.hub._timers.tick()
    assert await blobs.info(str(unsent)) is None
    assert await blobs.info(str(sent)) is not None
    assert await blobs.uploads(datetime.now(UTC) + timedelta(minutes=1), 9) == []


async def test_what_a_browser_could_run_is_only_a_download(desk: Desk) -> None:
    caller = await desk.signed_in()
    for data, name, declared in (
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "a.svg", "image/svg+xml"),
        (b"<!doctype html><script>alert(1)</script>", "a.html", "text/html"),
        (b"<!doctype html><script>alert(1)</script>", "a.png", "image/png"),
        (b"%PDF-1.7 ...", "a.pdf", "application/pdf"),
    ):
        _, attachment = await upload(caller, data, name, declared)
        response = await caller.call("GET", f"attachments/{attachment['id']}")
        assert response.headers["Content-Disposition"].startswith("attachment;"), name
        assert response.content_type in ("application/octet-stream", "application/pdf"), name


async def test_uploads_are_bounded(desk: Desk) -> None:
    caller = await desk.signed_in()
    assert (await upload(caller, PNG + b"\0" * MAX_FILE, "big.png", "image/png"))[0] == 413
    status, attachment = await upload(caller, PNG + b"\0" * (MAX_FILE - len(PNG)), "just.png", "image/png")
    assert (status, attachment["size"]) == (201, MAX_FILE)
    assert (await upload(caller, b"", "empty.txt", "text/plain"))[0] == 422
    response = await caller.call("POST", "attachments", json={"file": "x"})
    assert response.status == 415
    response = await caller.call(
        "POST", "attachments", data=b"no multipart", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert response.status == 422


async def test_an_uploaded_file_goes_out_with_a_reply(desk: Desk) -> None:
    caller = await desk.signed_in()
    await desk.arrives("hello")
    found = await desk.conversation()
    _, attachment = await upload(caller, PNG, "r.png", "image/png")
    path = f"conversations/{found.id}/messages"
    status, message = await caller.post(path, {"client_id": "c-1", "attachments": [attachment["id"]]})
    assert status == 201, message
    assert message["attachments"][0]["id"] == attachment["id"]
    await desk.works()
    assert [sent.file.data for sent in desk.platform.sent if sent.file] == [PNG]
    assert (await caller.post(path, {"client_id": "c-2", "attachments": ["none"]}))[0] == 422
    assert (await caller.get("attachments/none"))[0] == 404


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie: x"),
        ("\ud800", "file"),
        ("", "file"),
        ("x" * 300 + ".png", "x" * 80 + "…" + "x" * 35 + ".png"),
    ],
)
def test_file_names_are_cleaned(given: str, kept: str) -> None:
    assert clean_name(given) == kept
