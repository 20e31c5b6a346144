"""Destinations are sealed, a notice is queued once and taken up once, incidents change by compare-and-set."""

import pytest
from msgspec.structs import replace

from scrm.errors import Stale
from scrm.model.incidents import ReplyState
from scrm.model.notices import NoticeState, Telling
from scrm.ports.stores import Page
from scrm.storage.alerts import DESTINATIONS
from scrm.storage.stores import MongoStores
from tests.storage import notices as made
from tests.storage.records import at


async def test_a_destination_is_sealed_and_remembers_how_it_went(stores: MongoStores) -> None:
    place = made.destination()
    await stores.destinations.save(place)
    stored = await stores.database[DESTINATIONS].find_one({"_id": place.id})
    assert stored is not None
    assert b"geheim" not in bytes(stored["settings"])
    assert await stores.destinations.get(place.id) == place
    await stores.destinations.note(place.id, at(1), "签名不对")
    [failed] = await stores.destinations.all()
    assert (failed.last_error, failed.last_error_at, failed.last_sent_at) == ("签名不对", at(1), None)
    await stores.destinations.note(place.id, at(2), None)
    assert await stores.destinations.get(place.id) == replace(place, last_sent_at=at(2))
    assert await stores.destinations.delete(place.id)
    assert not await stores.destinations.delete(place.id)


async def test_a_notice_is_queued_once_and_taken_up_once(stores: MongoStores) -> None:
    notice = made.notice()
    assert await stores.notices.add([notice]) == 1
    assert await stores.notices.add([replace(notice, letter=replace(notice.letter, title="别的"))]) == 0
    assert await stores.notices.due(at(-1), 5) == []
    [due] = await stores.notices.due(at(0), 5)
    assert due == notice
    assert await stores.notices.begin(due, at(0), at(60))
    assert not await stores.notices.begin(due, at(0), at(60))  # who read it before has lost it
    assert await stores.notices.due(at(59), 5) == []
    [again] = await stores.notices.due(at(60), 5)
    assert again.attempts == 1
    assert len(await stores.notices.begun_since(notice.destination_id, at(-60))) == 1
    await stores.notices.postpone(notice.id, at(90), "busy")
    await stores.notices.finish(notice.id, at(100), "gone")
    assert await stores.notices.due(at(999), 5) == []
    assert await stores.notices.retry(notice.id, at(200))
    assert not await stores.notices.retry(notice.id, at(200))
    await stores.notices.finish(notice.id, at(201), None)
    found = await stores.notices.get(notice.id)
    assert found is not None
    assert (found.state, found.error, found.attempts) == (NoticeState.SENT, None, 0)


async def test_notices_of_a_destination_page_newest_first(stores: MongoStores) -> None:
    several = [made.notice(created_at=at(-step)) for step in range(4)]
    await stores.notices.add([*several, made.notice(destination_id="other")])
    first = await stores.notices.page(several[0].destination_id, after=None, limit=3)
    rest = await stores.notices.page(
        several[0].destination_id, after=Page(at=first[-1].created_at, id=first[-1].id), limit=3
    )
    assert [each.id for each in (*first, *rest)] == [each.id for each in several]
    assert await stores.notices.forget_before(at(-1)) == 2


async def test_a_rule_tells_once_and_takes_its_tellings_along(stores: MongoStores) -> None:
    rule = made.rule()
    await stores.alert_rules.save(rule)
    telling = Telling(id="r|w|new", rule_id=rule.id, alert_id=made.incident().id, at=at(5))
    await stores.alert_rules.tell([telling, replace(telling, id="r|x|new", at=at(9))])
    await stores.alert_rules.tell([replace(telling, at=at(50))])
    assert [each.at for each in await stores.alert_rules.told(rule.id, at(0))] == [at(9), at(5)]
    assert await stores.alert_rules.all() == [rule]
    assert await stores.alert_rules.delete(rule.id)
    assert await stores.alert_rules.told(rule.id, at(0)) == []


async def test_an_incident_changes_by_compare_and_set(stores: MongoStores) -> None:
    first = await stores.incidents.save(made.incident())
    assert first.version == 1
    for stale in (made.incident(id=first.id), replace(first, version=7)):
        with pytest.raises(Stale):
            await stores.incidents.save(stale)
    assert await stores.incidents.sending() == []
    sending = await stores.incidents.save(replace(first, reply=made.reply(state=ReplyState.SENDING)))
    assert await stores.incidents.sending() == [sending]
    assert await stores.incidents.get(first.id) == sending
