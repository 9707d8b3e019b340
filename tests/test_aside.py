"""What runs in a process of its own."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest

from bot.aside import Crashed, aside

PRINT = "import os; print(sorted(os.environ))"


def running(mark: str) -> int:
    """Processes that were started with this among their arguments."""
    found = 0
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += mark.encode() in file.read_bytes()
        except OSError:
            continue
    return found


def timed(what: str) -> tuple[str, ...]:
    """A module of Python's own that does what it is told."""
    return "timeit", "-n", "1", "-r", "1", what


async def test_it_is_given_and_says() -> None:
    out = await aside(*timed("import sys; print(sys.stdin.read())"), given="ຖ້ອຍຄຳ".encode())
    assert "ຖ້ອຍຄຳ".encode() in out


async def test_it_does_not_know_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NTSWATCH_TELEGRAM__TOKEN", "secret")
    assert b"NTSWATCH" not in await aside(*timed(PRINT), given=b"")


async def test_what_ends_with_an_error_has_crashed() -> None:
    with pytest.raises(Crashed):
        await aside(*timed("raise SystemExit(3)"), given=b"")


async def test_who_stops_waiting_ends_it() -> None:
    mark = uuid4().hex
    waiting = asyncio.create_task(aside(*timed(f"import time; time.sleep(60) # {mark}"), given=b""))
    async with asyncio.timeout(30):
        while not running(mark):
            await asyncio.sleep(0.02)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert running(mark) == 0
