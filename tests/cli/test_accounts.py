"""Accounts and tokens on the real store."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from scrm import accounts
from scrm.clock import ManualClock
from scrm.config import Settings
from scrm.errors import Duplicate, Invalid, NotFound
from scrm.ids import UlidFactory
from scrm.model.people import Role
from scrm.ports.stores import Stores
from scrm.storage.server import EmbeddedServer
from scrm.storage.stores import open_stores
from scrm.web.auth import digest, new_session
from scrm.web.passwords import Passwords

module_loop = pytest.mark.asyncio(loop_scope="module")

CLOCK = ManualClock()
IDS = UlidFactory(CLOCK)
NUMBERS = itertools.count()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Path, str]]:
    """A data folder whose database this process has open, as a running hub has."""
    data = tmp_path_factory.mktemp("accounts")
    server = EmbeddedServer(data)
    yield data, await server.start()
    await server.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def stores(running: tuple[Path, str]) -> AsyncIterator[Stores]:
    opened = await open_stores(running[1], database=f"a{next(NUMBERS)}", key=b"k" * 32, clock=CLOCK, ids=IDS)
    yield opened
    await opened.close()


async def fits(stores: Stores, login: str, password: str) -> bool:
    agent = await stores.agents.by_login(login)
    assert agent is not None
    return await Passwords().verify(agent.password_hash, password)


@module_loop
async def test_first_administrator_is_made_once(stores: Stores) -> None:
    made = await accounts.first_administrator(stores, Settings(admin_login="boss"), clock=CLOCK, ids=IDS)
    assert made is not None
    assert made.login == "boss"
    assert await fits(stores, "boss", made.password)
    (agent,) = await stores.agents.all()
    assert agent.role is Role.ADMIN
    assert made.password not in agent.password_hash
    assert await accounts.first_administrator(stores, Settings(), clock=CLOCK, ids=IDS) is None


@module_loop
async def test_first_administrator_may_bring_a_password(stores: Stores) -> None:
    settings = Settings(admin_password="a long password")
    made = await accounts.first_administrator(stores, settings, clock=CLOCK, ids=IDS)
    assert made is not None
    assert await fits(stores, "admin", "a long password")


@module_loop
async def test_new_password_ends_sessions(stores: Stores) -> None:
    await accounts.create_user(
        stores, login="li", name="李雷", role=Role.AGENT, password="first password", clock=CLOCK, ids=IDS
    )
    agent = await stores.agents.by_login("li")
    assert agent is not None
    _, session = new_session(agent.id, CLOCK.now())
    await stores.sessions.insert(session)
    made = await accounts.set_password(stores, login="li", password=None, clock=CLOCK)
    assert await fits(stores, "li", made.password)
    assert not await fits(stores, "li", "first password")
    assert await stores.sessions.get(session.id) is None


@module_loop
async def test_refusals(stores: Stores) -> None:
    async def create(login: str, password: str | None) -> None:
        await accounts.create_user(
            stores, login=login, name=login, role=Role.AGENT, password=password, clock=CLOCK, ids=IDS
        )

    await create("li", None)
    with pytest.raises(Duplicate):
        await create("li", None)
    with pytest.raises(Invalid, match="10 to 256 characters"):
        await create("han", "short")
    with pytest.raises(NotFound, match="nobody has the login han"):
        await accounts.set_password(stores, login="han", password=None, clock=CLOCK)


@module_loop
async def test_token_is_stored_as_its_digest(stores: Stores) -> None:
    token = await accounts.create_token(stores, "erp", clock=CLOCK, ids=IDS)
    found = await stores.api_tokens.by_digest(digest(token))
    assert found is not None
    assert (found.name, found.role) == ("erp", Role.ADMIN)


def test_generated_passwords_differ_and_are_long() -> None:
    made = {accounts.generate_password() for _ in range(100)}
    assert len(made) == 100
    assert {len(password) for password in made} == {19}
