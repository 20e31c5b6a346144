"""Every method of every store, called once with something that fits."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec.structs import replace

from scrm.ids import AgentId, AlertId, ContactId, ViewId
from scrm.model.account import AccountMenu, TagLinks
from scrm.model.analysis import Analysis, AnalysisState, Sentiment
from scrm.model.contact import IdentityScope
from scrm.model.exchange import Exchange, Way
from scrm.model.message import Attachment, AttachmentState, MessageStatus
from scrm.model.reports import Metric, ReportFilter
from scrm.model.search import Indexed, SearchFilter, Waiting, Wanted
from scrm.model.taxonomy import CorrectionState
from scrm.model.topics import Grain
from scrm.model.work import JournalState
from scrm.ports.stores import ConversationQuery, EvidenceQuery, Page, Reading
from scrm.storage.stores import MongoStores
from tests.mentions.calls import mention_calls
from tests.storage import notices, records, words


def every_call(stores: MongoStores) -> dict[str, Callable[[], Awaitable[Any]]]:
    word_list, word_record, answer = words.word_list(), words.word_record(), words.answer()
    s, now, page = stores, records.at(0), Page(at=records.at(0), id="x")
    message, conversation, contact = records.message(), records.conversation(), records.contact()
    entry, task, token = records.entry(), records.task(), records.api_token()
    pull, reply = records.pull(), records.outbox_entry(id=message.id)
    channel, agent, label, team, canned = (
        records.channel(),
        records.agent(),
        records.label(),
        records.team(),
        records.canned(),
    )
    identity = records.identity(contact)
    alert = records.alert()
    file = Attachment(id=records.new_id("f"), state=AttachmentState.STORED)  # type: ignore[arg-type]
    reading = Analysis(model="m", sentiment=Sentiment.NEUTRAL, score=0)
    indexed = Indexed(
        id=message.id,
        conversation_id=conversation.id,
        at=now,
        channel_id=channel.id,
        kind=message.kind,
        text="我要退款",
        words=("退款",),
    )
    days = ReportFilter(first_day="2026-11-01", last_day="2026-11-30", channel_id=channel.id, team_id=team.id)
    evidence = EvidenceQuery(metric=Metric.MOOD, filter=days, category="none", sentiment="negative")

    async def pages(call: Callable[[Page | None], Awaitable[Any]]) -> None:
        await call(None)
        await call(page)

    async def conversation_pages() -> None:
        for query in (
            ConversationQuery(),
            ConversationQuery(assignee="none", channel_id=channel.id, team_id=team.id, label_id=label.id),
            ConversationQuery(assignee="a1", statuses=(conversation.status,)),
        ):
            await pages(lambda after, query=query: s.conversations.page(query, after=after, limit=5))

    async def streamed() -> None:
        assert [chunk async for chunk in s.blobs.stream("f1")] == [b"data"]

    async def put_twice() -> None:
        for _ in range(2):
            await s.blobs.put("f1", b"data", "text/plain", None)

    return {
        "journal.append": lambda: s.journal.append([entry]),
        "journal.pending": lambda: s.journal.pending(3, 5),
        "journal.waiting_in": s.journal.waiting_in,
        "journal.finish": lambda: s.journal.finish([entry.id], now),
        "journal.fail": lambda: s.journal.fail(entry.id, "x", now),
        "journal.count_attempt": lambda: s.journal.count_attempt(entry.id, "x"),
        "journal.get": lambda: s.journal.get(entry.id),
        "journal.page": lambda: pages(
            lambda after: s.journal.page(JournalState.FAILED, channel_id=channel.id, after=after, limit=5)
        ),
        "journal.replay": lambda: s.journal.replay(entry.id),
        "journal.forget_before": lambda: s.journal.forget_before(now, 5),
        "channels.insert": lambda: s.channels.insert(channel),
        "channels.get": lambda: s.channels.get(channel.id),
        "channels.all": lambda: s.channels.all(),
        "channels.save": lambda: s.channels.save(channel),
        "channels.note_received": lambda: s.channels.note_received(channel.id, now),
        "channels.note_error": lambda: s.channels.note_error(channel.id, "x", now),
        "channels.note_exchanges": lambda: s.channels.note_exchanges(
            channel.id, [Exchange(at=now, way=Way.IN, kind="webhook")], 50
        ),
        "channels.exchanges": lambda: s.channels.exchanges(channel.id),
        "channels.delete": lambda: s.channels.delete(channel.id),
        "contacts.insert": lambda: s.contacts.insert(contact),
        "contacts.get": lambda: s.contacts.get(contact.id),
        "contacts.get_many": lambda: s.contacts.get_many([contact.id]),
        "contacts.save": lambda: s.contacts.save(contact),
        "contacts.page": lambda: pages(lambda after: s.contacts.page(after=after, limit=5)),
        "contacts.search": lambda: s.contacts.search("张伟", 5),
        "contacts.add_identity": lambda: s.contacts.add_identity(identity),
        "contacts.identity": lambda: s.contacts.identity(IdentityScope.CHANNEL, "ch", identity.value),
        "contacts.identities_of": lambda: s.contacts.identities_of([contact.id]),
        "contacts.identities": lambda: s.contacts.identities(contact.id),
        "contacts.handle": lambda: s.contacts.handle(contact.id, channel.id),
        "conversations.insert": lambda: s.conversations.insert(conversation),
        "conversations.get": lambda: s.conversations.get(conversation.id),
        "conversations.get_many": lambda: s.conversations.get_many([conversation.id]),
        "conversations.latest": lambda: s.conversations.latest(records.contact().id, channel.id),
        "conversations.counts_of": lambda: s.conversations.counts_of([conversation.contact_id]),
        "conversations.of_contact": lambda: s.conversations.of_contact(contact.id, 5),
        "conversations.save": lambda: s.conversations.save(replace(conversation, last_position=1)),
        "conversations.page": conversation_pages,
        "conversations.counts": lambda: s.conversations.counts(AgentId("a1")),
        "conversations.open_counts": lambda: s.conversations.open_counts(),
        "conversations.unassigned": lambda: s.conversations.unassigned(5),
        "conversations.waking": lambda: s.conversations.waking(now, 5),
        "conversations.standing": lambda: s.conversations.standing(channel.id, None),
        "conversations.unresolved": lambda: s.conversations.unresolved(channel.id, None),
        "conversations.next_number": lambda: s.conversations.next_number(),
        "conversations.next_numbers": lambda: s.conversations.next_numbers(3),
        "conversations.count_of_channel": lambda: s.conversations.count_of_channel(channel.id),
        "messages.insert": lambda: s.messages.insert(message),
        "messages.get": lambda: s.messages.get(message.id),
        "messages.get_many": lambda: s.messages.get_many([message.id]),
        "messages.by_external_id": lambda: s.messages.by_external_id(channel.id, "e1"),
        "messages.by_client_id": lambda: s.messages.by_client_id(conversation.id, "k1"),
        "messages.by_attachment": lambda: s.messages.by_attachment("f1"),
        "messages.thread": lambda: s.messages.thread(conversation.id, after=0, until=50),
        "messages.timeline": lambda: pages(lambda before: s.messages.timeline(contact.id, before=before, limit=5)),
        "messages.set_analyses": lambda: s.messages.set_analyses(
            [Reading(message_id=message.id, content=message.content, state=AnalysisState.DONE, analysis=reading)]
        ),
        "messages.set_correction": lambda: s.messages.set_correction(message.id, None),
        "messages.set_status": lambda: s.messages.set_status(message.id, MessageStatus.SENT, external_ids=("e9",)),
        "messages.requeue": lambda: s.messages.requeue(message.id),
        "messages.set_attachment": lambda: s.messages.set_attachment(message.id, file),
        "outbox.insert": lambda: s.outbox.insert(reply),
        "outbox.get": lambda: s.outbox.get(message.id),
        "outbox.waiting": lambda: s.outbox.waiting(3),
        "outbox.waiting_in": s.outbox.waiting_in,
        "outbox.begin": lambda: s.outbox.begin(message.id, "another"),
        "outbox.part_sent": lambda: s.outbox.part_sent(reply, 1, "e1"),
        "outbox.postpone": lambda: s.outbox.postpone(reply, now),
        "outbox.delete": lambda: s.outbox.delete(reply),
        "tasks.add": lambda: s.tasks.add([task]),
        "tasks.due": lambda: s.tasks.due(3, now, 5, asks_platform=False),
        "tasks.due_in": lambda: s.tasks.due_in(now, asks_platform=True),
        "tasks.postpone": lambda: s.tasks.postpone(task, now, "x"),
        "tasks.fail": lambda: s.tasks.fail(task, "x"),
        "tasks.failed": lambda: s.tasks.failed(after=None, limit=5),
        "tasks.get": lambda: s.tasks.get(task.id),
        "tasks.retry": lambda: s.tasks.retry(task.id, now),
        "messages.revise": lambda: s.messages.revise(message),
        "messages.read_again": lambda: s.messages.read_again(message.id),
        "tasks.done": lambda: s.tasks.done([task, replace(task, wanted=2)]),
        "tasks.delete": lambda: s.tasks.delete([task.id]),
        "pulls.plan": lambda: s.pulls.plan([pull]),
        "pulls.want": lambda: s.pulls.want(pull),
        "pulls.due": lambda: s.pulls.due(3, now, 5),
        "pulls.due_in": lambda: s.pulls.due_in(now),
        "pulls.advance": lambda: s.pulls.advance(pull, "wk1", "c1"),
        "pulls.rest": lambda: s.pulls.rest(pull, now),
        "pulls.postpone": lambda: s.pulls.postpone(pull, now, "x"),
        "pulls.get": lambda: s.pulls.get(pull.id),
        "pulls.delete": lambda: s.pulls.delete(pull.id),
        "leases.acquire": lambda: s.leases.acquire("p1", "me", now, now),
        "leases.renew": lambda: s.leases.renew(["p1", "p2"], "me", now),
        "leases.forget": lambda: s.leases.forget(now),
        "leases.release": lambda: s.leases.release("p1", "me"),
        "leases.held": lambda: s.leases.held(now),
        "tokens.put": lambda: s.tokens.put("wx1", "t", now),
        "tokens.get": lambda: s.tokens.get("wx1"),
        "agents.insert": lambda: s.agents.insert(agent),
        "agents.get": lambda: s.agents.get(agent.id),
        "agents.by_login": lambda: s.agents.by_login(agent.login),
        "agents.all": lambda: s.agents.all(),
        "agents.save": lambda: s.agents.save(agent),
        "sessions.insert": lambda: s.sessions.insert(records.session()),
        "sessions.get": lambda: s.sessions.get("s1"),
        "sessions.delete": lambda: s.sessions.delete("s1"),
        "sessions.delete_of": lambda: s.sessions.delete_of(agent.id),
        "api_tokens.insert": lambda: s.api_tokens.insert(token),
        "api_tokens.by_digest": lambda: s.api_tokens.by_digest(token.digest),
        "api_tokens.all": lambda: s.api_tokens.all(),
        "api_tokens.note_used": lambda: s.api_tokens.note_used(token.id, now),
        "api_tokens.delete": lambda: s.api_tokens.delete(token.id),
        "teams.save": lambda: s.teams.save(team),
        "teams.all": lambda: s.teams.all(),
        "teams.delete": lambda: s.teams.delete(team.id),
        "labels.save": lambda: s.labels.save(label),
        "labels.all": lambda: s.labels.all(),
        "labels.delete": lambda: s.labels.delete(label.id),
        "canned_replies.save": lambda: s.canned_replies.save(canned),
        "canned_replies.all": lambda: s.canned_replies.all(),
        "canned_replies.delete": lambda: s.canned_replies.delete(canned.id),
        **account_calls(s),
        "contacts.note_tagged": lambda: s.contacts.note_tagged("i9", [label.id]),
        "contacts.join": lambda: s.contacts.join(ContactId("gone"), contact.id),
        "conversations.join": lambda: s.conversations.join(ContactId("gone"), contact.id),
        "messages.join": lambda: s.messages.join(ContactId("gone"), contact.id),
        "word_lists.save": lambda: s.word_lists.save(word_list),
        "word_lists.all": lambda: s.word_lists.all(),
        "word_lists.get": lambda: s.word_lists.get(word_list.id),
        "word_lists.delete": lambda: s.word_lists.delete(word_list.id),
        "word_records.add": lambda: s.word_records.add([word_record]),
        "word_records.counts": lambda: s.word_records.counts(now, now),
        "word_records.page": lambda: s.word_records.page(word_list.id, after=page, limit=5),
        "answers.put": lambda: s.answers.put([answer]),
        "answers.since": lambda: s.answers.since(now),
        "answers.keep": lambda: s.answers.keep(0),
        "answers.clear": lambda: s.answers.clear(),
        "saved_boards.save": lambda: s.saved_boards.save(records.saved_board()),
        "saved_boards.all": lambda: s.saved_boards.all(),
        "saved_boards.delete": lambda: s.saved_boards.delete(ViewId("b1")),
        "saved_views.save": lambda: s.saved_views.save(records.saved_view()),
        "saved_views.all": lambda: s.saved_views.all(),
        "saved_views.delete": lambda: s.saved_views.delete(ViewId("w1")),
        "read_marks.save": lambda: s.read_marks.save(records.mark()),
        "read_marks.of_agent": lambda: s.read_marks.of_agent(agent.id, [conversation.id]),
        "reports.clear": lambda: s.reports.clear(),
        "reports.digest": lambda: s.reports.digest(days),
        "reports.load": lambda: s.reports.load([records.event()]),
        "reports.record": lambda: s.reports.record([records.event()]),
        "reports.amend": lambda: s.reports.amend(records.event()),
        "reports.rollups": lambda: s.reports.rollups(days, [Metric.MOOD]),
        "reports.values": lambda: s.reports.values(days, Metric.MOOD),
        "reports.begins_within": lambda: s.reports.begins_within("2026-11-01", "2026-11-30"),
        "reports.events": lambda: pages(lambda after: s.reports.events(evidence, after=after, limit=5)),
        "search.queue": lambda: s.search.queue([message.id]),
        "search.waiting": lambda: s.search.waiting(5),
        "search.add": lambda: s.search.add([indexed], [Waiting(id="w1", message_ids=(message.id,))]),
        "search.tidy": lambda: s.search.tidy(),
        "search.find": lambda: s.search.find([Wanted(text="退款")], SearchFilter(), now=now, limit=5),
        "search.rebuild": lambda: s.search.rebuild(),
        "topics.facts": lambda: s.topics.facts(now, now),
        "topics.known": lambda: s.topics.known([message.id]),
        "topics.record": lambda: s.topics.record([records.term_reading()], [now]),
        "topics.volumes": lambda: s.topics.volumes(Grain.DAY, now, now, channel.id),
        "topics.readings": lambda: pages(
            lambda after: s.topics.readings(records.reading_query(), after=after, limit=5)
        ),
        "topics.sayers": lambda: s.topics.sayers(replace(records.reading_query(), terms=("发热",))),
        "topics.words": lambda: s.topics.words([now]),
        "topics.forget": lambda: s.topics.forget(now, now),
        "topics.board": lambda: s.topics.board("24h|"),
        "topics.put_board": lambda: s.topics.put_board(records.board()),
        "topics.alert": lambda: s.topics.alert(AlertId("x1")),
        "topics.alerts": lambda: s.topics.alerts(now, 5),
        "topics.add_alert": lambda: s.topics.add_alert(alert),
        "topics.save_alert": lambda: s.topics.save_alert(alert),
        "workspace.put": lambda: s.workspace.put("zone", "UTC"),
        "workspace.get": lambda: s.workspace.get("zone"),
        **taxonomy_calls(s),
        **mention_calls(s),
        **notices.calls(s),
        "blobs.put": put_twice,
        "blobs.uploads": lambda: s.blobs.uploads(now, 5),
        "blobs.keep": lambda: s.blobs.keep("f1"),
        "blobs.delete": lambda: s.blobs.delete("none"),
        "blobs.info": lambda: s.blobs.info("f1"),
        "blobs.get": lambda: s.blobs.get("f1"),
        "blobs.stream": streamed,
    }


def account_calls(s: MongoStores) -> dict[str, Callable[[], Awaitable[Any]]]:
    code, template = records.qr_code(), records.template()
    channel, store = code.channel_id, s.accounts

    async def scan_pages() -> None:
        await store.scans(code.id, after=None, limit=5)
        await store.scans(code.id, after=Page(at=records.at(0), id="x"), limit=5)

    return {
        "accounts.add_qr": lambda: store.add_qr(code),
        "accounts.qr_codes": lambda: store.qr_codes(channel),
        "accounts.qr_code": lambda: store.qr_code(code.id),
        "accounts.qr_by_scene": lambda: store.qr_by_scene(channel, code.scene),
        "accounts.save_qr": lambda: store.save_qr(code),
        "accounts.delete_qr": lambda: store.delete_qr(code.id),
        "accounts.add_scan": lambda: store.add_scan(records.scan()),
        "accounts.scans": scan_pages,
        "accounts.scan_counts": lambda: store.scan_counts(channel),
        "accounts.menu": lambda: store.menu(channel),
        "accounts.save_menu": lambda: store.save_menu(AccountMenu(id=channel, saved_at=records.at(0))),
        "accounts.tag_links": lambda: store.tag_links(channel),
        "accounts.save_tag_links": lambda: store.save_tag_links(TagLinks(id=channel)),
        "accounts.templates": lambda: store.templates(channel),
        "accounts.template": lambda: store.template(channel, template.template_id),
        "accounts.save_templates": lambda: store.save_templates([template]),
    }


def taxonomy_calls(s: MongoStores) -> dict[str, Callable[[], Awaitable[Any]]]:
    version, now, page = records.taxonomy(), records.at(0), Page(at=records.at(0), id="x")
    example, correction = records.example(version), records.correction()
    waiting = CorrectionState.WAITING

    async def example_pages() -> None:
        await s.examples.page(version.id, code=None, after=None, limit=5)
        await s.examples.page(version.id, code="refund", after="x", limit=5)

    async def correction_pages() -> None:
        await s.corrections.page(waiting, after=None, limit=5)
        await s.corrections.page(waiting, after=page, limit=5)

    return {
        "taxonomies.insert": lambda: s.taxonomies.insert(version),
        "taxonomies.all": lambda: s.taxonomies.all(),
        "taxonomies.get": lambda: s.taxonomies.get(version.id),
        "taxonomies.save": lambda: s.taxonomies.save(version),
        "taxonomies.note_run": lambda: s.taxonomies.note_run(version.id, records.run()),
        "taxonomies.delete": lambda: s.taxonomies.delete(version.id),
        "taxonomies.publish": lambda: s.taxonomies.publish(records.publication()),
        "taxonomies.publications": lambda: s.taxonomies.publications(),
        "taxonomies.published_id": lambda: s.taxonomies.published_id(),
        "examples.add": lambda: s.examples.add([example]),
        "examples.get": lambda: s.examples.get(example.id),
        "examples.known": lambda: s.examples.known(version.id, [example.key]),
        "examples.page": example_pages,
        "examples.all": lambda: s.examples.all(version.id),
        "examples.counts": lambda: s.examples.counts(version.id),
        "examples.relabel": lambda: s.examples.relabel(example.id, "other"),
        "examples.move": lambda: s.examples.move(version.id, "other", "refund"),
        "examples.delete": lambda: s.examples.delete(example.id),
        "examples.delete_of": lambda: s.examples.delete_of(version.id, "refund"),
        "corrections.save": lambda: s.corrections.save(correction),
        "corrections.get": lambda: s.corrections.get(correction.id),
        "corrections.get_many": lambda: s.corrections.get_many([correction.id]),
        "corrections.page": correction_pages,
        "corrections.count": lambda: s.corrections.count(waiting),
        "corrections.between": lambda: s.corrections.between(now, records.at(1)),
        "corrections.decide": lambda: s.corrections.decide([correction.id], CorrectionState.DROPPED, None, now),
        "evaluations.save": lambda: s.evaluations.save(records.evaluation()),
        "evaluations.of_days": lambda: s.evaluations.of_days(["2026-11-20"]),
    }
