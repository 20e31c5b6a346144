"""Slack's fixtures for the conformance suite. Events as Slack writes them: ASCII, with strokes escaped."""
# ruff: noqa: E501 - tables, a row a line

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.slack.simulator import App, SlackSimulator
from channels.slack.webhook import signature
from scrm.clock import Clock
from scrm.errors import SendErrorCode, WebhookRefusal
from scrm.model.message import ContentType
from scrm.ports.channel import MediaRef, Sender, WebhookRequest
from tests.channels.conformance import (
    NOW,
    Accepted,
    Challenged,
    CodeCase,
    Kit,
    Pair,
    Refused,
    SimulatorBench,
    Unreadable,
    pushed,
)

APP = App()
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
TS, LATER = "1795140000.000200", "1795140060.000100"
USER, DIRECT, CHANNEL = "U024BE7LH", "D024BE91L", "C0G9QF9GZ"
REALM = f"slack {APP.team_id}"
SENDER = Sender(handle=USER, union_id=USER, union_realm=REALM)
IN_CHANNEL = Sender(handle=f"{USER} {CHANNEL}")
OURS = f"<@{APP.user}>"
HEARD_BY = [{"enterprise_id": None, "team_id": APP.team_id, "user_id": APP.user, "is_bot": True}]

Object = dict[str, Any]


def wrapped(event: Any, event_id: str = "Ev0PV52K21", **fields: Any) -> bytes:
    whole = {"token": "t", "team_id": APP.team_id, "api_app_id": APP.id, "event": event, "type": "event_callback",
             "event_id": event_id, "event_time": 1795140000, "authorizations": HEARD_BY, "event_context": "4-x"}  # fmt: skip
    whole |= fields
    return json.dumps({name: value for name, value in whole.items() if value is not None}).replace("/", "\\/").encode()


def message(text: Any = "你好", **fields: Any) -> Object:
    base = {"type": "message", "user": USER, "text": text, "ts": TS, "team": APP.team_id, "channel": DIRECT,
            "event_ts": TS, "channel_type": "im"}  # fmt: skip
    return {name: value for name, value in (base | fields).items() if value is not None}


def said(text: Any = "你好", event_id: str = "Ev0PV52K21", **fields: Any) -> bytes:
    return wrapped(message(text, **fields), event_id)


def in_channel(text: str, **fields: Any) -> bytes:
    return said(text, **({"channel": CHANNEL, "channel_type": "channel"} | fields))


def changed(new: Object, old: Object, **fields: Any) -> bytes:
    event = {"type": "message", "subtype": "message_changed", "hidden": True, "message": new, "previous_message": old,
             "channel": DIRECT, "ts": LATER, "event_ts": LATER, "channel_type": "im"}  # fmt: skip
    return wrapped(event | fields)


def inner(text: str, **fields: Any) -> Object:
    return {"type": "message", "user": USER, "text": text, "ts": TS} | fields


def reaction(kind: str = "reaction_added", **fields: Any) -> bytes:
    item = {"type": "message", "channel": DIRECT, "ts": TS}
    return wrapped({"type": kind, "user": USER, "reaction": "thumbsup", "item": item, "event_ts": LATER} | fields)


def request(
    body: bytes, secret: str = APP.signing_secret, *, at: datetime = NOW, sign: str = "", **changes: Any
) -> WebhookRequest:
    timestamp = str(int(at.timestamp()))
    signed = sign or signature(secret, timestamp, body)
    return pushed(body, {"x-slack-request-timestamp": timestamp, "x-slack-signature": signed}, **changes)


def accepted(name: str, body: bytes, **expected: Any) -> Accepted:
    return Accepted(name, request(body), expected)


def file(media_type: str = "image/png", name: str = "a.png", **fields: Any) -> Object:
    address = f"https://files.slack.com/files-pri/T0-F0S43PZDF/{name}"
    return {"id": "F0S43PZDF", "name": name, "title": name, "mimetype": media_type, "size": 1000, "mode": "hosted",
            "is_external": False, "url_private": address} | fields  # fmt: skip


def shared(*files: Object, text: str = "", **fields: Any) -> bytes:
    return said(text, subtype="file_share", files=list(files), upload=False, **fields)


def ref(media_type: str = "image/png", name: str = "a.png", **more: Any) -> MediaRef:
    address = f"https://files.slack.com/files-pri/T0-F0S43PZDF/{name}"
    return MediaRef(**({"source": address, "media_type": media_type, "file_name": name, "size": 1000} | more))


BLOCKS = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
    {"type": "text", "text": "好"}, {"type": "emoji", "name": "grinning", "unicode": "1f600"},
    {"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fc", "skin_tone": 3}, {"type": "emoji", "name": "odd", "unicode": "d800"},
]}]}]  # fmt: skip
EDITED = {"user": USER, "ts": LATER}
GONE = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted.", "ts": TS}

ACCEPTED = [
    accepted("text", said("你好 😀 &lt;b&gt; &amp;amp;\n第二行"), content_type=ContentType.TEXT, content="你好 😀 <b> &amp;\n第二行", sender=SENDER,
             sent_at=AT, sequence=1795140000000200, external_id=f"{DIRECT} {TS}", edited_at=None, trigger=None, details={"channel": DIRECT}),
    accepted("blanks around it", said("  a \n"), content="  a \n"),
    accepted("an address", said("看 <https://example.com/a?b=1&amp;c=2> 和 <https://example.com/d|这里>"),
             content="看 https://example.com/a?b=1&c=2 和 这里 (https://example.com/d)", details={"links": "https://example.com/a?b=1&c=2 https://example.com/d"}),
    accepted("an address that is its label", said("<http://example.com/|example.com>"), content="http://example.com/"),
    accepted("e-mail and phone", said("<mailto:a@example.com|a@example.com> <tel:+8613800138000|13800138000>"), content="a@example.com 13800138000 (tel:+8613800138000)"),
    accepted("mentions", said("<@U1ABC> <@U2ABC|李雷> <#C1|售后> <!here> <!subteam^S1|@客服组> <!date^1|{date}|11月20日>"),
             content="@U1ABC @李雷 #售后 @here @客服组 {date}|11月20日"),
    accepted("emoji", said("好:grinning::wave::skin-tone-3: :odd: 10:30:00", blocks=BLOCKS), content="好😀👋🏼 :odd: 10:30:00"),
    accepted("emoji nobody explains", said(":grinning:"), content=":grinning:"),
    accepted("a picture", shared(file(), text="坏了"), content_type=ContentType.IMAGE, content="坏了", media=(ref(),)),
    accepted("a voice", shared(file("audio/mp4", "audio_message.m4a", duration_ms=3200)), content_type=ContentType.VOICE, content="",
             media=(ref("audio/mp4", "audio_message.m4a", duration=3.2),)),
    accepted("a film", shared(file("video/mp4", "f.mp4")), content_type=ContentType.VIDEO, media=(ref("video/mp4", "f.mp4"),)),
    accepted("a file", shared(file("application/pdf", "合同.pdf")), content_type=ContentType.FILE, media=(ref("application/pdf", "合同.pdf"),)),
    accepted("several files", shared(file(), file("application/pdf", "b.pdf")), content_type=ContentType.IMAGE, media=(ref(), ref("application/pdf", "b.pdf"))),
    accepted("a file of another workspace", shared({"id": "F9", "file_access": "check_file_info"}), content_type=ContentType.FILE,
             media=(MediaRef(source="F9"),)),
    accepted("a file elsewhere", shared(file(mode="external", title="表格", url_private="https://docs.example.com/x")), content_type=ContentType.TEXT,
             content="表格 (https://docs.example.com/x)", media=()),
    accepted("a file that is gone", shared({"id": "F9", "mode": "tombstone"}), content_type=ContentType.FILE, media=(), details={"files_gone": "1"}),
    accepted("a message passed on", said("看", attachments=[{"is_share": True, "author_name": "李雷", "text": "在&lt;吗"}, {"text": "preview"}]), content="看\n李雷: 在<吗"),
    accepted("an action", said("走了", subtype="me_message"), content="走了", details={"action": "1"}),
    accepted("in a thread", said("1234", thread_ts="1795130000.000100", parent_user_id=APP.user), external_id=f"{DIRECT} {TS} 1795130000.000100",
             details={"thread": "1795130000.000100", "reply_to": f"{DIRECT} 1795130000.000100"}),
    accepted("said in the channel too", said("1234", subtype="thread_broadcast", thread_ts="1795130000.000100"), content="1234"),
    accepted("the message a thread began with", said("1234", thread_ts=TS), external_id=f"{DIRECT} {TS}"),
    accepted("in the app's home", said("a", channel_type="app_home"), sender=SENDER),
    accepted("a mention", wrapped({"type": "app_mention", "user": USER, "text": f"{OURS} 在吗", "ts": TS, "channel": CHANNEL, "event_ts": TS}),
             content="在吗", sender=IN_CHANNEL, external_id=f"{CHANNEL} {TS}", details={"channel": CHANNEL, "group": CHANNEL, "thread": TS}),
    accepted("a mention as a message", in_channel(f"hey {OURS} 在吗"), content="hey  在吗", sender=IN_CHANNEL, external_id=f"{CHANNEL} {TS}"),
    accepted("a mention with a label", in_channel(f"<@{APP.user}|客服> 在吗"), content="在吗"),
    accepted("a reply to the app", in_channel("1234", thread_ts="1795130000.000100", parent_user_id=APP.user), sender=IN_CHANNEL,
             details={"thread": "1795130000.000100", "reply_to": f"{CHANNEL} 1795130000.000100"}),
    accepted("in a private group", said(f"{OURS} a", channel="G024BE91L", channel_type="mpim"), sender=Sender(handle=f"{USER} G024BE91L")),
    accepted("edited", changed(inner("退款", edited=EDITED), inner("换货")), external_id=f"{DIRECT} {TS}", content="退款", sent_at=AT,
             edited_at=AT + timedelta(seconds=60), sender=SENDER),
    accepted("edited again", changed(inner("退款", edited=EDITED), inner("换货", edited={"user": USER, "ts": TS})), content="退款"),
    accepted("edited in a channel", changed(inner(f"{OURS} 退款", edited=EDITED), inner("换货"), channel=CHANNEL, channel_type="channel"), content="退款", sender=IN_CHANNEL),
    accepted("deleted", wrapped({"type": "message", "subtype": "message_deleted", "channel": DIRECT, "channel_type": "im", "deleted_ts": TS, "ts": LATER,
                                 "event_ts": LATER, "previous_message": inner("x")}), event="message_deleted", details={"message": f"{DIRECT} {TS}"}, sender=SENDER),
    accepted("deleted below a thread", changed(GONE, inner("x", thread_ts=TS)), event="message_deleted", details={"message": f"{DIRECT} {TS}"}, sender=SENDER),
    accepted("a reaction", reaction(), event="reaction", content=":thumbsup:", details={"message": f"{DIRECT} {TS}"}, sender=SENDER, opens_conversation=False),
    accepted("a reaction taken back", reaction("reaction_removed"), event="reaction_removed"),
    accepted("nothing in it", said(""), content_type=ContentType.UNKNOWN, details={"type": "empty"}),
    accepted("an unknown subtype", said("", subtype="hologram", depth={"of": [3, True]}), content_type=ContentType.UNKNOWN,
             details={"type": "hologram", "depth_of": "3", "depth_of_2": "1"}),
    accepted("an unknown subtype with a text", said("看", subtype="hologram"), content_type=ContentType.TEXT, content="看", details={"type": "hologram"}),
    accepted("an unknown event", wrapped({"type": "poke", "user": USER, "channel": DIRECT, "strength": 3, "event_ts": TS}), content_type=ContentType.UNKNOWN,
             details={"type": "poke", "strength": "3"}, external_id="event Ev0PV52K21"),
    accepted("from the future", said("a", ts="1895140000.000100"), sent_at=NOW),
    accepted("from before there was Slack", said("a", ts="5.1"), sent_at=NOW),
    accepted("nobody says who hears it", wrapped(message(), authorizations=None), content="你好"),
]  # fmt: skip

GOOD = said()
QUESTION = b'{"token":"t","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}'

REFUSED = [
    Refused("another secret", request(GOOD, "0" * 32), WebhookRefusal.BAD_SIGNATURE),
    Refused("no signature", request(GOOD, headers={"x-slack-request-timestamp": "1795140000"}), WebhookRefusal.BAD_SIGNATURE),
    Refused("a signature of something else", request(GOOD, sign=signature(APP.signing_secret, "1795140000", b"{}")), WebhookRefusal.BAD_SIGNATURE),
    Refused("another version", request(GOOD, sign="v1=" + signature(APP.signing_secret, "1795140000", GOOD)[3:]), WebhookRefusal.BAD_SIGNATURE),
    Refused("in capitals", request(GOOD, sign=signature(APP.signing_secret, "1795140000", GOOD).upper()), WebhookRefusal.BAD_SIGNATURE),
    Refused("a signature that is not ascii", request(GOOD, sign="v0=é\udcff" * 20), WebhookRefusal.BAD_SIGNATURE),
    Refused("an unsigned question", request(QUESTION, sign="v0=0"), WebhookRefusal.BAD_SIGNATURE),
    Refused("five minutes old", request(GOOD, at=NOW - timedelta(minutes=5, seconds=1)), WebhookRefusal.STALE),
    Refused("from the future", request(GOOD, at=NOW + timedelta(minutes=6)), WebhookRefusal.STALE),
    Refused("GET", request(GOOD, method="GET"), WebhookRefusal.MALFORMED),
    Refused("empty", request(b" \n"), WebhookRefusal.MALFORMED),
    Refused("a question without a challenge", request(b'{"type":"url_verification"}'), WebhookRefusal.MALFORMED),
    Refused("a challenge to break the answer", request(b'{"type":"url_verification","challenge":"a\\r\\nb"}'), WebhookRefusal.MALFORMED),
    *(
        Refused(f"signed at {name}", request(GOOD, headers={"x-slack-request-timestamp": at, "x-slack-signature": signature(APP.signing_secret, at, GOOD)}), WebhookRefusal.STALE)
        for name, at in {"no time": "", "a word": "now", "a negative time": "-1", "other digits": "１７９５１４００００", "an endless time": "9" * 400}.items()
    ),
]  # fmt: skip

UNREADABLE = [
    Unreadable("no type", request(b'{"event": {"type": "message"}}')),
    Unreadable("another type", request(b'{"type": "block_actions"}')),
    Unreadable("no event", request(wrapped(None))),
    Unreadable("an event that is a text", request(wrapped("message"))),
    Unreadable("an event without a type", request(wrapped({"channel": DIRECT}))),
    Unreadable("no channel", request(said(channel=None))),
    Unreadable("a channel that is none", request(said(channel="../x"))),
    Unreadable("no user", request(said(user=None))),
    Unreadable("a user that is none", request(said(user="王芳"))),
    Unreadable("no number", request(said(ts=None))),
    Unreadable("a number that is none", request(said(ts="now"))),
    Unreadable("a reaction to nothing", request(reaction(item={"type": "message", "channel": DIRECT}))),
    Unreadable("an unknown event without a number", request(wrapped({"type": "poke", "user": USER, "channel": DIRECT}, event_id=None))),  # type: ignore[arg-type]
]  # fmt: skip

PAIRS = [
    Pair("tried again, signed anew", request(GOOD), request(GOOD, at=NOW + timedelta(minutes=1)), same=True),
    Pair("written otherwise", request(GOOD), request(json.dumps(json.loads(GOOD), indent=1).encode()), same=True),
    Pair("two messages", request(GOOD), request(said(event_id="Ev2", ts=LATER)), same=False),
    Pair("two channels", request(GOOD), request(said(event_id="Ev2", channel="D9")), same=False),
    Pair("two reactions", request(reaction()), request(reaction(event_ts=TS).replace(b"Ev0", b"Ev1")), same=False),
]

CODES = [
    CodeCase("channel_not_found", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("user_not_found", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("not_in_channel", SendErrorCode.NOT_PERMITTED),
    CodeCase("is_archived", SendErrorCode.NOT_PERMITTED),
    CodeCase("missing_scope", SendErrorCode.NOT_PERMITTED),
    CodeCase("messages_tab_disabled", SendErrorCode.NOT_PERMITTED),
    CodeCase("restricted_action_read_only_channel", SendErrorCode.NOT_PERMITTED),
    CodeCase("accesslimited", SendErrorCode.ADDRESS_NOT_ALLOWED),
    CodeCase("msg_too_long", SendErrorCode.TOO_LONG),
    CodeCase("file_deleted", SendErrorCode.MEDIA_REFUSED),
    CodeCase("no_text", SendErrorCode.UNSUPPORTED_CONTENT),
    CodeCase("invalid_auth", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("token_revoked", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("account_inactive", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("ratelimited", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("rate_limited", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("service_unavailable", SendErrorCode.PLATFORM_BUSY, retryable=True),
    CodeCase("something_new", SendErrorCode.PLATFORM_ERROR),
]


class SlackBench(SimulatorBench[SlackSimulator]):
    sends = "chat.postMessage"

    def received(self) -> Sequence[tuple[ContentType, str]]:
        return [(ContentType(each.kind), each.content) for each in self.simulator.sent]

    def customer_file(self, content_type: ContentType, data: bytes, media_type: str, name: str) -> MediaRef:
        return MediaRef(source=self.simulator.workspace.keep_file(data, media_type, name)["url_private"])


class SlackKit(Kit):
    type_name = "slack"
    challenged = (
        Challenged(
            "the question to a new address", request(QUESTION), b"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
        ),
    )
    accepted = ACCEPTED
    refused = REFUSED
    unreadable = UNREADABLE
    pairs = PAIRS
    codes = CODES
    corpus = [
        said("你好 <@U1|x> <https://e|x> &lt; :a:", blocks=BLOCKS),
        in_channel(f"{OURS} <!date^1^{{date}}|x> <", thread_ts="1795130000.000100", parent_user_id=USER),
        shared(file(), file("audio/mp4", "a.m4a", duration_ms=1), text="x"),
        changed(inner("退款", edited=EDITED), inner("换货")),
        changed(GONE, inner("x", thread_ts=TS)),
        reaction(),
        wrapped({"type": "poke", "user": USER, "channel": DIRECT, "depth": [1, 2, {"a": None}], "event_ts": TS}),
        b'{"token":"t","type":"app_rate_limited","team_id":"T1","minute_rate_limited":1518467820}',
    ]

    def settings(self, api_base: str = "http://127.0.0.1:9/api") -> dict[str, str]:
        return {
            "bot_token": APP.bot_token,
            "delivery": "webhook",
            "signing_secret": APP.signing_secret,
            "app_token": APP.app_token,
            "channels": "mentioned",
            "api_base": api_base,
        }

    def signed(self, body: bytes) -> WebhookRequest:
        return request(body)

    def says(self, sender: str, text: str, at: datetime, number: int) -> WebhookRequest:
        place = {"user": sender, "channel": "D" + sender[1:], "ts": f"{int(at.timestamp())}.{number:06}"}
        return request(said(text, f"Ev{number}", event_ts=place["ts"], **place), at=at, received_at=at)

    @asynccontextmanager
    async def bench(self, clock: Clock) -> AsyncIterator[SlackBench]:
        async with SlackSimulator(APP, clock=clock) as simulator:
            yield SlackBench(simulator, simulator.api_base, simulator.workspace.user("王芳"))
