"""Which alerts are told where and when, reports that are sent by themselves, and how sentences are phrased."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from scrm.errors import Conflict, Invalid, NotFound
from scrm.ids import ChannelId, MonitorId, ReportPlanId, RuleId
from scrm.model.base import Record
from scrm.model.notices import (
    AlertRule,
    Every,
    Letter,
    ReportPlan,
)
from scrm.model.people import Role
from scrm.model.topics import Severity
from scrm.ports.alerts import PhrasingView
from scrm.web.api.destinations import MOST, Ids, known_destinations
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing
from scrm.web.fields import Id, Line, Locale, Name

Moment = Annotated[str, msgspec.Meta(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9](?![\s\S])")]
Weekday = Annotated[int, msgspec.Meta(ge=0, le=6)]
Minutes = Annotated[int, msgspec.Meta(ge=0, le=1_440)]
Hours = Annotated[int, msgspec.Meta(ge=0, le=168)]


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
        destination_ids=await known_destinations(call, body.destination_ids),
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
        destination_ids=await known_destinations(call, body.destination_ids),
        channel_id=ChannelId(body.channel_id) if body.channel_id else None,
        enabled=body.enabled,
        created_at=created_at,
        last_period=last_period,
    )


_ADMIN, _MANAGER = Role.ADMIN, Role.MANAGER
ENDPOINTS = (
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
