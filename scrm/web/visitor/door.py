"""What a visitor may do: be known, say something, rate, and tell what they have seen.

Promise: what is answered with success is in the journal, on disk, under the widget's own id; saying it again is the
same as saying it once. Whatever the page claims is checked against what the hub knows: files are the visitor's own,
receipts are about messages that were sent to this contact, a rating about their newest conversation.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec
from aiohttp import web

from scrm.errors import Conflict, Forbidden, Invalid, NotSignedIn, TooMany, WebhookError, WebhookRefusal
from scrm.ids import AttachmentId, ChannelId, ContactId, ConversationId, MessageId
from scrm.model.base import Record
from scrm.model.contact import IdentityScope
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import STATUS_RANK, Message, MessageKind, MessageStatus
from scrm.ports.channel import WebhookRequest
from scrm.ports.visitor import (
    SIGNATURE,
    TIMESTAMP,
    Envelope,
    Said,
    VisitorFile,
    VisitorMessage,
    VisitorRating,
    VisitorReceipts,
    sign,
)
from scrm.web.context import WebContext
from scrm.web.realtime.hall import Hall
from scrm.web.throttle import Throttle
from scrm.web.visitor import passes
from scrm.web.visitor.frames import OUT, NewFile, NewMessage, NewRating, Seen, Spoken, Typing, occasion_of
from scrm.web.visitor.passes import IdentityClaim, Pass
from scrm.web.visitor.sites import OpenSite


class Visitor(Record, kw_only=True):
    """Somebody on a page of a site that carries the channel."""

    at: OpenSite
    known_as: Pass

    @property
    def key(self) -> str:
        """Names the visitor in limits."""
        return f"{self.at.channel_id}:{self.known_as.handle}"


class Limits:
    """How often a visitor, and all visitors behind one address, may do something: far above what a person does."""

    def __init__(self, context: WebContext) -> None:
        clock = context.clock
        self._throttles = {
            "session": (Throttle(clock, burst=1, interval=0.0), Throttle(clock, burst=120, interval=0.5)),
            "say": (Throttle(clock, burst=30, interval=1.0), Throttle(clock, burst=120, interval=0.5)),
            "file": (Throttle(clock, burst=15, interval=15.0), Throttle(clock, burst=60, interval=5.0)),
            "read": (Throttle(clock, burst=60, interval=0.2), Throttle(clock, burst=600, interval=0.05)),
            "typing": (Throttle(clock, burst=2, interval=2.0), Throttle(clock, burst=200, interval=0.05)),
        }

    def wait(self, what: str, visitor: str, address: str) -> float:
        """Seconds until it may be done; 0 when it may now, and is counted."""
        of_visitor, of_address = self._throttles[what]
        wait = of_address.take(address)
        if wait:
            return wait
        wait = of_visitor.take(visitor)
        if wait:
            of_address.give_back(address)
        return wait

    def take(self, what: str, visitor: str, address: str) -> None:
        """Raises TooMany."""
        wait = self.wait(what, visitor, address)
        if wait:
            raise TooMany("too many requests; slow down", retry_after=wait)


class Door:
    def __init__(self, context: WebContext, hall: Hall) -> None:
        self._context = context
        self._stores = context.stores
        self._hall = hall

    # --- who it is --------------------------------------------------------------------------------------------------

    async def enter(self, at: OpenSite, token: str | None, claim: IdentityClaim | None) -> Pass:
        """The pass of a page that begins. One without an identity never gets to be somebody who had one: whoever sits
        there now is not signed in. Raises Forbidden."""
        now = self._context.clock.now()
        given = self.known(at, token, now)
        if claim is None:
            if given is None or given.user is not None:
                return passes.new_pass(now, passes.new_handle(), None)
            return passes.new_pass(now, given.handle, None) if given.is_old(now) else given
        passes.check_identity(at.site.secret, claim, now)
        handle = passes.new_handle()
        if given is not None and await self._may_be(at.channel_id, given, claim.user_id):
            handle = given.handle
        return passes.new_pass(now, handle, claim)

    def known(self, at: OpenSite, token: str | None, now: datetime) -> Pass | None:
        try:
            return passes.unseal(at.site.secret, at.channel_id, token or "", now)
        except NotSignedIn:
            return None

    async def _may_be(self, channel_id: ChannelId, given: Pass, user_id: str) -> bool:
        """Whether a handle can go on as this user's: what it wrote so far is nobody else's, and the user has no other
        history on the channel."""
        if given.user is not None:
            return given.user == user_id
        mine = await self._contact_by(IdentityScope.CHANNEL, channel_id, given.handle)
        if mine is None:
            return True
        if await self._contact_by(IdentityScope.UNION, channel_id, user_id) not in (None, mine):
            return False
        users = await self._stores.contacts.identities(mine)
        return not any(
            each.scope is IdentityScope.UNION and each.realm == channel_id and each.value != user_id for each in users
        )

    async def contact(self, visitor: Visitor) -> ContactId | None:
        """None: nobody who ever wrote."""
        channel_id, known_as = visitor.at.channel_id, visitor.known_as
        if known_as.user is not None:
            found = await self._contact_by(IdentityScope.UNION, channel_id, known_as.user)
            if found is not None:
                return found
        return await self._contact_by(IdentityScope.CHANNEL, channel_id, known_as.handle)

    async def _contact_by(self, scope: IdentityScope, channel_id: ChannelId, value: str) -> ContactId | None:
        identity = await self._stores.contacts.identity(scope, channel_id, value)
        return identity.contact_id if identity else None

    async def newest(self, visitor: Visitor) -> Conversation | None:
        contact_id = await self.contact(visitor)
        return await self._stores.conversations.latest(contact_id, visitor.at.channel_id) if contact_id else None

    # --- what they do -----------------------------------------------------------------------------------------------

    async def hear(self, visitor: Visitor, spoken: Spoken) -> None:
        """Raises Invalid, Forbidden, Conflict, NotFound, StoreUnavailable."""
        match spoken:
            case NewMessage():
                await self._hand_in(visitor, self._message(visitor, spoken))
            case NewRating():
                await self._hand_in(visitor, await self._rating(visitor, spoken))
            case Seen():
                await self.seen(visitor, spoken, await self.contact(visitor))
            case Typing():
                self.typing(await self.newest(visitor))

    def _message(self, visitor: Visitor, message: NewMessage) -> VisitorMessage:
        if not message.text.strip() and not message.files:
            raise Invalid("a message needs text or a file", field="text")
        form = message.form
        if form is not None:
            wanted = {field.name for field in visitor.at.site.form if field.required}
            missing = [name for name in ("name", "phone", "email", "company") if name in wanted]
            missing = [name for name in missing if not getattr(form, name).strip()]
            if missing:
                raise Invalid("the form is not complete", errors=dict.fromkeys(missing, "is needed"))
        return VisitorMessage(
            id=message.id,
            text=message.text,
            files=tuple(self._file(visitor, file) for file in message.files),
            form=form,
            page=message.page if message.page.startswith(("http://", "https://")) else "",
        )

    def _file(self, visitor: Visitor, file: NewFile) -> VisitorFile:
        stored = VisitorFile(
            id=AttachmentId(file.id), media_type=file.media_type, file_name=file.file_name, size=file.size
        )
        if not passes.compare(file.key, self.file_key(visitor, stored)):
            raise Forbidden("this file was not uploaded here")
        return stored

    def file_key(self, visitor: Visitor, file: VisitorFile) -> str:
        facts = msgspec.json.encode(file).decode()
        return passes.file_key(visitor.at.site.secret, visitor.at.channel_id, visitor.known_as.handle, facts)

    async def _rating(self, visitor: Visitor, rating: NewRating) -> VisitorRating:
        conversation = await self.newest(visitor)
        if conversation is None or not visitor.at.site.rating or occasion_of(conversation) != rating.occasion:
            raise Conflict("there is nothing to rate any more")
        return VisitorRating(
            conversation_id=ConversationId(conversation.id),
            occasion=rating.occasion,
            score=rating.score,
            comment=rating.comment,
        )

    async def seen(self, visitor: Visitor, seen: Seen, contact_id: ContactId | None) -> None:
        """Only what moves a message forward is worth the journal. contact_id: the visitor's."""
        status = MessageStatus.READ if seen.read else MessageStatus.DELIVERED
        found = await self._stores.messages.get_many([MessageId(each) for each in dict.fromkeys(seen.ids)])
        moved = _moved(list(found.values()), visitor.at.channel_id, contact_id, status)
        if moved:
            await self._hand_in(visitor, VisitorReceipts(status="read" if seen.read else "delivered", ids=moved))

    def typing(self, conversation: Conversation | None) -> None:
        """Told to the agents who look at the visitor's newest conversation."""
        if conversation is not None and conversation.status is not ConversationStatus.RESOLVED:
            self._hall.typing(conversation.id, None)

    async def _hand_in(self, visitor: Visitor, said: Said) -> None:
        """Into the journal by the door every platform's webhook takes; on disk when it returns."""
        now = self._context.clock.now()
        envelope = Envelope(
            visitor=visitor.known_as.handle,
            user=visitor.known_as.user,
            name=visitor.known_as.name,
            at=now,
            said=said,
        )
        body, timestamp = msgspec.json.encode(envelope), str(int(now.timestamp()))
        headers = {TIMESTAMP: timestamp, SIGNATURE: sign(visitor.at.site.secret, timestamp, body)}
        request = WebhookRequest(method="POST", query={}, headers=headers, body=body, received_at=now)
        try:
            await self._context.hub.receive(visitor.at.channel_id, request)
        except WebhookError as error:
            if error.refusal is WebhookRefusal.BAD_SIGNATURE:  # the channel's secret changed at this moment
                raise NotSignedIn("the channel changed; ask for a session") from error
            raise


def _moved(
    messages: Sequence[Message], channel_id: ChannelId, contact_id: ContactId | None, status: MessageStatus
) -> tuple[MessageId, ...]:
    return tuple(
        message.id
        for message in messages
        if message.kind is MessageKind.OUTGOING
        and message.channel_id == channel_id
        and message.contact_id == contact_id
        and message.status in OUT
        and STATUS_RANK[message.status] < STATUS_RANK[status]
    )


DOOR = web.AppKey("door", Door)
LIMITS = web.AppKey("visitor_limits", Limits)
# Of their own: visitors who send slowly must not keep agents from sending files.
VISITOR_UPLOADS = web.AppKey("visitor_uploads", asyncio.Semaphore)
