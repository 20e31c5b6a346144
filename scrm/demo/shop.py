"""The demo company's own web site, as far as the hub is concerned: a web chat channel on a page of the hub itself."""

import secrets
from datetime import datetime

from scrm.ids import ChannelId
from scrm.model.channel import Channel
from scrm.ports.channel import ChannelTypes
from scrm.ports.stores import ChannelStore

SHOP = ChannelId("demo-shop")


async def open_shop(channels: ChannelStore, types: ChannelTypes, now: datetime) -> None:
    """Nothing where it stands already."""
    if await channels.get(SHOP) is not None:
        return
    settings = {
        "origins": "self",
        "secret": secrets.token_hex(24),
        "welcome": "您好，欢迎光临！请问有什么可以帮您？",
        "welcome_en": "Welcome! How can we help you?",
    }
    complete = types.normalise_settings("webchat", settings)
    await channels.insert(
        Channel(id=SHOP, type="webchat", name="官网商城", settings=complete, created_at=now, updated_at=now)
    )
