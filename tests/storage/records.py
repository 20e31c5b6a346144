"""Valid records for the storage tests; each call makes new ids."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from scrm.ids import (
    AgentId,
    AlertId,
    CannedReplyId,
    ChannelId,
    ContactId,
    ConversationId,
    ExampleId,
    JournalId,
    LabelId,
    MessageId,
    QrCodeId,
    TaskId,
    TaxonomyId,
    TeamId,
    TokenId,
    ViewId,
)
from scrm.model.account import MessageTemplate, QrCode, QrScan, TemplateKind
from scrm.model.analysis import Sentiment
from scrm.model.channel import Channel
from scrm.model.contact import Contact, Identity, IdentityScope
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, Message, MessageKind
from scrm.model.people import Agent, ApiToken, CannedReply, Label, ReadMark, Role, Session, Team
from scrm.model.reports import Metric, ReportEvent
from scrm.model.saved_boards import BoardPage, SavedBoard
from scrm.model.saved_views import SavedView, ViewFilter
from scrm.model.taxonomy import (
    CompanyCategory,
    Correction,
    Evaluation,
    Example,
    Publication,
    Source,
    Taxonomy,
    TrainingRun,
    TrainingStatus,
    Verdict,
    example_key,
)
from scrm.model.topics import (
    Alert,
    BoardRange,
    Moods,
    ReadingQuery,
    Severity,
    SparkPoint,
    TermReading,
    Topic,
    TopicBoard,
    Voice,
)
from scrm.model.work import JournalEntry, OutboxEntry, Pull, Task, TaskKind

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
_numbers = count(1)


def new_id(prefix: str = "x") -> str:
    return f"{prefix}{next(_numbers):08d}"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def entry(**fields: Any) -> JournalEntry:
    id_ = JournalId(new_id("j"))
    given = {"id": id_, "channel_id": ChannelId("ch"), "dedupe_key": id_, "partition": 3, "body": b"{}"}
    return JournalEntry(**{**given, "received_at": START, **fields})


def channel(**fields: Any) -> Channel:
    given: dict[str, Any] = {"id": ChannelId(new_id("ch")), "type": "wechat", "name": "A 店"}
    settings = {"app_id": "wx1", "app_secret": "geheim-und-lang"}
    return Channel(**{**given, "settings": settings, "created_at": START, "updated_at": START, **fields})


def contact(**fields: Any) -> Contact:
    given: dict[str, Any] = {"id": ContactId(new_id("c")), "name": "张伟", "created_at": START, "updated_at": START}
    return Contact(**{**given, **fields})


def identity(of: Contact, **fields: Any) -> Identity:
    given: dict[str, Any] = {"id": new_id("i"), "scope": IdentityScope.CHANNEL, "realm": "ch", "value": new_id("h")}
    rest = {"contact_id": of.id, "channel_id": ChannelId("ch"), "evidence": "wrote", "created_at": START}
    return Identity(**{**given, **rest, **fields})


def conversation(**fields: Any) -> Conversation:
    number = next(_numbers)
    given: dict[str, Any] = {"id": ConversationId(f"v{number:08d}"), "number": number}
    given |= {"contact_id": ContactId(new_id("c")), "channel_id": ChannelId("ch")}
    return Conversation(**{**given, "created_at": START, "last_activity_at": START, **fields})


def message(**fields: Any) -> Message:
    position = fields.get("position", 1)
    given: dict[str, Any] = {"id": MessageId(new_id("m")), "conversation_id": ConversationId(new_id("v"))}
    given |= {"contact_id": ContactId("c1"), "channel_id": ChannelId("ch"), "position": position}
    given |= {"rank": float(position), "kind": MessageKind.INCOMING, "content": "你好", "occurred_at": START}
    return Message(**{**given, "author": Author(type=AuthorType.CONTACT), "created_at": START, **fields})


def outgoing(**fields: Any) -> Message:
    given = {"kind": MessageKind.OUTGOING, "author": Author(type=AuthorType.AGENT, id="a1")}
    return message(**{**given, **fields})


def outbox_entry(**fields: Any) -> OutboxEntry:
    given: dict[str, Any] = {"id": MessageId(new_id("m")), "conversation_id": ConversationId("v1")}
    given |= {"channel_id": ChannelId("ch"), "recipient": "h1", "partition": 3, "order": 1}
    return OutboxEntry(**{**given, "due_at": START, "created_at": START, **fields})


def task(**fields: Any) -> Task:
    given: dict[str, Any] = {"id": TaskId(new_id("t")), "kind": TaskKind.ANALYSE, "subject": new_id("m")}
    return Task(**{**given, "partition": 3, "due_at": START, **fields})


def pull(**fields: Any) -> Pull:
    return Pull(**{"id": ChannelId(new_id("ch")), "partition": 3, "due_at": START, **fields})


def agent(**fields: Any) -> Agent:
    id_ = AgentId(new_id("a"))
    given: dict[str, Any] = {"id": id_, "login": id_, "name": "小李", "role": Role.AGENT, "password_hash": "$argon2"}
    return Agent(**{**given, "created_at": START, "updated_at": START, **fields})


def session(**fields: Any) -> Session:
    # The server removes expired sessions by the real time, so these end in a far future.
    given: dict[str, Any] = {"id": new_id("s"), "agent_id": AgentId("a1"), "csrf": "x", "created_at": START}
    return Session(**{**given, "expires_at": datetime(2099, 1, 1, tzinfo=UTC), **fields})


def api_token(**fields: Any) -> ApiToken:
    id_ = TokenId(new_id("k"))
    return ApiToken(**{"id": id_, "name": "ci", "digest": f"digest of {id_}", "created_at": START, **fields})


def team(**fields: Any) -> Team:
    return Team(**{"id": TeamId(new_id("g")), "name": "售后", "created_at": START, **fields})


def label(**fields: Any) -> Label:
    id_ = LabelId(new_id("l"))
    return Label(**{"id": id_, "name": id_, "color": "#ff0000", **fields})


def canned(**fields: Any) -> CannedReply:
    id_ = CannedReplyId(new_id("r"))
    given: dict[str, Any] = {"id": id_, "shortcut": id_, "title": "问候", "content": "您好", "updated_at": START}
    return CannedReply(**{**given, **fields})


def qr_code(**fields: Any) -> QrCode:
    base: dict[str, Any] = {"id": new_id("q"), "channel_id": ChannelId("ch1"), "name": "门店 7", "scene": "store-7",
                            "ticket": "t", "created_at": START}  # fmt: skip
    return QrCode(**(base | fields))


def scan(**fields: Any) -> QrScan:
    base: dict[str, Any] = {"id": MessageId("m1"), "qr_id": QrCodeId("q1"), "channel_id": ChannelId("ch1"),
                            "contact_id": ContactId("p1"), "conversation_id": ConversationId("c1"), "followed": True,
                            "first": True, "at": START}  # fmt: skip
    return QrScan(**(base | fields))


def template(**fields: Any) -> MessageTemplate:
    base: dict[str, Any] = {"id": "ch1:t1", "channel_id": ChannelId("ch1"), "template_id": "t1",
                            "kind": TemplateKind.SUBSCRIBE, "title": "回复通知", "updated_at": START}  # fmt: skip
    return MessageTemplate(**(base | fields))


def saved_board(**fields: Any) -> SavedBoard:
    given: dict[str, Any] = {"id": ViewId("b1"), "owner_id": AgentId("a1"), "name": "周会", "created_at": START}
    return SavedBoard(**{**given, "page": BoardPage.VOICE, "query": {"range": "7"}, **fields})


def saved_view(**fields: Any) -> SavedView:
    given: dict[str, Any] = {"id": ViewId(new_id("w")), "owner_id": AgentId("a1"), "name": "VIP", "created_at": START}
    return SavedView(**{**given, "filter": ViewFilter(status="open"), **fields})


def mark(**fields: Any) -> ReadMark:
    given: dict[str, Any] = {"agent_id": AgentId("a1"), "conversation_id": ConversationId("v1"), "position": 1}
    return ReadMark(**{**given, "incoming_count": 1, "at": START, **fields})


def event(**fields: Any) -> ReportEvent:
    given: dict[str, Any] = {"id": new_id("e"), "metric": Metric.MESSAGE_IN, "value": 1.0, "at": START}
    given |= {"day": "2026-11-20", "hour": 10, "conversation_id": ConversationId("v1")}
    return ReportEvent(**{**given, "contact_id": ContactId("c1"), "channel_id": ChannelId("ch"), **fields})


MANAGER = Author(type=AuthorType.AGENT, id="a1", name="林经理")


def taxonomy(**fields: Any) -> Taxonomy:
    categories = (CompanyCategory(code="refund", name_zh="退款", name_en="Refunds"),)
    given: dict[str, Any] = {
        "id": TaxonomyId(new_id("t")),
        "number": next(_numbers),
        "name": "我们的",
        "created_by": MANAGER,
    }
    return Taxonomy(**{**given, "categories": categories, "changed_at": START, "created_at": START, **fields})


def run(**fields: Any) -> TrainingRun:
    given: dict[str, Any] = {"id": new_id("run"), "status": TrainingStatus.RUNNING, "by": MANAGER, "started_at": START}
    return TrainingRun(**{**given, **fields})


def example(of: Taxonomy, text: str = "我要退货", **fields: Any) -> Example:
    given: dict[str, Any] = {"id": ExampleId(new_id("x")), "taxonomy_id": of.id, "key": example_key(text)}
    given |= {"text": text, "code": "refund", "source": Source.PASTE, "added_by": MANAGER, "added_at": START}
    return Example(**{**given, **fields})


def publication(**fields: Any) -> Publication:
    given: dict[str, Any] = {"id": f"{next(_numbers):08d}", "number": 1, "name": "我们的", "taxonomy_id": None}
    return Publication(**{**given, "by": MANAGER, "at": START, **fields})


def correction(**fields: Any) -> Correction:
    given: dict[str, Any] = {"id": MessageId(new_id("m")), "conversation_id": ConversationId("v1"), "text": "退货"}
    was = Verdict(category=None, sentiment=Sentiment.NEUTRAL)
    now = Verdict(category="refund", sentiment=Sentiment.NEUTRAL)
    said = {"of_category": True, "of_sentiment": False}
    return Correction(**{**given, "was": was, "now": now, **said, "model": "m", "by": MANAGER, "at": START, **fields})


def evaluation(**fields: Any) -> Evaluation:
    given: dict[str, Any] = {"id": "2026-11-20", "read": 100, "corrected": 4}
    given |= {"category_judged": 10, "category_right": 7, "sentiment_judged": 9, "sentiment_right": 8}
    return Evaluation(**{**given, "at": START, **fields})


def term_reading(**fields: Any) -> TermReading:
    id_ = MessageId(new_id("m"))
    given: dict[str, Any] = {"id": id_, "at": START, "counted_at": START, "channel_id": ChannelId("ch")}
    given |= {"conversation_id": ConversationId("v1"), "contact_id": ContactId(f"c{id_}"), "category": "quality"}
    return TermReading(**{**given, "sentiment": "negative", "terms": ("充电", "发热", "充电发热"), **fields})


def reading_query(**fields: Any) -> ReadingQuery:
    given: dict[str, Any] = {"terms": ("发热", "充电"), "since": at(-3600), "until": at(3600), "as_of": at(7200)}
    return ReadingQuery(**{**given, **fields})


def topic(**fields: Any) -> Topic:
    said = Voice(
        message_id=MessageId("m1"), conversation_id=ConversationId("v1"), channel_id=ChannelId("ch"),
        content="充电发热", at=START, sentiment="negative", similar=2,
    )  # fmt: skip
    given: dict[str, Any] = {"name": "充电发热", "terms": ("充电发热", "发热"), "category": "quality", "messages": 14}
    given |= {"since": at(-7200), "until": START, "as_of": START, "people": 12, "expected": 0.6, "surprise": 11.0}
    given |= {"moods": Moods(negative=12, neutral=2), "channels": {"ch": 14}, "first_seen": at(-7000)}
    given |= {"spark": (SparkPoint(start=at(-7200), messages=4),), "voices": (said,)}
    return Topic(**{**given, **fields})


def alert(**fields: Any) -> Alert:
    given: dict[str, Any] = {"id": AlertId(new_id("w")), "topic": topic(), "severity": Severity.HIGH}
    return Alert(**{**given, "opened_at": START, "last_seen_at": START, **fields})


def board(**fields: Any) -> TopicBoard:
    given: dict[str, Any] = {"id": new_id("b"), "range": BoardRange.DAY, "since": at(-7200), "until": START}
    return TopicBoard(**{**given, "messages": 40, "comparable": True, "topics": (topic(),), **fields})
