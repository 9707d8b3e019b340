"""A reply token serves once, and nobody pays for a race that another won."""

import pytest
from sqlalchemy.exc import IntegrityError

from bot.turns import Turns
from handlers.decide import decide
from handlers.effects import Decision, Say
from handlers.events import Address, Command, Incoming
from handlers.world import World
from storage.core import QUARANTINE
from storage.saving import Overtaken
from tests.test_turns import count
from tests.town import Town


async def test_a_reply_token_is_given_to_the_first_of_several_requests(town: Town) -> None:
    def wordy(_: World, event: Incoming) -> Decision:
        return (Say(event.chat, "one"), Say(event.chat, "two"))

    turns = Turns(town.database, town.store, decide=wordy)
    await turns.handle([town.event(Address("line", "c1"), Command("start"), reply_token="fresh")])
    await town.deliver()
    assert [(part["text"], token) for _, part, token in town.channels["line"].sent] == [("one", "fresh"), ("two", "")]
    await turns.close()


@pytest.mark.parametrize("bad", [Overtaken(), IntegrityError("", {}, Exception())], ids=["overtaken", "collided"])
async def test_an_event_that_another_process_got_in_the_way_of_is_taken_again(town: Town, bad: Exception) -> None:
    lost = [bad, bad]

    def slow(world: World, event: Incoming) -> Decision:
        if lost:
            raise lost.pop()
        return decide(world, event)

    turns = Turns(town.database, town.store, decide=slow)
    await turns.handle([town.event(Address("telegram", "r1"), Command("start"))])
    await town.deliver()
    assert len(town.sent("telegram", "r1")) == 1
    assert await count(town, QUARANTINE) == 0
    await turns.close()
