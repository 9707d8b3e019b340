"""A month in which LINE's messages run out, over real HTTP: what leaves, what waits, what returns when it turns."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from storage.core import OUTBOX, QUARANTINE
from tests.house import LINE_GROUP, TELEGRAM_GROUP, House, OnLine, OnTelegram, link, report
from tests.test_whole import CHIEF, LINE_OFFICER, OFFICER, chief_of_line, number_in

MEMBERS, PLAN = 30, 140
WORDS = "เห็นเรือไม่เปิดไฟ"
TURN = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)  # midnight in Japan


BANGKOK = timezone(timedelta(hours=7))


@pytest.fixture(params=[timezone(timedelta(hours=9)), BANGKOK], ids=["turns in Japan", "turns in Bangkok"])
async def house(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """Both apps have a group of one district; on LINE it has thirty members, and little is left of the month."""
    async with House(tmp_path) as made:
        made.line.zone = request.param
        made.line.members, made.line.quota = {LINE_GROUP: MEMBERS}, PLAN
        await link(made, OnTelegram(made, 0, TELEGRAM_GROUP), OnTelegram(made, CHIEF))
        await chief_of_line(made)
        made.line.used = 0
        await made.app.database.write(lambda c: c.exec_driver_sql("DELETE FROM meter_day"))
        await made.metered()
        yield made


def pushes(house: House) -> list[str]:
    """Status of every push to the group."""
    calls = [c for c in house.line.calls if c.path.endswith("/push") and c.body["to"] == LINE_GROUP]
    return [str(call.status) for call in calls]


async def seen(phone: OnLine | OnTelegram) -> str:
    return "\n".join(shown.text for shown in await phone.screen())


@dataclass
class Month:
    """Who takes part in the last week of November, and the numbers of what was reported."""

    house: House
    numbers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        house = self.house
        self.telegram = OnTelegram(house, OFFICER, TELEGRAM_GROUP)
        self.line = OnLine(house, LINE_OFFICER, LINE_GROUP)
        self.chief = OnTelegram(house, CHIEF)
        self.before = len(pushes(house))

    async def reported(self) -> str:
        """A report of somebody new; its number as buttons have it."""
        who = OnTelegram(self.house, 700 + len(self.numbers))
        self.numbers.append(number_in(await report(who, self.house, "th", WORDS)))
        await self.house.settled()
        return self.numbers[-1].replace("-", "")

    async def pressed(self, value: str) -> None:
        await self.telegram.press(value)
        await self.house.settled()

    @property
    def used(self) -> int:
        return self.house.line.used

    async def waits(self) -> int:
        return await self.house.count(OUTBOX, OUTBOX.c.state == "waits")


async def test_the_month_runs_out_and_nothing_is_lost(house: House) -> None:
    month = Month(house)
    first = await month.reported()
    assert (month.used, len(pushes(house)) - month.before) == (30, 1)
    await folded(month, first)
    third, _ = await month.reported(), await month.reported()
    assert month.used == 120
    await house.metered()
    assert (await seen(month.chief)).count("120") == 1, "at 80 percent the coordinators get a word"
    await refused(month)
    await answered(month, third)
    await turned(month, third)
    assert await house.count(OUTBOX) == 0
    assert await house.count(QUARANTINE) == 0


async def folded(month: Month, first: str) -> None:
    """30 on the first day: by the month's end more than the plan has. A move on Telegram comes with the next report."""
    await month.house.metered()
    await month.pressed(f"take:{first}")
    assert (month.used, await month.waits()) == (30, 1)
    await month.reported()
    assert (month.used, await month.house.count(OUTBOX)) == (60, 0)
    both = [c for c in month.house.line.calls if c.path.endswith("/push")][-1].body["messages"]
    assert month.numbers[0] in both[0]["text"]
    assert month.numbers[1] in both[1]["altText"]


async def refused(month: Month) -> None:
    """The fifth report does not fit: the Telegram group has it, the coordinators hear of it once."""
    await month.reported()
    await month.reported()
    shown = await seen(month.telegram)
    assert [number for number in month.numbers if number in shown] == month.numbers
    shown = await seen(month.line)
    assert [number for number in month.numbers if number in shown] == month.numbers[:4]
    assert pushes(month.house)[month.before :] == ["200"] * 4 + ["429"], "what LINE refused is not tried again"
    assert (await seen(month.chief)).count("⚠️") == 2


async def answered(month: Month, third: str) -> None:
    """Answers are free, and take along what waits: both reports, and that the third was taken."""
    await month.pressed(f"take:{third}")
    assert await month.waits() == 3
    await month.line.write("/cases")
    await month.house.settled()
    assert (month.used, await month.waits()) == (120, 0)
    shown = await seen(month.line)
    assert [number for number in month.numbers if number in shown] == month.numbers
    assert "🙋" in (await month.line.screen())[-2].text


async def turned(month: Month, third: str) -> None:
    """For a week nothing is pushed; what waits leaves when LINE's count begins anew, and not by our clock alone."""
    house = month.house
    await month.pressed(f"checking:{third}")
    while house.clock() < TURN - timedelta(hours=12):
        house.clock.tick(hours=12)
        await house.metered()
    tried = len(pushes(house))
    assert await month.waits() == 1
    house.clock.now = TURN + timedelta(minutes=5)
    await house.metered()
    if house.line.zone == BANGKOK:
        assert len(pushes(house)) == tried
        house.clock.tick(hours=2)
        await house.metered()
    assert month.used == 30
    assert "🔍" in (await month.line.screen())[-1].text


async def test_a_larger_plan_lets_go_what_waits(house: House) -> None:
    line = OnLine(house, LINE_OFFICER, LINE_GROUP)
    house.line.used = PLAN - 10
    await house.metered()
    number = number_in(await report(OnTelegram(house, 701), house, "th", WORDS))
    assert number not in await seen(line)
    house.line.quota = 15_000
    house.clock.tick(minutes=61)
    await house.metered()
    assert number in await seen(line)
    assert await house.count(OUTBOX) == 0


async def test_a_restart_forgets_neither_the_account_nor_what_waits(house: House) -> None:
    line = OnLine(house, LINE_OFFICER, LINE_GROUP)
    await report(OnTelegram(house, 701), house, "th", WORDS)
    house.line.used = PLAN - 10
    number = number_in(await report(OnTelegram(house, 702), house, "th", WORDS))
    tried = len(pushes(house))
    await house.close()
    await house.open()
    await house.settled()
    assert house.app.gauge
    account = await house.app.gauge.asked()
    assert (account.counted, account.refused, account.warned, account.waiting) == (30, 30, 100, 1)
    assert len(pushes(house)) == tried
    await line.write("/cases")
    await house.settled()
    assert number in await seen(line)


async def test_prometheus_reads_the_account(house: House) -> None:
    await report(OnTelegram(house, 701), house, "th", WORDS)
    await house.metered()
    status, page = await house.get("/metrics")
    lines = page.decode().splitlines()
    assert status == 200
    for figure in ("used 30.0", "limit 140.0", "waiting 0.0", "level 1.0"):
        assert f"ntswatch_line_messages_{figure}" in lines
    assert any(line.startswith("ntswatch_line_messages_forecast ") for line in lines)
    assert not any(LINE_GROUP in line for line in lines)
