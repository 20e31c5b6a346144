"""Channels, and the access tokens of their platforms: settings and tokens are sealed at rest."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from scrm.ids import ChannelId
from scrm.model.base import Record
from scrm.model.channel import Channel
from scrm.model.exchange import Exchange
from scrm.storage.codec import Document, text
from scrm.storage.shelf import Database, Index, Shelf, setting
from scrm.storage.vault import Vault

COLLECTION = "channels"
TOKENS = "platform_tokens"
EXCHANGES = "exchanges"

INDEXES: tuple[Index, ...] = ()

_settings = msgspec.json.Decoder(dict[str, str])


class _Token(Record, kw_only=True):
    id: str
    sealed: bytes
    expires_at: datetime


class _Exchanges(Record, kw_only=True):
    """Of one channel. One document, so that any number of processes may add to it."""

    id: ChannelId
    items: tuple[Exchange, ...] = ()


class MongoChannels:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._shelf = Shelf(database, COLLECTION, Channel)
        self._exchanges = Shelf(database, EXCHANGES, _Exchanges)
        self._vault = vault

    async def get(self, channel_id: ChannelId) -> Channel | None:
        found = await self._shelf.raw({"_id": channel_id})
        return self.open(found[0]) if found else None

    async def all(self) -> list[Channel]:
        return [self.open(document) for document in await self._shelf.raw({}, sort=[("_id", 1)])]

    async def insert(self, channel: Channel) -> None:
        await self._shelf.insert_document(self._sealed(channel))

    async def save(self, channel: Channel) -> None:
        await self._shelf.put_document(self._sealed(channel))

    async def delete(self, channel_id: ChannelId) -> bool:
        await self._exchanges.delete({"_id": channel_id})
        return await self._shelf.delete({"_id": channel_id})

    async def note_exchanges(self, channel_id: ChannelId, items: Sequence[Exchange], keep: int) -> None:
        fresh = [self._exchanges.codec.encode(_Exchanges(id=channel_id, items=(item,)))["items"][0] for item in items]
        change = {"$push": {"items": {"$each": fresh, "$slice": -keep}}}
        await self._exchanges.update({"_id": channel_id}, change, upsert=True)

    async def exchanges(self, channel_id: ChannelId) -> list[Exchange]:
        found = await self._exchanges.get(channel_id)
        return list(found.items) if found is not None else []

    async def note_received(self, channel_id: ChannelId, at: datetime) -> None:
        await self._shelf.update({"_id": channel_id}, {"$max": {"last_received_at": at}})

    async def note_error(self, channel_id: ChannelId, error: str | None, at: datetime) -> None:
        values = {"last_error": text(error) if error else None, "last_error_at": at if error else None}
        await self._shelf.update({"_id": channel_id}, setting(values))

    def open(self, document: Document) -> Channel:
        """The channel of a stored document; the change feed calls it too."""
        clear = self._vault.open(document["settings"], f"{COLLECTION}/{document['_id']}")
        return self._shelf.codec.decode({**document, "settings": _settings.decode(clear)})

    def _sealed(self, channel: Channel) -> Document:
        document = self._shelf.codec.encode(channel)
        settings = {text(name): text(value) for name, value in channel.settings.items()}
        document["settings"] = self._vault.seal(msgspec.json.encode(settings), f"{COLLECTION}/{channel.id}")
        return document


class MongoTokens:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._shelf = Shelf(database, TOKENS, _Token)
        self._vault = vault

    async def get(self, key: str) -> tuple[str, datetime] | None:
        stored = await self._shelf.get(key)
        if stored is None:
            return None
        return self._vault.open(stored.sealed, f"{TOKENS}/{key}").decode(), stored.expires_at

    async def put(self, key: str, value: str, expires_at: datetime) -> None:
        sealed = self._vault.seal(value.encode("utf-8", "replace"), f"{TOKENS}/{key}")
        await self._shelf.put(_Token(id=key, sealed=sealed, expires_at=expires_at))
