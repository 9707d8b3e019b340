"""Cases that go to another place, and reports that are one event: who may, what moves along, what never shows."""

from dataclasses import replace

import pytest

from handlers.effects import Hand, MoveCase, Offer, Reporter, Say, Status
from handlers.events import Address, Command
from handlers.near import distance, similar
from tests.street import Street, heard_by
from tests.test_life import ANAN, CASE, KAN, KHONG, town
from tests.town import GAZETTEER

SECOND = replace(CASE, id=2, number="8765-4321")
HELD = replace(CASE, status=Status.TAKEN, holder=ANAN)


def street(*cases: object) -> Street:
    return Street(town(), resident=Address("line", "r1"), cases=list(cases))  # type: ignore[arg-type]


def test_a_case_is_offered_accepted_and_then_theirs() -> None:
    played = street(HELD)
    played.hear(Command("handover", "1234-5678 TH5703"), KAN, "anan")
    assert played.cases[0].offered == "TH5703"
    assert not [e for e in played.hear(Command("take", "1234-5678"), KHONG, "khamla") if isinstance(e, MoveCase)]
    played.hear(Command("accept", "1234-5678"), KHONG, "khamla")
    assert (played.cases[0].desk, played.cases[0].status, played.cases[0].holder.person) == (
        "TH5703",
        "taken",
        "khamla",
    )
    nothing = played.hear(Command("close", "1234-5678 acted"), KAN, "anan")
    assert not [e for e in nothing if isinstance(e, MoveCase)], "the first place works on it no more"


def test_a_refused_case_stays_where_it_was() -> None:
    played = street(HELD)
    played.hear(Command("handover", "1234-5678 TH5703"), KAN, "anan")
    played.hear(Command("refuse", "1234-5678"), KHONG, "khamla")
    assert (played.cases[0].offered, played.cases[0].in_charge, played.cases[0].holder) == ("", "TH3801", ANAN)


@pytest.mark.parametrize("who", ["boon", "stranger"])
def test_only_who_has_a_case_offers_it(who: str) -> None:
    decision = street(HELD).hear(Command("handover", "1234-5678 TH5703"), KAN, who)
    assert not [e for e in decision if isinstance(e, Offer)]


@pytest.mark.parametrize("action", ["accept", "refuse"])
@pytest.mark.parametrize("group", [KAN, KHONG])
def test_nobody_accepts_or_refuses_what_was_not_offered(action: str, group: Address) -> None:
    decision = street(HELD).hear(Command(action, "1234-5678"), group, "boon" if group == KAN else "khamla")
    assert not [e for e in decision if isinstance(e, MoveCase | Hand | Offer)]


def test_what_is_done_with_one_report_of_an_event_is_done_with_all() -> None:
    played = street(CASE, SECOND)
    played.hear(Command("merge", "1234-5678 8765-4321"), KAN, "anan")
    assert {c.event for c in played.cases} == {1}
    split = played.hear(Command("split", "8765-4321"), KAN, "anan")
    assert {c.event for c in played.cases} == {0}
    assert not any(isinstance(to, Reporter) for to in heard_by(split)), "no reporter hears that there are others"


def test_a_report_that_joins_comes_as_far_as_the_event_has_come() -> None:
    played = street(HELD, SECOND)
    played.hear(Command("merge", "8765-4321 1234-5678"), KAN, "boon")
    assert {(c.status, c.holder) for c in played.cases} == {(Status.TAKEN, ANAN)}


def test_a_closed_report_joins_nothing() -> None:
    played = street(CASE, replace(SECOND, status=Status.CLOSED, closer=ANAN, ending="acted"))
    played.hear(Command("merge", "1234-5678 8765-4321"), KAN, "anan")
    assert {c.event for c in played.cases} == {0}


def test_a_case_of_another_place_can_be_neither_joined_nor_seen_near() -> None:
    far = replace(SECOND, district="TH5703")
    played = street(CASE, far)
    played.hear(Command("merge", "1234-5678 8765-4321"), KAN, "anan")
    assert {c.event for c in played.cases} == {0}
    said = played.hear(Command("near", "1234-5678"), KAN, "anan")
    assert not any("8765-4321" in e.text for e in said if isinstance(e, Say))


def test_near_is_the_same_kind_the_same_day_and_three_kilometres() -> None:
    here = replace(CASE, details={"day": "2026-11-23", "pin": [18.36, 103.65]})
    there = replace(SECOND, details={"day": "2026-11-23", "pin": [18.37, 103.66]})
    assert 1_000 < distance(GAZETTEER, here, there) < 2_000
    assert similar(GAZETTEER, here, there)
    assert not similar(GAZETTEER, here, replace(there, kind="scam"))
    assert not similar(GAZETTEER, here, replace(there, details={**there.details, "day": "2026-11-22"}))
    assert not similar(GAZETTEER, here, replace(there, details={**there.details, "pin": [18.36, 103.75]}))
