"""The command line: `ntswatch COMMAND`, the same as `python -m bot COMMAND`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from os import environ
from pathlib import Path

from bot import reading
from bot.reading import BadSettings
from bot.settings import Settings

Run = Callable[[Settings, argparse.Namespace], int]


@dataclass(frozen=True)
class Argument:
    """One argument of a command, as argparse takes it."""

    names: tuple[str, ...]
    options: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Command:
    """One command. `run` names the function in bot.commands, imported only when it is called."""

    help: str
    run: str
    arguments: tuple[Argument, ...] = ()


LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG = Argument(("--log",), {"default": "INFO", "choices": LEVELS, "help": "how much is logged"})
COMMANDS = {
    "try": Command(
        "everything on this machine: SQLite, three phones on a page, no account needed",
        "try_",
        (Argument(("--port",), {"type": int, "default": None, "help": "the page's port"}),),
    ),
    "run": Command("serve Telegram, LINE and the web page", "run", (LOG,)),
    "check": Command("say what is wrong with settings, keys, database, platforms and groups", "check"),
    "invite": Command(
        "print a one-time code for /join; it is the last line",
        "invite",
        (
            Argument(("role",), {"choices": ("coordinator", "officer")}),
            Argument(("--scope",), {"default": "*", "help": "a district code, P:PROVINCE or * (default)"}),
        ),
    ),
    "where": Command(
        "the districts of a point, best first, and the groups it would reach; `where -` reads LAT LON lines",
        "where",
        (Argument(("point",), {"nargs": "+", "metavar": "LAT LON | -"}),),
    ),
    "migrate": Command("bring the database to the newest schema", "migrate"),
    "outbox": Command(
        "list, retry or drop what could not be sent",
        "outbox",
        (
            Argument(("action",), {"choices": ("list", "retry", "drop"), "nargs": "?", "default": "list"}),
            Argument(("id",), {"nargs": "*", "type": int, "help": "rows; all dead letters without any"}),
        ),
    ),
    "export": Command(
        "cases as CSV, coded answers only", "export", (Argument(("--since",), {"default": "", "help": "YYYY-MM-DD"}),)
    ),
    "backup": Command("a copy of the database in a new file", "backup", (Argument(("file",), {"type": Path}),)),
    "bench": Command(
        "measure side by side what speed is promised",
        "bench",
        (
            Argument(("--json",), {"type": Path, "metavar": "FILE", "help": "write the ratios and raw figures"}),
            Argument(("--full",), {"action": "store_true", "help": "the long parts too"}),
        ),
    ),
}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser("ntswatch", description="The reporting channel of NTS-Mekong Watch.")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        one = commands.add_parser(name, help=command.help, description=command.help)
        one.add_argument("--config", type=Path, default=reading.DEFAULT, metavar="FILE", help="default: config.toml")
        for argument in command.arguments:
            one.add_argument(*argument.names, **argument.options)  # type: ignore[arg-type]
    return made


def main(argv: Sequence[str] | None = None) -> int:
    given = parser().parse_args(argv)
    try:
        told = read(given)
    except BadSettings as bad:
        print("\n".join(bad.problems), file=sys.stderr)
        return 2
    from bot import commands

    run: Run = getattr(commands, COMMANDS[given.command].run)
    try:
        return run(told, given)
    except commands.Cannot as why:
        print(why, file=sys.stderr)
        return 2


def read(given: argparse.Namespace) -> Settings:
    """The settings; `try` and `where` do with the defaults where there is no file."""
    path: Path | None = given.config
    if given.command in ("try", "where", "bench") and path == reading.DEFAULT and not reading.DEFAULT.exists():
        path = None
    return reading.read(path, environ)


if __name__ == "__main__":
    sys.exit(main())
