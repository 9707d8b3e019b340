"""Who gives out seats, who takes them up, and what everybody else hears."""

import itertools
from dataclasses import replace

import pytest

from handlers.effects import Decision, Dismiss, Enroll, LinkGroup, MakeCode, MoveCase, Record, Say, UseCode
from handlers.events import Address, Choice, Command
from handlers.roster import handle
from handlers.seats import SEATS
from handlers.world import CodeRow
from tests.street import Street, heard_by
from tests.test_desk import CASE, FOREIGN, KAN, MAY, PEOPLE, street, words
from tests.test_life import ANAN

MAY_INVITE = {
    "TH3801": {"head of the district", "secretary of the district", "coordinator of the district",
               "coordinator of the province", "coordinator of all"},
    "TH3804": {"coordinator of the province", "coordinator of all"},
    "TH5703": {"head of another district", "coordinator of another province", "coordinator of all"},
}  # fmt: skip
NEW = Address("line", "new1")
STRANGERS = {name: PEOPLE[name] for name in PEOPLE if name not in MAY}


def codes(decision: Decision) -> list[tuple[str, str, str]]:
    return [(e.role, e.scope, e.seat) for e in decision if isinstance(e, MakeCode)]


@pytest.mark.parametrize(("person", "scope", "seat"), list(itertools.product(PEOPLE, MAY_INVITE, SEATS)))
def test_seats_are_given_out_by_who_looks_after_the_place(person: str, scope: str, seat: str) -> None:
    decision = street().hear(Command("invite", f"{seat} {scope}"), PEOPLE[person][0])
    assert codes(decision) == ([("officer", scope, seat)] if person in MAY_INVITE[scope] else [])
    pressed = street().hear(Choice(f"invite:{seat}:{scope}"), PEOPLE[person][0])
    assert codes(pressed) == codes(decision)


@pytest.mark.parametrize("person", PEOPLE)
def test_no_code_is_made_in_a_group(person: str) -> None:
    assert not codes(street().hear(Command("invite", "police TH3801"), KAN, PEOPLE[person][0].chat))


@pytest.mark.parametrize("typed", ["police", "Police", "ตำรวจ", "ตรวจคนเข้าเมือง", "immigration"])
def test_a_seat_is_read_as_people_write_it(typed: str) -> None:
    (found,) = codes(street().hear(Command("invite", typed), PEOPLE["head of the district"][0]))
    assert found[2] in ("police", "immigration")


@pytest.mark.parametrize("typed", ["", "x", "police nowhere", "police P:TH-38", "police *"])
def test_an_invitation_to_nothing_makes_no_code(typed: str) -> None:
    assert not codes(street().hear(Command("invite", typed), PEOPLE["coordinator of all"][0]))


def joining(seat: str = "customs", chat: Address = NEW, role: str = "officer") -> tuple[Street, Decision]:
    played = street()
    played.code = CodeRow("ABCDABCDABCDX", "join", role, "TH3801", seat)
    return played, played.hear(Command("join", "ABCD-ABCD-ABCD-X"), chat)


@pytest.mark.parametrize("seat", SEATS)
def test_who_joins_has_the_seat_of_the_code_and_the_nearest_coordinator_hears_of_it(seat: str) -> None:
    _, decision = joining(seat)
    (made,) = [e for e in decision if isinstance(e, Enroll)]
    assert (made.person, made.scope, made.seat, made.name) == ("new1", "TH3801", seat, "")
    assert [e for e in decision if isinstance(e, UseCode)]
    assert set(heard_by(decision)) == {NEW, PEOPLE["coordinator of the district"][0]}


def test_a_coordinator_does_not_lose_the_role_by_a_code_for_somebody_else() -> None:
    _, decision = joining(chat=PEOPLE["coordinator of the district"][0])
    assert not [e for e in decision if isinstance(e, Enroll | UseCode)]


@pytest.mark.parametrize("action", ["take", "details", "close", "case", "near", "cases", "summary", "name", "duty"])
@pytest.mark.parametrize("person", STRANGERS)
def test_who_has_no_seat_there_hears_one_no_whatever_they_press(person: str, action: str) -> None:
    who = PEOPLE[person][0].chat
    said = {
        words(street(case).hear(Command(action, number), KAN, who))
        for case in (CASE, replace(CASE, status="taken", holder=ANAN))  # type: ignore[arg-type]
        for number in (CASE.number, "9999-9999", "")
    }
    (no,) = said
    assert "/join" in no
    assert "1234" not in no
    pressed = street().hear(Choice(f"{action}:12345678"), KAN, who)
    assert not [e for e in pressed if not isinstance(e, Say)]


def test_nobody_becomes_an_officer_by_pressing() -> None:
    for body in (Choice("take:12345678"), Command("name", "Boon"), Command("take", CASE.number)):
        played = street()
        decision = played.hear(body, KAN, "stranger")
        assert not [e for e in decision if isinstance(e, Enroll | MoveCase | Record)]


def test_who_writes_without_being_shown_does_nothing() -> None:
    for command in ("take", "details", "cases", "summary", "name", "duty"):
        decision = street().hear(Command(command, CASE.number), KAN, "")
        assert not [e for e in decision if not isinstance(e, Say)]
        assert "1234" not in words(decision)


def test_a_group_that_everybody_can_read_is_not_linked() -> None:
    for public in (True, False, None):
        played = street()
        played.code = CodeRow("ABCDABCDABCDX", "link", "", "TH3804")
        decision = played.hear(Command("link", "ABCD-ABCD-ABCD-X"), FOREIGN, "c4", public=public)
        assert bool([e for e in decision if isinstance(e, LinkGroup | UseCode)]) is not public


def off(played: Street, person: str, gone: str) -> Decision:
    member = played.people.members["telegram", gone]
    return played.hear(Choice(f"roster:gone:{handle(member)}"), PEOPLE[person][0])


@pytest.mark.parametrize("person", PEOPLE)
def test_who_looks_after_the_roster_takes_off_and_the_case_waits_again(person: str) -> None:
    played = street()
    held = next(m for m in played.people.members.values() if m.person == "u1")
    taken = replace(CASE, status="taken", holder=replace(ANAN, channel="telegram", person="u1"))  # type: ignore[arg-type]
    played.cases = [taken]
    decision = off(played, person, "u1")
    may = person in MAY_INVITE["TH3801"]
    assert [e.person for e in decision if isinstance(e, Dismiss)] == ([held.person] if may else [])
    assert [e.to for e in decision if isinstance(e, MoveCase)] == (["new"] if may else [])


@pytest.mark.parametrize("gone", ["c1", "c2", "c4", "o2", "h2"])
def test_a_head_takes_off_no_coordinator_and_nobody_elsewhere(gone: str) -> None:
    assert not [e for e in off(street(), "head of the district", gone) if isinstance(e, Dismiss)]


def test_the_first_press_only_asks() -> None:
    played = street()
    member = played.people.members["telegram", "u1"]
    decision = played.hear(Choice(f"roster:out:{handle(member)}"), PEOPLE["coordinator of the district"][0])
    assert not [e for e in decision if isinstance(e, Dismiss)]


def test_the_roster_tells_neither_names_nor_ids() -> None:
    said = words(street().hear(Command("roster"), PEOPLE["coordinator of the district"][0]))
    for name, (chat, role) in PEOPLE.items():
        assert name not in said
        if role and role[0] == "officer" and role[1] == "TH3801":
            assert f"{chat.chat} " not in said
