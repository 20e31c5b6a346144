"""Where alerts and reports are pushed to: destinations, rules, report plans. Secrets go in and never come out."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from scrm.errors import Conflict, Invalid, NotFound
from scrm.ids import ChannelId, DestinationId, MonitorId, NoticeId, ReportPlanId, RuleId
from scrm.model.base import Record
from scrm.model.notices import (
    AlertRule,
    Destination,
    DestinationKind,
    DestinationType,
    Every,
    Letter,
    Notice,
    ReportPlan,
)
from scrm.model.people import Role
from scrm.model.topics import Severity
from scrm.ports.alerts import PhrasingView
from scrm.ports.stores import Page
from scrm.web import cursor
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing, changed
from scrm.web.fields import Cursor, Id, Key, Limit, Line, Locale, Name

MOST = 50
Settings = Annotated[dict[Key, Annotated[str, msgspec.Meta(max_length=4_096)]], msgspec.Meta(max_length=20)]
Moment = Annotated[str, msgspec.Meta(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9](?![\s\S])")]
Ids = Annotated[tuple[Id, ...], msgspec.Meta(max_length=MOST)]
Weekday = Annotated[int, msgspec.Meta(ge=0, le=6)]
Minutes = Annotated[int, msgspec.Meta(ge=0, le=1_440)]
Hours = Annotated[int, msgspec.Meta(ge=0, le=168)]


class DestinationView(Record, kw_only=True):
    """A destination without its secrets: they are "" in settings, and secrets_set names those that have a value."""

    id: DestinationId
    kind: DestinationKind
    name: str
    locale: str
    settings: dict[str, str]
    secrets_set: tuple[str, ...]
    paused: bool
    created_at: datetime
    updated_at: datetime
    last_sent_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None


class DestinationBrief(Record, kw_only=True):
    id: DestinationId
    kind: DestinationKind
    name: str
    paused: bool


class NewDestination(Input, kw_only=True):
    kind: DestinationKind
    name: Name
    locale: Locale = "zh-CN"
    settings: Settings = {}


class DestinationPatch(Input, kw_only=True):
    """settings: only the given ones change; an empty secret stays as it is."""

    name: Name | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    settings: Settings | UnsetType = UNSET
    paused: bool | UnsetType = UNSET


class TestResult(Record, kw_only=True):
    """error: why it did not arrive; null when it did."""

    error: str | None


class NoticeQuery(Input, kw_only=True):
    limit: Limit = 20
    after: Cursor | None = None


class NoticeAgain(Input, kw_only=True):
    """id: of the notice; it holds signs a path does not take."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class RuleInput(Input, kw_only=True):
    """quiet_from and quiet_until: both or neither."""

    name: Name
    enabled: bool = True
    severity: Severity = Severity.NORMAL
    channel_ids: Ids = ()
    monitor_ids: Ids = ()
    destination_ids: Ids = ()
    quiet_from: Moment | None = None
    quiet_until: Moment | None = None
    urgent_breaks: bool = True
    gather_minutes: Minutes = 10
    repeat_hours: Hours = 0


class PlanInput(Input, kw_only=True):
    name: Name
    every: Every = Every.DAY
    weekday: Weekday = 0
    at: Moment = "09:00"
    destination_ids: Ids = ()
    channel_id: Id | None = None
    enabled: bool = True


class PreviewQuery(Input, kw_only=True):
    locale: Locale = "zh-CN"


class Sent(Record, kw_only=True):
    """How many destinations get it."""

    queued: int


class AlertSettingsView(Record, kw_only=True):
    """second_approval: a reply to many has to be approved by somebody else than its writer."""

    second_approval: bool
    phrasing: PhrasingView


class PhrasingInput(Input, kw_only=True):
    """key: unset stays as it is, "" is taken away."""

    enabled: bool
    base_url: Line = ""
    model: Line = ""
    key: Annotated[str, msgspec.Meta(max_length=400)] | UnsetType = UNSET


class AlertSettingsPatch(Input, kw_only=True):
    second_approval: bool | UnsetType = UNSET
    phrasing: PhrasingInput | UnsetType = UNSET


# --- destinations ---------------------------------------------------------------------------------------------------


async def types(call: Call[Nothing, Nothing]) -> Items[DestinationType]:
    return Items(items=list(call.context.alerts.destination_types()))


async def briefs(call: Call[Nothing, Nothing]) -> Items[DestinationBrief]:
    found = await call.context.stores.destinations.all()
    return Items(items=[DestinationBrief(id=one.id, kind=one.kind, name=one.name, paused=one.paused) for one in found])


async def list_destinations(call: Call[Nothing, Nothing]) -> Items[DestinationView]:
    return Items(items=[_view(call, each) for each in await call.context.stores.destinations.all()])


async def add_destination(call: Call[Nothing, NewDestination]) -> DestinationView:
    body, context = call.body, call.context
    if len(await context.stores.destinations.all()) >= MOST:
        raise Conflict(f"at most {MOST} destinations")
    now = context.clock.now()
    made = Destination(
        id=DestinationId(context.ids()),
        kind=body.kind,
        name=body.name,
        locale=body.locale,
        settings=context.alerts.checked(body.kind, body.settings),
        created_at=now,
        updated_at=now,
    )
    await context.stores.destinations.save(made)
    return _view(call, made)


async def change_destination(call: Call[Nothing, DestinationPatch]) -> DestinationView:
    body, context = call.body, call.context

    async def work() -> Destination:
        place = await _destination(call)
        settings = place.settings
        if isinstance(body.settings, dict):
            secret = _secret(call, place.kind)
            given = {name: value for name, value in body.settings.items() if value or name not in secret}
            settings = context.alerts.checked(place.kind, {**settings, **given})
        fresh = changed(place, body, "name", "locale", "paused")
        fresh = msgspec.structs.replace(fresh, settings=settings, updated_at=context.clock.now())
        await context.stores.destinations.save(fresh)
        return fresh

    return _view(call, await context.stores.transaction(work))


async def delete_destination(call: Call[Nothing, Nothing]) -> None:
    if not await call.context.stores.destinations.delete(DestinationId(call.id())):
        raise NotFound("there is no such destination")


async def try_destination(call: Call[Nothing, Nothing]) -> TestResult:
    return TestResult(error=await call.context.alerts.test(await _destination(call)))


async def notices(call: Call[NoticeQuery, Nothing]) -> Items[Notice]:
    place = await _destination(call)
    found = await call.context.stores.notices.page(
        place.id, after=cursor.decode(call.query.after), limit=call.query.limit + 1
    )
    page, following = cursor.cut(found, call.query.limit, lambda notice: Page(at=notice.created_at, id=notice.id))
    return Items(items=page, next=following)


async def retry_notice(call: Call[Nothing, NoticeAgain]) -> Notice:
    return await call.context.alerts.retry(NoticeId(call.body.id))


# --- rules ----------------------------------------------------------------------------------------------------------


async def list_rules(call: Call[Nothing, Nothing]) -> Items[AlertRule]:
    return Items(items=await call.context.stores.alert_rules.all())


async def add_rule(call: Call[Nothing, RuleInput]) -> AlertRule:
    if len(await call.context.stores.alert_rules.all()) >= MOST:
        raise Conflict(f"at most {MOST} rules")
    rule = await _rule(call, RuleId(call.context.ids()), call.context.clock.now())
    await call.context.stores.alert_rules.save(rule)
    return rule


async def change_rule(call: Call[Nothing, RuleInput]) -> AlertRule:
    known = {rule.id: rule for rule in await call.context.stores.alert_rules.all()}.get(RuleId(call.id()))
    if known is None:
        raise NotFound("there is no such rule")
    rule = await _rule(call, known.id, known.created_at)
    await call.context.stores.alert_rules.save(rule)
    return rule


async def delete_rule(call: Call[Nothing, Nothing]) -> None:
    if not await call.context.stores.alert_rules.delete(RuleId(call.id())):
        raise NotFound("there is no such rule")


# --- report plans ---------------------------------------------------------------------------------------------------


async def list_plans(call: Call[Nothing, Nothing]) -> Items[ReportPlan]:
    return Items(items=await call.context.stores.report_plans.all())


async def add_plan(call: Call[Nothing, PlanInput]) -> ReportPlan:
    if len(await call.context.stores.report_plans.all()) >= MOST:
        raise Conflict(f"at most {MOST} reports")
    plan = await _plan(call, ReportPlanId(call.context.ids()), call.context.clock.now(), None)
    await call.context.stores.report_plans.save(plan)
    return plan


async def change_plan(call: Call[Nothing, PlanInput]) -> ReportPlan:
    known = await _known_plan(call)
    plan = await _plan(call, known.id, known.created_at, known.last_period)
    await call.context.stores.report_plans.save(plan)
    return plan


async def delete_plan(call: Call[Nothing, Nothing]) -> None:
    if not await call.context.stores.report_plans.delete(ReportPlanId(call.id())):
        raise NotFound("there is no such report")


async def preview(call: Call[PreviewQuery, Nothing]) -> Letter:
    return await call.context.alerts.report(await _known_plan(call), call.query.locale)


async def send_now(call: Call[Nothing, Nothing]) -> Sent:
    return Sent(queued=await call.context.alerts.send_report(await _known_plan(call)))


# --- settings -------------------------------------------------------------------------------------------------------


async def settings(call: AnyCall) -> AlertSettingsView:
    alerts = call.context.alerts
    return AlertSettingsView(second_approval=await alerts.second_approval(), phrasing=await alerts.phrasing())


async def change_settings(call: Call[Nothing, AlertSettingsPatch]) -> AlertSettingsView:
    body, alerts = call.body, call.context.alerts
    if isinstance(body.phrasing, PhrasingInput):
        given = body.phrasing
        key = None if isinstance(given.key, UnsetType) else given.key
        await alerts.set_phrasing(enabled=given.enabled, base_url=given.base_url, model=given.model, key=key)
    if isinstance(body.second_approval, bool):
        await alerts.set_second_approval(on=body.second_approval)
    return await settings(call)


def _view(call: AnyCall, place: Destination) -> DestinationView:
    secret = _secret(call, place.kind)
    values = msgspec.structs.asdict(place)
    values["settings"] = {name: "" if name in secret else value for name, value in place.settings.items()}
    return DestinationView(**values, secrets_set=tuple(sorted(name for name in secret if place.settings.get(name))))


def _secret(call: AnyCall, kind: DestinationKind) -> frozenset[str]:
    return next(each.secret_settings for each in call.context.alerts.destination_types() if each.kind == kind)


async def _destination(call: AnyCall) -> Destination:
    place = await call.context.stores.destinations.get(DestinationId(call.id()))
    if place is None:
        raise NotFound("there is no such destination")
    return place


async def _places(call: AnyCall, ids: tuple[str, ...]) -> tuple[DestinationId, ...]:
    known = {place.id for place in await call.context.stores.destinations.all()}
    places = tuple(dict.fromkeys(DestinationId(id_) for id_ in ids))
    if not known.issuperset(places):
        raise Invalid("there is no such destination", field="destination_ids")
    return places


async def _rule(call: Call[Nothing, RuleInput], rule_id: RuleId, created_at: datetime) -> AlertRule:
    body = call.body
    if (body.quiet_from is None) != (body.quiet_until is None):
        raise Invalid("quiet hours have a beginning and an end", field="quiet_until")
    return AlertRule(
        id=rule_id,
        name=body.name,
        enabled=body.enabled,
        severity=body.severity,
        channel_ids=tuple(ChannelId(each) for each in body.channel_ids),
        monitor_ids=tuple(MonitorId(each) for each in body.monitor_ids),
        destination_ids=await _places(call, body.destination_ids),
        quiet_from=body.quiet_from,
        quiet_until=body.quiet_until,
        urgent_breaks=body.urgent_breaks,
        gather_minutes=body.gather_minutes,
        repeat_hours=body.repeat_hours,
        created_at=created_at,
    )


async def _known_plan(call: AnyCall) -> ReportPlan:
    plan = await call.context.stores.report_plans.get(ReportPlanId(call.id()))
    if plan is None:
        raise NotFound("there is no such report")
    return plan


async def _plan(
    call: Call[Nothing, PlanInput], plan_id: ReportPlanId, created_at: datetime, last_period: str | None
) -> ReportPlan:
    body = call.body
    return ReportPlan(
        id=plan_id,
        name=body.name,
        every=body.every,
        weekday=body.weekday,
        at=body.at,
        destination_ids=await _places(call, body.destination_ids),
        channel_id=ChannelId(body.channel_id) if body.channel_id else None,
        enabled=body.enabled,
        created_at=created_at,
        last_period=last_period,
    )


_ADMIN, _MANAGER = Role.ADMIN, Role.MANAGER
ENDPOINTS = (
    Endpoint(
        method="GET", path="/destination-types", handler=types, role=_ADMIN, returns=Items[DestinationType],
        summary="The kinds of destinations, their settings and limits", tag="notices",
    ),
    Endpoint(
        method="GET", path="/destinations", handler=list_destinations, role=_ADMIN, returns=Items[DestinationView],
        summary="Where alerts and reports are pushed to", tag="notices",
    ),
    Endpoint(
        method="GET", path="/destinations/briefs", handler=briefs, role=_MANAGER, returns=Items[DestinationBrief],
        summary="Their names, for rules and reports", tag="notices",
    ),
    Endpoint(
        method="POST", path="/destinations", handler=add_destination, role=_ADMIN, body=NewDestination,
        returns=DestinationView, statuses=(201,), summary="Add a destination", tag="notices",
    ),
    Endpoint(
        method="PATCH", path="/destinations/{id}", handler=change_destination, role=_ADMIN, body=DestinationPatch,
        returns=DestinationView, summary="Rename, pause or set up a destination", tag="notices",
    ),
    Endpoint(
        method="DELETE", path="/destinations/{id}", handler=delete_destination, role=_ADMIN, statuses=(204,),
        summary="Delete a destination", tag="notices",
    ),
    Endpoint(
        method="POST", path="/destinations/{id}/test", handler=try_destination, role=_ADMIN, returns=TestResult,
        summary="Send a test message now", tag="notices",
    ),
    Endpoint(
        method="GET", path="/destinations/{id}/notices", handler=notices, role=_ADMIN, query=NoticeQuery,
        returns=Items[Notice], summary="What went there, newest first", tag="notices",
    ),
    Endpoint(
        method="POST", path="/notices/retry", handler=retry_notice, role=_ADMIN, body=NoticeAgain, returns=Notice,
        summary="Send a failed notice again", tag="notices",
    ),
    Endpoint(
        method="GET", path="/alert-rules", handler=list_rules, role=_MANAGER, returns=Items[AlertRule],
        summary="Which alerts go where", tag="notices",
    ),
    Endpoint(
        method="POST", path="/alert-rules", handler=add_rule, role=_MANAGER, body=RuleInput, returns=AlertRule,
        statuses=(201,), summary="Add a rule", tag="notices",
    ),
    Endpoint(
        method="PUT", path="/alert-rules/{id}", handler=change_rule, role=_MANAGER, body=RuleInput,
        returns=AlertRule, summary="Change a rule", tag="notices",
    ),
    Endpoint(
        method="DELETE", path="/alert-rules/{id}", handler=delete_rule, role=_MANAGER, statuses=(204,),
        summary="Delete a rule", tag="notices",
    ),
    Endpoint(
        method="GET", path="/report-plans", handler=list_plans, role=_MANAGER, returns=Items[ReportPlan],
        summary="Reports that leave by themselves", tag="notices",
    ),
    Endpoint(
        method="POST", path="/report-plans", handler=add_plan, role=_MANAGER, body=PlanInput, returns=ReportPlan,
        statuses=(201,), summary="Add a report", tag="notices",
    ),
    Endpoint(
        method="PUT", path="/report-plans/{id}", handler=change_plan, role=_MANAGER, body=PlanInput,
        returns=ReportPlan, summary="Change a report", tag="notices",
    ),
    Endpoint(
        method="DELETE", path="/report-plans/{id}", handler=delete_plan, role=_MANAGER, statuses=(204,),
        summary="Delete a report", tag="notices",
    ),
    Endpoint(
        method="GET", path="/report-plans/{id}/preview", handler=preview, role=_MANAGER, query=PreviewQuery,
        returns=Letter, summary="What the report would say now", tag="notices",
    ),
    Endpoint(
        method="POST", path="/report-plans/{id}/send", handler=send_now, role=_MANAGER, returns=Sent,
        summary="Send the report now", tag="notices",
    ),
    Endpoint(
        method="GET", path="/alert-settings", handler=settings, role=_MANAGER, returns=AlertSettingsView,
        summary="Second approval, and the endpoint that may phrase summaries", tag="notices",
    ),
    Endpoint(
        method="PATCH", path="/alert-settings", handler=change_settings, role=_ADMIN, body=AlertSettingsPatch,
        returns=AlertSettingsView, summary="Change them", tag="notices",
    ),
)  # fmt: skip
