"""The fast `dataclass` and `replace` do what those of `dataclasses` do."""

import dataclasses
from dataclasses import field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from handlers.events import Added, Address, Choice, Command, Incoming, Removed, Text
from handlers.values import dataclass, replace
from handlers.world import Directory, Memory, Rules, World
from storage import gazetteer

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
RULES = Rules(ZoneInfo("Asia/Bangkok"), {}, "2026-11")


def test_another_value_is_made_and_the_first_stays() -> None:
    memory = Memory(language="th", answers={"kind": "drugs"})
    event = Incoming("1", NOW, Address("web", "a"), "a", Command("start"), message="m")
    world = World(NOW, {}, gazetteer.load(), RULES, Directory(), memory, "th")
    assert replace(memory, offered=True, at=NOW) == dataclasses.replace(memory, offered=True, at=NOW)
    assert replace(event, body=Choice("a")) == dataclasses.replace(event, body=Choice("a"))
    assert replace(world, language="lo", dice=b"1") == dataclasses.replace(world, language="lo", dice=b"1")
    assert replace(RULES, notice="2027") == dataclasses.replace(RULES, notice="2027")  # it has slots
    assert (memory.offered, event.body, world.language) == (False, Command("start"), "th")
    assert replace(replace(memory, language="km"), language="th") == memory


@dataclass(frozen=True, slots=True)
class Ours:
    """A value as the product declares it."""

    name: str
    secret: str = field(default="s", repr=False)
    seen: list[int] = field(default_factory=list, compare=False)


Theirs = dataclasses.make_dataclass(
    "Theirs",
    [
        ("name", str),
        ("secret", str, field(default="s", repr=False)),
        ("seen", list[int], field(default_factory=list, compare=False)),
    ],
    frozen=True,
    slots=True,
)


@pytest.mark.parametrize("how", [{}, {"secret": "t"}, {"seen": [1]}, {"secret": "t", "seen": [1, 2]}], ids=str)
def test_a_value_is_what_a_frozen_dataclass_with_slots_is(how: dict[str, Any]) -> None:
    ours, theirs = Ours("a", **how), Theirs("a", **how)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert repr(ours).replace("Ours", "Theirs") == repr(theirs)
    assert (ours == Ours("a"), ours == Ours("b", **how)) == (theirs == Theirs("a"), theirs == Theirs("b", **how))
    assert (hash(ours) == hash(Ours("a"))) == (hash(theirs) == hash(Theirs("a")))
    assert dataclasses.replace(ours, name="b") == Ours("b", **how)
    assert not hasattr(ours, "__dict__")
    assert Ours.__match_args__ == Theirs.__match_args__  # type: ignore[attr-defined]


def test_a_value_of_one_class_is_none_of_another_however_alike() -> None:
    values: list[object] = [Choice("a"), Text("a"), Added(), Removed()]
    assert [[one == other for other in values] for one in values] == [[n == m for m in range(4)] for n in range(4)]
    assert Added() == Added()


def test_a_value_does_not_change_and_says_what_it_needs() -> None:
    made = Ours("a")
    with pytest.raises(dataclasses.FrozenInstanceError, match="name"):
        made.name = "b"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="name"):
        del made.name
    with pytest.raises(TypeError, match="name"):
        Ours()  # type: ignore[call-arg]
    assert Ours("a").seen is not made.seen
