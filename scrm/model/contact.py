"""A contact: one person, and the identities that person has."""

from datetime import datetime
from enum import StrEnum

from scrm.ids import ChannelId, ContactId, LabelId
from scrm.model.base import Record


class Contact(Record, kw_only=True):
    """name: what agents call the person. vip: routed first. attributes: the company's own fields, as text.

    source: where the person came from (`{"channel_id": …, "event": "scan", "scene": …}`).
    """

    id: ContactId
    name: str
    avatar_url: str | None = None
    vip: bool = False
    phone: str | None = None
    email: str | None = None
    city: str | None = None
    company: str | None = None
    remark: str = ""
    language: str | None = None
    labels: tuple[LabelId, ...] = ()
    attributes: dict[str, str] = {}
    source: dict[str, str] = {}
    subscribed: bool | None = None  # follows the account; None where the platform does not say
    created_at: datetime
    updated_at: datetime
    last_seen_at: datetime | None = None


class IdentityScope(StrEnum):
    CHANNEL = "channel"  # a handle on one channel: openid, chat id
    UNION = "union"  # a key of one owner over several channels: unionid
    PHONE = "phone"
    EMAIL = "email"


class Identity(Record, kw_only=True):
    """A handle of a contact. (scope, realm, value) is unique; realm is the channel id, or the union's owner.

    evidence: how the hub came to know it belongs to this contact. tagged: labels that hub and platform agreed on when
    they were last compared.
    """

    id: str
    scope: IdentityScope
    realm: str
    value: str
    contact_id: ContactId
    channel_id: ChannelId | None = None
    evidence: str
    tagged: tuple[LabelId, ...] = ()
    created_at: datetime
