"""What a Slack app can do and what connects one, as data; and its settings, read once."""

import re
from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from channels.settings import api_base
from scrm.model.base import Record
from scrm.model.channel import Capabilities, ChannelType, Setting
from scrm.model.message import ContentType

DEFAULT_API_BASE = "https://slack.com/api"


class Delivery(StrEnum):
    """How events come: Slack pushes them to the hub's address, or over a line that the hub opens (Socket Mode)."""

    WEBHOOK = "webhook"
    SOCKET_MODE = "socket_mode"


class Channels(StrEnum):
    """Which messages of Slack's channels become conversations."""

    MENTIONED = "mentioned"
    ALL = "all"
    NEVER = "never"


# docs.slack.dev/reference/methods/chat.postMessage: a text is best kept to 4,000 characters and is cut after 40,000.
# Escaped, one character is five at the most, so a text of this length is never cut.
TEXT_LIMIT = 4000
# Slack itself takes files up to 1 GB (slack.com/help/articles/201330736); this is what the hub carries.
FILE_LIMIT = 50_000_000

CAPABILITIES = Capabilities(
    receives=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE,
              ContentType.EVENT, ContentType.UNKNOWN),
    sends=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE),
    text_limit=TEXT_LIMIT,
    media_limits={"image": FILE_LIMIT, "voice": FILE_LIMIT, "video": FILE_LIMIT, "file": FILE_LIMIT},
    media_types={"image": ("image/jpeg", "image/png", "image/gif", "image/webp")},
    quotes=True,
    follows=True,
)  # fmt: skip

TYPE = ChannelType(
    type="slack",
    name_zh="Slack",
    name_en="Slack",
    badge="S",
    color="#611f69",
    settings=(
        Setting(
            name="bot_token",
            label_zh="机器人令牌（Bot User OAuth Token）",
            label_en="Bot User OAuth Token",
            secret=True,
            pattern=r"xoxb-[A-Za-z0-9\-]{8,240}",
            help_zh="应用安装到工作区后，在 OAuth & Permissions 页面可以看到，以 xoxb- 开头。",
            help_en="Begins with xoxb-; OAuth & Permissions shows it once the app is installed in the workspace.",
        ),
        Setting(
            name="delivery",
            label_zh="接收方式",
            label_en="How messages come in",
            choices=tuple(Delivery),
            default=Delivery.WEBHOOK,
            help_zh="webhook：Slack 推送到本系统的公网地址；socket_mode：本系统连接 Slack，无需公网地址。",
            help_en="webhook: Slack pushes to the hub's public address. socket_mode: the hub connects and needs none.",
        ),
        Setting(
            name="signing_secret",
            label_zh="签名密钥（Signing Secret）",
            label_en="Signing Secret",
            secret=True,
            required=False,
            pattern=r"[0-9A-Za-z]{16,128}",
            help_zh="接收方式为 webhook 时需要，在 Basic Information 页面可以看到。",
            help_en="Letters and digits, from Basic Information; needed for webhook: every push is signed with it.",
        ),
        Setting(
            name="app_token",
            label_zh="应用级令牌（App-Level Token）",
            label_en="App-Level Token",
            secret=True,
            required=False,
            pattern=r"xapp-[A-Za-z0-9\-]{8,240}",
            help_zh="接收方式为 socket_mode 时需要，以 xapp- 开头，权限为 connections:write。",
            help_en="Begins with xapp-, with the scope connections:write; needed for socket_mode.",
        ),
        Setting(
            name="channels",
            label_zh="频道消息",
            label_en="Messages in channels",
            choices=tuple(Channels),
            default=Channels.MENTIONED,
            help_zh="mentioned：频道里 @ 应用的消息及其消息列中的后续回复成为会话，回复在消息列中；"
            "all：应用所在频道的每条消息；never：只接私信。",
            help_en="mentioned: what mentions the app, and what follows in its thread, becomes a conversation, "
            "answered in the thread. all: every message in channels the app is in. never: direct messages only.",
        ),
        api_base(
            DEFAULT_API_BASE,
            help_zh="一般无需修改；经代理访问时填写代理的地址。",
            help_en="An http or https address; change it only for a proxy or for GovSlack.",
        ),
    ),
    capabilities=CAPABILITIES,
)


class SlackConfig(Record, kw_only=True):
    """Settings as the adapter uses them. api_base: without a slash at its end."""

    bot_token: str
    delivery: Delivery
    signing_secret: str
    app_token: str
    channels: Channels
    api_base: str


def problems(settings: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with settings that are each of the right form."""
    found = {}
    if settings["delivery"] == Delivery.WEBHOOK and not settings["signing_secret"]:
        found["signing_secret"] = "Pushes are known by their signature: this is needed for webhook."  # noqa: S105
    if settings["delivery"] == Delivery.SOCKET_MODE and not settings["app_token"]:
        found["app_token"] = "The line is opened with it: this is needed for socket_mode."  # noqa: S105 - a sentence
    return found


def read_config(settings: Mapping[str, str]) -> SlackConfig:
    """From settings that `problems` found nothing in."""
    return SlackConfig(
        bot_token=settings["bot_token"],
        delivery=Delivery(settings.get("delivery") or Delivery.WEBHOOK),
        signing_secret=settings.get("signing_secret", ""),
        app_token=settings.get("app_token", ""),
        channels=Channels(settings.get("channels") or Channels.MENTIONED),
        api_base=(settings.get("api_base") or DEFAULT_API_BASE).rstrip("/"),
    )


# Slack's own hosts: files lie at files.slack.com or slack-files.com, lines at wss-….slack.com; GovSlack's the last.
_PLAIN = re.compile(r"[^\s\\\x00-\x20\x7f]+")
_OWN = ("slack.com", "slack-files.com", "slack-gov.com")


def is_slacks(address: str, api_base: str) -> bool:
    """Whether an address that came in a message or an answer is Slack's own, or at the place the API is at: only there
    may a token be shown, and only there does the hub look."""
    if not _PLAIN.fullmatch(address):  # what different readers of addresses read differently
        return False
    try:
        parts, base = urlsplit(address), urlsplit(api_base)
        port = parts.port
    except ValueError:
        return False
    scheme = {"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme)
    if (scheme, parts.netloc.lower()) == (base.scheme, base.netloc.lower()) and "@" not in parts.netloc:
        return True
    host = (parts.hostname or "").lower()
    own = any(host == name or host.endswith(f".{name}") for name in _OWN)
    return own and scheme == "https" and port in (None, 443) and "@" not in parts.netloc
