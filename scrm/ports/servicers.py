"""Customers that the company's people have on a platform itself, in place of the hub's agents. Implemented by
`scrm.flow`.

Every method raises NotFound (no such conversation), Conflict (the channel's platform has nobody of the kind),
ReplyRefused (the channel is paused, the customer has no address), PlatformRefused (the platform said no, or could not
be asked), StoreUnavailable.
"""

from collections.abc import Sequence
from typing import Protocol

from scrm.ids import ConversationId
from scrm.model.conversation import Conversation
from scrm.model.message import Author
from scrm.ports.abilities import Servicer


class Servicers(Protocol):
    async def of(self, conversation_id: ConversationId) -> Sequence[Servicer]:
        """Whom the customer could be passed on to, those who take customers first."""
        ...

    async def pass_on(self, conversation_id: ConversationId, servicer_id: str, *, by: Author) -> Conversation:
        """servicer_id "": to whoever is free first. The conversation waits (`pending`) until it is back, and replies
        are refused. Raises Invalid where there is no such person, Conflict where the conversation is resolved."""
        ...

    async def take_back(self, conversation_id: ConversationId, *, by: Author) -> Conversation:
        """The conversation is open again, and of `by` where nobody has it. Where the platform knows no way back but
        to end its session, the reply window is closed until the customer writes. Raises Conflict where nobody
        has it there."""
        ...
