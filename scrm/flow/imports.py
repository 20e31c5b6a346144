"""Rows that somebody brings, sorted into a version's examples: what is new, known, contradictory or bad. Pure."""

from collections.abc import Callable, Mapping, Sequence

from scrm.errors import Invalid
from scrm.model.base import Record
from scrm.model.taxonomy import MOST_CATEGORIES, CompanyCategory, Example, Taxonomy, example_key
from scrm.ports.taxonomy import BadRow, Conflicting, ImportReport, Seeds, Table, TableRow

MOST_TOLD = 200


class Wanted(Record, kw_only=True):
    """A row that could become an example."""

    line: int
    text: str
    key: str
    code: str


class Sorted(Record, kw_only=True):
    """new: categories the rows name that the version did not have. wanted: with keys unlike each other."""

    wanted: tuple[Wanted, ...]
    new: tuple[CompanyCategory, ...]
    bad: tuple[BadRow, ...]
    conflicts: tuple[Conflicting, ...]
    duplicates: int


def sort_out(
    taxonomy: Taxonomy, table: Table, *, code: str | None, shipped: Sequence[Seeds], new_code: Callable[[], str]
) -> Sorted:
    """code: of rows that name no category. Raises Invalid when there would be too many categories."""
    codes = _codes(taxonomy)
    known_names = {seeds.category.name_zh: seeds.category for seeds in shipped}
    names = {category.code: category.name_zh for category in taxonomy.categories}
    new: list[CompanyCategory] = []
    bad = list(table.bad)
    wanted: dict[str, Wanted] = {}
    conflicts: list[Conflicting] = []
    duplicates = 0
    for row in table.rows:
        if not row.category and code is None:
            bad.append(BadRow(line=row.line, reason="no_category", text=row.text[:60]))
            continue
        its = codes.get(row.category.casefold()) if row.category else code
        if its is None:
            usual = known_names.get(row.category)
            taken = usual is None or usual.code in names
            made = CompanyCategory(
                code=new_code() if usual is None or taken else usual.code,
                name_zh=row.category,
                name_en=usual.name_en if usual else row.category,
            )
            new.append(made)
            its = made.code
            codes[row.category.casefold()] = its
            names[its] = row.category
        key = example_key(row.text)
        before = wanted.get(key)
        if before is None:
            wanted[key] = Wanted(line=row.line, text=row.text, key=key, code=its)
        elif before.code == its:
            duplicates += 1
        else:
            conflicts.append(_conflict(row, names[its], names[before.code], None))
    if len(taxonomy.categories) + len(new) > MOST_CATEGORIES:
        raise Invalid(f"There may be {MOST_CATEGORIES} categories at the most; is the right column the category?")
    return Sorted(
        wanted=tuple(wanted.values()), new=tuple(new), bad=tuple(bad), conflicts=tuple(conflicts), duplicates=duplicates
    )


def against_known(
    rows: Sorted, known: Mapping[str, Example], names: Mapping[str, str]
) -> tuple[list[Wanted], list[Conflicting], int]:
    """What is new to the version, what contradicts it, and how many it has."""
    fresh: list[Wanted] = []
    conflicts = list(rows.conflicts)
    duplicates = rows.duplicates
    for row in rows.wanted:
        example = known.get(row.key)
        if example is None:
            fresh.append(row)
        elif example.code == row.code:
            duplicates += 1
        else:
            conflicts.append(
                Conflicting(
                    line=row.line,
                    text=row.text,
                    category=names.get(row.code, row.code),
                    code=row.code,
                    known=names.get(example.code, example.code),
                    example_id=example.id,
                )
            )
    return fresh, conflicts, duplicates


def report(
    table: Table, rows: Sorted, conflicts: Sequence[Conflicting], *, added: int, duplicates: int
) -> ImportReport:
    return ImportReport(
        rows=len(table.rows) + len(table.bad),
        added=added,
        duplicates=duplicates,
        bad_count=len(rows.bad),
        bad=tuple(sorted(rows.bad, key=lambda row: row.line)[:MOST_TOLD]),
        conflict_count=len(conflicts),
        conflicts=tuple(sorted(conflicts, key=lambda row: row.line)[:MOST_TOLD]),
        new_categories=tuple(category.name_zh for category in rows.new),
        encoding=table.encoding,
    )


def _codes(taxonomy: Taxonomy) -> dict[str, str]:
    """By everything a category may be called."""
    found: dict[str, str] = {}
    for category in taxonomy.categories:
        for name in (category.code, category.name_en, category.name_zh):
            if name:
                found[name.casefold()] = category.code
    return found


def _conflict(row: TableRow, category: str, known: str, code: str | None) -> Conflicting:
    return Conflicting(line=row.line, text=row.text, category=category, code=code, known=known, example_id=None)
