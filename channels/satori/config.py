"""What a Satori channel can do and what connects one, as data; and its settings, read once."""

from collections.abc import Mapping
from enum import StrEnum

from channels.settings import ADDRESS
from scrm.model.base import Record
from scrm.model.channel import Capabilities, ChannelType, Setting
from scrm.model.message import ContentType


class Delivery(StrEnum):
    """How events come: the hub keeps a line to the server, which works everywhere, or the server pushes them."""

    WEBSOCKET = "websocket"
    WEBHOOK = "webhook"


class Groups(StrEnum):
    """Which messages of groups become conversations."""

    MENTIONED = "mentioned"
    NEVER = "never"


# The protocol sets no limits, its platforms do, and it does not say which platform sets which. 2,000 characters is
# Discord's, the least of the usual ones; longer texts leave as several messages.
TEXT_LIMIT = 2000
PHOTO_LIMIT = 10_000_000
FILE_LIMIT = 50_000_000
# Of a file that goes inside the message, where the server takes no uploads.
INLINE_LIMIT = 5_000_000

CAPABILITIES = Capabilities(
    receives=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE,
              ContentType.EVENT, ContentType.UNKNOWN),
    sends=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE),
    text_limit=TEXT_LIMIT,
    media_limits={"image": PHOTO_LIMIT, "voice": FILE_LIMIT, "video": FILE_LIMIT, "file": FILE_LIMIT},
    media_types={"image": ("image/jpeg", "image/png", "image/webp", "image/gif")},
    quotes=True,
    follows=True,
)  # fmt: skip

TYPE = ChannelType(
    type="satori",
    name_zh="Satori（QQ、KOOK、飞书、钉钉、Discord…）",
    name_en="Satori (QQ, KOOK, Lark, DingTalk, Discord …)",
    badge="悟",
    color="#7c3aed",
    settings=(
        Setting(
            name="address",
            label_zh="Satori 服务器地址",
            label_en="Address of the Satori server",
            pattern=ADDRESS,
            help_zh="不含 /v1，例如 http://127.0.0.1:5140/satori。",
            help_en="An http or https address without /v1, for example http://127.0.0.1:5140/satori.",
        ),
        Setting(
            name="token",
            label_zh="访问令牌",
            label_en="Access token",
            secret=True,
            required=False,
            pattern=r"[!-~]{1,512}",
            help_zh="服务器要求鉴权时填写。",
            help_en="Printable ASCII; leave it empty where the server asks for none.",
        ),
        Setting(
            name="platform",
            label_zh="平台",
            label_en="Platform",
            pattern=r"[A-Za-z0-9_.:\-]{1,64}",
            help_zh="账号所在的平台，如 qq、kook、lark、dingtalk、discord。",
            help_en="Letters and digits, as the server names it: qq, kook, lark, dingtalk, discord …",
        ),
        Setting(
            name="self_id",
            label_zh="账号 ID",
            label_en="Account id",
            pattern=r"[!-z|~]{1,200}",
            help_zh="机器人在该平台上的用户 ID，服务器的登录信息里可以看到。",
            help_en="The bot's user id on that platform, as the server's logins show it.",
        ),
        Setting(
            name="delivery",
            label_zh="接收方式",
            label_en="How messages come in",
            choices=tuple(Delivery),
            default=Delivery.WEBSOCKET,
            help_zh="websocket：系统连接服务器，无需公网地址；webhook：由服务器推送。",
            help_en="websocket: the hub connects and needs no address of its own. webhook: the server pushes.",
        ),
        Setting(
            name="webhook_token",
            label_zh="推送令牌",
            label_en="Token of the pushes",
            secret=True,
            generated=True,
            required=False,
            pattern=r"[A-Za-z0-9_\-]{20,128}",
            help_zh="接收方式为 webhook 时需要：服务器推送时带上它，系统据此确认来源。",
            help_en="20 to 128 letters, digits, _ or -; needed for webhook: the server repeats it in every push.",
        ),
        Setting(
            name="groups",
            label_zh="群消息",
            label_en="Messages in groups",
            choices=tuple(Groups),
            default=Groups.MENTIONED,
            help_zh="mentioned：群里 @ 或引用机器人的消息成为会话，回复发回群里；never：只接私聊。",
            help_en="mentioned: what mentions or quotes the bot becomes a conversation, answered in the group. "
            "never: direct messages only.",
        ),
    ),
    capabilities=CAPABILITIES,
)


class SatoriConfig(Record, kw_only=True):
    """Settings as the adapter uses them. address: without a slash at its end and without /v1."""

    address: str
    token: str
    platform: str
    self_id: str
    delivery: Delivery
    webhook_token: str
    groups: Groups


def problems(settings: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with settings that are each of the right form."""
    found = {}
    if settings["delivery"] == Delivery.WEBHOOK and not settings["webhook_token"]:
        found["webhook_token"] = "A server that pushes needs a token to show."  # noqa: S105 - a sentence
    return found


def read_config(settings: Mapping[str, str]) -> SatoriConfig:
    """From settings that `problems` found nothing in."""
    return SatoriConfig(
        address=settings["address"].rstrip("/").removesuffix("/v1").rstrip("/"),
        token=settings.get("token", ""),
        platform=settings["platform"],
        self_id=settings["self_id"],
        delivery=Delivery(settings.get("delivery") or Delivery.WEBSOCKET),
        webhook_token=settings.get("webhook_token", ""),
        groups=Groups(settings.get("groups") or Groups.MENTIONED),
    )
