"""One case from a report to its end over real HTTP, on both doubles: asked, answered, handed over, closed, reopened."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.phrases import PHRASES
from storage.tables import OUTBOX, QUARANTINE, QUESTION
from tests.house import LINE_GROUP, TELEGRAM_GROUP, House, OnLine, OnTelegram, link, report
from tests.test_whole import CHIEF, LINE_OFFICER, OFFICER, chief_of_line, number_in

KHMER, ANSWER = "ឃើញទូកគ្មានភ្លើង", "ទៅខាងជើង"
FAR_GROUP, FAR_OFFICER = -1007, 507


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
