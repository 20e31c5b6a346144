from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from scrm.flow.decide import Decision, Workforce, decide, waiting_order
from scrm.ids import AgentId, TeamId
from scrm.model.analysis import Sentiment
from scrm.model.conversation import Conversation, Mood, Priority
from scrm.model.people import Availability
from tests.flow.make import NOW, agent, conversation, team

AFTER_SALES = team("after", categories=("refund_return",))
GENERAL = team("general", fallback=True)
TEAMS = (AFTER_SALES, GENERAL)
LI = agent("li", team_ids=(AFTER_SALES.id,))
WANG = agent("wang", team_ids=(AFTER_SALES.id, GENERAL.id))
ZHAO = agent("zhao", team_ids=(GENERAL.id,))


def decided(found: Conversation, *, vip: bool = False, loads: dict[AgentId, int] | None = None) -> Decision:
    return decide(found, vip=vip, workforce=Workforce(agents=(LI, WANG, ZHAO), teams=TEAMS, loads=loads or {}))


def test_category_picks_the_team_and_the_least_loaded_agent_gets_it() -> None:
    decision = decided(conversation(category="refund_return"), loads={LI.id: 3, WANG.id: 2})
    assert (decision.team_id, decision.assignee_id) == (AFTER_SALES.id, WANG.id)
    assert decision.reasons == ("category:refund_return", "least_loaded:2")


def test_what_no_team_claims_goes_to_the_fallback() -> None:
    assert decided(conversation(category="weather")).team_id == GENERAL.id
    assert decided(conversation()).reasons[0] == "team:fallback"


def test_a_full_an_absent_and_a_disabled_agent_get_nothing() -> None:
    away = agent("away", availability=Availability.BUSY)
    gone = agent("gone", disabled=True)
    full = agent("full", capacity=2)
    workforce = Workforce(agents=(away, gone, full), teams=(), loads={full.id: 2})
    decision = decide(conversation(), vip=False, workforce=workforce)
    assert decision.assignee_id is None
    assert decision.reasons == ("team:none", "agent:none_available")


def test_a_team_without_members_is_served_by_everybody() -> None:
    empty = team("empty", categories=("invoice",))
    decision = decide(
        conversation(category="invoice"), vip=False, workforce=Workforce(agents=(ZHAO,), teams=(empty,), loads={})
    )
    assert (decision.team_id, decision.assignee_id) == (empty.id, ZHAO.id)


def test_a_reopened_conversation_stays_with_its_agent_and_team() -> None:
    held = conversation(assignee_id=WANG.id, team_id=GENERAL.id, category="refund_return")
    decision = decided(held, loads={WANG.id: 9})
    assert (decision.team_id, decision.assignee_id) == (GENERAL.id, WANG.id)
    assert decision.reasons == ("team:kept", "assignee:kept")


def test_an_absent_assignee_is_replaced() -> None:
    held = conversation(assignee_id=AgentId("somebody"), team_id=GENERAL.id)
    assert decided(held).assignee_id in {WANG.id, ZHAO.id}


def test_priority_follows_the_customer_and_is_never_lowered() -> None:
    furious = conversation(mood=Mood(sentiment=Sentiment.NEGATIVE, score=-0.8, messages=2))
    cross = conversation(mood=Mood(sentiment=Sentiment.NEGATIVE, score=-0.3, messages=2))
    assert decided(furious).priority is Priority.URGENT
    assert decided(cross).priority is Priority.HIGH
    assert decided(conversation(), vip=True).priority is Priority.HIGH
    assert decided(conversation(priority=Priority.URGENT)).priority is Priority.URGENT


def test_the_queue_serves_strongly_negative_then_vip_then_who_waits_longest() -> None:
    early = conversation(id="early", waiting_since=NOW)
    late = conversation(id="late", waiting_since=NOW + timedelta(minutes=5))
    vip = conversation(id="vip", waiting_since=NOW + timedelta(minutes=6))
    cross = conversation(id="cross", waiting_since=NOW, mood=Mood(score=-0.4, messages=1))
    furious = conversation(id="furious", waiting_since=NOW + timedelta(minutes=9), mood=Mood(score=-0.9, messages=1))
    queue = sorted((late, early, vip, cross, furious), key=lambda found: waiting_order(found, vip=found.id == "vip"))
    assert [found.id for found in queue] == ["furious", "vip", "cross", "early", "late"]


@given(
    st.lists(st.tuples(st.sampled_from(Availability), st.integers(0, 3), st.integers(0, 3)), max_size=5),
    st.sampled_from([None, "refund_return", "other"]),
    st.booleans(),
)
def test_the_chosen_agent_is_always_available_and_no_freer_colleague_was_passed_over(
    people: list[tuple[Availability, int, int]], category: str | None, vip: bool
) -> None:
    agents = tuple(
        agent(f"a{n}", availability=availability, capacity=capacity, team_ids=(TeamId("after"), TeamId("general")))
        for n, (availability, capacity, _) in enumerate(people)
    )
    loads = {AgentId(f"a{n}"): load for n, (_, _, load) in enumerate(people)}
    workforce = Workforce(agents=agents, teams=TEAMS, loads=loads)
    decision = decide(conversation(category=category), vip=vip, workforce=workforce)
    free = [one for one in agents if one.availability is Availability.ONLINE and loads[one.id] < one.capacity]
    if not free:
        assert decision.assignee_id is None
    else:
        assert decision.assignee_id is not None
        assert loads[decision.assignee_id] == min(loads[one.id] for one in free)
    assert decision == decide(conversation(category=category), vip=vip, workforce=workforce)
