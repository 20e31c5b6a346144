"""Pages of comments and signatures, without a hub: the platform's own example, and what may go wrong in a walk."""

import json
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st

from channels.simulating.faults import Fault
from channels.weibo import events
from channels.weibo.comments import Place, read_page, read_place, written
from channels.weibo.simulator import WeiboSimulator
from channels.weibo.webhook import signature
from scrm.clock import ManualClock
from scrm.errors import ParseError, SendError
from tests.channels.conformance import NOW, text
from tests.channels.weibo.kit import ACCOUNT, REPLY, WeiboKit, comment


def test_the_platforms_example_of_a_signature() -> None:
    """open.weibo.com/wiki, 新手接入指南."""
    assert signature("xyz123xyz", "1397022061823", "57155157") == "90e4c22c90a58f26526c2dd5b6c56c8822edeaa1"


def listed(*numbers: int) -> dict[str, Any]:
    return {"comments": [comment(id=each, idstr=str(each)) for each in sorted(numbers, reverse=True)]}


@given(
    there=st.sets(st.integers(2, 60), max_size=40),
    seen=st.integers(1, 30),
    size=st.integers(1, 7),
    gaps=st.sets(st.integers(2, 60), max_size=10),
)
def test_a_walk_brings_everything_new_once(there: set[int], seen: int, size: int, gaps: set[int]) -> None:
    """gaps: deleted ones, which make a page shorter than it was asked for."""
    place, found, pages = Place(seen=seen), [], 0
    while True:
        below = place.below or 10**9
        page = [each for each in sorted(there, reverse=True) if seen < each <= below][:size]
        shown = [each for each in page if each not in gaps] or page[-1:]
        pulled = read_page(listed(*shown), place, ACCOUNT.uid, NOW)
        found += [int(request.dedupe_key.split(":")[1]) for request in pulled.requests]
        place = read_place(pulled.cursor)
        pages += 1
        if not pulled.more:
            break
    wanted = {each for each in there if each > seen}
    assert len(found) == len(set(found))
    assert wanted - gaps <= set(found) <= wanted
    assert place == Place(seen=max([seen, *found]))
    assert pages <= len(there) + 1


def test_a_first_look_takes_what_is_recent_and_does_not_walk_through_the_years() -> None:
    old = comment(id=5, idstr="5", created_at="Mon Jul 16 18:09:20 +0800 2012")
    pulled = read_page({"comments": [comment(id=9, idstr="9"), old]}, Place(), ACCOUNT.uid, NOW)
    assert [request.dedupe_key for request in pulled.requests] == ["comment:9"]
    assert (pulled.cursor, pulled.more) == ("9", False)


def test_a_first_look_goes_on_below_a_page_that_is_all_recent() -> None:
    pulled = read_page(listed(8, 9), Place(), ACCOUNT.uid, NOW)
    assert pulled.more
    assert read_place(pulled.cursor) == Place(newest=9, below=7)
    done = read_page(listed(), read_place(pulled.cursor), ACCOUNT.uid, NOW)
    assert (done.cursor, done.more) == ("9", False)


def test_our_own_comments_are_left_out_and_walked_past() -> None:
    ours = comment(id=9, idstr="9", user={"id": int(ACCOUNT.uid)})
    pulled = read_page({"comments": [ours]}, Place(seen=3), ACCOUNT.uid, NOW)
    assert pulled.requests == ()
    assert read_place(pulled.cursor) == Place(seen=3, newest=9, below=8)


@pytest.mark.parametrize("cursor", ["", "x", "1/2", "0/1/2", "-1/2/3", "1/2/3/4", "9" * 40])
def test_a_place_that_is_none_is_the_beginning(cursor: str) -> None:
    assert read_place(cursor) == Place()


@given(st.builds(Place, seen=st.integers(2, 10**18), newest=st.integers(1, 10**18), below=st.integers(1, 10**18)))
def test_a_place_is_read_as_it_was_written(place: Place) -> None:
    assert read_place(written(place)) == place


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(item=st.dictionaries(st.sampled_from(sorted(comment())), JUNK), junk=JUNK)
def test_no_page_breaks_it(item: dict[str, Any], junk: Any) -> None:
    try:
        pulled = read_page({"comments": [comment(**item), junk]}, Place(seen=1), ACCOUNT.uid, NOW)
    except SendError:
        return
    for request in pulled.requests:
        try:
            for event in events.commented(request):
                json.dumps(str(event)).encode("utf-8")
        except ParseError:
            pass
    with pytest.raises(SendError):
        read_page({"comments": {}}, Place(), ACCOUNT.uid, NOW)


@pytest.mark.parametrize("code", [10001, 10003, 10010, 10011])
async def test_what_failed_inside_the_platform_may_have_been_done(code: int) -> None:
    async with WeiboSimulator(ACCOUNT, clock=ManualClock(NOW)) as simulator, ClientSession() as session:
        simulator.platform.push("王芳", "text", "在吗", {})
        simulator.inject(Fault(name=REPLY, code=code, status=500))
        adapter = WeiboKit().adapter(session, **ACCOUNT.settings(simulator.url))
        with pytest.raises(SendError) as caught:
            await adapter.send(text(simulator.platform.person("王芳").uid, "您好"))
    assert (caught.value.certain, caught.value.platform_code) == (False, str(code))
