"""What a Telegram bot can do and what connects one, as data; and its settings, read once."""

import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum

from channels.settings import api_base
from scrm.ids import ChannelId
from scrm.model.base import Record
from scrm.model.channel import Capabilities, ChannelType, LengthUnit, Setting
from scrm.model.message import ContentType

DEFAULT_API_BASE = "https://api.telegram.org"


class Delivery(StrEnum):
    """How updates come: the hub asks for them, which works everywhere, or the platform brings them to its webhook."""

    POLLING = "polling"
    WEBHOOK = "webhook"


# Limits of what is sent, core.telegram.org/bots/api: sendMessage (4096 characters, counted in UTF-16 units as the
# offsets of entities are), "Sending files" (photos 10 MB, other files 50 MB), sendVoice, sendVideo. What a method of
# its own does not take leaves as a document.
PHOTO_LIMIT = 10_000_000
FILE_LIMIT = 50_000_000
# getFile: what customers send may be larger, but is then not to be had.
DOWNLOAD_LIMIT = 20_000_000
TEXT_LIMIT = 4096

CAPABILITIES = Capabilities(
    receives=tuple(ContentType),
    sends=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE),
    text_limit=TEXT_LIMIT,
    text_unit=LengthUnit.UTF16,
    media_limits={"image": PHOTO_LIMIT, "voice": FILE_LIMIT, "video": FILE_LIMIT, "file": FILE_LIMIT},
    media_types={"image": ("image/jpeg", "image/png", "image/webp", "image/gif")},
    typing=True,
    quotes=True,
)

TYPE = ChannelType(
    type="telegram",
    name_zh="Telegram",
    name_en="Telegram",
    badge="电",
    color="#229ed9",
    settings=(
        Setting(
            name="bot_token",
            label_zh="机器人令牌（Bot token）",
            label_en="Bot token",
            secret=True,
            pattern=r"[0-9]{5,16}:[A-Za-z0-9_\-]{30,64}",
            help_zh="向 @BotFather 发送 /newbot 创建机器人后得到，形如 123456789:AAE…。",
            help_en="What @BotFather answers to /newbot: digits, a colon, then letters and digits.",
        ),
        Setting(
            name="delivery",
            label_zh="接收方式",
            label_en="How messages come in",
            choices=tuple(Delivery),
            default=Delivery.POLLING,
            help_zh="polling：系统主动拉取，无需公网地址；webhook：由 Telegram 推送，需要设置 public_url（https）。",
            help_en="polling: the hub asks, no public address is needed. webhook: Telegram pushes; the hub needs "
            "public_url, with https.",
        ),
        api_base(
            DEFAULT_API_BASE,
            help_zh="一般不需要修改；使用自建 Bot API 服务器、代理或模拟器时填写。",
            help_en="An http or https address without a query; change it for a Bot API server of your own, a proxy or "
            "the simulator.",
        ),
    ),
    capabilities=CAPABILITIES,
)


class TelegramConfig(Record, kw_only=True):
    """Settings as the adapter uses them. webhook_secret: what the platform repeats in each push."""

    bot_token: str
    delivery: Delivery
    api_base: str
    webhook_secret: str

    @property
    def bot_id(self) -> int:
        return int(self.bot_token.partition(":")[0])


def read_config(channel_id: ChannelId, settings: Mapping[str, str]) -> TelegramConfig:
    """From complete settings."""
    token = settings["bot_token"]
    return TelegramConfig(
        bot_token=token,
        delivery=Delivery(settings.get("delivery") or Delivery.POLLING),
        api_base=(settings.get("api_base") or DEFAULT_API_BASE).rstrip("/"),
        webhook_secret=webhook_secret(token, channel_id),
    )


def webhook_secret(bot_token: str, channel_id: ChannelId) -> str:
    """The hub sets the webhook itself, so nobody has to think of a secret: whoever has the bot's token can make this
    one, and nobody else. Within setWebhook's alphabet (A-Z, a-z, 0-9, _ and -) and length (1 to 256)."""
    return hmac.new(bot_token.encode(), f"webhook {channel_id}".encode(), hashlib.sha256).hexdigest()
