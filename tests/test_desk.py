"""What officers and coordinators may do with a case, and what everybody else hears: the same no."""

import itertools
from dataclasses import replace

import pytest

from handlers.commands import COMMANDS
from handlers.effects import Decision, Enroll, MoveCase, Record, Say, Status
from handlers.events import Added, Address, Choice, Command, MembersJoined, Removed, Text
from handlers.history import MISSED
from handlers.world import Case, Directory, Group, Member, Memory
from tests.street import Street, heard_by
from tests.town import NOW

KAN, KHONG = Address("telegram", "g-kan"), Address("telegram", "g-khong")
FOREIGN = Address("telegram", "g-foreign")
CASE = Case(
    1, "1234-5678", "drugs", "TH3801", Status.NEW, False, "lo", True, False, NOW,
    details={"day": "2026-11-23", "part": "evening", "seen": [{"text": "ຄວາມລັບ", "language": "lo", "message": "u"}]},
)  # fmt: skip
PEOPLE = {
    "resident": (Address("telegram", "r9"), None),
    "officer of the district": (Address("telegram", "o1"), ("officer", "TH3801")),
    "head of the district": (Address("telegram", "h1"), ("officer", "TH3801", "head")),
    "secretary of the district": (Address("telegram", "s1"), ("officer", "TH3801", "secretary")),
    "customs of the district": (Address("telegram", "u1"), ("officer", "TH3801", "customs")),
    "officer of another district": (Address("telegram", "o2"), ("officer", "TH5703")),
    "head of another district": (Address("telegram", "h2"), ("officer", "TH5703", "head")),
    "coordinator of the district": (Address("telegram", "c1"), ("coordinator", "TH3801")),
    "coordinator of the province": (Address("telegram", "c2"), ("coordinator", "P:TH-38")),
    "coordinator of another province": (Address("telegram", "c3"), ("coordinator", "P:TH-57")),
    "coordinator of all": (Address("telegram", "c4"), ("coordinator", "*")),
}
SEATED = {f"{seat} of the district" for seat in ("officer", "head", "secretary", "customs")}
MAY = SEATED | {"coordinator of the district", "coordinator of the province", "coordinator of all"}
ROLES = {k: v for k, v in PEOPLE.items() if v[1]}


def member(channel: str, person: str, role: tuple[str, ...], chat: Address, name: str) -> Member:
    seat = role[2] if len(role) > 2 else ""
    return Member(channel, person, role[0], role[1], chat, "th", name, seat)


def town() -> Directory:
    groups = (Group(KAN, "TH3801", "th"), Group(KHONG, "TH5703", "th"))
    members = [
        member("telegram", chat.chat, role, chat, name) for name, (chat, role) in PEOPLE.items() if role is not None
    ]
    return Directory({g.chat: g for g in groups}, {(m.channel, m.person): m for m in members})


def street(case: Case = CASE) -> Street:
    return Street(town(), resident=Address("line", "r1"), cases=[case])


def moves(decision: Decision) -> list[tuple[Status, Status]]:
    return [(e.was, e.to) for e in decision if isinstance(e, MoveCase)]


def words(decision: Decision) -> str:
    return "\n".join(e.text for e in decision if isinstance(e, Say))


@pytest.mark.parametrize(("person", "command"), list(itertools.product(PEOPLE, ("take", "close", "details", "case"))))
@pytest.mark.parametrize("way", ["command", "button"])
def test_a_case_answers_those_who_watch_its_district_and_nobody_else(person: str, command: str, way: str) -> None:
    chat, _ = PEOPLE[person]
    played = street()
    body = Command(command, CASE.number) if way == "command" or command == "case" else Choice(f"{command}:12345678")
    decision = played.hear(body, chat)
    nothing = street().hear(Command(command, "9999-9999"), chat)
    if person in MAY:
        assert CASE.number in words(decision)
    else:
        assert words(decision) == words(nothing), "a case of others must look like no case"
        written = [e.action for e in decision if isinstance(e, Record)]
        assert written in ([], [MISSED])
        assert not [e for e in decision if not isinstance(e, Say | Record)]


@pytest.mark.parametrize(
    ("sender", "group"), [("o2", KHONG), ("o1", KHONG), ("h1", KHONG), ("h2", KHONG), ("stranger", KHONG)]
)
@pytest.mark.parametrize("action", ["take", "details", "done", "close", "reopen"])
def test_in_a_group_its_district_counts_not_the_person(sender: str, group: Address, action: str) -> None:
    played = street()
    decision = played.hear(Choice(f"{action}:12345678"), group, sender)
    assert words(decision) == words(played.hear(Choice(f"{action}:99999999"), group, sender))


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("args", ["", "1234-5678", "TH3801", "TH3801 on", "full", "7d"])
def test_a_foreign_group_hears_nothing(name: str, args: str) -> None:
    for sender in ("stranger", "o1", "c4", ""):
        assert not street().hear(Command(name, args), FOREIGN, sender)
        assert not street().hear(Choice(f"{name}:12345678"), FOREIGN, sender)


@pytest.mark.parametrize("name", ["status", "back", "change", "cancel", "restart", "privacy", "join", "rules", "xyz"])
def test_a_group_of_ours_is_no_place_to_report(name: str) -> None:
    assert not street().hear(Command(name), KAN, "o1")


@pytest.mark.parametrize("name", [n for n, r in COMMANDS.items() if r.role != "resident" and n != "join"])
def test_a_resident_is_told_that_this_is_for_officers(name: str) -> None:
    played = street()
    played.memory = Memory("en", "1")
    decision = played.hear(Command(name, "TH3801"), played.resident)
    assert played.says(decision) == "This is for officers and coordinators."
    assert played.shown, "and is shown the way on"


def test_details_go_to_the_one_who_asked_and_are_recorded() -> None:
    decision = street().hear(Choice("details:12345678"), KAN, "o1")
    said = heard_by(decision)
    assert set(said) == {Address("telegram", "o1")}
    assert "ຄວາມລັບ" in said[Address("telegram", "o1")][0].text
    assert [(e.action, e.case) for e in decision if isinstance(e, Record)] == [("details", 1)]


def with_officers(played: Street, *people: str) -> Street:
    made = {("telegram", p): Member("telegram", p, "officer", "TH3801", Address("telegram", p), "th") for p in people}
    played.people = replace(played.people, members={**played.people.members, **made})
    return played


def test_officers_without_a_name_get_running_numbers_and_keep_them() -> None:
    played = with_officers(street(), "new1", "new2")
    for person in ("new1", "new2", "new1"):
        played.hear(Choice("details:12345678"), KAN, person)
    named = {k[1]: m.name for k, m in played.people.members.items() if k[1].startswith("new")}
    assert len(set(named.values())) == 2
    assert "1" not in named["new1"] or "2" not in named["new1"]


def test_no_two_officers_have_one_number_after_somebody_has_left() -> None:
    played = with_officers(street(), "new1", "new2")
    for person in ("new1", "new2"):
        played.hear(Choice("details:12345678"), KAN, person)
    left = {k: m for k, m in played.people.members.items() if k[1] != "new1"}
    played.people = replace(played.people, members=left)
    with_officers(played, "new3").hear(Choice("details:12345678"), KAN, "new3")
    names = [m.name for k, m in played.people.members.items() if k[1].startswith("new")]
    assert len(set(names)) == 2


def test_an_officer_who_joined_by_code_is_an_officer_on_the_card() -> None:
    played = street()
    with_officers(played, "o7")
    decision = played.hear(Choice("take:12345678"), KAN, "o7")
    enrolled = [e for e in decision if isinstance(e, Enroll)]
    assert [(e.role, e.scope) for e in enrolled] == [("officer", "TH3801")]
    assert enrolled[0].name in words(decision)


def test_a_press_without_a_person_is_asked_to_be_written() -> None:
    decision = street().hear(Choice("take:12345678"), KAN, "")
    assert not moves(decision)
    assert "/take 1234-5678" in words(decision)


@pytest.mark.parametrize("text", ["hello", "เห็นไหม", "1"])
def test_officers_chat_among_themselves(text: str) -> None:
    assert not street().hear(Text(text), KAN, "o1")


def test_everybody_who_watches_a_lost_group_is_told() -> None:
    told = set(heard_by(street().hear(Removed(), KAN)))
    assert told == {PEOPLE[f"coordinator of {what}"][0] for what in ("the district", "the province", "all")}


def test_the_group_hears_nothing_of_who_comes() -> None:
    assert not heard_by(street().hear(MembersJoined(("x",)), KAN)).get(KAN)
    assert not street().hear(Added(), KAN)


@pytest.mark.parametrize(("person", "open_cases"), [(p, p in MAY) for p in ROLES])
def test_the_list_holds_what_one_may_work_on(person: str, open_cases: bool) -> None:
    decision = street().hear(Command("cases"), ROLES[person][0])
    assert (CASE.number in words(decision)) is open_cases


@pytest.mark.parametrize(("person", "seen"), [(p, p in MAY) for p in ROLES])
def test_a_lao_district_is_watched_by_those_who_face_it(person: str, seen: bool) -> None:
    decision = street(replace(CASE, district="LA1101")).hear(Command("cases"), ROLES[person][0])
    assert (CASE.number in words(decision)) is seen


def test_alerts_come_in_the_language_a_coordinator_chose() -> None:
    chief, _ = PEOPLE["coordinator of all"]
    played = street()
    played.hear(Command("language", "km"), chief)
    assert played.people.members["telegram", chief.chat].language == "km"
    assert played.people.members["telegram", chief.chat].role == "coordinator"


def test_a_quiet_day_still_names_what_nobody_took() -> None:
    decision = street().hear(Command("summary", "yesterday"), PEOPLE["coordinator of all"][0])
    assert CASE.number in words(decision)


@pytest.mark.parametrize("span", ["7d", "7 วัน", "7วัน", "17/11 23/11", "17/11/2569 23/11/2569"])
def test_spans_of_a_summary_are_understood_as_people_write_them(span: str) -> None:
    chief, _ = PEOPLE["coordinator of all"]
    expected = words(street().hear(Command("summary", "7d บึงกาฬ"), chief))
    assert words(street().hear(Command("summary", f"{span} บึงกาฬ"), chief)) == expected
