"""What leaves the hub for people who do not look at it: destinations, notices on their way, and who is told what.

A **destination** is a group's robot, a webhook or mailboxes. A **notice** is one message to one destination. A **rule**
says which alerts become notices; a **report plan** which report leaves when.
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from scrm.ids import AlertId, ChannelId, DestinationId, MonitorId, NoticeId, ReportPlanId, RuleId
from scrm.model.base import Record
from scrm.model.channel import Setting
from scrm.model.topics import Severity

Locale = Literal["zh-CN", "en"]


class DestinationKind(StrEnum):
    WECOM = "wecom_robot"
    LARK = "lark_robot"
    DINGTALK = "dingtalk_robot"
    WEBHOOK = "webhook"
    EMAIL = "email"


class Rate(Record, kw_only=True):
    """At most `most` sends within `seconds`."""

    most: int
    seconds: int


class Limits(Record, kw_only=True):
    """What a platform lets through. size: bytes of UTF-8, of the text or the whole request as `of` says. source: the
    page that says so; "" where the bound is ours."""

    rates: tuple[Rate, ...]
    size: int
    of: Literal["text", "request"]
    source: str


class DestinationType(Record, kw_only=True):
    """A kind of destination as the settings form draws it."""

    kind: DestinationKind
    name_zh: str
    name_en: str
    settings: tuple[Setting, ...]
    limits: Limits

    @property
    def secret_settings(self) -> frozenset[str]:
        return frozenset(setting.name for setting in self.settings if setting.secret)


class Destination(Record, kw_only=True):
    """settings: in clear; only `storage` sees the sealed form, and the API gives no secret back.

    last_error: of the last send (`Reason`); None once one went well.
    """

    id: DestinationId
    kind: DestinationKind
    name: str
    locale: Locale = "zh-CN"
    settings: dict[str, str]
    paused: bool = False
    created_at: datetime
    updated_at: datetime
    last_sent_at: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None


class Reason(StrEnum):
    """Why a notice did not arrive; screens word them. Stored as "reason" or "reason:detail", the detail being the
    platform's own code."""

    RATE_LIMITED = "rate_limited"
    ADDRESS_INVALID = "address_invalid"
    SIGNATURE_REFUSED = "signature_refused"
    KEYWORD_MISSING = "keyword_missing"
    IP_REFUSED = "ip_refused"
    TOO_LONG = "too_long"
    CONTENT_REFUSED = "content_refused"
    CREDENTIALS_REFUSED = "credentials_refused"
    RECIPIENTS_REFUSED = "recipients_refused"
    REFUSED = "refused"
    BUSY = "busy"
    UNREADABLE = "unreadable"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    PAUSED = "paused"
    DELETED = "deleted"


class Line(Record, kw_only=True):
    """One line of a notice: what it is about, and what there is to say. url: where it opens."""

    label: str = ""
    text: str
    url: str | None = None


class Letter(Record, kw_only=True):
    """What a notice says, before a platform's form. urgent: shown as such where the platform can."""

    title: str
    lines: tuple[Line, ...] = ()
    url: str | None = None
    urgent: bool = False


class NoticeKind(StrEnum):
    ALERT = "alert"
    REPORT = "report"
    TEST = "test"


class NoticeState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Notice(Record, kw_only=True):
    """One message to one destination. id is made of what it is about, so the same is never queued twice.

    due_at: not sent before; while it is being sent, when somebody else may take it up. attempts: begun so far.
    """

    id: NoticeId
    destination_id: DestinationId
    kind: NoticeKind
    letter: Letter
    state: NoticeState = NoticeState.WAITING
    due_at: datetime
    attempts: int = 0
    error: str | None = None
    created_at: datetime
    finished_at: datetime | None = None


class AlertRule(Record, kw_only=True):
    """Which alerts go where. channel_ids, monitor_ids: empty means any.

    quiet_from, quiet_until: "22:00", in the workspace's zone; what comes in between is told when it ends, unless it is
    of high severity and `urgent_breaks`. gather_minutes: after a notice, less urgent alerts wait this long and are told
    together. repeat_hours: an alert that goes on and that nobody took is told again after so long; 0: never.
    """

    id: RuleId
    name: str
    enabled: bool = True
    severity: Severity = Severity.NORMAL
    channel_ids: tuple[ChannelId, ...] = ()
    monitor_ids: tuple[MonitorId, ...] = ()
    destination_ids: tuple[DestinationId, ...] = ()
    quiet_from: str | None = None
    quiet_until: str | None = None
    urgent_breaks: bool = True
    gather_minutes: int = 10
    repeat_hours: int = 0
    created_at: datetime


class Telling(Record, kw_only=True):
    """That a rule told of an alert. id: rule, alert and step, so that it does it once."""

    id: str
    rule_id: RuleId
    alert_id: AlertId
    at: datetime


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"


class ReportPlan(Record, kw_only=True):
    """A report that leaves by itself: of yesterday each day, or of the last seven days on one weekday (0: Monday).

    at: "09:00", in the workspace's zone.
    """

    id: ReportPlanId
    name: str
    every: Every
    weekday: int = 0
    at: str = "09:00"
    destination_ids: tuple[DestinationId, ...] = ()
    channel_id: ChannelId | None = None
    enabled: bool = True
    created_at: datetime
    last_period: str | None = None
