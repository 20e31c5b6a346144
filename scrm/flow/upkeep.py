"""What an administrator does about work that failed and about channels, behind `scrm.ports.flow.Hub`."""

from functools import partial

from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import Conflict, NotFound, SendError
from scrm.flow.adapters import Adapters
from scrm.flow.exchanges import Exchanges
from scrm.flow.lanes import Rings
from scrm.flow.polling import Polling
from scrm.flow.pump import Pump
from scrm.ids import ChannelId, JournalId, MessageId, TaskId
from scrm.model.channel import Channel
from scrm.model.exchange import Way
from scrm.model.work import JournalEntry, Task, TaskKind
from scrm.ports.abilities import Describes, RegistersWebhook
from scrm.ports.stores import Stores


class Upkeep:
    def __init__(
        self,
        stores: Stores,
        adapters: Adapters,
        pump: Pump,
        polling: Polling,
        exchanges: Exchanges,
        rings: Rings,
        clock: Clock,
    ) -> None:
        self._stores = stores
        self._adapters = adapters
        self._pump = pump
        self._polling = polling
        self._exchanges = exchanges
        self._rings = rings
        self._clock = clock

    async def replay(self, entry_id: JournalId) -> JournalEntry:
        if not await self._stores.journal.replay(entry_id):
            if await self._stores.journal.get(entry_id) is None:
                raise NotFound("no such journal entry")
            raise Conflict("Only a failed entry can be replayed.")
        entry = await self._stores.journal.get(entry_id)
        if entry is None:
            raise NotFound("no such journal entry")
        self._rings.for_journal(entry.partition)
        return entry

    async def retry_task(self, task_id: TaskId) -> Task:
        task = await self._stores.tasks.get(task_id)
        if task is None:
            raise NotFound("no such task")
        if not await self._stores.transaction(partial(self._retry, task)):
            raise Conflict("Only a failed task can be tried again.")
        again = replace(task, failed=False, attempts=0, error=None, due_at=self._clock.now())
        self._rings.for_tasks([again])
        return again

    async def _retry(self, task: Task) -> bool:
        if task.kind is TaskKind.ANALYSE:
            await self._stores.messages.read_again(MessageId(task.subject))
        return await self._stores.tasks.retry(task.id, self._clock.now())

    async def channel_changed(self, channel_id: ChannelId) -> None:
        self._adapters.forget(channel_id)
        await self._pump.changed(channel_id)
        self._polling.soon()

    async def check_channel(self, channel: Channel) -> tuple[bool, str]:
        try:
            adapter = self._adapters.connect(channel).adapter
            await adapter.check()
            if isinstance(adapter, RegistersWebhook):
                await adapter.register(self._polling.address(channel.id))
            said = await adapter.describe() if isinstance(adapter, Describes) else ""
        except SendError as error:
            self._exchanges.note(channel.id, Way.OUT, "check", error.code, code=error.platform_code)
            return False, " ".join(filter(None, (str(error), error.detail)))
        self._exchanges.note(channel.id, Way.OUT, "check")
        return True, said
