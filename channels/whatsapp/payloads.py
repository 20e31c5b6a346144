"""Messages and statuses as the `messages` webhook has them: the part the hub reads.

Source: developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

import msgspec

from channels.meta.payloads import MessageId, Thing, key_of, objects, read_push, said
from channels.trees import Tree, part
from scrm.model.base import Record

OBJECT, FIELD = "whatsapp_business_account", "messages"
MAX_HANDLE = 256

Number = int | float | str


class Text(Record, kw_only=True):
    body: str


class File(Record, kw_only=True):
    """image, video, audio, document or sticker. voice: it was recorded here."""

    id: str
    mime_type: str = ""
    caption: str = ""
    filename: str | None = None
    voice: bool = False
    animated: bool = False


class Location(Record, kw_only=True):
    latitude: float
    longitude: float
    name: str = ""
    address: str = ""
    url: str = ""


class CardName(Record, kw_only=True):
    formatted_name: str = ""
    first_name: str = ""


class CardPhone(Record, kw_only=True):
    phone: str = ""
    wa_id: str = ""


class CardEmail(Record, kw_only=True):
    email: str = ""


class CardCompany(Record, kw_only=True):
    company: str = ""


class Card(Record, kw_only=True):
    """Somebody whose contact the customer shares."""

    name: CardName = CardName()
    phones: tuple[CardPhone, ...] = ()
    emails: tuple[CardEmail, ...] = ()
    org: CardCompany = CardCompany()


class Button(Record, kw_only=True):
    """A quick-reply button of a template."""

    text: str = ""
    payload: str = ""


class Choice(Record, kw_only=True):
    id: str = ""
    title: str = ""
    description: str = ""


class FlowReply(Record, kw_only=True):
    """A form that was filled in. response_json: what it says, as JSON."""

    name: str = ""
    body: str = ""
    response_json: str = ""


class Interactive(Record, kw_only=True):
    type: str = ""
    button_reply: Choice | None = None
    list_reply: Choice | None = None
    nfm_reply: FlowReply | None = None


class Reaction(Record, kw_only=True):
    """emoji: "" where one is taken back."""

    message_id: str
    emoji: str = ""


class Product(Record, kw_only=True):
    product_retailer_id: str = ""
    quantity: Number = 1
    item_price: Number = ""
    currency: str = ""


class Order(Record, kw_only=True):
    catalog_id: str = ""
    text: str = ""
    product_items: tuple[Product, ...] = ()


class System(Record, kw_only=True):
    """What happened to the customer's account. wa_id, user_id: since then. previous_user_id: before."""

    type: str = ""
    body: str = ""
    wa_id: str = ""
    user_id: str = ""
    previous_user_id: str = ""


class Revoke(Record, kw_only=True):
    original_message_id: MessageId


class Edit(Record, kw_only=True):
    original_message_id: MessageId
    message: Tree


class Referred(Record, kw_only=True):
    catalog_id: str = ""
    product_retailer_id: str = ""


class Context(Record, kw_only=True):
    """The message that is answered; from_: who wrote that."""

    id: str = ""
    from_: str = msgspec.field(name="from", default="")
    forwarded: bool = False
    frequently_forwarded: bool = False
    referred_product: Referred | None = None


class Referral(Record, kw_only=True):
    """The advertisement the customer came by."""

    source_url: str = ""
    source_id: str = ""
    source_type: str = ""
    headline: str = ""
    body: str = ""
    ctwa_clid: str = ""


class Details(Record, kw_only=True):
    details: str = ""


class Fault(Record, kw_only=True):
    code: int
    title: str = ""
    message: str = ""
    error_data: Details | None = None

    @property
    def words(self) -> str:
        said = (self.error_data.details if self.error_data else "") or self.message or self.title
        return "".join(character for character in said if character.isprintable())[:300]


class Status(Record, kw_only=True):
    """sent, delivered, read, played, failed … timestamp: seconds, in digits."""

    id: MessageId
    status: str
    timestamp: Number = ""
    errors: tuple[Fault, ...] = ()


def things_of(body: bytes, phone_number_id: str) -> list[Thing]:
    """What a push tells of this number; an address may hear of several, and of what is no message. Raises Malformed."""
    found: list[Thing] = []
    for entry in read_push(body, OBJECT):
        for change in objects(entry, "changes"):
            value = part(change, "value")
            if change.get("field") == FIELD and said(part(value, "metadata"), "phone_number_id") == phone_number_id:
                found += _messages(value)
                found += _statuses(value)
    return found


def _messages(value: Tree) -> list[Thing]:
    people = objects(value, "contacts")
    found = []
    for message in objects(value, "messages"):
        if said(message, "group_id"):
            continue  # what is said in a group is not said to the company alone
        person = _person(message, people)
        handle = handle_of(message, person)
        found.append(
            Thing(
                kind="message",
                key=key_of("message", id_of(message), message),
                handle=handle,
                value=message,
                about=person,
            )
        )
    return found


def _statuses(value: Tree) -> list[Thing]:
    return [
        Thing(
            kind="status",
            key=key_of("status", f"{id_of(status)}:{said(status, 'status', 40)}", status),
            handle=said(status, "recipient_id", MAX_HANDLE) or said(status, "recipient_user_id", MAX_HANDLE),
            value=status,
        )
        for status in objects(value, "statuses")
    ]


def handle_of(message: Tree, person: Tree) -> str:
    """The phone number, or, of somebody who keeps it to themselves, the id that the company knows them by."""
    if message.get("type") == "system":
        system = part(message, "system")
        moved = said(system, "wa_id", MAX_HANDLE) or said(system, "user_id", MAX_HANDLE)
        if moved:
            return moved
    names = ((message, "from"), (person, "wa_id"), (message, "from_user_id"), (person, "user_id"))
    return next((value for tree, name in names if (value := said(tree, name, MAX_HANDLE))), "")


def _person(message: Tree, people: list[Tree]) -> Tree:
    """What the push says of who wrote: the one of that number or id, or the only one there is."""
    for name, own in (("wa_id", "from"), ("user_id", "from_user_id")):
        wanted = said(message, own)
        for person in people:
            if wanted and said(person, name) == wanted:
                return person
    return people[0] if len(people) == 1 else {}


def id_of(value: Tree) -> str:
    return said(value, "id", 400)


def push_of(thing: Thing, phone_number_id: str) -> Tree:
    """A push of one thing."""
    value: Tree = {"metadata": {"phone_number_id": phone_number_id}}
    if thing.kind == "status":
        value["statuses"] = [thing.value]
    else:
        value |= {"messages": [thing.value]} | ({"contacts": [thing.about]} if thing.about else {})
    return {"object": OBJECT, "entry": [{"changes": [{"field": FIELD, "value": value}]}]}
