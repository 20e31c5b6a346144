"""Mentions: taken in from programs and files, listed, searched, compared, exported. Supervisors look; a program that
pushes needs a token of that role."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Any, cast

from aiohttp import web
from msgspec import Meta
from msgspec.structs import replace

from scrm.errors import Invalid, NotFound
from scrm.ids import MentionId, MonitorId, SourceId
from scrm.model.analysis import Sentiment
from scrm.model.base import Record
from scrm.model.mentions import Mention, MentionKind, MentionQuery
from scrm.model.people import Role
from scrm.model.tables import Book, CellKind, Column, Sheet, TableRow, plain
from scrm.ports.mentions import Draft, Share, Story, TakenReport
from scrm.ports.stores import Page
from scrm.web import cursor
from scrm.web.endpoint import Answer, Call, Endpoint, Input, Items, Nothing, Raw
from scrm.web.fields import Cursor, Id, Limit, Locale
from scrm.web.upload import one_file

MOST_BATCH = 500
MOST_FILE = 10 * 1024 * 1024
MOST_EXPORTED = 5_000
MOST_COMPARED = 20
LONGEST_SPAN = timedelta(days=400)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Loose = Annotated[str, Meta(max_length=20_000)]
Words = Annotated[str, Meta(max_length=2_000)]
Site = Annotated[str, Meta(min_length=1, max_length=100)]


class NewMention(Input, kw_only=True):
    """One post, article or comment. It needs a text or title, and something it is known by: url, external_id, or else
    its site. published_at: ISO 8601, RFC 822 or as platforms write it; one that cannot be believed counts as now.
    repost_of: url or external_id of what it repeats. reach: how many may have seen it."""

    url: Loose = ""
    external_id: Loose = ""
    title: Loose = ""
    text: Loose = ""
    author: Loose = ""
    reach: int | None = None
    published_at: Loose = ""
    kind: MentionKind | None = None
    repost_of: Loose = ""
    site: Loose = ""


Batch = Annotated[list[NewMention], Meta(max_length=MOST_BATCH)]
_ONE_OR_MANY = cast(type[Any], NewMention | Batch)


class SpanQuery(Input, kw_only=True):
    """since, until: with their zones, both included."""

    since: datetime
    until: datetime


class MentionFilter(SpanQuery, kw_only=True):
    """monitor_id: those it matches. q: an expression as monitors have it. reach: at least. story_id: one story.
    firsts: only what began a story. locale: of an export."""

    monitor_id: Id | None = None
    source_id: Id | None = None
    story_id: Id | None = None
    sentiment: Sentiment | None = None
    kind: MentionKind | None = None
    site: Site | None = None
    reach: Annotated[int, Meta(ge=0, le=10**12)] | None = None
    firsts: bool = False
    q: Words = ""
    locale: Locale = "zh-CN"
    limit: Limit = 30
    after: Cursor | None = None


class ShareQuery(SpanQuery, kw_only=True):
    """monitor_ids: joined by commas; none: brands and competitors."""

    monitor_ids: Annotated[str, Meta(max_length=1_400)] = ""


class Shares(Record, kw_only=True):
    items: list[Share]
    since: datetime
    until: datetime


class StoryView(Record, kw_only=True):
    """mention: without its keys for comparing. spread: mentions of its story, itself included."""

    mention: Mention
    spread: int
    source_name: str | None = None


async def take(call: Call[Nothing, NewMention | Batch]) -> Answer[TakenReport]:
    """One or many; each row by itself. The same again changes nothing."""
    given = call.body if isinstance(call.body, list) else [call.body]
    drafts = [
        Draft(
            line=line,
            url=one.url,
            external_id=one.external_id,
            title=one.title,
            text=one.text,
            author=one.author,
            reach=one.reach,
            published_at=one.published_at,
            kind=one.kind,
            repost_of=one.repost_of,
            site=one.site,
        )
        for line, one in enumerate(given, start=1)
    ]
    report = await call.context.mentions.take(drafts)
    if report.refused and len(drafts) == 1:
        raise Invalid(f"the mention was refused: {report.rows[0].reason}", field=_FIELDS[report.rows[0].reason])
    return Answer(report, 201 if report.new else 200)


_FIELDS = {"no_text": "text", "bad_address": "url", "no_address": "url"}


async def import_file(call: Call[Nothing, Nothing]) -> TakenReport:
    data, name = await one_file(call.request, most=MOST_FILE)
    return await call.context.mentions.import_table(name, data)


async def listed(call: Call[MentionFilter, Nothing]) -> Items[StoryView]:
    found, following = await call.context.mentions.page(
        _query(call.query), words=call.query.q, after=cursor.decode(call.query.after), limit=call.query.limit
    )
    return Items(items=await _views(call, found), next=cursor.encode(following) if following else None)


async def one(call: Call[Nothing, Nothing]) -> StoryView:
    mention = await call.context.stores.mentions.get(MentionId(call.id()))
    if mention is None:
        raise NotFound("there is no such mention")
    return (await _views(call, [await call.context.mentions.story(mention)]))[0]


async def share(call: Call[ShareQuery, Nothing]) -> Shares:
    span = checked_span(call.query)
    ids = [MonitorId(each) for each in call.query.monitor_ids.split(",") if each]
    if len(ids) > MOST_COMPARED:
        raise Invalid(f"at most {MOST_COMPARED} monitors", field="monitor_ids")
    found = await call.context.mentions.shares(ids, *span)
    return Shares(items=found, since=span[0], until=span[1])


async def export_csv(call: Call[MentionFilter, Nothing]) -> web.Response:
    text = call.context.boards.csv(await _book(call))
    return web.Response(text=text, content_type="text/csv", charset="utf-8", headers=_file("csv"))


async def export_xlsx(call: Call[MentionFilter, Nothing]) -> web.Response:
    body = await asyncio.to_thread(call.context.boards.xlsx, await _book(call))
    return web.Response(body=body, content_type=XLSX, headers=_file("xlsx"))


_HEADS = {
    "zh-CN": (
        "发布时间", "来源站点", "类型", "标题", "正文", "作者", "影响力", "情绪", "问题分类", "同源传播",
        "链接", "编号",
    ),
    "en": (
        "Published", "Site", "Kind", "Title", "Text", "Author", "Reach", "Sentiment", "Category", "Story size", "Link",
        "Id",
    ),
}  # fmt: skip
_MOODS = {"zh-CN": {"negative": "负面", "neutral": "中性", "positive": "正面"}, "en": {}}


async def _book(call: Call[MentionFilter, Nothing]) -> Book:
    """The list as the page shows it, up to 5,000 rows."""
    query, words, locale = _query(call.query), call.query.q, call.query.locale
    names = {each.code: each.name_zh if locale == "zh-CN" else each.name_en for each in call.context.analyser.taxonomy}
    moods = _MOODS[locale]
    rows: list[TableRow] = []
    after: Page | None = None
    while len(rows) < MOST_EXPORTED:
        found, after = await call.context.mentions.page(query, words=words, after=after, limit=100)
        for story in found:
            one = story.mention
            mood = one.sentiment or ""
            rows.append(
                plain(
                    one.published_at.isoformat(timespec="minutes"), one.site, one.kind, one.title, one.text, one.author,
                    one.reach, moods.get(mood, mood), names.get(one.category or "", one.category or ""), story.spread,
                    one.url, one.id,
                )
            )  # fmt: skip
        if after is None:
            break
    counts = {6, 9}
    columns = tuple(
        Column(title=title, kind=CellKind.COUNT if place in counts else CellKind.TEXT)
        for place, title in enumerate(_HEADS[locale])
    )
    title = "提及" if locale == "zh-CN" else "Mentions"
    return Book(name="mentions", sheets=(Sheet(title=title, columns=columns, rows=tuple(rows)),))


def _file(ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="mentions.{ending}"', "Cache-Control": "no-store"}


async def _views(call: Call[MentionFilter, Nothing] | Call[Nothing, Nothing], found: list[Story]) -> list[StoryView]:
    names = {source.id: source.name for source in await call.context.stores.mention_sources.all()}
    return [
        StoryView(
            mention=without_grams(story.mention),
            spread=story.spread,
            source_name=names.get(story.mention.source_id) if story.mention.source_id else None,
        )
        for story in found
    ]


def without_grams(mention: Mention) -> Mention:
    return replace(mention, grams=())


def _query(query: MentionFilter) -> MentionQuery:
    since, until = checked_span(query)
    return MentionQuery(
        since=since,
        until=until,
        monitor_id=MonitorId(query.monitor_id) if query.monitor_id else None,
        source_id=SourceId(query.source_id) if query.source_id else None,
        story_id=MentionId(query.story_id) if query.story_id else None,
        sentiment=query.sentiment,
        kind=query.kind,
        site=query.site,
        reach=query.reach,
        firsts=query.firsts,
    )


def checked_span(query: SpanQuery) -> tuple[datetime, datetime]:
    """Raises Invalid."""
    for name in ("since", "until"):
        if getattr(query, name).tzinfo is None:
            raise Invalid("a moment has a zone", field=name)
    if not query.since < query.until:
        raise Invalid("it ends before it begins", field="until")
    if query.until - query.since > LONGEST_SPAN:
        raise Invalid(f"at most {LONGEST_SPAN.days} days", field="since")
    return query.since, query.until


_LEAST = Role.SUPERVISOR
ENDPOINTS = (
    Endpoint(
        method="GET", path="/mentions", handler=listed, role=_LEAST, query=MentionFilter, returns=Items[StoryView],
        summary="What is said outside, newest first", tag="mentions",
    ),
    Endpoint(
        method="POST", path="/mentions", handler=take, role=_LEAST, body=_ONE_OR_MANY, returns=TakenReport,
        statuses=(200, 201), summary="Take in a mention, or up to 500; each row by itself", tag="mentions",
    ),
    Endpoint(
        method="POST", path="/mentions/import", handler=import_file, role=_LEAST, returns=TakenReport, uploads=True,
        summary="Take in a file's rows (multipart field `file`: XLSX, CSV or TSV, at most 10 MB)", tag="mentions",
    ),
    Endpoint(
        method="GET", path="/mentions/share", handler=share, role=_LEAST, query=ShareQuery, returns=Shares,
        summary="Share of voice: how much of what is said each monitor has", tag="mentions",
    ),
    Endpoint(
        method="GET", path="/mentions/export.csv", handler=export_csv, role=_LEAST, query=MentionFilter, returns=Raw,
        produces="text/csv", summary="The list as a table, at most 5,000 rows", tag="mentions",
    ),
    Endpoint(
        method="GET", path="/mentions/export.xlsx", handler=export_xlsx, role=_LEAST, query=MentionFilter, returns=Raw,
        produces=XLSX, summary="The list as a workbook, at most 5,000 rows", tag="mentions",
    ),
    Endpoint(
        method="GET", path="/mentions/{id}", handler=one, role=_LEAST, returns=StoryView, summary="A mention",
        tag="mentions",
    ),
)  # fmt: skip
