"""Settings: parsed once, from `scrm.toml`, then the environment (`SCRM_*`), then the command line; the later wins.

Each option is declared once, below, with its type, default, bounds and meaning; `scrm/config_docs.py` writes the
reference and the example file from it. An unknown option or a wrong value is refused with its place and the reason.
The value of a secret is never shown.
"""

import difflib
import ipaddress
import os
import re
import tomllib
import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from scrm.errors import StartupError
from scrm.model.base import Record

Role = Literal["web", "worker"]
_SECRET = {"secret": True}
_KINDS = {"int": "a whole number", "bool": "true or false", "str": "a text"}

# Variables that begin with SCRM_ and are no options: where the file is, how to set up, what tests run against.
_OTHER_VARIABLES = re.compile(r"SCRM_(CONFIG|NO_SETUP|TEST_\w+)")


class Settings(Record, kw_only=True):
    """Everything a person running the hub may decide."""

    host: Annotated[str, Meta(min_length=1, description="Address to listen on; `0.0.0.0` for every interface.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Meta(ge=0, le=65535, description="TCP port to listen on; `0` takes any free one.")] = 8000
    data: Annotated[
        Path, Meta(description="Folder of the embedded database, of the sealing key and of what the hub keeps beside.")
    ] = Path("data")
    public_url: Annotated[
        str | None,
        Meta(
            description="How the world reaches this hub, such as `https://scrm.example.com`: webhook addresses begin "
            "with it, and with `https` the session cookie is sent over TLS only. Empty: the address listened on."
        ),
    ] = None
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses or networks (CIDR) of the reverse proxies whose `X-Forwarded-For` and "
            "`X-Forwarded-Proto` are believed."
        ),
    ] = ()
    roles: Annotated[
        tuple[Role, ...],
        Meta(
            min_length=1,
            description="What this process does: `web` answers requests and webhooks, `worker` ingests, analyses, "
            "routes and sends. Run several processes of either over one MongoDB.",
        ),
    ] = ("web", "worker")
    mongodb_url: Annotated[
        str | None,
        Meta(
            description="A MongoDB replica set or sharded cluster, version 7 or newer. Empty: the embedded database.",
            extra=_SECRET,
        ),
    ] = None
    mongodb_database: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,38}$", description="Name of the database.")] = (
        "scrm"
    )
    secret_key_file: Annotated[
        Path | None,
        Meta(
            description="File of the key that seals channels' secrets at rest; made when it is missing. Empty: "
            "`secret.key` in the data folder. Every process over one database needs the same."
        ),
    ] = None
    workspace_name: Annotated[
        str, Meta(min_length=1, max_length=80, description="Shown at the top of the screens; the company's name.")
    ] = "SCRM"
    time_zone: Annotated[
        str, Meta(description="IANA zone in which people see times and reports cut days and hours.")
    ] = "Asia/Shanghai"
    admin_login: Annotated[
        str, Meta(min_length=1, max_length=64, description="Login of the administrator made at the first start.")
    ] = "admin"
    admin_password: Annotated[
        Annotated[str, Meta(min_length=10)] | None,
        Meta(
            description="Password of the administrator made at the first start. Empty: one is generated and printed "
            "once. Of no effect later.",
            extra=_SECRET,
        ),
    ] = None
    reopen_within_hours: Annotated[
        int,
        Meta(
            ge=0,
            le=720,
            description="A customer who writes again this soon (hours) after a conversation was resolved reopens it; "
            "later a new one begins.",
        ),
    ] = 24
    media_limit_mb: Annotated[
        int, Meta(ge=1, le=512, description="Largest file (MiB) fetched from a platform or uploaded by an agent.")
    ] = 25
    journal_keep_days: Annotated[
        int,
        Meta(
            ge=2,
            le=3650,
            description="Raw inbound requests are kept this long (days) after they were processed; a repeat that "
            "comes later would be taken for new. Failed ones are kept until somebody decides.",
        ),
    ] = 30
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least severe level that is logged.")
    ] = "info"
    log_format: Annotated[
        Literal["auto", "console", "json"],
        Meta(description="`json` one object a line, `console` for people; `auto` is `console` at a terminal."),
    ] = "auto"
    demo: Annotated[
        bool,
        Meta(
            description="Fill an empty workspace with demonstration data and run the platforms' simulators beside the "
            "hub. Not for real customers."
        ),
    ] = False

    @property
    def key_file(self) -> Path:
        return self.secret_key_file or self.data / "secret.key"

    @property
    def embedded(self) -> bool:
        return self.mongodb_url is None

    def __repr__(self) -> str:
        shown = (f"{o}={'***' if is_secret(o) and v else repr(v)}" for o, v in msgspec.structs.asdict(self).items())
        return f"Settings({', '.join(shown)})"


OPTIONS: dict[str, msgspec.structs.FieldInfo] = {field.name: field for field in msgspec.structs.fields(Settings)}
_HINTS: dict[str, Any] = get_type_hints(Settings, include_extras=True)


def meta(option: str) -> Meta:
    found: Meta = _HINTS[option].__metadata__[0]
    return found


def is_secret(option: str) -> bool:
    return bool((meta(option).extra or {}).get("secret"))


def variable(option: str) -> str:
    return f"SCRM_{option.upper()}"


def load(
    command_line: Mapping[str, object] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Settings:
    """The settings. Raises StartupError, one line a fault.

    command_line: option to value; None is not given. file: None takes SCRM_CONFIG, or `scrm.toml` in the present
    folder when there is one. Relative paths in the file are relative to its folder.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {}
    faults: list[str] = []
    named = file or (Path(environment["SCRM_CONFIG"]) if environment.get("SCRM_CONFIG") else None)
    path = named or Path("scrm.toml")
    if named is not None or path.is_file():
        _read_file(path, values, faults)
    for name, text in sorted(environment.items()):
        if not name.startswith("SCRM_") or _OTHER_VARIABLES.fullmatch(name):
            continue
        option = name.removeprefix("SCRM_").lower()
        if option not in OPTIONS or name != variable(option):
            faults.append(f"environment: {name} is no option{_suggestion(option, variable)}")
        elif text != "":  # an empty variable is one that is not set, as in compose files
            _take(option, _from_text(option, text), f"environment: {name}", values, faults, strict=False)
    for option, value in (command_line or {}).items():
        if value is not None:
            value = _from_text(option, value) if isinstance(value, str) else value
            _take(option, value, f"command line: --{option.replace('_', '-')}", values, faults, strict=False)
    if faults:
        raise StartupError("\n".join(faults))
    return Settings(**values)  # type: ignore[arg-type]  # each value was converted to its field's type


def _read_file(path: Path, values: dict[str, object], faults: list[str]) -> None:
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        faults.append(f"{path}: cannot be read: {error.strerror}")
        return
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{path}: is not TOML: {error}")
        return
    for option, value in table.items():
        place = f"{path}:{_line(text, option)}: {option}"
        if option not in OPTIONS:
            faults.append(f"{place} is no option{_suggestion(option, str)}")
            continue
        _take(option, None if value == "" else value, place, values, faults, strict=True)
        if isinstance(values.get(option), Path):
            values[option] = path.parent / str(values[option])


def _take(
    option: str, value: object, place: str, values: dict[str, object], faults: list[str], *, strict: bool
) -> None:
    try:
        if value is None:
            converted = OPTIONS[option].default
        else:
            converted = msgspec.convert(value, _HINTS[option], strict=strict, dec_hook=_decode)
        check = _CHECKS.get(option)
        if check is not None and converted is not None:
            check(converted)
    except ValueError as error:  # msgspec's ValidationError is one
        got = "" if is_secret(option) else f", got {value!r}"
        faults.append(f"{place}: {_reason(option, error)}{got}")
    else:
        values[option] = converted


def _reason(option: str, error: ValueError) -> str:
    """In words of the person who wrote the value; the value itself follows."""
    said = str(error).replace("`", "")
    if said.startswith("Invalid enum value"):
        return f"expected one of {', '.join(_choices(_HINTS[option]))}"
    said = re.sub(r"^Expected (\w.*?)(, got \w+)?( - at .*)?$", r"expected \1", said)
    return re.sub(r"^expected (int|bool|str)\b", lambda kind: f"expected {_KINDS[kind[1]]}", said)


def _choices(hint: Any) -> tuple[str, ...]:
    """The words of the only literal in a type."""
    inner = get_args(hint)
    return inner if get_origin(hint) is Literal else _choices(inner[0])


def _decode(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str | Path):
        return Path(value).expanduser()
    raise ValueError(f"Expected a path, got {type(value).__name__}")


def _from_text(option: str, text: str) -> object:
    if isinstance(OPTIONS[option].default, tuple):
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(OPTIONS[option].default, bool):
        return {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.lower(), text)
    return text


def _suggestion(option: str, show: Any) -> str:
    near = difflib.get_close_matches(option, OPTIONS, n=1)
    return f"; did you mean {show(near[0])}?" if near else ""


def _line(text: str, option: str) -> int:
    name = re.escape(option)
    found = re.search(rf"^[ \t]*\[*[ \t]*[\"']?{name}[\"']?[ \t]*[=.\]]", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _check_zone(value: Any) -> None:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected an IANA zone such as Asia/Shanghai") from None


def _check_public_url(value: Any) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("expected an address such as https://scrm.example.com")
    if parts.path not in ("", "/"):
        raise ValueError("expected an address without a path: the hub needs a host name of its own")


def _check_mongodb_url(value: Any) -> None:
    if not re.match(r"mongodb(\+srv)?://[^/]", value):
        raise ValueError("expected mongodb://… or mongodb+srv://… (the value is not shown)")


def _check_networks(value: Any) -> None:
    for network in value:
        ipaddress.ip_network(network, strict=False)


_CHECKS: dict[str, Any] = {
    "time_zone": _check_zone,
    "public_url": _check_public_url,
    "mongodb_url": _check_mongodb_url,
    "trusted_proxies": _check_networks,
}
