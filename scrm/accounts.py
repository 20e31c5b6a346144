"""Accounts made from the command line and at the first start. Passwords and tokens are shown once and stored hashed."""

import secrets

import msgspec

from scrm.clock import Clock
from scrm.config import Settings
from scrm.errors import Duplicate, Invalid, NotFound
from scrm.ids import AgentId, IdFactory
from scrm.model.base import Record
from scrm.model.people import Agent, Role
from scrm.ports.stores import Stores
from scrm.web.auth import new_api_token
from scrm.web.passwords import MAX_LENGTH, MIN_LENGTH, Passwords

# Without letters and digits that look alike: it is read from a terminal and typed.
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Credentials(Record, kw_only=True):
    """For the person at the terminal, once."""

    login: str
    password: str


def generate_password() -> str:
    """About 93 random bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


async def create_user(
    stores: Stores, *, login: str, name: str, role: Role, password: str | None, clock: Clock, ids: IdFactory
) -> Credentials:
    """password None: a generated one. Raises Invalid, Duplicate."""
    password = _checked(password)
    now = clock.now()
    agent = Agent(
        id=AgentId(ids()),
        login=login,
        name=name,
        role=role,
        password_hash=await _hash(password),
        created_at=now,
        updated_at=now,
    )
    await stores.agents.insert(agent)
    return Credentials(login=login, password=password)


async def set_password(stores: Stores, *, login: str, password: str | None, clock: Clock) -> Credentials:
    """Also enables the account and ends its sessions. Raises NotFound, Invalid."""
    agent = await stores.agents.by_login(login)
    if agent is None:
        raise NotFound(f"nobody has the login {login}")
    password = _checked(password)
    changed = msgspec.structs.replace(
        agent, password_hash=await _hash(password), disabled=False, updated_at=clock.now()
    )
    await stores.agents.save(changed)
    await stores.sessions.delete_of(agent.id)
    return Credentials(login=login, password=password)


async def first_administrator(
    stores: Stores, settings: Settings, *, clock: Clock, ids: IdFactory
) -> Credentials | None:
    """Make the administrator of a workspace in which nobody has an account yet; None when somebody has.

    Several processes may start at once: the unique login lets one of them win.
    """
    if await stores.agents.all():
        return None
    try:
        return await create_user(
            stores,
            login=settings.admin_login,
            name=settings.admin_login,
            role=Role.ADMIN,
            password=settings.admin_password,
            clock=clock,
            ids=ids,
        )
    except Duplicate:
        return None


async def create_token(stores: Stores, name: str, *, role: Role = Role.ADMIN, clock: Clock, ids: IdFactory) -> str:
    """An API token, stored only as its digest."""
    token, record = new_api_token(name, role, clock=clock, ids=ids)
    await stores.api_tokens.insert(record)
    return token


def _checked(password: str | None) -> str:
    if password is None:
        return generate_password()
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters")
    return password


async def _hash(password: str) -> str:
    passwords = Passwords()
    try:
        return await passwords.hash(password)
    finally:
        passwords.close()
