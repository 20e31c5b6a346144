"""What the hub stands on before any of its rooms is loaded: the address it serves, and its database."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from scrm.clock import SystemClock, end_tasks
from scrm.config import Settings
from scrm.errors import StartupError
from scrm.ids import UlidFactory
from scrm.storage.server import EmbeddedServer

if TYPE_CHECKING:
    from scrm.ports.stores import Stores


@contextmanager
def port_of(settings: Settings) -> Iterator[socket.socket]:
    """The address to be served, taken at once: whoever cannot have it hears so before anything else is done, and nobody
    is answered before all is ready. Raises StartupError."""
    try:
        family, *_, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise unusable(settings, error) from error
    with bound:
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except OSError as error:
            raise unusable(settings, error) from error
        yield bound


def unusable(settings: Settings, error: OSError) -> StartupError:
    return StartupError(f"Port {settings.port} on {settings.host} cannot be used: {error.strerror}.")


@asynccontextmanager
async def database(settings: Settings, clock: SystemClock) -> AsyncIterator[Awaitable[str]]:
    """Its URL, to be awaited; the embedded one, where no other is configured, is being started meanwhile and lives as
    long as the block. Awaiting raises StartupError."""
    if settings.mongodb_url is not None:
        url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        url.set_result(settings.mongodb_url)
        yield url
        return
    server = EmbeddedServer(settings.data, clock)
    starting = asyncio.create_task(server.start(), name="database start")
    try:
        yield starting
    finally:
        await end_tasks(starting)
        await server.stop()


async def opened(stack: AsyncExitStack, url: str, settings: Settings, clock: SystemClock, ids: UlidFactory) -> "Stores":
    from scrm.storage.stores import open_stores  # takes as long as a third of the database's start
    from scrm.storage.vault import load_or_create_key

    key = load_or_create_key(settings.key_file)
    stores = await open_stores(url, database=settings.mongodb_database, key=key, clock=clock, ids=ids)
    stack.push_async_callback(stores.close)
    return stores
