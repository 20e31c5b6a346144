import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from msgspec.structs import replace

from scrm.clock import ManualClock, SystemClock
from scrm.ids import ConversationId
from scrm.model.message import Author, AuthorType
from scrm.model.people import Role
from scrm.web.realtime.hall import CLOSED_RESTART, CLOSED_SIGNED_OUT, MOST_OF_ONE
from tests.web.conftest import CHANNEL, Desk, OpenDesk

PATIENCE = 15.0
AUTHOR = Author(type=AuthorType.API, id="t1", name="test")


@pytest.fixture
async def live(open_desk: OpenDesk) -> Desk:
    return await open_desk(SystemClock())


async def frame(socket: ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """The next frame of a kind."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = json.loads(await socket.receive_str())
            if found["type"] == kind:
                return found


async def closed(socket: ClientWebSocketResponse) -> int | None:
    async with asyncio.timeout(PATIENCE):
        while True:
            message = await socket.receive()
            if message.type is WSMsgType.CLOSE:
                # What was said; the socket's own code is another when the line is down before it could answer.
                return int(message.data)
            if message.type in (WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR):
                return socket.close_code


async def watch(socket: ClientWebSocketResponse, conversation_id: str, after: int) -> None:
    await socket.send_json({"type": "watch", "conversation_id": conversation_id, "after_position": after})


async def test_hello_comes_first_and_changes_follow(live: Desk) -> None:
    caller = await live.signed_in()
    socket = await caller.socket()
    hello = json.loads(await socket.receive_str())
    assert hello["type"] == "hello" and hello["agent_id"]
    await live.arrives("hello")
    found = await live.conversation()
    shown = await frame(socket, "conversation")
    assert shown["conversation"]["id"] == found.id
    await live.arrives("anybody?")
    while (shown := await frame(socket, "conversation"))["conversation"]["unread"] != 2:
        pass
    assert shown["conversation"]["contact"]["id"] == found.contact_id
    await caller.post(f"conversations/{found.id}/read", {"position": 100})
    while (shown := await frame(socket, "conversation"))["conversation"]["unread"] != 0:
        pass


def counted(*, mine: int, unassigned: int) -> dict[str, int]:
    """Of one conversation."""
    return {"mine": mine, "unassigned": unassigned, "all": 1, "backlog": 1, "backlog_unassigned": unassigned}


async def test_counts_follow_what_changes_them(live: Desk) -> None:
    caller = await live.signed_in()
    socket = await caller.socket()
    await live.arrives("hello")
    found = await live.conversation()
    while (await frame(socket, "counts"))["counts"] != counted(mine=0, unassigned=1):
        pass
    me = (await caller.get("session"))[1]["agent"]["id"]
    await caller.patch(f"conversations/{found.id}", {"assignee_id": me})
    while (await frame(socket, "counts"))["counts"] != counted(mine=1, unassigned=0):
        pass
    while (await frame(socket, "agent"))["agent"]["open_conversations"] != 1:
        pass


async def test_a_watched_conversation_is_caught_up_and_then_followed(live: Desk) -> None:
    caller = await live.signed_in()
    await live.arrives("one", "two", "three")
    found = await live.conversation()
    socket = await caller.socket()
    await watch(socket, found.id, 1)
    backlog = [await frame(socket, "message") for _ in range(found.last_position - 1)]
    assert [each["message"]["position"] for each in backlog] == list(range(2, found.last_position + 1))
    assert (await frame(socket, "caught_up"))["position"] == found.last_position
    await live.arrives("four")
    assert (await frame(socket, "message"))["message"]["content"] == "four"

    await watch(socket, found.id, -1)
    before = json.loads(await socket.receive_str())
    while before["type"] != "caught_up":
        assert before["type"] != "message" or before["message"]["content"] == "four"
        before = json.loads(await socket.receive_str())
    await watch(socket, "nothing", 0)
    assert (await frame(socket, "error"))["code"] == "not_found"


async def test_a_status_change_comes_with_a_higher_revision(live: Desk) -> None:
    caller = await live.signed_in()
    await live.arrives("hello")
    found = await live.conversation()
    socket = await caller.socket()
    await watch(socket, found.id, found.last_position)
    await frame(socket, "caught_up")
    await caller.post(f"conversations/{found.id}/messages", {"content": "yes", "client_id": "c-1"})
    await live.works()
    revisions: dict[str, int] = {}
    while True:
        message = (await frame(socket, "message"))["message"]
        assert message["revision"] > revisions.get(message["id"], -1)
        revisions[message["id"]] = message["revision"]
        if message["status"] == "sent":
            break


async def test_cutting_the_socket_during_200_messages_misses_nothing_and_repeats_nothing(live: Desk) -> None:
    caller = await live.signed_in()
    await live.arrives("first")
    found = await live.conversation()
    total = 200

    async def write() -> None:
        for number in range(total):
            await live.hub.note(
                found.id, author=AUTHOR, content=f"n{number}", client_id=f"n-{number}", mentions=(), attachments=()
            )

    writing = asyncio.create_task(write())
    position, cuts, received = 0, 0, list[int]()
    revisions: dict[str, int] = {}
    async with asyncio.timeout(90):
        while len(revisions) < total + found.last_position:
            socket = await caller.socket()
            await watch(socket, found.id, position)
            fresh: dict[str, int] = {}
            for _ in range(40):
                try:
                    shown = json.loads(await socket.receive_str(timeout=1))
                except TimeoutError:
                    break
                if shown["type"] != "message":
                    continue
                message = shown["message"]
                assert message["revision"] > fresh.get(message["id"], -1), "sent twice on one socket"
                fresh[message["id"]] = message["revision"]
                if message["id"] not in revisions:
                    assert message["position"] == position + 1, "out of order, or a gap"
                    position = message["position"]
                    received.append(position)
                revisions[message["id"]] = message["revision"]
            # As a line breaks: no closing handshake.
            assert socket._response.connection is not None
            transport = socket._response.connection.transport
            assert transport is not None
            transport.abort()
            cuts += 1
    await writing
    assert cuts > 4
    last = await live.stores.conversations.get(ConversationId(found.id))
    assert last is not None
    assert received == list(range(1, last.last_position + 1))


async def test_two_processes_show_each_other_s_changes(open_desk: OpenDesk) -> None:
    one, other = await open_desk(SystemClock()), await open_desk(SystemClock())
    caller = await one.signed_in()
    there = other.caller()
    await there.sign_in("lin")
    await one.arrives("hello")
    found = await one.conversation()
    socket = await there.socket()
    await watch(socket, found.id, found.last_position)
    await frame(socket, "caught_up")
    await caller.post(f"conversations/{found.id}/messages", {"content": "yes", "client_id": "c-1"})
    assert (await frame(socket, "message"))["message"]["content"] == "yes"


async def test_colleagues_who_look_see_who_writes(live: Desk) -> None:
    lin, wang = await live.signed_in("lin"), await live.signed_in("wang")
    await live.arrives("hello")
    found = await live.conversation()
    first, second = await lin.socket(), await wang.socket()
    for socket in (first, second):
        await watch(socket, found.id, found.last_position)
        await frame(socket, "caught_up")
    await first.send_json({"type": "typing", "conversation_id": found.id})
    shown = await frame(second, "typing")
    assert shown["conversation_id"] == found.id
    assert shown["agent_id"] == (await lin.get("session"))[1]["agent"]["id"]
    await wang.post(f"conversations/{found.id}/typing")
    assert (await frame(first, "typing"))["agent_id"] != shown["agent_id"]


async def test_whom_a_note_names_hears_of_it_wherever_they_look(live: Desk) -> None:
    lin, wang = await live.signed_in("lin"), await live.signed_in("wang")
    names = {who: (await caller.get("session"))[1]["agent"]["id"] for who, caller in (("lin", lin), ("wang", wang))}
    await live.arrives("hello")
    found = await live.conversation()
    writer, named, looking = await lin.socket(), await wang.socket(), await wang.socket()
    await watch(looking, found.id, found.last_position)
    await frame(looking, "caught_up")
    note = {"content": "@wang 请看一下", "client_id": "n1", "kind": "note", "mentions": [names["wang"], names["lin"]]}
    status, stored = await lin.post(f"conversations/{found.id}/messages", note)
    assert status == 201
    told = {"conversation_id": found.id, "position": stored["position"], "agent_id": names["lin"]}
    assert await frame(named, "mentioned") == {"type": "mentioned", **told, "content": "@wang 请看一下"}
    # Who wrote it, and who sees it anyway, are not told: nothing comes to them before what comes next.
    await live.arrives("anybody?")
    for socket, kind in ((writer, "conversation"), (looking, "message")):
        heard: dict[str, Any] = {"type": ""}
        while heard["type"] != kind or "anybody?" not in str(heard):
            heard = json.loads(await asyncio.wait_for(socket.receive_str(), PATIENCE))
            assert heard["type"] != "mentioned"


async def test_another_page_cannot_listen(desk: Desk) -> None:
    caller = await desk.signed_in()
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        with pytest.raises(WSServerHandshakeError) as refused:
            await caller.socket(headers=headers)
        assert refused.value.status == 403, headers


async def test_nobody_listens_without_signing_in(desk: Desk) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await desk.caller().socket()
    assert refused.value.status == 401


async def test_a_program_listens_with_its_token(live: Desk) -> None:
    program = await live.program()
    socket = await program.socket(headers=program.headers)
    assert (await frame(socket, "hello"))["agent_id"] is None
    await live.arrives("hello")
    assert (await frame(socket, "conversation"))["conversation"]["unread"] == 0
    (token,) = await live.stores.api_tokens.all()
    await program.delete(f"tokens/{token.id}")
    assert await closed(socket) == CLOSED_SIGNED_OUT


async def test_signing_out_closes_the_socket(desk: Desk) -> None:
    caller = await desk.signed_in()
    socket = await caller.socket()
    await frame(socket, "hello")
    await caller.delete("session")
    assert await closed(socket) == CLOSED_SIGNED_OUT


async def test_a_socket_ends_with_its_session(desk: Desk) -> None:
    caller = await desk.signed_in()
    socket = await caller.socket()
    await frame(socket, "hello")
    assert isinstance(desk.clock, ManualClock)
    desk.clock.advance(13 * 3600)
    assert await closed(socket) == CLOSED_SIGNED_OUT


async def test_disabling_an_agent_in_another_process_closes_the_socket(desk: Desk) -> None:
    caller = await desk.signed_in()
    socket = await caller.socket()
    await frame(socket, "hello")
    (agent,) = await desk.stores.agents.all()
    await desk.stores.agents.save(replace(agent, disabled=True))
    assert await closed(socket) == CLOSED_SIGNED_OUT


async def test_a_restart_tells_the_screens_to_come_back(desk: Desk) -> None:
    caller = await desk.signed_in()
    socket = await caller.socket()
    await frame(socket, "hello")
    ending = asyncio.create_task(closed(socket))
    await desk.server.close()
    assert await ending == 1012


NO_FRAMES: tuple[tuple[str | bytes, int], ...] = (
    ("no json", 1007),
    ('{"type": "shout"}', 1007),
    ('{"type": "watch", "conversation_id": {"$ne": ""}, "after_position": 0}', 1007),
    ('{"type": "watch", "conversation_id": "c", "after_position": 1e99}', 1007),
    ('{"type": "typing", "conversation_id": "\\ud800"}', 1007),
    ("[" * 5_000, 1007),
    ("x" * 10_000, 1009),
    (b"binary", 1008),
)


async def test_what_is_no_frame_ends_the_socket(desk: Desk) -> None:
    caller = await desk.signed_in()
    for said, code in NO_FRAMES:
        socket = await caller.socket()
        await frame(socket, "hello")
        await (socket.send_bytes(said) if isinstance(said, bytes) else socket.send_str(said))
        assert await closed(socket) == code, said[:40]


async def test_a_flood_ends_the_socket(desk: Desk) -> None:
    caller = await desk.signed_in()
    socket = await caller.socket()
    for _ in range(80):
        await socket.send_str('{"type":"pong"}')
    assert await closed(socket) == 1008


async def test_the_oldest_of_too_many_screens_gives_way(desk: Desk) -> None:
    caller = await desk.signed_in()
    sockets = [await caller.socket() for _ in range(MOST_OF_ONE + 1)]
    for socket in sockets[1:]:
        await frame(socket, "hello")
    assert await closed(sockets[0]) == 4429


async def test_a_contact_that_changes_is_shown_as_it_is_now(live: Desk) -> None:
    """A name fetched after the first message, or given by a colleague, stands in everybody's list at once."""
    caller, colleague = await live.signed_in(), await live.signed_in("wang")
    await live.arrives("hello")
    found = await live.conversation()
    await caller.get("conversations")
    socket = await caller.socket()
    await colleague.patch(f"contacts/{found.contact_id}", {"name": "王芳", "vip": True})
    shown = (await frame(socket, "contact"))["contact"]
    assert (shown["id"], shown["name"], shown["vip"]) == (found.contact_id, "王芳", True)
    await live.arrives("again")
    while (row := (await frame(socket, "conversation"))["conversation"])["incoming_count"] != 2:
        pass
    assert row["contact"]["name"] == "王芳"


async def test_a_renamed_channel_is_shown_by_its_new_name(live: Desk) -> None:
    caller = await live.signed_in(role=Role.ADMIN)
    socket = await caller.socket()
    await live.arrives("hello")
    assert (await frame(socket, "conversation"))["conversation"]["channel"]["name"] == "剧本"
    assert (await caller.patch(f"channels/{CHANNEL}", {"name": "新名"}))[0] == 200
    await live.arrives("hello again")
    while (await frame(socket, "conversation"))["conversation"]["channel"]["name"] != "新名":
        pass


async def test_with_another_role_a_screen_is_opened_anew(live: Desk) -> None:
    caller = await live.signed_in(role=Role.SUPERVISOR)
    socket = await caller.socket()
    await frame(socket, "hello")
    me = (await caller.get("session"))[1]["agent"]["id"]
    await (await live.program()).patch(f"agents/{me}", {"role": "agent"})
    assert await closed(socket) == CLOSED_RESTART
