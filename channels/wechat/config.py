"""What an Official Account can do and what connects one, as data; and its settings, read once."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from channels.settings import api_base
from channels.wx.crypto import decode_aes_key
from scrm.model.base import Record
from scrm.model.channel import AccountTool, Capabilities, ChannelType, LengthUnit, ReplyRule, Setting
from scrm.model.message import ContentType

DEFAULT_API_BASE = "https://api.weixin.qq.com"


class Mode(StrEnum):
    """How the platform sends pushes. compatible: in clear and encrypted beside it; only the encrypted part counts."""

    SAFE = "safe"
    COMPATIBLE = "compatible"
    PLAIN = "plain"


class Trigger(StrEnum):
    """What a customer does that permits replies."""

    MESSAGE = "message"
    FOLLOW = "follow"
    MENU_CLICK = "menu_click"
    SCAN = "scan"
    PAYMENT = "payment"


# Limits of what is sent: developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html
# (reply rules), .../Asset_Management/New_temporary_materials.html (media); text: 2,048 bytes, else 45002.
CAPABILITIES = Capabilities(
    receives=tuple(ContentType),
    sends=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO),
    text_limit=2048,
    text_unit=LengthUnit.BYTES,
    media_limits={"image": 10 * 1024 * 1024, "voice": 2 * 1024 * 1024, "video": 10 * 1024 * 1024},
    media_types={
        "image": ("image/jpeg", "image/png", "image/gif", "image/bmp"),
        "voice": ("audio/amr", "audio/mpeg", "audio/mp3"),
        "video": ("video/mp4",),
    },
    reply_rules=(
        ReplyRule(trigger=Trigger.MESSAGE, lasts=timedelta(hours=48), replies=5),
        ReplyRule(trigger=Trigger.FOLLOW, lasts=timedelta(minutes=1), replies=3),
        ReplyRule(trigger=Trigger.MENU_CLICK, lasts=timedelta(minutes=1), replies=3),
        ReplyRule(trigger=Trigger.SCAN, lasts=timedelta(minutes=1), replies=3),
        ReplyRule(trigger=Trigger.PAYMENT, lasts=timedelta(hours=48), replies=None),
    ),
    # It tells how template messages fare, but nothing of a customer-service message once it has taken it.
    receipts=False,
    typing=True,
    tools=tuple(AccountTool),
)

TYPE = ChannelType(
    type="wechat",
    name_zh="微信公众号",
    name_en="WeChat Official Account",
    badge="微",
    color="#07c160",
    settings=(
        Setting(
            name="app_id",
            label_zh="开发者 ID（AppID）",
            label_en="AppID",
            pattern=r"[A-Za-z0-9_]{4,64}",
            help_zh="公众平台「设置与开发 › 基本配置」中的 AppID，以 wx 开头。",
            help_en="The AppID of the account: letters and digits, usually starting with wx.",
        ),
        Setting(
            name="app_secret",
            label_zh="开发者密码（AppSecret）",
            label_en="AppSecret",
            secret=True,
            pattern=r"[!-~]{8,128}",
            help_zh="公众平台只显示一次，忘记时需要重置。",
            help_en="The AppSecret of the account: 8 to 128 printable characters without spaces.",
        ),
        Setting(
            name="token",
            label_zh="令牌（Token）",
            label_en="Token",
            secret=True,
            pattern=r"[A-Za-z0-9]{3,32}",
            help_zh="自己设定，3 至 32 位英文或数字，与公众平台「服务器配置」一致。",
            help_en="3 to 32 letters or digits of your choice, the same as in the platform's server configuration.",
        ),
        Setting(
            name="mode",
            label_zh="消息加解密方式",
            label_en="Encryption",
            choices=tuple(Mode),
            default=Mode.SAFE,
            help_zh="建议使用安全模式：明文模式的签名不覆盖消息内容。",
            help_en="Safe is recommended: in plain mode the signature does not cover the message.",
        ),
        Setting(
            name="encoding_aes_key",
            label_zh="消息加解密密钥（EncodingAESKey）",
            label_en="EncodingAESKey",
            secret=True,
            required=False,
            pattern=r"[A-Za-z0-9]{43}",
            help_zh="43 位英文或数字；安全模式和兼容模式必填。",
            help_en="43 letters or digits; needed in safe and compatible mode.",
        ),
        api_base(
            DEFAULT_API_BASE,
            help_zh="一般不需要修改；使用模拟器或代理时填写。",
            help_en="An http or https address without a query; change it only for the simulator or a proxy.",
        ),
    ),
    capabilities=CAPABILITIES,
)


class WeChatConfig(Record, kw_only=True):
    """Settings as the adapter uses them. aes_key: 32 bytes, None in plain mode. api_base: without a final slash."""

    app_id: str
    app_secret: str
    token: str
    mode: Mode
    aes_key: bytes | None
    api_base: str


def problems(settings: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with settings that are each of the right form."""
    found: dict[str, str] = {}
    key = settings["encoding_aes_key"]
    if settings["mode"] != Mode.PLAIN and not key:
        found["encoding_aes_key"] = "Safe and compatible mode need the EncodingAESKey."
    return found


def read_config(settings: Mapping[str, str]) -> WeChatConfig:
    """From settings that `problems` found nothing in."""
    mode = Mode(settings.get("mode") or Mode.SAFE)
    return WeChatConfig(
        app_id=settings["app_id"],
        app_secret=settings["app_secret"],
        token=settings["token"],
        mode=mode,
        aes_key=None if mode is Mode.PLAIN else decode_aes_key(settings["encoding_aes_key"]),
        api_base=(settings.get("api_base") or DEFAULT_API_BASE).rstrip("/"),
    )
