"""What agents say instead of the model: kept beside its reading, followed by the reports, queued for the next training.

The model's own reading stays in the message's analysis, so that it can be judged by. Reports count the corrected
reading: the event of the message is put in place of the old one, so the same correction twice counts once. The
conversation's category follows when it came from this message. Its running mood does not: routing has acted on it, and
it forgets the message within the next few by itself.
"""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import Conflict, Invalid, NotFound
from scrm.flow.report import Reporter
from scrm.flow.taxonomy import OwnTaxonomies
from scrm.ids import AgentId, ConversationId, MessageId, TaxonomyId
from scrm.model.analysis import Analysis, Sentiment
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, Corrected, Counted, Message
from scrm.model.taxonomy import LONGEST_EXAMPLE, Correction, CorrectionState, Source, Verdict
from scrm.ports.flow import ConversationChange
from scrm.ports.services import Analyser
from scrm.ports.stores import Page, Stores
from scrm.ports.taxonomy import BadRow, ImportReport, Table, TableRow

_NOTHING_SAID = ImportReport(
    rows=0, added=0, duplicates=0, bad_count=0, bad=(), conflict_count=0, conflicts=(), new_categories=(), encoding=""
)


class OwnCorrections:
    """change: `Hub.change`, for the line a changed category leaves in the thread."""

    def __init__(
        self,
        stores: Stores,
        analyser: Analyser,
        taxonomies: OwnTaxonomies,
        reporter: Reporter,
        clock: Clock,
        change: Callable[[ConversationId, ConversationChange, Author], Awaitable[Conversation]],
    ) -> None:
        self._stores = stores
        self._analyser = analyser
        self._taxonomies = taxonomies
        self._reporter = reporter
        self._clock = clock
        self._change = change

    async def correct(
        self, message_id: MessageId, *, category: str | UnsetType | None, sentiment: Sentiment | UnsetType, by: Author
    ) -> Message:
        codes = {each.code for each in self._analyser.taxonomy}

        async def work() -> Message:
            message = await self._stores.messages.get(message_id)
            if message is None:
                raise NotFound("There is no such message.")
            if message.analysis is None:
                raise Conflict("Nothing was read of this message, so there is nothing to correct.")
            stands = message.correction or message.analysis
            before = Verdict(category=stands.category, sentiment=stands.sentiment)
            now = Verdict(
                category=before.category if category is UNSET else category,
                sentiment=before.sentiment if sentiment is UNSET else sentiment,
            )
            if now.category not in {None, before.category, *codes}:
                raise Invalid("There is no such category.", errors={"category": "is not a category"})
            known = await self._stores.corrections.get(message_id)
            correction = self._correction(message, message.analysis, now, category, sentiment, known, by)
            if known is not None and replace(correction, at=known.at, by=known.by, state=known.state) == known:
                return message  # said before
            return await self._store(message, message.analysis, before, correction)

        return await self._stores.transaction(work)

    def _correction(
        self,
        message: Message,
        analysis: Analysis,
        now: Verdict,
        category: str | UnsetType | None,
        sentiment: Sentiment | UnsetType,
        known: Correction | None,
        by: Author,
    ) -> Correction:
        of_category = category is not UNSET or (known is not None and known.of_category)
        teaches = of_category and now.category is not None and 0 < len(message.content.strip()) <= LONGEST_EXAMPLE
        return Correction(
            id=message.id,
            conversation_id=message.conversation_id,
            text=message.content[:LONGEST_EXAMPLE],
            was=Verdict(category=analysis.category, sentiment=analysis.sentiment),
            now=now,
            of_category=of_category,
            of_sentiment=sentiment is not UNSET or (known is not None and known.of_sentiment),
            model=analysis.model,
            by=by,
            at=self._clock.now(),
            state=CorrectionState.WAITING if teaches else CorrectionState.NOTED,
            decided_by=known.decided_by if known else None,
            decided_at=known.decided_at if known else None,
        )

    async def _store(self, message: Message, analysis: Analysis, before: Verdict, correction: Correction) -> Message:
        now = correction.now
        says = Corrected(category=now.category, sentiment=now.sentiment, by=correction.by, at=correction.at)
        changed = await self._stores.messages.set_correction(message.id, says)
        if changed is None:
            raise NotFound("There is no such message.")
        await self._stores.corrections.save(correction)
        conversation = await self._stores.conversations.get(message.conversation_id)
        if conversation is None:
            return changed
        if changed.counted is None:  # of a time before it was kept
            changed = replace(changed, counted=Counted(category=conversation.category))
        event = self._reporter.mood(changed)
        await self._stores.reports.amend(event)
        if conversation.category == before.category != now.category:
            await self._change(conversation.id, ConversationChange(category=now.category), correction.by)
        return changed

    async def page(self, state: CorrectionState, *, after: Page | None, limit: int) -> Sequence[Correction]:
        return await self._stores.corrections.page(state, after=after, limit=limit)

    async def decide(
        self, message_ids: Sequence[MessageId], *, taxonomy_id: TaxonomyId | None, by: Author
    ) -> ImportReport:
        now = self._clock.now()
        agent = AgentId(by.id) if by.id is not None and by.type is AuthorType.AGENT else None
        if taxonomy_id is None:
            await self._stores.corrections.decide(message_ids, CorrectionState.DROPPED, agent, now)
            return _NOTHING_SAID
        found = await self._stores.corrections.get_many(message_ids)
        waiting = [each for each in found.values() if each.state is CorrectionState.WAITING and each.now.category]
        version = await self._taxonomies.get(taxonomy_id)
        names = {each.code: each.name_zh for each in version.categories}
        ours = [each for each in waiting if each.now.category in names]
        foreign = [each for each in waiting if each.now.category not in names]
        table = Table(
            rows=tuple(
                TableRow(line=line, text=" ".join(each.text.split()), category=each.now.category or "")
                for line, each in enumerate(ours, start=1)
            ),
            bad=tuple(BadRow(line=0, reason="no_category", text=each.text[:60]) for each in foreign),
            encoding="",
        )
        messages = [each.id for each in ours]
        told = await self._taxonomies.take_in(
            taxonomy_id, table, code=None, source=Source.CORRECTION, by=by, messages=messages
        )
        # Those that contradict an example wait on: somebody has to say which is right.
        disputed = {row.line for row in told.conflicts}
        taken = [each.id for line, each in enumerate(ours, start=1) if line not in disputed]
        await self._stores.corrections.decide(taken, CorrectionState.ACCEPTED, agent, now)
        return told
