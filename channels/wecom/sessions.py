"""WeCom's sessions: who has a customer there, and how that changes. Raises only SendError.

A session goes from untreated to the program, the queue or a person; from the program to the queue or a person; from the
queue to a person; from a person to another; and from everywhere to its end, from which only the customer's next message
leads on. So a customer is taken back from a person by ending the session: the platform knows no other way.
Sources: developer.work.weixin.qq.com/document/path/94669 (states), /94645 (the account's people).
"""

from channels.wecom.client import WeComClient
from channels.wecom.error_codes import NO_SUCH_STEP
from channels.wx.transport import Answer
from scrm.errors import SendError, SendErrorCode
from scrm.ports.abilities import Handling, Servicer

UNTREATED, BY_PROGRAM, WAITING, BY_PERSON, ENDED = range(5)
# What the platform calls somebody who takes customers; 1: does not, for now or at all.
TAKES = 0
MOST_PEOPLE = 2_000
MAX_ID = 200


class Sessions:
    def __init__(self, client: WeComClient) -> None:
        self._client = client

    async def handle(self, customer: str, handling: Handling) -> bool:
        """A session nobody has treated is the program's once an agent has it; one that is resolved ends. A person in
        WeCom who has it keeps it until the hub resolves it."""
        state, _ = await self._state(customer)
        if state == ENDED or (handling is Handling.TAKEN and state != UNTREATED):
            return False
        try:
            await self._client.change_state(customer, BY_PROGRAM if handling is Handling.TAKEN else ENDED)
        except SendError as error:
            if error.platform_code in NO_SUCH_STEP:
                return False  # it went on between the question and the change
            raise
        return True

    async def people(self) -> list[Servicer]:
        """The account's; departments, which the platform lists beside them, take no customers themselves. Who may not
        see their state is told none: such a person is offered, and the platform decides."""
        found = (await self._client.servicers()).get("servicer_list")
        return [
            Servicer(id=userid, takes=each.get("status", TAKES) == TAKES)
            for each in (found[:MOST_PEOPLE] if isinstance(found, list) else [])
            if isinstance(each, dict) and (userid := text(each, "userid"))
        ]

    async def pass_on(self, customer: str, servicer_id: str) -> None:
        state, servicer = await self._state(customer)
        if state == ENDED:
            raise SendError(SendErrorCode.WINDOW_CLOSED, detail="the session is over")
        if not servicer_id:
            if state == WAITING:
                return
            if state == BY_PERSON:
                raise SendError(SendErrorCode.WITH_SERVICER, detail="a person in WeCom has the session")
            await self._client.change_state(customer, WAITING)
        elif (state, servicer) != (BY_PERSON, servicer_id):
            await self._client.change_state(customer, BY_PERSON, servicer_id)

    async def serviced_by(self, customer: str) -> str | None:
        state, servicer = await self._state(customer)
        if state == WAITING:
            return ""
        return servicer if state == BY_PERSON else None

    async def take_back(self, customer: str) -> bool:
        state, _ = await self._state(customer)
        if state not in (WAITING, BY_PERSON):
            return False
        try:
            await self._client.change_state(customer, ENDED)
        except SendError as error:
            if error.platform_code not in NO_SUCH_STEP:
                raise
        return True

    async def why(self, customer: str, refused: SendError) -> SendError:
        """The platform says only that the session's state forbids to send: which state is it?"""
        try:
            state, _ = await self._state(customer)
        except SendError:
            return refused
        if state in (WAITING, BY_PERSON):
            code, detail = SendErrorCode.WITH_SERVICER, "the session is with a person in WeCom, or waits for one"
        elif state == ENDED:  # until the customer writes again
            code, detail = SendErrorCode.WINDOW_CLOSED, "the session is over"
        else:  # what else the platform means by this code
            code, detail = SendErrorCode.WINDOW_CLOSED, "the session is older than 48 hours"
        return SendError(code, platform_code=refused.platform_code, detail=detail)

    async def _state(self, customer: str) -> tuple[int, str]:
        """And who has it, where a person does."""
        answer = await self._client.state(customer)
        state = answer.get("service_state")
        if type(state) is not int or not UNTREATED <= state <= ENDED:
            raise SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail="no session state in the answer")
        return state, text(answer, "servicer_userid")


def text(answer: Answer, name: str) -> str:
    value = answer.get(name)
    return value[:MAX_ID] if isinstance(value, str) else ""
