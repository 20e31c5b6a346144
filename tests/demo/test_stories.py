"""Everything the demo says, without a store: the data hold together and the texts are worth reading."""

import itertools
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from channels.wechat.config import problems
from channels.wechat.simulator.script import read_action
from nlp import taxonomy
from scrm.demo import data, history, script, seasons
from scrm.demo.chance import chance
from scrm.demo.data import Scenario
from scrm.demo.fill import CUSTOMERS, WEEKS
from scrm.demo.media import picture, voice
from scrm.demo.people import Person, people
from scrm.demo.plan import OPEN, Ending, visits
from scrm.demo.story import tell
from scrm.demo.words import Words
from scrm.demo.workspace import workspace

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
SEED = 7


@cache
def somebody(language: str) -> Person:
    return next(person for person in people(SEED, 200) if person.language == language)


@pytest.mark.parametrize("scenario", data.scenarios(), ids=lambda scenario: f"{scenario.theme}-{scenario.name}")
def test_every_story_can_be_told_and_leaves_no_template_behind(scenario: Scenario) -> None:
    teams = {team.name for team in data.company().team}
    assert set(scenario.labels) <= {label.name for label in data.company().label}
    for draw in range(60):
        turns = tell(scenario, somebody(scenario.language), chance("test", scenario.name, draw))
        assert turns[0].code in ("c", "voice")
        assert any(turn.code == "a" for turn in turns)
        for turn in turns:
            assert not re.search(r"[(){}|]", turn.text), turn.text
            assert turn.text.strip() or turn.code == "image"
            assert turn.code != "pass" or turn.text in teams


def test_choices_nest_and_slots_fill_slots() -> None:
    words = Words({"a": ("(x|y){b}",), "b": ("!",)}, chance("t"))
    assert {words.write("(1|2(3|4)){a}{c}", {"c": "z"}) for _ in range(200)} == {
        f"{head}{tail}!z" for head in ("1", "23", "24") for tail in "xy"
    }


@pytest.mark.parametrize("broken", ["(a|b", "a)b", "{loop}", "{nobody}"])
def test_a_broken_template_is_refused(broken: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        Words({"loop": ("{loop}",)}, chance("t")).write(broken, {})


def test_texts_rarely_repeat() -> None:
    planned = visits(people(SEED, 160), NOW, ZONE, seed=SEED, weeks=5)
    texts = [text for visit in planned for text in history.texts_of(history.moments_of(visit, NOW, ZONE, SEED))]
    long = [text for text in texts if len(text) >= 10]
    assert len(planned) >= 400
    assert len(texts) >= 1000
    assert len(set(long)) / len(long) > 0.88
    assert len(set(texts)) / len(texts) > 0.7
    assert Counter(texts).most_common(1)[0][1] <= len(texts) * 0.015


def test_the_calendar_has_a_shape() -> None:
    planned = [v for v in visits(people(SEED, 160), NOW, ZONE, seed=SEED, weeks=5) if v.ending is Ending.RESOLVED]
    begins = [visit.begins.astimezone(ZONE) for visit in planned]
    days = Counter(begin.date() for begin in begins)
    assert len(days) >= 35
    weekdays = [count for day, count in days.items() if day.weekday() < 5]
    weekends = [count for day, count in days.items() if day.weekday() >= 5]
    assert sum(weekdays) / len(weekdays) > 1.2 * sum(weekends) / len(weekends)
    office = sum(9 <= begin.hour < 22 for begin in begins)
    assert 0.7 < office / len(begins) < 0.97
    rising = [visit.begins for visit in planned if visit.scenario.rising]
    assert len(rising) >= 15
    assert min(rising) > NOW - timedelta(days=6)


def test_a_quarter_has_its_holidays_sales_and_growth() -> None:
    planned = visits(people(SEED, CUSTOMERS), NOW, ZONE, seed=SEED, weeks=WEEKS)
    begins = [visit.begins.astimezone(ZONE).date() for visit in planned if not visit.scenario.rising]
    days = Counter(begins)
    assert (max(days) - min(days)).days >= 90
    assert set(days) >= {min(days) + timedelta(days=step) for step in range(91)}

    def of(first: date, count: int) -> float:
        return sum(days[first + timedelta(days=step)] for step in range(count)) / count

    # The same weekdays, so that only the season differs.
    assert of(date(2026, 10, 1), 7) < 0.65 * of(date(2026, 10, 15), 7)
    assert days[date(2026, 11, 11)] > 1.8 * days[date(2026, 11, 4)]
    assert of(date(2026, 10, 12), 14) > 1.1 * of(date(2026, 8, 24), 14)
    # Somebody was free whenever a conversation was due: nothing is capped by how many customers there are.
    assert max(days.values()) == days[date(2026, 11, 11)]
    parcels = [visit for visit in planned if visit.scenario.theme in ("logistics", "refund")]
    after = [visit for visit in parcels if date(2026, 11, 14) <= visit.begins.astimezone(ZONE).date()]
    share = len(after) / len([day for day in begins if day >= date(2026, 11, 14)])
    assert share > 1.3 * len(parcels) / len(planned)


@pytest.mark.parametrize(
    ("day", "share"),
    [(date(2026, 2, 17), 0.3), (date(2027, 2, 5), 0.3), (date(2026, 9, 25), 0.65), (date(2026, 9, 24), 1.0),
     (date(2026, 10, 7), 0.5), (date(2026, 10, 8), 1.25), (date(2026, 11, 11), 2.3), (date(2033, 2, 1), 1.0)],
)  # fmt: skip
def test_holidays_are_found_by_the_calendar(day: date, share: float) -> None:
    assert seasons.demand(day, 0) == pytest.approx(share)


@pytest.mark.parametrize("hour", [0, 4, 11, 23])
def test_open_conversations_exist_at_any_hour_and_nothing_lies_ahead(hour: int) -> None:
    now = NOW.replace(hour=hour)
    planned = visits(people(SEED, 160), now, ZONE, seed=SEED, weeks=1)
    assert Counter(v.ending for v in planned if v.ending is not Ending.RESOLVED) == {
        ending: len(minutes) for ending, minutes, _ in OPEN
    }
    for visit in planned:
        moments = history.moments_of(visit, now, ZONE, SEED)
        assert all(earlier.at <= later.at for earlier, later in itertools.pairwise(moments))
        assert all(moment.at <= now for moment in moments)


def test_the_same_seed_tells_the_same() -> None:
    first, again, other = (
        [
            (visit.person.name, history.texts_of(history.moments_of(visit, NOW, ZONE, seed)))
            for visit in visits(people(seed, 160), NOW, ZONE, seed=seed, weeks=1)
        ]
        for seed in (SEED, SEED, SEED + 1)
    )
    assert first == again
    assert first != other


def test_nobody_can_be_reached() -> None:
    for person in people(SEED, 160):
        assert person.phone is None or re.fullmatch(r"120\d{8}", person.phone)
        assert person.email is None or person.email.rpartition("@")[2] in ("example.com", "example.cn")
        assert all(re.fullmatch(r"o[A-Za-z0-9_-]{27}", handle) for handle in person.handles.values())
    handles = [handle for person in people(SEED, 160) for handle in person.handles.values()]
    assert len(handles) == len(set(handles))


def test_the_workspace_fits_the_taxonomy_and_the_channel_type() -> None:
    made = workspace(
        seed=SEED, founded=NOW, password_hash="h", api_base="http://127.0.0.1:1", taxonomy=taxonomy.categories()
    )
    claimed = [code for team in made.teams for code in team.categories]
    assert sorted(claimed) == sorted(category.code for category in taxonomy.categories())
    assert sum(team.fallback for team in made.teams) == 1
    assert {agent.role for agent in made.agents} == {"agent", "supervisor", "manager", "admin"}
    takes = {reply.takes for reply in data.canned() if reply.takes}
    assert all(taxonomy.code_of(name) for name in takes)
    assert len(made.canned) >= 25
    assert len({reply.shortcut for reply in made.canned}) == len(made.canned)
    for channel in made.channels:
        assert problems(channel.settings) == {}


def test_the_live_script_is_what_the_simulator_reads() -> None:
    app_ids = ("wxa", "wxb", "wxc")
    lines = list(itertools.islice(script(SEED, app_ids), 300))
    actions = [read_action(json.dumps(line).encode()) for line in lines]
    assert [action.at for action in actions] == sorted(action.at for action in actions)
    assert {action.app_id for action in actions} == set(app_ids)
    known = {handle for person in people(SEED, CUSTOMERS) for handle in person.handles.values()}
    assert {action.openid for action in actions} <= known
    assert len({action.text for action in actions}) > 150
    assert 5 < actions[-1].at / len(actions) < 20
    assert lines == list(itertools.islice(script(SEED, app_ids), 300))
    assert lines != list(itertools.islice(script(SEED, app_ids, start=1), 300))


def test_pictures_and_voices_are_real_files() -> None:
    assert picture(chance("p")).startswith(b"\x89PNG\r\n\x1a\n")
    assert picture(chance("p")) != picture(chance("q"))
    sound = voice(chance("v"), 2.0)
    assert sound[:4] == b"RIFF"
    assert sound[8:12] == b"WAVE"
    assert len(sound) == 44 + 16000
