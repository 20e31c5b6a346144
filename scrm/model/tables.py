"""Tables to take along: what a page shows, in the form that becomes CSV or a workbook."""

from enum import StrEnum

from scrm.model.base import Record

Cell = str | int | float | None


class CellKind(StrEnum):
    """count: whole. number: with decimals. seconds: a length of time. share: 0 … 1, a change may be below or above.
    day: "2026-11-20"."""

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"
    SECONDS = "seconds"
    SHARE = "share"
    DAY = "day"


class Column(Record, kw_only=True):
    title: str
    kind: CellKind = CellKind.COUNT


class TableRow(Record, kw_only=True):
    """cells: one a column. kind: of this row's numbers, where a column has figures of several kinds."""

    cells: tuple[Cell, ...]
    kind: CellKind | None = None


class Sheet(Record, kw_only=True):
    """columns empty: a few lines of facts, without a header."""

    title: str
    columns: tuple[Column, ...] = ()
    rows: tuple[TableRow, ...]


class Book(Record, kw_only=True):
    """name: of the file, without its ending."""

    name: str
    sheets: tuple[Sheet, ...]


def plain(*cells: Cell) -> TableRow:
    return TableRow(cells=cells)
