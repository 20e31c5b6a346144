"""What is done after a message is stored: all of it, whatever happens meanwhile, and nothing in the way of anything."""

from collections.abc import Sequence
from typing import Any

import pytest

from scrm.flow.enrich import Enrich
from scrm.flow.tasks import MAX_ATTEMPTS
from scrm.model.message import Message
from scrm.model.work import TaskKind, partition_of
from scrm.ports.channel import Profile
from tests.flow.conftest import CHANNEL, WordAnalyser, World
from tests.flow.scripted import ScriptedAdapter


async def test_work_that_is_wanted_again_while_it_is_done_is_done_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def profile(_: ScriptedAdapter, handle: str) -> Profile:
        asked.append(handle)
        if len(asked) == 1:  # while the platform answers
            contact = (await world.conversation()).contact_id
            [again] = await world.stores.tasks.due(
                partition_of(CHANNEL, "alice"), world.clock.now(), 9, asks_platform=True
            )
            assert again.subject == contact
            await world.stores.tasks.add([again])
        return Profile()

    monkeypatch.setattr(ScriptedAdapter, "fetch_profile", profile)
    await world.says("hello")
    assert asked == ["alice", "alice"]


async def test_a_reading_that_cannot_even_be_given_up_holds_up_no_other(
    world: World, analyser: WordAnalyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Enrich._store

    async def breaks(self: Enrich, messages: Sequence[Message], *rest: Any) -> Any:
        if any(message.content == "poison" for message in messages):
            raise RuntimeError("a bug")
        return await store(self, messages, *rest)

    monkeypatch.setattr(Enrich, "_store", breaks)
    analyser.busy = 1  # so that they are read after they are stored
    await world.says("poison")
    await world.says("my refund", sender="bob")
    for _ in range(MAX_ATTEMPTS):
        world.clock.advance(600)
        await world.works()
    [failed] = await world.stores.tasks.failed(after=None, limit=9)
    assert failed.kind is TaskKind.ANALYSE
    assert (await world.conversation("bob")).category == "refund_return"
