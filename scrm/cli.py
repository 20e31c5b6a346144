"""The command line. Exit codes: 0 done, 1 failed (one sentence on standard error), 2 wrong usage, 130 interrupted.

Nothing is imported before the command that needs it: `--help` and a second start must be fast.
"""

import argparse
import asyncio
import inspect
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrm import __version__
from scrm.command import INTERRUPTED, app, in_workspace, progress_bar, quiet_settings, run_async, settings_of
from scrm.config import OPTIONS, is_secret, meta
from scrm.errors import Duplicate, HubError, StartupError, StoreUnavailable

if TYPE_CHECKING:
    from scrm.ports.stores import Stores


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    rest: list[str] = []
    if words[:1] == ["test"] and "--" in words:
        words, rest = words[: words.index("--")], words[words.index("--") + 1 :]
    parser = make_parser()
    parsed, unknown = parser.parse_known_args(words)
    if parsed.command is None:
        parser.print_help(sys.stderr)
        return 2
    if parsed.takes_rest:
        rest = unknown
    elif unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        return int(parsed.run(parsed, rest))
    except (StartupError, HubError) as error:
        print(f"scrm: {error}", file=sys.stderr)
    except Duplicate as error:
        print(f"scrm: taken already: {error.key}", file=sys.stderr)
    except StoreUnavailable as error:
        print(f"scrm: the database cannot be reached: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Who read our output has gone; what is still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scrm", description="A social CRM hub: every customer message answered.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.set_defaults(takes_rest=False, command=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, run: Callable[[Any, list[str]], int], words: str, **kind: Any) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words, allow_abbrev=False, **kind)
        made.set_defaults(run=run)
        return made

    add_options(
        command("up", run_up, "Start the hub and serve until Ctrl+C."), [o for o in OPTIONS if not is_secret(o)]
    )
    command("test", run_test, "Run every check and test; what follows -- goes to pytest.")
    for delegated in (
        command(
            "simulate", run_simulate, "Run the simulator of a platform: scrm simulate TYPE --help.", add_help=False
        ),
        command("train", run_train, "Train the Chinese models.", add_help=False),
        command("evaluate", run_evaluate, "Measure the Chinese models.", add_help=False),
    ):
        delegated.set_defaults(takes_rest=True)

    tokens = command("token", run_token_create, "API tokens.").add_subparsers(required=True, metavar="ACTION")
    create = tokens.add_parser("create", help="Make a token and print it once.")
    create.add_argument("--name", required=True, help="who will use it")
    create.add_argument("--role", default="admin", choices=("agent", "supervisor", "manager", "admin"))
    add_options(create, ["data"])

    users = command("user", run_user_create, "Accounts.").add_subparsers(required=True, metavar="ACTION")
    create = users.add_parser("create", help="Make an account; prints its generated password once.")
    create.add_argument("--login", required=True)
    create.add_argument("--name", help="shown to colleagues; default: the login")
    create.add_argument("--role", default="agent", choices=("agent", "supervisor", "manager", "admin"))
    password = users.add_parser("password", help="Give an account a new password, enable it, and end its sessions.")
    password.add_argument("--login", required=True)
    for made, run in ((create, run_user_create), (password, run_user_password)):
        made.add_argument("--password-stdin", action="store_true", help="read it from standard input's first line")
        made.set_defaults(run=run)
        add_options(made, ["data"])

    topics = command("topics", run_topics_rebuild, "What customers talk about.").add_subparsers(
        required=True, metavar="ACTION"
    )
    anew = topics.add_parser("rebuild", help="Count it anew from the messages; the hub must be stopped.")
    add_options(anew, ["data", "mongodb_database"])

    reports = command("reports", run_reports_rebuild, "What dashboards count.").add_subparsers(
        required=True, metavar="ACTION"
    )
    anew = reports.add_parser("rebuild", help="Count it anew from the conversations; the hub must be stopped.")
    add_options(anew, ["data", "mongodb_database", "time_zone"])

    search = command("search", run_search_rebuild, "The search index.").add_subparsers(required=True, metavar="ACTION")
    anew = search.add_parser("rebuild", help="Empty it and have the hub build it anew, with the hub running or not.")
    add_options(anew, ["data", "mongodb_database"])

    backup = command("backup", run_backup, "Write the whole workspace to a file.")
    backup.add_argument("file", type=Path)
    backup.add_argument(
        "--with-key", action="store_true", help="include the sealing key: guard the file like a password"
    )
    restore = command("restore", run_restore, "Fill an empty workspace from a backup.")
    restore.add_argument("file", type=Path)
    add_options(backup, ["data", "mongodb_database"])
    add_options(restore, ["data", "mongodb_database"])
    add_options(command("doctor", run_doctor, "Check this machine and the settings."), ["host", "port", "data"])
    return parser


def add_options(parser: argparse.ArgumentParser, names: Sequence[str]) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="default: scrm.toml, if there is one")
    for name in names:
        field, flag = OPTIONS[name], f"--{name.replace('_', '-')}"
        words = str(meta(name).description).replace("`", "").replace("%", "%%")
        if isinstance(field.default, bool):
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, dest=name, help=words)
        else:
            parser.add_argument(flag, default=None, dest=name, metavar=name.upper(), help=words)


def run_up(parsed: argparse.Namespace, _rest: list[str]) -> int:
    from scrm import logs

    settings = settings_of(parsed)
    logs.configure(settings.log_level, settings.log_format)

    def on_ready(url: str) -> None:
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # stopped while it started, and the cancel got lost: see end_tasks
            raise asyncio.CancelledError
        print(f"ready {url}", flush=True)

    return run_async(app().serve(settings, on_ready=on_ready))


def run_test(_parsed: argparse.Namespace, rest: list[str]) -> int:
    from scrm import check

    return check.run(rest)


def run_simulate(_parsed: argparse.Namespace, rest: list[str]) -> int:
    from scrm import logs

    logs.configure()
    types = app().simulators()
    if not rest or rest[0] not in types:
        wanted = f"no simulator {rest[0]}; " if rest and not rest[0].startswith("-") else ""
        print(f"scrm: {wanted}scrm simulate TYPE --help; types: {', '.join(sorted(types))}", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(prog=f"scrm simulate {rest[0]}", allow_abbrev=False)
    types[rest[0]].add_arguments(parser)
    result = types[rest[0]].main(parser.parse_args(rest[1:]))
    return run_async(_awaited(result)) if inspect.isawaitable(result) else int(result)


async def _awaited(result: Awaitable[int]) -> int:
    return await result


def run_train(_parsed: argparse.Namespace, rest: list[str]) -> int:
    return app().train(rest)


def run_evaluate(_parsed: argparse.Namespace, rest: list[str]) -> int:
    return app().evaluate(rest)


def run_token_create(parsed: argparse.Namespace, _rest: list[str]) -> int:
    from scrm import accounts
    from scrm.clock import SystemClock
    from scrm.ids import UlidFactory
    from scrm.model.people import Role

    async def work(stores: "Stores") -> None:
        clock = SystemClock()
        role = Role(parsed.role)
        print(await accounts.create_token(stores, parsed.name, role=role, clock=clock, ids=UlidFactory(clock)))

    return in_workspace(parsed, work)


def run_user_create(parsed: argparse.Namespace, _rest: list[str]) -> int:
    from scrm import accounts
    from scrm.clock import SystemClock
    from scrm.ids import UlidFactory
    from scrm.model.people import Role

    given = read_password(parsed)

    async def work(stores: "Stores") -> None:
        clock = SystemClock()
        made = await accounts.create_user(
            stores,
            login=parsed.login,
            name=parsed.name or parsed.login,
            role=Role(parsed.role),
            password=given,
            clock=clock,
            ids=UlidFactory(clock),
        )
        show(made.login, None if given else made.password)

    return in_workspace(parsed, work)


def run_user_password(parsed: argparse.Namespace, _rest: list[str]) -> int:
    from scrm import accounts
    from scrm.clock import SystemClock

    given = read_password(parsed)

    async def work(stores: "Stores") -> None:
        made = await accounts.set_password(stores, login=parsed.login, password=given, clock=SystemClock())
        show(made.login, None if given else made.password)

    return in_workspace(parsed, work)


def read_password(parsed: argparse.Namespace) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if parsed.password_stdin else None


def show(login: str, password: str | None) -> None:
    print(f"login {login}" + (f" password {password}" if password else ""))


def run_topics_rebuild(parsed: argparse.Namespace, _rest: list[str]) -> int:
    settings = quiet_settings(parsed)

    def progress(done: int, total: int) -> None:
        print(f"\rcounting: day {done} of {total}", end="", file=sys.stderr, flush=True)

    async def work(stores: "Stores") -> None:
        messages = await app().rebuild_topics(stores, settings, progress)
        print(f"\n{messages} messages counted", file=sys.stderr)

    return in_workspace(parsed, work)


def run_reports_rebuild(parsed: argparse.Namespace, _rest: list[str]) -> int:
    settings = quiet_settings(parsed)

    async def work(stores: "Stores") -> None:
        facts = await app().rebuild_reports(stores, settings, progress_bar("counting conversations"))
        print(f"{facts} facts counted", file=sys.stderr)

    return in_workspace(parsed, work)


def run_search_rebuild(parsed: argparse.Namespace, _rest: list[str]) -> int:
    async def work(stores: "Stores") -> None:
        messages = await stores.search.rebuild()
        print(f"{messages} messages are queued: the hub takes them in while it runs", file=sys.stderr)

    return in_workspace(parsed, work)


def run_backup(parsed: argparse.Namespace, _rest: list[str]) -> int:
    from scrm import workspace

    return run_async(workspace.backup(quiet_settings(parsed), parsed.file, with_key=parsed.with_key))


def run_restore(parsed: argparse.Namespace, _rest: list[str]) -> int:
    from scrm import workspace

    return run_async(workspace.restore(quiet_settings(parsed), parsed.file))


def run_doctor(parsed: argparse.Namespace, _rest: list[str]) -> int:
    from scrm import doctor

    return run_async(doctor.examine(quiet_settings(parsed), app().open_workspace))
