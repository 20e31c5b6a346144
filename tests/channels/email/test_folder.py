"""The folder as it is read: pages, the place in it, files, waiting; and other implementations on both sides."""

import asyncio
import base64
import imaplib
import smtplib
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage

import aioimaplib
import pytest
from aiohttp import ClientSession, ClientTimeout
from aiosmtpd.controller import UnthreadedController
from aiosmtpd.handlers import Message as Handler

from channels.email import events
from channels.email.adapter import EmailAdapter
from channels.email.imap import Imap, ImapError, utf7
from channels.email.mailbox import FLOOD, PAGE
from channels.email.simulator import EmailSimulator
from channels.email.simulator.server import ADDRESS, PASSWORD
from scrm.clock import ManualClock
from scrm.errors import SendError, SendErrorCode
from scrm.ports.abilities import Pulled
from scrm.ports.channel import IncomingMessage, MediaRef, Notice, PlatformEvent
from tests.channels.conformance import NOW, MemoryTokens, make_adapter, text
from tests.channels.email.kit import IMAGE, MARKUP, PLAIN, EmailKit, mail, multipart, part


class Provider:
    def __init__(self, simulator: EmailSimulator, session: ClientSession, clock: ManualClock) -> None:
        self.simulator = simulator
        self.session = session
        self.clock = clock
        self.adapter = self.with_settings()

    def with_settings(self, **changes: str) -> EmailAdapter:
        settings = {**EmailKit().settings("{},{}".format(*self.simulator.ports)), **changes}
        adapter = make_adapter("email", settings, self.session, MemoryTokens(), self.clock)
        assert isinstance(adapter, EmailAdapter)
        return adapter

    async def all(self, cursor: str) -> tuple[list[str], str]:
        """Texts from a place on, and the place after them."""
        found: list[str] = []
        while True:
            page = await self.adapter.pull(cursor, "", None)
            found += texts(self.adapter, page)
            cursor = page.cursor
            if not page.more:
                return found, cursor


def texts(adapter: EmailAdapter, page: Pulled) -> list[str]:
    said = [event for request in page.requests for event in adapter.parse(request)]
    return [event.content for event in said if isinstance(event, IncomingMessage)]


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    clock = ManualClock(NOW)
    async with EmailSimulator(clock=clock) as simulator, ClientSession(timeout=ClientTimeout(total=1)) as session:
        yield Provider(simulator, session, clock)


def numbered(number: int) -> bytes:
    return mail(str(number), Message_ID=f"<{number}@x.example>", Subject=None, From=f"u{number}@x.example")


async def test_pages_follow_each_other_and_begin_at_the_end(provider: Provider) -> None:
    provider.simulator.put(numbered(0))
    first = await provider.adapter.pull("", "", None)
    assert (first.requests, first.more) == ((), False)
    for number in range(1, PAGE * 2 + 2):
        provider.simulator.put(numbered(number))
    found, cursor = await provider.all(first.cursor)
    assert found == [str(number) for number in range(1, PAGE * 2 + 2)]
    assert (await provider.all(cursor)) == ([], cursor)
    provider.simulator.folder.remove(provider.simulator.put(numbered(98)))
    provider.simulator.put(numbered(99))
    assert (await provider.all(cursor))[0] == ["99"]


async def test_earlier_days_are_taken_in_where_that_is_asked_for(provider: Provider) -> None:
    for days in (9, 3, 1):
        provider.simulator.put(numbered(days), NOW - timedelta(days=days))
    provider.adapter = provider.with_settings(history_days="5")
    assert (await provider.all(""))[0] == ["3", "1"]


async def test_a_folder_that_is_numbered_anew_is_read_from_two_days_before(provider: Provider) -> None:
    for days in (9, 1):
        provider.simulator.put(numbered(days), NOW - timedelta(days=days))
    cursor = (await provider.adapter.pull("", "", None)).cursor
    provider.simulator.put(numbered(0))
    before = await provider.adapter.pull(cursor, "", None)
    provider.simulator.folder.renumber(77)
    provider.simulator.put(numbered(100))
    after = await provider.adapter.pull(before.cursor, "", None)
    assert texts(provider.adapter, after) == ["1", "0", "100"]
    assert after.cursor.startswith("77.")
    # The same mail under another number is the same thing to the journal.
    assert before.requests[0].dedupe_key == after.requests[1].dedupe_key


@pytest.mark.parametrize("command", ["LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH"])
async def test_a_line_that_is_cut_loses_nothing(provider: Provider, command: str) -> None:
    cursor = (await provider.adapter.pull("", "", None)).cursor
    provider.simulator.put(numbered(1))
    provider.simulator.imap.faults.cut.append(command)
    with pytest.raises(SendError) as caught:
        await provider.adapter.pull(cursor, "", None)
    assert (caught.value.code, caught.value.retryable) == (SendErrorCode.UNREACHABLE, True)
    assert (await provider.all(cursor))[0] == ["1"]


@pytest.mark.parametrize(
    ("command", "words", "code", "retryable"),
    [
        ("LOGIN", "[AUTHENTICATIONFAILED] no", SendErrorCode.CREDENTIALS_REFUSED, False),
        ("LOGIN", "[UNAVAILABLE] later", SendErrorCode.PLATFORM_BUSY, True),
        ("EXAMINE", "Unsafe Login", SendErrorCode.NOT_PERMITTED, False),
        ("UID SEARCH", "no", SendErrorCode.PLATFORM_ERROR, True),
    ],
)
async def test_refusals_in_our_words(
    provider: Provider, command: str, words: str, code: SendErrorCode, retryable: bool
) -> None:
    provider.simulator.imap.faults.refuse[command] = words
    with pytest.raises(SendError) as caught:
        await provider.adapter.pull("1.0.20261119", "", None)
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert words in caught.value.detail
    assert PASSWORD not in caught.value.detail


async def test_a_large_mail_is_kept_without_its_files_which_are_fetched_by_their_numbers(provider: Provider) -> None:
    big = base64.encodebytes(bytes(range(256)) * 4000)
    name = 'Content-Disposition: attachment; filename="big.bin"'
    file = part(big, "Content-Type: application/x-test", "Content-Transfer-Encoding: base64", name)
    inner = part(multipart(PLAIN, file, boundary="inner"), "Content-Type: message/rfc822")
    shown = b"--r\r\n" + MARKUP + b"\r\n--r\r\n" + IMAGE + b"\r\n--r--"
    related = part(shown, 'Content-Type: multipart/related; boundary="r"')
    provider.simulator.put(multipart(related, file, inner))
    page = await provider.adapter.pull("1.0.20261119", "", None)
    assert len(page.requests[0].body) < 64 * 1024
    [event] = provider.adapter.parse(page.requests[0])
    assert isinstance(event, IncomingMessage)
    assert event.content == "退款\n\n你好\n世界"
    assert [(each.file_name, each.media_type) for each in event.media][:2] == [
        ("big.bin", "application/x-test"), ("退款.eml", "message/rfc822"),
    ]  # fmt: skip
    assert abs((event.media[0].size or 0) - 1_024_000) < 20_000
    fetched = await provider.adapter.fetch_media(event.media[0], 2_000_000)
    assert fetched.data == bytes(range(256)) * 4000
    assert (await provider.adapter.fetch_media(event.media[1], 2_000_000)).data.rstrip().endswith(b"--inner--")
    original = await provider.adapter.fetch_media(event.media[-1], 2_000_000)
    assert b"data:image/png;base64" in original.data
    provider.simulator.folder.renumber(5)  # found again by its Message-ID
    assert (await provider.adapter.fetch_media(event.media[0], 2_000_000)).data == fetched.data
    provider.simulator.folder.mails.clear()
    with pytest.raises(SendError) as caught:
        await provider.adapter.fetch_media(event.media[0], 2_000_000)
    assert caught.value.code is SendErrorCode.MEDIA_REFUSED


async def test_a_sender_that_writes_like_a_machine_opens_nothing(provider: Provider) -> None:
    for number in range(FLOOD + 1):
        provider.simulator.put(mail(str(number), Message_ID=f"<{number}@x.example>"))
    cursor, seen = "1.0.20261119", []
    for _ in range(2):
        page = await provider.adapter.pull(cursor, "", None)
        cursor = page.cursor
        seen += [event for request in page.requests for event in provider.adapter.parse(request)]
    assert [type(event) for event in seen] == [IncomingMessage] * FLOOD + [PlatformEvent]
    assert seen[-1].details["automatic"] == "flood"


async def test_waiting(provider: Provider) -> None:
    """A line that is new tells at once; then what comes does; one that was cut is new again."""
    adapter = provider.adapter
    for _ in range(2):
        [heard] = (await adapter.listen("")).requests
        [notice] = adapter.parse(heard)
        assert isinstance(notice, Notice) and notice.account == adapter.account
        before = provider.simulator.imap.commands.count("IDLE")
        waiting = asyncio.create_task(adapter.listen(""))
        async with asyncio.timeout(5):
            await provider.simulator.wait_until(lambda n=before: provider.simulator.imap.commands.count("IDLE") > n)  # type: ignore[misc]
            provider.clock.advance(1)
            provider.simulator.put(numbered(1))
            assert len((await waiting).requests) == 1
        provider.simulator.imap.hang_up()
        with pytest.raises(SendError):
            await adapter.listen("")
    adapter.close()


async def test_a_server_that_cannot_tell_is_asked(provider: Provider) -> None:
    provider.simulator.imap.faults.idle = False
    assert len((await provider.adapter.listen("")).requests) == 1
    waiting = asyncio.create_task(provider.adapter.listen(""))
    async with asyncio.timeout(5):
        while not provider.clock._sleepers:  # noqa: ASYNC110
            await asyncio.sleep(0)
    provider.clock.advance(30)
    assert (await waiting).requests == ()  # the minute's question finds what came
    assert "IDLE" not in provider.simulator.imap.commands
    assert provider.simulator.imap.commands.count("LOGIN") == 1


async def test_hostile_servers_end_in_an_error(provider: Provider) -> None:
    answers = [
        b"",
        b"* BYE no\r\n",
        b"* OK hi\r\n* 1 FETCH (" + b"(" * 60_000 + b"\r\n",
        b"* OK hi\r\n" + b"x" * 200_000,
        b"* OK hi\r\nh1 OK\r\n* {99999999999}\r\n",
        b"* OK hi\r\nh1 OK\r\nh2 OK\r\nh3 OK\r\n",
        b"* OK hi\r\nh1 OK\r\n* CAPABILITY \xff\r\nh2 OK\r\n* OK [UIDVALIDITY 1]\r\nh3 OK\r\n"
        b'* SEARCH 1 x 99999999999999 2\r\nh4 OK\r\n* 1 FETCH (UID 1 RFC822.SIZE "unended\r\nh5 OK\r\n',
    ]
    for answer in answers:

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter, said: bytes = answer) -> None:
            writer.write(said)
            writer.write_eof()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = str(server.sockets[0].getsockname()[1])
        with pytest.raises(SendError) as caught:
            await provider.with_settings(imap_port=port).pull("1.0.20261119", "", None)
        assert caught.value.certain
        server.close()


def test_names_of_folders() -> None:
    assert [utf7(name) for name in ("INBOX", "客服", "A&B/台北")] == ["INBOX", "&W6JnDQ-", "A&-B/&U,BTFw-"]
    assert utf7("其他文件夹").encode("ascii")


# Other implementations


async def test_the_standard_librarys_programs_work_with_the_simulator(provider: Provider) -> None:
    imap_port, smtp_port = provider.simulator.ports
    provider.simulator.put(multipart(PLAIN, MARKUP, kind="alternative"))

    def read() -> tuple[list[bytes], bytes, int]:
        with imaplib.IMAP4("127.0.0.1", imap_port, timeout=5) as box:
            box.login(ADDRESS, PASSWORD)
            box.select("INBOX", readonly=True)
            found = box.uid("SEARCH", "ALL")[1][0].split()
            data = box.uid("FETCH", found[0].decode(), "(RFC822.SIZE BODY.PEEK[1])")[1][0]
        written = EmailMessage()
        written["From"], written["To"], written["Subject"] = ADDRESS, "a@b.example", "你好"
        written.set_content("line\n.\n..two dots")
        with smtplib.SMTP("127.0.0.1", smtp_port, timeout=5) as door:
            door.login(ADDRESS, PASSWORD)
            refused = door.send_message(written)
        return found, data[1], len(refused)

    assert await asyncio.to_thread(read) == ([b"1"], "正文".encode(), 0)
    assert provider.simulator.sent[0].content == "line\n.\n..two dots"


async def test_aioimaplib_reads_the_simulator(provider: Provider) -> None:
    provider.simulator.put(mail("一"))
    client = aioimaplib.IMAP4("127.0.0.1", provider.simulator.ports[0], timeout=5)
    await client.wait_hello_from_server()
    assert (await client.login(ADDRESS, PASSWORD)).result == "OK"
    assert (await client.select("INBOX")).result == "OK"
    found = await client.uid("fetch", "1", "BODY.PEEK[TEXT]")
    assert "一".encode() in [bytes(line) for line in found.lines]
    idling = await client.idle_start(timeout=5)
    provider.simulator.put(mail("二"))
    assert b"2 EXISTS" in await client.wait_server_push(5)
    client.idle_done()
    await asyncio.wait_for(idling, 5)
    await client.logout()


async def test_aiosmtpd_takes_what_the_hub_sends(provider: Provider) -> None:
    taken: list[tuple[str, str]] = []

    class Keep(Handler):
        def handle_message(self, message: object) -> None:
            taken.append((str(message["Subject"]), str(message["X-RcptTo"])))  # type: ignore[index]

    controller = UnthreadedController(Keep(), "127.0.0.1", 0, loop=asyncio.get_running_loop())
    controller.server_coro = controller._create_server()
    server = await controller.server_coro
    port = str(server.sockets[0].getsockname()[1])
    await provider.with_settings(smtp_port=port).send(text("a@b.example", "你好\n.\n再见"))
    server.close()
    assert taken == [("=?utf-8?b?5L2g5aW9?=", "a@b.example")]


async def test_lines_are_never_two(provider: Provider) -> None:
    line = await Imap.open(provider.adapter._config.imap, 1)
    with pytest.raises(ImapError):
        await line.command("NOOP", "x\r\nh9 DELETE INBOX")
    line.abort()
    assert "DELETE" not in provider.simulator.imap.commands


async def test_what_is_asked_for_has_to_be_a_part(provider: Provider) -> None:
    for number in ("", "1 BODY[]", "1]", "HEADER"):
        ref = MediaRef(source=events.source(events.Source(validity=1, uid=1, part=number)))
        with pytest.raises(SendError) as caught:
            await provider.adapter.fetch_media(ref, 100)
        assert caught.value.code is SendErrorCode.MEDIA_REFUSED
