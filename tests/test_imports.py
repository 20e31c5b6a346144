"""The import rule: which room may know which. See docs/architecture.md, Rooms."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
KERNEL = ("scrm.model", "scrm.ports", "scrm.errors", "scrm.clock", "scrm.ids")

# room: what of the project it may import beside itself. First match wins, so the more special stand first.
RULES: list[tuple[str, tuple[str, ...]]] = [
    ("scrm.app", ("scrm", "channels", "nlp", "dashboards")),
    ("scrm.serving", ("scrm", "channels", "nlp", "dashboards")),
    ("scrm.stage", ("scrm", "channels", "nlp", "dashboards")),
    ("scrm.model", KERNEL),
    ("scrm.ports", KERNEL),
    ("scrm.errors", ()),
    ("scrm.clock", ()),
    ("scrm.ids", ("scrm.clock",)),
    ("scrm.storage", KERNEL),
    ("scrm.flow", KERNEL),
    ("scrm.alerts", KERNEL),
    ("scrm.demo", KERNEL),
    ("scrm.web", KERNEL),
    ("scrm", ("scrm",)),
    ("channels", KERNEL),
    ("nlp", KERNEL),
    ("dashboards", KERNEL),
]
# What the channel types of one house share, by type.
HOUSES = {"wechat": "wx", "wecom": "wx", "whatsapp": "meta", "messenger": "meta"}
DRIVER = ("pymongo", "bson", "gridfs")
OURS = ("scrm", "channels", "nlp", "dashboards")


def modules() -> Iterator[tuple[str, Path]]:
    for room in OURS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def imports(name: str, path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively; say the whole name"
            base = node.module or ""
            yield from (f"{base}.{alias.name}" for alias in node.names)


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_module_imports_only_what_its_room_may(name: str, path: Path) -> None:
    room, allowed = next(rule for rule in RULES if within(name, rule[0]))
    for imported in imports(name, path):
        if imported.partition(".")[0] in OURS:
            known = any(within(imported, other) for other in (room, *allowed)) or imported == "scrm.__version__"
            assert known, f"{name} imports {imported}"
        if imported.partition(".")[0] in DRIVER:
            assert within(name, "scrm.storage"), f"{name} imports the MongoDB driver"


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_channel_type_knows_no_other(name: str, path: Path) -> None:
    """Beside its own folder only what all share, and what the platforms of its house do."""
    folder = name.split(".")[1] if name.count(".") > 1 else ""
    if name.partition(".")[0] != "channels" or not folder or folder == "simulating":
        return
    allowed = ("simulating", "settings", "transport", "trees", "registry", folder, HOUSES.get(folder, folder))
    for imported in imports(name, path):
        if imported.startswith("channels."):
            assert imported.split(".")[1] in allowed, f"{name} imports {imported}"


def test_every_room_is_under_a_rule() -> None:
    assert all(any(within(name, room) for room, _ in RULES) for name, _ in modules())
