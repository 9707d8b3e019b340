"""Who told is kept apart from what was told: for the dispatcher alone, for a while, and never from month to month."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Connection, func, select

from handlers.effects import LinkGroup
from handlers.events import Address, Choice, Command, Media, MediaKind, Text
from handlers.intro import NATIVE
from storage import casekeys, directory, retention
from storage.core import ARCHIVE, CASES, CONTACT, FILE, OUTBOX, WRAP
from storage.store import context
from storage.vault import Recipient, open_archive
from tests.test_media import picture
from tests.test_schedule import DAY, KEEP
from tests.test_turns import OFFICERS, REPORT, RESIDENT, link, report
from tests.town import Town

NUMBER = re.compile(r"[0-9]{4}-[0-9]{4}")


async def contacts(town: Town) -> int:
    return int(await town.database.read(lambda c: c.execute(select(func.count()).select_from(CONTACT)).scalar_one()))


async def purge(town: Town) -> None:
    await town.database.write(lambda c: retention.purge(c, town.store, KEEP))


async def number(town: Town) -> str:
    return str(await town.database.read(lambda c: c.execute(select(CASES.c.number)).scalar_one()))


async def reporters(town: Town) -> list[str]:
    return list(await town.database.read(lambda c: c.execute(select(CASES.c.reporter)).scalars().all()))


async def finish(town: Town) -> None:
    await town.says(OFFICERS, Command("take", await number(town)), sender="o1")
    await town.says(OFFICERS, Command("close", f"{await number(town)} acted"), sender="o1")


async def test_the_way_back_goes_two_weeks_after_the_case_is_closed(town: Town) -> None:
    await link(town)
    await report(town)
    town.clock.tick(days=20)
    await town.says(RESIDENT, Command("help"))
    await finish(town)
    town.clock.tick(days=14)
    await purge(town)
    assert await contacts(town) == 1
    town.clock.tick(seconds=1)
    await purge(town)
    assert await contacts(town) == 0


async def test_the_way_back_goes_when_nothing_moved_and_nobody_wrote_for_ninety_days(town: Town) -> None:
    await link(town)
    await report(town)
    for _ in range(3):
        town.clock.tick(days=60)
        await town.says(RESIDENT, Text("hello"))
        await purge(town)
    assert await contacts(town) == 1, "whoever comes back can still be answered"
    town.clock.tick(days=90, seconds=1)
    await purge(town)
    assert await contacts(town) == 0


async def test_on_request_nobody_can_tell_any_more_whose_reports_they_were(town: Town) -> None:
    await link(town)
    await report(town)
    other = Address("line", "r2")
    await report(town, other)
    await town.database.write(lambda c: retention.forget_contacts(c, town.store, RESIDENT))
    assert await contacts(town) == 1
    await town.says(RESIDENT, Choice("status"))
    assert "no report" in town.sent("telegram", "r1")[-1]["text"]
    assert sorted(await reporters(town)) == sorted(["", town.store.reporter(other)])


async def test_reports_of_two_months_do_not_show_that_one_person_sent_them(town: Town) -> None:
    await link(town)
    await report(town)
    town.clock.now = datetime(2026, 12, 2, tzinfo=UTC)
    await report(town)
    first, second = await reporters(town)
    assert first != second
    await town.says(RESIDENT, Choice("status"))
    assert town.sent("telegram", "r1")[-1]["text"].count("Drugs") == 2, "and who sent them sees both"


async def test_a_report_that_can_be_answered_is_shown_to_its_reporter_after_its_month(town: Town) -> None:
    await link(town)
    await report(town)
    for month in town.keystore.epochs("reporter"):
        town.keystore.destroy("reporter", month)
    await town.says(RESIDENT, Choice("status"))
    assert await number(town) in town.sent("telegram", "r1")[-1]["text"]


async def test_nothing_that_coordinators_get_leads_to_the_reporter(town: Town) -> None:
    """The archive opens the words; the address is under a key that the archive does not hold."""
    north = X25519PrivateKey.generate()
    town.store.recipients = [Recipient("north", (north.public_key(),))]
    await link(town)
    await report(town)
    town.keystore.destroy("hot", "2026W48")
    town.keystore.destroy("contact", "2026W48")

    def stored(connection: Connection) -> tuple[int, bytes, bytes, bytes]:
        case = connection.execute(select(CASES.c.id, CASES.c.details)).one()
        archived = connection.execute(select(ARCHIVE.c.wrapped)).scalar_one()
        return case.id, case.details, archived, connection.execute(select(CONTACT.c.address)).scalar_one()

    case, details, archived, address = await town.database.read(stored)
    opened = open_archive(archived, case, [north]).open(details, context("cases", "details", case))
    assert b"A boat without lights" in opened
    assert b"r1" not in opened
    assert address.startswith(b"\x01\x0fcontact:2026W48")


async def test_a_case_has_one_wrap_for_the_week_and_one_for_every_recipient(town: Town) -> None:
    keys = [X25519PrivateKey.generate() for _ in range(2)]
    town.store.recipients = [Recipient(f"r{n}", (key.public_key(),)) for n, key in enumerate(keys)]
    await link(town)
    await report(town)

    def counted(connection: Connection) -> tuple[int, list[str]]:
        wraps = connection.execute(select(func.count()).select_from(WRAP)).scalar_one()
        return wraps, list(connection.execute(select(ARCHIVE.c.recipient)).scalars())

    assert await town.database.read(counted) == (1, ["r0", "r1"])


async def test_a_photo_opens_by_the_key_of_its_case_whichever_came_first(town: Town) -> None:
    await link(town)
    town.channels["telegram"].files["ref"] = picture("JPEG")
    for body in REPORT[:-1]:
        await town.says(RESIDENT, body)
    await town.says(RESIDENT, Media(MediaKind.PHOTO, "ref"))
    await town.turns.handle([town.event(RESIDENT, Media(MediaKind.PHOTO, "ref"))])  # not fetched before the report is
    await town.turns.handle([town.event(RESIDENT, REPORT[-1])])
    await town.deliver()

    def kept(connection: Connection) -> list[str]:
        return list(connection.execute(select(FILE.c.file).where(FILE.c.state == "kept")).scalars())

    files = await town.database.read(kept)
    assert len(files) == 2
    before = [await town.files.get(file) for file in files]
    wrapped, case = await town.database.read(lambda c: c.execute(select(WRAP.c.wrapped, WRAP.c.case_id)).one())
    town.clock.tick(days=7)
    renewed = town.vault.rewrap(wrapped, case)
    await town.database.write(lambda c: c.execute(WRAP.update().values(wrapped=renewed)))
    town.keystore.destroy("hot", "2026W48")
    assert [await town.files.get(file) for file in files] == before
    assert None not in before
    await town.database.write(lambda c: c.execute(WRAP.delete()))
    assert [await town.files.get(file) for file in files] == [None, None]
    assert await town.database.read(lambda c: casekeys.find(c, town.vault, files[0])) is None


async def test_a_case_whose_key_is_gone_can_still_be_moved(town: Town) -> None:
    await link(town)
    await report(town)
    await town.database.write(lambda c: c.execute(WRAP.delete()))
    await finish(town)
    assert town.turns.counts.quarantined == 0
    assert await town.database.read(lambda c: c.execute(select(CASES.c.status)).scalar_one()) == "closed"


async def test_a_chat_whose_memory_cannot_be_opened_is_a_new_one(town: Town) -> None:
    await town.says(RESIDENT, Command("start"))
    town.keystore.destroy("hot", "2026W48")
    await town.says(RESIDENT, Text("hello"))
    assert town.turns.counts.quarantined == 0
    assert len(town.sent("telegram", "r1")) == 2


@pytest.mark.parametrize("detail", ["headline", "full"])
@pytest.mark.parametrize("language", ["th", "lo", "km", "en"])
async def test_a_group_sees_neither_platform_nor_language_nor_minute(town: Town, detail: str, language: str) -> None:
    """What three people wrote at odd minutes in three apps looks as if one had written it."""
    change = LinkGroup(OFFICERS, "TH3801", language, detail)
    await town.database.write(lambda c: directory.change(c, town.store, [change]))
    for channel, spoken in (("telegram", "lo"), ("line", "km"), ("web", "en")):
        town.clock.tick(minutes=7)
        for body in (Choice(f"a:language:{spoken}") if b == Choice("a:language:en") else b for b in REPORT):
            await town.says(Address(channel, "r1"), body)
    said = [NUMBER.sub("#", part["text"]) for part in town.sent("telegram", "g-kan")]
    assert len(said) == 3
    assert len(set(said)) == 1
    told = said[0].casefold()
    assert not re.search(r"[0-9]{1,2}[:.][0-9]{2}(?![0-9])", told)
    assert not any(name in told for name in ("telegram", "line", "web"))
    assert not any(name.casefold() in told for name in NATIVE.values())


async def test_what_is_not_urgent_leaves_after_a_while_nobody_can_tell(url: str, tmp_path: Path) -> None:
    async with Town(url, tmp_path, alert_delay=1_200.0) as town:
        await link(town)
        calm = [Choice("a:when:today") if body == Choice("a:when:now") else body for body in REPORT]
        for n in range(20):
            for body in (*calm[:-2], Choice("a:daypart:morning"), *calm[-2:]):
                await town.says(Address("telegram", f"r{n}"), body)
        waits = await town.database.read(lambda c: [row.due - row.made for row in c.execute(select(OUTBOX))])
        assert len({wait.total_seconds() // 60 for wait in waits}) > 5
        assert all(timedelta(0) <= wait <= timedelta(minutes=20) for wait in waits)


def test_two_weeks_are_the_default() -> None:
    assert KEEP.contact == 14 * DAY == timedelta(days=14)
