"""The platform's memory and rules: tokens, reply windows, quotas, media. No network; every refusal is a `Refused`.

Limits as in developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html and
.../Basic_Information/getStableAccessToken.html.
"""

import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from channels.wechat.simulator.account import Account, new_media_id
from channels.wechat.simulator.console import Console
from channels.wx.simulator.faults import Refused
from scrm.clock import Clock
from scrm.model.base import Record

TOKEN_LIFE = timedelta(hours=2)
# A stable token is replaced in its last five minutes; the one before stays good for as long.
TOKEN_OVERLAP = timedelta(minutes=5)
TEXT_LIMIT = 2048
DAILY_SENDS = 500_000
MEDIA_LIFE = timedelta(days=3)
TYPING_SHOWS = timedelta(seconds=15)
MEDIA_LIMITS = {"image": (10 << 20, 40009), "voice": (2 << 20, 40010), "video": (10 << 20, 40011)}
MEDIA_NAMES = {
    "image": (".jpg", ".jpeg", ".png", ".gif", ".bmp"),
    "voice": (".amr", ".mp3"),
    "video": (".mp4",),
}
# What permits replies: for how long, and how many (None: any number).
GRANTS: dict[str, tuple[timedelta, int | None]] = {
    "message": (timedelta(hours=48), 5),
    "follow": (timedelta(minutes=1), 3),
    "menu_click": (timedelta(minutes=1), 3),
    "scan": (timedelta(minutes=1), 3),
    "payment": (timedelta(hours=48), None),
}


class SentMessage(Record, kw_only=True):
    """What a customer received. number: 1, 2, 3 … in the order of acceptance. raw: the request's body. message_id: of
    one made from a template, whose fate the platform tells."""

    number: int
    at: datetime
    app_id: str
    openid: str
    type: str
    content: str
    media_id: str | None
    raw: bytes
    message_id: str = ""


class StoredMedia(Record, kw_only=True):
    kind: str
    data: bytes
    media_type: str
    file_name: str
    stored_at: datetime


@dataclass(kw_only=True)
class Grant:
    expires_at: datetime
    left: int | None


@dataclass(kw_only=True)
class Customer:
    """A person as one account knows it."""

    openid: str
    subscribed: bool = True
    union_id: str | None = None
    scene: str = ""
    remark: str = ""
    grants: dict[str, Grant] = field(default_factory=dict)
    typing_until: datetime | None = None


class Platform:
    """One account on the platform."""

    def __init__(self, account: Account, clock: Clock, sent: list[SentMessage]) -> None:
        """sent: shared by all accounts of a simulator, so that it shows one order."""
        self.account = account
        self.clock = clock
        self.sent = sent
        self.customers: dict[str, Customer] = {}
        self.media: dict[str, StoredMedia] = {}
        self.allowed_addresses: frozenset[str] | None = None
        self.daily_sends = DAILY_SENDS
        self.token_fetches = 0
        self.typing: list[str] = []
        self.console = Console(clock=clock)
        self._tokens: dict[str, datetime] = {}
        self._ended: set[str] = set()
        self._stable: str | None = None
        self._sends_by_day: Counter[str] = Counter()

    # Tokens

    def stable_token(self, app_id: str, secret: str, address: str, *, force: bool = False) -> tuple[str, int]:
        """The token and the seconds it still lives: the same for everyone who asks, until its last minutes."""
        self._check_owner(app_id, secret, address)
        now = self.clock.now()
        if force or self._stable is None or self._tokens[self._stable] - now <= TOKEN_OVERLAP:
            if force and self._stable is not None:
                self._ended.add(self._stable)
            self._stable = self._new_token()
        return self._stable, int((self._tokens[self._stable] - now).total_seconds())

    def plain_token(self, app_id: str, secret: str, address: str) -> tuple[str, int]:
        """The old way: a new token every time, which ends those before within minutes."""
        self._check_owner(app_id, secret, address)
        overlap = self.clock.now() + TOKEN_OVERLAP
        for value in self._tokens.keys() - {self._stable}:
            self._tokens[value] = min(self._tokens[value], overlap)
        return self._new_token(), int(TOKEN_LIFE.total_seconds())

    def end_tokens(self) -> None:
        """As when somebody resets the secret: every token is refused with 40001 from now on."""
        self._ended |= self._tokens.keys()
        self._stable = None

    def expire_tokens(self) -> None:
        """As after two hours: every token is refused with 42001 from now on."""
        now = self.clock.now()
        self._tokens = dict.fromkeys(self._tokens, now)
        self._stable = None

    def check_token(self, value: str) -> None:
        if not value:
            raise Refused(41001, "access_token missing")
        if value in self._ended:
            raise Refused(40001, "invalid credential, access_token is invalid or not latest")
        if value not in self._tokens:
            raise Refused(40014, "invalid access_token")
        if self._tokens[value] <= self.clock.now():
            raise Refused(42001, "access_token expired")

    def _check_owner(self, app_id: str, secret: str, address: str) -> None:
        self.token_fetches += 1
        if app_id != self.account.app_id:
            raise Refused(40013, "invalid appid")
        if secret != self.account.app_secret:
            raise Refused(40125, "invalid appsecret")
        if self.allowed_addresses is not None and address not in self.allowed_addresses:
            raise Refused(40164, f"invalid ip {address}, not in whitelist")

    def _new_token(self) -> str:
        value = f"{secrets.randbelow(90) + 10}_{secrets.token_urlsafe(112)}"
        self._tokens[value] = self.clock.now() + TOKEN_LIFE
        return value

    # Customers

    def customer(self, openid: str) -> Customer:
        return self.customers.setdefault(openid, Customer(openid=openid))

    def permit(self, openid: str, trigger: str) -> None:
        """The customer did something that permits replies; it replaces what the same act permitted before."""
        lasts, replies = GRANTS[trigger]
        self.customer(openid).grants[trigger] = Grant(expires_at=self.clock.now() + lasts, left=replies)

    def user_info(self, openid: str) -> dict[str, object]:
        customer = self.customers.get(openid)
        if customer is None:
            raise Refused(40003, "invalid openid")
        if not customer.subscribed:
            return {"subscribe": 0, "openid": openid}
        info: dict[str, object] = {
            "subscribe": 1,
            "openid": openid,
            "language": "zh_CN",
            "subscribe_time": int(self.clock.now().timestamp()),
            "remark": customer.remark,
            "groupid": 0,
            "tagid_list": self.console.person_tags.get(openid, []),
            "subscribe_scene": "ADD_SCENE_QR_CODE" if customer.scene else "ADD_SCENE_SEARCH",
            "qr_scene": 0,
            "qr_scene_str": customer.scene,
        }
        return info | ({"unionid": customer.union_id} if customer.union_id else {})

    # Sending

    def send(self, body: dict[str, object], raw: bytes) -> SentMessage:
        """Take a customer-service message, as `message/custom/send` does."""
        openid, kind = str(body.get("touser", "")), str(body.get("msgtype", ""))
        part = body.get(kind)
        inner = part if isinstance(part, dict) else {}
        content, media_id = str(inner.get("content", "")), inner.get("media_id")
        if kind == "text":
            self._check_text(content)
        elif kind in MEDIA_LIMITS:
            self._check_media_id(media_id)
        else:
            raise Refused(40008, "invalid message type")
        customer = self.customers.get(openid)
        if customer is None:
            raise Refused(40003, "invalid openid")
        day = self.clock.now().date().isoformat()
        if self._sends_by_day[day] >= self.daily_sends:
            raise Refused(45009, "reach max api daily quota limit")
        self._use_grant(customer)
        self._sends_by_day[day] += 1
        return self._received(openid, kind, content, raw, media_id=str(media_id) if media_id else None)

    def send_template(self, kind: str, body: dict[str, object], raw: bytes) -> str:
        """Take a message made from a template; its id. kind: `template` or `subscribe`."""
        openid = str(body.get("touser", ""))
        customer = self.customers.get(openid)
        if customer is None:
            raise Refused(40003, "invalid openid")
        text, message_id = self.console.take(kind, body, subscribed=customer.subscribed)
        if text:
            self._received(openid, kind, text, raw, message_id=message_id)
        return message_id

    def _received(
        self, openid: str, kind: str, content: str, raw: bytes, *, media_id: str | None = None, message_id: str = ""
    ) -> SentMessage:
        message = SentMessage(
            number=len(self.sent) + 1,
            at=self.clock.now(),
            app_id=self.account.app_id,
            openid=openid,
            type=kind,
            content=content,
            media_id=media_id,
            raw=raw,
            message_id=message_id,
        )
        self.sent.append(message)
        return message

    def show_typing(self, openid: str) -> None:
        customer = self.customers.get(openid)
        if customer is None:
            raise Refused(40003, "invalid openid")
        now = self.clock.now()
        if not self._open_grants(customer):
            raise Refused(45080, "user has not sent a message lately")
        if customer.typing_until is not None and now < customer.typing_until:
            raise Refused(45081, "already typing")
        customer.typing_until = now + TYPING_SHOWS
        self.typing.append(openid)

    def _check_text(self, content: str) -> None:
        if not content:
            raise Refused(44004, "empty content")
        if len(content.encode("utf-8", "replace")) > TEXT_LIMIT:
            raise Refused(45002, "content size out of limit")

    def _check_media_id(self, media_id: object) -> None:
        stored = self.media.get(str(media_id))
        if stored is None or stored.stored_at + MEDIA_LIFE <= self.clock.now():
            raise Refused(40007, "invalid media_id")

    def _open_grants(self, customer: Customer) -> list[Grant]:
        now = self.clock.now()
        return [grant for grant in customer.grants.values() if grant.expires_at > now] if customer.subscribed else []

    def _use_grant(self, customer: Customer) -> None:
        usable = self._open_grants(customer)
        if not usable:
            raise Refused(45015, "response out of time limit or subscription is canceled")
        free = [grant for grant in usable if grant.left != 0]
        if not free:
            raise Refused(45047, "out of response count limit")
        first = min(free, key=lambda grant: grant.expires_at)
        if first.left is not None:
            first.left -= 1

    # Media

    def keep(self, kind: str, data: bytes, media_type: str, file_name: str) -> str:
        """A customer's file, or an account's upload that passed `upload`; its media id."""
        media_id = new_media_id()
        self.media[media_id] = StoredMedia(
            kind=kind, data=data, media_type=media_type, file_name=file_name, stored_at=self.clock.now()
        )
        return media_id

    def upload(self, kind: str, data: bytes, media_type: str, file_name: str) -> str:
        if kind not in MEDIA_LIMITS:
            raise Refused(40004, "invalid media type")
        if not data:
            raise Refused(44001, "empty media data")
        limit, errcode = MEDIA_LIMITS[kind]
        if len(data) > limit:
            raise Refused(errcode, f"invalid {kind} size")
        if not file_name.lower().endswith(MEDIA_NAMES[kind]):
            raise Refused(40005, "invalid file type")
        return self.keep(kind, data, media_type, file_name)

    def stored(self, media_id: str) -> StoredMedia:
        self._check_media_id(media_id)
        return self.media[media_id]
