"""The small stores, and that secrets are not readable in the database."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from msgspec.structs import replace

from scrm.errors import Duplicate, NotFound, StartupError
from scrm.ids import AgentId, ConversationId
from scrm.model.channel import ChannelState
from scrm.ports.services import BlobInfo
from scrm.storage.blobs import MongoBlobs
from scrm.storage.stores import MongoStores
from scrm.storage.vault import Vault, VaultError, load_or_create_key
from tests.storage import records


async def test_agents(stores: MongoStores) -> None:
    agent = records.agent(team_ids=("g1",))
    await stores.agents.insert(agent)
    with pytest.raises(Duplicate):
        await stores.agents.insert(records.agent(login=agent.login))
    changed = replace(agent, name="小王", disabled=True)
    await stores.agents.save(changed)
    assert await stores.agents.get(agent.id) == changed
    assert await stores.agents.by_login(agent.login) == changed
    assert await stores.agents.by_login("nobody") is None
    assert await stores.agents.all() == [changed]


async def test_sessions(stores: MongoStores) -> None:
    mine, mine_too, other = records.session(), records.session(), records.session(agent_id="a2")
    for session in (mine, mine_too, other):
        await stores.sessions.insert(session)
    assert await stores.sessions.get(mine.id) == mine
    await stores.sessions.delete(mine.id)
    assert await stores.sessions.get(mine.id) is None
    await stores.sessions.delete_of(AgentId("a1"))
    assert await stores.sessions.get(mine_too.id) is None
    assert await stores.sessions.get(other.id) == other


async def test_api_tokens(stores: MongoStores) -> None:
    token = records.api_token()
    await stores.api_tokens.insert(token)
    await stores.api_tokens.note_used(token.id, records.at(9))
    await stores.api_tokens.note_used(token.id, records.at(5))
    used = replace(token, last_used_at=records.at(9))
    assert await stores.api_tokens.by_digest(token.digest) == used
    assert await stores.api_tokens.by_digest("other") is None
    assert await stores.api_tokens.all() == [used]
    assert await stores.api_tokens.delete(token.id)
    assert not await stores.api_tokens.delete(token.id)


async def test_teams_labels_and_canned_replies(stores: MongoStores) -> None:
    kept: list[tuple[Any, Any, Any]] = [
        (stores.teams, records.team(categories=("refund",)), {"name": "售前"}),
        (stores.labels, records.label(), {"color": "#00ff00"}),
        (stores.canned_replies, records.canned(), {"uses": 3}),
        (stores.saved_views, records.saved_view(), {"shared": True}),
        (stores.saved_boards, records.saved_board(), {"query": {"range": "30"}}),
    ]
    for store, record, change in kept:
        await store.save(record)
        changed = replace(record, **change)
        await store.save(changed)
        assert await store.all() == [changed]
        assert await store.delete(record.id)
        assert not await store.delete(record.id)
        assert await store.all() == []
    await stores.labels.save(records.label(name="VIP"))
    with pytest.raises(Duplicate):
        await stores.labels.save(records.label(name="VIP"))
    await stores.canned_replies.save(records.canned(shortcut="hi"))
    with pytest.raises(Duplicate):
        await stores.canned_replies.save(records.canned(shortcut="hi"))


async def test_read_marks_only_move_forward(stores: MongoStores) -> None:
    far = records.mark(position=9, incoming_count=4, at=records.at(9))
    await stores.read_marks.save(far)
    await stores.read_marks.save(records.mark(position=3, incoming_count=2, at=records.at(3)))
    await stores.read_marks.save(records.mark(agent_id="a2"))
    wanted = [ConversationId("v1"), ConversationId("v2")]
    assert await stores.read_marks.of_agent(AgentId("a1"), wanted) == {"v1": far}
    assert await stores.read_marks.of_agent(AgentId("a1"), []) == {}


async def test_workspace_settings(stores: MongoStores) -> None:
    assert await stores.workspace.get("zone") is None
    await stores.workspace.put("zone", "UTC")
    await stores.workspace.put("zone", "Asia/Shanghai")
    assert await stores.workspace.get("zone") == "Asia/Shanghai"


async def test_channels_and_no_secret_in_the_raw_document(stores: MongoStores) -> None:
    channel = records.channel()
    await stores.channels.insert(channel)
    await stores.channels.note_received(channel.id, records.at(9))
    await stores.channels.note_received(channel.id, records.at(5))
    await stores.channels.note_error(channel.id, "token refused", records.at(8))
    stored = await stores.channels.get(channel.id)
    assert stored == replace(
        channel, last_received_at=records.at(9), last_error="token refused", last_error_at=records.at(8)
    )
    await stores.channels.note_error(channel.id, None, records.at(9))
    await stores.channels.save(replace(channel, state=ChannelState.PAUSED))
    assert await stores.channels.all() == [replace(channel, state=ChannelState.PAUSED)]
    raw = repr(await stores.database["channels"].find({}).to_list())
    assert channel.name in raw
    for secret in channel.settings.values():
        assert secret not in raw
    assert await stores.channels.delete(channel.id)
    assert not await stores.channels.delete(channel.id)
    assert await stores.channels.get(channel.id) is None


async def test_settings_moved_to_another_channel_do_not_open(stores: MongoStores) -> None:
    one, two = records.channel(), records.channel()
    await stores.channels.insert(one)
    await stores.channels.insert(two)
    stolen = (await stores.database["channels"].find({"_id": one.id}).to_list())[0]["settings"]
    await stores.database["channels"].update_one({"_id": two.id}, {"$set": {"settings": stolen}})
    with pytest.raises(VaultError):
        await stores.channels.get(two.id)


async def test_platform_tokens_are_sealed(stores: MongoStores) -> None:
    assert await stores.tokens.get("wx1") is None
    await stores.tokens.put("wx1", "an-old-token", records.at(1))
    await stores.tokens.put("wx1", "a-platform-token", records.at(9))
    assert await stores.tokens.get("wx1") == ("a-platform-token", records.at(9))
    assert "a-platform-token" not in repr(await stores.database["platform_tokens"].find({}).to_list())


async def test_files_are_replaced_whole(stores: MongoStores) -> None:
    large = bytes(range(256)) * 3000
    await stores.blobs.put("f1", large, "image/png", "图.png")
    assert await stores.blobs.get("f1") == large
    assert b"".join([chunk async for chunk in stores.blobs.stream("f1")]) == large
    await stores.blobs.put("f1", b"new", "image/png", None)
    await stores.blobs.put("f2", b"", "text/plain", None)
    assert await stores.blobs.get("f1") == b"new"
    assert await stores.blobs.get("f2") == b""
    assert await stores.blobs.info("f1") == BlobInfo(size=3, media_type="image/png", file_name=None)
    assert await stores.blobs.info("nothing") is None
    assert len(await stores.database["blobs.files"].find({}).to_list()) == 2
    assert len(await stores.database["blobs.chunks"].find({}).to_list()) == 1
    with pytest.raises(NotFound):
        await stores.blobs.get("nothing")


async def test_a_file_written_twice_at_once_is_there(stores: MongoStores, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two holders of one task, say, each with its whole file: neither removes the other's."""
    removing, real = asyncio.Barrier(2), MongoBlobs._forget

    async def together(self: MongoBlobs, revision: object) -> None:
        with suppress(TimeoutError, asyncio.BrokenBarrierError):
            async with asyncio.timeout(0.2):
                await removing.wait()
        await real(self, revision)

    monkeypatch.setattr(MongoBlobs, "_forget", together)
    await asyncio.gather(*(stores.blobs.put("f1", data, "text/plain", None) for data in (b"one", b"two")))
    assert await stores.blobs.get("f1") in (b"one", b"two")
    monkeypatch.undo()
    await stores.blobs.put("f1", b"three", "text/plain", None)
    assert await stores.blobs.get("f1") == b"three"
    assert len(await stores.database["blobs.files"].find({}).to_list()) == 1


def test_the_vault_rotates_and_refuses() -> None:
    old, new = bytes(range(32)), bytes(32)
    sealed = Vault([old]).seal(b"secret", "channels/1")
    assert Vault([new, old]).open(sealed, "channels/1") == b"secret"
    assert Vault([old]).seal(b"secret", "channels/1") != sealed
    for vault, value, place in (
        (Vault([new]), sealed, "channels/1"),
        (Vault([old]), sealed, "channels/2"),
        (Vault([old]), sealed[:-1] + bytes([sealed[-1] ^ 1]), "channels/1"),
        (Vault([old]), b"", "channels/1"),
        (Vault([old]), sealed[:8], "channels/1"),
    ):
        with pytest.raises(VaultError) as caught:
            vault.open(value, place)
        assert "secret" not in str(caught.value)
    with pytest.raises(StartupError):
        Vault([b"short"])
    with pytest.raises(StartupError):
        Vault([])


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Any) -> None:
    path = tmp_path / "data" / "key"
    key = load_or_create_key(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    assert load_or_create_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["key"]
    path.write_bytes(b"short")
    with pytest.raises(StartupError, match="damaged"):
        load_or_create_key(path)
    with pytest.raises(StartupError, match="cannot be read"):
        load_or_create_key(path / "below")
