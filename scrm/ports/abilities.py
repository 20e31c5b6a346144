"""What a platform can do beside taking and giving messages. An adapter has the abilities whose protocol it meets."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from scrm.model.account import MenuButton, TemplateField, TemplateKind
from scrm.model.base import Record
from scrm.ports.channel import FetchedMedia, MediaRef, Profile, VerifiedRequest


class Pulled(Record, kw_only=True):
    """A page of what a platform kept for us, oldest first, each thing as `verify` would have returned it.

    cursor: where the next page begins. more: there is one, however empty this was.
    """

    requests: tuple[VerifiedRequest, ...]
    cursor: str
    more: bool


class Heard(Record, kw_only=True):
    """What a platform said while the hub listened, each thing as `verify` would have returned it; maybe nothing.

    mark: what `listen` is to be given next, once all of it is journalled.
    """

    requests: tuple[VerifiedRequest, ...]
    mark: str = ""


@runtime_checkable
class FetchesMedia(Protocol):
    async def fetch_media(self, ref: MediaRef, limit: int) -> FetchedMedia:
        """At most `limit` bytes, else SendError(TOO_LONG)."""
        ...


@runtime_checkable
class FetchesProfile(Protocol):
    async def fetch_profile(self, handle: str) -> Profile: ...


@runtime_checkable
class SendsTyping(Protocol):
    async def send_typing(self, recipient: str) -> None: ...


@runtime_checkable
class TypesBelow(Protocol):
    """A platform that shows that somebody writes below the customer's latest message, which it then takes for read."""

    async def type_below(self, recipient: str, message_id: str) -> None:
        """message_id: the platform's, of that message. Raises SendError."""
        ...


class Handling(StrEnum):
    """Who has a customer now, in the words of a platform with sessions of its own."""

    TAKEN = "taken"  # an agent of the hub
    ENDED = "ended"  # nobody: the conversation is resolved


@runtime_checkable
class HandsOver(Protocol):
    async def hand_over(self, recipient: str, handling: Handling) -> bool:
        """Bring the platform's session in line; False when there was nothing to do. Raises SendError."""
        ...


class Servicer(Record, kw_only=True):
    """One of the company's people on a platform who may take its customers. name: "" where the platform tells none.
    takes: whether it lets them have customers at this moment."""

    id: str
    name: str = ""
    takes: bool = True


@runtime_checkable
class PassesOn(Protocol):
    """A platform on which the company's people can take a customer from the hub (`Capabilities.servicers`)."""

    async def servicers(self) -> Sequence[Servicer]:
        """Raises SendError."""
        ...

    async def pass_on(self, recipient: str, servicer_id: str) -> None:
        """servicer_id "": to whoever of them is free first. From now on the platform takes no messages of the hub for
        this customer. Raises SendError with what forbids it."""
        ...

    async def serviced_by(self, recipient: str) -> str | None:
        """Who has the customer at this moment, as `Servicing.servicer_id` says it. Raises SendError."""
        ...

    async def take_back(self, recipient: str) -> bool:
        """End what the platform's people have with the customer; whether there was anything to end. The hub may
        answer what the customer writes after it. Raises SendError."""
        ...


@runtime_checkable
class Describes(Protocol):
    async def describe(self) -> str:
        """What the platform says of the channel, in a line for the administrator; the credentials are known to be
        good. Raises SendError."""
        ...


@runtime_checkable
class Pulls(Protocol):
    """A platform that keeps what came until it is asked. The hub calls `pull` when a `Notice` came, and every
    `pull_every` in case one was lost; one call at a time for a channel, over all processes.
    """

    @property
    def account(self) -> str:
        """What the cursor belongs to; the same for every channel of the same account of the same owner."""
        ...

    @property
    def pull_every(self) -> timedelta: ...

    async def pull(self, cursor: str, ticket: str, ticket_at: datetime | None) -> Pulled:
        """The page at `cursor` ("": the oldest there is). The cursor is stored once the page is on disk, so after a
        crash a page comes twice: what is in it needs dedupe keys. Raises SendError."""
        ...


@runtime_checkable
class Listens(Protocol):
    """A platform that holds a request open until something happens, for hubs that it cannot reach. The platform keeps
    the place: it repeats what it has not been told to forget.
    """

    @property
    def listens(self) -> bool:
        """Whether this channel's settings ask for it."""
        ...

    async def listen(self, mark: str) -> Heard:
        """Wait for what comes next, some half a minute at the most. mark: of the last `Heard`, whose requests are in
        the journal by now and may be forgotten; "" at first. One call at a time for a channel, over all processes.
        Raises SendError."""
        ...

    async def settle(self, requests: Sequence[VerifiedRequest]) -> None:
        """What `acknowledge` is to a webhook: they are journalled. Raises SendError, which nobody has to mind."""
        ...


@runtime_checkable
class Closes(Protocol):
    """An adapter that keeps a line to its platform between two calls of `listen`."""

    def close(self) -> None:
        """Nobody listens any more. A later `listen` opens another line."""
        ...


@runtime_checkable
class Splits(Protocol):
    """A platform that puts several things, of several people maybe, into one push."""

    def split(self, request: VerifiedRequest) -> Sequence[VerifiedRequest]:
        """What `verify` returned, one thing each in the platform's order, with a dedupe key and a handle of its own:
        so each person's things keep their order, and one that comes again in other company is known. The hub
        acknowledges once all are on disk. Pure."""
        ...


@runtime_checkable
class RegistersWebhook(Protocol):
    """A platform that is told over its API where to push, rather than in its console by a person."""

    async def register(self, address: str | None) -> None:
        """Have the channel's pushes sent to `address` (None: the hub does not know how the world reaches it), if the
        channel's settings ask for pushes. Harmless when repeated. Raises SendError with what to mend."""
        ...


class PlatformTag(Record, kw_only=True):
    """count: people who have it; None where the platform does not say."""

    id: str
    name: str
    count: int | None = None


@runtime_checkable
class TagsContacts(Protocol):
    """A platform whose accounts put tags on the people that follow them. What a person has, `Profile.tags` says."""

    async def tags(self) -> Sequence[PlatformTag]:
        """Those an account made itself. Raises SendError."""
        ...

    async def create_tag(self, name: str) -> PlatformTag:
        """The one of that name where there is one. Raises SendError with what is wrong with the name."""
        ...

    async def tag(self, tag_id: str, handle: str) -> None:
        """Put it on a person. Raises SendError."""
        ...

    async def untag(self, tag_id: str, handle: str) -> None:
        """Take it off. Raises SendError."""
        ...


class PlatformQr(Record, kw_only=True):
    """ticket: what the picture is fetched with. url: what is written in the picture."""

    ticket: str
    url: str = ""
    expires_at: datetime | None = None


@runtime_checkable
class MakesQrCodes(Protocol):
    """A platform that tells which code a customer scanned."""

    def qr_problem(self, scene: str, lasts: timedelta | None) -> str | None:
        """What is wrong with it, in a sentence. Pure."""
        ...

    async def make_qr_code(self, scene: str, lasts: timedelta | None) -> PlatformQr:
        """lasts None: for ever. Raises SendError."""
        ...

    async def qr_picture(self, ticket: str) -> FetchedMedia:
        """Raises SendError."""
        ...


@runtime_checkable
class EditsMenu(Protocol):
    """A platform that shows a menu in its accounts' conversations."""

    def menu_problems(self, buttons: Sequence[MenuButton]) -> Mapping[str, str]:
        """What is wrong, a sentence by place ("0", or "0/2" for a sub-button). Pure."""
        ...

    async def fetch_menu(self) -> Sequence[MenuButton]:
        """As the platform shows it now; empty where there is none. Raises SendError."""
        ...

    async def publish_menu(self, buttons: Sequence[MenuButton]) -> None:
        """Raises SendError."""
        ...

    async def delete_menu(self) -> None:
        """Raises SendError."""
        ...


class PlatformTemplate(Record, kw_only=True):
    """As in `scrm.model.account.MessageTemplate`."""

    template_id: str
    kind: TemplateKind
    title: str
    body: str = ""
    example: str = ""
    fields: tuple[TemplateField, ...] = ()
    lasting: bool = False
    titled: bool = True


@runtime_checkable
class SendsTemplates(Protocol):
    """A platform that takes messages made from templates outside the reply window, through `send`."""

    async def templates(self) -> Sequence[PlatformTemplate]:
        """Those the account has. Raises SendError."""
        ...
