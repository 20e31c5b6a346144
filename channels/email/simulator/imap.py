"""The IMAP side of the simulated provider (RFC 3501, IDLE, ID): what mail programs need to read one folder."""

import asyncio
import re
import ssl
from base64 import b64decode
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from channels.email.simulator.folder import SimulatedFolder, Stored, section

CAPABILITIES = "IMAP4rev1 ID IDLE UIDPLUS AUTH=PLAIN"
_TOKEN = re.compile(rb'\s*("(?:[^"\\]|\\.)*"|\((?:[^()"]|"(?:[^"\\]|\\.)*")*\)|[^\s"()]+(?:\([^)]*\))?[^\s"()]*)')
_BODY = re.compile(r"BODY(?:\.PEEK)?\[([A-Z0-9.]*)\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)


class Faults:
    """cut: commands at which the line is cut, once each. refuse: commands answered with NO, once each, in words."""

    def __init__(self) -> None:
        self.cut: list[str] = []
        self.refuse: dict[str, str] = {}
        self.idle = True


class ImapDoor:
    def __init__(
        self,
        folder: SimulatedFolder,
        users: dict[str, str],
        *,
        tls: ssl.SSLContext | None = None,
        announce: Callable[[], None] = lambda: None,
    ) -> None:
        """users: passwords by name. tls: for STARTTLS."""
        self.folder = folder
        self.users = users
        self.tls = tls
        self.faults = Faults()
        self.commands: list[str] = []
        self._announce = announce
        self._lines: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
            await _Line(self, reader, writer).run()
        self._lines.discard(writer)
        writer.transport.abort()

    def hang_up(self) -> None:
        """Cut every line."""
        for writer in list(self._lines):
            writer.transport.abort()

    def heard(self, name: str) -> None:
        self.commands.append(name)
        self._announce()


class _Line:
    def __init__(self, door: ImapDoor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._door = door
        self._reader = reader
        self._writer = writer
        self._user = ""
        self._opened = False
        self._seen: list[Stored] = []  # the folder, as this line was told of it

    async def run(self) -> None:
        await self._say("* OK simulated mailbox")
        while True:
            line = (await self._reader.readuntil(b"\n")).rstrip(b"\r\n")
            line = await self._with_literals(line)
            tag, _, rest = line.partition(b" ")
            words = [_plain(found) for found in _TOKEN.findall(rest)]
            if not words:
                await self._say(f"{tag.decode('ascii', 'replace')} BAD what?")
                continue
            name = words[0].upper()
            if name == "UID" and len(words) > 1:
                name, words = f"UID {words[1].upper()}", words[1:]
            self._door.heard(name)
            if name in self._door.faults.cut:
                self._door.faults.cut.remove(name)
                return
            answer = await self._answer(name, words[1:], tag.decode("ascii", "replace"))
            await self._say(f"{tag.decode('ascii', 'replace')} {answer}")
            if name == "LOGOUT":
                return
            if name == "STARTTLS" and self._door.tls is not None:
                await self._writer.start_tls(self._door.tls)

    async def _with_literals(self, line: bytes) -> bytes:
        while found := re.search(rb"\{(\d{1,6})(\+?)\}$", line):
            if not found[2]:
                await self._say("+ go on")
            data = await self._reader.readexactly(int(found[1]))
            quoted = b'"' + data.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
            line = line[: found.start()] + quoted + (await self._reader.readuntil(b"\n")).rstrip(b"\r\n")
        return line

    async def _answer(self, name: str, words: Sequence[str], tag: str) -> str:
        refusal = self._door.faults.refuse.pop(name, None)
        if refusal is not None:
            return f"NO {refusal}"
        match name:
            case "CAPABILITY":
                await self._say(f"* CAPABILITY {self._capabilities()}")
            case "STARTTLS":
                return "OK begin" if self._door.tls is not None else "BAD no"
            case "ID":
                await self._say('* ID ("name" "simulator")')
            case "LOGIN":
                return self._signed_in(*words[:2])
            case "AUTHENTICATE":
                await self._say("+ ")
                given = b64decode(await self._reader.readuntil(b"\n")).decode().split("\0")
                return self._signed_in(*given[1:3])
            case "LOGOUT":
                await self._say("* BYE")
            case "NOOP" | "CHECK":
                await self._tell()
            case _ if not self._user:
                return "NO sign in first"
            case "SELECT" | "EXAMINE":
                return await self._open(name, words)
            case "LIST" | "LSUB":
                await self._say(f'* {name} (\\HasNoChildren) "/" "INBOX"')
            case "STATUS":
                folder = self._door.folder
                items = f"MESSAGES {len(folder.mails)} UIDNEXT {folder.next_uid} UIDVALIDITY {folder.validity}"
                await self._say(f'* STATUS "INBOX" ({items})')
            case _ if not self._opened:
                return "NO open a folder first"
            case "CLOSE" | "UNSELECT":
                self._opened = False
            case "UID SEARCH" | "SEARCH":
                found = [place for place, each in enumerate(self._seen) if _matches(each, place, words, self._seen)]
                numbers = [str(self._seen[place].uid if name[0] == "U" else place + 1) for place in found]
                await self._say(" ".join(["* SEARCH", *numbers]))
            case "UID FETCH" | "FETCH":
                await self._fetch(words, by_uid=name[0] == "U")
            case "IDLE":
                return await self._idle()
            case _:
                return "BAD no such command"
        return "OK done"

    def _capabilities(self) -> str:
        found = CAPABILITIES if self._door.faults.idle else CAPABILITIES.replace(" IDLE", "")
        return found + (" STARTTLS" if self._door.tls is not None else "")

    def _signed_in(self, user: str = "", password: str = "") -> str:
        if self._door.users.get(user) != password:
            return "NO [AUTHENTICATIONFAILED] wrong user or password"
        self._user = user
        return "OK signed in"

    async def _open(self, name: str, words: Sequence[str]) -> str:
        folder = self._door.folder
        if not words or words[0].upper() != "INBOX":
            return "NO [NONEXISTENT] there is no such folder"
        self._opened = True
        self._seen = list(folder.mails)
        await self._say("* FLAGS (\\Seen \\Answered \\Deleted)")
        await self._say(f"* {len(self._seen)} EXISTS")
        await self._say("* 0 RECENT")
        await self._say(f"* OK [UIDVALIDITY {folder.validity}] valid")
        await self._say(f"* OK [UIDNEXT {folder.next_uid}] next")
        return "OK [READ-ONLY] open" if name == "EXAMINE" else "OK [READ-WRITE] open"

    async def _tell(self) -> None:
        """What came and went since this line was told."""
        if not self._opened:
            return
        held = {each.uid for each in self._door.folder.mails}
        for place in reversed(range(len(self._seen))):
            if self._seen[place].uid not in held:
                del self._seen[place]
                await self._say(f"* {place + 1} EXPUNGE")
        if len(self._door.folder.mails) > len(self._seen):
            self._seen = list(self._door.folder.mails)
            await self._say(f"* {len(self._seen)} EXISTS")

    async def _idle(self) -> str:
        if not self._door.faults.idle:
            return "BAD no such command"
        changed = self._door.folder.watch()
        done = asyncio.create_task(self._reader.readuntil(b"\n"), name="imap-done")
        try:
            await self._say("+ idling")
            while not done.done():
                changed.clear()
                await self._tell()
                waiting = asyncio.create_task(changed.wait(), name="imap-idle")
                await asyncio.wait([done, waiting], return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
            done.result()
        finally:
            self._door.folder.unwatch(changed)
            done.cancel()
        return "OK done"

    async def _fetch(self, words: Sequence[str], *, by_uid: bool) -> None:
        wanted = " ".join(words[1:]).strip()
        for place, mail in enumerate(self._seen):
            if _in_set(mail.uid if by_uid else place + 1, words[0], self._last(by_uid)):
                await self._fetched(place + 1, mail, wanted, by_uid=by_uid)

    def _last(self, by_uid: bool) -> int:
        return (self._seen[-1].uid if by_uid else len(self._seen)) if self._seen else 0

    async def _fetched(self, number: int, mail: Stored, wanted: str, *, by_uid: bool) -> None:
        pieces: list[bytes] = [f"UID {mail.uid}".encode()] if by_uid or "UID" in wanted.upper() else []
        if "RFC822.SIZE" in wanted.upper():
            pieces.append(f"RFC822.SIZE {len(mail.raw)}".encode())
        if "FLAGS" in wanted.upper():
            pieces.append(b"FLAGS ()")
        if "INTERNALDATE" in wanted.upper():
            pieces.append(f'INTERNALDATE "{mail.at:%d-%b-%Y %H:%M:%S +0000}"'.encode())
        if re.search(r"\bRFC822(?![.\w])", wanted, re.IGNORECASE):
            pieces.append(b"RFC822 {%d}\r\n" % len(mail.raw) + mail.raw)
        for found in _BODY.finditer(wanted):
            data = section(mail.raw, found[1].upper())
            name = f"BODY[{found[1].upper()}]"
            if found[2] is not None:
                start, length = int(found[2]), int(found[3])
                data, name = data[start : start + length], f"{name}<{start}>"
            pieces.append(name.encode() + (b" {%d}\r\n" % len(data) + data if data else b' ""'))
        self._writer.write(b"* %d FETCH (" % number + b" ".join(pieces) + b")\r\n")
        await self._writer.drain()

    async def _say(self, line: str) -> None:
        self._writer.write(line.encode("utf-8") + b"\r\n")
        await self._writer.drain()


def _plain(token: bytes) -> str:
    text = token.decode("utf-8", "replace")
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _in_set(number: int, wanted: str, last: int) -> bool:
    for part in wanted.split(","):
        low, _, high = part.partition(":")
        ends = [last if each == "*" else int(each) for each in (low, high or low) if each == "*" or each.isdigit()]
        if len(ends) == 2 and min(ends) <= number <= max(ends):
            return True
    return False


def _matches(mail: Stored, place: int, words: Sequence[str], seen: Sequence[Stored]) -> bool:
    """ALL, UID set, SINCE day, HEADER name value; what it does not know is true, as for a mailbox without flags."""
    rest = list(words)
    while rest:
        match rest.pop(0).upper():
            case "UID":
                if not _in_set(mail.uid, rest.pop(0), seen[-1].uid if seen else 0):
                    return False
            case "SINCE":
                day = datetime.strptime(rest.pop(0), "%d-%b-%Y").date()  # noqa: DTZ007 - a day
                if mail.at.date() < day:
                    return False
            case "HEADER":
                name, value = rest.pop(0).lower(), rest.pop(0)
                head = mail.raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
                lines = [line for line in head.split("\r\n") if line.lower().startswith(f"{name}:")]
                if not any(value.lower() in line.lower() for line in lines):
                    return False
            case number if re.fullmatch(r"[\d*:,]+", number):
                if not _in_set(place + 1, number, len(seen)):
                    return False
    return True
