"""The platform's memory and rules: tokens, what it keeps to be fetched, sessions, reply windows, media. No network;
every refusal is a `Refused`.

Limits as in developer.work.weixin.qq.com/document/path/94670 (fetching), 94677 (sending), 95122 (welcome), 94669
(sessions). Where the documents give no number (questions without a token), a strict one is made up.
"""

import re
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from channels.wecom.simulator.account import Account
from channels.wx.simulator.faults import Refused
from scrm.clock import Clock
from scrm.model.base import Record

TOKEN_LIFE = timedelta(hours=2)
TICKET_LIFE = timedelta(minutes=10)
HISTORY = timedelta(days=3)
WINDOW, REPLIES = timedelta(hours=48), 5
WELCOME_LIFE = timedelta(seconds=20)
MEDIA_LIFE = timedelta(days=3)
MOST = 1000
BAD_TICKETS, UNTICKETED = 10, 20  # a minute
TEXT_LIMIT = 2048
MEDIA_LIMITS = {"image": (10 << 20, 40009), "voice": (2 << 20, 40010), "video": (10 << 20, 40011),
                "file": (20 << 20, 40006)}  # fmt: skip
MEDIA_NAMES = {"image": (".jpg", ".jpeg", ".png"), "voice": (".amr",), "video": (".mp4",), "file": ("",)}
UNTREATED, BY_PROGRAM, WAITING, BY_PERSON, ENDED = range(5)
STEPS = {
    UNTREATED: {BY_PROGRAM, WAITING, BY_PERSON, ENDED},
    BY_PROGRAM: {WAITING, BY_PERSON, ENDED},
    WAITING: {BY_PERSON, ENDED},
    BY_PERSON: {BY_PERSON, ENDED},
    ENDED: set(),
}  # fmt: skip
MESSAGE_ID = re.compile(r"[0-9a-zA-Z_-]{1,32}")


class SentMessage(Record, kw_only=True):
    """What a customer received. number: 1, 2, 3 … in the order of acceptance. welcome: by an event's code."""

    number: int
    at: datetime
    open_kfid: str
    customer: str
    type: str
    content: str
    message_id: str
    media_id: str | None = None
    welcome: bool = False


class StoredMedia(Record, kw_only=True):
    kind: str
    data: bytes
    media_type: str
    file_name: str
    stored_at: datetime


@dataclass(kw_only=True)
class Session:
    state: int = ENDED
    servicer: str = ""
    open_until: datetime | None = None
    left: int = 0
    greeted_at: datetime | None = None


@dataclass(kw_only=True)
class Box:
    """What is kept of one account, oldest first. emptied: places where a page was empty once."""

    account: Account
    kept: list[dict[str, Any]] = field(default_factory=list)
    tickets: dict[str, datetime] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    emptied: set[int] = field(default_factory=set)
    servicers: dict[str, int] = field(default_factory=dict)  # 0: takes customers, 1: does not


class Platform:
    """One company on the platform.

    page_size, empty_every, overlap: how the platform cuts pages, which it does as it likes: at most so many messages,
    every so many-th page empty at first though there is more, so many messages of the page before again.
    """

    def __init__(self, accounts: tuple[Account, ...], clock: Clock) -> None:
        self.corp = accounts[0]
        self.clock = clock
        self.boxes = {account.open_kfid: Box(account=account) for account in accounts}
        self.sent: list[SentMessage] = []
        self.people: dict[str, dict[str, object]] = {}
        self.media: dict[str, StoredMedia] = {}
        self.allowed_addresses: frozenset[str] | None = None
        self.token_fetches = 0
        self.syncs = 0
        self.page_size, self.empty_every, self.overlap = MOST, 0, 0
        self._tokens: dict[str, datetime] = {}
        self._current: str | None = None
        self._codes: dict[str, tuple[str, str, datetime]] = {}
        self._bad_tickets: deque[datetime] = deque()
        self._unticketed: deque[datetime] = deque()

    # Tokens

    def fetch_token(self, corp_id: str, secret: str, address: str) -> tuple[str, int]:
        """The token and the seconds it still lives: the same for everyone who asks while it does."""
        self.token_fetches += 1
        if corp_id != self.corp.corp_id:
            raise Refused(40013, "invalid corpid")
        if secret != self.corp.secret:
            raise Refused(40001, "invalid credential")
        self._check_address(address)
        now = self.clock.now()
        if self._current is None or self._tokens[self._current] <= now:
            self._current = secrets.token_urlsafe(150)
            self._tokens[self._current] = now + TOKEN_LIFE
        return self._current, int((self._tokens[self._current] - now).total_seconds())

    def check_token(self, value: str, address: str) -> None:
        if not value:
            raise Refused(41001, "access_token missing")
        if value not in self._tokens:
            raise Refused(40014, "invalid access_token")
        if self._tokens[value] <= self.clock.now():
            raise Refused(42001, "access_token expired")
        self._check_address(address)

    def end_tokens(self) -> None:
        self._tokens.clear()
        self._current = None

    def expire_tokens(self) -> None:
        self._tokens = dict.fromkeys(self._tokens, self.clock.now())
        self._current = None

    def _check_address(self, address: str) -> None:
        if self.allowed_addresses is not None and address not in self.allowed_addresses:
            raise Refused(60020, f"not allow to access from your ip {address}")

    # What customers do

    def keep(self, open_kfid: str, customer: str, message: dict[str, Any], *, origin: int = 3) -> dict[str, Any]:
        """Something to be fetched. A customer's message opens a session where there is none, and the reply window."""
        box = self.boxes[open_kfid]
        now = self.clock.now()
        made: dict[str, Any] = {"msgid": secrets.token_hex(14), "send_time": int(now.timestamp()), "origin": origin}
        if message.get("msgtype") != "event":
            made |= {"open_kfid": open_kfid, "external_userid": customer}
        made |= message
        box.kept.append(made)
        if origin == 3:
            session = box.sessions.setdefault(customer, Session())
            session.state = UNTREATED if session.state == ENDED else session.state
            session.open_until, session.left = now + WINDOW, REPLIES
        return made

    def enter(self, open_kfid: str, customer: str, **fields: object) -> dict[str, Any]:
        """The customer opens the chat; a code to greet with where nobody has greeted lately."""
        session = self.boxes[open_kfid].sessions.setdefault(customer, Session())
        now = self.clock.now()
        event: dict[str, object] = {"event_type": "enter_session", "open_kfid": open_kfid, "external_userid": customer}
        if session.open_until is None and (session.greeted_at is None or now - session.greeted_at >= WINDOW):
            code = "wc" + secrets.token_hex(14)
            self._codes[code] = (open_kfid, customer, now + WELCOME_LIFE)
            event["welcome_code"] = code
        return self.keep(open_kfid, customer, {"msgtype": "event", "event": event | fields}, origin=4)

    def ticket(self, open_kfid: str) -> str:
        value = "ENC" + secrets.token_urlsafe(36)
        self.boxes[open_kfid].tickets[value] = self.clock.now() + TICKET_LIFE
        return value

    # Fetching

    def sync(self, body: dict[str, Any]) -> dict[str, object]:
        box = self._box(body)
        self._check_ticket(box, str(body.get("token") or ""))
        limit = body.get("limit", MOST)
        if type(limit) is not int or not 0 < limit <= MOST:
            raise Refused(40058, "invalid limit")
        start = self._position(box, str(body.get("cursor") or ""))
        self.syncs += 1
        size = min(limit, self.page_size)
        end = min(start + size, len(box.kept))
        if self.empty_every and start // size % self.empty_every == 0 and start not in box.emptied and end > start:
            # An empty page moves on all the same: the cursor is another one for the same place.
            box.emptied.add(start)
            return {"errcode": 0, "errmsg": "ok", "next_cursor": self._cursor(start), "has_more": 1, "msg_list": []}
        page = box.kept[max(0, start - self.overlap) : end]
        more = int(end < len(box.kept))
        return {"errcode": 0, "errmsg": "ok", "next_cursor": self._cursor(end), "has_more": more, "msg_list": page}

    def _cursor(self, position: int) -> str:
        return f"cur-{position}-{secrets.token_hex(4)}"

    def _position(self, box: Box, cursor: str) -> int:
        if cursor:
            match = re.fullmatch(r"cur-(\d{1,9})-[0-9a-f]{8}", cursor)
            if match is None or int(match[1]) > len(box.kept):
                raise Refused(40058, "invalid cursor")
            return int(match[1])
        oldest = (self.clock.now() - HISTORY).timestamp()
        return next((index for index, each in enumerate(box.kept) if each["send_time"] >= oldest), len(box.kept))

    def _check_ticket(self, box: Box, ticket: str) -> None:
        now = self.clock.now()
        if not ticket:
            self._often(self._unticketed, UNTICKETED, now)
        elif box.tickets.get(ticket, now) <= now:
            self._often(self._bad_tickets, BAD_TICKETS, now)
            raise Refused(95007, "invalid msg token")

    def _often(self, seen: deque[datetime], most: int, now: datetime) -> None:
        while seen and now - seen[0] >= timedelta(minutes=1):
            seen.popleft()
        if len(seen) >= most:
            raise Refused(45009, "api freq out of limit")
        seen.append(now)

    # Sending

    def send(self, body: dict[str, Any]) -> SentMessage:
        box, customer = self._box(body), str(body.get("touser", ""))
        kind, content, media_id = self._content(body)
        session = box.sessions.get(customer)
        if session is None:
            raise Refused(40096, "invalid external userid")
        if session.open_until is None or session.open_until <= self.clock.now():
            raise Refused(95002, "send msg time out of limit")
        if session.state not in (UNTREATED, BY_PROGRAM):
            raise Refused(95018, "send msg session status invalid")
        if session.left == 0:
            raise Refused(95001, "send msg count out of limit")
        session.left -= 1
        return self._deliver(box, customer, kind, content, media_id, str(body.get("msgid") or ""))

    def answer_event(self, body: dict[str, Any]) -> SentMessage:
        known = self._codes.pop(str(body.get("code", "")), None)
        if known is None or known[2] <= self.clock.now():
            raise Refused(40029, "invalid code")
        open_kfid, customer, _ = known
        kind, content, media_id = self._content(body)
        if kind not in ("text", "msgmenu"):
            raise Refused(40008, "invalid message type")
        box = self.boxes[open_kfid]
        box.sessions[customer].greeted_at = self.clock.now()
        return self._deliver(box, customer, kind, content, media_id, str(body.get("msgid") or ""), greets=True)

    def fail(self, message_id: str, fail_type: int) -> dict[str, Any]:
        """The platform could not deliver what it had taken."""
        [sent] = [each for each in self.sent if each.message_id == message_id]
        event = {
            "event_type": "msg_send_fail",
            "open_kfid": sent.open_kfid,
            "external_userid": sent.customer,
            "fail_msgid": message_id,
            "fail_type": fail_type,
        }
        return self.keep(sent.open_kfid, sent.customer, {"msgtype": "event", "event": event}, origin=4)

    def _content(self, body: dict[str, Any]) -> tuple[str, str, str | None]:
        kind = str(body.get("msgtype", ""))
        part = body.get(kind)
        inner = part if isinstance(part, dict) else {}
        if kind == "text":
            content = str(inner.get("content", ""))
            if not content:
                raise Refused(44004, "empty content")
            if len(content.encode("utf-8", "replace")) > TEXT_LIMIT:
                raise Refused(45002, "content size out of limit")
            return kind, content, None
        if kind == "msgmenu":
            return kind, str(inner.get("head_content", "")), None
        if kind not in MEDIA_LIMITS:
            raise Refused(40008, "invalid message type")
        media_id = str(inner.get("media_id", ""))
        self.stored(media_id)
        return kind, "", media_id

    def _deliver(
        self,
        box: Box,
        customer: str,
        kind: str,
        content: str,
        media_id: str | None,
        given: str,
        *,
        greets: bool = False,
    ) -> SentMessage:
        if given and not MESSAGE_ID.fullmatch(given):
            raise Refused(40058, "invalid msgid")
        message = SentMessage(
            number=len(self.sent) + 1,
            at=self.clock.now(),
            open_kfid=box.account.open_kfid,
            customer=customer,
            type=kind,
            content=content,
            message_id=given or secrets.token_hex(16),
            media_id=media_id,
            welcome=greets,
        )
        self.sent.append(message)
        return message

    def _box(self, body: dict[str, Any]) -> Box:
        box = self.boxes.get(str(body.get("open_kfid", "")))
        if box is None:
            raise Refused(95000, "invalid open_kfid")
        return box

    # Sessions

    def state(self, body: dict[str, Any]) -> Session:
        return self._box(body).sessions.get(str(body.get("external_userid", "")), Session())

    def change_state(self, body: dict[str, Any]) -> dict[str, object]:
        session, wanted = self.state(body), body.get("service_state")
        if session.state == ENDED:
            raise Refused(95013, "session is end")
        if type(wanted) is not int or wanted not in STEPS[session.state]:
            raise Refused(95016, "not allow change session state")
        servicer = str(body.get("servicer_userid", "")) if wanted == BY_PERSON else ""
        if wanted == BY_PERSON:
            takes = self._box(body).servicers.get(servicer)
            if takes is None:
                raise Refused(95014, "not servicer")
            if takes != 0:
                raise Refused(95019, "servicer stopped")
        session.state, session.servicer = wanted, servicer
        return {"msg_code": "mc" + secrets.token_hex(14)} if wanted in (WAITING, BY_PERSON, ENDED) else {}

    # What the company's people do in WeCom

    def answer(self, open_kfid: str, customer: str, servicer: str, text: str) -> dict[str, Any]:
        """A person's message; in a session that is over it begins another, which the person has (path/94669)."""
        session = self.boxes[open_kfid].sessions[customer]
        if session.state == ENDED:
            self.turn(open_kfid, customer, 4, servicer)
        message = {"msgtype": "text", "text": {"content": text}, "servicer_userid": servicer}
        return self.keep(open_kfid, customer, message, origin=5)

    def turn(self, open_kfid: str, customer: str, change: int, servicer: str = "") -> dict[str, Any]:
        """A person takes a session from the queue (1), gives it to another (2), ends it (3), or begins it anew (4)."""
        session = self.boxes[open_kfid].sessions[customer]
        before, session.servicer = session.servicer, servicer
        session.state = ENDED if change == 3 else BY_PERSON
        event: dict[str, object] = {
            "event_type": "session_status_change",
            "open_kfid": open_kfid,
            "external_userid": customer,
            "change_type": change,
        }
        event |= {"new_servicer_userid": servicer} if servicer else {}
        event |= {"old_servicer_userid": before} if before else {}
        return self.keep(open_kfid, customer, {"msgtype": "event", "event": event}, origin=4)

    # Customers and media

    def customers(self, ids: object) -> dict[str, object]:
        if not isinstance(ids, list) or not 0 < len(ids) <= 100:
            raise Refused(40058, "invalid external_userid_list")
        known = [{"external_userid": each, **self.people[each]} for each in ids if each in self.people]
        return {"customer_list": known, "invalid_external_userid": [each for each in ids if each not in self.people]}

    def store(self, kind: str, data: bytes, media_type: str, file_name: str) -> str:
        media_id = secrets.token_urlsafe(48)
        self.media[media_id] = StoredMedia(
            kind=kind, data=data, media_type=media_type, file_name=file_name, stored_at=self.clock.now()
        )
        return media_id

    def upload(self, kind: str, data: bytes, media_type: str, file_name: str) -> str:
        if kind not in MEDIA_LIMITS:
            raise Refused(40004, "invalid media type")
        limit, errcode = MEDIA_LIMITS[kind]
        if not 5 < len(data) <= limit:
            raise Refused(errcode, f"invalid {kind} size")
        if not file_name.lower().endswith(MEDIA_NAMES[kind]):
            raise Refused(40005, "invalid file type")
        return self.store(kind, data, media_type, file_name)

    def stored(self, media_id: str) -> StoredMedia:
        found = self.media.get(media_id)
        if found is None or found.stored_at + MEDIA_LIFE <= self.clock.now():
            raise Refused(40007, "invalid media_id")
        return found
