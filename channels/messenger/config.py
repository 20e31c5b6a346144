"""What a page can do on Messenger and what connects one, as data; and its settings, read once."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from channels.meta.graph import DEFAULT_API_BASE
from channels.settings import api_base
from scrm.model.base import Record
from scrm.model.channel import Capabilities, ChannelType, ReplyRule, Setting
from scrm.model.message import ContentType


class HumanAgent(StrEnum):
    """Whether Meta lets the app's people answer for seven days (the Human Agent permission)."""

    OFF = "off"
    ON = "on"


class Trigger(StrEnum):
    """What a customer's act permits: the platform's window, or the longer one of apps with people behind them."""

    MESSAGE = "message"
    HUMAN_AGENT = "human_agent"


# developers.facebook.com/docs/messenger-platform/reference/send-api (2,000 characters),
# … /documentation/business-messaging/messenger-platform/send-messages/saving-assets (25 MB, images 8 MB),
# … /documentation/business-messaging/messenger-platform/policy (24 hours; 7 days with the Human Agent tag).
TEXT_LIMIT = 2000
WINDOW = timedelta(hours=24)
HUMAN_AGENT_WINDOW = timedelta(days=7)
MB = 1024 * 1024

CAPABILITIES = Capabilities(
    receives=tuple(ContentType),
    sends=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE),
    text_limit=TEXT_LIMIT,
    media_limits={"image": 8 * MB, "voice": 25 * MB, "video": 25 * MB, "file": 25 * MB},
    media_types={"image": ("image/jpeg", "image/png", "image/gif")},
    reply_rules=(
        ReplyRule(trigger=Trigger.MESSAGE, lasts=WINDOW, replies=None),
        ReplyRule(trigger=Trigger.HUMAN_AGENT, lasts=HUMAN_AGENT_WINDOW, replies=None),
    ),
    receipts=True,
    typing=True,
)

TYPE = ChannelType(
    type="messenger",
    name_zh="Messenger（Facebook 主页）",
    name_en="Messenger (Facebook page)",
    badge="M",
    color="#0866ff",
    settings=(
        Setting(
            name="page_id",
            label_zh="主页编号（Page ID）",
            label_en="Page ID",
            pattern=r"[0-9]{5,32}",
            help_zh="Facebook 主页「关于 › 主页透明度」中的编号。",
            help_en="Digits, from the page's About › Page transparency.",
        ),
        Setting(
            name="access_token",
            label_zh="主页访问令牌",
            label_en="Page access token",
            secret=True,
            pattern=r"[A-Za-z0-9_\-|]{20,1024}",
            help_zh="需要 pages_messaging 与 pages_manage_metadata 权限。",
            help_en="With pages_messaging and pages_manage_metadata; letters and digits.",
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
            help_zh="8 至 128 位英文、数字、_ 或 -，与应用后台 Webhooks 中填写的一致。",
            help_en="8 to 128 letters, digits, _ or -, the same as in the app's Webhooks.",
        ),
        Setting(
            name="human_agent",
            label_zh="真人客服（Human Agent）",
            label_en="Human agent",
            choices=tuple(HumanAgent),
            default=HumanAgent.OFF,
            help_zh="on：应用已获 Human Agent 权限，客户来信 7 天内都可人工回复；off：24 小时。",
            help_en="on: the app has the Human Agent permission, and people may answer for 7 days. off: 24 hours.",
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


class MessengerConfig(Record, kw_only=True):
    """Settings as the adapter uses them. api_base: without a final slash."""

    page_id: str
    access_token: str
    app_secret: str
    verify_token: str
    human_agent: bool
    api_base: str

    @property
    def trigger(self) -> Trigger:
        return Trigger.HUMAN_AGENT if self.human_agent else Trigger.MESSAGE


def read_config(settings: Mapping[str, str]) -> MessengerConfig:
    """From complete settings."""
    return MessengerConfig(
        page_id=settings["page_id"],
        access_token=settings["access_token"],
        app_secret=settings["app_secret"],
        verify_token=settings["verify_token"],
        human_agent=settings.get("human_agent") == HumanAgent.ON,
        api_base=(settings.get("api_base") or DEFAULT_API_BASE).rstrip("/"),
    )
