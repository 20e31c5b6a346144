"""Comments on the account's posts, fetched page by page; each as the journal keeps it. Pure.

The platform gives the newest first. A look walks down from the newest to what was seen before, and only then is the
newest of that walk what was seen: a walk that is broken off goes on where it was, and nothing between is passed over.
A page may be shorter than asked for, since the platform leaves out what was deleted; the walk ends with an empty one.

The place, as the hub stores it: `seen`, or in a walk `seen/newest/next`, all of them comments' numbers.
Source: open.weibo.com/wiki/C/2/comments/to_me/biz (since_id: later than; max_id: not later than).
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from channels.trees import part, parts
from channels.weibo.events import read_time
from channels.weibo.webhook import MAX_BODY, user_id
from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.abilities import Pulled
from scrm.ports.channel import VerifiedRequest

COMMENT_FACTS = {"kind": "comment"}
# A channel that was just connected takes what is as old as a reply window, not every comment there ever was.
FIRST_LOOK = timedelta(hours=48)
# What is kept of a comment, and of its author and post.
KEPT = ("id", "idstr", "created_at", "text")
KEPT_OF_USER = ("id", "idstr", "screen_name")
KEPT_OF_STATUS = ("id", "idstr", "text")


class Place(Record, kw_only=True):
    """seen: the newest comment of the looks before, 0 before the first. newest, below: of the walk, 0 where none is
    under way; the next page begins at `below`."""

    seen: int = 0
    newest: int = 0
    below: int = 0


def read_place(cursor: str) -> Place:
    """Of a cursor that nobody but the hub wrote; the beginning where it is none."""
    numbers = [int(each) for each in cursor.split("/") if user_id(each)]
    if len(numbers) == 3:
        return Place(seen=numbers[0] if numbers[0] > 1 else 0, newest=numbers[1], below=numbers[2])
    return Place(seen=numbers[0]) if len(numbers) == 1 else Place()


def written(place: Place) -> str:
    """A first walk has seen nothing: comment 1, which is none of anybody's today, stands for it."""
    return f"{place.seen or 1}/{place.newest}/{place.below}" if place.below else str(place.seen) if place.seen else ""


def read_page(answer: Mapping[str, object], place: Place, uid: str, received_at: datetime) -> Pulled:
    """uid: of the account, whose own comments are nobody's question. Raises SendError."""
    if not isinstance(answer.get("comments"), list):
        raise SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail="not a page of comments")
    found = sorted(
        ((number, comment) for comment in parts(answer, "comments") if (number := _number(comment)) > place.seen),
        key=lambda pair: pair[0],
    )
    if not found:
        return Pulled(requests=(), cursor=written(Place(seen=max(place.seen, place.newest))), more=False)
    newest, oldest = place.newest or found[-1][0], found[0][0]
    recent = [
        comment
        for _, comment in found
        if user_id(part(comment, "user").get("id")) != uid
        and (place.seen or read_time(comment.get("created_at"), received_at) >= received_at - FIRST_LOOK)
    ]
    requests = tuple(_kept(comment, received_at) for comment in recent)
    # A first look whose page goes back beyond what it takes has seen enough.
    ends = oldest <= 1 or (not place.seen and len(recent) < len(found))
    after = Place(seen=newest) if ends else Place(seen=place.seen, newest=newest, below=oldest - 1)
    return Pulled(requests=requests, cursor=written(after), more=not ends)


def _number(comment: Mapping[str, object]) -> int:
    return int(user_id(comment.get("idstr")) or user_id(comment.get("id")) or 0)


def _kept(comment: Mapping[str, object], received_at: datetime) -> VerifiedRequest:
    user, status = part(comment, "user"), part(comment, "status")
    tree: dict[str, object] = {name: comment[name] for name in KEPT if name in comment}
    tree["user"] = {name: user[name] for name in KEPT_OF_USER if name in user}
    tree["status"] = {name: status[name] for name in KEPT_OF_STATUS if name in status}
    return VerifiedRequest(
        body=json.dumps(tree, ensure_ascii=False).encode("utf-8", "replace")[:MAX_BODY],
        facts=dict(COMMENT_FACTS),
        dedupe_key=f"comment:{_number(comment)}",
        handle=user_id(user.get("idstr")) or user_id(user.get("id")),
        received_at=received_at,
    )
