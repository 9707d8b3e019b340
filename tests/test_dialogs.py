"""Whole conversations. `UPDATE=1 pytest tests/test_dialogs.py` rewrites what the bot says; read the diff."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.dialog import play

SECONDS = 60  # a conversation takes a tenth of a second; one that goes round in circles must end
DIALOGS: Mapping[Path, str] = MappingProxyType(
    {path: path.read_text("utf-8") for path in sorted((Path(__file__).parent / "dialogs").glob("*.txt"))}
)


@pytest.mark.parametrize("path", DIALOGS, ids=lambda p: p.stem)
async def test_a_conversation_goes_as_written(path: Path, tmp_path: Path) -> None:
    async with asyncio.timeout(SECONDS):
        said = await play(DIALOGS[path], f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path)
    if os.environ.get("UPDATE"):
        await asyncio.to_thread(path.write_text, said, "utf-8")
        return
    assert said.splitlines() == DIALOGS[path].splitlines()


def test_there_are_enough_conversations() -> None:
    assert len(DIALOGS) >= 24
