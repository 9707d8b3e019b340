"""A file that cannot be used: whoever sent it hears of it while they are there, and nobody else ever."""

import pytest

from bot.channels import SendError
from handlers.events import Address, Choice, Command, Media, MediaKind, Text
from tests.town import Town

RESIDENT = Address("line", "r1")
TOLD = "I could not take one of your files."


@pytest.fixture
async def begun(town: Town) -> Town:
    for body in (Command("start", "TH3801"), Choice("a:language:en"), Choice("a:consent:yes"), Choice("a:kind:drugs"),
                 Choice("a:when:now")):  # fmt: skip
        await town.says(RESIDENT, body)
    return town


def heard(town: Town) -> list[str]:
    return [part["text"] for part in town.sent("line", "r1") if TOLD in part["text"]]


async def send(town: Town, content: bytes) -> None:
    """LINE says nothing of the size beforehand."""
    town.channels["line"].files["v1"] = content
    await town.says(RESIDENT, Media(MediaKind.VIDEO, "v1"))


async def test_a_file_over_the_limit_is_explained_under_the_open_question(begun: Town) -> None:
    await send(begun, bytes(20_000_001))
    assert len(heard(begun)) == 1
    assert next(b[1] for b in begun.sent("line", "r1")[-1]["buttons"]) == "a:send:ask"


async def test_a_file_that_the_platform_has_no_more_is_explained(begun: Town) -> None:
    await begun.says(RESIDENT, Media(MediaKind.VIDEO, "gone"))
    assert len(heard(begun)) == 1


async def test_nothing_is_said_into_a_chat_that_was_ended(begun: Town) -> None:
    await begun.says(RESIDENT, Command("word", "mango"))
    begun.channels["line"].failures = [SendError("down", 60.0)]
    begun.channels["line"].files["v1"] = bytes(20_000_001)
    await begun.turns.handle([begun.event(RESIDENT, Media(MediaKind.VIDEO, "v1"), message="u9")])
    await begun.turns.handle([begun.event(RESIDENT, Text("mango"))])
    begun.clock.tick(minutes=2)
    await begun.deliver()
    assert heard(begun) == []


async def test_nothing_is_said_long_afterwards(begun: Town) -> None:
    await begun.turns.handle([begun.event(RESIDENT, Media(MediaKind.VIDEO, "gone"))])
    begun.clock.tick(hours=2)
    await begun.deliver()
    assert heard(begun) == []
