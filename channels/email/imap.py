"""One line to an IMAP server (RFC 3501; IDLE, RFC 2177; ID, RFC 2971): the eight commands that reading a folder needs.

What a server says is bounded: a line, a literal, an answer's length and depth, the time it takes. Raises `ImapError`,
which says whether the server refused something (`refused`) or the line failed; all of it can be asked again.
Why not a library: docs/decisions/0014-email.md.
"""

import asyncio
import re
import ssl
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress

from channels.email.config import Security, Server

MAX_LINE = 64 * 1024
MAX_LITERAL = 64 * 1024 * 1024
MAX_ANSWERS = 50_000
MAX_NESTING = 40
CONNECT_SECONDS = 15.0
COMMAND_SECONDS = 30.0
# A long mail over a slow line.
LONG_COMMAND = 4
IDENTITY = '("name" "scrm-hub" "vendor" "scrm-hub")'

Value = bytes | list["Value"] | None

_LITERAL = re.compile(rb"\{([0-9]{1,12})\+?\}\Z")
_ATOM = re.compile(rb'[^\s()"{]+')


class ImapError(Exception):
    """refused: the server's own words against what was asked. command: what that was, never its arguments."""

    def __init__(self, text: str, *, command: str = "", refused: bool = False) -> None:
        super().__init__(text)
        self.text = text[:200]
        self.command = command
        self.refused = refused


class Folder:
    """What EXAMINE says: the number that all UIDs hang on, and the next UID."""

    def __init__(self, validity: int, next_uid: int, messages: int) -> None:
        self.validity = validity
        self.next_uid = next_uid
        self.messages = messages


class Answer:
    """An untagged answer: its line, cut at the literals that stood in it."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = pieces

    @property
    def line(self) -> bytes:
        return self.pieces[0]

    def values(self) -> list[Value]:
        """As nested lists, what stands behind `* `. Raises ImapError."""
        return _Reader(self.pieces).read()


class Imap:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float) -> None:
        self._reader = reader
        self._writer = writer
        self._patience = patience
        self._count = 0
        self._capabilities: frozenset[str] = frozenset()
        self.messages = 0  # in the folder, as far as the server said

    @classmethod
    async def open(cls, server: Server, patience: float = COMMAND_SECONDS) -> "Imap":
        """Connected, encrypted and signed in. Raises ImapError."""
        context = ssl.create_default_context() if server.security is not Security.NONE else None
        try:
            async with asyncio.timeout(min(patience, CONNECT_SECONDS)):
                reader, writer = await asyncio.open_connection(
                    server.host,
                    server.port,
                    limit=MAX_LINE,
                    ssl=context if server.security is Security.TLS else None,
                )
        except (OSError, TimeoutError, ssl.SSLError) as error:
            raise ImapError(type(error).__name__, command="connect") from None
        line = cls(reader, writer, patience)
        try:
            await line._begin(server, context)
        except BaseException:
            line.abort()
            raise
        return line

    async def _begin(self, server: Server, context: ssl.SSLContext | None) -> None:
        async with self._in_time("greeting"):
            greeting = (await self._answer()).line
        if not greeting.upper().startswith((b"* OK", b"* PREAUTH")):
            raise ImapError(_shown(greeting), command="greeting", refused=True)
        if server.security is Security.STARTTLS and context is not None:
            await self.command("STARTTLS")
            async with self._in_time("STARTTLS"):
                await self._encrypt(context, server.host)
        if not greeting.upper().startswith(b"* PREAUTH"):
            await self._sign_in(server)
        await self._ask_capabilities()
        if "ID" in self._capabilities:
            # NetEase's servers (163, 126) open no folder to a program that does not say its name.
            with suppress(ImapError):
                await self.command("ID", IDENTITY)

    async def _encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Nothing a middleman put in before the handshake may be taken for the server's."""
        if self._reader._buffer:  # type: ignore[attr-defined]
            raise ImapError("the server spoke before the line was encrypted", command="STARTTLS")
        try:
            await self._writer.start_tls(context, server_hostname=host)
        except (OSError, ssl.SSLError) as error:
            raise ImapError(type(error).__name__, command="STARTTLS") from None

    async def _sign_in(self, server: Server) -> None:
        if server.user.isascii() and server.password.isascii():
            await self.command("LOGIN", _quoted(server.user), _quoted(server.password))
            return
        secret = b64encode(f"\0{server.user}\0{server.password}".encode()).decode()
        await self.command("AUTHENTICATE", "PLAIN", after=secret)

    async def _ask_capabilities(self) -> None:
        for answer in await self.command("CAPABILITY"):
            if answer.line.upper().startswith(b"* CAPABILITY "):
                self._capabilities = frozenset(answer.line.decode("ascii", "replace").upper().split()[2:])

    @property
    def can_idle(self) -> bool:
        return "IDLE" in self._capabilities

    async def examine(self, folder: str) -> Folder:
        """Open a folder for reading only."""
        validity = next_uid = 0
        for answer in await self.command("EXAMINE", _quoted(utf7(folder))):
            if found := re.search(rb"\[UIDVALIDITY (\d{1,12})\]", answer.line, re.IGNORECASE):
                validity = int(found[1])
            elif found := re.search(rb"\[UIDNEXT (\d{1,12})\]", answer.line, re.IGNORECASE):
                next_uid = int(found[1])
        if not validity:
            raise ImapError("the folder has no UIDVALIDITY", command="EXAMINE", refused=True)
        return Folder(validity, next_uid, self.messages)

    async def search(self, *criteria: str) -> list[int]:
        """UIDs, in order."""
        found: set[int] = set()
        for answer in await self.command("UID SEARCH", *criteria):
            if answer.line.upper().startswith(b"* SEARCH"):
                found.update(int(each) for each in answer.line.split()[2:] if each.isdigit() and len(each) < 12)
        return sorted(found)

    async def fetch(self, uids: Sequence[int], *items: str) -> dict[int, dict[str, Value]]:
        """Items by UID; of a mail that is gone, nothing. Names are upper case, without what was asked of them."""
        wanted = ",".join(map(str, uids))
        found: dict[int, dict[str, Value]] = {}
        for answer in await self.command("UID FETCH", wanted, f"(UID {' '.join(items)})"):
            if not re.match(rb"\* \d{1,10} FETCH ", answer.line, re.IGNORECASE):
                continue
            values = answer.values()
            fields = values[2] if len(values) > 2 else None
            if not isinstance(fields, list):
                continue
            pairs = {
                _shown(name).upper(): value
                for name, value in zip(fields[::2], fields[1::2], strict=False)
                if isinstance(name, bytes)
            }
            uid = pairs.get("UID")
            if isinstance(uid, bytes) and uid.isdigit() and len(uid) < 12:
                # A server may speak of a mail twice, the second time of its flags only.
                found.setdefault(int(uid), {}).update(pairs)
        return {uid: found[uid] for uid in uids if uid in found}

    async def idle(self, seconds: float) -> bool:
        """Wait until the folder has more mail than it had; whether it has."""
        before = self.messages
        tag = await self._send("IDLE")
        came = False
        began = False
        try:
            async with asyncio.timeout(seconds):
                while not came:
                    line = (await self._answer()).line
                    if not began and line.startswith(tag):
                        raise ImapError(_shown(line), command="IDLE", refused=True)
                    began = began or line.startswith(b"+")
                    came = self.messages > before
                    before = min(before, self.messages)
        except TimeoutError:
            pass
        if not began:
            raise ImapError("no answer", command="IDLE")
        async with self._in_time("IDLE"):
            self._write(b"DONE\r\n")
            await self._until(tag, "IDLE")
        return came or self.messages > before

    async def command(self, name: str, *arguments: str, after: str = "") -> list[Answer]:
        """after: sent once the server asks for more. Raises ImapError."""
        async with self._in_time(name, LONG_COMMAND if name == "UID FETCH" else 1):
            tag = await self._send(name, *arguments)
            return await self._until(tag, name, after)

    async def _send(self, name: str, *arguments: str) -> bytes:
        self._count += 1
        tag = f"h{self._count}"
        self._write(" ".join([tag, name, *arguments]).encode("utf-8") + b"\r\n")
        try:
            await self._writer.drain()
        except OSError as error:
            raise ImapError(type(error).__name__, command=name) from None
        return tag.encode()

    def _write(self, line: bytes) -> None:
        if line.count(b"\n") != 1 or b"\0" in line:
            raise ImapError("a line that would be two")  # settings cannot say that
        self._writer.write(line)

    async def _until(self, tag: bytes, name: str, after: str = "") -> list[Answer]:
        answers: list[Answer] = []
        size = 0
        while True:
            answer = await self._answer()
            line = answer.line
            if line.startswith(tag + b" "):
                word = line[len(tag) + 1 :].partition(b" ")[0].upper()
                if word != b"OK":
                    raise ImapError(_shown(line[len(tag) + 1 :]), command=name, refused=True)
                return answers
            if line.startswith(b"+"):
                self._write(after.encode("ascii") + b"\r\n")
                after = ""
                continue
            if line.upper().startswith(b"* BYE") and name != "LOGOUT":
                raise ImapError(_shown(line), command=name)
            answers.append(answer)
            size += sum(map(len, answer.pieces))
            if len(answers) > MAX_ANSWERS or size > MAX_LITERAL:
                raise ImapError("an answer without end", command=name)

    async def _answer(self) -> Answer:
        """One answer, with its literals."""
        pieces: list[bytes] = []
        size = 0
        while True:
            try:
                line = await self._reader.readuntil(b"\n")
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as error:
                raise ImapError(type(error).__name__) from None
            line = line.rstrip(b"\r\n")
            pieces.append(line)
            literal = _LITERAL.search(line)
            if literal is None:
                break
            size += int(literal[1])
            if size > MAX_LITERAL or len(pieces) > 2000:
                raise ImapError("an answer without end")
            try:
                pieces.append(await self._reader.readexactly(int(literal[1])))
            except (asyncio.IncompleteReadError, OSError) as error:
                raise ImapError(type(error).__name__) from None
        if exists := re.match(rb"\* (\d{1,10}) EXISTS", pieces[0], re.IGNORECASE):
            self.messages = int(exists[1])
        elif re.match(rb"\* \d{1,10} EXPUNGE", pieces[0], re.IGNORECASE):
            self.messages = max(0, self.messages - 1)
        return Answer(pieces)

    def _in_time(self, name: str, times: int = 1) -> "_InTime":
        return _InTime(self._patience * times, name)

    async def close(self) -> None:
        """Take leave, without waiting long for the answer."""
        with suppress(ImapError):
            async with asyncio.timeout(min(2.0, self._patience)):
                await self.command("LOGOUT")
        self.abort()

    def abort(self) -> None:
        self._writer.transport.abort()


class _InTime:
    """A time-out that says what took too long."""

    def __init__(self, seconds: float, name: str) -> None:
        self._timeout = asyncio.timeout(seconds)
        self._name = name

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, *error: object) -> None:
        try:
            await self._timeout.__aexit__(*error)  # type: ignore[arg-type]
        except TimeoutError:
            raise ImapError("no answer in time", command=self._name) from None


class _Reader:
    """Words, quoted strings, literals and lists (RFC 3501, 4), out of an answer's pieces."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._lines = [pieces[place] for place in range(0, len(pieces), 2)]
        self._literals = [pieces[place] for place in range(1, len(pieces), 2)]
        self._place = 0
        self._line = self._lines[0].removeprefix(b"* ")
        self._at = 0

    def read(self) -> list[Value]:
        return self._list(0, top=True)

    def _list(self, depth: int, *, top: bool = False) -> list[Value]:
        if depth > MAX_NESTING:
            raise ImapError("lists within lists without end")
        found: list[Value] = []
        while True:
            while self._line[self._at : self._at + 1] == b" ":
                self._at += 1
            mark = self._line[self._at : self._at + 1]
            if not mark:
                if top and self._place >= len(self._literals):
                    return found
                raise ImapError("a list that does not end")
            if mark == b")":
                self._at += 1
                return found
            if mark == b"(":
                self._at += 1
                found.append(self._list(depth + 1))
            elif mark == b'"':
                found.append(self._string())
            elif mark == b"{":
                found.append(self._literal())
            else:
                found.append(self._atom())

    def _string(self) -> bytes:
        matched = re.compile(rb'"((?:[^"\\]|\\.)*)"').match(self._line, self._at)
        if matched is None:
            raise ImapError("a string that does not end")
        self._at = matched.end()
        return re.sub(rb"\\(.)", rb"\1", matched[1])

    def _literal(self) -> bytes:
        if self._place >= len(self._literals):
            raise ImapError("a literal that is not there")
        data = self._literals[self._place]
        self._place += 1
        self._line, self._at = self._lines[self._place] if self._place < len(self._lines) else b"", 0
        return data

    def _atom(self) -> Value:
        matched = _ATOM.match(self._line, self._at)
        if matched is None:
            raise ImapError("no word")
        self._at = matched.end()
        return None if matched[0].upper() == b"NIL" else matched[0]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def utf7(folder: str) -> str:
    """A folder's name as IMAP writes it (RFC 3501, 5.1.3): 客服 is &W6KbTQ-."""
    pieces: list[str] = []
    for found in re.finditer(r"[\x20-\x7e]+|[^\x20-\x7e]+", folder):
        text = found[0]
        if text[0].isascii() and text[0].isprintable():
            pieces.append(text.replace("&", "&-"))
        else:
            coded = b64encode(text.encode("utf-16-be", "surrogatepass")).decode().rstrip("=").replace("/", ",")
            pieces.append(f"&{coded}-")
    return "".join(pieces)


def _shown(line: bytes) -> str:
    return "".join(each if each.isprintable() else " " for each in line.decode("utf-8", "replace"))[:200]
