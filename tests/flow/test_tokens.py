"""One token for everybody, and one refusal."""

import asyncio
from datetime import timedelta

import pytest

from scrm.clock import ManualClock
from scrm.errors import SendError, SendErrorCode
from scrm.flow.tokens import REFUSED_SECONDS, LeasedTokens
from scrm.ports.channel import AccessToken
from scrm.ports.stores import Stores


class Platform:
    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.asked = 0
        self.refuses = False

    async def fetch(self) -> AccessToken:
        self.asked += 1
        await asyncio.sleep(0)
        if self.refuses:
            raise SendError(SendErrorCode.ADDRESS_NOT_ALLOWED, platform_code="40164")
        return AccessToken(value=f"token {self.asked}", expires_at=self.clock.now() + timedelta(hours=2))


async def test_many_at_once_ask_once_and_hear_the_same(stores: Stores) -> None:
    clock = ManualClock()
    platform = Platform(clock)
    tokens = LeasedTokens(stores.tokens, stores.leases, clock, "one")

    async def all_of(number: int) -> list[str | BaseException]:
        each = (tokens.obtain("wechat:app", platform.fetch) for _ in range(number))
        return await asyncio.gather(*each, return_exceptions=True)

    platform.refuses = True
    heard = await all_of(20)
    assert [isinstance(each, SendError) and each.platform_code for each in heard] == ["40164"] * 20
    assert platform.asked == 1
    clock.advance(REFUSED_SECONDS / 2)
    with pytest.raises(SendError):
        await tokens.obtain("wechat:app", platform.fetch)
    assert platform.asked == 1
    assert await tokens.obtain("wechat:other", Platform(clock).fetch) == "token 1"

    platform.refuses = False
    clock.advance(REFUSED_SECONDS / 2)
    assert await all_of(20) == ["token 2"] * 20
    assert platform.asked == 2
