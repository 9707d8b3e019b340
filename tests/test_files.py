"""Files lie on disk sealed, whole, under names that nobody outside can choose, and die when they are dropped."""

import hashlib
import os
import stat
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.files import Files, NoUpload, TooLarge
from storage.keystore import Keystore
from storage.vault import MOST_FILE_BYTES, CaseKey, Vault

FILE, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2
CANARY = b"a face that must not be seen "
CONTENT = CANARY * 500


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 29, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keystore(tmp_path: Path, clock: Clock) -> Keystore:
    return Keystore.open(tmp_path / "keys", clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "media"


@pytest.fixture
def files(folder: Path, keystore: Keystore) -> Files:
    return Files(folder, Vault(keystore))


async def stream(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def on_disk(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def test_what_is_kept_comes_back_and_the_original_is_kept_apart(files: Files) -> None:
    await files.put(FILE, CONTENT)
    assert await files.put_original(FILE, b"as it came") == hashlib.sha256(b"as it came").hexdigest()
    assert await files.get(FILE) == CONTENT
    assert await files.get_original(FILE) == b"as it came"
    await files.put(FILE, b"anew")
    assert await files.get(FILE) == b"anew"


async def test_nothing_on_the_disk_can_be_read(files: Files, folder: Path) -> None:
    await files.put(FILE, CONTENT)
    await files.put_original(FILE, CONTENT)
    await files.take_in(stream([CONTENT]), len(CONTENT))
    found = on_disk(folder)
    assert len(found) == 3
    for path in found:
        assert CANARY not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "name", ["", "..", "../" * 3 + "etc/passwd", "/etc/passwd", FILE[:-1], FILE + "\n", FILE.upper()]
)
async def test_no_path_comes_from_outside(files: Files, folder: Path, name: str) -> None:
    for use in (files.get, files.get_original, files.drop):
        with pytest.raises(ValueError, match="32 hexadecimal digits"):
            await use(name)
    for keep in (files.put, files.put_original):
        with pytest.raises(ValueError, match="32 hexadecimal digits"):
            await keep(name, CONTENT)
    assert on_disk(folder) == []


async def test_a_link_in_a_files_place_is_not_followed(files: Files, folder: Path, tmp_path: Path) -> None:
    await files.put(FILE, CONTENT)
    path = on_disk(folder)[0]
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert await files.get(FILE) is None
    await files.drop(FILE)
    assert (tmp_path / "elsewhere").stat().st_size > len(CONTENT)


async def test_missing_is_none(files: Files) -> None:
    assert await files.get(FILE) is None
    assert await files.get_original(FILE) is None


async def test_any_changed_or_cut_byte_is_none(files: Files, folder: Path) -> None:
    await files.put(FILE, b"short")
    path = on_disk(folder)[0]
    whole = path.read_bytes()
    for at in [*range(140), len(whole) - 1]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert await files.get(FILE) is None, at
        path.write_bytes(whole[:at])
        assert await files.get(FILE) is None, at
    path.write_bytes(whole)
    assert await files.get(FILE) == b"short"


async def test_a_file_in_anothers_place_does_not_open(files: Files, folder: Path) -> None:
    await files.put(FILE, CONTENT)
    await files.put(OTHER, CONTENT)
    await files.put_original(FILE, CONTENT)
    clean, original, other = on_disk(folder)
    other.write_bytes(clean.read_bytes())
    clean.write_bytes(original.read_bytes())
    assert await files.get(OTHER) is None
    assert await files.get(FILE) is None


async def test_dropping_destroys_all_of_a_file_and_can_be_repeated(files: Files, folder: Path, tmp_path: Path) -> None:
    await files.put(FILE, CONTENT)
    await files.put_original(FILE, CONTENT)
    await files.put(OTHER, CONTENT)
    clean = on_disk(folder)[0]
    os.link(clean, tmp_path / "blocks")
    kept = (tmp_path / "blocks").read_bytes()
    await files.drop(FILE)
    await files.drop(FILE)
    assert await files.get(FILE) is None
    assert [path.name for path in on_disk(folder)] == [OTHER]
    left = (tmp_path / "blocks").read_bytes()
    wrap = 2 + int.from_bytes(kept[:2])
    assert left[:wrap] == bytes(wrap), "the wrap is overwritten before the name goes"


async def test_a_file_outlives_its_week_only_by_a_key_kept_elsewhere(
    folder: Path, keystore: Keystore, clock: Clock
) -> None:
    kept: dict[str, CaseKey] = {}

    async def find(file: str) -> CaseKey | None:
        return kept.get(file)

    vault = Vault(keystore)
    files = Files(folder, vault, find)
    kept[FILE], wrapped = files.key(FILE)
    await files.put(FILE, CONTENT, kept[FILE])
    await files.put_original(FILE, b"as it came", kept[FILE])
    await files.put(OTHER, CONTENT)
    kept[OTHER] = kept[FILE]
    assert vault.unwrap(wrapped, f"file:{FILE}").open_bytes(kept[FILE].seal_bytes(b"x", "y"), "y") == b"x"
    clock.at += timedelta(days=7)
    keystore.destroy("hot", "2026W48")
    assert await files.get(FILE) == CONTENT
    assert await files.get_original(FILE) == b"as it came"
    assert await files.get(OTHER) is None
    del kept[FILE]
    assert await files.get(FILE) is None


async def test_orphans_are_files_that_nobody_knows(files: Files, folder: Path) -> None:
    unknown = "5" * 32
    await files.put(FILE, CONTENT)
    await files.put(OTHER, CONTENT)
    await files.put_original(OTHER, CONTENT)
    await files.put_original(unknown, CONTENT)
    await files.take_in(stream([CONTENT]), len(CONTENT))
    (folder / "01" / "23" / "notes.txt").write_text("not ours")
    assert files.orphans({FILE}) == sorted([OTHER, unknown])
    assert files.orphans([FILE, OTHER, unknown]) == []


async def test_an_upload_waits_until_it_is_fetched(files: Files, clock: Clock) -> None:
    ref = await files.take_in(stream([CONTENT[:70], CONTENT[70:], b""]), len(CONTENT))
    for _ in range(2):
        assert b"".join([chunk async for chunk in files.open(ref)]) == CONTENT
    assert await files.get(ref) is None
    await files.drop(ref)
    with pytest.raises(NoUpload):
        await anext(files.open(ref))


@pytest.mark.parametrize("ref", ["", "../../keys", FILE])
async def test_there_is_no_other_upload(files: Files, ref: str) -> None:
    await files.put(FILE, CONTENT)
    with pytest.raises(NoUpload):
        await anext(files.open(ref))


async def test_too_much_or_a_broken_line_leaves_nothing(files: Files, folder: Path) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield bytes(1000)

    async def torn() -> AsyncIterator[bytes]:
        yield CONTENT
        raise ConnectionError

    with pytest.raises(TooLarge):
        await files.take_in(endless(), 10_000)
    assert read == 11
    with pytest.raises(ConnectionError):
        await files.take_in(torn(), MOST_FILE_BYTES)
    with pytest.raises(ValueError, match="is the most"):
        await files.put(FILE, bytes(MOST_FILE_BYTES + 1))
    assert on_disk(folder) == []


async def test_tidying_takes_old_uploads_and_what_a_crash_left(files: Files, folder: Path) -> None:
    await files.put(FILE, CONTENT)
    old, new = [await files.take_in(stream([CONTENT]), len(CONTENT)) for _ in range(2)]
    (folder / FILE[:2] / FILE[2:4] / ".new-abc").write_bytes(b"half")
    moment = datetime.now(UTC)
    for path in on_disk(folder):
        if path.name != f"{new}.up":
            os.utime(path, (0, 0))
    assert files.tidy(moment - timedelta(days=1)) == 2
    assert sorted(path.name for path in on_disk(folder)) == sorted([FILE, f"{new}.up"])
    with pytest.raises(NoUpload):
        await anext(files.open(old))


@given(st.text(max_size=40))
async def test_a_name_is_an_id_or_is_refused(name: str) -> None:
    files = Files(Path("/proc/self"), Vault.__new__(Vault))
    if len(name) != 32 or set(name) - set("0123456789abcdef"):
        with pytest.raises(ValueError, match="32 hexadecimal digits"):
            await files.get(name)
