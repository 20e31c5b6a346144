"""Who the customers of a page are: asked together, once in a while, before the page is kept.

So a contact has its name from its first message on, and is known by its unionid on the company's other channels.
A page never fails for it: what cannot be told now is told later.
"""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from channels.wecom.client import MAX_CUSTOMERS, WeComClient
from channels.wx.transport import Answer
from scrm.clock import Clock
from scrm.errors import SendError
from scrm.model.base import Record
from scrm.ports.channel import VerifiedRequest

KNOWN_FOR = timedelta(hours=12)
MOST_KNOWN = 5_000
# After a question that failed.
QUIET = timedelta(minutes=1)
MAX_NAME = 200
MAX_ID = 200


class Person(Record, kw_only=True):
    """What the platform tells of a customer; "" where it tells nothing."""

    name: str = ""
    avatar_url: str = ""
    union_id: str = ""


class People:
    def __init__(self, client: WeComClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: OrderedDict[str, tuple[Person, datetime]] = OrderedDict()
        self._quiet_until: datetime | None = None

    async def named(self, requests: Iterable[VerifiedRequest]) -> tuple[VerifiedRequest, ...]:
        """The requests, with what is known of who sent them among their facts."""
        requests = tuple(requests)
        await self._learn({request.handle for request in requests if request.handle})
        return tuple(self._with(request) for request in requests)

    async def one(self, customer: str) -> Person:
        """Asked anew. Raises SendError."""
        return read_people(await self._client.customers([customer])).get(customer, Person())

    async def _learn(self, customers: set[str]) -> None:
        now = self._clock.now()
        if self._quiet_until is not None and now < self._quiet_until:
            return
        unknown = sorted(each for each in customers if each not in self._known or self._known[each][1] <= now)
        for start in range(0, len(unknown), MAX_CUSTOMERS):
            some = unknown[start : start + MAX_CUSTOMERS]
            try:
                found = read_people(await self._client.customers(some))
            except SendError:
                self._quiet_until = now + QUIET
                return
            for customer in some:
                self._known[customer] = (found.get(customer, Person()), now + KNOWN_FOR)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def _with(self, request: VerifiedRequest) -> VerifiedRequest:
        person, _ = self._known.get(request.handle, (Person(), None))
        facts = {"name": person.name, "union_id": person.union_id}
        return replace(request, facts=request.facts | {name: value for name, value in facts.items() if value})


def read_people(answer: Answer) -> dict[str, Person]:
    found = answer.get("customer_list")
    people: dict[str, Person] = {}
    for each in found if isinstance(found, list) else []:
        if isinstance(each, dict) and isinstance(each.get("external_userid"), str):
            people[each["external_userid"]] = Person(
                name=_text(each.get("nickname"), MAX_NAME),
                avatar_url=_text(each.get("avatar"), 2_000),
                union_id=_text(each.get("unionid"), MAX_ID),
            )
    return people


def _text(value: object, limit: int) -> str:
    return value.encode("utf-8", "replace").decode()[:limit] if isinstance(value, str) else ""
