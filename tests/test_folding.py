"""A crowd of alerts: nothing waits for minutes, nothing is lost, the urgent stands first."""

from bot.channels import Pace
from handlers.effects import LinkGroup
from handlers.events import Address, Choice, Command, Place, Text
from storage import directory
from storage.outbox import LEASE
from tests.town import Town

OFFICERS = Address("telegram", "g-kan")
SLOW = Pace(1e9, 1e9, 1_000_000, 20 / 60, 2)


async def reports(town: Town, kinds: list[str], first: int = 0) -> None:
    """One report of each kind, from as many people, without anything being sent meanwhile."""
    await town.database.write(lambda c: directory.change(c, town.store, [LinkGroup(OFFICERS, "TH3801", "th")]))
    for number, kind in enumerate(kinds, first):
        who = Address("telegram", f"p{number}")
        steps = (Choice("a:language:en"), Choice("a:consent:yes"), Choice(f"a:kind:{kind}"), Place(18.36, 103.65))
        last = (Choice("a:when:now"), Text("A boat without lights"), Choice("a:send:ask"))
        await town.turns.handle([town.event(who, body) for body in (Command("start"), *steps, *last)])


async def test_alerts_beyond_the_pace_of_a_group_leave_in_one_message(town: Town) -> None:
    dispatcher = town.paced(SLOW)
    await reports(town, ["drugs"] * 8 + ["people"])
    for _ in range(30):
        await dispatcher.sweep()
        await dispatcher.settle()
    said = town.sent("telegram", "g-kan")
    assert len(said) <= 2
    numbers = {b[1] for part in said for b in part["buttons"] if b[1].startswith("take:")}
    assert len(numbers) == 9
    folded = next(p for p in said if p["text"].count("💊") > 1)
    assert folded["text"].startswith("🔴")


async def test_an_alert_that_may_have_left_stays_by_itself(town: Town) -> None:
    """LINE would know it again by its key, and take none of those that were folded into it."""
    await reports(town, ["drugs"])
    await town.dispatcher._due(10)  # taken by a process that dies
    town.clock.tick(seconds=LEASE.total_seconds() + 1)
    dispatcher = town.paced(SLOW)
    await reports(town, ["people"] * 8, first=1)
    for _ in range(30):
        await dispatcher.sweep()
        await dispatcher.settle()
    alone, folded = town.sent("telegram", "g-kan")
    assert (alone["text"].count("💊"), alone["text"].count("🔴"), folded["text"].count("🔴")) == (1, 0, 8)


async def test_a_case_in_a_folded_message_is_taken_like_any_other(town: Town) -> None:
    dispatcher = town.paced(SLOW)
    await reports(town, ["drugs"] * 5)
    for _ in range(10):
        await dispatcher.sweep()
        await dispatcher.settle()
    take = town.sent("telegram", "g-kan")[-1]["buttons"][-1][1]
    await town.enlist(OFFICERS, "o1")
    await town.turns.handle([town.event(OFFICERS, Choice(take), sender="o1", message="m1")])
    town.clock.tick(minutes=1)
    for _ in range(10):
        await dispatcher.sweep()
        await dispatcher.settle()
    card = town.sent("telegram", "g-kan")[-1]
    assert take.partition(":")[2][:4] in card["text"]
    assert "replaces" not in card  # the folded message still speaks of the others


async def test_a_group_with_room_gets_every_card_by_itself(town: Town) -> None:
    dispatcher = town.paced(Pace(1e9, 1e9, 1_000_000, 1.0, 20))
    await reports(town, ["drugs"] * 5)
    for _ in range(20):
        await dispatcher.sweep()
        await dispatcher.settle()
    assert len(town.sent("telegram", "g-kan")) == 5
