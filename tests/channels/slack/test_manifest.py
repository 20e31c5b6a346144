"""The manifest that an installer pastes asks for what the code needs, and for what the simulator grants."""

import json
import re

from channels.slack.adapter import HEARS, SCOPES
from channels.slack.events import READERS
from channels.slack.simulator.workspace import SCOPES as GRANTED
from scrm.check import ROOT


def test_the_manifest_on_the_page() -> None:
    page = (ROOT / "docs/slack.md").read_text(encoding="utf-8")
    found = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert found is not None
    manifest = json.loads(found[1])
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    assert sorted(scopes) == sorted(GRANTED)
    assert {*SCOPES, *HEARS} <= set(scopes)
    assert manifest["features"]["app_home"]["messages_tab_enabled"] is True
    subscribed = {each.partition(".")[0] for each in manifest["settings"]["event_subscriptions"]["bot_events"]}
    assert subscribed == set(READERS)
