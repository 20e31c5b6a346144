"""What a LINE Official Account can do and what connects one, as data; and its settings, read once."""

from collections.abc import Mapping
from enum import StrEnum

from channels.settings import api_base
from scrm.ids import ChannelId
from scrm.model.base import Record
from scrm.model.channel import Capabilities, ChannelType, LengthUnit, Setting
from scrm.model.message import ContentType

# developers.line.biz/en/reference/messaging-api/#domain-name: what customers sent is kept at a domain of its own.
DEFAULT_API_BASE = "https://api.line.me"
DATA_BASE = "https://api-data.line.me"


class Groups(StrEnum):
    """Which messages of group chats and multi-person chats become conversations."""

    MENTIONED = "mentioned"
    NEVER = "never"


# Limits of what is sent, developers.line.biz/en/reference/messaging-api/: #text-message (5000 characters, counted in
# UTF-16 units as /en/docs/messaging-api/text-character-count/ says), #image-message (JPEG or PNG, 10 MB; its preview
# 1 MB), #video-message (mp4, 200 MB), #audio-message (m4a, 200 MB); an address has at most 2000 characters.
TEXT_LIMIT = 5000
PHOTO_LIMIT = 10_000_000
PREVIEW_LIMIT = 1_000_000
FILE_LIMIT = 200_000_000
ADDRESS_LIMIT = 2000

CAPABILITIES = Capabilities(
    receives=tuple(ContentType),
    sends=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE),
    text_limit=TEXT_LIMIT,
    text_unit=LengthUnit.UTF16,
    media_limits={"image": PHOTO_LIMIT, "voice": FILE_LIMIT, "video": FILE_LIMIT, "file": FILE_LIMIT},
    media_types={"image": ("image/jpeg", "image/png")},
    typing=True,
    quotes=True,
    follows=True,
    fetches=True,
)

TYPE = ChannelType(
    type="line",
    name_zh="LINE",
    name_en="LINE",
    badge="LI",
    color="#06c755",
    settings=(
        Setting(
            name="channel_secret",
            label_zh="Channel secret",
            label_en="Channel secret",
            secret=True,
            pattern=r"[0-9a-f]{32}",
            help_zh="LINE Developers 控制台该频道 Basic settings 页，32 位十六进制。",
            help_en="32 hexadecimal digits, on the channel's Basic settings page of the LINE Developers Console.",
        ),
        Setting(
            name="access_token",
            label_zh="频道访问令牌（长期）",
            label_en="Channel access token (long-lived)",
            secret=True,
            pattern=r"[A-Za-z0-9+/=._\-]{40,1000}",
            help_zh="控制台 Messaging API 页底部点击 Issue 生成的长期令牌。",
            help_en="What Issue gives at the end of the console's Messaging API page.",
        ),
        Setting(
            name="groups",
            label_zh="群消息",
            label_en="Messages in groups",
            choices=tuple(Groups),
            default=Groups.MENTIONED,
            help_zh="mentioned：群里 @ 官方账号的消息成为会话，回复发回群里（按群人数计入额度）；never：只接单聊。",
            help_en="mentioned: what mentions the account becomes a conversation, answered in the group (where every "
            "member counts to the quota). never: one-on-one chats only.",
        ),
        api_base(
            DEFAULT_API_BASE,
            help_zh="一般不需要修改；使用代理或模拟器时填写，文件也从该地址下载。",
            help_en="An http or https address without a query; change it for a proxy or the simulator, which then "
            "gives files too.",
        ),
    ),
    capabilities=CAPABILITIES,
)


class LineConfig(Record, kw_only=True):
    """Settings as the adapter uses them. data_base: where files are."""

    channel_id: ChannelId
    channel_secret: str
    access_token: str
    groups: Groups
    api_base: str
    data_base: str


def read_config(channel_id: ChannelId, settings: Mapping[str, str]) -> LineConfig:
    """From complete settings."""
    base = (settings.get("api_base") or DEFAULT_API_BASE).rstrip("/")
    return LineConfig(
        channel_id=channel_id,
        channel_secret=settings["channel_secret"],
        access_token=settings["access_token"],
        groups=Groups(settings.get("groups") or Groups.MENTIONED),
        api_base=base,
        data_base=DATA_BASE if base == DEFAULT_API_BASE else base,
    )
