"""When somebody is on duty, and whom the ladder wakes."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers.duty import on_duty, to_wake
from handlers.effects import Enroll
from handlers.events import Address, Command
from tests.street import Street
from tests.test_desk import KAN, PEOPLE, street

BANGKOK = ZoneInfo("Asia/Bangkok")
ANAN = Address("telegram", "o1")


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BANGKOK)


def told(words: str, at: datetime) -> tuple[datetime, datetime] | None:
    played = street()
    played.now = at
    made = [e for e in played.hear(Command("duty", words), ANAN) if isinstance(e, Enroll)]
    return made[0].duty if made else None


@pytest.mark.parametrize(
    ("words", "at", "span"),
    [
        ("on", local(23, 19, 30), (local(23, 19, 30), local(24, 7, 30))),
        ("on until 06:00", local(23, 19, 30), (local(23, 19, 30), local(24, 6))),
        ("on until 22:00", local(23, 19, 30), (local(23, 19, 30), local(23, 22))),
        ("on 6:00", local(24, 5, 59), (local(24, 5, 59), local(24, 6))),
        ("on 06:00", local(24, 6), (local(24, 6), local(25, 6))),
        ("06.00", local(23, 19, 30), (local(23, 19, 30), local(24, 6))),
        ("18:00 06:00", local(23, 12), (local(23, 18), local(24, 6))),
        ("18:00-06:00", local(23, 19), (local(23, 18), local(24, 6))),
        ("18:00 - 06:00", local(24, 3), (local(23, 18), local(24, 6))),
        ("18:00 06:00", local(24, 7), (local(24, 18), local(25, 6))),
        ("08:00 16:00", local(23, 19), (local(24, 8), local(24, 16))),
        ("tonight", local(23, 12), (local(23, 18), local(24, 6))),
        ("tonight", local(23, 22), (local(23, 22), local(24, 6))),
        ("tonight", local(24, 2), (local(24, 2), local(24, 6))),
        ("คืนนี้", local(23, 12), (local(23, 18), local(24, 6))),
        ("ຄືນນີ້", local(23, 12), (local(23, 18), local(24, 6))),
        ("យប់នេះ", local(23, 12), (local(23, 18), local(24, 6))),
        ("เข้าเวร ถึง ๐๖:๐๐", local(23, 19, 30), (local(23, 19, 30), local(24, 6))),
        ("ເຂົ້າເວນ ໐໖:໐໐", local(23, 19, 30), (local(23, 19, 30), local(24, 6))),
        ("ចូលវេន ០៦:០០", local(23, 19, 30), (local(23, 19, 30), local(24, 6))),
        ("sometimes", local(23, 12), None),
        ("25:00", local(23, 12), None),
        ("06:00 06:00", local(23, 12), None),
        ("off", local(23, 12), None),
    ],
)
def test_spans_are_read_as_people_write_them(words: str, at: datetime, span: tuple[datetime, datetime] | None) -> None:
    assert told(words, at) == span


def on(played: Street, *people: str, hours: float = 8) -> Street:
    members = dict(played.people.members)
    for person in people:
        span = (played.now, played.now + timedelta(hours=hours))
        members["telegram", person] = replace(members["telegram", person], duty=span)
    played.people = replace(played.people, members=members)
    return played


def woken(played: Street, seat: str = "", at: datetime | None = None) -> list[str]:
    event = played.event(Command("duty"), KAN, "o1")
    world = replace(played.world(event), now=at or played.now)
    return [m.person for m in to_wake(world, "TH3801", seat)]


def test_who_is_on_duty_is_woken_before_the_others() -> None:
    assert woken(street()) == ["o1", "h1", "s1", "u1"]
    assert woken(on(street(), "u1")) == ["u1"]
    assert woken(on(street(), "u1"), "secretary") == ["s1"], "a seat nobody of which is on duty is woken all the same"
    assert woken(on(street(), "s1"), "secretary") == ["s1"]
    assert woken(street(), "police") == []


def test_a_duty_begins_and_ends_to_the_minute() -> None:
    played = on(street(), "u1")
    world = played.world(played.event(Command("duty"), KAN, "o1"))
    begin = played.now
    for at, there in ((-1, False), (0, True), (8 * 3600 - 1, True), (8 * 3600, False)):
        found = [m.person for m in on_duty(world, "TH3801", begin + timedelta(seconds=at))]
        assert (found == ["u1"]) is there


def test_nobody_of_another_district_is_on_duty_here() -> None:
    played = on(street(), "o2", "h2")
    assert on_duty(played.world(played.event(Command("duty"), KAN, "o1")), "TH3801") == ()
    assert PEOPLE["head of another district"][0].chat == "h2"


def test_off_ends_it_at_once() -> None:
    played = on(street(), "o1")
    played.hear(Command("duty", "off"), ANAN)
    assert on_duty(played.world(played.event(Command("duty"), KAN, "o1")), "TH3801") == ()
