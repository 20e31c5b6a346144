"""The loop that applies approved replies: conversation by conversation, by the way every reply goes.

Promise: a conversation gets the approved text at most once a round. Its client id is made of incident, round and
conversation, so a reply that was taken on before a process died is found again and not written twice. Window, quota,
pause and words are judged by the reply itself, in its own transaction; what it refuses is shown with its reason.
"""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Protocol

import structlog
from msgspec.structs import replace

from scrm.alerts.incidents import waiting
from scrm.clock import Clock
from scrm.errors import HubError, Stale
from scrm.ids import ConversationId, MessageId
from scrm.model.incidents import Incident, IncidentReply, ReplyState, ReplyTarget, TargetState
from scrm.model.message import Attachment, Author, AuthorType, Message
from scrm.ports.stores import Stores
from scrm.ports.turn import Turn, over_and_over, spared

log = structlog.get_logger(__name__)

LEASE_NAME = "incident_replies"
LEASE = timedelta(seconds=60)
TICK_SECONDS = 3.0


class Replies(Protocol):
    """What this needs of the hub."""

    async def reply(
        self,
        conversation_id: ConversationId,
        *,
        author: Author,
        content: str,
        client_id: str,
        attachments: Sequence[Attachment],
        reply_to: MessageId | None = None,
    ) -> tuple[Message, bool]: ...


class Replying:
    def __init__(self, stores: Stores, hub: Replies, clock: Clock, owner: str) -> None:
        self._stores = stores
        self._hub = hub
        self._clock = clock
        self._turn = Turn(stores.leases, LEASE_NAME, owner, clock, LEASE)

    async def run(self) -> None:
        await over_and_over("incident_replies", self.tick, partial(self._clock.sleep, TICK_SECONDS))

    async def release(self) -> None:
        await self._turn.end()

    async def tick(self) -> int:
        """How many conversations were dealt with."""
        if not await self._turn.mine():
            return 0
        done = 0
        for incident in await self._stores.incidents.sending():
            reply = incident.reply
            if reply is None:
                continue
            for target in waiting(await self._stores.incidents.targets(incident.id), reply.round):
                if not await self._turn.mine():
                    return done
                async with spared("incident_replies", conversation=target.conversation_id):
                    await self._stores.incidents.save_target(await self._sent(reply, target))
                    done += 1
            if not waiting(await self._stores.incidents.targets(incident.id), reply.round):
                await self._finish(incident, reply)
        return done

    async def _sent(self, reply: IncidentReply, target: ReplyTarget) -> ReplyTarget:
        # Not an agent: whoever approves a text for hundreds has not taken their conversations on.
        by = reply.approved_by or reply.written_by
        try:
            message, _ = await self._hub.reply(
                target.conversation_id,
                author=Author(type=AuthorType.SYSTEM, id=by.id, name=by.name),
                content=reply.text,
                client_id=client_id(target),
                attachments=(),
            )
        except HubError as error:
            return replace(target, state=TargetState.REFUSED, code=error.code, at=self._clock.now())
        return replace(target, state=TargetState.QUEUED, message_id=message.id, at=self._clock.now())

    async def _finish(self, incident: Incident, reply: IncidentReply) -> None:
        try:
            await self._stores.incidents.save(replace(incident, reply=replace(reply, state=ReplyState.SENT)))
        except Stale:  # somebody has just commented; the next look finds nothing waiting and finishes
            log.info("incident_replies.busy", incident=incident.id)


def client_id(target: ReplyTarget) -> str:
    said = f"{target.incident_id} {target.round} {target.conversation_id}"
    return f"incident-{hashlib.blake2b(said.encode(), digest_size=20).hexdigest()}"
