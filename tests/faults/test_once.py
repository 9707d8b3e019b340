"""Once on LINE, whatever happened to the process that sent it; and nobody pays for a race that another won."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from bot.channels import Outgoing, SendError
from bot.channels.line import Line
from bot.turns import Turns
from handlers.decide import decide
from handlers.effects import Decision, Say
from handlers.events import Address, Command, Incoming
from handlers.world import World
from storage.saving import Overtaken
from storage.tables import QUARANTINE
from tests.doubles.line import SECRET, TOKEN, FakeLine
from tests.test_turns import count
from tests.town import Town

RESIDENT = "U" + "7" * 32
OUT = Outgoing(RESIDENT, [{"text": "ขอบคุณ", "buttons": []}], "a9b5c1de-0000-4000-8000-000000000001")


@pytest.fixture
async def fake() -> AsyncIterator[FakeLine]:
    async with FakeLine() as made:
        yield made


def line(fake: FakeLine) -> Line:
    """The channel of a process that has just begun."""
    return Line(SECRET, TOKEN, fake.url, fake.url, now=fake.now)


async def test_what_a_killed_process_has_replied_is_not_pushed_by_the_next(fake: FakeLine) -> None:
    told = replace(OUT, reply_token=fake.reply_token(RESIDENT))
    killed, next_ = line(fake), line(fake)
    await killed.send(told)
    await next_.send(replace(told, again=True))
    assert fake.texts(RESIDENT) == ["ขอบคุณ"]
    await killed.close()
    await next_.close()


async def test_what_it_had_not_replied_is_said_now(fake: FakeLine) -> None:
    next_ = line(fake)
    await next_.send(replace(OUT, reply_token=fake.reply_token(RESIDENT), again=True))
    assert fake.texts(RESIDENT) == ["ขอบคุณ"]
    await next_.close()


async def test_a_push_that_failed_is_tried_again_although_its_token_was_refused_before(fake: FakeLine) -> None:
    told, channel = replace(OUT, reply_token="never given out"), line(fake)
    fake.fail("", "500")
    with pytest.raises(SendError):
        await channel.send(told)
    await channel.send(told)
    assert fake.texts(RESIDENT) == ["ขอบคุณ"]
    await channel.close()


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
