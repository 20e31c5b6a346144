"""Ending tasks for good, even one that loses a cancel as `asyncio.wait_for` of Python 3.11 does."""

import asyncio

from scrm.clock import end_tasks


async def test_a_task_that_loses_a_cancel_is_cancelled_again() -> None:
    lost = 0

    async def stubborn() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                lost += 1
                if lost == 3:
                    raise

    async def broken() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("in its ending")

    tasks = [asyncio.create_task(work(), name=work.__name__) for work in (stubborn, broken)]
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await end_tasks(*tasks, again_after=0.01)
        await end_tasks()
    assert lost == 3
    assert all(task.done() for task in tasks)
