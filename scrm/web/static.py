"""The browser client: `index.html` for every page of it, and its files under /static/app/.

Files are listed, so no path of a request ever reaches the file system, and listed again once another build lies there:
a hub that runs serves it whole. Names under `assets/` hold a hash of their content and are kept for ever; everything
else is asked for again (ETag).
"""

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from scrm.web.problems import problem

PREFIX = "/static/app/"
# Everything only from here; nothing inline. (Scripts may set single style properties: no policy is about those.)
PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",  # a mail's markup, which comes with a policy of its own
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_NOT_BUILT = """<!doctype html><meta charset="utf-8"><title>SCRM</title>
<p>网页客户端尚未构建：请运行 <code>python3 -m scrm up</code>。
<p>The web client is not built: run <code>python3 -m scrm up</code>.
"""
_MEDIA_TYPES: Mapping[str, str] = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".txt": "text/plain",
}
_TEXT = frozenset({".js", ".css", ".html", ".svg", ".json", ".txt"})


class Client:
    """The built client. static_dir None or without an index: a page that says how to build it."""

    def __init__(self, static_dir: Path | None) -> None:
        self._root = None if static_dir is None else static_dir.resolve()
        self._files: dict[str, Path] = {}
        self._listed: list[int] | None = None
        self._list()

    def _list(self) -> None:
        """Again only when another build lies there: it writes the index, and adds to the folder of the assets."""
        if self._root is None:
            return
        places = (self._root / "index.html", self._root / "assets")
        lies = [place.stat().st_mtime_ns for place in places if place.exists()]
        if lies != self._listed:
            self._listed = lies
            self._files = {
                path.relative_to(self._root).as_posix(): path
                for path in self._root.rglob("*")
                if path.is_file() and not path.is_symlink() and path.suffix != ".gz"
            }

    async def file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["path"]
        if name not in self._files:
            self._list()
        path = self._files.get(name)
        if path is None or path.suffix not in _MEDIA_TYPES:
            return problem(404, "not_found", "there is no such file")
        return _response(path, kept=name.startswith("assets/"))

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Any path that is no file and no API: the client shows what it means."""
        self._list()
        index = self._files.get("index.html")
        if index is None:
            return web.Response(status=503, text=_NOT_BUILT, content_type="text/html", charset="utf-8")
        return _response(index, kept=False)


def _response(path: Path, *, kept: bool) -> web.FileResponse:
    # FileResponse sends the .gz beside the file to who takes it, with ETag and 304.
    media_type = _MEDIA_TYPES[path.suffix]
    charset = "; charset=utf-8" if path.suffix in _TEXT else ""
    return web.FileResponse(
        path,
        headers={
            "Content-Type": f"{media_type}{charset}",
            "Cache-Control": "public, max-age=31536000, immutable" if kept else "no-cache",
            "Content-Security-Policy": PAGE_POLICY,
        },
    )
