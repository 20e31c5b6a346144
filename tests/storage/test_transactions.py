"""All or nothing, retried on conflict, over every store at once."""

import asyncio

import pytest
from msgspec.structs import replace
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import OperationFailure

from scrm.errors import Duplicate, Stale, StoreUnavailable
from scrm.ids import ContactId, ConversationId
from scrm.ports.stores import Stores
from scrm.storage import transaction
from tests.storage import records


async def test_everything_is_written_and_the_result_returned(stores: Stores) -> None:
    contact, message = records.contact(), records.message()

    async def work() -> str:
        await stores.contacts.insert(contact)
        assert await stores.contacts.get(contact.id) == contact
        await stores.messages.insert(message)
        return "done"

    assert await stores.transaction(work) == "done"
    assert await stores.contacts.get(contact.id) == contact
    assert await stores.messages.get(message.id) == message


async def test_nobody_sees_it_before_the_end(stores: Stores) -> None:
    contact = records.contact()
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await stores.contacts.insert(contact)
        inside.set()
        await go_on.wait()

    writing = asyncio.create_task(stores.transaction(work))
    await inside.wait()
    assert await stores.contacts.get(contact.id) is None
    go_on.set()
    await writing
    assert await stores.contacts.get(contact.id) == contact


async def test_an_error_undoes_everything_and_passes(stores: Stores) -> None:
    contact = records.contact()
    conversation = records.conversation()
    await stores.conversations.insert(conversation)

    async def work() -> None:
        await stores.contacts.insert(contact)
        await stores.conversations.save(replace(conversation, last_position=5))
        await stores.tasks.add([records.task()])
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await stores.transaction(work)
    assert await stores.contacts.get(contact.id) is None
    assert await stores.conversations.get(conversation.id) == conversation
    assert await stores.tasks.due(3, records.at(9), 9, asks_platform=False) == []
    assert transaction.current() is None


async def test_a_duplicate_undoes_everything(stores: Stores) -> None:
    message = records.message(external_ids=("e1",))
    await stores.messages.insert(message)
    contact = records.contact()
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        await stores.contacts.insert(contact)
        await stores.messages.insert(records.message(external_ids=("e1",)))

    with pytest.raises(Duplicate) as caught:
        await stores.transaction(work)
    assert caught.value.key == "external_id"
    assert runs == 1
    assert await stores.contacts.get(contact.id) is None


async def test_work_that_met_a_change_runs_again_from_its_start(stores: Stores) -> None:
    conversation = records.conversation()
    await stores.conversations.insert(conversation)

    async def add_one() -> None:
        now = await stores.conversations.get(conversation.id)
        assert now is not None
        await stores.conversations.save(replace(now, last_position=now.last_position + 1))

    await asyncio.gather(*(stores.transaction(add_one) for _ in range(8)))
    stored = await stores.conversations.get(conversation.id)
    assert stored is not None
    assert (stored.last_position, stored.version) == (8, 8)


async def test_stale_for_ever_comes_out_in_the_end(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "_ATTEMPTS", 3)
    stale = records.conversation()
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        await stores.conversations.save(stale)

    with pytest.raises(Stale):
        await stores.transaction(work)
    assert runs == 3


async def test_a_transaction_within_one_belongs_to_it(stores: Stores) -> None:
    contact, event = records.contact(), records.event()

    async def outer() -> None:
        await stores.transaction(lambda: stores.contacts.insert(contact))
        await stores.reports.record([event])
        raise LookupError

    with pytest.raises(LookupError):
        await stores.transaction(outer)
    assert await stores.contacts.get(contact.id) is None


async def test_one_who_is_cancelled_leaves_nothing_and_nobody_waiting(stores: Stores) -> None:
    conversation = records.conversation()
    await stores.conversations.insert(conversation)
    inside = asyncio.Event()

    async def work() -> None:
        await stores.conversations.save(replace(conversation, last_position=5))
        inside.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(stores.transaction(work))
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    saved = await asyncio.wait_for(stores.conversations.save(replace(conversation, last_position=1)), 10)
    assert saved.last_position == 1


async def test_an_ingest_of_many_customers_at_once_loses_nothing(stores: Stores) -> None:
    customers = [records.contact() for _ in range(6)]

    async def arrive(index: int) -> None:
        contact = customers[index]

        async def work() -> None:
            conversation = await stores.conversations.latest(contact.id, "ch")  # type: ignore[arg-type]
            if conversation is None:
                number = await stores.conversations.next_number()
                conversation = records.conversation(contact_id=contact.id, number=number)
                await stores.conversations.insert(conversation)
            position = conversation.last_position + 1
            message = records.message(conversation_id=conversation.id, position=position)
            await stores.messages.insert(message)
            await stores.conversations.save(replace(conversation, last_position=position))
            await stores.reports.record([records.event(id=f"in {message.id}")])

        for _ in range(4):
            await stores.transaction(work)

    await asyncio.gather(*(arrive(index) for index in range(6)))
    for contact in customers:
        conversation = await stores.conversations.latest(contact.id, "ch")  # type: ignore[arg-type]
        assert conversation is not None
        thread = await stores.messages.thread(ConversationId(conversation.id), after=0, until=99)
        assert [message.position for message in thread] == [1, 2, 3, 4]


async def test_what_may_have_been_committed_is_not_done_again(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database was killed between the commit and its answer. The driver asked again by itself, and a server that
    had just started knew of no such transaction."""
    contact, runs = records.contact(), 0
    commit = AsyncClientSession.commit_transaction

    async def answered_by_another(session: AsyncClientSession) -> None:
        await commit(session)
        raise OperationFailure("unknown", 251, {"errorLabels": ["TransientTransactionError"]})

    async def work() -> None:
        nonlocal runs
        runs += 1
        await stores.contacts.insert(replace(contact, id=ContactId(f"c{runs}")))

    monkeypatch.setattr(AsyncClientSession, "commit_transaction", answered_by_another)
    with pytest.raises(StoreUnavailable):
        await stores.transaction(work)
    assert runs == 1
    assert await stores.contacts.get(ContactId("c1")) is not None


async def test_a_closed_store_is_unavailable_not_broken(stores: Stores) -> None:
    await stores.close()  # type: ignore[attr-defined]
    with pytest.raises(StoreUnavailable):
        await stores.ping()
    with pytest.raises(StoreUnavailable):
        await stores.transaction(lambda: stores.contacts.insert(records.contact()))
    with pytest.raises(StoreUnavailable):
        await stores.journal.append([records.entry()])
