"""The command line: every command helps, says what is wrong in words, and does what the manual says."""

import asyncio
import contextlib
import io
import json
import os
import pwd
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import __main__ as command_line
from bot import reading
from handlers import seats
from storage.core import OUTBOX
from tests.doubles.telegram import refused
from tests.house import House, OnTelegram, at_home, config, report, until

ROOT = Path(__file__).parent.parent
ENVIRON = {k: v for k, v in os.environ.items() if not k.startswith("NTSWATCH_")} | {"PYTHONPATH": str(ROOT)}
STOPS_WITHIN = 10.0  # seconds: what a service manager waits


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.out.splitlines()[-1]


def run(*words: str) -> Said:
    """A command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = command_line.main(words)
        except SystemExit as stopped:  # argparse
            code = int(stopped.code or 0)
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture
def home(tmp_path: Path) -> str:
    """A config file with everything in a folder of its own."""
    return str(config(tmp_path, at_home(tmp_path)))


# --- every command


def test_what_the_command_line_knows_by_heart_is_so() -> None:
    assert tuple(seats.SEATS) == command_line.SEATS
    assert command_line.CONFIG == reading.DEFAULT


@pytest.mark.parametrize("name", command_line.COMMANDS)
def test_every_command_helps(name: str) -> None:
    said = run(name, "--help")
    assert said.code == 0
    assert "--config FILE" in said.out
    assert callable(command_line.implementation(name))


@pytest.mark.parametrize("name", [n for n in command_line.COMMANDS if n not in ("try", "bench")])
def test_wrong_settings_are_said_in_words(name: str, tmp_path: Path) -> None:
    more = {
        "invite": ["coordinator"], "where": ["18.36", "103.65"], "backup": ["x.db"], "restore": ["x.db"],
        "poster": ["TH3801"],
        "archive": ["open", "x.db"],
    }.get(name, [])  # fmt: skip
    told = config(tmp_path, {"server": {"port": "eighty"}, "telegram": {"tokn": "x"}})
    said = run(name, "--config", str(told), *more)
    assert said.code == 2
    assert said.out == ""
    assert "server.port" in said.err
    assert "the nearest is telegram.token" in said.err
    assert run(name, "--config", str(tmp_path / "none.toml"), *more).code == 2


# --- where


def test_where_begins_with_the_codes_of_the_point(home: str) -> None:
    said = run("where", "--config", home, "18.36", "103.65")
    assert said.code == 0
    assert said.out.splitlines()[0] == "TH3801"


def test_where_leaves_nothing_behind(home: str, tmp_path: Path) -> None:
    run("where", "--config", home, "18.36", "103.65")
    assert [p.name for p in tmp_path.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("words", [["x", "y"], ["18.36"], ["1", "2", "3"], ["nan", "103"], ["95", "103"]])
def test_where_says_what_to_write(home: str, words: list[str]) -> None:
    said = run("where", "--config", home, *words)
    assert said.code == 2
    assert "latitude and longitude" in said.err


def test_where_reads_lines_and_answers_each_with_one() -> None:
    lines = "18.36 103.65\n\nx\nnan nan\n95 200\n18.36\t103.65\n0 0\n1e999 5\n"
    done = subprocess.run(
        [sys.executable, "-m", "bot", "where", "-"],
        input=lines, capture_output=True, text=True, cwd=ROOT, env=ENVIRON, timeout=30, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["TH3801", "", "", "", "", "TH3801", "", ""]


async def test_where_names_the_groups_it_would_reach(tmp_path: Path) -> None:
    from tests.house import TELEGRAM_GROUP, link

    async with House(tmp_path, channels=("telegram",)) as house:
        await link(house, OnTelegram(house, 0, TELEGRAM_GROUP), OnTelegram(house, 900))
        said = await asyncio.to_thread(run, "where", "--config", str(house.config), "18.36", "103.65")
    assert said.out.splitlines() == ["TH3801", "TH3801 → TH3801: telegram group (th, headline)"]
    assert str(TELEGRAM_GROUP) not in said.out


# --- the database


def test_migrate_twice(home: str) -> None:
    assert run("migrate", "--config", home).code == 0
    assert run("migrate", "--config", home).code == 0


@pytest.mark.parametrize("words", [("outbox",), ("outbox", "retry"), ("export",), ("backup", "copy.db")])
def test_what_needs_a_database_says_so(home: str, words: tuple[str, ...], tmp_path: Path) -> None:
    words = tuple(str(tmp_path / w) if w.endswith(".db") else w for w in words)
    said = run(words[0], "--config", home, *words[1:])
    assert said.code == 2
    assert "ntswatch migrate" in said.err


def test_an_invitation_is_the_last_line(home: str) -> None:
    said = run("invite", "--config", home, "officer", "--scope", "TH3801")
    assert said.code == 0
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]", said.last)


async def test_an_invitation_brings_a_seat(tmp_path: Path) -> None:
    async with House(tmp_path, channels=("telegram",)) as house:
        asked = ("--config", str(house.config), "officer", "--seat", "customs", "--district", "TH3801")
        said = await asyncio.to_thread(run, "invite", *asked)
        await OnTelegram(house, 900).write(f"/join {said.last}")
        await house.settled()
        assert [(m.person, m.seat) for m in house.app.store.directory.seated("TH3801")] == [("900", "customs")]


@pytest.mark.parametrize("words", [("coordinator", "--district", "TH3801"), ("officer", "--district", "P:TH-38")])
def test_a_seat_is_an_officers_in_one_district(home: str, words: tuple[str, ...]) -> None:
    said = run("invite", "--config", home, *words, "--seat", "police")
    assert (said.code, said.out) == (2, "")
    assert "TH3801" in said.err


def test_an_invitation_to_nowhere(home: str) -> None:
    said = run("invite", "--config", home, "officer", "--scope", "XX9999")
    assert (said.code, said.out) == (2, "")
    assert "TH3801" in said.err


async def test_an_invitation_works_once(tmp_path: Path) -> None:
    async with House(tmp_path, channels=("telegram",)) as house:
        said = await asyncio.to_thread(run, "invite", "--config", str(house.config), "coordinator")
        for person in (900, 901):
            await OnTelegram(house, person).write(f"/join {said.last}")
        await house.settled()
        assert [m.person for m in house.app.store.directory.members.values()] == ["900"]


async def test_dead_letters_are_listed_sent_again_or_dropped(tmp_path: Path) -> None:
    async with House(tmp_path, channels=("telegram",)) as house:

        async def ask(*words: str) -> str:
            return (await asyncio.to_thread(run, "outbox", "--config", str(house.config), *words)).out

        house.telegram.fail(refused("no"), refused("no"), method="sendMessage")
        for person in (71, 72):
            await OnTelegram(house, person).write("/start")
        await house.settled()
        lines = (await ask()).splitlines()
        assert len(lines) == 2
        assert all("telegram say" in line and "http 400" in line for line in lines)
        first, second = (line.split()[0] for line in lines)
        assert await ask("retry", first) == "1 will be sent again.\n"
        house.app.dispatcher.wake()  # due by this machine's clock, which is not the house's
        await until(lambda: len(house.telegram.messages) == 1)
        await house.settled()
        assert await ask("drop", second, "5") == "1 dropped.\n"
        assert await ask("list") == ""
        assert await house.count(OUTBOX) == 0


async def test_export_and_backup_hold_no_words(tmp_path: Path) -> None:
    words = "a boat without lights, Somsak steers it"
    copy = tmp_path / "copy.db"
    async with House(tmp_path, channels=("telegram",)) as house:
        await report(OnTelegram(house, 7_100_071), house, "en", words)
        told = str(house.config)
        exported = await asyncio.to_thread(run, "export", "--config", told)
        later = await asyncio.to_thread(run, "export", "--config", told, "--since", "2030-01-01")
        nonsense = await asyncio.to_thread(run, "export", "--config", told, "--since", "yesterday")
        made = await asyncio.to_thread(run, "backup", "--config", told, str(copy))
        again = await asyncio.to_thread(run, "backup", "--config", told, str(copy))
        (case,) = await house.cases()
    header, row = exported.out.splitlines()
    assert header.startswith("number,district,kind,status")
    assert row.startswith(f"{case.number},TH3801,drugs,new")
    assert later.out.splitlines() == [header]
    assert (nonsense.code, "YYYY-MM-DD" in nonsense.err) == (2, True)
    assert made.code == 0
    assert again.code == 2
    content = copy.read_bytes()
    assert case.number.encode() in content
    assert not any(secret in content for secret in (b"boat", b"Somsak", b"7100071", b"103.65"))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with contextlib.closing(sqlite3.connect(copy)) as opened:
        assert opened.execute("SELECT count(*) FROM cases").fetchone() == (1,)


@pytest.mark.parametrize(("reports", "told"), [(0, None), (1, "<5"), (4, "<5"), (5, "5"), (12, "12")])
def test_a_table_for_everybody_hides_small_numbers_and_days(home: str, tmp_path: Path, reports: int, told: str) -> None:
    run("migrate", "--config", home)
    days = ("2026-11-09", "2026-11-15") if reports > 1 else ("2026-11-09",)  # Monday and Sunday of a week
    with contextlib.closing(sqlite3.connect(next(tmp_path.rglob("*.db")))) as opened:
        row = "INSERT INTO tally (day, district, kind, practice, untaken, taken, done) VALUES (?, ?, ?, ?, ?, 0, 0)"
        counts = (reports - 1, 1) if reports > 1 else (reports,)
        opened.executemany(row, [(d, "TH3801", "drugs", False, n) for d, n in zip(days, counts, strict=True)])
        opened.execute(row, ("2026-11-10", "TH3801", "drugs", True, 100))  # practice
        opened.execute(row, ("2999-01-01", "TH3801", "drugs", False, 100))  # a week that is not over
        opened.commit()
    said = run("export", "--config", home, "--public", "--since", "2026-11-11").out.splitlines()
    assert said == ["week,district,kind,reports", *([f"2026-11-09,TH3801,drugs,{told}"] if told else [])]


def history(folder: Path) -> list[tuple[str, dict[str, str]]]:
    with contextlib.closing(sqlite3.connect(next(folder.rglob("*.db")))) as opened:
        rows = opened.execute("SELECT action, facts FROM history ORDER BY id").fetchall()
    return [(action, json.loads(facts)) for action, facts in rows]


def test_nobody_copies_or_exports_unseen(home: str, tmp_path: Path) -> None:
    """Each is a line of the bound history: what, by which account, and whether the copy was sealed."""
    copies = tmp_path / "copies"
    copies.mkdir()
    assert run("backup", "--config", home, str(copies / "early.db")).code == 2  # there is no database yet
    run("migrate", "--config", home)
    run("backup", "--config", home, str(copies / "a.bak"))
    run("backup", "--config", home, str(copies / "a.bak"))  # there already: nothing was copied
    run("backup", "--config", home, str(tmp_path / "no" / "a.bak"))
    run("export", "--config", home)
    me = pwd.getpwuid(os.getuid()).pw_name
    told = [(action, facts.pop("account"), facts) for action, facts in history(tmp_path)]
    assert [(action, facts) for action, _, facts in told] == [("backup", {"sealed": "no"}), ("exported", {"since": ""})]
    assert {account for _, account, _ in told} <= {me, os.environ.get("SUDO_USER")}
    assert "history" not in run("check", "--config", home).out


def test_a_copy_before_an_upgrade_is_made_and_says_that_it_is_not_written_down(home: str, tmp_path: Path) -> None:
    run("migrate", "--config", home)
    with contextlib.closing(sqlite3.connect(next(tmp_path.rglob("*.db")))) as opened:
        opened.execute("UPDATE alembic_version SET version_num = '0001'")
        opened.commit()
    said = run("backup", "--config", home, str(tmp_path / "a.bak"))
    assert (said.code, "history" in said.err) == (0, True)


def test_a_backup_into_no_folder(home: str, tmp_path: Path) -> None:
    run("migrate", "--config", home)
    said = run("backup", "--config", home, str(tmp_path / "no" / "copy.db"))
    assert said.code == 2
    assert "folder" in said.err


# --- processes


@contextlib.contextmanager
def process(*words: str, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    started = subprocess.Popen(
        [sys.executable, "-m", "bot", *words],
        cwd=folder, env=ENVIRON, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.mark.parametrize("name", ["try", "run"])
def test_it_says_where_it_listens_and_stops_when_told(name: str, tmp_path: Path) -> None:
    words = ["try", "--port", "0"] if name == "try" else ["run", "--config", str(config(tmp_path, at_home(tmp_path)))]
    with process(*words, folder=tmp_path) as bot:
        assert bot.stdout is not None
        line = bot.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:[0-9]+/", line)
        assert found
        with urllib.request.urlopen(found[0], timeout=5) as page:  # noqa: S310 our own address
            shown = page.read().decode()
        assert ("phone-officers" in shown) == (name == "try")
        with urllib.request.urlopen(f"{found[0]}readyz", timeout=5) as ready:  # noqa: S310
            assert ready.status == 200
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(STOPS_WITHIN) == 0
        out, err = bot.communicate()
        assert out == ""
        assert "Traceback" not in err


def test_a_port_that_is_taken_is_said_to_be(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "try", "--port", str(taken.getsockname()[1])],
            cwd=tmp_path, env=ENVIRON, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert "--port" in done.stderr or "server.port" in done.stderr
    assert "Traceback" not in done.stderr


def test_posters_are_made_for_every_language(tmp_path: Path) -> None:
    told = config(tmp_path, {"server": {"public_url": "https://watch.example.org"}})
    said = run("poster", "th3801", "--config", str(told), "--out", str(tmp_path / "posters"))
    assert said.code == 0
    assert len(said.out.splitlines()) == len(list((tmp_path / "posters").iterdir())) == 8


def test_a_poster_needs_a_folder_that_can_be_written_to(tmp_path: Path) -> None:
    told = config(tmp_path, {"server": {"public_url": "https://watch.example.org"}})
    (tmp_path / "taken").write_text("no folder")
    said = run("poster", "TH3801", "--config", str(told), "--out", str(tmp_path / "taken" / "posters"))
    assert said.code == 2
    assert "--out" in said.err


def test_without_a_way_to_the_bot_there_is_no_poster(tmp_path: Path) -> None:
    told = config(tmp_path, {})
    assert "set telegram.token" in run("poster", "TH3801", "--config", str(told)).err
    assert "no such district" in run("poster", "TH9999", "--config", str(told)).err
