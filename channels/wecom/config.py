"""What a customer service account (客服账号) of WeCom can do and what connects one, as data; and its settings."""

from collections.abc import Mapping
from datetime import timedelta

from channels.settings import api_base
from channels.wx.crypto import decode_aes_key
from scrm.model.base import Record
from scrm.model.channel import Capabilities, ChannelType, LengthUnit, ReplyRule, Setting
from scrm.model.message import ContentType

DEFAULT_API_BASE = "https://qyapi.weixin.qq.com"
# A customer's message permits replies (developer.work.weixin.qq.com/document/path/94677).
MESSAGE = "message"
# A welcome message is one message of text: 2,048 bytes (document/path/95122); a Chinese character has three.
WELCOME_BYTES = 2048

# Limits of what is sent: document/path/94677 (messages), document/path/90253 (files; each more than 5 bytes).
CAPABILITIES = Capabilities(
    receives=tuple(ContentType),
    sends=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE),
    text_limit=2048,
    text_unit=LengthUnit.BYTES,
    media_limits={
        "image": 10 * 1024 * 1024,
        "voice": 2 * 1024 * 1024,
        "video": 10 * 1024 * 1024,
        "file": 20 * 1024 * 1024,
    },
    media_types={
        "image": ("image/jpeg", "image/png"),
        "voice": ("audio/amr",),
        "video": ("video/mp4",),
    },
    reply_rules=(ReplyRule(trigger=MESSAGE, lasts=timedelta(hours=48), replies=5),),
    # It says what it could not deliver (msg_send_fail), and nothing of what it did.
    receipts=True,
    polls=True,
    servicers=True,
)

TYPE = ChannelType(
    type="wecom_kf",
    name_zh="微信客服",
    name_en="WeCom customer service",
    badge="企",
    color="#2b7cd3",
    settings=(
        Setting(
            name="corp_id",
            label_zh="企业 ID（CorpID）",
            label_en="Corp ID",
            pattern=r"[A-Za-z0-9_-]{4,64}",
            help_zh="企业微信管理后台「我的企业」页底部，以 ww 或 wx 开头。",
            help_en="At the foot of My Company in WeCom's admin console; it starts with ww or wx.",
        ),
        Setting(
            name="secret",
            label_zh="微信客服 Secret",
            label_en="Secret",
            secret=True,
            pattern=r"[!-~]{16,128}",
            help_zh="「微信客服 › API」中的 Secret，或获授权的自建应用的 Secret。",
            help_en="The Secret under WeChat Customer Service, API, or of an own app that was given its permissions.",
        ),
        Setting(
            name="open_kfid",
            label_zh="客服账号 ID（open_kfid）",
            label_en="Account ID (open_kfid)",
            pattern=r"[A-Za-z0-9_-]{4,64}",
            help_zh="以 wk 开头。一个渠道对应一个客服账号；同一企业的多个账号可共用一个回调地址。",
            help_en="It starts with wk. A channel is one account; accounts of a company may share one callback URL.",
        ),
        Setting(
            name="token",
            label_zh="回调 Token",
            label_en="Callback token",
            secret=True,
            pattern=r"[A-Za-z0-9]{3,32}",
            help_zh="自己设定，3 至 32 位英文或数字，与「接收消息」配置一致。",
            help_en="3 to 32 letters or digits of your choice, the same as in the callback configuration.",
        ),
        Setting(
            name="encoding_aes_key",
            label_zh="回调 EncodingAESKey",
            label_en="EncodingAESKey",
            secret=True,
            pattern=r"[A-Za-z0-9]{43}",
            help_zh="43 位英文或数字，与「接收消息」配置一致。",
            help_en="43 letters or digits, the same as in the callback configuration.",
        ),
        Setting(
            name="welcome",
            label_zh="欢迎语",
            label_en="Welcome message",
            required=False,
            pattern=r"(?s)[^\x00-\x09\x0b-\x1f\x7f]{1,2000}",
            help_zh="客户进入会话时发送，最多 2048 字节；留空则不发。管理后台配置了欢迎语时不生效。",
            help_en="Sent when a customer opens the chat, at most 2,048 bytes; empty sends none.",
        ),
        api_base(
            DEFAULT_API_BASE,
            help_zh="一般不需要修改；使用模拟器或代理时填写。",
            help_en="An http or https address without a query; change it only for the simulator or a proxy.",
        ),
    ),
    capabilities=CAPABILITIES,
)


class WeComConfig(Record, kw_only=True):
    """Settings as the adapter uses them. aes_key: 32 bytes. api_base: without a final slash."""

    corp_id: str
    secret: str
    open_kfid: str
    token: str
    aes_key: bytes
    welcome: str
    api_base: str


def problems(settings: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with settings that are each of the right form."""
    found: dict[str, str] = {}
    if len(settings["welcome"].encode("utf-8", "replace")) > WELCOME_BYTES:
        found["welcome"] = "This is longer than 2,048 bytes, of which a Chinese character has three."
    return found


def read_config(settings: Mapping[str, str]) -> WeComConfig:
    """From settings that `problems` found nothing in."""
    return WeComConfig(
        corp_id=settings["corp_id"],
        secret=settings["secret"],
        open_kfid=settings["open_kfid"],
        token=settings["token"],
        aes_key=decode_aes_key(settings["encoding_aes_key"]),
        welcome=settings.get("welcome", "").strip(),
        api_base=(settings.get("api_base") or DEFAULT_API_BASE).rstrip("/"),
    )
