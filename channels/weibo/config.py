"""What a verified Weibo account can do and what connects one, as data; and its settings.

Sources are pages of open.weibo.com/wiki: 发送客服消息 (Send_Customer_Service_Message), 接收普通消息, 接收事件推送,
2/comments/reply.
"""

from collections.abc import Mapping
from datetime import timedelta

from channels.settings import api_base
from scrm.model.base import Record
from scrm.model.channel import Capabilities, ChannelType, ReplyRule, Setting
from scrm.model.message import ContentType

API_BASE = "https://api.weibo.com"
FANS_BASE = "https://m.api.weibo.com"
UPLOAD_BASE = "https://upload.api.weibo.com"

# What opens the reply window. A message, a follow, a subscription, a menu click and a scan permit any number of private
# messages for 48 hours, being mentioned one (发送客服消息).
SAID, MENTIONED, COMMENTED = "message", "mention", "comment"
WINDOW = timedelta(hours=48)
# Weibo sets no time for answers to comments; ours, so that an answer to a post of long ago is meant.
COMMENT_WINDOW = timedelta(days=30)
# A comment has 140 characters (2/comments/reply), a private message less than 300 (发送客服消息). One limit for both:
# which of the two an answer is, the customer's latest word decides.
TEXT_LIMIT = 140

CAPABILITIES = Capabilities(
    receives=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.LOCATION, ContentType.EVENT,
              ContentType.UNKNOWN),
    sends=(ContentType.TEXT,),
    text_limit=TEXT_LIMIT,
    max_text=2_000,
    reply_rules=(
        ReplyRule(trigger=SAID, lasts=WINDOW, replies=None),
        ReplyRule(trigger=MENTIONED, lasts=WINDOW, replies=1),
        ReplyRule(trigger=COMMENTED, lasts=COMMENT_WINDOW, replies=None),
    ),
    polls=True,
    quotes=True,
    # Whether it was a private message or a comment, and which.
    follows=True,
)  # fmt: skip

TYPE = ChannelType(
    type="weibo",
    name_zh="微博",
    name_en="Weibo",
    badge="博",
    color="#e6162d",
    settings=(
        Setting(
            name="uid",
            label_zh="账号 UID",
            label_en="Account UID",
            pattern=r"[1-9][0-9]{3,18}",
            help_zh="开通粉丝服务的认证账号的数字 UID，在个人主页地址 weibo.com/u/ 之后。",
            help_en="The verified account's number, after weibo.com/u/ in the address of its page.",
        ),
        Setting(
            name="app_secret",
            label_zh="App Secret",
            label_en="App Secret",
            secret=True,
            pattern=r"[0-9A-Za-z]{16,64}",
            help_zh="「粉丝服务 › 高级功能 › 开发者模式」中所填 APPKEY 对应的 App Secret，用于校验推送的签名。",
            help_en="Of the app entered under Fan service, Advanced, Developer mode; pushes are signed with it.",
        ),
        Setting(
            name="access_token",
            label_zh="粉丝服务 access_token",
            label_en="Fan service access token",
            secret=True,
            required=False,
            pattern=r"[0-9A-Za-z._-]{16,128}",
            help_zh="填好推送地址后，开发者模式页面显示的 access_token，有效期一年；用于发送私信、读取图片与语音。",
            help_en="Shown on the developer mode page once it has the address; good for a year; sends, reads files.",
        ),
        Setting(
            name="comments_token",
            label_zh="评论 access_token",
            label_en="Access token for comments",
            secret=True,
            required=False,
            pattern=r"[0-9A-Za-z._-]{16,128}",
            help_zh="该账号经 OAuth2 授权应用得到的 access_token，用于读取和回复评论；留空则不接入评论。",
            help_en="Of the account's OAuth2 authorisation; reads and answers comments. Empty: no comments.",
        ),
        api_base(
            None,
            help_zh="一般留空；使用模拟器或代理时填写。",
            help_en="An http or https address without a query; empty but for the simulator or a proxy.",
        ),
    ),
    capabilities=CAPABILITIES,
)


class WeiboConfig(Record, kw_only=True):
    """Settings as the adapter uses them. Bases without a final slash. comments_token: "" for no comments."""

    uid: str
    app_secret: str
    access_token: str
    comments_token: str
    api: str
    fans: str
    upload: str


def read_config(settings: Mapping[str, str]) -> WeiboConfig:
    """From complete settings."""
    base = settings.get("api_base", "").rstrip("/")
    return WeiboConfig(
        uid=settings["uid"],
        app_secret=settings["app_secret"],
        access_token=settings["access_token"],
        comments_token=settings.get("comments_token", ""),
        api=base or API_BASE,
        fans=base or FANS_BASE,
        upload=base or UPLOAD_BASE,
    )
