"""Who a visitor is: the tokens the hub signs, and the identities the company's server signs.

A pass is a few facts and their HMAC under a key made of the channel's secret, so nothing is stored for somebody who
only looks at a page, every process knows every pass, and changing the secret ends them all.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from scrm.errors import Forbidden, NotSignedIn
from scrm.ids import ChannelId
from scrm.model.base import Record
from scrm.ports.visitor import Line
from scrm.web.endpoint import Input

ANONYMOUS_LASTS = timedelta(days=180)
# A company's server signs for a page that is shown now; a longer promise is cut.
LONGEST_IDENTITY = timedelta(days=30)
# A pass is replaced by a fresh one when it is this old and the page asks for its session again.
RENEWED_AFTER = timedelta(days=1)
_MAX_TOKEN = 1_200


class Pass(Record, kw_only=True):
    """handle: the visitor's on the channel. user: the company's own id for them, proven by the company's server."""

    handle: str
    user: str | None = None
    name: str = ""
    issued: int
    expires: int

    def lasts(self, now: datetime) -> bool:
        return now.timestamp() < self.expires

    def is_old(self, now: datetime) -> bool:
        return now.timestamp() - self.issued > RENEWED_AFTER.total_seconds()


class IdentityClaim(Input, kw_only=True):
    """What the company's server says of a signed-in user. expires: seconds since 1970.

    signature: hexadecimal HMAC-SHA256 of `user_id + "." + expires` under the channel's secret. name is not covered by
    it: the visitor could change it, so it is only ever what the visitor calls themself.
    """

    user_id: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
    expires: Annotated[int, Meta(ge=0, le=2**40)]
    signature: Annotated[str, Meta(min_length=64, max_length=64)]
    name: Line = ""


def identity_signature(secret: str, user_id: str, expires: int) -> str:
    """What the company's server computes."""
    return hmac.new(secret.encode(), f"{user_id}.{expires}".encode(), hashlib.sha256).hexdigest()


def check_identity(secret: str, claim: IdentityClaim, now: datetime) -> None:
    """Raises Forbidden."""
    if not compare(claim.signature.lower(), identity_signature(secret, claim.user_id, claim.expires)):
        raise Forbidden("the identity is not signed with this channel's secret")
    if claim.expires <= now.timestamp():
        raise Forbidden("the identity has expired; have it signed again")


def new_handle() -> str:
    return "v" + secrets.token_urlsafe(16)


def new_pass(now: datetime, handle: str, claim: IdentityClaim | None) -> Pass:
    until = now + ANONYMOUS_LASTS
    if claim is not None:
        until = min(now + LONGEST_IDENTITY, datetime.fromtimestamp(min(claim.expires, 4_000_000_000), UTC))
    return Pass(
        handle=handle,
        user=claim.user_id if claim else None,
        name=claim.name if claim else "",
        issued=int(now.timestamp()),
        expires=int(until.timestamp()),
    )


def seal(secret: str, channel_id: ChannelId, visitor: Pass) -> str:
    facts = base64.urlsafe_b64encode(msgspec.json.encode(visitor)).rstrip(b"=")
    return f"{facts.decode()}.{_mac(secret, channel_id, facts)}"


def unseal(secret: str, channel_id: ChannelId, token: str, now: datetime) -> Pass:
    """Raises NotSignedIn."""
    facts, dot, mac = token.encode("utf-8", "surrogateescape").partition(b".")
    wanted = _mac(secret, channel_id, facts)
    if len(token) > _MAX_TOKEN or not dot or not hmac.compare_digest(mac, wanted.encode()):
        raise NotSignedIn("this visitor is not known here; ask for a session")
    try:
        visitor = msgspec.json.decode(base64.urlsafe_b64decode(facts + b"=" * (-len(facts) % 4)), type=Pass)
    except (msgspec.MsgspecError, binascii.Error, UnicodeError) as error:
        raise NotSignedIn("this visitor is not known here; ask for a session") from error
    if not visitor.lasts(now):
        raise NotSignedIn("the session has ended; ask for another")
    return visitor


def compare(given: str, wanted: str) -> bool:
    """In constant time; whatever a page may have given."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())


def file_key(secret: str, channel_id: ChannelId, handle: str, facts: str) -> str:
    """Proves that this visitor uploaded a file, so that nobody can attach somebody else's."""
    return _mac(secret, channel_id, f"file.{handle}.{facts}".encode())


def _mac(secret: str, channel_id: ChannelId, facts: bytes) -> str:
    key = hmac.digest(secret.encode(), f"visitor.{channel_id}".encode(), "sha256")
    return hmac.new(key, facts, hashlib.sha256).hexdigest()
