"""Sends a notice to its destination: one request, bounded in time and size, never redirected elsewhere."""

import asyncio
import hashlib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol

import aiosmtplib
from aiohttp import ClientError, ClientSession, ClientTimeout

from scrm.alerts import letter as letters
from scrm.alerts import robots
from scrm.alerts.bounded import bounded
from scrm.alerts.destinations import recipients
from scrm.alerts.robots import Refusal
from scrm.clock import Clock
from scrm.model.notices import Destination, DestinationKind, Notice, Reason

TIMEOUT = 15.0
_MOST_ANSWER = 64 * 1024


class Sends(Protocol):
    async def send(self, destination: Destination, notice: Notice) -> None:
        """Raises Refusal; nothing else that can be foreseen."""
        ...


class Senders:
    def __init__(self, session: ClientSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def send(self, destination: Destination, notice: Notice) -> None:
        if destination.kind is DestinationKind.EMAIL:
            await self._mail(destination, notice)
        else:
            await self._post(destination, notice)

    async def _post(self, destination: Destination, notice: Notice) -> None:
        request = robots.request(destination, notice, self._clock.now())
        try:
            async with self._session.post(
                request.url,
                data=request.body,
                headers=request.headers,
                allow_redirects=False,
                timeout=ClientTimeout(total=TIMEOUT),
            ) as response:
                body = await bounded(response, _MOST_ANSWER)
                status = response.status
        # The error's own text may hold the address, which is a secret.
        except TimeoutError:
            raise Refusal(Reason.TIMEOUT, again=True) from None
        except (ClientError, OSError, ValueError) as error:
            raise Refusal(Reason.UNREACHABLE, type(error).__name__, again=True) from None
        robots.check(destination, status, body)

    async def _mail(self, destination: Destination, notice: Notice) -> None:
        settings = destination.settings
        try:
            message = mail(destination, notice, format_datetime(self._clock.now()))
            refused, _ = await aiosmtplib.send(
                message,
                recipients=recipients(settings),
                sender=settings["sender"],
                hostname=settings["host"],
                port=int(settings["port"]),
                use_tls=settings["security"] == "tls",
                start_tls=settings["security"] == "starttls",
                username=settings["user"] or None,
                password=settings["password"] or None,
                timeout=TIMEOUT,
            )
        except (TimeoutError, aiosmtplib.SMTPTimeoutError, asyncio.IncompleteReadError):
            raise Refusal(Reason.TIMEOUT, again=True) from None
        except aiosmtplib.SMTPAuthenticationError as error:
            raise Refusal(Reason.CREDENTIALS_REFUSED, error.code) from None
        except aiosmtplib.SMTPRecipientsRefused:
            raise Refusal(Reason.RECIPIENTS_REFUSED) from None
        except aiosmtplib.SMTPResponseException as error:
            raise Refusal(Reason.REFUSED, error.code, again=400 <= error.code < 500) from None
        except (aiosmtplib.SMTPException, ssl.SSLError, OSError, ValueError) as error:
            raise Refusal(Reason.UNREACHABLE, type(error).__name__, again=True) from None
        if refused:
            raise Refusal(Reason.RECIPIENTS_REFUSED, len(refused))


def mail(destination: Destination, notice: Notice, date: str) -> EmailMessage:
    """The same notice has the same Message-ID, by which a mailbox knows a repeat."""
    settings, letter = destination.settings, notice.letter
    message = EmailMessage()
    message["Subject"] = letters.cut(letters.plain(letter.title), 200)
    message["From"] = Address("SCRM", addr_spec=settings["sender"])
    message["To"] = ", ".join(recipients(settings))
    message["Date"] = date
    name = hashlib.blake2b(f"{destination.id} {notice.id}".encode(), digest_size=16).hexdigest()
    message["Message-ID"] = f"<{name}@{settings['sender'].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.urgent:
        message["Importance"] = "high"
    message.set_content(letters.text(letter, destination.locale))
    message.add_alternative(letters.page(letter, destination.locale), subtype="html")
    return message
