"""Service quality."""

from collections.abc import Sequence

import pytest

from scrm.model.quality import Kept, ServiceRow, Times
from scrm.model.reports import Metric, Outcome
from tests.demo import recount
from tests.demo.recount import Fact, where
from tests.demo.walk.walking import BEFORE, PERIOD, Demo, asks, opened, within

pytestmark = pytest.mark.asyncio(loop_scope="package")


def served(facts: Sequence[Fact], key: str | None) -> ServiceRow:
    of: dict[str, list[Fact]] = {str(metric): [] for metric in Metric}
    for fact in facts:
        of[fact.metric].append(fact)

    def times(metric: str) -> Times:
        took, open_ = [fact.value for fact in of[metric]], [fact.open_value or 0.0 for fact in of[metric]]
        return Times(
            count=len(took), p50=recount.nearest(took, 5), p90=recount.nearest(took, 9),
            open_p50=recount.nearest(open_, 5), open_p90=recount.nearest(open_, 9),
        )  # fmt: skip

    def kept(metric: str) -> Kept:
        return Kept(met=sum(bool(fact.kept) for fact in of[metric]), missed=sum(not fact.kept for fact in of[metric]))

    def mean(metric: str) -> float | None:
        return recount.mean([fact.value for fact in of[metric]])

    return ServiceRow(
        key=key, opened=len(of["conversation_opened"]), assigned=len(of["assigned"]), incoming=len(of["message_in"]),
        outgoing=len(of["message_out"]), resolved=len(of["conversation_resolved"]), reopened=0,
        handed_off=len(of["handed_off"]), first_response=times("first_response"),
        next_response=times("next_response"), resolution=times("conversation_resolved"),
        first_kept=kept("first_response"), next_kept=kept("next_response"),
        resolution_kept=kept("conversation_resolved"), satisfaction=mean("satisfaction"),
        rated=len(of["satisfaction"]), mood_before=mean("mood_before"), mood_after=mean("mood_after"),
        moods=len(of["mood_after"]),
    )  # fmt: skip


async def test_service_quality(demo: Demo) -> None:
    for asked in await asks(demo):
        report = await demo.boards.service(asked, None)
        wanted = within(PERIOD, asked)
        # Neither moods nor the drops of moods are anybody's service.
        now = [fact for fact in demo.facts if wanted(fact) and fact.metric != "mood"]
        then = [fact for fact in demo.facts if within(BEFORE, asked)(fact)]
        assert same(report.total, served(now, None))
        assert same(report.before, served(then, None))
        for rows, name in ((report.agents, "agent"), (report.teams, "team"), (report.channels, "channel")):
            assert {row.key for row in rows} == {getattr(fact, name) for fact in now}
            for row in rows:
                assert same(row, served([fact for fact in now if getattr(fact, name) == row.key], row.key)), row
        for cell in report.arrivals:
            came = [f for f in where(now, wanted, "message_in") if (f.weekday, f.hour) == (cell.weekday, cell.hour)]
            assert cell.count == len(came)
        for hour in report.staffing:
            came, sent = (
                [f for f in where(now, wanted, m) if f.hour == hour.hour] for m in ("message_in", "message_out")
            )
            assert (hour.incoming, hour.outgoing) == (len(came), len(sent))
            assert hour.agent_days == len({(fact.day, fact.agent) for fact in sent})
    await walk_service(demo)


def same(row: ServiceRow, counted: ServiceRow) -> bool:
    """Means are rounded sums of floats."""
    for name in row.__struct_fields__:
        one, other = getattr(row, name), getattr(counted, name)
        if isinstance(one, float) and isinstance(other, float):
            assert one == pytest.approx(other, abs=2e-4), name
        else:
            assert one == other, name
    return True


async def walk_service(demo: Demo) -> None:
    [asked, *_] = await asks(demo)
    report = await demo.boards.service(asked, None)
    for row in report.agents:
        agent = row.key or "none"
        assert row.outgoing == await opened(demo, asked, "message_out", agent_id=agent)
        assert row.first_response.count == await opened(demo, asked, "first_response", agent_id=agent)
        assert row.resolved == await opened(demo, asked, "conversation_resolved", agent_id=agent)
        assert row.handed_off == await opened(demo, asked, "handed_off", agent_id=agent)
        missed = await opened(demo, asked, "first_response", agent_id=agent, outcome=Outcome.MISSED)
        assert row.first_kept.missed == missed
    for cell in report.arrivals:
        if cell.count:
            more = {"weekday": cell.weekday, "hour": cell.hour}
            assert cell.count == await opened(demo, asked, "message_in", **more)
