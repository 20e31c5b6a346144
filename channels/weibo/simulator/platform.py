"""The platform's memory and rules: tokens, who follows, reply windows, posts and comments, files. No network.

Limits as in open.weibo.com/wiki/: 发送客服消息, 2/comments/reply, C/2/comments/to_me, Error_code. Where a page gives no
code for a refusal (no permission to write to somebody), one is made up.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from scrm.clock import Clock
from scrm.model.base import Record

WINDOW = timedelta(hours=48)
PRIVATE_LIMIT, COMMENT_LIMIT = 300, 140
MOST = 200
MADE_UP = 29999
OPENING = ("follow", "subscribe", "click", "scan", "scan_follow")
SHANGHAI = timezone(timedelta(hours=8))

Object = dict[str, Any]


class Refused(Exception):
    """The platform's own error answer."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{code} {words}")
        self.code = code
        self.words = words


class Account(Record, kw_only=True):
    """A verified account, and what its owner pastes into the hub."""

    uid: str = "1902538057"
    name: str = "模拟微博"
    app_secret: str = "5a3f9c1e7b2d4806a1c3e5f708192a3b"  # noqa: S105 - a made-up app's
    access_token: str = "2.00Simulated1fanserviceTOKEN01"  # noqa: S105 - likewise
    comments_token: str = "2.00Simulated2commentsTOKEN0002"  # noqa: S105 - likewise

    def settings(self, api_base: str) -> dict[str, str]:
        return {
            "uid": self.uid,
            "app_secret": self.app_secret,
            "access_token": self.access_token,
            "comments_token": self.comments_token,
            "api_base": api_base,
        }


class SentMessage(Record, kw_only=True):
    """What somebody received. number: 1, 2, 3 … in the order of acceptance. comment_id: of the comment it answers, ""
    for a private message."""

    number: int
    at: datetime
    receiver: str
    content: str
    comment_id: str = ""


@dataclass(kw_only=True)
class Person:
    uid: str
    name: str
    follows: bool = True
    open_until: datetime | None = None


@dataclass(kw_only=True)
class Platform:
    account: Account
    clock: Clock
    people: dict[str, Person] = field(default_factory=dict)
    comments: list[Object] = field(default_factory=list)
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    sent: list[SentMessage] = field(default_factory=list)
    asked: int = 0

    # What people do

    def person(self, name: str) -> Person:
        """A made-up person: the same number every time."""
        uid = str(2_000_000_000 + int(hashlib.sha256(name.encode()).hexdigest()[:7], 16))
        return self.people.setdefault(uid, Person(uid=uid, name=name))

    def push(self, name: str, kind: str, text: str, data: Object) -> Object:
        """What is pushed of it; a message and most events permit replies for two days."""
        person = self.person(name)
        event = data.get("subtype") if kind == "event" else None
        if event in ("follow", "scan_follow", "unfollow"):
            person.follows = event != "unfollow"
        if kind != "event" or event in OPENING:
            person.open_until = self.clock.now() + WINDOW
        return {
            "type": kind,
            "receiver_id": int(self.account.uid),
            "sender_id": int(person.uid),
            "created_at": self.stamp(),
            "text": text,
            "data": data,
        }

    def comment(self, name: str, text: str, post: str = "新品上架", reply_to: str = "") -> Object:
        """A comment on a post of the account's."""
        number = 4_800_000_000_000_000 + len(self.comments) + 1
        status = 4_700_000_000_000_000 + int(hashlib.sha256(post.encode()).hexdigest()[:6], 16)
        person = (
            Person(uid=self.account.uid, name=self.account.name) if name == self.account.name else self.person(name)
        )
        made: Object = {
            "created_at": self.stamp(),
            "id": number,
            "idstr": str(number),
            "text": text,
            "user": {"id": int(person.uid), "idstr": person.uid, "screen_name": person.name},
            "status": {"id": status, "idstr": str(status), "text": post, "user": {"id": int(self.account.uid)}},
        }
        if reply_to:
            made["reply_comment"] = {"idstr": reply_to}
        self.comments.append(made)
        return made

    def stamp(self) -> str:
        return self.clock.now().astimezone(SHANGHAI).strftime("%a %b %d %H:%M:%S %z %Y")

    # The API

    def check(self, token: str, *, comments: bool = False) -> None:
        if not token:
            raise Refused(10006, "source paramter(appkey) is missing")
        if token != (self.account.comments_token if comments else self.account.access_token):
            raise Refused(21332, "access_token is invalid")

    def token_info(self, token: str) -> Object:
        if token not in (self.account.access_token, self.account.comments_token):
            raise Refused(21332, "access_token is invalid")
        return {
            "uid": int(self.account.uid),
            "appkey": 1352222456,
            "scope": None,
            "create_at": 1,
            "expire_in": 31_000_000,
        }

    def reply(self, receiver: str, kind: str, data: object) -> Object:
        person = self.people.get(receiver)
        text = data.get("text") if isinstance(data, dict) else None
        if kind != "text" or not isinstance(text, str):
            raise Refused(10017, "Parameter (type)'s value invalid")
        if not text:
            raise Refused(20008, "Content is null")
        if len(text) >= PRIVATE_LIMIT:
            raise Refused(20013, "Text too long, please input text less than 300 characters!")
        if person is None:
            raise Refused(20003, "User does not exists!")
        if not person.follows or person.open_until is None or person.open_until <= self.clock.now():
            raise Refused(MADE_UP, "no quota to send message to this user")
        self._took(receiver, text)
        return {"result": True, "sender_id": int(self.account.uid), "receiver_id": int(receiver), "type": "text"}

    def reply_comment(self, comment_id: str, status_id: str, text: str) -> Object:
        found = next((each for each in self.comments if each["idstr"] == comment_id), None)
        if found is None or found["status"]["idstr"] != status_id:
            raise Refused(20201, "Target weibo comment does not exist!")
        if not text:
            raise Refused(20008, "Content is null")
        if len(text) > COMMENT_LIMIT:
            raise Refused(20012, "Text too long, please input text less than 140 characters!")
        self._took(found["user"]["idstr"], text, comment_id)
        return self.comment(self.account.name, f"回复@{found['user']['screen_name']}:{text}", reply_to=comment_id)

    def comments_to_me(self, since_id: int, max_id: int, count: int) -> Object:
        """Newest first."""
        self.asked += 1
        found = [
            each for each in reversed(self.comments) if each["id"] > since_id and (not max_id or each["id"] <= max_id)
        ]
        return {"comments": found[: min(count, MOST)], "total_number": len(self.comments)}

    def person_info(self, uid: str) -> Object:
        person = self.people.get(uid)
        if person is None or not person.follows:
            return {"follow": "0"}
        return {"subscribe": 0, "uid": uid, "nickname": person.name, "city": "广州", "language": "zh_CN", "follow": "1"}

    def file(self, fid: str) -> tuple[bytes, str]:
        if fid not in self.files:
            raise Refused(10008, "Param error, see doc for more info.")
        return self.files[fid]

    def keep_file(self, data: bytes, media_type: str) -> str:
        fid = str(821_804_000 + len(self.files))
        self.files[fid] = (data, media_type)
        return fid

    def _took(self, receiver: str, text: str, comment_id: str = "") -> None:
        self.sent.append(
            SentMessage(
                number=len(self.sent) + 1,
                at=self.clock.now(),
                receiver=receiver,
                content=text,
                comment_id=comment_id,
            )
        )
