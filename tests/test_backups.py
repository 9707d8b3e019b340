"""A backup leads back to what was there, tells a thief nothing, and the archive opens without the server."""

import asyncio
import contextlib
import io
import itertools
import json
import sqlite3
import stat
import sys
from pathlib import Path

import pyrage
import pytest
from sqlalchemy import update

from bot.settings import Settings
from handlers.events import Address, Command
from storage import backups, custody, operations
from storage.core import CASES
from storage.custody import Custodian, WrongKey
from storage.vault import Recipient
from tests.house import at_home, config
from tests.test_apart import finish, number
from tests.test_cli import Said, run
from tests.test_rotation import details, weeks, with_photo
from tests.test_turns import link, report
from tests.town import Town

PASSPHRASE = "nine brown buffaloes"


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


@pytest.fixture
async def town(tmp_path: Path) -> Town:
    """SQLite: PostgreSQL is copied by its own tools."""
    return Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path)


async def exported(town: Town) -> list[tuple[object, ...]]:
    return await town.database.read(lambda c: operations.export(c, None))


async def test_after_a_fire_everything_is_as_it_was(town: Town, tmp_path: Path) -> None:
    keeper = Custodian.new()
    copy = tmp_path / "backup"
    async with town:
        photo = await with_photo(town)
        before = await exported(town)
        await asyncio.to_thread(backups.backup, f"{tmp_path}/town.db", copy, [keeper.public("north")[1]])
        await report(town)
    for path in tmp_path.glob("town.db*"):
        path.unlink()
    assert backups.restore(copy, tmp_path / "town.db", [keeper.age]) is True
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as again:
        again._ids = itertools.count(1_000)
        assert await exported(again) == before
        assert "A boat without lights" in await details(again)
        assert await again.files.get(photo) is not None


async def test_neither_file_opens_without_the_offline_key(town: Town, tmp_path: Path) -> None:
    keeper, thief = Custodian.new(), Custodian.new()
    copy = tmp_path / "backup"
    async with town:
        await link(town)
        await report(town)
        await asyncio.to_thread(backups.backup, f"{tmp_path}/town.db", copy, [keeper.public("north")[1]])
    for path in (copy, backups.keys_of(copy)):
        content = path.read_bytes()
        assert content.startswith(b"age-encryption.org/v1\n")
        assert b"TH3801" not in content
        assert b"SQLite" not in content
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(pyrage.DecryptError):
            pyrage.decrypt(content, [thief.age])
    with pytest.raises(backups.NotOpened):
        backups.restore(copy, tmp_path / "other.db", [thief.age])
    assert not (tmp_path / "other.db").exists()
    assert list(tmp_path.glob(".backup-*")) == list(tmp_path.glob(".restore-*")) == []


async def test_keys_and_addresses_are_in_the_second_file_alone(town: Town, tmp_path: Path) -> None:
    async with town:
        await link(town)
        await report(town)
        await asyncio.to_thread(backups.backup, f"{tmp_path}/town.db", tmp_path / "backup", [])
    with contextlib.closing(sqlite3.connect(tmp_path / "town.db")) as opened:
        secrets = [
            opened.execute(f"SELECT {what}").fetchone()[0] for what in ("wrapped FROM wrap", "address FROM contact")
        ]
    for secret in secrets:
        assert secret in (tmp_path / "backup.keys").read_bytes()
        assert secret not in (tmp_path / "backup").read_bytes()
    assert backups.restore(tmp_path / "backup", tmp_path / "whole.db", []) is True
    (tmp_path / "backup.keys").unlink()
    assert backups.restore(tmp_path / "backup", tmp_path / "bare.db", []) is False
    with contextlib.closing(sqlite3.connect(tmp_path / "bare.db")) as opened:
        assert opened.execute("SELECT count(*) FROM cases").fetchone() == (1,)
        assert opened.execute("SELECT count(*) FROM wrap").fetchone() == (0,)


async def test_after_a_restore_only_the_urgent_is_sent_again(town: Town, tmp_path: Path) -> None:
    async with town:
        await link(town)
        people = [Address("telegram", f"r{n}") for n in range(3)]
        await town.turns.handle([town.event(person, Command("start")) for person in people])
        await asyncio.to_thread(backups.backup, f"{tmp_path}/town.db", tmp_path / "backup", [])
    backups.restore(tmp_path / "backup", tmp_path / "again.db", [])
    with contextlib.closing(sqlite3.connect(tmp_path / "again.db")) as opened:
        states = opened.execute("SELECT DISTINCT state, error FROM outbox WHERE NOT urgent").fetchall()
    assert states == [("dead", "restored")]


async def test_what_is_there_is_never_overwritten(town: Town, tmp_path: Path) -> None:
    async with town:
        await asyncio.to_thread(backups.backup, f"{tmp_path}/town.db", tmp_path / "backup", [])
        with pytest.raises(FileExistsError):
            backups.backup(f"{tmp_path}/town.db", tmp_path / "backup", [])
        with pytest.raises(FileExistsError):
            backups.restore(tmp_path / "backup", tmp_path / "town.db", [])


# --- the archive, on a coordinator's machine


async def test_long_after_closing_the_archive_opens_words_and_files_without_the_server(
    town: Town, tmp_path: Path
) -> None:
    north = Custodian.new()
    town.store.recipients = [Recipient.read(north.public("north")[0])]
    async with town:
        photo = await with_photo(town)
        shown = await town.files.get(photo)
        original = await town.files.get_original(photo)
        await finish(town)
        await weeks(town, 8)
        assert await town.files.get(photo) is None
        case = await number(town)
        await asyncio.to_thread(backups.backup, f"{tmp_path}/town.db", tmp_path / "backup", [])
    for path in (tmp_path / "keys").iterdir():
        path.unlink()
    backups.restore(tmp_path / "backup", tmp_path / "there.db", [])
    [opened] = custody.opened(tmp_path / "there.db", [north])
    assert opened.facts["number"] == case
    assert "A boat without lights" in json.dumps(opened.facts["details"])
    assert dict(custody.files(opened, tmp_path / "media")) == {photo: shown, f"{photo}.orig": original}
    assert list(custody.opened(tmp_path / "there.db", [Custodian.new()])) == []


async def test_a_server_that_was_taken_over_writes_no_file_of_its_choice_on_a_coordinator_s_machine(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in a backup as a case's number is whatever the server's master wrote there."""
    north = Custodian.new()
    (tmp_path / "north.key").write_bytes(north.sealed(PASSPHRASE))
    town.store.recipients = [Recipient.read(north.public("north")[0])]
    async with town:
        await with_photo(town)
        await town.database.write(lambda c: c.execute(update(CASES).values(number="../../profile")))
        await asyncio.to_thread(backups.backup, f"{tmp_path}/town.db", tmp_path / "backup", [])
    typed(monkeypatch, PASSPHRASE)
    key, media, out = tmp_path / "north.key", tmp_path / "media", tmp_path / "a" / "b" / "opened"
    words = ("archive", "open", tmp_path / "backup", "--key", key, "--media", media, "--out", out)
    said = run(*map(str, words))
    assert (said.code, len(list(out.iterdir()))) == (0, 2)
    assert [path for path in tmp_path.rglob("*profile*") if path.parent != out] == []


async def test_two_custodians_open_it_together_in_either_order(town: Town, tmp_path: Path) -> None:
    one, two = Custodian.new(), Custodian.new()
    both = "board:" + "+".join(k.public("x")[0].removeprefix("x:") for k in (one, two))
    town.store.recipients = [Recipient.read(both)]
    async with town:
        await link(town)
        await report(town)
    there = tmp_path / "town.db"
    assert len(list(custody.opened(there, [two, one]))) == 1
    assert list(custody.opened(there, [one])) == list(custody.opened(there, [two])) == []


def test_a_key_file_is_nothing_without_its_passphrase() -> None:
    made = Custodian.new()
    sealed = made.sealed(PASSPHRASE)
    again = Custodian.read(sealed, PASSPHRASE)
    assert again.public("n") == made.public("n")
    assert made.archive.private_bytes_raw().hex().encode() not in sealed
    with pytest.raises(WrongKey):
        Custodian.read(sealed, "another")
    with pytest.raises(WrongKey):
        Custodian.read(b"no key at all", PASSPHRASE)
    lines = pyrage.passphrase.decrypt(sealed, PASSPHRASE).decode().split()
    assert lines[1].startswith("AGE-SECRET-KEY-1"), "the stock age tool reads the file as an identity"


async def test_from_the_ceremony_to_the_opened_case_by_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, PASSPHRASE)
    made = run("archive", "keygen", str(tmp_path / "north.key"))
    assert made.code == 0, made.err
    told = at_home(tmp_path)
    lines = dict(line.split(" = ", 1) for line in made.out.splitlines() if " = " in line)
    told["seal"] |= {name: json.loads(value) for name, value in lines.items()}
    settings = str(config(tmp_path, told))
    assert len(told["seal"]["archive_recipients"]) == len(told["seal"]["backup_recipients"]) == 1
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/ntswatch.db", tmp_path) as town:
        town.store.recipients = [Recipient.read(told["seal"]["archive_recipients"][0])]
        await link(town)
        await report(town)
        case = await number(town)
    copied = run("backup", "--config", settings, str(tmp_path / "copy"))
    assert (copied.code, copied.err) == (0, "")
    typed(monkeypatch, PASSPHRASE)
    opened = run("archive", "open", str(tmp_path / "copy"), "--key", str(tmp_path / "north.key"))
    assert opened.code == 0, opened.err
    assert json.loads(opened.out)["number"] == case
    assert "A boat without lights" in opened.out
    (tmp_path / "ntswatch.db").unlink()
    typed(monkeypatch, PASSPHRASE)
    back = run("restore", str(tmp_path / "copy"), "--config", settings, "--key", str(tmp_path / "north.key"))
    assert back.code == 0, back.err
    assert "ntswatch check" in back.out
    assert (tmp_path / "ntswatch.db").exists()
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("archive", "open", "copy"), "--key"),
        (("archive", "open", "copy", "--key", "none.key"), "No such file"),
        (("archive", "open", "copy", "--key", "broken.key"), "another passphrase"),
        (("archive", "keygen", "broken.key"), "exists"),
    ],
)
def test_what_goes_wrong_is_said(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.key").write_bytes(b"x")
    typed(monkeypatch, PASSPHRASE)
    answer: Said = run(*words)
    assert answer.code == 2
    assert said in answer.err


def test_a_backup_that_is_not_sealed_is_said_to_be_so(tmp_path: Path) -> None:
    home = str(config(tmp_path, at_home(tmp_path)))
    run("migrate", "--config", home)
    answer = run("backup", "--config", home, str(tmp_path / "copy"))
    assert answer.code == 0
    assert "backup_recipients" in answer.err
    assert Settings().seal.backup_recipients == ()
