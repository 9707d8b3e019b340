"""The fast `replace` is `dataclasses.replace`."""

import dataclasses
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from handlers.events import Address, Choice, Command, Incoming
from handlers.values import replace
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
