"""The channel types that must conform, listed explicitly, and the example of docs/adding-a-channel.md; and a test
of a condition over all of them."""

from collections.abc import Callable, Iterable

import pytest

from tests.channels.conformance import Kit
from tests.channels.email.kit import EmailKit
from tests.channels.example.kit import OwnKit
from tests.channels.line.kit import LineKit
from tests.channels.messenger.kit import MessengerKit
from tests.channels.satori.kit import SatoriKit
from tests.channels.slack.kit import SlackKit
from tests.channels.telegram.kit import TelegramKit
from tests.channels.webchat.kit import WebChatKit
from tests.channels.wechat.kit import WeChatKit
from tests.channels.wecom.kit import WeComKit
from tests.channels.weibo.kit import WeiboKit
from tests.channels.whatsapp.kit import WhatsAppKit

KITS: tuple[Kit, ...] = (
    WeChatKit(), WeComKit(), WebChatKit(), TelegramKit(), WhatsAppKit(), MessengerKit(), EmailKit(), SatoriKit(),
    LineKit(), SlackKit(),
    WeiboKit(), OwnKit(),
)  # fmt: skip


def each(applies: Callable[[Kit], bool] = lambda kit: True) -> pytest.MarkDecorator:
    """A test for every kit to which the condition applies, by what its type declares."""
    return pytest.mark.parametrize("kit", [pytest.param(kit, id=kit.type_name) for kit in KITS if applies(kit)])


def rows(argument: str, of: Callable[[Kit], Iterable[tuple[str, object]]]) -> pytest.MarkDecorator:
    """A test for every case of every kit, named `wechat-…`. of: the cases and their names."""
    cases = [pytest.param(kit, case, id=f"{kit.type_name}-{name}") for kit in KITS for name, case in of(kit)]
    return pytest.mark.parametrize(("kit", argument), cases)


def table(name: str) -> pytest.MarkDecorator:
    """A test for every row of a table of every kit."""
    return rows("case", lambda kit: [(_name(row), row) for row in getattr(kit, name)])


def _name(row: object) -> str:
    return str(getattr(row, "name", None) or getattr(row, "platform_code", ""))
