"""The training of a taxonomy: one at a time in the workspace, in the background, told as it goes.

Promises: what is trained is what the examples were when it began; a training that nobody carries on any more (its hub
is gone) is called interrupted and blocks nothing; cancelling works from any process.
"""

import asyncio
from datetime import datetime, timedelta

import msgspec
import structlog
from msgspec.structs import replace

from scrm.clock import Clock, end_tasks
from scrm.errors import Conflict, HubError, NotFound, StoreUnavailable
from scrm.ids import IdFactory, TaxonomyId
from scrm.model.message import Author
from scrm.model.taxonomy import Taxonomy, TrainingRun, TrainingStatus
from scrm.ports.stores import Stores
from scrm.ports.taxonomy import Trained, Trainer

log = structlog.get_logger(__name__)

LEASE_NAME = "training"
LEASE = timedelta(seconds=20)
BEAT_SECONDS = 0.5
"""Between two looks of a training at whether it was cancelled, each with its progress written down."""


def blob_id(taxonomy_id: TaxonomyId) -> str:
    """Of a version's weights and report. The dot keeps it out of the attachments' door, whose ids have none."""
    return f"taxonomy.{taxonomy_id}"


class Training:
    def __init__(self, stores: Stores, trainer: Trainer, clock: Clock, ids: IdFactory, owner: str) -> None:
        self._stores = stores
        self._trainer = trainer
        self._clock = clock
        self._ids = ids
        self._owner = owner
        self._tasks: dict[TaxonomyId, asyncio.Task[None]] = {}

    async def begin(self, taxonomy: Taxonomy, by: Author) -> Taxonomy:
        """Raises Conflict while one is being trained."""
        now = self._clock.now()
        run = TrainingRun(id=self._ids(), status=TrainingStatus.RUNNING, by=by, started_at=now)
        owner = f"{self._owner}:{run.id}"
        if not await self._stores.leases.acquire(LEASE_NAME, owner, now, now + LEASE):
            raise Conflict("A training is under way; wait for its end, or cancel it.")
        try:
            saved = await self._put_run(taxonomy.id, run)
        except BaseException:
            await self._stores.leases.release(LEASE_NAME, owner)
            raise
        task = asyncio.create_task(self._held(saved, run, owner), name=f"training {taxonomy.number}")
        self._tasks[taxonomy.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(taxonomy.id, None))
        return saved

    async def cancel(self, taxonomy: Taxonomy) -> None:
        """Nothing where none is under way. The training notices within a beat, in whichever process it is."""
        if taxonomy.run is not None and taxonomy.run.status is TrainingStatus.RUNNING:
            await self._end(taxonomy.id, taxonomy.run, TrainingStatus.CANCELLED)
        task = self._tasks.get(taxonomy.id)
        if task is not None:
            await end_tasks(task)

    async def settled(self, taxonomy: Taxonomy) -> Taxonomy:
        """The version with a run that nobody carries on called interrupted."""
        run = taxonomy.run
        if run is None or run.status is not TrainingStatus.RUNNING:
            return taxonomy
        held = await self._stores.leases.held(self._clock.now())
        if any(lease.name == LEASE_NAME and lease.owner.endswith(f":{run.id}") for lease in held):
            return taxonomy
        await self._end(taxonomy.id, run, TrainingStatus.INTERRUPTED)
        return await self._stores.taxonomies.get(taxonomy.id) or taxonomy

    async def trained(self, taxonomy: Taxonomy) -> Trained:
        """Raises NotFound when it was never trained."""
        if taxonomy.trained_at is None:
            raise NotFound("This version has not been trained yet.")
        return msgspec.msgpack.decode(await self._stores.blobs.get(blob_id(taxonomy.id)), type=Trained)

    async def idle(self) -> None:
        """Returns once this process trains nothing."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def close(self) -> None:
        await end_tasks(*self._tasks.values())

    # --- one training -----------------------------------------------------------------------------------------------

    async def _held(self, taxonomy: Taxonomy, run: TrainingRun, owner: str) -> None:
        try:
            await self._train(taxonomy, run, owner)
        except asyncio.CancelledError:
            await self._end(taxonomy.id, run, TrainingStatus.INTERRUPTED)  # unless it was cancelled by a person before
            raise
        except StoreUnavailable:
            log.warning("training.store_unavailable", taxonomy=taxonomy.number)
        except HubError as error:
            await self._end(taxonomy.id, run, TrainingStatus.FAILED, error.detail)
        except Exception:
            log.exception("training.bug", taxonomy=taxonomy.number)
            await self._end(taxonomy.id, run, TrainingStatus.FAILED)
        finally:
            try:
                await self._stores.leases.release(LEASE_NAME, owner)
            except StoreUnavailable:
                log.warning("training.lease_kept", taxonomy=taxonomy.number)  # it runs out by itself

    async def _train(self, taxonomy: Taxonomy, run: TrainingRun, owner: str) -> None:
        examples = await self._stores.examples.all(taxonomy.id)
        told = run

        def progress(step: str, share: float) -> None:
            nonlocal told
            told = replace(run, step=step, share=share)

        work = asyncio.create_task(self._trainer.train(examples, progress), name="training process")
        try:
            while True:
                done, _ = await asyncio.wait({work}, timeout=BEAT_SECONDS)
                if done:
                    break
                now = self._clock.now()
                await self._stores.leases.acquire(LEASE_NAME, owner, now, now + LEASE)
                if not await self._stores.taxonomies.note_run(taxonomy.id, told):
                    return  # cancelled, or deleted
        finally:
            if not work.done():
                await end_tasks(work)
        await self._keep(taxonomy.id, run, work.result())

    async def _keep(self, taxonomy_id: TaxonomyId, run: TrainingRun, trained: Trained) -> None:
        data = msgspec.msgpack.encode(trained)
        await self._stores.blobs.put(blob_id(taxonomy_id), data, "application/msgpack", None)
        now = self._clock.now()

        async def work() -> None:
            found = await self._stores.taxonomies.get(taxonomy_id)
            if found is None or found.run is None or found.run.id != run.id:
                return
            if found.run.status is not TrainingStatus.RUNNING:
                return
            await self._stores.taxonomies.save(
                replace(
                    found,
                    run=replace(run, status=TrainingStatus.DONE, step="done", share=1.0, ended_at=now),
                    trained_at=run.started_at,  # so that what was changed meanwhile counts as not yet learned
                    threshold=trained.report.threshold,
                    accuracy=trained.report.accuracy,
                )
            )

        await self._stores.transaction(work)
        log.info("training.done", run=run.id, examples=trained.report.examples, seconds=trained.report.seconds)

    async def _put_run(self, taxonomy_id: TaxonomyId, run: TrainingRun) -> Taxonomy:
        async def work() -> Taxonomy:
            found = await self._stores.taxonomies.get(taxonomy_id)
            if found is None:
                raise NotFound("There is no such version.")
            return await self._stores.taxonomies.save(replace(found, run=run))

        return await self._stores.transaction(work)

    async def _end(self, taxonomy_id: TaxonomyId, run: TrainingRun, status: TrainingStatus, error: str = "") -> None:
        ended: datetime = self._clock.now()
        ending = replace(run, status=status, error=error, ended_at=ended)
        try:
            await self._stores.taxonomies.note_run(taxonomy_id, ending)
        except StoreUnavailable:
            log.warning("training.end_unwritten", run=run.id)  # the lease runs out, and it counts as interrupted
