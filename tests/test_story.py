"""Cases over real HTTP, on both doubles: one from a report to its end, and one that nobody takes, over a holiday."""

from collections.abc import AsyncIterator, Awaitable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from handlers.events import Address
from handlers.phrases import PHRASES
from storage import audit, codes
from storage.core import HISTORY, OUTBOX, QUARANTINE, QUESTION
from tests.doubles.telegram import migrated
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
        await made.enlist(Address("telegram", str(FAR_OFFICER)), scope="TH3804")
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


async def settled(house: House, *doing: Awaitable[object]) -> None:
    for one in doing:
        await one
        await house.settled()


def neutral(house: House, number: str) -> str:
    return house.app.store.words["th"].n(
        "An officer has left. {count} report waits for somebody again: {numbers}",
        "An officer has left. {count} reports wait for somebody again: {numbers}",
        1,
        count=1,
        numbers=number,
    )


@pytest.mark.parametrize("told", [True, False], ids=["the platform tells", "the platform is asked"])
async def test_an_officer_who_left_gets_nothing_and_their_case_waits_again(house: House, told: bool) -> None:
    resident = OnLine(house, "U" + "7" * 32)
    on_telegram, on_line = OnTelegram(house, OFFICER, TELEGRAM_GROUP), OnLine(house, LINE_OFFICER, LINE_GROUP)
    first, second = [number_in(await report(resident, house, "km", KHMER)) for _ in range(2)]
    await settled(house, on_telegram.write(f"/take {first}"), on_line.write(f"/take {second}"))
    assert [row.status for row in await house.cases()] == ["taken", "taken"]

    if told:
        gone = on_telegram.message(left_chat_member={"id": OFFICER, "is_bot": False, "first_name": "Somchai"})
        left = house.line.event(
            "memberLeft", LINE_GROUP, "", left={"members": [{"type": "user", "userId": LINE_OFFICER}]}
        )
        await settled(house, on_telegram.update(message=gone), on_line.deliver(left))
    else:
        house.telegram.standing[TELEGRAM_GROUP, OFFICER] = "left"
        house.line.outside.add((LINE_GROUP, LINE_OFFICER))
        house.clock.tick(minutes=11)
    shown = len(await OnTelegram(house, OFFICER).screen()), len(await OnLine(house, LINE_OFFICER).screen())
    for private, number in ((OnTelegram(house, OFFICER), first), (OnLine(house, LINE_OFFICER), second)):
        await settled(house, private.write(f"/details {number}"), private.write("/cases"))
    assert [row.status for row in await house.cases()] == ["new", "new"]
    after = [
        *(await OnTelegram(house, OFFICER).screen())[shown[0] :],
        *(await OnLine(house, LINE_OFFICER).screen())[shown[1] :],
    ]
    assert after
    assert not any(KHMER in s.text or first in s.text or second in s.text for s in after)
    for group in (on_telegram, on_line):
        texts = [s.text for s in await group.screen()]
        assert neutral(house, first) in texts
        assert neutral(house, second) in texts
    assert not any(m.role == "officer" and m.scope == "TH3801" for m in house.app.store.directory.members.values())
    assert await house.count(OUTBOX) == 0
    assert await house.count(QUARANTINE) == 0


async def test_a_group_becomes_a_supergroup_during_an_alert_and_a_coordinator_looks(house: House) -> None:
    resident = OnLine(house, "U" + "7" * 32)
    house.telegram.fail(migrated(-1009), method="sendMessage", chat=TELEGRAM_GROUP)
    number = number_in(await report(resident, house, "km", KHMER))
    await house.settled()
    short, moved, chief = number.replace("-", ""), OnTelegram(house, OFFICER, -1009), OnTelegram(house, CHIEF)
    assert any(number in s.text for s in await OnLine(house, LINE_OFFICER, LINE_GROUP).screen())
    await settled(house, moved.press(f"take:{short}"), moved.write(f"/details {number}"))
    assert [row.status for row in await house.cases()] == ["taken"]
    assert not any(KHMER in s.text for s in await OnTelegram(house, OFFICER).screen())
    trust = next(v for s in await chief.screen() for v in s.buttons if v.startswith("trust:"))
    await settled(house, chief.press(trust), moved.write(f"/details {number}"))
    assert any(KHMER in s.text for s in await OnTelegram(house, OFFICER).screen())
    assert not any(KHMER in s.text for s in await moved.screen())
    assert [c["chat_id"] for c in house.telegram.asked("getChatMember")] == [-1009]
    assert await house.count(OUTBOX) == 0
    assert await house.count(QUARANTINE) == 0


async def test_nobody_is_named_to_us_by_the_platforms_answer(house: House) -> None:
    number = number_in(await report(OnLine(house, "U" + "7" * 32), house, "km", KHMER))
    house.clock.tick(minutes=11)
    await settled(house, OnLine(house, LINE_OFFICER, LINE_GROUP).write(f"/take {number}"))
    assert [call.status for call in house.line.sent_to(f"/member/{LINE_OFFICER}")] == [200]
    assert "Somchai" not in (house.folder / "ntswatch.db").read_bytes().decode("latin-1")
    assert "Somchai" not in repr(house.app.store.directory)
