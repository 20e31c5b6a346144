"""Web chat channels by id, read and kept until the feed of changes says that they changed."""

from datetime import datetime

from scrm.errors import Invalid, NotFound
from scrm.ids import ChannelId
from scrm.model.base import Record
from scrm.model.channel import Channel, ChannelState
from scrm.model.site import Site, read_site
from scrm.ports.channel import ChannelTypes
from scrm.ports.stores import ChannelStore

TYPE = "webchat"


class OpenSite(Record, kw_only=True):
    channel_id: ChannelId
    name: str
    paused: bool
    changed_at: datetime
    site: Site


class Sites:
    def __init__(self, channels: ChannelStore, types: ChannelTypes) -> None:
        self._channels = channels
        self._types = types
        self._kept: dict[ChannelId, OpenSite] = {}
        self._changes = 0

    async def get(self, channel_id: ChannelId) -> OpenSite:
        """Raises NotFound: there is no such channel, or it is of another type."""
        while (kept := self._kept.get(channel_id)) is None:
            changes = self._changes
            channel = await self._channels.get(channel_id)
            if channel is None or channel.type != TYPE:
                raise NotFound("there is no such channel")
            if changes == self._changes:  # else it may have changed while it was read
                self._kept[channel_id] = self._open(channel)
        return kept

    def _open(self, channel: Channel) -> OpenSite:
        try:
            site = read_site(self._types.normalise_settings(channel.type, channel.settings))
        except (Invalid, ValueError) as error:
            raise NotFound("this channel's settings need mending") from error
        return OpenSite(
            channel_id=channel.id,
            name=channel.name,
            paused=channel.state is ChannelState.PAUSED,
            changed_at=channel.updated_at,
            site=site,
        )

    def put(self, channel: Channel) -> bool:
        """A channel as it is now; whether what visitors get of it is different. That something was received, which is
        noted on it, is not."""
        known = self._kept.get(channel.id)
        if known is None:
            self._changes += 1
            return False
        try:
            fresh = self._open(channel) if channel.type == TYPE else None
        except NotFound:
            fresh = None
        if fresh == known:
            return False
        return self.forget(channel.id)

    def forget(self, channel_id: ChannelId) -> bool:
        """Read it anew; whether it was known."""
        self._changes += 1
        return self._kept.pop(channel_id, None) is not None

    def kept(self, channel_id: ChannelId) -> OpenSite | None:
        return self._kept.get(channel_id)

    def forget_all(self) -> None:
        self._changes += 1
        self._kept.clear()
