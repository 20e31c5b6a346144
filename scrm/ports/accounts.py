"""What administrators do with accounts on platforms, beside messages. Implemented by `scrm.flow`.

Every method raises NotFound (no such channel, or thing of it), Invalid (with a sentence), PlatformRefused (the platform
said no, or could not be asked), Conflict (the channel's platform has nothing of the kind), StoreUnavailable.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from scrm.ids import ChannelId, ConversationId, LabelId, QrCodeId, TeamId
from scrm.model.account import AccountMenu, MenuAction, MenuButton, MessageTemplate, QrCode, TagLinks
from scrm.model.base import Record
from scrm.model.message import Author, Message
from scrm.ports.abilities import PlatformTag


class Offer(Record, kw_only=True):
    """A template an agent may use in a conversation now. left: messages the customer still agreed to; None: any number.
    refusal: why it may not be sent, a `SendErrorCode` value; "" when it may. automatic: a text reply goes as this
    one, by itself."""

    template: MessageTemplate
    left: int | None
    refusal: str = ""
    automatic: bool = False


class Accounts(Protocol):
    async def make_qr_code(
        self,
        channel_id: ChannelId,
        *,
        name: str,
        scene: str,
        lasts: timedelta | None,
        team_id: TeamId | None,
        label_ids: Sequence[LabelId],
    ) -> QrCode: ...

    async def change_qr_code(
        self, qr_id: QrCodeId, *, name: str, team_id: TeamId | None, label_ids: Sequence[LabelId]
    ) -> QrCode:
        """What it gives can be changed; what is in the picture cannot."""
        ...

    async def menu(self, channel_id: ChannelId) -> AccountMenu:
        """As the hub has it; an empty one where it has none."""
        ...

    async def save_menu(
        self, channel_id: ChannelId, *, buttons: Sequence[MenuButton], actions: Sequence[MenuAction]
    ) -> AccountMenu:
        """Keep it; `actions` are in force at once, `buttons` once they are published."""
        ...

    async def fetch_menu(self, channel_id: ChannelId) -> tuple[MenuButton, ...]:
        """As the platform shows it now."""
        ...

    async def publish_menu(self, channel_id: ChannelId) -> AccountMenu: ...

    async def delete_menu(self, channel_id: ChannelId) -> AccountMenu:
        """Take it off the platform; the hub keeps it."""
        ...

    async def tags(self, channel_id: ChannelId) -> tuple[TagLinks, tuple[PlatformTag, ...]]: ...

    async def link_label(self, channel_id: ChannelId, label_id: LabelId) -> TagLinks:
        """Keep the label and the tag of its name the same from now on; the tag is made where there is none."""
        ...

    async def unlink_label(self, channel_id: ChannelId, label_id: LabelId) -> TagLinks:
        """Label and tag go their own ways; nobody loses either."""
        ...

    async def import_tag(self, channel_id: ChannelId, tag_id: str) -> TagLinks:
        """Have a label of the tag's name, made where there is none, and link them."""
        ...

    async def fetch_templates(self, channel_id: ChannelId) -> list[MessageTemplate]:
        """Those the platform has now; how the hub fills them stays as it is."""
        ...

    async def change_template(
        self,
        channel_id: ChannelId,
        template_id: str,
        *,
        enabled: bool,
        mapping: dict[str, str],
        url: str,
        automatic: bool = False,
    ) -> MessageTemplate:
        """automatic: it must be in use, every field filled and {message} in one; another of its kind is no more."""
        ...

    async def offers(self, conversation_id: ConversationId) -> list[Offer]:
        """Templates by which the customer can be reached while the reply window is closed; none while it is open."""
        ...

    async def notify(
        self,
        conversation_id: ConversationId,
        *,
        author: Author,
        client_id: str,
        template_id: str,
        fields: dict[str, str],
    ) -> tuple[Message, bool]:
        """Queue a message made from a template; answers like `Hub.reply`, and raises what that raises."""
        ...
