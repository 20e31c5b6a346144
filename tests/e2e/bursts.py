"""Customers who write about one fault, and alerts about it. How alerts come about is for the monitor's tests."""

from dataclasses import dataclass
from datetime import timedelta

from msgspec.structs import replace

from scrm.app import open_workspace
from scrm.clock import SystemClock
from scrm.config import load
from scrm.ids import ChannelId
from scrm.model.topics import Alert, Moods, ReadingQuery, TermReading
from tests.e2e.office import Office, until
from tests.storage import records

SAID = ("烘干机漏电了，很危险", "烘干机漏电怎么办", "我家烘干机漏电！")
TERMS = ("烘干机", "漏电")
FIRE = "烘干机起火"
POST = {
    "url": "https://bbs.example/dryer", "author": "路人甲", "reach": 1200,
    "text": "刚买的岚山烘干机漏电了，客服还不承认，太差劲了",
}  # fmt: skip


def customer(number: int) -> str:
    return f"漏电客户{number}"


@dataclass(frozen=True, kw_only=True)
class Noted:
    """What the hub noted of their messages, newest first, and the query that finds it."""

    query: ReadingQuery
    readings: list[TermReading]

    def alert(self, name: str) -> Alert:
        """A new one of now."""
        query, at = self.query, SystemClock().now()
        assert query.channel_id is not None
        voice = replace(
            records.topic().voices[0], content=SAID[0], conversation_id=self.readings[-1].conversation_id
        )  # fmt: skip
        topic = records.topic(
            name=name, terms=query.terms, since=query.since, until=at, as_of=at, messages=len(SAID), people=len(SAID),
            moods=Moods(negative=len(SAID)), channels={query.channel_id: len(SAID)}, first_seen=self.readings[-1].at,
            voices=(voice,),
        )  # fmt: skip
        return records.alert(topic=topic, opened_at=at, last_seen_at=at)


async def write_and_note(office: Office) -> Noted:
    """Three customers wrote, and the hub has noted what about: it looks some times a minute, so this is done once."""
    for number, text in enumerate(SAID):
        await office.say(customer(number), text)
    channel = next(each for each in (await office.api.get("/channels"))["items"] if each["name"] == "旗舰店")["id"]
    now = SystemClock().now()
    since, end = now - timedelta(hours=1), now + timedelta(hours=1)
    query = ReadingQuery(terms=TERMS, since=since, until=end, as_of=end, channel_id=ChannelId(channel))
    async with open_workspace(load({"data": str(office.hub.data)}, file=None)) as stores:

        async def noted() -> list[TermReading] | None:
            found = await stores.topics.readings(query, after=None, limit=10)
            return found if len(found) == len(SAID) else None

        return Noted(query=query, readings=await until(noted))
