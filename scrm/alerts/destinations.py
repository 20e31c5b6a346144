"""The kinds of destinations there are, as data: what each needs, and what its platform lets through.

Rates and sizes are the platforms' own, each with the page that states it. Pure.
"""

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from scrm.errors import Invalid
from scrm.model.channel import Setting
from scrm.model.notices import DestinationKind, DestinationType, Limits, Rate

MOST_RECIPIENTS = 20
# Ours: what somebody's own endpoint or mailbox is spared.
_OWN_RATES = (Rate(most=60, seconds=60),)
_ADDRESS = r"[^@\s,;<>]{1,64}@[^@\s,;<>]{1,190}"


def _url(help_zh: str, help_en: str) -> Setting:
    return Setting(
        name="url", label_zh="Webhook 地址", label_en="Webhook address", secret=True, pattern=r"https?://\S{4,1000}",
        help_zh=help_zh, help_en=help_en,
    )  # fmt: skip


def _sign(help_zh: str, help_en: str) -> Setting:
    return Setting(
        name="secret", label_zh="签名密钥", label_en="Signing secret", secret=True, required=False,
        pattern=r"\S{6,200}", help_zh=help_zh, help_en=help_en,
    )  # fmt: skip


TYPES: tuple[DestinationType, ...] = (
    DestinationType(
        kind=DestinationKind.WECOM,
        name_zh="企业微信群机器人",
        name_en="WeCom group robot",
        settings=(_url("群聊 → 右上角 → 消息推送（群机器人）里复制", "Copy it from the group's settings, Robots"),),
        limits=Limits(
            rates=(Rate(most=20, seconds=60),),
            size=4_096,
            of="text",
            source="https://developer.work.weixin.qq.com/document/path/91770",
        ),
    ),
    DestinationType(
        kind=DestinationKind.LARK,
        name_zh="飞书群机器人",
        name_en="Lark group robot",
        settings=(
            _url("群设置 → 群机器人 → 自定义机器人里复制", "Copy it from the group's settings, Bots, Custom bot"),
            _sign("安全设置里打开“签名校验”后给出", "Shown when signature verification is switched on"),
        ),
        limits=Limits(
            rates=(Rate(most=5, seconds=1), Rate(most=100, seconds=60)),
            size=20 * 1024,
            of="request",
            source="https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot",
        ),
    ),
    DestinationType(
        kind=DestinationKind.DINGTALK,
        name_zh="钉钉群机器人",
        name_en="DingTalk group robot",
        settings=(
            _url("群设置 → 机器人 → 自定义里复制", "Copy it from the group's settings, Robots, Custom"),
            _sign("安全设置选“加签”后给出，以 SEC 开头", "Shown when signing is chosen; begins with SEC"),
        ),
        # Over it, a robot is silenced for ten minutes, so the hub stays under it.
        limits=Limits(
            rates=(Rate(most=20, seconds=60),),
            size=20_000,
            of="request",
            source="https://open.dingtalk.com/document/robots/custom-robot-access",
        ),
    ),
    DestinationType(
        kind=DestinationKind.WEBHOOK,
        name_zh="Webhook",
        name_en="Webhook",
        settings=(
            _url("您自己的服务接收 JSON 的地址", "Where your own service takes JSON"),
            Setting(
                name="secret", label_zh="签名密钥", label_en="Signing secret", secret=True, generated=True,
                pattern=r"\S{16,200}",
                help_zh="请求用它做 HMAC-SHA256 签名", help_en="Requests are signed with it, HMAC-SHA256",
            ),
        ),
        limits=Limits(rates=_OWN_RATES, size=64 * 1024, of="request", source=""),
    ),
    DestinationType(
        kind=DestinationKind.EMAIL,
        name_zh="邮件",
        name_en="E-mail",
        settings=(
            Setting(name="host", label_zh="SMTP 服务器", label_en="SMTP server", pattern=r"[\w.:-]{1,200}"),
            Setting(name="port", label_zh="端口", label_en="Port", default="465", pattern=r"\d{1,5}"),
            Setting(
                name="security", label_zh="加密", label_en="Encryption", default="tls",
                choices=("tls", "starttls", "none"),
            ),
            Setting(name="user", label_zh="账号", label_en="User", required=False, pattern=r"[^\r\n]{1,200}"),
            Setting(
                name="password", label_zh="密码或授权码", label_en="Password", secret=True, required=False,
                pattern=r"[^\r\n]{1,200}",
            ),
            Setting(name="sender", label_zh="发件地址", label_en="From", pattern=_ADDRESS),
            Setting(
                name="recipients", label_zh="收件地址", label_en="To", pattern=rf"{_ADDRESS}(?:[,;\s]+{_ADDRESS})*",
                help_zh=f"用逗号分开，最多 {MOST_RECIPIENTS} 个",
                help_en=f"Separated by commas, at most {MOST_RECIPIENTS}",
            ),
        ),
        limits=Limits(rates=_OWN_RATES, size=256 * 1024, of="request", source=""),
    ),
)  # fmt: skip
BY_KIND: dict[DestinationKind, DestinationType] = {each.kind: each for each in TYPES}

# What an address of a platform's robot looks like; the host stays free, since companies put gateways in front.
_ROBOT_PATHS = {
    DestinationKind.WECOM: (r"/cgi-bin/webhook/send", "key"),
    DestinationKind.LARK: (r"/open-apis/bot/v2/hook/[\w-]+", None),
    DestinationKind.DINGTALK: (r"/robot/send", "access_token"),
}


def checked(kind: DestinationKind, given: Mapping[str, str]) -> dict[str, str]:
    """Complete settings. Raises Invalid with `errors`, a sentence by setting."""
    known = {setting.name: setting for setting in BY_KIND[kind].settings}
    errors = {name: "There is no such setting." for name in given if name not in known}
    values: dict[str, str] = {}
    for name, setting in known.items():
        value = given.get(name, "").strip() or setting.default or ""
        if problem := _problem(setting, value):
            errors[name] = problem
        values[name] = value
    if not errors:
        errors = _more(kind, values)
    if errors:
        raise Invalid("Some settings need mending.", errors=errors)
    return values


def recipients(settings: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(filter(None, re.split(r"[,;\s]+", settings["recipients"]))))


def _problem(setting: Setting, value: str) -> str | None:
    if not value:
        return "This is needed." if setting.required else None
    if setting.choices and value not in setting.choices:
        return f"This must be one of {', '.join(setting.choices)}."
    return None if re.fullmatch(setting.pattern, value) else "This does not have the form it should have."


def _more(kind: DestinationKind, values: Mapping[str, str]) -> dict[str, str]:
    if kind is DestinationKind.EMAIL:
        if not 0 < int(values["port"]) < 65_536:
            return {"port": "A port is between 1 and 65535."}
        if len(recipients(values)) > MOST_RECIPIENTS:
            return {"recipients": f"At most {MOST_RECIPIENTS} addresses."}
        if values["security"] == "none" and values["password"]:
            return {"security": "A password needs an encrypted connection."}
        return {}
    return _address_problems(kind, values["url"])


def _address_problems(kind: DestinationKind, url: str) -> dict[str, str]:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return {"url": "This is no address."}
    if not host or parts.username or parts.fragment:
        return {"url": "This is no address."}
    if not may_call(parts.scheme, host):
        return {"url": "An address outside the own network begins with https."}
    if kind in _ROBOT_PATHS:
        path, query = _ROBOT_PATHS[kind]
        if not re.fullmatch(path, parts.path) or (query and not parse_qs(parts.query).get(query)):
            return {"url": "This is not the address of such a robot: copy it whole from the group's settings."}
    return {}


def may_call(scheme: str, host: str) -> bool:
    """In clear only within the own network; never the link-local addresses at which clouds keep their secrets."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return scheme == "https" or host == "localhost" or "." not in host
    return not address.is_link_local and (scheme == "https" or address.is_private)
