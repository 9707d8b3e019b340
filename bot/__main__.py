"""The command line: `ntswatch COMMAND`, the same as `python -m bot COMMAND`. What carries it out is imported when it is
known what was asked: help and a mistyped word come at once.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.settings import Settings

Run = Callable[["Settings", argparse.Namespace], int]
CONFIG = Path("config.toml")
SEATS = ("head", "secretary", "village", "immigration", "police", "customs")  # of handlers.seats


@dataclass(frozen=True)
class Argument:
    """One argument of a command, as argparse takes it."""

    names: tuple[str, ...]
    options: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Command:
    """One command. `run` names the function in bot.commands or bot.custodians, imported only when it is called."""

    help: str
    run: str
    arguments: tuple[Argument, ...] = ()


ANYWHERE = ("try", "where", "bench", "poster", "archive", "voices")  # they do with the defaults where there is no file
CUSTODIANS = ("backup", "restore", "archive")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG = Argument(("--log",), {"default": "INFO", "choices": LEVELS, "help": "how much is logged"})
BACKUP = Argument(("file",), {"type": Path, "help": "FILE of `backup`; FILE.keys is looked for beside it"})
KEY = Argument(
    ("--key",), {"type": Path, "action": "append", "default": [], "metavar": "KEYFILE", "help": "of archive keygen"}
)
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
            Argument(
                ("--scope", "--district"),
                {"dest": "scope", "default": "*", "help": "a district code, P:PROVINCE or * (default)"},
            ),
            Argument(("--seat",), {"choices": SEATS, "default": "", "help": "of an officer of a district"}),
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
    "retention": Command(
        "what has had its time, and whether its deletion was stopped; `allow` lets the next run go",
        "retention",
        (Argument(("action",), {"choices": ("show", "allow"), "nargs": "?", "default": "show"}),),
    ),
    "figures": Command(
        "whether the counters of summaries equal the cases; `rebuild` makes them anew",
        "figures",
        (Argument(("action",), {"choices": ("check", "rebuild"), "nargs": "?", "default": "check"}),),
    ),
    "export": Command(
        "cases as CSV, coded answers only",
        "export",
        (
            Argument(("--since",), {"default": "", "help": "YYYY-MM-DD"}),
            Argument(("--public",), {"action": "store_true", "help": "counts by whole weeks, small ones as <5"}),
        ),
    ),
    "backup": Command(
        "a copy of the database in two new files, FILE and FILE.keys", "backup", (Argument(("file",), {"type": Path}),)
    ),
    "restore": Command(
        "a new database from a backup; `database.url` names it, nothing must be there", "restore", (BACKUP, KEY)
    ),
    "archive": Command(
        "with offline keys, not on the server: make them, or open the cases of a backup",
        "archive",
        (
            Argument(("action",), {"choices": ("keygen", "open")}),
            Argument(("file",), {"type": Path, "help": "a key file to make, NAME.key, or the backup to open"}),
            KEY,
            Argument(("--media",), {"type": Path, "metavar": "FOLDER", "help": "a copy of the media folder"}),
            Argument(("--out",), {"type": Path, "metavar": "FOLDER", "help": "where opened files go"}),
        ),
    ),
    "poster": Command(
        "posters to print for a district or a village, with QR codes that carry the place",
        "poster",
        (
            Argument(("district",), {"help": "a district code such as TH3801"}),
            Argument(("--village",), {"default": "", "help": "the village's name, as people write it"}),
            Argument(
                ("--out",), {"type": Path, "default": Path(), "metavar": "DIR", "help": "where to (default: here)"}
            ),
            Argument(("--telegram",), {"default": "", "help": "https://t.me/NAME, where Telegram is not to be asked"}),
            Argument(("--line",), {"default": "", "help": "https://line.me/R/ti/p/ID, where LINE is not to be asked"}),
        ),
    ),
    "voices": Command(
        "the questions that can be recorded: file names, words, and which recordings are there",
        "voices_",
        (Argument(("--language",), {"default": "", "help": "th, lo, km or en; all without it"}),),
    ),
    "bench": Command(
        "measure side by side what speed is promised",
        "bench",
        (
            Argument(("--json",), {"type": Path, "metavar": "FILE", "help": "write the ratios and raw figures"}),
            Argument(("--full",), {"action": "store_true", "help": "the long parts too"}),
        ),
    ),
}


def parser(asked: str = "") -> argparse.ArgumentParser:
    """Of all commands, or of the one that is asked for: to describe the others takes longer than to read it."""
    made = argparse.ArgumentParser("ntswatch", description="The reporting channel of NTS-Mekong Watch.")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        if asked in COMMANDS and asked != name:
            continue
        one = commands.add_parser(name, help=command.help, description=command.help)
        one.add_argument("--config", type=Path, default=CONFIG, metavar="FILE", help="default: config.toml")
        for argument in command.arguments:
            one.add_argument(*argument.names, **argument.options)  # type: ignore[arg-type]
    return made


def main(argv: Sequence[str] | None = None) -> int:
    words = sys.argv[1:] if argv is None else argv
    given = parser(words[0] if words else "").parse_args(words)
    from bot import loop

    loop.seldom()
    from bot.reading import BadSettings

    try:
        told = read(given)
    except BadSettings as bad:
        print("\n".join(bad.problems), file=sys.stderr)
        return 2
    from bot.commands import Cannot

    try:
        return implementation(given.command)(told, given)
    except Cannot as why:
        print(why, file=sys.stderr)
        return 2


def implementation(name: str) -> Run:
    """The function behind a command."""
    from bot import commands, custodians

    found: Run = getattr(custodians if name in CUSTODIANS else commands, COMMANDS[name].run)
    return found


def read(given: argparse.Namespace) -> "Settings":
    """The settings, from the file and the environment."""
    from bot import reading

    path: Path | None = given.config
    if given.command in ("try", "where", "bench", "archive", "voices") and path == CONFIG and not CONFIG.exists():
        path = None
    return reading.read(path, environ)


if __name__ == "__main__":
    sys.exit(main())
