"""At the end of a run of the conformance suite: its table, a condition a line and a channel type a column."""

import re
from collections import Counter

import pytest

from tests.channels.kits import KITS

SUITE = re.compile(r"test_conformance\w*\.py::test_(\w+)\[(\w+)")
WHY = (
    "· does not apply, by what the type declares: nothing is asked of a new address, no time is signed, nothing is",
    "  pushed, no receipts, no address of a platform, none over HTTP, no files to fetch.",
)


def cell(node: str) -> tuple[str, str] | None:
    """A test's condition and channel type."""
    found = SUITE.search(node)
    return (found[1].replace("_", " "), found[2]) if found else None


def table(reports: dict[str, list[str]]) -> list[str]:
    """reports: node ids by outcome."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for outcome, nodes in reports.items():
        for found in filter(None, map(cell, nodes)):
            counts[*found, outcome] += 1
    conditions = list(dict.fromkeys(condition for condition, _, _ in counts))
    types = [kit.type_name for kit in KITS]
    width = max((len(condition) for condition in conditions), default=0)
    lines = [" " * width + "".join(f"{name:>10}" for name in types)]
    for condition in conditions:
        cells = []
        for name in types:
            passed, failed = (counts[condition, name, outcome] for outcome in ("passed", "failed"))
            cells.append(f"{passed}/{passed + failed}" + ("!" if failed else "") if passed + failed else "·")
        lines.append(f"{condition:<{width}}" + "".join(f"{each:>10}" for each in cells))
    return lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    stats = terminalreporter.stats
    reports = {
        outcome: [report.nodeid for report in stats.get(outcome, []) if SUITE.search(report.nodeid)]
        for outcome in ("passed", "failed")
    }
    if any(reports.values()):
        terminalreporter.section("conformance, channel by channel")
        for line in (*table(reports), *WHY):
            terminalreporter.write_line(line)
