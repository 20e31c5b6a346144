"""Out: one mail over one line (RFC 5321), by aiosmtplib. Raises only SendError.

Until the mail's end is sent nothing is taken; afterwards only the server knows. So what goes wrong before is certain,
a refusal is certain, and a lost answer to the mail itself is not: then nobody sends it again but an agent.
"""

import ssl
from contextlib import suppress

import aiosmtplib
from aiosmtplib import SMTP

from channels.email.config import Security, Server
from channels.email.error_codes import refused
from scrm.errors import SendError, SendErrorCode

# Asked too early, servers that put strangers off (greylisting) begin anew.
RETRY_AFTER = 60.0


class Outgoing:
    def __init__(self, server: Server, address: str, *, patience: float) -> None:
        """patience: seconds for each answer."""
        self._server = server
        self._address = address
        self._patience = patience

    async def send(self, recipient: str, mail: bytes) -> None:
        client = await self._signed_in()
        try:
            await self._deliver(client, recipient, mail)
            with suppress(aiosmtplib.SMTPException, OSError, ValueError):
                await client.quit(timeout=min(2.0, self._patience))
        finally:
            client.close()

    async def check(self) -> None:
        client = await self._signed_in()
        client.close()

    async def _signed_in(self) -> SMTP:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=self._address.partition("@")[2],
            timeout=self._patience,
            use_tls=server.security is Security.TLS,
            start_tls=server.security is Security.STARTTLS,
        )
        try:
            await client.connect()
            await client.ehlo()
            if client.supports_extension("auth"):
                await client.login(server.user, server.password)
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            raise _answered(error) from None
        except aiosmtplib.SMTPNotSupported as error:
            client.close()
            raise SendError(SendErrorCode.NOT_PERMITTED, detail=f"SMTP: {error}"[:200]) from None
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, ValueError) as error:
            client.close()
            raise _unreachable(error) from None
        except BaseException:
            client.close()
            raise
        return client

    async def _deliver(self, client: SMTP, recipient: str, mail: bytes) -> None:
        try:
            options = [f"SIZE={len(mail)}"] if client.supports_extension("size") else []
            await client.mail(self._address, options=options)
            await client.rcpt(recipient)
        except aiosmtplib.SMTPResponseException as error:
            raise _answered(error) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _unreachable(error) from None
        try:
            await client.data(mail)
        except aiosmtplib.SMTPDataError as error:
            raise _answered(error) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise SendError(SendErrorCode.TIMEOUT, certain=False, detail=f"SMTP: {type(error).__name__}") from None


def _answered(error: aiosmtplib.SMTPResponseException) -> SendError:
    if not 400 <= error.code < 600:  # neither yes nor no
        certain = not isinstance(error, aiosmtplib.SMTPDataError)
        return SendError(
            SendErrorCode.PLATFORM_ERROR, certain=certain, platform_code=str(error.code), detail="SMTP: not an answer"
        )
    found = refused(error.code, error.message)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError) and not found.retryable:
        found.code = SendErrorCode.CREDENTIALS_REFUSED
    if found.retryable:
        found.retry_after = RETRY_AFTER
    return found


def _unreachable(error: Exception) -> SendError:
    return SendError(SendErrorCode.UNREACHABLE, retryable=True, detail=f"SMTP: {type(error).__name__}")
