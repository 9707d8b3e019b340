"""Who sits where is kept with every change, and can be asked for by district and seat."""

from datetime import timedelta

import pytest

from handlers.effects import Enroll
from handlers.events import Address, Command
from handlers.seats import SEATS, enrolled
from storage import codes, directory
from tests.town import NOW, Town

KAN, KHONG = "TH3801", "TH3804"


async def seat(town: Town, person: str, seat: str, scope: str = KAN, **more: object) -> None:
    taken = Enroll(person, "officer", scope, Address("telegram", person), "th", seat=seat, since=NOW, **more)  # type: ignore[arg-type]
    await town.database.write(lambda c: directory.change(c, town.store, [taken]))


async def reread(town: Town) -> None:
    town.store.revision = -1
    await town.database.read(lambda c: directory.refresh(c, town.store))


async def test_the_private_chats_of_a_seat_are_found_by_district(town: Town) -> None:
    for number, name in enumerate(SEATS):
        await seat(town, f"o{number}", name)
        await seat(town, f"far{number}", name, KHONG)
    await reread(town)
    for number, name in enumerate(SEATS):
        assert [m.chat for m in town.store.directory.seated(KAN, name)] == [Address("telegram", f"o{number}")]
    assert len(town.store.directory.seated(KHONG)) == len(SEATS)
    assert town.store.directory.seated("TH4301") == ()


async def test_a_change_of_one_thing_keeps_the_others(town: Town) -> None:
    duty = (NOW, NOW + timedelta(hours=8))
    await seat(town, "o1", "customs", duty=duty)
    await reread(town)
    (member,) = town.store.directory.seated(KAN, "customs")
    await town.database.write(lambda c: directory.change(c, town.store, [enrolled(member, name="Anan")]))
    await reread(town)
    (kept,) = town.store.directory.seated(KAN, "customs")
    assert (kept.name, kept.seat, kept.since, kept.duty) == ("Anan", "customs", NOW, duty)


@pytest.mark.parametrize("name", SEATS)
async def test_a_code_brings_its_seat(town: Town, name: str) -> None:
    code = await town.database.write(lambda c: codes.invite(c, town.store, "join", "officer", KAN, name))
    await town.says(Address("line", "o1"), Command("join", code))
    (member,) = town.store.directory.seated(KAN)
    assert (member.seat, member.since, member.person) == (name, NOW, "o1")


async def test_the_language_and_the_name_are_changed_and_the_seat_stays(town: Town) -> None:
    await seat(town, "o1", "head")
    for command in (Command("language", "lo"), Command("name", "Anan")):
        await town.says(Address("telegram", "o1"), command)
    (member,) = town.store.directory.seated(KAN)
    assert (member.language, member.name, member.seat, member.since) == ("lo", "Anan", "head", NOW)
