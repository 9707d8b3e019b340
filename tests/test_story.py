"""Cases over real HTTP, on both doubles: one from a report to its end, and one that nobody takes, over a holiday."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from handlers.phrases import PHRASES
from storage import audit, codes
from storage.tables import HISTORY, OUTBOX, QUARANTINE, QUESTION
from tests.house import LINE_GROUP, TELEGRAM_GROUP, House, OnLine, OnTelegram, link, report
from tests.test_whole import CHIEF, LINE_OFFICER, OFFICER, chief_of_line, number_in

KHMER, ANSWER = "ឃើញទូកគ្មានភ្លើង", "ទៅខាងជើង"
FAR_GROUP, FAR_OFFICER = -1007, 507
SECRETARY = "U" + "5" * 32


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with House(tmp_path) as made:
        await link(made, OnTelegram(made, 0, TELEGRAM_GROUP), OnTelegram(made, CHIEF))
        await chief_of_line(made)
        await link(made, OnTelegram(made, 0, FAR_GROUP), OnTelegram(made, CHIEF), "TH3804")
        yield made


async def test_a_case_from_a_report_to_its_end(house: House) -> None:
    resident = OnLine(house, "U" + "7" * 32)
    officers, theirs = OnTelegram(house, OFFICER, TELEGRAM_GROUP), OnTelegram(house, FAR_OFFICER, FAR_GROUP)
    number = number_in(await report(resident, house, "km", KHMER))
    short = number.replace("-", "")
    words = {language: house.app.store.words[language] for language in ("th", "km")}

    for value in (f"take:{short}", f"ask:{short}", f"ask:{short}:went"):
        await officers.press(value)
        await house.settled()
    assert words["km"].t(PHRASES["went"].text) not in (await resident.screen())[-1].text, "not on a locked phone"
    await resident.press("status")
    await house.settled()
    assert words["km"].t(PHRASES["went"].text) in (await resident.screen())[-1].text
    await resident.write(ANSWER)
    await house.settled()
    assert not any(ANSWER in s.text for s in await officers.screen())
    assert not any(ANSWER in s.text for s in await OnLine(house, LINE_OFFICER, LINE_GROUP).screen())
    assert any(ANSWER in s.text for s in await OnTelegram(house, OFFICER).screen())
    assert await house.count(QUESTION, QUESTION.c.state == "answered") == 1

    for value in (f"more:{short}", f"handover:{short}", f"handover:{short}:TH3804"):
        await officers.press(value)
        await house.settled()
    await theirs.press(f"accept:{short}")
    await house.settled()
    assert [(row.desk, row.status) for row in await house.cases()] == [("TH3804", "taken")]
    for value in (f"close:{short}", f"close:{short}:acted", f"more:{short}", f"reopen:{short}"):
        await theirs.press(value)
        await house.settled()
    assert [row.status for row in await house.cases()] == ["new"]
    assert await house.count(OUTBOX) == 0
    assert await house.count(QUARANTINE) == 0


async def struck(house: House, moment: str) -> None:
    """The clock is turned to a time of day in Bangkok, and looks who is due."""
    house.clock.now = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Asia/Bangkok"))
    await house.app.schedule.ladder()
    house.app.dispatcher.wake()
    await house.settled()


async def test_a_case_that_nobody_takes_waits_for_the_holiday_to_end_and_goes_up_then(house: House) -> None:
    """Saturday the 5th of December 2026 is Father's Day; nobody is called for it, nor in the night after it."""
    secretary, theirs = OnLine(house, SECRETARY), OnTelegram(house, FAR_OFFICER, FAR_GROUP)
    code = await house.app.database.write(
        lambda c: codes.invite(c, house.app.store, "join", "officer", "TH3801", "secretary")
    )
    await secretary.write(f"/join {code}")
    await house.settled()
    await struck(house, "2026-12-04T20:30")
    number = number_in(await report(OnLine(house, "U" + "7" * 32), house, "km", KHMER))
    group, on_line = OnTelegram(house, OFFICER, TELEGRAM_GROUP), OnLine(house, LINE_OFFICER, LINE_GROUP)
    chats = (group, on_line, secretary, theirs, OnTelegram(house, CHIEF))

    async def nudged() -> list[int]:
        return [sum("⏰" in s.text and number in s.text for s in await chat.screen()) for chat in chats]

    for rest in ("2026-12-04T21:30", "2026-12-04T23:00", "2026-12-05T10:00", "2026-12-06T05:59"):
        await struck(house, rest)
        assert await nudged() == [0, 0, 0, 0, 0], rest
    for moment, heard in (
        ("2026-12-06T06:00", [1, 1, 0, 0, 0]),
        ("2026-12-06T07:00", [1, 1, 1, 0, 0]),
        ("2026-12-06T08:59", [1, 1, 1, 0, 0]),
        ("2026-12-06T09:00", [1, 1, 1, 1, 0]),
        ("2026-12-06T13:00", [1, 1, 1, 1, 1]),  # there is no group of the province: the next step at once
        ("2026-12-07T12:00", [1, 1, 1, 1, 1]),
    ):
        await struck(house, moment)
        assert await nudged() == heard, moment
    await theirs.press(f"accept:{number.replace('-', '')}")
    await house.settled()
    assert [(row.desk, row.status, row.step_at) for row in await house.cases()] == [("TH3804", "taken", None)]
    written = [(row.action, row.facts) for row in await house.app.database.read(
        lambda c: c.execute(HISTORY.select().where(HISTORY.c.by == audit.CLOCK).order_by(HISTORY.c.id)).all()
    )]  # fmt: skip
    assert [action for action, _ in written] == ["step"] * 3 + ["step passed", "step"]
    assert await house.app.database.read(lambda c: audit.verify(c, house.app.store.vault)) == ""
    assert await house.count(QUARANTINE) == 0
