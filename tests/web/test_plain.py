"""What is no API: the client's files, health and metrics."""

import gzip
from pathlib import Path

import pytest

from dashboards.webbuild import DIST, MAX_WIDGET, WebBuildError, weigh
from scrm.errors import StoreUnavailable
from tests.web.conftest import Desk, OpenDesk


async def test_every_page_of_the_client_is_its_index(open_desk: OpenDesk, client_files: Path) -> None:
    caller = (await open_desk(static_dir=client_files)).caller()
    for path in ("/", "/inbox/conversation/01ABC", "/settings"):
        response = await caller.call("GET", path)
        assert (response.status, response.content_type) == (200, "text/html")
        assert response.headers["Cache-Control"] == "no-cache"
        policy = response.headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    again = await caller.call("GET", "/", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status == 304


async def test_hashed_files_are_kept_and_others_asked_for_again(open_desk: OpenDesk, client_files: Path) -> None:
    script = client_files / "assets" / "app-3f9c.js"
    packed = gzip.compress(script.read_bytes())
    script.with_name(script.name + ".gz").write_bytes(packed)
    caller = (await open_desk(static_dir=client_files)).caller()
    response = await caller.call("GET", "/static/app/assets/app-3f9c.js", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.content_type == "text/javascript"
    assert "immutable" in response.headers["Cache-Control"]
    assert await response.read() == script.read_bytes()
    plain = await caller.call("GET", "/static/app/assets/app-3f9c.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert (await caller.call("GET", "/static/app/boot.js")).headers["Cache-Control"] == "no-cache"


def test_a_widget_that_is_too_heavy_is_not_built(tmp_path: Path) -> None:
    widget = tmp_path / "widget.js.gz"
    widget.write_bytes(bytes(MAX_WIDGET))
    weigh(widget)
    widget.write_bytes(bytes(MAX_WIDGET + 1))
    with pytest.raises(WebBuildError, match=f"{MAX_WIDGET} are promised"):
        weigh(widget)
    built = DIST / "widget" / "widget.js.gz"
    if built.exists():
        weigh(built)


async def test_nothing_outside_the_client_is_served(open_desk: OpenDesk, client_files: Path) -> None:
    inside = client_files / "site"
    inside.mkdir()
    (inside / "index.html").write_text("index")
    (client_files / "secret.txt").write_text("the secret")
    caller = (await open_desk(static_dir=inside)).caller()
    for path in ("../secret.txt", "..%2Fsecret.txt", "%2E%2E/secret.txt", "assets/../../secret.txt", "none.js", ""):
        response = await caller.call("GET", f"/static/app/{path}")
        assert b"the secret" not in await response.read(), path
        assert response.status in (200, 404), path


async def test_a_build_beside_a_running_hub_is_served_whole(open_desk: OpenDesk, client_files: Path) -> None:
    """Its index names files of new names; a file that the build writes after the index is found as well."""
    caller = (await open_desk(static_dir=client_files)).caller()
    assert (await caller.call("GET", "/inbox")).status == 200
    (client_files / "assets" / "app-3f9c.js").unlink()
    (client_files / "index.html").unlink()
    assert (await caller.call("GET", "/inbox")).status == 503
    (client_files / "index.html").write_text("<!doctype html><title>the next client</title>")
    assert "the next client" in await (await caller.call("GET", "/inbox")).text()
    assert (await caller.call("GET", "/static/app/assets/app-77aa.js")).status == 404
    (client_files / "assets" / "app-77aa.js").write_text("2")
    assert await (await caller.call("GET", "/static/app/assets/app-77aa.js")).text() == "2"
    assert (await caller.call("GET", "/static/app/assets/app-3f9c.js")).status == 404


async def test_without_a_build_the_page_says_how_to_make_one(desk: Desk) -> None:
    response = await desk.caller().call("GET", "/")
    assert response.status == 503
    assert "python3 -m scrm up" in await response.text()


async def test_health_and_readiness(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    missing: list[str] = []
    desk = await open_desk(not_running=lambda: missing)
    caller = desk.caller()
    assert (await caller.get("/healthz"))[0] == 200
    assert (await caller.get("/readyz"))[0] == 200
    missing.append("flow")
    status, body = await caller.get("/readyz")
    assert (status, body["detail"]) == (503, "not running: flow")

    async def away() -> None:
        raise StoreUnavailable

    monkeypatch.setattr(desk.stores, "ping", away)
    assert (await caller.get("/readyz"))[1]["detail"] == "not running: flow, database"
    assert (await caller.get("/healthz"))[0] == 200


async def test_metrics_name_routes_and_never_ids(desk: Desk) -> None:
    caller = await desk.signed_in()
    await caller.get("conversations/01HZZZZZZZZZZZZZZZZZZZZZZZ")
    text = await (await caller.call("GET", "/metrics")).text()
    assert 'route="/api/v1/conversations/{id}"' in text
    assert "01HZZZ" not in text
    assert "scrm_realtime_sockets 0.0" in text


async def test_metrics_are_not_for_strangers(desk: Desk) -> None:
    caller = desk.caller()
    response = await caller.call("GET", "/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
    assert response.status == 401
    program = await desk.program()
    assert (await program.call("GET", "/metrics", headers={"X-Forwarded-For": "203.0.113.7"})).status == 200
