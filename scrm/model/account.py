"""What the hub keeps of an account on a platform beside its messages: QR codes and who scanned them, the menu, labels
that are tags there, and message templates.
"""

from datetime import datetime
from enum import StrEnum

from scrm.ids import ChannelId, ContactId, ConversationId, LabelId, MessageId, QrCodeId, TeamId
from scrm.model.base import Record


class QrCode(Record, kw_only=True):
    """A code whose scans say where a customer came from. scene: what the platform reports of a scan, unique within the
    channel. expires_at: None for a permanent one. team_id, label_ids: given to whoever scans it. ticket, url: the
    platform's names of it; the picture is kept among the files, under `picture_id`.
    """

    id: QrCodeId
    channel_id: ChannelId
    name: str
    scene: str
    team_id: TeamId | None = None
    label_ids: tuple[LabelId, ...] = ()
    ticket: str
    url: str = ""
    picture_id: str = ""
    created_at: datetime
    expires_at: datetime | None = None


class QrScan(Record, kw_only=True):
    """One scan. id: of the message on the timeline that says so. followed: it made the person follow the account.
    first: the hub had never heard of the person before."""

    id: MessageId
    qr_id: QrCodeId
    channel_id: ChannelId
    contact_id: ContactId
    conversation_id: ConversationId
    followed: bool
    first: bool
    at: datetime


class ScanCounts(Record, kw_only=True):
    """scans: all. followed, first: as in `QrScan`."""

    scans: int = 0
    followed: int = 0
    first: int = 0


class MenuButton(Record, kw_only=True):
    """A button of an account's menu. type: the platform's word for what it does, "" where it opens `children`.

    key: what the platform reports when it is pressed. url, app_id, page_path, media_id: what it opens.
    """

    name: str
    type: str = ""
    key: str = ""
    url: str = ""
    app_id: str = ""
    page_path: str = ""
    media_id: str = ""
    children: tuple["MenuButton", ...] = ()


class MenuAction(Record, kw_only=True):
    """What pressing the button of a key does in the hub. opens: an agent sees a conversation. team_id: whose it is.
    answer: sent at once, by nobody; "" for none."""

    key: str
    opens: bool = False
    team_id: TeamId | None = None
    answer: str = ""


class AccountMenu(Record, kw_only=True):
    """An account's menu as the hub has it. id: the channel's. published_at: when the platform last took it as it
    stands; None: it has been changed since, or never published."""

    id: ChannelId
    buttons: tuple[MenuButton, ...] = ()
    actions: tuple[MenuAction, ...] = ()
    saved_at: datetime
    published_at: datetime | None = None


class TagLinks(Record, kw_only=True):
    """Which labels are which tags on the platform. id: the channel's. links: tag id by label id."""

    id: ChannelId
    links: dict[LabelId, str] = {}


class TemplateKind(StrEnum):
    """What permits a message made from it. `subscribe`: each grant of the customer permits one. `template`: that the
    customer follows the account."""

    TEMPLATE = "template"
    SUBSCRIBE = "subscribe"


class TemplateField(Record, kw_only=True):
    """A gap in a template. name: as the platform calls it (`thing1`). label: the words before it, for people.
    limit: characters it takes."""

    name: str
    label: str = ""
    limit: int = 200


class MessageTemplate(Record, kw_only=True):
    """A template of an account and how the hub fills it. id: channel and template. body: its text, gaps as {{name}}.

    mapping: text by field; in it {customer}, {message}, {agent}, {number}, {time} and {workspace} are filled in.
    enabled: offered to agents. automatic: a text reply that finds the reply window closed or used up goes as this one,
    by itself; at most one of each kind in a channel. lasting: a grant permits any number, until the customer takes it
    back. gone: the platform has it no longer. titled: customers see the title above the text.
    """

    id: str
    channel_id: ChannelId
    template_id: str
    kind: TemplateKind
    title: str
    body: str = ""
    example: str = ""
    fields: tuple[TemplateField, ...] = ()
    mapping: dict[str, str] = {}
    url: str = ""
    enabled: bool = False
    automatic: bool = False
    lasting: bool = False
    titled: bool = True
    gone: bool = False
    updated_at: datetime


def template_key(channel_id: ChannelId, template_id: str) -> str:
    return f"{channel_id}:{template_id}"
