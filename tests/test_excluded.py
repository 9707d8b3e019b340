"""Not to them: who is kept out finds no trace of a case, whatever they ask; somebody who may know hears of it."""

import itertools
from pathlib import Path

import pytest

from handlers.effects import Enroll, LinkGroup, Status
from handlers.events import Address, Body, Choice, Command, Text, Tick
from handlers.excluded import DISTRICT, KEPT_FROM, hidden
from handlers.world import Case, Group, Member
from storage import directory
from tests.town import NOW, Town

GROUP, PROVINCE, ALL = (Address("telegram", f"g-{n}") for n in ("kan", "prov", "all"))
OFFICER, CHIEF, WATCH, FAR = (Address("telegram", n) for n in ("o1", "c1", "c2", "c3"))
RESIDENT = Address("line", "r1")
PEOPLE = (
    LinkGroup(GROUP, "TH3801", "th"),
    LinkGroup(PROVINCE, "P:TH-38", "th"),
    LinkGroup(ALL, "*", "th"),
    Enroll("o1", "officer", "TH3801", OFFICER, "th", "Anan"),
    Enroll("c1", "coordinator", "TH3801", CHIEF, "th", "Chief"),
    Enroll("c2", "coordinator", "P:TH-38", WATCH, "th", "Watch"),
    Enroll("c3", "coordinator", "TH5703", FAR, "th", "Far"),
)
ASKED: tuple[Body, ...] = (
    Command("cases"), Command("summary"), Command("summary", "7d"), Command("case", "{}"), Command("take", "{}"),
    Command("details", "{}"), Command("done", "{}"), Choice("take:{}"), Choice("details:{}"),
    Tick("digest", {"since": "2026-11-23"}),
)  # fmt: skip
EXCLUDED = [list(c) for n in range(1, 4) for c in itertools.combinations(KEPT_FROM, n)]


async def sent(town: Town, excluded: list[str]) -> str:
    await town.database.write(lambda c: directory.change(c, town.store, PEOPLE))
    begun: list[Body] = [
        Command("start", "TH3801"), Choice("a:language:th"), Choice("a:consent:yes"), Choice("a:kind:drugs"),
        Choice("a:when:now"), Text("เห็นเรือไม่มีไฟ"), Choice("change:not"),
    ]  # fmt: skip
    for body in [*begun, *(Choice(f"a:set-not:{c}") for c in (*excluded, "done")), Choice("a:send:ask")]:
        await town.says(RESIDENT, body)
    text = str(town.sent("line", "r1")[-1]["text"])
    return text.split("\n")[0].rpartition(" ")[2]


@pytest.mark.parametrize("excluded", EXCLUDED, ids=",".join)
async def test_whoever_is_kept_out_finds_no_trace(excluded: list[str], tmp_path: Path) -> None:
    out = [GROUP, PROVINCE, ALL, OFFICER, FAR, *([CHIEF] if DISTRICT in excluded else [])]
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as town:
        number = await sent(town, excluded)
        for chat, asked in itertools.product(out, ASKED):
            person = "o1" if chat.chat.startswith("g") else chat.chat
            body: Body = asked
            if isinstance(asked, Command):
                body = Command(asked.name, asked.args.format(number))
            elif isinstance(asked, Choice):
                body = Choice(asked.value.format(number.replace("-", "")))
            await town.says(chat, body, sender=person)
        for chat in out:
            for part in town.sent("telegram", chat.chat):
                assert number not in part["text"].replace(f"/case {number}", "")
                assert not {"1 เรื่อง", "ยาเสพติด 1"} & set(part["text"].split(":")), part["text"]
        knows = WATCH if DISTRICT in excluded else CHIEF
        assert [p for p in town.sent("telegram", knows.chat) if number in p["text"]]
        await town.says(knows, Command("summary"))
        assert "1 เรื่อง" in town.sent("telegram", knows.chat)[-1]["text"]


async def test_a_case_nobody_may_know_waits_for_a_coordinator_who_may(tmp_path: Path) -> None:
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as town:
        number = await sent(town, [DISTRICT])
        assert [p for p in town.sent("telegram", "c2") if number in p["text"]]


@pytest.mark.parametrize("code", KEPT_FROM)
def test_a_coordinator_alone_may_know_and_no_group(code: str) -> None:
    case = Case(1, "1234-5678", "drugs", "TH3801", Status.NEW, False, "lo", True, False, NOW, excluded=(code,))
    watch = Member("line", "c", "coordinator", "P:TH-38", CHIEF, "th")
    assert not hidden(case, None, watch)
    assert hidden(case, Group(GROUP, "TH3801", "th"), watch)
    assert hidden(case, None, Member("line", "o", "officer", "P:TH-38", CHIEF, "th"))
    assert hidden(case, None, None)


@pytest.mark.parametrize("place", ["TH3801", "LA1101"])
def test_the_district_is_also_the_thai_one_that_works_for_the_one_opposite(place: str) -> None:
    case = Case(1, "1234-5678", "drugs", place, Status.NEW, False, "lo", True, False, NOW, excluded=(DISTRICT,))
    scopes = {"TH3801": True, "P:TH-38": False, "*": False}
    assert {s: hidden(case, None, Member("line", "c", "coordinator", s, CHIEF, "th")) for s in scopes} == scopes
