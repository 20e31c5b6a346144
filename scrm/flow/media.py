"""Files that customers sent: fetched from the platform at once (WeChat deletes them after three days) and kept."""

from collections.abc import Container

from msgspec.structs import replace

from scrm.errors import NotFound, SendError, SendErrorCode
from scrm.flow import voice
from scrm.flow.adapters import Adapters
from scrm.ids import AttachmentId, ChannelId, MessageId
from scrm.model.message import Attachment, AttachmentState, Message
from scrm.model.work import Task
from scrm.ports.abilities import FetchesMedia
from scrm.ports.channel import MediaRef
from scrm.ports.stores import Stores


class Media:
    def __init__(self, stores: Stores, adapters: Adapters, *, limit: int) -> None:
        """limit: bytes of one file at the most."""
        self._stores = stores
        self._adapters = adapters
        self._limit = limit
        self._voices = voice.Voices()

    async def fetch(self, task: Task, *, last_try: bool) -> None:
        """Fetch every attachment of a message that is not kept yet; one that has to wait holds up no other. Raises
        SendError where a later try can help."""
        waits: dict[AttachmentId, SendError] = {}
        # Looked at again after each: an edit may bring another while one is fetched.
        while (wanted := await self._wanted(MessageId(task.subject), but=waits)) is not None:
            message, attachment = wanted
            try:
                kept = await self._kept(message.channel_id, attachment, last_try=last_try)
            except SendError as error:
                waits[attachment.id] = error
                continue
            if await self._stores.messages.set_attachment(message.id, kept) is None:
                return
        if waits:
            raise next(iter(waits.values()))

    async def _wanted(
        self, message_id: MessageId, *, but: Container[AttachmentId]
    ) -> tuple[Message, Attachment] | None:
        message = await self._stores.messages.get(message_id)
        for attachment in message.attachments if message is not None else ():
            fetched = attachment.state is not AttachmentState.PENDING or attachment.id in but
            if message is not None and not fetched:
                return message, attachment
        return None

    async def _kept(self, channel_id: ChannelId, attachment: Attachment, *, last_try: bool) -> Attachment:
        try:
            connected = await self._adapters.get(channel_id)
        except NotFound:
            return replace(attachment, state=AttachmentState.FAILED, error=SendErrorCode.CHANNEL_PAUSED)
        if attachment.source is None or not isinstance(connected.adapter, FetchesMedia):
            return replace(attachment, state=AttachmentState.FAILED, error="unsupported_content")
        ref = MediaRef(source=attachment.source, media_type=attachment.media_type, file_name=attachment.file_name)
        try:
            fetched = await connected.adapter.fetch_media(ref, self._limit)
        except SendError as error:
            if not last_try and (error.retryable or not error.certain):
                raise
            return replace(attachment, state=AttachmentState.FAILED, error=error.code)
        file_name = fetched.file_name or attachment.file_name
        await self._stores.blobs.put(attachment.id, fetched.data, fetched.media_type, file_name)
        playable = await self._voices.playable(fetched.data)
        if playable is not None:
            await self._stores.blobs.put(f"{attachment.id}-p", playable.data, playable.media_type, None)
        return replace(
            attachment,
            state=AttachmentState.STORED,
            media_type=fetched.media_type,
            file_name=file_name,
            size=len(fetched.data),
            duration=attachment.duration or voice.seconds(fetched.data),
            playable=f"{attachment.id}-p" if playable else None,
        )
