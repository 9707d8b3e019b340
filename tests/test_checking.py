"""`ntswatch check`: nothing, what is missing, and what is broken; never a secret, never a change."""

import contextlib
import re
import sqlite3
from pathlib import Path

import pytest

from bot import checking, reading
from storage import meter, operations
from tests.doubles.telegram import BOT, TelegramDouble, broken, refused
from tests.house import LINE_GROUP, TELEGRAM_GROUP, House, OnLine, OnTelegram, at_home, config, link
from tests.test_cli import run


async def look(house: House) -> list[str]:
    return await checking.look(reading.read(house.config, {}), house.clock)


def about(problems: list[str], what: str) -> list[str]:
    return [line for line in problems if line.startswith(what)]


def test_before_the_first_start_it_says_what_to_run(tmp_path: Path) -> None:
    said = run("check", "--config", str(config(tmp_path, at_home(tmp_path))))
    assert said.code == 1
    assert "ntswatch migrate" in said.out


async def test_an_empty_house_lacks_people_and_groups(tmp_path: Path) -> None:
    async with House(tmp_path, channels=()) as house:
        problems = await look(house)
    assert "ntswatch invite coordinator" in about(problems, "coordinators")[0]
    assert "TH3801" in about(problems, "groups")[0]
    assert len(problems) == 2


async def test_with_people_and_groups_everywhere_nothing_is_wrong(tmp_path: Path) -> None:
    async with House(tmp_path, telegram=TelegramDouble("4242:as-long-as-a-real-one")) as house:
        await link(house, OnTelegram(house, 0, TELEGRAM_GROUP), OnTelegram(house, 900))
        chief = OnTelegram(house, 900)
        atlas, people = house.app.store.gazetteer, house.app.store.directory
        for code in (d.code for d in atlas.districts.values() if d.programme and not people.of_scope(d.code)):
            await chief.write(f"/district {code} off")
        await house.settled()
        assert await look(house) == []


async def test_what_could_not_be_sent_or_read_is_counted_without_its_words(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.telegram.fail(refused("Somsak"), method="sendMessage")
        await OnTelegram(house, 7_100_071).write("/start")
        bad = house.line.says("U" + "7" * 32, "Somsak") | {"timestamp": "soon"}
        await OnLine(house, "U" + "7" * 32).deliver(bad)
        await house.settled()
        problems = await look(house)
    assert "1 message" in about(problems, "outbox")[0]
    assert "1 event" in about(problems, "quarantine")[0]
    assert not any(word in "\n".join(problems) for word in ("Somsak", "7100071"))


async def test_a_platform_that_refuses_or_calls_elsewhere_is_named(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.line.endpoint = "https://elsewhere.example.org/line"
        house.line.quota, house.line.used = 100, 90
        house.telegram.fail(broken(401), method="getMe")
        problems = await look(house)
        assert len(about(problems, "line: the webhook is not")) == 1
        assert "90 of 100" in about(problems, "line: 90")[0]
        assert about(problems, "line: at the pace") == [], "nothing was pushed lately"
        assert "token" in about(problems, "telegram")[0]
        assert not any(house.telegram.token in line or house.line.token in line for line in problems)
        assert house.line.endpoint == "https://elsewhere.example.org/line"


async def test_a_month_that_will_not_last_is_named(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.line.quota, house.line.used = 100, 60
        await house.app.database.write(lambda c: meter.count(c, house.app.store, 60))
        (pace,) = about(await look(house), "line: at the pace")
        found = re.search(r"it will be (\d+) messages .* the plan has 100;", pace)
        assert found
        assert 60 <= int(found[1]) <= 60 + 30 * 60


async def test_a_history_that_somebody_changed_is_named(tmp_path: Path) -> None:
    async with House(tmp_path, channels=("telegram",)) as house:
        await OnTelegram(house, 900).write(f"/join {await house.invite()}")
        await house.settled()
        assert about(await look(house), "history") == []
        await house.app.schedule.purge()
        await house.app.database.write(lambda c: c.exec_driver_sql("DELETE FROM history WHERE id = 1"))
        assert "cut off" in about(await look(house), "history")[0]


async def test_a_group_that_does_not_make_the_bot_an_administrator_is_named(tmp_path: Path) -> None:
    async with House(tmp_path, channels=("telegram",)) as house:
        await link(house, OnTelegram(house, 0, TELEGRAM_GROUP), OnTelegram(house, 900))
        assert about(await look(house), "telegram: the bot is no administrator") == []
        house.telegram.standing[TELEGRAM_GROUP, BOT] = "member"
        (said,) = about(await look(house), "telegram: the bot is no administrator")
        assert "TH3801" in said


async def test_both_groups_of_a_house_count(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await link(house, OnLine(house, "", LINE_GROUP), OnLine(house, "U" + "9" * 32))
        assert "TH3801" not in about(await look(house), "groups")[0]


async def test_a_broken_database_is_one_line(tmp_path: Path) -> None:
    async with House(tmp_path, channels=()) as house:
        pass
    with contextlib.closing(sqlite3.connect(tmp_path / "ntswatch.db", isolation_level=None)) as hand:
        hand.execute("ALTER TABLE alembic_version RENAME TO somewhere")
    assert "ntswatch migrate" in about(await look(house), "database")[0]
    (tmp_path / "ntswatch.db").write_bytes(b"not a database at all, but long enough to look like one" * 100)
    (problem,) = about(await look(house), "database")
    assert "database.url" in problem


@pytest.mark.parametrize("scope", ["TH3801", "TH4301"])
async def test_where_a_report_would_go_without_groups(tmp_path: Path, scope: str) -> None:
    async with House(tmp_path, channels=("telegram",)) as house:
        assert operations.reached(house.app.store, scope) == [f"{scope} → nobody yet"]
        await OnTelegram(house, 900).write(f"/join {await house.invite()}")
        await house.settled()
        assert operations.reached(house.app.store, scope) == [f"{scope} → no group; 1 coordinator(s) in private"]
