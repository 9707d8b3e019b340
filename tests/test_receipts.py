"""The receipt: found in any spelling, refused in a report, changed when a neighbour comes, slow to guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.effects import AnswerQuestion, HandOver
from handlers.events import Address, Body, Command, Edited, Media, MediaKind, Text, Unsent
from handlers.numbers import find_receipts, native, read_receipt, receipt, shown_receipt
from handlers.receipts import TRIES
from handlers.values import replace
from handlers.world import Asked, Memory
from tests.street import RESIDENT, Street
from tests.test_asking import WRITTEN

BORROWED = Address("line", "r2")


SPACES = st.sampled_from(["", " ", "-", ".", " - "])


@given(st.binary(min_size=8, max_size=8), st.sampled_from(["th", "lo", "km", "en"]), SPACES)
def test_a_receipt_is_read_however_it_is_written(entropy: bytes, language: str, between: str) -> None:
    digits = receipt(entropy)
    typed = native(between.join((digits[:3], digits[3:6], digits[6:10], digits[10:])), language)
    assert read_receipt(typed) == digits
    assert read_receipt(shown_receipt(digits)) == digits
    if between != " - ":
        assert find_receipts(f"ก {typed} ข") == (digits,)


@pytest.mark.parametrize("text", ["", "0812345678", "1234-5678", "12345678901234567", "081-234-5678 or 089-876-5432"])
def test_other_numbers_are_no_receipt(text: str) -> None:
    assert read_receipt(text) is None
    assert find_receipts(text) == ()


def sent(**more: object) -> tuple[Street, str]:
    street = Street(memory=Memory("en", "1", {**WRITTEN, **more}))
    street.hear(Text("Send"))
    [secret] = street.receipts.values()
    return street, secret


def question(street: Street, body: dict[str, object]) -> Asked:
    """One of an officer, answered."""
    return Asked(7, street.cases[0].id, "answered", street.now, street.now, body)


def test_a_receipt_is_shown_once_and_opens_the_report_where_it_was_sent() -> None:
    street, secret = sent()
    assert shown_receipt(secret) not in street.says(street.hear(Command("status")))
    assert street.cases[0].number in street.says(street.hear(Text(secret)))


@pytest.mark.parametrize("kept", [Text("my number is {}"), Media(MediaKind.PHOTO, "ref", caption="{}"), Text("{}")])
def test_a_receipt_pasted_into_a_report_is_not_kept(kept: Text | Media) -> None:
    street, secret = sent()
    street.hear(Command("start"))
    street.hear(Text("Drugs"))
    before = street.memory.answers
    body = Text(kept.text.format(secret)) if isinstance(kept, Text) else Media(kept.kind, kept.ref, caption=secret)
    said = street.says(street.hear(body))
    assert street.memory.answers == before
    assert "receipt" in said


def test_a_number_of_sixteen_digits_that_is_no_receipt_is_evidence() -> None:
    street, _ = sent()
    street.hear(Command("start", "TH3801"))
    street.hear(Text("Drugs"))
    street.hear(Text("Now"))
    street.hear(Text("they wanted money on card 4000 1234 5678 9010"))
    assert "4000 1234" in street.memory.answers["seen"][0]["text"]
    assert len(street.memory.tries) == 1, "it counts as a guess: not being refused tells as well"


def test_after_some_wrong_ones_even_the_right_one_has_to_wait() -> None:
    street, secret = sent()
    for number in range(TRIES):
        street.hear(Text(f"{number:016}"))
    assert street.cases[0].number not in street.says(street.hear(Text(secret)))
    street.wait(minutes=11)
    assert street.cases[0].number in street.says(street.hear(Text(secret)))


def test_on_first_use_by_a_neighbour_the_secret_changes() -> None:
    street, secret = sent(behalf=True)
    street.resident, street.memory = BORROWED, Memory("lo", "1")
    decision = street.hear(Text(secret), BORROWED)
    [change] = [e for e in decision if isinstance(e, HandOver)]
    assert change.receipt != secret
    assert shown_receipt(change.receipt) in street.says(decision)


@pytest.mark.parametrize("body", [Edited("u0", "my shopping list"), Unsent("u0")])
def test_the_neighbours_own_messages_are_none_of_the_report_s(body: Body) -> None:
    """Ids of messages count in one chat: those of who filed it mean something else in the neighbour's."""
    seen = [{"text": "two boats without a light", "language": "en", "message": "u0"}]
    street, secret = sent(behalf=True, seen=seen, named={"place": "u0"})
    street.cases[:] = [
        replace(street.cases[0], asked=(question(street, {"seen": seen, "pin": [1, 2], "pin_message": "u0"}),))
    ]
    street.resident, street.memory = BORROWED, Memory("lo", "1")
    given_over = street.hear(Text(secret), BORROWED)
    assert [e.body["seen"] for e in given_over if isinstance(e, AnswerQuestion)] == [
        [{"text": seen[0]["text"], "language": "en"}]
    ]
    before = street.cases[0].details
    assert before["seen"][0]["text"] == seen[0]["text"]
    street.hear(body, BORROWED)
    assert street.cases[0].details == before


def test_who_filed_it_does_not_change_the_secret_by_looking() -> None:
    street, secret = sent(behalf=True)
    assert not [e for e in street.hear(Text(secret)) if isinstance(e, HandOver)]
    assert street.resident == RESIDENT
