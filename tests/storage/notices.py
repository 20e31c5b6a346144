"""Valid records of what follows an alert, and one call of every method of their stores."""

from collections.abc import Awaitable, Callable
from typing import Any

from scrm.ids import AlertId, ConversationId, DestinationId, NoticeId, ReportPlanId, RuleId
from scrm.model.incidents import EntryKind, Incident, IncidentEntry, IncidentReply, ReplyTarget
from scrm.model.message import Author, AuthorType
from scrm.model.notices import (
    AlertRule,
    Destination,
    DestinationKind,
    Every,
    Letter,
    Line,
    Notice,
    NoticeKind,
    ReportPlan,
    Telling,
)
from scrm.ports.stores import Page, Stores
from tests.storage.records import START, new_id

BOSS = Author(type=AuthorType.AGENT, id="a1", name="林经理")


def destination(**fields: Any) -> Destination:
    given: dict[str, Any] = {"id": DestinationId(new_id("d")), "kind": DestinationKind.WEBHOOK, "name": "值班群"}
    given |= {"settings": {"url": "http://127.0.0.1:9/", "secret": "geheim-und-lang"}}
    return Destination(**{**given, "created_at": START, "updated_at": START, **fields})


def notice(**fields: Any) -> Notice:
    given: dict[str, Any] = {
        "id": NoticeId(new_id("n")),
        "destination_id": DestinationId("d"),
    }
    given |= {
        "kind": NoticeKind.ALERT,
        "letter": Letter(title="突发", lines=(Line(text="14 条消息"),)),
        "due_at": START,
        "created_at": START,
    }
    return Notice(**{**given, **fields})


def rule(**fields: Any) -> AlertRule:
    return AlertRule(**{"id": RuleId(new_id("r")), "name": "全部", "created_at": START, **fields})


def plan(**fields: Any) -> ReportPlan:
    given: dict[str, Any] = {"id": ReportPlanId(new_id("p")), "name": "日报", "every": Every.DAY}
    return ReportPlan(**{**given, "created_at": START, **fields})


def incident(**fields: Any) -> Incident:
    return Incident(**{"id": AlertId(new_id("w")), **fields})


def reply(**fields: Any) -> IncidentReply:
    return IncidentReply(**{"text": "我们已经联系厂家", "written_by": BOSS, "written_at": START, **fields})


def target(**fields: Any) -> ReplyTarget:
    given: dict[str, Any] = {"id": new_id("t"), "incident_id": AlertId("w1"), "round": 1}
    return ReplyTarget(**{**given, "conversation_id": ConversationId("v1"), "at": START, **fields})


def calls(s: Stores) -> dict[str, Callable[[], Awaitable[Any]]]:
    place, one, said, made, room = destination(), notice(), rule(), plan(), incident()
    telling = Telling(id="r|w", rule_id=said.id, alert_id=room.id, at=START)
    entry = IncidentEntry(id=new_id("e"), incident_id=room.id, kind=EntryKind.COMMENT, at=START, text="看到了")

    async def notice_pages() -> None:
        for after in (None, Page(at=START, id="x")):
            await s.notices.page(place.id, after=after, limit=5)

    return {
        "destinations.save": lambda: s.destinations.save(place),
        "destinations.all": s.destinations.all,
        "destinations.get": lambda: s.destinations.get(place.id),
        "destinations.note": lambda: s.destinations.note(place.id, START, "x"),
        "destinations.delete": lambda: s.destinations.delete(place.id),
        "notices.add": lambda: s.notices.add([one]),
        "notices.get": lambda: s.notices.get(one.id),
        "notices.due": lambda: s.notices.due(START, 5),
        "notices.begin": lambda: s.notices.begin(one, START, START),
        "notices.postpone": lambda: s.notices.postpone(one.id, START, "x"),
        "notices.finish": lambda: s.notices.finish(one.id, START, "x"),
        "notices.retry": lambda: s.notices.retry(one.id, START),
        "notices.begun_since": lambda: s.notices.begun_since(place.id, START),
        "notices.page": notice_pages,
        "notices.forget_before": lambda: s.notices.forget_before(START),
        "alert_rules.all": s.alert_rules.all,
        "alert_rules.save": lambda: s.alert_rules.save(said),
        "alert_rules.tell": lambda: s.alert_rules.tell([telling]),
        "alert_rules.told": lambda: s.alert_rules.told(said.id, START),
        "alert_rules.delete": lambda: s.alert_rules.delete(said.id),
        "report_plans.all": s.report_plans.all,
        "report_plans.get": lambda: s.report_plans.get(made.id),
        "report_plans.save": lambda: s.report_plans.save(made),
        "report_plans.note_period": lambda: s.report_plans.note_period(made.id, "2026-11-20"),
        "report_plans.delete": lambda: s.report_plans.delete(made.id),
        "incidents.save": lambda: s.incidents.save(room),
        "incidents.get": lambda: s.incidents.get(room.id),
        "incidents.sending": s.incidents.sending,
        "incidents.add_entries": lambda: s.incidents.add_entries([entry]),
        "incidents.entries": lambda: s.incidents.entries(room.id, 5),
        "incidents.add_targets": lambda: s.incidents.add_targets([target()]),
        "incidents.targets": lambda: s.incidents.targets(room.id),
        "incidents.save_target": lambda: s.incidents.save_target(target()),
        "incidents.open_tasks": lambda: s.incidents.open_tasks([room.id]),
    }
