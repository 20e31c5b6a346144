"""What a test works with: the running hub with its platform, and an agent's tab on it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import Locator, Page, expect

from bench.hub import Api, Hub
from channels.wechat.simulator import Account, Action, Delivery, WeChatSimulator
from scrm.flow.people import nameless

# Two cores run a browser, a database and a hub; what a person sees at once may take this long here.
PATIENCE = 20.0
# One account a purpose: `counted` is written to by one test only, so that its numbers are known.
MAIN = Account()
NEW = Account(app_id="wx5f1c0ffee0000002", original_id="gh_5imu1at0r002")
COUNTED = Account(app_id="wx5f1c0ffee0000003", original_id="gh_5imu1at0r003")
SPARE = Account(app_id="wx5f1c0ffee0000004", original_id="gh_5imu1at0r004")


class PrintingHub(Hub):
    """Keeps what it printed when it last started."""

    def __init__(self, data: Path, port: int) -> None:
        super().__init__(data, port)
        self.printed: list[str] = []

    async def _ready(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        self.printed = []
        async for line in self._process.stdout:
            self.printed.append(line.decode().rstrip())
            if line.startswith(b"ready "):
                return
        raise RuntimeError(f"the hub did not start:\n{self.log.read_text()}")


class Office:
    """platform: all the accounts. api: the hub's, as an administrator's program."""

    def __init__(self, hub: PrintingHub, platform: WeChatSimulator, api: Api, password: str) -> None:
        self.hub = hub
        self.platform = platform
        self.api = api
        self.password = password

    async def connect(self, account: Account, name: str) -> str:
        """A channel for the account; its id."""
        settings = self.platform.settings(account.app_id)
        made = await self.api.post("/channels", {"type": "wechat", "name": name, "settings": settings})
        self.platform.connect(self.hub.url + made["webhook_path"], account.app_id)
        return str(made["id"])

    def name(self, user: str, account: Account = MAIN) -> str:
        """What the hub calls a customer the platform gives no name for."""
        return nameless(self.platform.openid(user, account.app_id))

    async def conversation(self, user: str, account: Account = MAIN, *, entries: int = 1) -> dict[str, Any]:
        """The customer's only conversation, once it has as many entries. Two: the first message, and where it went."""
        name = self.name(user, account)

        async def find() -> dict[str, Any] | None:
            async for item in self.api.all("/conversations", limit=100):
                if item["contact"]["name"] == name and item["last_position"] >= entries:
                    return dict(item)
            return None

        return await until(find)

    async def say(self, user: str, text: str, account: Account = MAIN) -> Delivery:
        delivery = await self.platform.act(Action(user=user, text=text, app_id=account.app_id))
        assert delivery.delivered
        return delivery

    def received(self, user: str, account: Account = MAIN) -> list[str]:
        """The texts the customer was sent, in order."""
        openid = self.platform.openid(user, account.app_id)
        return [message.content for message in self.platform.sent if message.openid == openid]

    async def receives(self, user: str, count: int, account: Account = MAIN) -> list[str]:
        """Like `received`, once there are `count`."""
        async with asyncio.timeout(PATIENCE):
            await self.platform.wait_until(lambda: len(self.received(user, account)) >= count)
        return self.received(user, account)


T = TypeVar("T")


async def until(ask: Callable[[], Awaitable[T | None]]) -> T:
    """What `ask` answers once it is anything."""
    async with asyncio.timeout(PATIENCE):
        while not (found := await ask()):  # noqa: ASYNC110 - the hub is another process: it rings no bell here
            await asyncio.sleep(0.1)
    return found


class Desk:
    """The inbox in one tab, in Chinese."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.log = page.get_by_role("log")
        self.composer = page.get_by_role("combobox", name="输入回复内容")
        self.note = page.get_by_role("combobox", name="输入内部备注")
        self.send = page.get_by_role("button", name="发送", exact=True)

    async def list_all(self) -> None:
        await self.page.goto("/inbox")
        await self.page.get_by_role("tab", name="全部").click()

    async def open(self, conversation: dict[str, Any]) -> None:
        await self.page.goto(f"/inbox/{conversation['id']}")
        await expect(self.composer).to_be_visible()

    def row(self, name: str) -> Locator:
        return self.page.locator("[data-id]").filter(has_text=name)

    def entry(self, text: str) -> Locator:
        """A message in the thread, of whatever kind."""
        return self.log.get_by_role("listitem").filter(has_text=text)

    def stored(self, text: str) -> Locator:
        """The same as the server keeps it: until it does, another element stands there, and goes with its pictures."""
        return self.entry(text).and_(self.page.locator("[data-position]"))

    async def reply(self, text: str) -> Locator:
        """Typed and sent by key; its entry."""
        await self.composer.fill(text)
        await self.composer.press("Control+Enter")
        await expect(self.composer).to_have_value("")
        return self.entry(text)
