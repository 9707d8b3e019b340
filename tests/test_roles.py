"""Who may change what: one table, and every pair of command, person, place and channel held against it."""

import itertools
from dataclasses import replace

import pytest

from handlers.commands import COMMANDS
from handlers.effects import Decision, ForgetChat, Keep, Record, Say, ShowMenu
from handlers.events import Address, Command
from handlers.hygiene import key
from handlers.roster import handle
from handlers.world import Directory, Group, Memory
from tests.street import Street
from tests.test_desk import CASE, MAY, PEOPLE, SEATED, member

LEADS = frozenset(p for p in MAY if p.startswith("coordinator"))
ALL = frozenset({"coordinator of all"})
# What each command changes when it is given these words, where, and by whom alone. The others change nothing.
HEADS = LEADS | {"head of the district", "secretary of the district"}
REMOVED = "customs of the district"  # whom those take off the roster who may
TABLE: dict[tuple[str, str], tuple[str, frozenset[str]]] = {
    ("take", "private"): (CASE.number, frozenset(MAY)),
    ("close", "private"): (f"{CASE.number} acted", LEADS),  # nobody has taken it: a lead alone may close it
    ("link", "private"): ("TH3801", LEADS),
    ("invite", "private"): ("police TH3801", HEADS),
    ("roster", "private"): (f"gone {{{REMOVED}}}", HEADS),
    ("duty", "private"): ("on", frozenset({*SEATED, "officer of another district", "head of another district"})),
    ("account", "private"): (
        "",
        frozenset({*SEATED, "officer of another district", "head of another district"})
        | {person for person in PEOPLE if person.startswith("coordinator")},
    ),
    ("duty", "group"): ("on", frozenset(SEATED)),
    ("take", "group"): (CASE.number, frozenset(MAY)),
    ("trust", "private"): ("{group}", LEADS),
    ("district", "private"): ("TH3801 off", LEADS),
    ("rules", "private"): ("add TH3801 drugs * TH3801", ALL),
    ("unlink", "group"): ("", LEADS),
    ("detail", "group"): ("full", LEADS),
    ("language", "group"): ("lo", LEADS),
}
OWN = {"name", "language", "forget", "clear", "word"}  # change nothing but what is one's own, or ask first
CHANNELS = ("telegram", "line", "web")


def street(channel: str) -> tuple[Street, Address, dict[str, str]]:
    """The people of the table on one channel; their street, the group, and their ids."""
    ids = {name: chat.chat for name, (chat, _) in PEOPLE.items()}
    group = Address(channel, "g-kan")
    members = [
        member(channel, ids[name], role, Address(channel, ids[name]), name)
        for name, (_, role) in PEOPLE.items()
        if role is not None
    ]
    doubtful = Group(group, "TH3801", "th", doubt=("stranger",))
    town = Directory({group: doubtful}, {(m.channel, m.person): m for m in members})
    return Street(town, resident=Address(channel, "r1"), memory=Memory("th", "1"), cases=[replace(CASE)]), group, ids


def changes(decision: Decision) -> list[object]:
    return [e for e in decision if not isinstance(e, Say | Record | Keep | ShowMenu)]


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(("command", "place"), list(itertools.product(COMMANDS, ("private", "group"))))
def test_only_who_stands_in_the_table_changes_anything(command: str, place: str, channel: str) -> None:
    if place == "group" and channel == "web":
        return  # the page has no groups
    args, may = TABLE.get((command, place), ("", frozenset()))
    for person in PEOPLE:
        played, group, ids = street(channel)
        here = group if place == "group" else Address(channel, ids[person])
        removed = handle(played.people.members[channel, ids[REMOVED]])
        given = args.replace(f"{{{REMOVED}}}", removed).replace("{group}", key(group))
        found = changes(played.hear(Command(command, given), here, ids[person]))
        if person in may:
            assert found, f"{person} may {command} in {place}, and nothing happened"
        elif command not in OWN:
            assert not found, f"{person} may not {command} in {place}"


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("scope", ["TH3801", "TH5703", "TH4301", "P:TH-38", "P:TH-57", "*"])
def test_a_coordinator_reaches_no_scope_but_their_own_and_what_lies_in_it(scope: str, channel: str) -> None:
    inside = {
        "coordinator of the district": {"TH3801"},
        "coordinator of the province": {"TH3801", "P:TH-38"},
        "coordinator of another province": {"TH5703", "P:TH-57"},
        "coordinator of all": {"TH3801", "TH5703", "TH4301", "P:TH-38", "P:TH-57", "*"},
    }
    for person, scopes in inside.items():
        played, _, ids = street(channel)
        found = changes(played.hear(Command("link", scope), Address(channel, ids[person]), ids[person]))
        assert bool(found) == (scope in scopes), person


@pytest.mark.parametrize("channel", CHANNELS)
def test_forget_asks_before_it_deletes(channel: str) -> None:
    played, _, _ = street(channel)
    decision = played.hear(Command("forget"), played.resident)
    assert not [e for e in decision if isinstance(e, ForgetChat)]
