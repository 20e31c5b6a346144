"""`scrm simulate all`: every platform stands, and the hub has a channel of each, which answers its platform."""

import argparse
import asyncio

import pytest

from channels import CHANNEL_TYPES
from channels.simulating.together import Together
from scrm.app import simulators
from scrm.clock import SystemClock
from tests.web.conftest import OpenDesk

PATIENCE = 60.0
# Platforms that put a question to a webhook's address before they push there.
ASKED = {"wechat", "wecom_kf", "weibo", "whatsapp", "messenger", "slack", "line"}


async def test_every_platform_has_its_channel_in_the_hub(
    open_desk: OpenDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = await open_desk(SystemClock(), types=CHANNEL_TYPES)
    every = dict(simulators())
    together = every.pop("all")
    assert isinstance(together, Together)
    program = await desk.program()
    parser = argparse.ArgumentParser()
    together.add_arguments(parser)
    token = program.headers["Authorization"].partition(" ")[2]
    words = ["--create", str(desk.server.make_url("")), "--api-token", token, "--free-ports"]
    running = asyncio.create_task(together.main(parser.parse_args(words)))
    try:
        async with asyncio.timeout(PATIENCE):
            printed, answered = "", set[str]()
            while len(types := {each.type for each in await desk.stores.channels.all()}) < 11 or answered != ASKED:
                assert not running.done(), capsys.readouterr().err
                await asyncio.sleep(0.05)  # what is printed rings no bell
                printed += capsys.readouterr().out
                answered = {
                    channel.type
                    for channel in await desk.stores.channels.all()
                    if f"/hooks/{channel.id} answer" in printed
                }
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert types == set(every) == {each.type for each in CHANNEL_TYPES.all()}
