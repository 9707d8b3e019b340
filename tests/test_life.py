"""A case's life: every status, every action, everybody who may try. The table here is written by hand, on purpose."""

import itertools
from dataclasses import replace

import pytest

from handlers import life
from handlers.acts import ACTS
from handlers.cards import FIRST, LATER
from handlers.effects import By, Decision, Ending, MoveCase, Record, Reporter, Say, Status
from handlers.events import Address, Choice
from handlers.life import LIFE, Who
from handlers.world import Case, Directory, Group, Member
from tests.street import Street, heard_by
from tests.town import NOW

KAN, KHONG = Address("telegram", "g-kan"), Address("telegram", "g-khong")
ANAN, BOON, CHIEF, KHAMLA = (By(name, "telegram", name) for name in ("anan", "boon", "chief", "khamla"))
CASE = Case(1, "1234-5678", "drugs", "TH3801", Status.NEW, False, "lo", True, False, NOW)
# Who tries: the officer who has the case, another one of the group, a coordinator, an officer of another district.
PEOPLE = {"holder": (ANAN, KAN), "other": (BOON, KAN), "chief": (CHIEF, KAN), "stranger": (KHAMLA, KHONG)}
EVERYBODY = ("holder", "other", "chief")
# action: {status: (what it becomes, who may)}. Whatever is not here is refused.
MAY: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "take": {
        "new": ("taken", EVERYBODY),
        **dict.fromkeys(("taken", "checking", "waiting"), ("taken", ("chief",))),
    },
    "checking": dict.fromkeys(("taken", "waiting"), ("checking", ("holder", "chief"))),
    "release": dict.fromkeys(("taken", "checking", "waiting", "closing"), ("new", ("holder", "chief"))),
    "close:acted": {
        "new": ("closed", ("chief",)),
        **dict.fromkeys(("taken", "checking", "waiting"), ("closed", ("holder", "chief"))),
    },
    "confirm": {"closing": ("closed", ("other", "chief"))},  # the holder wanted it closed: not a second person
    "contest": {"closing": ("checking", EVERYBODY)},
    "reopen": {"closed": ("new", EVERYBODY)},
}


def town() -> Directory:
    groups = {KAN: Group(KAN, "TH3801", "th"), KHONG: Group(KHONG, "TH5703", "th")}
    roles = {"anan": ("officer", "TH3801"), "boon": ("officer", "TH3801"), "chief": ("coordinator", "*")}
    roles["khamla"] = ("officer", "TH5703")
    people = [Member("telegram", name, *role, Address("telegram", name), "th", name) for name, role in roles.items()]
    return Directory(groups, {("telegram", m.person): m for m in people})


def standing_at(status: Status) -> Case:
    """The case as it is when Anan has brought it so far."""
    if status is Status.NEW:
        return CASE
    closing = status in (Status.CLOSING, Status.CLOSED)
    return replace(
        CASE, status=status, holder=ANAN, closer=ANAN if closing else By(), ending="acted" if closing else ""
    )


def press(status: Status, person: str, button: str) -> tuple[Decision, Street]:
    street = Street(town(), resident=Address("line", "r1"), cases=[standing_at(status)])
    by, group = PEOPLE[person]
    action, _, rest = button.partition(":")
    value = f"{action}:12345678{':' if rest else ''}{rest}"
    return street.hear(Choice(value), group, by.person, message="m1"), street


@pytest.mark.parametrize(("status", "button", "person"), list(itertools.product(Status, MAY, PEOPLE)))
def test_only_who_may_makes_only_the_moves_of_the_table(status: Status, button: str, person: str) -> None:
    decision, street = press(status, person, button)
    to, who = MAY[button].get(status, ("", ()))
    moves = [(e.was, e.to) for e in decision if isinstance(e, MoveCase)]
    assert moves == ([(status, to)] if person in who else [])
    assert bool(moves) == any(isinstance(e, Record) and e.action.startswith("case ") for e in decision)
    assert [e for e in decision if isinstance(e, Say)], "whoever presses hears what became of it"
    if not moves:
        assert street.cases == [standing_at(status)]
        assert Reporter(1) not in heard_by(decision)


def test_the_table_names_only_what_there_is_and_reaches_every_status() -> None:
    assert {m.to for m in LIFE} == set(Status)
    assert {s for m in LIFE for s in m.since} == set(Status) - {Status.WITHDRAWN}, "what was taken back stays so"
    assert all(m.since and m.who for m in LIFE)
    assert all(m.to not in m.since or m.name in ("take", "ask", "accept") for m in LIFE)


@pytest.mark.parametrize(("name", "status", "who"), list(itertools.product(life.MOVES, Status, Who)))
def test_a_move_is_found_for_each_of_its_rows_and_for_no_other(name: str, status: Status, who: Who) -> None:
    rows = [m for m in LIFE if m.name == name and status in m.since and who in m.who]
    assert len(rows) <= 1, "two rows for the same: which of them counts?"
    assert life.move(name, status, {who}) == (rows[0] if rows else None)


@pytest.mark.parametrize("status", Status)
def test_every_button_of_a_card_can_do_something(status: Status) -> None:
    moves = {"close": ("close", "propose")}
    for action in (*FIRST[status], *LATER[status]):
        assert action in ACTS
        names = moves.get(action, (action,))
        if set(names) & set(life.MOVES):
            assert any(life.possible(n, status) for n in names), action


def test_where_two_have_to_agree_the_second_one_closes() -> None:
    street = Street(town(), resident=Address("line", "r1"), cases=[standing_at(Status.TAKEN)])
    street.rules = replace(street.rules, two_person_close=True)
    street.hear(Choice("close:12345678:nothing"), KAN, "anan", message="m1")
    assert (street.cases[0].status, street.cases[0].ending) == (Status.CLOSING, "nothing")
    alone = street.hear(Choice("confirm:12345678"), KAN, "anan", message="m1")
    assert not [e for e in alone if isinstance(e, MoveCase)]
    decision = street.hear(Choice("confirm:12345678"), KAN, "boon", message="m1")
    assert (street.cases[0].status, street.cases[0].ending) == (Status.CLOSED, "nothing")
    assert Reporter(1) in heard_by(decision)


def test_closing_needs_an_ending() -> None:
    decision, street = press(Status.TAKEN, "holder", "close")
    assert street.cases[0].status is Status.TAKEN
    (asked,) = [e for e in decision if isinstance(e, Say)]
    assert [b.value for b in asked.buttons][:-1] == [f"close:12345678:{ending}" for ending in Ending]
    assert asked.buttons[-1].value == "case:12345678", "and there is a way back"


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.NEW])
def test_a_case_that_goes_back_has_nobody(status: Status) -> None:
    button = "reopen" if status is Status.CLOSED else "release"
    _, street = press(status, "chief", button)
    if street.cases[0].status is Status.NEW:
        assert (street.cases[0].holder, street.cases[0].closer, street.cases[0].ending) == (By(), By(), "")
