"""The SMTP side of the simulated provider (RFC 5321): it takes what is sent, or fails as it is told to."""

import asyncio
import re
import ssl
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress

from scrm.model.base import Record

MAX_MAIL = 32 * 1024 * 1024
_PATH = re.compile(r"(?:FROM|TO):\s*<([^>]*)>", re.IGNORECASE)


class SmtpFault(Record, kw_only=True):
    """What befalls the next mail.

    at: the command it is answered at (AUTH, MAIL, RCPT, DATA for the mail itself). reply: in place of the answer.
    raw: bytes in place of it. hang, cut: no answer, or the end of the line; taken: the mail was taken all the same.
    """

    at: str = "DATA"
    reply: str = ""
    raw: bytes | None = None
    hang: bool = False
    cut: bool = False
    taken: bool = False


class SmtpDoor:
    def __init__(
        self,
        users: dict[str, str],
        take: Callable[[str, str, bytes], None],
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """users: passwords by name. take: told of each mail: from, to, and what was sent."""
        self.users = users
        self.take = take
        self.tls = tls
        self.faults: list[SmtpFault] = []
        self.released = asyncio.Event()

    def release(self) -> None:
        """End every line that hangs."""
        self.released.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
            await _Line(self, reader, writer).run()
        writer.transport.abort()


class _Cut(ConnectionError):
    pass


class _Line:
    def __init__(self, door: SmtpDoor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._door = door
        self._reader = reader
        self._writer = writer
        self._user = ""
        self._sender = ""
        self._recipients: list[str] = []

    async def run(self) -> None:
        await self._say("220 simulated mail")
        while True:
            line = (await self._reader.readuntil(b"\n")).decode("utf-8", "replace").rstrip("\r\n")
            name, _, rest = line.partition(" ")
            if not await self._answer(name.upper(), rest):
                return

    async def _answer(self, name: str, rest: str) -> bool:
        match name:
            case "EHLO" | "HELO":
                extra = ["STARTTLS"] if self._door.tls is not None and not self._encrypted else []
                words = ["simulator", f"SIZE {MAX_MAIL}", "8BITMIME", "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES", *extra]
                for each in words[:-1]:
                    self._writer.write(f"250-{each}\r\n".encode())
                await self._say(f"250 {words[-1]}")
            case "STARTTLS" if self._door.tls is not None:
                await self._say("220 begin")
                await self._writer.start_tls(self._door.tls)
            case "AUTH":
                await self._auth(rest)
            case "MAIL":
                await self._mail(rest)
            case "RCPT":
                await self._rcpt(rest)
            case "DATA":
                await self._data()
            case "RSET" | "NOOP":
                await self._say("250 2.0.0 OK")
            case "QUIT":
                await self._say("221 2.0.0 bye")
                return False
            case _:
                await self._say("500 5.5.1 no such command")
        return True

    @property
    def _encrypted(self) -> bool:
        return self._writer.get_extra_info("sslcontext") is not None

    async def _auth(self, rest: str) -> None:
        how, _, initial = rest.partition(" ")
        if how.upper() == "PLAIN":
            given = initial or await self._asked("")
            _, user, password = b64decode(given).decode().split("\0")
        else:
            user = b64decode(initial or await self._asked("VXNlcm5hbWU6")).decode()
            password = b64decode(await self._asked("UGFzc3dvcmQ6")).decode()
        if await self._befallen("AUTH"):
            return
        if self._door.users.get(user) != password:
            await self._say("535 5.7.8 wrong user or password")
            return
        self._user = user
        await self._say("235 2.7.0 signed in")

    async def _asked(self, question: str) -> str:
        await self._say(f"334 {question}")
        return (await self._reader.readuntil(b"\n")).decode().strip()

    async def _mail(self, rest: str) -> None:
        found = _PATH.match(rest)
        size = re.search(r"SIZE=(\d+)", rest)
        if await self._befallen("MAIL"):
            return
        if not self._user:
            await self._say("530 5.7.0 sign in first")
        elif found is None or found[1].lower() not in {user.lower() for user in self._door.users}:
            await self._say("553 5.7.1 not your address")
        elif size and int(size[1]) > MAX_MAIL:
            await self._say("552 5.3.4 too large")
        else:
            self._sender, self._recipients = found[1], []
            await self._say("250 2.1.0 OK")

    async def _rcpt(self, rest: str) -> None:
        found = _PATH.match(rest)
        if await self._befallen("RCPT"):
            return
        if found is None or "@" not in found[1]:
            await self._say("501 5.1.3 no address")
            return
        self._recipients.append(found[1])
        await self._say("250 2.1.5 OK")

    async def _data(self) -> None:
        if not self._recipients:
            await self._say("503 5.5.1 to whom?")
            return
        await self._say("354 go on")
        lines: list[bytes] = []
        size = 0
        while (line := await self._reader.readuntil(b"\n")) != b".\r\n":
            size += len(line)
            if size > MAX_MAIL:
                raise _Cut
            lines.append(line[1:] if line.startswith(b".") else line)
        mail = b"".join(lines)
        if await self._befallen("DATA", mail):
            return
        self._take(mail)
        await self._say("250 2.0.0 taken")

    def _take(self, mail: bytes) -> None:
        for recipient in self._recipients:
            self._door.take(self._sender, recipient, mail)

    async def _befallen(self, name: str, mail: bytes = b"") -> bool:
        """Whether something else happens than an answer."""
        fault = next((each for each in self._door.faults if each.at == name), None)
        if fault is None:
            return False
        self._door.faults.remove(fault)
        if fault.taken:
            self._take(mail)
        if fault.hang:
            await self._door.released.wait()
        if fault.hang or fault.cut:
            raise _Cut
        if fault.raw is not None:
            self._writer.write(fault.raw)
            await self._writer.drain()
        else:
            await self._say(fault.reply)
        return True

    async def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")
        await self._writer.drain()
