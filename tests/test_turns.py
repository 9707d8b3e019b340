"""Turns: once, all or nothing, in order, in batches, on every database."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bot.channels import SendError
from bot.turns import Turns
from handlers.decide import decide
from handlers.effects import Decision, Enroll, LinkGroup, Say
from handlers.events import Address, Body, Choice, Command, Incoming, MembersLeft, Place, Removed, Text
from handlers.world import World
from storage import directory, outbox
from storage.core import CASES, CONVERSATION, INBOX, OUTBOX, QUARANTINE, TALLY
from tests.town import Town

NOW_IN = (TALLY.c.untaken, TALLY.c.taken, TALLY.c.done)
RESIDENT = Address("telegram", "r1")
OFFICERS = Address("telegram", "g-kan")
CHIEF = Address("line", "c1")
REPORT: tuple[Body, ...] = (
    Command("start"),
    Choice("a:language:en"),
    Choice("a:consent:yes"),
    Choice("a:kind:drugs"),
    Place(18.36, 103.65),
    Choice("a:when:now"),
    Text("A boat without lights"),
    Choice("a:send:ask"),
)


async def count(town: Town, table: object) -> int:
    return int(await town.database.read(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one()))  # type: ignore[arg-type]


async def link(town: Town) -> None:
    changes: list[directory.Change] = [
        LinkGroup(OFFICERS, "TH3801", "th"),
        Enroll("c1", "coordinator", "*", CHIEF, "en"),
    ]
    await town.database.write(lambda c: directory.change(c, town.store, changes))
    await town.enlist(OFFICERS, *(f"o{number}" for number in range(8)))


async def report(town: Town, chat: Address = RESIDENT) -> None:
    for body in REPORT:
        await town.says(chat, body)


async def test_a_report_reaches_the_officers_and_the_answer_comes_back(town: Town) -> None:
    await link(town)
    await report(town)
    alert = town.sent("telegram", "g-kan")[-1]
    take = next(b[1] for b in alert["buttons"] if b[1].startswith("take:"))
    await town.says(OFFICERS, Choice(take), sender="o1", message="m9")
    assert town.sent("telegram", "r1")[-1]["text"] == "There is a message for you."
    assert town.sent("telegram", "g-kan")[-1]["replaces"] == "m9"


async def test_an_event_delivered_again_changes_nothing(town: Town) -> None:
    event = town.event(RESIDENT, Command("start"), id="once")
    for again in (event, replace(event)):
        await town.turns.handle([again, again])
    await town.deliver()
    assert len(town.sent("telegram", "r1")) == 1
    assert await count(town, INBOX) == 1


async def test_fifty_people_at_once_all_get_their_case(town: Town) -> None:
    await link(town)
    people = [Address("telegram", f"p{n}") for n in range(50)]
    for body in REPORT:
        await asyncio.gather(*(town.turns.handle([town.event(p, body)]) for p in people))
    await town.deliver()
    assert await count(town, CASES) == 50
    assert len(town.sent("telegram", "g-kan")) == 50
    assert town.turns.counts.batches < town.turns.counts.events / 2


async def test_events_of_one_chat_in_one_batch_are_taken_in_order(town: Town) -> None:
    await link(town)
    await town.turns.handle([town.event(RESIDENT, body) for body in REPORT])
    await town.deliver()
    assert await count(town, CASES) == 1
    assert "number" in town.sent("telegram", "r1")[-1]["text"]


async def test_everybody_writes_at_once_without_waiting_and_every_chat_keeps_its_order(town: Town) -> None:
    """Batches overlap where the database lets them; what a chat says next waits for the batch that has the first."""
    await link(town)
    people = [Address("telegram", f"p{n}") for n in range(40)]
    await asyncio.gather(*(town.turns.handle([town.event(p, body)]) for body in REPORT for p in people))
    await town.deliver()
    assert await count(town, CASES) == 40
    said = [[m["text"] for m in town.sent("telegram", p.chat)] for p in people]
    assert all(len(one) == len(REPORT) and one[:-1] == said[0][:-1] for one in said)


async def test_what_spoils_a_batch_is_found_by_halving(town: Town) -> None:
    def fragile(world: World, event: Incoming) -> Decision:
        if event.body == Text("poison"):
            raise ValueError
        return decide(world, event)

    turns = Turns(town.database, town.store, decide=fragile)
    events = [town.event(Address("telegram", f"p{n}"), Command("start")) for n in range(64)]
    events[37] = town.event(RESIDENT, Text("poison"))
    await turns.handle(events)
    assert (turns.counts.events, turns.counts.quarantined) == (64, 1)
    assert turns.counts.batches < 20
    await turns.close()


async def test_one_of_many_presses_of_take_wins(town: Town) -> None:
    await link(town)
    await report(town)
    take = town.sent("telegram", "g-kan")[-1]["buttons"][0][1]
    presses = [town.event(OFFICERS, Choice(take), sender=f"o{n}", message="m1") for n in range(8)]
    await asyncio.gather(*(town.turns.handle([p]) for p in presses))
    await town.deliver()
    told = [p["text"] for p in town.sent("telegram", "r1") if "There is a message" in p["text"]]
    assert len(told) == 1


async def test_a_turn_that_fails_leaves_no_trace_of_itself_and_harms_nobody(town: Town) -> None:
    def fragile(world: World, event: Incoming) -> Decision:
        if event.body == Text("poison"):
            raise ValueError
        return decide(world, event)

    turns = Turns(town.database, town.store, decide=fragile)
    good = [town.event(Address("telegram", f"p{n}"), Command("start")) for n in range(5)]
    bad = town.event(RESIDENT, Text("poison"), hint="en")
    await turns.handle([*good[:3], bad, *good[3:]])
    await town.deliver()
    assert [len(town.sent("telegram", f"p{n}")) for n in range(5)] == [1] * 5
    assert "wrong on our side" in town.sent("telegram", "r1")[-1]["text"]
    assert await count(town, QUARANTINE) == 1
    await turns.handle([bad])  # the platform delivers it again: it is known
    assert await count(town, QUARANTINE) == 1
    await turns.close()


async def test_a_failed_decision_is_rolled_back_whole(town: Town) -> None:
    def dies_after_deciding(world: World, event: Incoming) -> Decision:
        return (*decide(world, event), Say(Address("nowhere", "x"), "no such channel"))

    turns = Turns(town.database, town.store, decide=dies_after_deciding)
    await turns.handle([town.event(OFFICERS, Command("start")), town.event(RESIDENT, Command("start"))])
    assert await count(town, CONVERSATION) == 0
    assert await count(town, QUARANTINE) == 2
    await turns.close()


async def test_a_failed_send_waits_and_keeps_the_order(town: Town) -> None:
    town.channels["telegram"].failures = [SendError("http 500", 30.0)]
    await town.says(RESIDENT, Command("start"))
    await town.says(RESIDENT, Choice("a:language:en"))
    assert town.sent("telegram", "r1") == []
    town.clock.tick(seconds=60)
    await town.deliver()
    said = [p["text"] for p in town.sent("telegram", "r1")]
    assert len(said) == 2
    assert "speak" in said[0]
    assert await count(town, OUTBOX) == 0


async def test_a_hopeless_send_blocks_nobody(town: Town) -> None:
    town.channels["telegram"].failures = [SendError("http 400", None)]
    await town.says(RESIDENT, Command("start"))
    await town.says(Address("telegram", "r2"), Command("start"))
    await town.says(RESIDENT, Choice("a:language:en"))
    assert len(town.sent("telegram", "r1")) == 1
    assert len(town.sent("telegram", "r2")) == 1
    rows = await town.database.read(lambda c: c.execute(select(OUTBOX.c.state)).scalars().all())
    assert rows == ["dead"]


async def test_a_reply_token_serves_its_own_chat_once_and_while_it_is_fresh(town: Town) -> None:
    await town.says(CHIEF, Command("start"), reply_token="fresh")
    assert [token for to, _, token in town.channels["line"].sent if to == "c1"] == ["fresh"]
    await town.turns.handle([town.event(CHIEF, Choice("a:language:en"), reply_token="late")])
    town.clock.tick(seconds=90)
    await town.deliver()
    assert town.channels["line"].sent[-1][2] == ""


async def test_counters_are_what_counting_the_cases_gives(town: Town) -> None:
    await link(town)
    for n in range(4):
        await report(town, Address("telegram", f"p{n}"))
    takes = [p["buttons"][0][1] for p in town.sent("telegram", "g-kan")]
    await town.says(OFFICERS, Choice(takes[0]), sender="o1", message="m1")
    for number, moves in ((1, ("take", "close", "close:acted")), (2, ("take", "checking"))):
        for move in moves:
            action, _, rest = move.partition(":")
            value = takes[number].replace("take", action) + (f":{rest}" if rest else "")
            await town.says(OFFICERS, Choice(value), sender="o1", message="m2")
    counted = await town.database.read(
        lambda c: dict(zip(("new", "taken", "done"), c.execute(select(*map(func.sum, NOW_IN))).one(), strict=True))
    )
    real: dict[str, int] = await town.database.read(
        lambda c: dict(c.execute(select(CASES.c.status, func.count()).group_by(CASES.c.status)).all())
    )
    assert real == {"new": 1, "taken": 1, "checking": 1, "closed": 1}
    assert counted == {"new": 1, "taken": 2, "done": 1}, "a case that is checked counts as taken"


async def test_nothing_a_person_wrote_is_in_the_database_in_clear(town: Town) -> None:
    await link(town)
    resident = Address("telegram", "r-5550199")
    await report(town, resident)
    await town.says(resident, Text("half a sentence about Somsak"))

    def everything(connection: object) -> bytes:
        found = b""
        for table in (CASES, CONVERSATION, OUTBOX, INBOX, QUARANTINE):
            for row in connection.execute(select(table)).all():  # type: ignore[attr-defined]
                found += b" ".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
        return found

    kept = await town.database.read(everything)
    for secret in (b"boat", b"Somsak", b"103.65", b"r-5550199", b"g-kan"):
        assert secret not in kept.replace(b"outcome", b"")


async def test_rows_of_a_lane_leave_oldest_first(town: Town) -> None:
    await town.turns.handle([town.event(RESIDENT, Command("start")), town.event(RESIDENT, Choice("a:language:en"))])
    due, _ = await town.database.write(lambda c: outbox.due(c, town.store, town.clock(), 10))
    (first,) = [r for r in due if r.kind == "say"]
    assert first.waiting == 2


async def test_nothing_leaves_to_a_chat_that_is_being_written_to(town: Town) -> None:
    other = Address("telegram", "other")
    await town.turns.handle([town.event(who, Command("start")) for who in (RESIDENT, other)])
    busy = [town.store.tag(RESIDENT)]
    due, _ = await town.database.write(lambda c: outbox.due(c, town.store, town.clock(), 10, busy))
    assert {r.chat for r in due} == {other.chat}


@pytest.mark.parametrize("batch", [1, 3, 256])
async def test_the_size_of_a_batch_changes_nothing(town: Town, batch: int) -> None:
    await link(town)
    turns = Turns(town.database, town.store, most=batch)
    people = [Address("telegram", f"p{n}") for n in range(7)]
    for body in REPORT:
        await turns.handle([town.event(p, body) for p in people])
    await town.deliver()
    assert await count(town, CASES) == 7
    assert len(town.sent("telegram", "g-kan")) == 7
    await turns.close()


async def test_one_chat_cannot_flood_the_officers_and_loses_nothing(town: Town) -> None:
    await link(town)
    for _ in range(11):
        await report(town)
    assert await count(town, CASES) == 10
    assert "saved" in town.sent("telegram", "r1")[-1]["text"]
    town.clock.tick(minutes=61)
    await town.says(RESIDENT, Choice("continue"))
    await town.says(RESIDENT, Choice("a:send:ask"))
    assert await count(town, CASES) == 11


async def test_a_district_switched_off_is_passed_over(town: Town) -> None:
    await link(town)
    await town.says(CHIEF, Command("district", "TH3801 off"))
    await report(town)
    assert town.sent("telegram", "g-kan") == []
    assert "Report" in town.sent("line", "c1")[-1]["text"]


async def test_what_nobody_took_in_a_lost_group_goes_to_the_next_in_line(town: Town) -> None:
    await link(town)
    await report(town)
    assert "take:" in town.sent("telegram", "g-kan")[-1]["buttons"][0][1]
    await town.says(OFFICERS, Removed())
    said = town.sent("line", "c1")
    assert any("no longer" in p["text"] for p in said)
    assert any(b[1].startswith("take:") for p in said for b in p["buttons"])


async def test_a_case_that_lost_everybody_waits_for_the_next_group(town: Town) -> None:
    await town.database.write(lambda c: directory.change(c, town.store, [LinkGroup(OFFICERS, "TH3801", "th")]))
    await report(town)
    await town.says(OFFICERS, Removed())
    routed = await town.database.read(lambda c: c.execute(select(CASES.c.routed)).scalars().all())
    assert routed == [False]


async def test_an_officer_who_leaves_the_group_loses_its_cases(town: Town) -> None:
    await link(town)
    await report(town)
    take = town.sent("telegram", "g-kan")[-1]["buttons"][0][1]
    await town.says(OFFICERS, Choice(take), sender="o1", message="m1")
    number = take.partition(":")[2]
    await town.says(Address("telegram", "o1"), Command("case", number), sender="o1")
    assert "💊" in town.sent("telegram", "o1")[-1]["text"]
    await town.says(OFFICERS, MembersLeft(("o1",)))
    await town.says(Address("telegram", "o1"), Command("case", number), sender="o1")
    assert "💊" not in town.sent("telegram", "o1")[-1]["text"]
