"""Customers' messages as `flow` leaves them: the message with its reading, and the `mood` event of it."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from scrm.flow.report import Reporter
from scrm.ids import ChannelId, ContactId, ConversationId
from scrm.model.analysis import Analysis, AnalysisState, Sentiment
from scrm.model.base import Record
from scrm.ports.stores import Stores
from tests.storage import records

ZONE = ZoneInfo("Asia/Shanghai")


class Said(Record, kw_only=True):
    at: datetime
    text: str
    keywords: tuple[str, ...]
    who: str
    channel: str = "ch"
    category: str | None = None
    sentiment: Sentiment = Sentiment.NEUTRAL


async def store(stores: Stores, said: Sequence[Said]) -> None:
    messages, events = [], []
    for one in said:
        conversation = records.conversation(
            id=ConversationId(f"v-{one.who}"), contact_id=ContactId(one.who), channel_id=ChannelId(one.channel)
        )
        reading = Analysis(model="m", sentiment=one.sentiment, score=0.0, category=one.category, keywords=one.keywords)
        message = records.message(
            conversation_id=records.ConversationId(records.new_id("v")), contact_id=conversation.contact_id,
            channel_id=conversation.channel_id, content=one.text, created_at=one.at, occurred_at=one.at,
            analysis=reading, analysis_state=AnalysisState.DONE,
        )  # fmt: skip
        messages.append(message)
        events.append(replace(Reporter(ZONE).mood(message), conversation_id=conversation.id))
    await stores.messages.insert(*messages)
    for start in range(0, len(events), 100):
        await stores.reports.record(events[start : start + 100])
