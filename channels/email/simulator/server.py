"""The simulated mail provider, running: IMAP and SMTP on loopback, and a small API to watch and steer it.

async with EmailSimulator() as simulator:
    ...  # a channel of the hub with simulator.settings()
    await simulator.say("王芳", "你好")
    [reply] = await simulator.wait_for_sent(1)
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.policy import default as modern
from typing import Self

import msgspec
from aiohttp import web

from channels.email.simulator import people
from channels.email.simulator.folder import SimulatedFolder
from channels.email.simulator.imap import ImapDoor
from channels.email.simulator.people import Action, SentMail
from channels.email.simulator.smtp import SmtpDoor, SmtpFault
from channels.simulating import control
from channels.simulating.script import ScriptError
from scrm.clock import Clock, SystemClock

ADDRESS = "kefu@shop.example"
PASSWORD = "simulated"  # noqa: S105 - of nobody


class EmailSimulator:
    """One mailbox and its customers. Methods that name a `user` take any made-up name."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        security: str = "none",
        address: str = ADDRESS,
    ) -> None:
        """port: of the API that steers it; IMAP and SMTP take the two after it (0: any). tls, security: as a channel's
        settings word it, for both."""
        self.clock = clock or SystemClock()
        self.address = address
        self.folder = SimulatedFolder()
        self.users = {address: PASSWORD}
        self.sent: list[SentMail] = []
        starttls = tls if security == "starttls" else None
        self.imap = ImapDoor(self.folder, self.users, tls=starttls, announce=self._announce)
        self.smtp = SmtpDoor(self.users, self._take, tls=starttls)
        self._tls = tls if security == "tls" else None
        self._security = security
        self._port = port
        self._ports: tuple[int, int] = (port + 1, port + 2) if port else (0, 0)
        self._changed = asyncio.Event()
        self._servers: list[asyncio.Server] = []
        self._runner: web.AppRunner | None = None

    # Life

    async def __aenter__(self) -> Self:
        found: list[int] = []
        for serve, port in zip((self.imap.serve, self.smtp.serve), self._ports, strict=True):
            server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=self._tls, limit=1 << 20)
            self._servers.append(server)
            found.append(server.sockets[0].getsockname()[1])
        self._ports = (found[0], found[1])
        application = web.Application(client_max_size=control.MAX_BODY)
        control.add_routes(
            application,
            sent=lambda: [msgspec.structs.replace(mail, raw=b"") for mail in self.sent],
            status=lambda: {"mails": len(self.folder.mails), "sent": len(self.sent), "settings": self.settings()},
            posts={"say": self._said, "fault": self._faulted},
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.smtp.release()
        for server in self._servers:
            server.close()
        self.imap.hang_up()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def ports(self) -> tuple[int, int]:
        """Of IMAP and of SMTP."""
        return self._ports

    def settings(self) -> dict[str, str]:
        """What to paste into the hub."""
        imap, smtp = self._ports
        # Certificates are made out to a name.
        host = "localhost" if self._security != "none" else "127.0.0.1"
        return {
            "address": self.address,
            "name": "小店客服",
            "password": PASSWORD,
            "imap_host": host,
            "imap_port": str(imap),
            "imap_security": self._security,
            "smtp_host": host,
            "smtp_port": str(smtp),
            "smtp_security": self._security,
        }

    # What customers do

    async def say(self, user: str, text: str, **more: object) -> int:
        return await self.act(msgspec.convert({"user": user, "text": text, **more}, Action))

    async def act(self, action: Action) -> int:
        """Do it; the UID of the (last) mail. Raises ScriptError where there is nothing to answer."""
        answered = people.latest(self.sent, action.user)
        if (action.answers or action.type == "bounce") and answered is None:
            raise ScriptError("the hub has sent them nothing yet")
        if action.type == "bounce" and answered is not None:
            raw = people.bounce_of(answered, self.address, self.clock.now())
        else:
            mail = people.mail_of(action, self.address, self.clock.now(), answered if action.answers else None)
            raw = mail.as_bytes(policy=SMTP)
        return [self.put(raw) for _ in range(action.repeat)][-1]

    def put(self, raw: bytes, at: datetime | None = None) -> int:
        """Any bytes, as a mail that came in; its UID."""
        uid = self.folder.put(raw, at or self.clock.now())
        self._announce()
        return uid

    def _take(self, sender: str, recipient: str, raw: bytes) -> None:
        mail = message_from_bytes(raw, policy=modern)
        body = mail.get_body(("plain",)) if isinstance(mail, EmailMessage) else None
        files = (
            [part.get_filename() or "" for part in mail.iter_attachments()] if isinstance(mail, EmailMessage) else []
        )
        self.sent.append(
            SentMail(
                number=len(self.sent) + 1,
                at=self.clock.now(),
                recipient=recipient.lower(),
                user=sender,
                subject=str(mail["Subject"] or ""),
                content=_text(body) if body is not None else "",
                message_id=str(mail["Message-ID"] or ""),
                in_reply_to=str(mail["In-Reply-To"] or ""),
                references=str(mail["References"] or ""),
                files=tuple(files),
                raw=raw,
            )
        )
        self._announce()

    # What happened

    async def wait_until(self, holds: Callable[[], bool], within: float = 60.0) -> None:
        """Return once `holds`, which is asked again after every command and every mail. Raises TimeoutError when it
        does not come to hold within so many seconds."""
        async with asyncio.timeout(within):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    async def wait_for_sent(self, count: int) -> Sequence[SentMail]:
        await self.wait_until(lambda: len(self.sent) >= count)
        return self.sent[:count]

    def _announce(self) -> None:
        self._changed.set()

    async def _said(self, body: bytes) -> dict[str, object]:
        return {"uid": await self.act(people.read_action(body))}

    async def _faulted(self, body: bytes) -> None:
        self.smtp.faults.append(msgspec.json.decode(body, type=SmtpFault))


def _text(part: Message) -> str:
    content = part.get_content() if isinstance(part, EmailMessage) else ""
    return str(content).replace("\r\n", "\n").removesuffix("\n")
