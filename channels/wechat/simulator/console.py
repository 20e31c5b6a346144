"""What an account's owner has set up on the platform: tags, QR codes, the menu, templates; with the platform's limits.

Sources as in `channels.wechat.tools` and `channels.wechat.templates`. Every refusal is a `Refused`.
"""

import re
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from channels.wx.simulator.faults import Refused
from scrm.clock import Clock

MAX_TAGS, MAX_TAG_BYTES, MAX_TAGS_A_PERSON, MAX_OPENIDS = 100, 30, 20, 50
MAX_PERMANENT_CODES = 100_000
MAX_EXPIRY = 2_592_000
KEYED = frozenset({
    "click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select",
})  # fmt: skip
FIELD_LIMITS = {"thing": 20, "phrase": 5, "number": 32, "letter": 32, "character_string": 32, "name": 20}
REPEATS = timedelta(minutes=10)


@dataclass(kw_only=True)
class Template:
    """kind: `template` or `subscribe`. content: with its gaps, {{thing1.DATA}}."""

    template_id: str
    kind: str
    title: str
    content: str
    example: str = ""
    lasting: bool = False

    @property
    def gaps(self) -> list[str]:
        return re.findall(r"\{\{(\w+)\.DATA\}\}", self.content)


@dataclass(kw_only=True)
class Code:
    scene: str
    expires_at: datetime | None


def standard_templates() -> dict[str, Template]:
    reply = Template(
        template_id="OPENTM207422808-simulated-customer-service1",
        kind="template",
        title="咨询回复通知",
        content="咨询内容：{{thing2.DATA}}\n回复内容：{{thing4.DATA}}\n回复时间：{{time5.DATA}}",
        example="咨询内容：什么时候发货\n回复内容：今天下午发出\n回复时间：2026-11-20 10:00",
    )
    order = Template(
        template_id="SUBTM000001-simulated-service-progress-0001",
        kind="subscribe",
        title="服务进度提醒",
        content="服务内容:{{thing1.DATA}}\n当前进度:{{phrase2.DATA}}\n备注:{{thing3.DATA}}",
        example="服务内容:退款申请\n当前进度:处理中\n备注:请留意到账",
    )
    return {template.template_id: template for template in (reply, order)}


@dataclass(kw_only=True)
class Console:
    """consents: how many messages a customer still agreed to, by openid and template. person_tags: ids by openid."""

    clock: Clock
    tags: dict[int, str] = field(default_factory=lambda: {2: "星标组"})
    person_tags: dict[str, list[int]] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    menu: list[dict[str, object]] | None = None
    templates: dict[str, Template] = field(default_factory=standard_templates)
    consents: Counter[tuple[str, str]] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    _repeats: dict[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)

    # Tags

    def create_tag(self, name: str) -> int:
        if not name or name in self.tags.values():
            raise Refused(45157, "invalid tag name")
        if len(name.encode()) > MAX_TAG_BYTES:
            raise Refused(45158, "tag name too long")
        if len(self.tags) - 1 >= MAX_TAGS:
            raise Refused(45056, "too many tag now, no need to add new")
        number = max([99, *self.tags]) + 1
        self.tags[number] = name
        return number

    def delete_tag(self, number: int) -> None:
        if number in (0, 1, 2):
            raise Refused(45058, "can't modify sys tag")
        self.tags.pop(number, None)
        for held in self.person_tags.values():
            if number in held:
                held.remove(number)

    def tag_people(self, number: int, openids: list[str], known: frozenset[str], *, on: bool) -> None:
        if number not in self.tags:
            raise Refused(45159, "invalid tag id")
        if not openids or len(openids) > MAX_OPENIDS:
            raise Refused(40032, "invalid openid list size")
        for openid in openids:
            if openid not in known:
                raise Refused(49003, "not match openid with appid")
        for openid in openids:
            held = self.person_tags.setdefault(openid, [])
            if on and number not in held:
                if len(held) >= MAX_TAGS_A_PERSON:
                    raise Refused(45059, "too many tags of one user")
                held.append(number)
            elif not on and number in held:
                held.remove(number)

    # QR codes

    def create_code(self, body: dict[str, object]) -> dict[str, object]:
        action, info = body.get("action_name"), body.get("action_info")
        scene_part = info.get("scene") if isinstance(info, dict) else None
        scene = scene_part.get("scene_str") if isinstance(scene_part, dict) else None
        if action not in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE"):
            raise Refused(40053, "invalid action info")
        if not isinstance(scene, str) or not 1 <= len(scene) <= 64:
            raise Refused(40053, "invalid action info")
        expires_at = None
        answer: dict[str, object] = {}
        if action == "QR_STR_SCENE":
            seconds = body.get("expire_seconds", 60)
            if type(seconds) is not int or not 0 < seconds <= MAX_EXPIRY:
                raise Refused(40052, "invalid action name")
            expires_at = self.clock.now() + timedelta(seconds=seconds)
            answer["expire_seconds"] = seconds
        elif sum(code.expires_at is None for code in self.codes.values()) >= MAX_PERMANENT_CODES:
            raise Refused(45029, "qrcode count out of limit")
        ticket = "gQ" + secrets.token_urlsafe(64)
        self.codes[ticket] = Code(scene=scene, expires_at=expires_at)
        return {"ticket": ticket, "url": f"http://weixin.qq.com/q/{ticket[:20]}", **answer}

    # The menu

    def publish(self, buttons: object) -> None:
        if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
            raise Refused(40017, "invalid button size")
        for button in buttons:
            children = button.get("sub_button")
            if children:
                self._check_name(button, 16, 40018)
                if len(children) > 5:
                    raise Refused(40023, "invalid sub button size")
                for child in children:
                    self._check_name(child, 60, 40025)
                    self._check_button(child, 40024, 40026, 40027)
            else:
                self._check_name(button, 16, 40018)
                self._check_button(button, 40016, 40019, 40020)
        self.menu = buttons

    @staticmethod
    def _check_name(button: dict[str, object], limit: int, errcode: int) -> None:
        name = button.get("name")
        if not isinstance(name, str) or not 0 < len(name.encode()) <= limit:
            raise Refused(errcode, "invalid button name size")

    @staticmethod
    def _check_button(button: dict[str, object], bad_type: int, bad_key: int, bad_url: int) -> None:
        kind, key, url = button.get("type"), button.get("key", ""), button.get("url", "")
        if kind in KEYED:
            if not isinstance(key, str) or not 0 < len(key.encode()) <= 128:
                raise Refused(bad_key, "invalid button key size")
        elif kind in ("view", "miniprogram"):
            if not isinstance(url, str) or not 0 < len(url.encode()) <= 1024:
                raise Refused(bad_url, "invalid button url size")
            if not url.startswith(("http://", "https://")):
                raise Refused(40055, "invalid button url domain")
        elif kind not in ("media_id", "article_id", "article_view_limited", "view_limited"):
            raise Refused(bad_type, "invalid button type")

    def shown_menu(self) -> dict[str, object]:
        if self.menu is None:
            raise Refused(46003, "menu no exist")
        return {"menu": {"button": self.menu}}

    # Templates

    def agree(self, openid: str, template_id: str, *, yes: bool) -> None:
        template = self.templates[template_id]
        if not yes:
            self.consents[openid, template_id] = 0
        elif template.lasting:
            self.consents[openid, template_id] = 1
        else:
            self.consents[openid, template_id] += 1

    def take(self, kind: str, body: dict[str, object], *, subscribed: bool) -> tuple[str, str]:
        """Check and count a message made from a template: what it reads like, and its id; the id of an earlier one
        where it is the same again."""
        openid, template = str(body.get("touser", "")), self.templates.get(str(body.get("template_id", "")))
        if template is None or template.kind != kind:
            raise Refused(40037, "invalid template_id")
        repeated = self._repeats.get((openid, str(body.get("client_msg_id", ""))))
        if repeated is not None and body.get("client_msg_id") and self.clock.now() - repeated[1] < REPEATS:
            return "", repeated[0]
        data = body.get("data")
        text = template.content
        for gap in template.gaps:
            part = data.get(gap) if isinstance(data, dict) else None
            value = part.get("value") if isinstance(part, dict) else None
            limit = FIELD_LIMITS.get(gap.rstrip("0123456789"), 200)
            if kind == "subscribe" and (not isinstance(value, str) or not 0 < len(value) <= limit):
                raise Refused(47003, f"argument invalid! data.{gap}.value invalid")
            text = text.replace("{{" + gap + ".DATA}}", value if isinstance(value, str) else "")
        if kind == "subscribe":
            if self.consents[openid, template.template_id] < 1:
                raise Refused(43101, "user refuse to accept the msg")
            if not template.lasting:
                self.consents[openid, template.template_id] -= 1
        elif not subscribed:
            raise Refused(43004, "require subscribe")
        message_id = str(secrets.randbelow(9 * 10**17) + 10**17)
        if body.get("client_msg_id"):
            self._repeats[openid, str(body["client_msg_id"])] = (message_id, self.clock.now())
        return text, message_id
