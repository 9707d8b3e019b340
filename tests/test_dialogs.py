"""Whole conversations. `UPDATE=1 pytest tests/test_dialogs.py` rewrites what the bot says; read the diff."""

import os
from pathlib import Path

import pytest

from tests.dialog import play

DIALOGS = sorted((Path(__file__).parent / "dialogs").glob("*.txt"))


@pytest.mark.parametrize("path", DIALOGS, ids=lambda p: p.stem)
async def test_a_conversation_goes_as_written(path: Path, tmp_path: Path) -> None:
    written = path.read_text("utf-8")
    said = await play(path, f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path)
    if os.environ.get("UPDATE"):
        path.write_text(said, "utf-8")
    assert said == (path.read_text("utf-8") if os.environ.get("UPDATE") else written)


def test_there_are_enough_conversations() -> None:
    assert len(DIALOGS) >= 20
