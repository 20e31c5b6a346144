"""Drafts to stored mentions: known by their address, sorted into stories, each row by itself.

A mention's id is made of its address (or, where it has none, of its source's own id or its text), so what comes twice,
from whatever source, is one. A story is found once, when a mention comes in: what it says it repeats, or the oldest
stored text of two weeks (`stories`) that says nearly the same.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from dashboards.monitor.mentions import addresses, moments, near, plain
from dashboards.monitor.mentions.near import Fold
from dashboards.monitor.mentions.stories import Stories, by_time
from scrm.clock import Clock
from scrm.ids import MentionId, encode
from scrm.model.mentions import Mention, MentionKind, Source
from scrm.ports.mentions import Draft, Taken, TakenReport
from scrm.ports.stores import Stores

BATCH = 100
MOST_REACH = 10**12
_SHOWN = 60


class Intake:
    def __init__(self, stores: Stores, clock: Clock, zone: ZoneInfo, fold: Fold) -> None:
        self._stores = stores
        self._clock = clock
        self._zone = zone
        self._fold = fold
        self._stories = Stories(stores, fold)

    async def take(self, drafts: Sequence[Draft], source: Source | None = None) -> TakenReport:
        """Rows in order; those known already change nothing."""
        rows: list[Taken] = []
        for start in range(0, len(drafts), BATCH):
            rows += await self._batch(drafts[start : start + BATCH], source)
        states = [row.state for row in rows]
        return TakenReport(
            new=states.count("new"), known=states.count("known"), refused=states.count("refused"), rows=tuple(rows)
        )

    async def unknown(self, urls: Sequence[str]) -> frozenset[str]:
        """Those of the addresses whose page no mention is of."""
        ids = {url: _id(f"url|{found}") for url in urls if (found := addresses.canonical(url))}
        known = await self._stores.mentions.get_many(list(ids.values()))
        return frozenset(url for url, id_ in ids.items() if id_ not in known)

    async def _batch(self, drafts: Sequence[Draft], source: Source | None) -> list[Taken]:
        now = self._clock.now()
        made = [self._mention(draft, source, now) for draft in drafts]
        mentions: dict[MentionId, Mention] = {}
        repeats: dict[MentionId, str] = {}
        for draft, one in zip(drafts, made, strict=True):
            if isinstance(one, Mention) and one.id not in mentions:
                mentions[one.id], repeats[one.id] = one, draft.repost_of
        known = await self._stores.mentions.get_many(list(mentions))
        # The oldest first, so that of one batch too the first is the one repeated.
        wanted = sorted((mentions[id_] for id_ in mentions if id_ not in known), key=by_time)
        await self._stories.refresh(now)
        fits = await self._stories.fitting(wanted)
        here: list[Mention] = []
        fresh: list[Mention] = []
        for mention in wanted:
            sorted_in = await self._in_story(mention, repeats[mention.id], source, fresh, [*fits[mention.id], *here])
            if not sorted_in.repost:
                here.append(sorted_in)
            fresh.append(sorted_in)
        added = await self._stores.mentions.add(fresh)
        new = {fresh[place].id for place in added}
        rows: list[Taken] = []
        for draft, one in zip(drafts, made, strict=True):
            if isinstance(one, str):
                rows.append(Taken(line=draft.line, state="refused", reason=one, text=_shown(draft)))
                continue
            rows.append(Taken(line=draft.line, state="new" if one.id in new else "known", id=one.id))
            new.discard(one.id)  # a second row of the same address is known by then
        return rows

    def _mention(self, draft: Draft, source: Source | None, now: datetime) -> Mention | str:
        """A mention by itself, or why it is none."""
        text, title = plain.text_of(draft.text), plain.line_of(draft.title)
        if not (text or title):
            return "no_text"
        url = draft.url.strip()
        canonical = addresses.canonical(url) if url else ""
        if canonical is None:
            return "bad_address"
        kind = draft.kind or MentionKind.POST
        external = plain.line_of(draft.external_id, 300)
        site = plain.line_of(draft.site, 100) or addresses.site(url)
        if not (canonical or external or site):
            return "no_address"
        published = moments.read(draft.published_at, now, self._zone)
        author = plain.line_of(draft.author, 80)
        original, chain = near.passed_on(text)
        mention_id = _id(_name(canonical, external, kind, source) or f"text|{site}|{author}|{title}|{text}")
        return Mention(
            id=mention_id,
            source_id=source.id if source else None,
            kind=kind,
            url=url,
            canonical_url=canonical,
            external_id=external or None,
            site=site or addresses.site(source.url if source else "") or "?",
            title=title,
            text=text or title,
            author=author,
            reach=draft.reach if draft.reach is not None and 0 <= draft.reach <= MOST_REACH else None,
            published_at=published or now,
            fetched_at=now,
            dated=published is not None,
            story_id=mention_id,
            chain=chain,
            grams=near.bands(near.pairs(original, self._fold)),
        )

    async def _in_story(
        self,
        mention: Mention,
        repost_of: str,
        source: Source | None,
        earlier: Sequence[Mention],
        firsts: Sequence[Mention],
    ) -> Mention:
        """The mention with the story it belongs to. earlier: those of the same batch. firsts: what began a story."""
        if repost_of:
            told = await self._told(mention, repost_of, source, earlier)
            if told is not None:
                return replace(mention, story_id=told.story_id, repost=True)
        first = self._stories.repeated(mention, firsts)
        return mention if first is None else replace(mention, story_id=first.story_id, repost=True)

    async def _told(
        self, mention: Mention, repost_of: str, source: Source | None, earlier: Sequence[Mention]
    ) -> Mention | None:
        canonical = addresses.canonical(repost_of) if repost_of.startswith(("http://", "https://")) else ""
        name = _name(canonical or "", "" if canonical else repost_of, MentionKind.POST, source)
        wanted = _id(name) if name else None
        if wanted is None or wanted == mention.id:
            return None
        held = next((each for each in earlier if each.id == wanted), None)
        return held or await self._stores.mentions.get(wanted)


def _name(canonical: str, external: str, kind: MentionKind, source: Source | None) -> str:
    """What makes it one. A comment shares its page's address with others, so its own id is asked first."""
    by_id = f"id|{source.id if source else ''}|{external}" if external else ""
    by_address = f"url|{canonical}" if canonical else ""
    return (by_id or by_address) if kind is MentionKind.COMMENT else (by_address or by_id)


def _id(name: str) -> MentionId:
    """In the form of every id, so that it passes where one is asked for."""
    return MentionId(encode(int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:16], "big")))


def _shown(draft: Draft) -> str:
    return plain.line_of(draft.title or draft.text or draft.url, _SHOWN)
