"""What a mailbox can do and what connects one, as data; and its settings, read once."""

import re
from collections.abc import Mapping
from enum import StrEnum

from scrm.model.base import Record
from scrm.model.channel import Capabilities, ChannelType, Setting
from scrm.model.message import ContentType


class Security(StrEnum):
    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


# A mail of 25 MB, which every large provider takes, holds this much: files grow by 37 in 100 in base64.
FILES_LIMIT = 18_000_000
TEXT_LIMIT = 50_000

CAPABILITIES = Capabilities(
    receives=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE,
              ContentType.EVENT),
    sends=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE),
    text_limit=TEXT_LIMIT,
    media_limits=dict.fromkeys(("image", "voice", "video", "file"), FILES_LIMIT),
    media_types={"image": tuple(f"image/{each}" for each in ["jpeg", "png", "gif", "webp", "bmp", "tiff", "heic"])},
    receipts=True,
    quotes=True,
    threads=True,
    together=True,
)  # fmt: skip

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,252}[A-Za-z0-9])?|\[[0-9a-fA-F:]{2,45}\]"
_PORT = r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
_SECURITY_ZH = "tls：整个连接加密；starttls：连接后再加密；none：不加密，仅限本机。"
_SECURITY_EN = "tls: encrypted from the start. starttls: encrypted once connected. none: only to this machine."

TYPE = ChannelType(
    type="email",
    name_zh="电子邮件",
    name_en="E-mail",
    badge="邮",
    color="#b45309",
    settings=(
        Setting(
            name="address",
            label_zh="邮箱地址",
            label_en="Address",
            pattern=r"[A-Za-z0-9._%+\-]{1,64}@(?:[A-Za-z0-9\-]{1,63}\.)+[A-Za-z]{2,63}",
            help_zh="客户写信的地址，回信也由它发出，如 kefu@example.com。",
            help_en="Where customers write to, and what answers come from: kefu@example.com.",
        ),
        Setting(
            name="name",
            label_zh="发件人名称",
            label_en="Sender's name",
            required=False,
            pattern=r"[^\x00-\x1f\x7f<>\"{}]{1,60}",
            help_zh="客户在发件人处看到的名字，如 小店客服。",
            help_en="What customers see as the sender; at most 60 characters.",
        ),
        Setting(
            name="user",
            label_zh="登录名",
            label_en="User",
            required=False,
            pattern=r"[^\x00-\x20\x7f{}]{1,254}",
            help_zh="一般就是邮箱地址，可以留空。",
            help_en="Usually the address; then it may be left empty.",
        ),
        Setting(
            name="password",
            label_zh="密码或授权码",
            label_en="Password",
            secret=True,
            pattern=r"[^\x00-\x1f\x7f]{1,256}",
            help_zh="QQ、163、企业邮箱请填写在邮箱设置里生成的“授权码”，而不是登录密码。",
            help_en="Many providers want one that was made for programs (an app password).",
        ),
        Setting(
            name="imap_host",
            label_zh="收信服务器（IMAP）",
            label_en="IMAP server",
            pattern=_HOST,
            help_zh="如 imap.qq.com、imap.163.com、imap.exmail.qq.com。",
            help_en="A host's name: imap.example.com.",
        ),
        Setting(
            name="imap_port", label_zh="IMAP 端口", label_en="IMAP port", pattern=_PORT, default="993",
            help_zh="tls 一般为 993，starttls 一般为 143。", help_en="A number: 993 with tls, 143 with starttls.",
        ),
        Setting(
            name="imap_security", label_zh="IMAP 加密", label_en="IMAP security", choices=tuple(Security),
            default=Security.TLS, help_zh=_SECURITY_ZH, help_en=_SECURITY_EN,
        ),
        Setting(
            name="folder",
            label_zh="收信文件夹",
            label_en="Folder",
            pattern=r"[^\x00-\x1f\x7f{}%*]{1,200}",
            default="INBOX",
            help_zh="只读取，不改动：邮件不会被移动、删除或标为已读。",
            help_en="It is only read: nothing in it is moved, deleted or marked.",
        ),
        Setting(
            name="history_days",
            label_zh="首次连接时读入最近几天的邮件",
            label_en="Days of earlier mail to take in at first",
            pattern=r"[0-9]{1,2}",
            default="0",
            help_zh="0 表示只读入以后收到的邮件；最多 99。",
            help_en="0 to 99; 0: only what comes from now on.",
        ),
        Setting(
            name="smtp_host", label_zh="发信服务器（SMTP）", label_en="SMTP server", pattern=_HOST,
            help_zh="如 smtp.qq.com、smtp.163.com、smtp.exmail.qq.com。", help_en="A host's name: smtp.example.com.",
        ),
        Setting(
            name="smtp_port", label_zh="SMTP 端口", label_en="SMTP port", pattern=_PORT, default="465",
            help_zh="tls 一般为 465，starttls 一般为 587。", help_en="A number: 465 with tls, 587 with starttls.",
        ),
        Setting(
            name="smtp_security", label_zh="SMTP 加密", label_en="SMTP security", choices=tuple(Security),
            default=Security.TLS, help_zh=_SECURITY_ZH, help_en=_SECURITY_EN,
        ),
        Setting(
            name="smtp_user",
            label_zh="SMTP 登录名",
            label_en="SMTP user",
            required=False,
            pattern=r"[^\x00-\x20\x7f{}]{1,254}",
            help_zh="与收信相同则留空。",
            help_en="Empty: the same as for IMAP.",
        ),
        Setting(
            name="smtp_password",
            label_zh="SMTP 密码",
            label_en="SMTP password",
            required=False,
            secret=True,
            pattern=r"[^\x00-\x1f\x7f]{1,256}",
            help_zh="与收信相同则留空。",
            help_en="Empty: the same as for IMAP.",
        ),
    ),
    capabilities=CAPABILITIES,
)  # fmt: skip


class Server(Record, kw_only=True):
    host: str
    port: int
    security: Security
    user: str
    password: str


class EmailConfig(Record, kw_only=True):
    """Settings as the adapter uses them. own: addresses whose mail is the hub's, lower case."""

    address: str
    name: str
    imap: Server
    smtp: Server
    folder: str
    history_days: int
    own: frozenset[str]


def read_config(settings: Mapping[str, str]) -> EmailConfig:
    address = settings["address"].lower()
    user = settings["user"] or settings["address"]
    return EmailConfig(
        address=address,
        name=settings["name"],
        imap=_server(settings, "imap", user, settings["password"]),
        smtp=_server(
            settings,
            "smtp",
            settings["smtp_user"] or user,
            settings["smtp_password"] if settings["smtp_user"] else settings["password"],
        ),
        folder=settings["folder"],
        history_days=int(settings["history_days"]),
        own=frozenset({address, user.lower()}),
    )


def _server(settings: Mapping[str, str], kind: str, user: str, password: str) -> Server:
    return Server(
        host=settings[f"{kind}_host"].strip("[]"),
        port=int(settings[f"{kind}_port"]),
        security=Security(settings[f"{kind}_security"]),
        user=user,
        password=password,
    )


def problems(settings: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with settings that are each of the right form."""
    found: dict[str, str] = {}
    for kind in ("imap", "smtp"):
        if settings[f"{kind}_security"] == Security.NONE and not is_loopback(settings[f"{kind}_host"]):
            found[f"{kind}_security"] = "Without encryption the password and all mail are for everybody to read."
    if bool(settings["smtp_user"]) != bool(settings["smtp_password"]):
        found["smtp_password"] = "A user and a password belong together."  # noqa: S105 - a sentence
    return found


def is_loopback(host: str) -> bool:
    return host.lower() == "localhost" or host == "[::1]" or bool(re.fullmatch(r"127(?:\.[0-9]{1,3}){3}", host))
