"""The 200 leaves after the disk has it: shown by the order of the process's system calls."""

import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults import FULL, only_full
from tests.faults.broken import FLAG
from tests.faults.driver import Resident
from tests.faults.test_kill import town

ANSWERS = 200 if FULL else 40
CALLS = "fsync,fdatasync,pwrite64,read,recvfrom,sendto,sendmsg,write,writev"
SENDS = ("sendto", "sendmsg", "write", "writev")
SYNCS = ("fsync", "fdatasync")
STRACE = shutil.which("strace")
LINE = re.compile(r"^(?P<thread>\d+) +(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<call>\w+)\()(?P<rest>.*)$")


def events(trace: Iterable[str]) -> Iterator[str]:
    """`asked`, `written`, `synced` and `answered`, in the order in which the kernel did them.

    Written and synced is the log of the database, or a file of the spool and then the folder with its name.
    """
    pending: dict[str, str] = {}
    for line in trace:
        match = LINE.match(line)
        if match is None:
            continue
        thread, rest = match["thread"], match["rest"]
        if match["call"] and rest.endswith("<unfinished ...>"):
            pending[thread] = rest
            if match["call"] in SENDS and '"HTTP/1.1 200' in rest:
                yield "answered"  # it may have left already
            continue
        call, what = match["call"] or match["resumed"], pending.pop(thread, "") + rest
        if call in ("read", "recvfrom") and '"POST /telegram' in what:
            yield "asked"
        elif call in SYNCS and not what.endswith("= 0"):
            continue
        elif (call == "pwrite64" and "-wal>" in what) or (call in SYNCS and "/spool/" in what):
            yield "written"
        elif call in SYNCS and ("-wal>" in what or "/spool>" in what):
            yield "synced"
        elif match["call"] and '"HTTP/1.1 200' in what and call in SENDS:
            yield "answered"


def too_early(trace: Iterable[str]) -> tuple[int, int]:
    """How many answers there were, and how many of them left before what was asked was written and synced."""
    answers = early = 0
    state = ""
    for event in events(trace):
        match event:
            case "asked":
                state = "asked"
            case "written" if state == "asked":
                state = "written"
            case "synced" if state == "written":
                state = "synced"
            case "answered" if state:
                answers += 1
                early += state != "synced"
                state = ""
    return answers, early


async def traced(folder: Path, how: str, *, locked: bool = False) -> tuple[int, int]:
    """One resident's messages, one after the other, to a bot that is watched by strace; while another process holds the
    database, if that is said.
    """
    trace = folder / "trace"
    async with town(folder, f"sqlite+aiosqlite:///{folder}/town.db", how, each=1) as made:
        await made.bot.stop()
        (folder / FLAG).touch()
        made.bot.wrap = [str(STRACE), "-D", "-f", "-y", "-s", "24", "-e", f"trace={CALLS}", "-o", str(trace)]
        await made.bot.start()
        resident: Resident = made.residents[0]
        resident.twice = 0.0  # what is known already needs no disk
        with closing(sqlite3.connect(folder / "town.db", isolation_level=None)) as other:
            if locked:
                other.execute("BEGIN IMMEDIATE")
            for _ in range(ANSWERS):
                await resident.send("/status")
            assert any((folder / "spool").iterdir()) if locked else not (folder / "spool").exists()
        await made.bot.stop()
    with trace.open(errors="replace") as lines:
        return too_early(line.rstrip() for line in lines)


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(STRACE is None, reason="strace is not installed (apt-get install strace)"),
]


@pytest.mark.parametrize("locked", [False, pytest.param(True, marks=only_full)])
async def test_every_answer_leaves_after_the_sync(tmp_path: Path, locked: bool) -> None:
    answers, early = await traced(tmp_path, "", locked=locked)
    assert answers >= ANSWERS
    assert early == 0


@only_full
@pytest.mark.parametrize("how", ["no-sync", "early", "loose-spool"])
async def test_a_build_that_answers_before_the_sync_is_found_out(tmp_path: Path, how: str) -> None:
    answers, early = await traced(tmp_path, how, locked=how == "loose-spool")
    assert answers >= ANSWERS
    assert early > ANSWERS / 4
