"""A channel: one configured connection to a platform, and what its channel type can do (as data)."""

from datetime import datetime, timedelta
from enum import StrEnum

from scrm.ids import ChannelId
from scrm.model.base import Record
from scrm.model.message import ContentType


class ChannelState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"


class Channel(Record, kw_only=True):
    """settings: everything its type's settings schema names, secrets included, in clear.

    Only `storage` sees the sealed form; only adapters and the admin API see this one, and the API never
    gives a secret back (`ChannelType.secret_settings`).
    """

    id: ChannelId
    type: str
    name: str
    settings: dict[str, str]
    state: ChannelState = ChannelState.ACTIVE
    created_at: datetime
    updated_at: datetime
    last_received_at: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None


class LengthUnit(StrEnum):
    BYTES = "bytes"  # of UTF-8
    CHARACTERS = "characters"
    UTF16 = "utf16"  # units of UTF-16: an emoji is two


class ReplyRule(Record, kw_only=True):
    """An event of the customer that permits replies. replies None: without number."""

    trigger: str
    lasts: timedelta
    replies: int | None


class AccountTool(StrEnum):
    QR_CODES = "qr_codes"
    MENU = "menu"
    TAGS = "tags"
    TEMPLATES = "templates"


class Capabilities(Record, kw_only=True):
    """What a channel type can do; data that the composer, the outbox and the docs all read.

    text_limit counts one message on the platform; the outbox splits longer text into several.
    max_text counts what an agent may write at once. reply_rules empty: replies need no permission.
    media_limits: largest file in bytes by content type. quotes: a reply can answer one message in particular.
    threads: every reply answers a message, the customer's latest where the agent names none, and messages have a
    subject. together: text and files leave as one message. follows: the platform wants to see again, with every reply,
    what it said with the customer's latest message (`OutboundMessage.answers`).
    fetches: the platform takes no files, it is told where to fetch them (`OutboundFile.address`).
    tools: what administrators do with the account beside messages (`AccountTool`).
    servicers: a customer can be passed on to the company's people on the platform itself, and be taken back.
    """

    receives: tuple[ContentType, ...]
    sends: tuple[ContentType, ...]
    text_limit: int
    text_unit: LengthUnit = LengthUnit.CHARACTERS
    max_text: int = 10_000
    media_limits: dict[str, int] = {}
    media_types: dict[str, tuple[str, ...]] = {}
    reply_rules: tuple[ReplyRule, ...] = ()
    receipts: bool = False
    typing: bool = False
    polls: bool = False
    quotes: bool = False
    threads: bool = False
    together: bool = False
    follows: bool = False
    fetches: bool = False
    tools: tuple[AccountTool, ...] = ()
    servicers: bool = False


class Setting(Record, kw_only=True):
    """One field of a channel type's settings form. pattern: a regular expression the value matches entirely.

    generated: no platform gives this value; the form offers a random one.
    """

    name: str
    label_zh: str
    label_en: str
    secret: bool = False
    generated: bool = False
    required: bool = True
    pattern: str = ".{1,1024}"
    choices: tuple[str, ...] = ()
    default: str | None = None
    help_zh: str = ""
    help_en: str = ""


class ChannelType(Record, kw_only=True):
    """What the admin screens show of a platform. `settings` are in the order of the form."""

    type: str
    name_zh: str
    name_en: str
    badge: str
    color: str
    settings: tuple[Setting, ...]
    capabilities: Capabilities

    @property
    def secret_settings(self) -> frozenset[str]:
        return frozenset(setting.name for setting in self.settings if setting.secret)
