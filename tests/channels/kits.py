"""The channel types that must conform, listed explicitly."""

from tests.channels.conformance import Kit
from tests.channels.email.kit import EmailKit
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
    WeiboKit(),
)  # fmt: skip
