"""Numbers with their evidence: every figure is counted from stored report events, and opens exactly those.

`arithmetic`, `explain`, `sentences`, `links`: pure. `overview`, `voice`, `phrases`: the queries. `table`: pages as
tables; `render`: tables as CSV or a workbook. `boards`: all of it as the web room asks for it.
"""

from dashboards.reports.boards import ReportBoards
from dashboards.reports.overview import OverviewReports

__all__ = ["OverviewReports", "ReportBoards"]
