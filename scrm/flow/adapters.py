"""The adapter of each channel, made once and kept until the channel is set up otherwise."""

import structlog
from aiohttp import ClientSession
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import HubError, Invalid, NotFound
from scrm.ids import ChannelId
from scrm.model.base import Record
from scrm.model.channel import Channel
from scrm.ports.channel import ChannelAdapter, ChannelContext, ChannelTypes, SharedTokens
from scrm.ports.stores import ChannelStore

log = structlog.get_logger(__name__)


class Connected(Record, kw_only=True):
    channel: Channel
    adapter: ChannelAdapter


class Adapters:
    def __init__(
        self, channels: ChannelStore, types: ChannelTypes, clock: Clock, session: ClientSession, tokens: SharedTokens
    ) -> None:
        self._channels = channels
        self._types = types
        self._clock = clock
        self._session = session
        self._tokens = tokens
        self._kept: dict[ChannelId, Connected] = {}
        self._changes = 0

    async def get(self, channel_id: ChannelId) -> Connected:
        """Raises NotFound, Invalid."""
        while (kept := self._kept.get(channel_id)) is None:
            changes = self._changes
            channel = await self._channels.get(channel_id)
            if channel is None:
                raise NotFound("no such channel")
            if changes == self._changes:  # else it may have changed while it was read
                self._kept[channel_id] = self.connect(channel)
        return kept

    def connect(self, channel: Channel) -> Connected:
        """A channel that need not be stored, for a trial of its settings. Raises Invalid, of a bug as well: whoever
        looks at all channels passes over the one that cannot be used."""
        context = ChannelContext(channel=channel, clock=self._clock, session=self._session, tokens=self._tokens)
        try:
            return Connected(channel=channel, adapter=self._types.adapter(context))
        except HubError:
            raise
        except Exception as error:
            log.exception("adapter.bug", channel=channel.id)
            raise Invalid(f"The channel cannot be used: {type(error).__name__}.") from error

    def follow(self, channel: Channel) -> bool:
        """A channel as it is now; whether its adapter is to be another. That something came or went wrong is noted on
        the channel as well, and is no reason: an adapter may remember things, of a flood of mails for example."""
        kept = self._kept.get(channel.id)
        if kept is None or _set_up(kept.channel) != _set_up(channel):
            self.forget(channel.id)
            return True
        self._changes += 1
        self._kept[channel.id] = replace(kept, channel=channel)
        return False

    def forget(self, channel_id: ChannelId) -> None:
        self._changes += 1
        self._kept.pop(channel_id, None)

    def forget_all(self) -> None:
        """Changes may have been missed."""
        self._changes += 1
        self._kept.clear()


def _set_up(channel: Channel) -> tuple[object, ...]:
    return channel.type, channel.name, channel.settings, channel.state
