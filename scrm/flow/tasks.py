"""What is done after a message is stored: reading, routing, fetching files and profiles, late receipts.

A task is deleted when it is done, unless somebody asked for it again meanwhile; tried again later when a try can help,
and kept as failed for an admin when not.
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta

import structlog

from scrm.clock import Clock
from scrm.errors import NotFound, SendError, StoreUnavailable
from scrm.flow.adapters import Adapters
from scrm.flow.enrich import Enrich
from scrm.flow.handover import HandOver
from scrm.flow.media import Media
from scrm.flow.partitions import Claim
from scrm.flow.people import People
from scrm.flow.receipts import Receipts
from scrm.flow.routing import Routing
from scrm.flow.tags import Tags
from scrm.ids import ChannelId, ContactId, ConversationId
from scrm.model.work import Task, TaskKind
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)

BATCH = 20
MAX_ATTEMPTS = 6
FIRST_DELAY = timedelta(seconds=2)
# Of a customer's file while its platform is away, some nine hours in all: platforms keep files for days (WeChat for
# three), and what is not fetched by then is lost.
FILE_ATTEMPTS = 15


class Tasks:
    def __init__(
        self,
        stores: Stores,
        adapters: Adapters,
        people: People,
        receipts: Receipts,
        enrich: Enrich,
        routing: Routing,
        media: Media,
        handover: HandOver,
        tags: Tags,
        clock: Clock,
    ) -> None:
        self._stores = stores
        self._adapters = adapters
        self._people = people
        self._receipts = receipts
        self._enrich = enrich
        self._routing = routing
        self._media = media
        self._handover = handover
        self._tags = tags
        self._clock = clock

    async def due_in(self, *, asks_platform: bool) -> frozenset[int]:
        """Partitions with something to do of that sort."""
        return await self._stores.tasks.due_in(self._clock.now(), asks_platform=asks_platform)

    async def read_step(self, claim: Claim) -> bool:
        """Do what is due and asks no platform; whether there was anything. Raises StoreUnavailable."""
        return await self._step(claim, asks_platform=False)

    async def fetch_step(self, claim: Claim) -> bool:
        """Do what is due and waits for a platform, one after the other."""
        return await self._step(claim, asks_platform=True)

    async def _step(self, claim: Claim, *, asks_platform: bool) -> bool:
        due = await self._stores.tasks.due(claim.partition, self._clock.now(), BATCH, asks_platform=asks_platform)
        by_kind: dict[TaskKind, list[Task]] = defaultdict(list)
        for task in due:
            by_kind[task.kind].append(task)
        if readings := by_kind.pop(TaskKind.ANALYSE, None):
            by_kind[TaskKind.ROUTE] += await self._read(readings)
        for tasks in by_kind.values():
            for task in tasks:
                async with nullcontext() if asks_platform else claim.writing:
                    if claim.holds():  # asked last: waiting to write may have taken what was left of the lease
                        await self._try(task)
        return bool(due)

    async def _read(self, tasks: list[Task]) -> Sequence[Task]:
        """What is to be done next, so that nobody looks it up."""
        try:
            return await self._enrich.tasks(tasks)
        except StoreUnavailable:
            raise
        except Exception as error:
            log.exception("tasks.bug", kind=TaskKind.ANALYSE)
            for task in tasks:
                if task.attempts + 1 < MAX_ATTEMPTS:
                    await self._again(task, repr(error))
                else:
                    await self._give_up(task, repr(error))
            return ()

    async def _give_up(self, task: Task, error: str) -> None:
        """Each by itself: one that cannot even be marked stands failed, and holds up no other."""
        try:
            await self._enrich.give_up([task])
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("tasks.bug", kind=task.kind)
            await self._stores.tasks.fail(task, error)

    async def _try(self, task: Task) -> None:
        try:
            await self._do(task)
        except StoreUnavailable:
            raise
        except NotFound:
            await self._stores.tasks.done([task])  # its channel or subject is gone
        except SendError as error:
            await self._again(task, str(error))
        except Exception as error:
            log.exception("tasks.bug", kind=task.kind)
            await self._again(task, repr(error))

    async def _do(self, task: Task) -> None:
        if task.kind is TaskKind.RECEIPT:
            await self._receipts.task(task)
            return
        if task.kind is TaskKind.ROUTE:
            await self._routing.route(ConversationId(task.subject))
        elif task.kind is TaskKind.HAND_OVER:
            await self._handover.task(task)
        elif task.kind is TaskKind.SYNC_TAGS:
            await self._tags.sync(ChannelId(task.data["channel_id"]), ContactId(task.data["contact_id"]))
        elif task.kind is TaskKind.FETCH_MEDIA:
            await self._media.fetch(task, last_try=_last_try(task))
        elif task.kind is TaskKind.FETCH_PROFILE:
            connected = await self._adapters.get(ChannelId(task.data["channel_id"]))
            await self._people.fetch_profile(ContactId(task.subject), connected.channel, self._clock.now())
        await self._stores.tasks.done([task])

    async def _again(self, task: Task, error: str) -> None:
        if _last_try(task):
            await self._stores.tasks.fail(task, error)
        else:
            await self._stores.tasks.postpone(task, self._clock.now() + FIRST_DELAY * 2**task.attempts, error)


def _last_try(task: Task) -> bool:
    return task.attempts + 1 >= (FILE_ATTEMPTS if task.kind is TaskKind.FETCH_MEDIA else MAX_ATTEMPTS)
