"""What a scan or a menu click brings with it, as administrators have set it up: where the customer came from, team,
labels, an answer. Inside the transaction that takes the event in.
"""

from datetime import datetime

from msgspec.structs import replace

from scrm.flow import records, window
from scrm.flow.draft import Draft
from scrm.flow.people import People
from scrm.flow.split import split
from scrm.ids import ChannelId, IdFactory, TeamId
from scrm.model.account import MenuAction, QrCode, QrScan
from scrm.model.base import Record
from scrm.model.channel import AccountTool, Capabilities
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import Message
from scrm.ports.channel import IncomingMessage, PlatformEvent
from scrm.ports.stores import Stores

FOLLOW = "follow"


class Entrance(Record, kw_only=True):
    """code: what was scanned. action: what the menu button that was pressed does. lasting: templates, of those the
    customer agreed to, of which one consent permits any number of messages."""

    code: QrCode | None = None
    action: MenuAction | None = None
    lasting: tuple[str, ...] = ()

    @property
    def team_id(self) -> TeamId | None:
        return self.action.team_id if self.action else self.code.team_id if self.code else None


NOWHERE = Entrance()


class Entrances:
    def __init__(self, stores: Stores, people: People, ids: IdFactory) -> None:
        self._stores = stores
        self._people = people
        self._ids = ids

    async def of(
        self, event: IncomingMessage | PlatformEvent, channel_id: ChannelId, capabilities: Capabilities
    ) -> tuple[IncomingMessage | PlatformEvent, Entrance]:
        """The event as it is meant here, and what comes with it."""
        if not isinstance(event, PlatformEvent) or not capabilities.tools:
            return event, NOWHERE
        accounts = self._stores.accounts
        if event.consents:
            known = [await accounts.template(channel_id, given.template_id) for given in event.consents]
            lasting = tuple(template.template_id for template in known if template is not None and template.lasting)
            return event, Entrance(lasting=lasting)
        scene = event.details.get("scene", "")
        if scene and AccountTool.QR_CODES in capabilities.tools:
            code = await accounts.qr_by_scene(channel_id, scene)
            if code is not None:
                source = {**event.source, "qr_code_id": str(code.id), "qr_code": code.name}
                details = {**event.details, "qr_code_id": str(code.id), "qr_code": code.name}
                return replace(event, source=source, details=details), Entrance(code=code)
        if event.key and AccountTool.MENU in capabilities.tools:
            menu = await accounts.menu(channel_id)
            action = next((each for each in menu.actions if each.key == event.key), None) if menu else None
            if action is not None:
                return replace(event, opens_conversation=action.opens), Entrance(action=action)
        return event, NOWHERE

    async def entered(
        self,
        entrance: Entrance,
        event: IncomingMessage | PlatformEvent,
        conversation: Conversation,
        message: Message,
        draft: Draft,
        now: datetime,
        *,
        is_new: bool,
    ) -> Conversation:
        """The conversation after what came with the event. message: the event's, placed already."""
        code = entrance.code
        if code is not None:
            scan = QrScan(
                id=message.id,
                qr_id=code.id,
                channel_id=conversation.channel_id,
                contact_id=conversation.contact_id,
                conversation_id=conversation.id,
                followed=isinstance(event, PlatformEvent) and event.event == FOLLOW,
                first=is_new,
                at=message.created_at,
            )
            await self._stores.accounts.add_scan(scan)
            if code.label_ids:
                await self._people.label(conversation.contact_id, code.label_ids, now)
        if isinstance(event, PlatformEvent) and event.consents:
            agreed = window.consented(conversation.window, event.consents, entrance.lasting, now)
            conversation = replace(conversation, window=agreed)
        return await self._to_team(entrance, conversation, draft, now)

    async def _to_team(
        self, entrance: Entrance, conversation: Conversation, draft: Draft, now: datetime
    ) -> Conversation:
        """Somebody's conversation is not taken away by a scan; routing keeps the team that is set here."""
        team_id = entrance.team_id
        taken = conversation.assignee_id is not None and conversation.status is not ConversationStatus.RESOLVED
        if team_id is None or team_id == conversation.team_id or taken:
            return conversation
        team = next((team for team in await self._stores.teams.all() if team.id == team_id), None)
        if team is None:
            return conversation
        moved = replace(conversation, team_id=team.id)
        moved, line = records.activity(moved, self._ids, now, "team", team_id=team.id, team=team.name)
        draft.messages.append(line)
        return moved


def may_answer(action: MenuAction, conversation: Conversation, capabilities: Capabilities, now: datetime) -> bool:
    """Whether the platform permits the answer to a menu click now; a click opens a window of its own."""
    return (
        bool(action.answer)
        and window.refusal(conversation.window, len(split(action.answer, capabilities)), now) is None
    )
