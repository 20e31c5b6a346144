"""What customers talk about, and when it bursts: terms counted by the hour, topics, alerts; numbers open their proof.

`phrases`, `bursts`, `groups`, `duplicates`, `portrait`, `lifecycle`: pure. `counting`: readings into volumes. `finder`:
topics of a span. `topics`: boards, evidence, alerts. `watch`: the loop that one process at a time runs.
"""

from dashboards.monitor.topics import MonitorTopics
from dashboards.monitor.watch import TopicWatch, rebuild

__all__ = ["MonitorTopics", "TopicWatch", "rebuild"]
