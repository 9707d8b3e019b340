"""The virus scanner: what it withholds nobody sees, and nothing is shown that it has not looked at."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.media import bring
from bot.scan import PIECE, NoScanner, Scanner, Verdict
from storage.files import Files
from storage.keystore import Keystore
from storage.store import context
from storage.vault import Vault
from tests.doubles.clamd import EICAR, clamd
from tests.test_whole import jpeg

FILE = "ab" * 16
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(Keystore.open(tmp_path / "keys", lambda: NOW))


async def source(content: bytes) -> AsyncIterator[bytes]:
    yield content


@pytest.mark.parametrize("before", [0, PIECE - 30, 3 * PIECE])
async def test_a_virus_is_found_wherever_it_stands(tmp_path: Path, before: int) -> None:
    async with clamd(tmp_path) as place:
        assert await Scanner(place).look(bytes(before) + EICAR) is Verdict.INFECTED
        assert await Scanner(place).look(bytes(before)) is Verdict.CLEAN


async def test_a_file_with_a_virus_is_kept_by_nobody(tmp_path: Path, vault: Vault) -> None:
    files = Files(tmp_path / "media", vault)
    async with clamd(tmp_path) as place:
        row = await bring(source(jpeg() + EICAR), "photo", FILE, files, 1_000_000, Scanner(place))
    assert row == {"file": FILE, "state": "infected", "mime": ""}
    assert await files.get(FILE) is await files.get_original(FILE) is None


async def test_a_clean_file_is_washed_and_its_original_known_by_its_digest(tmp_path: Path, vault: Vault) -> None:
    files = Files(tmp_path / "media", vault)
    async with clamd(tmp_path) as place:
        row = await bring(source(jpeg()), "photo", FILE, files, 1_000_000, Scanner(place))
    assert row["state"] == "kept"
    key = vault.unwrap(bytes.fromhex(row["wrapped"]), f"file:{FILE}")
    digest = key.open(bytes.fromhex(row["digest"]), context("file", "digest", FILE)).decode()
    assert digest == await files.put_original("cd" * 16, await files.get_original(FILE) or b"")


async def test_without_a_verdict_nothing_is_shown(tmp_path: Path, vault: Vault) -> None:
    files = Files(tmp_path / "media", vault)
    async with clamd(tmp_path, most=10) as place:
        for scanner in (Scanner(place), Scanner(str(tmp_path / "nobody")), Scanner("127.0.0.1:1")):
            with pytest.raises(NoScanner):
                await bring(source(jpeg()), "photo", FILE, files, 1_000_000, scanner)
    assert await files.get(FILE) is None


async def test_a_scanner_that_hangs_is_given_up(tmp_path: Path) -> None:
    over = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        over.set()

    place = str(tmp_path / "slow.ctl")
    async with await asyncio.start_unix_server(silent, place):
        with pytest.raises(NoScanner):
            await Scanner(place, timeout=0.2).look(b"x")
        await over.wait()


async def test_whether_it_is_there_can_be_asked(tmp_path: Path) -> None:
    async with clamd(tmp_path) as place:
        assert await Scanner(place).alive()
    assert not await Scanner(place).alive()
