"""What the hub stands on, whatever its rooms are: the database, one session to all platforms, the address it serves."""

import os
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, ClientTimeout, web

from scrm import accounts
from scrm.clock import SystemClock
from scrm.config import Settings
from scrm.errors import StartupError
from scrm.flow.hub import FlowSettings
from scrm.ids import UlidFactory
from scrm.ports.stores import Stores
from scrm.storage.server import EmbeddedServer
from scrm.storage.stores import open_stores
from scrm.storage.vault import load_or_create_key

# Steps of a kind (taking in, reading) at the same time. The embedded server does one thing at a time in any case: with
# two, acknowledging at 20 messages a second took 146 ms (p99) instead of 91, and nothing was on the timelines sooner.
ABREAST_EMBEDDED, ABREAST = 1, 16
# One request to a platform: connecting, then the whole. A send that takes longer has an unknown outcome.
PLATFORM_TIMEOUT = ClientTimeout(total=15, connect=5, sock_connect=5)


@asynccontextmanager
async def served_stores(settings: Settings, clock: SystemClock, ids: UlidFactory) -> AsyncIterator[Stores]:
    """The stores for serving; the embedded database, where nothing else is configured, lives as long."""
    async with AsyncExitStack() as stack:
        if settings.mongodb_url is not None:
            yield await opened(stack, settings.mongodb_url, settings, clock, ids)
            return
        server = EmbeddedServer(settings.data, clock)
        url = await server.start()
        stack.push_async_callback(server.stop)
        stores = await opened(stack, url, settings, clock, ids)
        # The folder is locked by this process, so every lease in it is of one that is gone: nothing to wait for.
        for lease in await stores.leases.held(clock.now()):
            await stores.leases.release(lease.name, lease.owner)
        yield stores


async def opened(stack: AsyncExitStack, url: str, settings: Settings, clock: SystemClock, ids: UlidFactory) -> Stores:
    key = load_or_create_key(settings.key_file)
    stores = await open_stores(url, database=settings.mongodb_database, key=key, clock=clock, ids=ids)
    stack.push_async_callback(stores.close)
    return stores


@asynccontextmanager
async def platform_session() -> AsyncIterator[ClientSession]:
    async with ClientSession(timeout=PLATFORM_TIMEOUT, trust_env=True) as session:
        yield session


def flow_settings(settings: Settings) -> FlowSettings:
    return FlowSettings(
        owner=f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}",
        zone=ZoneInfo(settings.time_zone),
        reopen_within=timedelta(hours=settings.reopen_within_hours),
        media_limit=settings.media_limit_mb * 1024 * 1024,
        journal_keep=timedelta(days=settings.journal_keep_days),
        abreast=ABREAST_EMBEDDED if settings.embedded else ABREAST,
        works="worker" in settings.roles,
        hooks=f"{settings.public_url.rstrip('/')}/hooks" if settings.public_url else None,
        files=f"{settings.public_url.rstrip('/')}/files" if settings.public_url else None,
        workspace=settings.workspace_name,
    )


async def welcome(stores: Stores, settings: Settings, clock: SystemClock, ids: UlidFactory) -> None:
    """Print the first administrator's password, once in a workspace's life."""
    made = await accounts.first_administrator(stores, settings, clock=clock, ids=ids)
    if made is not None:
        shown = "(from the settings)" if settings.admin_password else made.password
        print(f"first sign-in: login {made.login} password {shown}", flush=True)


@contextmanager
def port_of(settings: Settings) -> Iterator[socket.socket]:
    """The address to be served, taken at once: whoever cannot have it hears so before anything else is done, and nobody
    is answered before all is ready. Raises StartupError."""
    try:
        family, *_, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _unusable(settings, error) from error
    with bound:
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except OSError as error:
            raise _unusable(settings, error) from error
        yield bound


@asynccontextmanager
async def site(app: web.Application, bound: socket.socket, settings: Settings) -> AsyncIterator[str]:
    """Its URL, once requests are answered there. Raises StartupError."""
    runner = web.AppRunner(app, access_log=None, handler_cancellation=False, shutdown_timeout=10)
    await runner.setup()
    try:
        try:
            await web.SockSite(runner, bound).start()
        except OSError as error:
            raise _unusable(settings, error) from error
        yield f"http://{settings.host}:{bound.getsockname()[1]}"
    finally:
        await runner.cleanup()


def _unusable(settings: Settings, error: OSError) -> StartupError:
    return StartupError(f"Port {settings.port} on {settings.host} cannot be used: {error.strerror}.")
