"""The company's service settings at work: read often, kept for a moment, checked before they are stored."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec
import structlog

from scrm.clock import Clock
from scrm.errors import Invalid
from scrm.flow import sla
from scrm.flow.hours import Hours
from scrm.flow.sla import Case
from scrm.ids import ContactId, ConversationId
from scrm.model.conversation import Conversation
from scrm.model.service import SETTING, Clause, ServiceSettings
from scrm.ports.flow import Deadline
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)

# Other processes see a change this late.
_KEPT_SECONDS = 2.0


class Levels:
    def __init__(self, stores: Stores, zone: ZoneInfo, clock: Clock) -> None:
        self._stores = stores
        self._zone = zone
        self._clock = clock
        self._settings = ServiceSettings()
        self._hours = Hours(self._settings.schedule, zone)
        self._stored: str | None = None
        self._read_at: float | None = None

    async def settings(self) -> ServiceSettings:
        now = self._clock.monotonic()
        if self._read_at is None or now - self._read_at >= _KEPT_SECONDS:
            self._take(await self._stores.workspace.get(SETTING))
            self._read_at = now
        return self._settings

    async def hours(self) -> Hours:
        await self.settings()
        return self._hours

    async def save(self, settings: ServiceSettings) -> ServiceSettings:
        """Raises Invalid."""
        Hours(settings.schedule, self._zone)
        sla.check(settings.policies)
        await self._stores.workspace.put(SETTING, msgspec.json.encode(settings).decode())
        self._read_at = None
        return await self.settings()

    async def target(self, conversation: Conversation, clause: Clause) -> int | None:
        """What is promised now, in seconds of open time."""
        policies = (await self.settings()).policies
        if not policies:
            return None
        vip = False
        if any(policy.vip for policy in policies):
            contact = await self._stores.contacts.get(conversation.contact_id)
            vip = contact is not None and contact.vip
        case = Case(team_id=conversation.team_id, priority=conversation.priority, vip=vip)
        return sla.target(policies, case, clause)

    async def deadlines(
        self, conversations: Sequence[Conversation], vips: Mapping[ContactId, bool]
    ) -> dict[ConversationId, Deadline]:
        """Of those that have one. vips: of the contacts concerned."""
        policies = (await self.settings()).policies
        if not policies:
            return {}
        found = {
            each.id: sla.deadline(each, vips.get(each.contact_id, False), policies, self._hours)
            for each in conversations
        }
        return {conversation_id: due for conversation_id, due in found.items() if due is not None}

    def _take(self, stored: str | None) -> None:
        if stored == self._stored:
            return
        try:
            settings = ServiceSettings() if stored is None else msgspec.json.decode(stored, type=ServiceSettings)
            self._hours = Hours(settings.schedule, self._zone)
        except (msgspec.DecodeError, Invalid):
            log.exception("service.unreadable")  # of another version: what was known goes on
            return
        self._settings, self._stored = settings, stored
