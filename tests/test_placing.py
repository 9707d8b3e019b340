"""The message in which somebody gave the place is changed or taken back: read again before sending, told after it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.effects import Amend, Keep, Status
from handlers.events import Address, Body, Choice, Command, Edited, Place, Text, Unsent
from handlers.numbers import find_receipts
from handlers.values import replace
from handlers.world import Memory
from tests.street import OFFICERS, Street, heard_by
from tests.test_audit import RESIDENT, people
from tests.town import Town

UNKNOWN = "I do not know the place in the message that you changed."


def placed(*said: Text | Choice | Place) -> Street:
    """A report that is about drugs, after this was said of where."""
    street = Street(memory=Memory("en", "1", {"kind": "drugs"}))
    for body in said:
        street.hear(body)
    return street


def still(street: Street) -> str:
    place: str = street.memory.answers.get("district", "")
    return place


@settings(deadline=None, max_examples=60)
@given(
    st.one_of(
        st.sampled_from(["บุ่งคล้า", "ปากซน", "ປາກຊັນ", "ប៉ោយប៉ែត", "Khong", "เชียง", "บึงกาฬ", "1", "๒", "From a list", "."]),
        st.text(st.characters(min_codepoint=0x0E00, max_codepoint=0x0EFF), max_size=20),
    )
)
def test_a_changed_message_is_read_as_if_it_had_been_written_so_at_once(text: str) -> None:
    first, changed = placed(Text(text)), placed(Text("เซกา"))
    changed.hear(Edited("u1", text))
    if "place" in first.memory.answers:
        assert changed.memory.answers == first.memory.answers
    else:
        assert still(changed) == "TH3804"


def test_another_name_is_another_place_and_its_line_is_said() -> None:
    street = placed(Text("เซกา"))
    assert still(street) == "TH3804"
    said = street.says(street.hear(Edited("u1", "บุ่งคล้า")))
    assert still(street) == "TH3808"
    assert said.startswith("✓ “บุ่งคล้า” 🇹🇭 Bung Khla")
    assert "When did it happen?" in said


def test_a_name_that_means_several_places_is_asked_about_and_then_goes_on_where_it_was() -> None:
    street = placed(Text("เซกา"), Choice("a:when:now"), Text("two boats"))
    assert "Which place do you mean?" in street.says(street.hear(Edited("u1", "ปากซน")))
    assert not still(street)
    street.press(0)
    assert still(street)
    assert street.shown[0].value == "a:send:ask"


@pytest.mark.parametrize("text", ["ที่ไม่มีชื่อเลยสักแห่ง", ".", ""])
def test_words_that_are_no_place_leave_it_and_it_is_said(text: str) -> None:
    street = placed(Text("เซกา"))
    said = street.says(street.hear(Edited("u1", text)))
    assert still(street) == "TH3804"
    assert UNKNOWN in said
    assert "typed" not in street.memory.answers  # what a person takes out is kept nowhere


def test_an_edit_that_changes_no_word_says_nothing() -> None:
    street = placed(Text("เซกา"))
    assert street.hear(Edited("u1", "เซกา")) == ()
    street = placed(Text("ปากซน"))
    assert "match" not in street.memory.answers
    street.press(0)
    assert street.hear(Edited("u1", "ปากซน")) == ()


def test_a_typed_number_counts_as_the_answer_it_was() -> None:
    street = placed(Text("ปากซน"), Text("1"))
    was = still(street)
    street.hear(Edited("u2", "2"))
    assert street.memory.answers["match"].rpartition(".")[2] != was
    street.hear(Edited("u1", "เซกา"))
    assert still(street) == "TH3804"


def test_a_place_that_was_given_otherwise_meanwhile_is_left_alone() -> None:
    street = placed(Text("เซกา"), Choice("change:place"), Place(18.29, 103.62))
    assert street.memory.answers["place"] == "pin"
    before = street.memory.answers
    assert not [e for e in street.hear(Edited("u1", "บุ่งคล้า")) if isinstance(e, Keep)]
    street.hear(Unsent("u1"))
    assert street.memory.answers == before


@pytest.mark.parametrize("body", [Text("เซกา"), Place(18.29, 103.62)])
def test_a_place_that_is_taken_back_is_asked_again(body: Text | Place) -> None:
    street = placed(body, Choice("a:when:now"))
    said = street.says(street.hear(Unsent("u1")))
    assert "Where did it happen?" in said
    assert set(street.memory.answers) == {"kind", "when"}


def test_a_name_out_of_a_list_that_is_taken_back_is_asked_alone() -> None:
    street = placed(Choice("a:place:list"), Choice("a:country:TH"), Text("บึงกาฬ"), Text("เซกา"))
    assert still(street) == "TH3804"
    assert "Which district?" in street.says(street.hear(Unsent("u4")))
    assert "Which province?" in street.says(street.hear(Unsent("u3")))


def test_whoever_changes_the_place_is_back_in_the_half_report() -> None:
    street = placed(Text("เซกา"))
    street.memory = Memory("en", "1", street.memory.answers, adding={"number": "1", "at": street.now.isoformat()})
    street.hear(Edited("u1", "บุ่งคล้า"))
    assert not street.memory.adding


def report(*where: Text | Choice | Place) -> Street:
    street = placed(*where, Choice("a:when:now"), Text("two boats"))
    street.hear(Choice("a:send:ask"))
    assert street.cases
    return street


def test_the_place_of_a_report_that_was_sent_stays_and_its_words_are_those_of_now() -> None:
    street = report(Text("เซกา"))
    decision = street.hear(Edited("u1", "บุ่งคล้า บ้านใต้"))
    assert street.cases[0].district == "TH3804"
    assert street.cases[0].details["typed"] == "บุ่งคล้า บ้านใต้"
    said = street.says(decision)
    assert "Officers now read the place as you wrote it." in said
    assert "still counts as one from Seka" in said
    assert [b.value.rpartition(":")[0] for b in street.shown] == ["my:add", ""]
    assert street.hear(Edited("u1", "บุ่งคล้า บ้านใต้")) == ()


def test_a_name_of_a_list_has_no_words_to_change_and_the_resident_hears_what_stays() -> None:
    street = report(Choice("a:place:list"), Choice("a:country:TH"), Text("บึงกาฬ"), Text("เซกา"))
    decision = street.hear(Edited("u4", "บุ่งคล้า"))
    assert not [e for e in decision if isinstance(e, Amend)]
    assert "Officers now read" not in street.says(decision)
    assert "press Add more and write where" in street.says(decision)


def test_of_a_report_that_is_finished_a_new_one_is_the_way() -> None:
    street = report(Text("เซกา"))
    street.cases[:] = [replace(street.cases[0], status=Status.CLOSED)]
    said = street.says(street.hear(Edited("u1", "บุ่งคล้า")))
    assert "send a new report" in said
    assert [b.value for b in street.shown] == ["new", "status"]


@pytest.mark.parametrize("body", [Text("เซกา"), Place(18.29, 103.62)])
def test_words_and_pin_that_are_taken_back_go_from_a_report_that_was_sent(body: Text | Place) -> None:
    street = report(body)
    district = street.cases[0].district
    decision = street.hear(Unsent("u1"))
    assert not {"typed", "pin"} & set(street.cases[0].details)
    assert street.cases[0].district == district
    assert "still counts as one from" in street.says(decision)
    assert not [w for w in heard_by(decision).get(OFFICERS, ()) if "เซกา" in w.text and "✏️" in w.text]


def test_a_pin_that_was_added_after_sending_goes_when_it_is_taken_back_and_the_others_stay() -> None:
    street = report(Text("เซกา"))
    street.hear(Choice(f"my:add:{street.cases[0].number.replace('-', '')}"))
    street.hear(Place(18.29, 103.62), message="first")
    street.hear(Place(18.31, 103.64), message="second")
    decision = street.hear(Unsent("first"))
    assert [pin[:2] for pin in street.cases[0].details["pins"]] == [[18.31, 103.64]]
    street.hear(Unsent("second"))
    assert "pins" not in street.cases[0].details
    assert any(isinstance(e, Amend) for e in decision)


async def test_the_words_for_a_place_are_in_no_row_any_more_once_they_are_changed(town: Town) -> None:
    await people(town)
    agreed = (Command("start"), Choice("a:language:th"), Choice("a:consent:yes"), Choice("a:kind:drugs"))
    steps: tuple[Body, ...] = (*agreed, Text("เซกา"), Choice("a:when:now"), Text("เรือ"), Choice("a:send:ask"))
    for at, body in enumerate(steps):
        await town.says(RESIDENT, body, message=f"u{at}")
    assert (await town.details())["typed"] == "เซกา"
    await town.says(Address("telegram", "r2"), Edited("u4", "บุ่งคล้า"))
    assert (await town.details())["typed"] == "เซกา"
    await town.says(RESIDENT, Edited("u4", "-"))
    assert (await town.details())["typed"] == "-"
    await town.says(RESIDENT, Unsent("u4"))
    assert "typed" not in await town.details()


async def test_a_report_that_was_handed_to_a_neighbour_knows_no_message_of_who_filed_it(town: Town) -> None:
    await people(town)
    agreed = (Command("start"), Choice("a:language:th"), Choice("a:consent:yes"), Choice("a:kind:drugs"))
    written: tuple[Body, ...] = (*agreed, Text("เซกา"), Choice("a:when:now"), Text("เรือสองลำ"), Choice("change:behalf"))
    neighbour = Address("telegram", "r2")
    for at, body in enumerate((*written, Choice("a:set-behalf:other"), Choice("a:send:ask"))):
        await town.says(RESIDENT, body, message=f"u{at}")
    [secret] = {found for m in town.sent(*RESIDENT) for found in find_receipts(m["text"])}
    before = await town.details()
    assert "u6" in str(before)
    await town.says(neighbour, Text(secret), message="n1")
    after = await town.details()
    assert after["seen"][0]["text"] == before["seen"][0]["text"]
    assert after["typed"] == before["typed"]
    assert not {f"u{at}" for at in range(9) if f"'u{at}'" in str(after)}
    await town.says(neighbour, Edited("u6", "ซื้อข้าวสาร"))
    await town.says(neighbour, Unsent("u4"))
    assert await town.details() == after
