"""Numbers with their evidence: every figure is counted from stored report events, and opens exactly those.

`arithmetic`: pure sums over rollups and values. `overview`: the queries. `table`: the same figures as CSV.
"""

from dashboards.reports.overview import OverviewReports
from dashboards.reports.table import to_csv

__all__ = ["OverviewReports", "to_csv"]
