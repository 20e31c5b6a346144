"""What a WhatsApp number can do and what connects one, as data; and its settings, read once."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from channels.meta.graph import DEFAULT_API_BASE
from channels.settings import api_base
from scrm.model.base import Record
from scrm.model.channel import AccountTool, Capabilities, ChannelType, ReplyRule, Setting
from scrm.model.message import ContentType


class Callback(StrEnum):
    """Who tells the platform where to push: the hub, for this number alone, or a person in the app's console."""

    HUB = "hub"
    CONSOLE = "console"


class Trigger(StrEnum):
    """What a customer does that permits replies."""

    MESSAGE = "message"


# developers.facebook.com/documentation/business-messaging/whatsapp/ … /messages/text-messages (4,096 characters),
# … /business-phone-numbers/media (Supported Media Types: images 5 MB, audio and video 16 MB, documents 100 MB),
# … /messages/send-messages (Customer service windows: 24 hours after each message of the customer's).
TEXT_LIMIT = 4096
WINDOW = timedelta(hours=24)
MB = 1024 * 1024

CAPABILITIES = Capabilities(
    # What it shows of a link is a text.
    receives=tuple(kind for kind in ContentType if kind is not ContentType.LINK),
    sends=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE),
    text_limit=TEXT_LIMIT,
    media_limits={"image": 5 * MB, "voice": 16 * MB, "video": 16 * MB, "file": 100 * MB},
    media_types={
        "image": ("image/jpeg", "image/png"),
        "voice": ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"),
        "video": ("video/mp4", "video/3gpp"),
        "file": (
            "text/plain",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
    },
    reply_rules=(ReplyRule(trigger=Trigger.MESSAGE, lasts=WINDOW, replies=None),),
    receipts=True,
    quotes=True,
    typing=True,
    tools=(AccountTool.TEMPLATES,),
)

TYPE = ChannelType(
    type="whatsapp",
    name_zh="WhatsApp",
    name_en="WhatsApp",
    badge="W",
    color="#128c7e",
    settings=(
        Setting(
            name="phone_number_id",
            label_zh="电话号码 ID（Phone number ID）",
            label_en="Phone number ID",
            pattern=r"[0-9]{5,32}",
            help_zh="应用后台「WhatsApp › API 设置」中的电话号码编号，不是电话号码本身。",
            help_en="Digits, from the app's WhatsApp › API Setup; not the phone number itself.",
        ),
        Setting(
            name="account_id",
            label_zh="WhatsApp Business 账户 ID（WABA ID）",
            label_en="WhatsApp Business Account ID",
            pattern=r"[0-9]{5,32}",
            help_zh="同一页面上的 WhatsApp Business 账户编号；消息模板属于它。",
            help_en="Digits, from the same page; message templates belong to it.",
        ),
        Setting(
            name="access_token",
            label_zh="访问令牌",
            label_en="Access token",
            secret=True,
            pattern=r"[A-Za-z0-9_\-|]{20,1024}",
            help_zh="系统用户的永久令牌，需要 whatsapp_business_messaging 与 whatsapp_business_management 权限。",
            help_en="A system user's permanent token with whatsapp_business_messaging and "
            "whatsapp_business_management; letters and digits.",
        ),
        Setting(
            name="app_secret",
            label_zh="应用密钥（App Secret）",
            label_en="App secret",
            secret=True,
            pattern=r"[A-Za-z0-9]{16,128}",
            help_zh="应用后台「应用设置 › 基本」中；推送由它签名。",
            help_en="Letters and digits, from App settings › Basic; pushes are signed with it.",
        ),
        Setting(
            name="verify_token",
            label_zh="验证令牌（Verify token）",
            label_en="Verify token",
            secret=True,
            generated=True,
            pattern=r"[A-Za-z0-9_\-]{8,128}",
            help_zh="8 至 128 位英文、数字、_ 或 -；平台确认推送地址时要求出示。",
            help_en="8 to 128 letters, digits, _ or -; the platform shows it when it asks whether the address is ours.",
        ),
        Setting(
            name="callback",
            label_zh="推送地址",
            label_en="Where pushes go",
            choices=tuple(Callback),
            default=Callback.HUB,
            help_zh="hub：由系统为本号码登记推送地址，需要设置 public_url（https）；console：在应用后台手工填写。",
            help_en="hub: the hub tells the platform, for this number; it needs public_url, with https. "
            "console: you enter the address in the app's console.",
        ),
        api_base(
            DEFAULT_API_BASE,
            help_zh="含版本号；一般不需要修改，使用代理或模拟器时填写。",
            help_en="An http or https address with the version and without a query; change it only for a proxy or the "
            "simulator.",
        ),
    ),
    capabilities=CAPABILITIES,
)


class WhatsAppConfig(Record, kw_only=True):
    """Settings as the adapter uses them. api_base: without a final slash."""

    phone_number_id: str
    account_id: str
    access_token: str
    app_secret: str
    verify_token: str
    callback: Callback
    api_base: str


def read_config(settings: Mapping[str, str]) -> WhatsAppConfig:
    """From complete settings."""
    return WhatsAppConfig(
        phone_number_id=settings["phone_number_id"],
        account_id=settings["account_id"],
        access_token=settings["access_token"],
        app_secret=settings["app_secret"],
        verify_token=settings["verify_token"],
        callback=Callback(settings.get("callback") or Callback.HUB),
        api_base=(settings.get("api_base") or DEFAULT_API_BASE).rstrip("/"),
    )
