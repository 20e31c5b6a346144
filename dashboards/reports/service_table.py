"""Service quality as tables: exactly the figures the page shows."""

from collections.abc import Mapping, Sequence

from dashboards.reports.table import ranges
from dashboards.reports.wording import Wording
from scrm.model.quality import Kept, ServiceReport, ServiceRow, Times
from scrm.model.tables import Book, Cell, CellKind, Column, Sheet, TableRow, plain

_WORDS: Mapping[str, tuple[str, str]] = {
    "total": ("合计", "Total"),
    "agents": ("客服", "Agents"),
    "teams": ("技能组", "Teams"),
    "channels": ("渠道", "Channels"),
    "nobody": ("无", "none"),
    "opened": ("新会话", "New conversations"),
    "assigned": ("分配会话", "Assigned"),
    "incoming": ("客户消息", "Customers' messages"),
    "outgoing": ("回复消息", "Replies"),
    "resolved": ("已解决", "Resolved"),
    "reopen_rate": ("重开率", "Reopened"),
    "transfer_rate": ("转接率", "Handed over"),
    "first": ("首次响应", "First response"),
    "next": ("后续响应", "Next response"),
    "resolution": ("解决时长", "Resolution"),
    "in_hours": ("营业时间内", "business hours"),
    "kept": ("时效达成", "in time"),
    "satisfaction": ("满意度", "Satisfaction"),
    "rated": ("评价数", "Ratings"),
    "mood_before": ("来时情绪", "Mood before"),
    "mood_after": ("解决时情绪", "Mood after"),
    "arrivals": ("客户消息：星期 × 小时", "Customers' messages by weekday and hour"),
    "staffing": ("人手与需求", "Staffing and demand"),
    "hour": ("小时", "Hour"),
    "per_day": ("日均", "a day"),
    "answering": ("在答客服", "Agents answering"),
}
_WEEKDAYS = (
    ("周一", "Monday"),
    ("周二", "Tuesday"),
    ("周三", "Wednesday"),
    ("周四", "Thursday"),
    ("周五", "Friday"),
    ("周六", "Saturday"),
    ("周日", "Sunday"),
)


def service_book(report: ServiceReport, words: Wording) -> Book:
    say = {key: pair[words.tongue] for key, pair in _WORDS.items()}
    period = report.range
    groups = (("agents", report.agents, words.agents), ("teams", report.teams, words.teams),
              ("channels", report.channels, words.channels))  # fmt: skip
    sheets = [
        ranges(period, report.previous, report.previous_since, words),
        _rows(say["total"], ((words["value"], report.total), (words["before"], report.before)), say),
    ]
    for name, rows, names in groups:
        named = [(names.get(row.key, row.key) if row.key else say["nobody"], row) for row in rows]
        sheets.append(_rows(say[name], named, say))
    sheets += [_arrivals(report, words, say), _staffing(report, say)]
    return Book(name=f"service_{period.first_day}_{period.last_day}", sheets=tuple(sheets))


def _rows(title: str, rows: Sequence[tuple[str, ServiceRow]], say: Mapping[str, str]) -> Sheet:
    columns = [Column(title=title, kind=CellKind.TEXT)]
    columns += [Column(title=say[name]) for name in ("opened", "assigned", "incoming", "outgoing", "resolved")]
    for name in ("first", "next", "resolution"):
        for share in ("P50", "P90"):
            columns.append(Column(title=f"{say[name]} {share}", kind=CellKind.SECONDS))
            columns.append(Column(title=f"{say[name]} {share} ({say['in_hours']})", kind=CellKind.SECONDS))
        columns.append(Column(title=f"{say[name]} {say['kept']}", kind=CellKind.SHARE))
    columns += [Column(title=say[name], kind=CellKind.SHARE) for name in ("reopen_rate", "transfer_rate")]
    columns += [Column(title=say["satisfaction"], kind=CellKind.NUMBER), Column(title=say["rated"])]
    columns += [Column(title=say[name], kind=CellKind.NUMBER) for name in ("mood_before", "mood_after")]
    return Sheet(title=title, columns=tuple(columns), rows=tuple(_row(name, row) for name, row in rows))


def _row(name: str, row: ServiceRow) -> TableRow:
    cells: list[Cell] = [name, row.opened, row.assigned, row.incoming, row.outgoing, row.resolved]
    for times, kept in (
        (row.first_response, row.first_kept),
        (row.next_response, row.next_kept),
        (row.resolution, row.resolution_kept),
    ):
        cells += [*_times(times), _share(kept)]
    cells += [_rate(row.reopened, row.resolved), _rate(row.handed_off, row.assigned)]
    cells += [row.satisfaction, row.rated, row.mood_before, row.mood_after]
    return TableRow(cells=tuple(cells))


def _times(times: Times) -> tuple[Cell, ...]:
    return times.p50, times.open_p50, times.p90, times.open_p90


def _share(kept: Kept) -> float | None:
    return _rate(kept.met, kept.met + kept.missed)


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _arrivals(report: ServiceReport, words: Wording, say: Mapping[str, str]) -> Sheet:
    columns = (Column(title=say["hour"]), *(Column(title=pair[words.tongue]) for pair in _WEEKDAYS))
    counts = {(cell.weekday, cell.hour): cell.count for cell in report.arrivals}
    rows = [plain(hour, *(counts[weekday, hour] for weekday in range(7))) for hour in range(24)]
    return Sheet(title=say["arrivals"], columns=columns, rows=tuple(rows))


def _staffing(report: ServiceReport, say: Mapping[str, str]) -> Sheet:
    columns = (
        Column(title=say["hour"]),
        Column(title=say["incoming"]),
        Column(title=say["outgoing"]),
        Column(title=f"{say['answering']} ({say['per_day']})", kind=CellKind.NUMBER),
    )
    rows = [
        plain(each.hour, each.incoming, each.outgoing, round(each.agent_days / report.days, 4))
        for each in report.staffing
    ]
    return Sheet(title=say["staffing"], columns=columns, rows=tuple(rows))
