"""The history: who did and read what; nobody changes it unseen; unusual reading reaches the coordinators."""

import ast
import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from handlers.effects import Enroll, LinkGroup
from handlers.events import Address, Choice, Command, Place, Text
from handlers.history import BY_CLOCK, BY_REPORTER, POINTED_OUT, WRITTEN, Watch
from handlers.life import LIFE, Who
from storage import audit, directory
from storage.core import CASES, HISTORY
from storage.keystore import Keystore
from storage.vault import Vault
from tests.town import Town

RESIDENT, OFFICERS = Address("telegram", "r1"), Address("telegram", "g-kan")
CHIEF, SECOND = Address("line", "c1"), Address("line", "c2")
REPORT = (
    Command("start"),
    Choice("a:language:th"),
    Choice("a:consent:yes"),
    Choice("a:kind:drugs"),
    Place(18.36, 103.65),
    Choice("a:when:now"),
    Text("เรือไม่มีไฟ"),
    Choice("a:send:ask"),
)
HANDLERS = Path(__file__).parent.parent / "handlers"


async def people(town: Town) -> None:
    changes: list[directory.Change] = [
        LinkGroup(OFFICERS, "TH3801", "th"),
        Enroll("c1", "coordinator", "*", CHIEF, "en"),
        Enroll("c2", "coordinator", "P:TH-38", SECOND, "en"),
    ]
    await town.database.write(lambda c: directory.change(c, town.store, changes))
    await town.enlist(OFFICERS, "somchai")


async def report(town: Town, resident: Address = RESIDENT) -> str:
    """One case; its number without the dash."""
    for body in REPORT:
        await town.says(resident, body)
    found = await town.database.read(lambda c: c.execute(select(CASES.c.number).order_by(CASES.c.id.desc())).first())
    assert found is not None
    return str(found[0]).replace("-", "")


async def press(town: Town, what: str, number: str, person: str = "somchai") -> None:
    """As the command that says the same: a button is good only while and where it was shown."""
    if ("telegram", person) not in town.store.directory.members:
        await town.enlist(OFFICERS, person)
    await town.says(OFFICERS, Command(what, number.replace(":", " ")), sender=person)


async def history(town: Town) -> list[tuple[str, str]]:
    rows = await town.database.read(lambda c: c.execute(select(HISTORY).order_by(HISTORY.c.id)).all())
    return [(r.action, r.by) for r in rows]


async def verified(town: Town, seen: audit.Head | None = None) -> str:
    return await town.database.read(lambda c: audit.verify(c, town.vault, seen))


def told(town: Town, chat: Address) -> list[str]:
    return [m["text"] for m in town.sent(chat.channel, chat.chat) if m["text"].startswith("👀")]


async def test_people_with_a_role_are_written_down_and_residents_are_not(town: Town) -> None:
    await people(town)
    number = await report(town)
    assert await history(town) == []
    await press(town, "details", number)
    await press(town, "take", number)
    await press(town, "close", number + ":acted")
    for command in (Command("cases"), Command("case", number), Command("summary"), Command("name", "Somchai")):
        await town.says(OFFICERS, command, sender="somchai")
    somchai = town.store.person("telegram", "somchai")
    actions = ["details", "case take", "case close", "cases", "card", "summary", "named"]
    assert await history(town) == [(action, somchai) for action in actions]
    assert await verified(town) == ""


async def test_what_a_turn_that_failed_would_have_written_is_not_in_the_chain(town: Town) -> None:
    await people(town)
    number = await report(town)
    await press(town, "details", number)

    def fails(connection: Connection) -> None:
        audit.operator(connection, town.vault, town.clock(), "invited")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await town.database.write(fails)
    await press(town, "take", number)
    assert [action for action, _ in await history(town)] == ["details", "case take"]
    assert await verified(town) == ""


def signed_again(connection: Connection, vault: Vault) -> None:
    """What somebody does who may write to the database and has a key, but not ours."""
    rows = connection.execute(select(HISTORY).order_by(HISTORY.c.id)).mappings().all()
    connection.execute(delete(HISTORY))
    audit.append(connection, vault, [{k: v for k, v in r.items() if k not in ("id", "mac")} for r in rows[:-1]])


def moved(connection: Connection, *places: tuple[int, int]) -> None:
    for old, new in places:
        connection.execute(update(HISTORY).where(HISTORY.c.id == old).values(id=new))


TAMPERED: dict[str, tuple[Callable[[Connection], object], str]] = {
    "an action": (lambda c: c.execute(update(HISTORY).where(HISTORY.c.id == 3).values(action="cases")), "entry 3 "),
    "a person": (lambda c: c.execute(update(HISTORY).where(HISTORY.c.id == 3).values(by="x" * 22)), "entry 3 "),
    "a case": (lambda c: c.execute(update(HISTORY).where(HISTORY.c.id == 3).values(case_id=7)), "entry 3 "),
    "facts": (lambda c: c.execute(update(HISTORY).where(HISTORY.c.id == 1).values(facts='{"a":"b"}')), "entry 1 "),
    "a time": (
        lambda c: c.execute(update(HISTORY).where(HISTORY.c.id == 2).values(at=datetime(2026, 1, 1, tzinfo=UTC))),
        "entry 2 ",
    ),
    "one from the middle": (lambda c: c.execute(delete(HISTORY).where(HISTORY.c.id == 3)), "entries 3 to 3 were taken"),
    "the first": (lambda c: c.execute(delete(HISTORY).where(HISTORY.c.id == 1)), "entries 1 to 1 were taken"),
    "the first, and the rest moved up": (
        lambda c: moved(c, (1, -1), *((n, n - 1) for n in range(2, 6))),
        "entry 1 ",
    ),
    "two that changed places": (
        lambda c: moved(c, (2, 9), (3, 2), (9, 3)),
        "entry 2 ",
    ),
    "one too many": (
        lambda c: c.execute(
            insert(HISTORY).values(
                id=6, at=datetime(2026, 1, 1, tzinfo=UTC), action="details", by="x", facts="{}", mac="y"
            )
        ),
        "entry 6 ",
    ),
    "macs of the first rows": (lambda c: c.execute(update(HISTORY).where(HISTORY.c.id < 3).values(mac="")), "entry 3 "),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
async def test_whoever_has_only_the_database_changes_nothing_unseen(town: Town, what: str) -> None:
    await people(town)
    number = await report(town)
    for person in ("a", "b", "c", "d", "e"):
        await press(town, "details", number, person)
    assert await verified(town) == ""
    change, said = TAMPERED[what]
    await town.database.write(change)
    assert (await verified(town)).startswith(said)


async def test_another_key_does_not_fit_and_a_cut_end_is_missed_by_the_witness(town: Town, tmp_path: Path) -> None:
    await people(town)
    number = await report(town)
    for person in ("a", "b", "c"):
        await press(town, "details", number, person)
    witness = audit.Witness(tmp_path / "beside" / "witness.json")
    assert witness.seen() is None
    witness.note(await town.database.read(audit.head))
    assert await verified(town, witness.seen()) == ""
    await town.database.write(lambda c: c.execute(delete(HISTORY).where(HISTORY.c.id == 3)))
    assert await verified(town) == ""  # the chain alone cannot know
    assert await verified(town, witness.seen()) == "entries 3 to 3 were cut off at its end"
    await press(town, "take", number)
    assert await verified(town, witness.seen()) == "entry 3 is not the one that was there"
    foreign = Vault(Keystore.open(tmp_path / "foreign", town.clock))
    await town.database.write(lambda c: signed_again(c, foreign))
    assert (await verified(town)).startswith("entry 1 ")


async def test_rows_from_before_they_were_bound_are_taken_as_they_are(town: Town) -> None:
    await people(town)
    number = await report(town)
    old = {"at": town.clock(), "action": "details", "by": "x", "facts": "{}", "mac": ""}
    await town.database.write(lambda c: c.execute(insert(HISTORY), [{"id": 4, **old}, {"id": 7, **old}]))
    await press(town, "details", number)
    assert await verified(town) == ""
    await town.database.write(lambda c: c.execute(update(HISTORY).where(HISTORY.c.id == 8).values(mac="")))
    await press(town, "take", number)
    assert await verified(town) == ""  # nothing bound was there to be broken
    await town.database.write(lambda c: c.execute(update(HISTORY).where(HISTORY.c.id == 9).values(action="cases")))
    assert (await verified(town)).startswith("entry 9 ")


async def test_two_processes_write_one_chain(url: str, tmp_path: Path) -> None:
    async with Town(url, tmp_path) as one, Town(url, tmp_path) as other:
        await people(one)
        number = await report(one)
        await one.enlist(OFFICERS, *(f"{n}{i}" for n in range(2) for i in range(4)))
        other.clock.tick(seconds=1)  # no two clocks are the same: on SQLite a row's number is a moment

        async def reads(town: Town, person: str) -> None:
            for turn in range(5):
                event = town.event(OFFICERS, Command("details", number), sender=person, id=f"{person} {turn}")
                await town.turns.handle([event])

        await asyncio.gather(*(reads(town, f"{n}{i}") for n, town in enumerate((one, other)) for i in range(4)))
        assert len(await history(one)) == 40
        assert await verified(one) == ""


async def test_a_person_sees_their_own_acts_and_nobody_elses(town: Town) -> None:
    await people(town)
    number = await report(town)
    await town.database.write(
        lambda c: directory.change(
            c, town.store, [Enroll(p, "officer", "TH3801", Address("telegram", p), "en") for p in ("o1", "o2")]
        )
    )
    await press(town, "details", number, "o1")
    await press(town, "take", number, "o2")
    for person in ("o1", "o2"):
        await town.says(Address("telegram", person), Command("myactions"))
    first, second = (town.sent("telegram", person)[-1]["text"] for person in ("o1", "o2"))
    assert "read the details" in first
    assert f"{number[:4]}-{number[4:]}" in first
    assert "took" not in first
    assert "took the case" in second
    assert "read the details" not in second
    await town.says(RESIDENT, Command("myactions"))
    assert "เจ้าหน้าที่" in town.sent("telegram", "r1")[-1]["text"]  # for officers and coordinators


async def test_many_details_within_an_hour_are_pointed_out_once_a_day(url: str, tmp_path: Path) -> None:
    async with Town(url, tmp_path, watch=Watch(details_an_hour=3)) as town:
        await people(town)
        number = await report(town)
        for _ in range(3):
            await press(town, "details", number)
        town.clock.tick(hours=2)
        for _ in range(3):
            await press(town, "details", number)
        assert told(town, CHIEF) == []
        await press(town, "details", number)
        await press(town, "details", number)
        (said,) = told(town, CHIEF)
        assert "within an hour" in said
        assert told(town, SECOND) == told(town, CHIEF)
        assert [a for a, _ in await history(town)].count(POINTED_OUT) == 1
        town.clock.tick(days=1)
        for _ in range(4):
            await press(town, "details", number)
        assert len(told(town, CHIEF)) == 2
        assert await verified(town) == ""


async def test_a_coordinator_is_watched_by_the_others(url: str, tmp_path: Path) -> None:
    async with Town(url, tmp_path, watch=Watch(details_an_hour=2)) as town:
        await people(town)
        number = await report(town)
        for _ in range(3):
            await town.says(CHIEF, Command("details", number))
        assert told(town, CHIEF) == []
        assert len(told(town, SECOND)) == 0  # a coordinator of a province does not watch one of all
        for _ in range(3):
            await town.says(SECOND, Command("details", number))
        assert len(told(town, CHIEF)) == 1


async def test_cases_of_others_and_cases_at_night_are_pointed_out(url: str, tmp_path: Path) -> None:
    async with Town(url, tmp_path, watch=Watch(others_cases_a_day=2, night_details=2)) as town:
        await people(town)
        number = await report(town)
        await press(town, "take", number, "owner")
        for _ in range(3):
            await press(town, "details", number, "owner")
            town.clock.tick(minutes=20)
        assert told(town, CHIEF) == []
        for _ in range(3):
            await press(town, "details", number, "curious")
            town.clock.tick(minutes=1)
        assert "somebody else has taken" in told(town, CHIEF)[-1]
        town.clock.now = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # midnight in Bangkok
        for _ in range(3):
            await press(town, "details", number, "owner")
        assert "at night" in told(town, CHIEF)[-1]


async def test_guessing_case_numbers_is_pointed_out_and_a_slip_is_not(url: str, tmp_path: Path) -> None:
    async with Town(url, tmp_path, watch=Watch(misses_an_hour=3)) as town:
        await people(town)
        for guess in range(3):
            await town.says(OFFICERS, Command("case", f"0000-000{guess}"), sender="somchai")
        assert told(town, CHIEF) == []
        await town.says(OFFICERS, Command("details", "0000-0009"), sender="somchai")
        assert "not found" in told(town, CHIEF)[-1]


async def test_a_threshold_of_zero_points_nothing_out(url: str, tmp_path: Path) -> None:
    async with Town(url, tmp_path, watch=Watch(0, 0, 0, 0)) as town:
        await people(town)
        number = await report(town)
        for _ in range(30):
            await press(town, "details", number)
        assert told(town, CHIEF) == []


def test_every_act_that_is_written_down_has_words_for_the_person() -> None:
    written = {
        node.args[1 if getattr(node.func, "id", "") == "recorded" else 0]
        for path in HANDLERS.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Record", "recorded") and node.args
    }
    literal = {n.value for n in written if isinstance(n, ast.Constant)}
    assert literal - set(WRITTEN) - BY_REPORTER - BY_CLOCK == set(), "give each a line in handlers.history.WRITTEN"
    officers = {m.name for m in LIFE if set(m.who) - {Who.REPORTER, Who.CLOCK}}
    assert {f"case {name}" for name in officers} <= set(WRITTEN)


def test_nothing_in_the_product_changes_a_row_or_deletes_any_but_the_oldest() -> None:
    sources = [p for folder in ("bot", "storage", "handlers") for p in (HANDLERS.parent / folder).glob("*.py")]
    assert {p.name for p in sources if "HISTORY" in p.read_text("utf-8")} == {"audit.py", "core.py"}
    code = Path(audit.__file__).read_text("utf-8")
    assert re.findall(r"HISTORY\.(?:update|delete)|(?:update|delete)\(HISTORY\)[^\n]*", code) == [
        "delete(HISTORY).where(HISTORY.c.id <= last.id)).rowcount"
    ]
