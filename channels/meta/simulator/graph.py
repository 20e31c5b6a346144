"""The Graph API's manners: who may ask, errors in its form, fields of JSON and forms, customers' files.

Sources: developers.facebook.com/docs/graph-api/guides/error-handling, .../guides/secure-requests
"""

import hmac
import json
import re
from typing import Any

from aiohttp import BodyPartReader, web

from channels.meta.signed import app_secret_proof
from channels.simulating.faults import Fault
from scrm.model.base import Record

Object = dict[str, Any]
# Errors of the platform's own making, which have a status of their own.
STATUS: dict[int, int] = {
    0: 401, 3: 403, 4: 429, 10: 403, 190: 401, 200: 403, 368: 403, 613: 429, 80007: 429, 130429: 429, 131005: 403,
    131016: 500, 131000: 500, 131031: 403, 131047: 400, 1: 500, 2: 503,
}  # fmt: skip


class App(Record, kw_only=True):
    """The app that connects an account: what signs pushes, asks the address, and opens the API."""

    app_secret: str = "0123456789abcdef0123456789abcdef"  # noqa: S105 - made up
    access_token: str = "EAAsimulated0123456789"  # noqa: S105 - made up
    verify_token: str = "simulated-verify"  # noqa: S105 - made up


class Refused(Exception):
    """An error as the platform answers it."""

    def __init__(self, code: int, message: str, *, subcode: int = 0, status: int = 0, details: str = "") -> None:
        super().__init__(message)
        self.code, self.subcode, self.message, self.details = code, subcode, message, details
        self.status = status or STATUS.get(code, 400)


def refusal(refused: Refused, retry_after: int | None = None) -> web.Response:
    error: Object = {"message": refused.message, "type": "OAuthException", "code": refused.code}
    if refused.subcode:
        error["error_subcode"] = refused.subcode
    if refused.details:
        error["error_data"] = {"messaging_product": "whatsapp", "details": refused.details}
    error["fbtrace_id"] = "Asimulated"
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    return answer({"error": error}, status=refused.status, headers=headers)


def worded(fault: Fault) -> web.Response:
    """A fault's `code`: a number, or code and subcode as `10/2018278`."""
    found = re.fullmatch(r"([0-9]{1,7})(?:/([0-9]{1,9}))?", str(fault.code))
    code, subcode = (int(found.group(1)), int(found.group(2) or 0)) if found else (1, 0)
    message = f"(#{code}) {fault.detail}"
    return refusal(Refused(code, message, subcode=subcode, details=fault.detail), fault.retry_after)


def answer(body: object, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    data = json.dumps(body).encode()
    return web.Response(status=status, body=data, content_type="application/json", headers=headers)


def admit(request: web.Request, app: App) -> None:
    """Raises Refused for who may not ask."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    given = given or request.query.get("access_token", "")
    if not hmac.compare_digest(given.encode(), app.access_token.encode()):
        raise Refused(190, "Invalid OAuth access token - Cannot parse access token")
    proof = request.query.get("appsecret_proof")
    if proof is not None and proof != app_secret_proof(app.access_token, app.app_secret):
        raise Refused(100, "Invalid appsecret_proof provided in the API argument")


async def fields_of(request: web.Request) -> tuple[Object, tuple[str, str, bytes] | None]:
    """What is posted, and the file among it: its name, media type and data. Raises Refused."""
    if request.content_type.startswith("multipart/"):
        return await _form(request)
    try:
        body = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError):
        raise Refused(100, "Invalid parameter: the body is not JSON") from None
    return (body if isinstance(body, dict) else {}), None


async def _form(request: web.Request) -> tuple[Object, tuple[str, str, bytes] | None]:
    fields: Object = {}
    file: tuple[str, str, bytes] | None = None
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read(decode=False))
        if part.filename is not None:
            file = (part.filename, part.headers.get("Content-Type", "application/octet-stream"), data)
            continue
        text = data.decode("utf-8", "replace")
        fields[part.name or ""] = json.loads(text) if text[:1] == "{" else text
    return fields, file
