"""Every sentence of the privacy notice is held against what the product does. A new sentence needs its check here."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import channels
from handlers import intro, notice
from handlers.events import Address, Choice, Command, Text
from handlers.world import Kept
from storage import operations, retention
from storage.core import CASES, CONTACT, CONVERSATION, FILE, GONE, HISTORY, OUTBOX, TRAIL
from tests.test_audit import OFFICERS, RESIDENT, SECOND, people, press, report
from tests.test_retention import KEEP, count, on_disk, schedule, with_photo
from tests.test_rights import FORGET, half, last
from tests.town import WORDS, Town

WORDS_OF_REPORT = "เรือไม่มีไฟ"
DAY = timedelta(days=1)


async def case_of(town: Town) -> str:
    await people(town)
    return await report(town)


async def held(town: Town) -> None:
    """Words, place and files in one sealed place, the address in another."""
    await case_of(town)
    sealed = await town.database.read(lambda c: c.execute(select(CASES.c.details)).scalar_one())
    address = await town.database.read(lambda c: c.execute(select(CONTACT.c.address)).scalar_one())
    assert WORDS_OF_REPORT.encode() not in sealed
    assert RESIDENT.chat.encode() not in address
    assert set(CASES.c.keys()).isdisjoint({"chat", "address"})


async def nobody_asked(_: Town) -> None:
    """No channel has a verb that asks a platform for a profile."""
    verbs = {name for name, _ in inspect.getmembers(channels.Channel)}
    assert not [v for v in verbs if "profile" in v or "name_of" in v]


async def officers(town: Town) -> None:
    number = await case_of(town)
    await press(town, "details", number)
    said = "".join(m["text"] for m in (*town.sent("telegram", "somchai"), *town.sent("telegram", OFFICERS.chat)))
    assert WORDS_OF_REPORT in said
    assert RESIDENT.chat not in said


async def company(town: Town) -> None:
    """Said before the first report, too, except on our own page."""
    await town.says(RESIDENT, Command("start"))
    assert any("company of this app" in text for text in inspect.getsource(intro.ask_consent).split("\n"))


async def machine(town: Town) -> None:
    """Said where there is a service and nowhere else; where there is none, nothing leaves for it."""
    told = {}
    for on in (False, True):
        town.store.rules = replace(town.store.rules, translates=on)
        for page in ("", "more"):
            await town.says(RESIDENT, Command("privacy", page), hint="en")
            told[on, page] = last(town)
    assert [notice.FIRST["machine"] in told[on, ""] for on in (False, True)] == [False, True]
    assert [notice.SECOND["purpose and machine"] in told[on, "more"] for on in (False, True)] == [False, True]
    assert [notice.SECOND["purpose"] in told[on, "more"] for on in (False, True)] == [True, False]
    town.store.rules = replace(town.store.rules, translates=False)
    number = await case_of(town)
    await town.says(SECOND, Command("translate", number))
    assert await count(town, OUTBOX) == 0


async def no_promise(_: Town) -> None:
    for language, words in WORDS.items():
        text = "\n".join(words.t(s) for s in (*notice.FIRST.values(), *notice.SECOND.values()) if "{" not in s)
        assert not [bad for bad in ("anonymous", "you are safe", "ปลอดภัย", "ປອດໄພ", "សុវត្ថិភាព") if bad in text], language


async def purpose(town: Town) -> None:
    """What leaves besides the officers' chats is codes: the export has none of the words."""
    await case_of(town)
    rows = await town.database.read(lambda c: operations.export(c, None))
    assert WORDS_OF_REPORT not in str(rows)


async def half_goes(town: Town) -> None:
    await half(town)
    town.clock.tick(hours=town.store.rules.kept.half_hours + 1)
    await schedule(town).purge()
    assert await count(town, CONVERSATION) == 0
    assert on_disk(town) == []


async def closed(town: Town, days: int) -> None:
    number = await with_photo(town)
    await people(town)
    await press(town, "take", number)
    await press(town, "close", f"{number}:acted")
    town.clock.tick(days=days, hours=1)
    await schedule(town).purge()


async def way_back(town: Town) -> None:
    await closed(town, town.store.rules.kept.contact_days)
    assert await count(town, CONTACT) == 0


async def files(town: Town) -> None:
    await closed(town, town.store.rules.kept.media_days)
    assert await count(town, FILE) == 0
    assert await count(town, CASES) == 1
    town.clock.tick(days=town.store.rules.kept.closed_days)
    await schedule(town).purge()
    assert await count(town, CASES) == 0


async def sooner(town: Town) -> None:
    """What was not true, and what was taken back, stays until its own day and no longer."""
    kept = town.store.rules.kept
    number = await with_photo(town)
    await people(town)
    await press(town, "take", number)
    await press(town, "close", f"{number}:false")
    town.clock.tick(seconds=2)
    second = await report(town)
    for pressed in ("status", f"my:show:{second}", f"my:withdraw:{second}", f"my:gone:{second}"):
        await town.says(RESIDENT, Choice(pressed))
    for days, left in ((kept.withdrawn_days - 1, 2), (1, 1), (kept.false_days - kept.withdrawn_days - 1, 1), (1, 0)):
        town.clock.tick(days=days, minutes=1)
        await schedule(town).purge()
        assert await count(town, CASES) == left
    assert kept.false_days < kept.closed_days


async def figures(town: Town) -> None:
    await closed(town, town.store.rules.kept.closed_days)
    stone = await town.database.read(lambda c: c.execute(select(GONE)).mappings().one())
    assert {type(value) for value in stone.values()} <= {int, str, bool, type(stone["opened"]), type(stone["erased"])}
    assert WORDS_OF_REPORT not in str(dict(stone))


async def readers(town: Town) -> None:
    number = await case_of(town)
    await press(town, "details", number)
    assert await count(town, HISTORY, HISTORY.c.action == "details") == 1


async def rights(town: Town) -> None:
    await half(town)
    await town.says(RESIDENT, Command("mydata"))
    assert "ยังไม่ได้ส่ง" in last(town)
    for body in FORGET:
        await town.says(RESIDENT, body)
    assert await count(town, CONVERSATION) == 0


async def officers_keep(town: Town) -> None:
    number = await case_of(town)
    await press(town, "take", number)
    for body in FORGET:
        await town.says(RESIDENT, body)
    (tag,) = await town.database.read(lambda c: c.execute(select(CASES.c.reporter)).scalars().all())
    assert tag == ""
    assert await count(town, CONTACT) == 0


async def clear(town: Town) -> None:
    """What the chat may delete on Telegram is deleted, and only for two days."""
    await town.says(RESIDENT, Command("start"))
    await town.says(RESIDENT, Command("clear"))
    left = await town.database.read(lambda c: c.execute(select(TRAIL)).all())
    assert len(left) == 1  # the harmless words that came after
    assert timedelta(hours=48) == retention.TRAIL_KEPT


CHECKS: Mapping[str, Callable[[Town], Awaitable[None]]] = {
    "held": held,
    "nobody asked": nobody_asked,
    "officers": officers,
    "machine": machine,
    "company": company,
    "no promise": no_promise,
    "purpose": purpose,
    "purpose and machine": machine,
    "half": half_goes,
    "way back": way_back,
    "files": files,
    "sooner": sooner,
    "figures": figures,
    "readers": readers,
    "rights": rights,
    "clear": clear,
    "officers keep": officers_keep,
}


def test_every_sentence_has_its_check_and_every_check_its_sentence() -> None:
    assert list(CHECKS) == [*notice.FIRST, *notice.SECOND]


@pytest.mark.parametrize("sentence", CHECKS)
async def test_the_sentence_is_true(town: Town, sentence: str) -> None:
    await CHECKS[sentence](town)


@pytest.mark.parametrize("language", ["th", "lo", "km", "en"])
async def test_the_notice_comes_in_two_layers_with_the_figures_of_the_settings(town: Town, language: str) -> None:
    await town.says(RESIDENT, Command("privacy"), hint=language)
    first = town.sent("telegram", "r1")[-1]  # without what is true only where words are translated
    assert first["text"].count("\n") == len(notice.FIRST) - 2
    assert {"privacy:more", "mydata"} <= {b[1] for b in first["buttons"]}
    await town.says(RESIDENT, Command("privacy", "more"), hint=language)
    second = last(town)
    assert second.count("\n") == len(notice.SECOND) - 2
    assert all(str(days) in second for days in (48, 14, 90, 365, 30))


def test_what_is_told_is_what_the_settings_do_by_default() -> None:
    told = Kept()
    assert (told.half_hours * timedelta(hours=1), told.contact_days * DAY) == (KEEP.half_report, KEEP.contact)
    assert (told.media_days * DAY, told.closed_days * DAY) == (KEEP.media, KEEP.closed)
    assert (told.false_days * DAY, told.withdrawn_days * DAY) == (KEEP.false, KEEP.withdrawn)


async def test_a_word_after_the_notice_is_still_a_report(town: Town) -> None:
    await town.says(Address("telegram", "r2"), Command("privacy"))
    await town.says(Address("telegram", "r2"), Text(WORDS_OF_REPORT))
    assert await count(town, CONVERSATION) == 1
