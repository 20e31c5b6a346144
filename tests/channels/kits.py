"""The channel types that must conform, listed explicitly."""

from tests.channels.conformance import Kit
from tests.channels.webchat.kit import WebChatKit
from tests.channels.wechat.kit import WeChatKit

KITS: tuple[Kit, ...] = (WeChatKit(), WebChatKit())
