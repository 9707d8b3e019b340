"""A case's buttons are claims: good in their chat, in one message, for a while; anything else does nothing."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from handlers.effects import LinkGroup, Reporter
from handlers.events import Address, Choice
from storage import directory, handles, outbox, retention
from storage.core import CASES, HANDLE
from tests.test_schedule import KEEP
from tests.test_turns import OFFICERS, RESIDENT, link, report
from tests.town import Town

CLAIM = re.compile(r"h:[A-Za-z0-9_-]{16}\.[0-9]")
TOO_OLD = "ปุ่มนี้"
KHONG, LINE_GROUP = Address("telegram", "g-khong"), Address("line", "g-line")


async def opened(town: Town) -> dict[str, str]:
    """A report is sent; the buttons of its card as the group's app holds them, by what they do."""
    await link(town)
    await report(town)
    claims = {plain.partition(":")[0]: raw for (_, plain), (raw, _) in town.channels["telegram"].claims.items()}
    town.channels["telegram"].claims.clear()  # from here on what is pressed is what is said
    return claims


async def press(town: Town, said: str, chat: Address = OFFICERS, message: str = "m9", sender: str = "o1") -> str:
    """What the case is after the press."""
    await town.says(chat, Choice(said), sender=sender, message=message)
    return str(await town.database.read(lambda c: c.execute(select(CASES.c.status)).scalar_one()))


def last(town: Town) -> str:
    return str(town.sent("telegram", "g-kan")[-1]["text"])


async def test_what_a_chat_holds_names_no_case_and_fits_every_app(town: Town) -> None:
    claims = await opened(town)
    number = await town.database.read(lambda c: c.execute(select(CASES.c.number)).scalar_one())
    assert all(CLAIM.fullmatch(raw) for raw in claims.values())
    assert all(len(f"{raw}:many".encode()) <= 60 for raw in claims.values())
    assert number.replace("-", "") not in "".join(claims.values())
    names = {raw.partition(".")[0] for raw in claims.values()}
    assert len(names) == 1, "one row a message, however many buttons"


async def test_a_press_does_what_the_button_says(town: Town) -> None:
    claims = await opened(town)
    assert await press(town, claims["take"]) == "taken"
    row = await town.database.read(lambda c: c.execute(select(HANDLE.c.uses, HANDLE.c.message).limit(1)).one())
    assert tuple(row) in {(1, "m9"), (0, "")}


async def test_the_same_words_without_a_name_of_ours_do_nothing(town: Town) -> None:
    await opened(town)
    number = await town.database.read(lambda c: c.execute(select(CASES.c.number)).scalar_one())
    for said in (f"take:{number.replace('-', '')}", f"done:{number.replace('-', '')}:many"):
        assert await press(town, said) == "new"
        assert TOO_OLD in last(town)


async def test_a_button_is_good_in_its_own_chat_alone(town: Town) -> None:
    claims = await opened(town)
    await town.database.write(lambda c: directory.change(c, town.store, [LinkGroup(KHONG, "TH3801", "th")]))
    assert await press(town, claims["take"], KHONG) == "new"
    assert TOO_OLD in town.sent("telegram", "g-khong")[-1]["text"]
    foreign = Address("telegram", "g-foreign")
    assert await press(town, claims["take"], foreign) == "new"
    assert town.sent("telegram", "g-foreign") == []
    assert await press(town, claims["take"], RESIDENT, sender="r1") == "new"
    assert "old" in town.sent("telegram", "r1")[-1]["text"]


async def test_a_copy_of_the_card_in_another_message_is_no_card(town: Town) -> None:
    claims = await opened(town)
    await press(town, claims["details"], message="m9")
    assert await press(town, claims["take"], message="m10") == "new"
    assert await press(town, claims["take"], message="m9") == "taken"


async def test_a_button_dies_after_two_weeks_and_its_row_with_it(town: Town) -> None:
    claims = await opened(town)
    town.clock.tick(days=14)
    assert await press(town, claims["take"]) == "new"
    assert TOO_OLD in last(town)
    town.clock.tick(seconds=1)
    await town.database.write(lambda c: retention.purge(c, town.store, KEEP))
    left = await town.database.read(lambda c: c.execute(select(HANDLE.c.expires)).scalars().all())
    assert all(expires >= town.clock() for expires in left)


async def test_a_button_lives_less_long_than_the_key_of_what_it_stands_for(town: Town) -> None:
    claims = await opened(town)
    town.keystore.destroy("hot", "2026W48")
    assert await press(town, claims["take"]) == "new"
    assert timedelta(weeks=2) >= handles.LIFE


async def test_a_machine_that_presses_without_end_is_stopped(town: Town) -> None:
    claims = await opened(town)
    await town.database.write(lambda c: c.execute(HANDLE.update().values(uses=handles.USES)))
    assert await press(town, claims["take"]) == "new"


async def test_a_group_of_line_says_what_it_wants_in_words(town: Town) -> None:
    """LINE does not always tell who pressed, but who wrote."""
    await town.database.write(lambda c: directory.change(c, town.store, [LinkGroup(LINE_GROUP, "TH3801", "th")]))
    await report(town)
    values = [value for _, value, _ in town.sent("line", "g-line")[-1]["buttons"]]
    assert values
    assert all(handles.number_in(value) for value in values)
    assert (LINE_GROUP.chat, values[0]) not in town.channels["line"].claims


async def test_an_officers_private_buttons_are_claims_too(town: Town) -> None:
    claims = await opened(town)
    await press(town, claims["details"])
    held = await town.database.read(lambda c: list(c.execute(select(HANDLE.c.chat)).scalars()))
    assert set(held) <= {town.store.tag(OFFICERS), town.store.tag(Address("telegram", "o1"))}


async def test_no_changed_name_does_anything(town: Town) -> None:
    take = (await opened(town))["take"]
    name = take.partition(".")[0]
    for at in range(2, len(name)):
        other = "A" if name[at] != "A" else "B"
        assert await press(town, name[:at] + other + name[at + 1 :] + ".0") == "new"
    for said in (name, f"{name}.", f"{name}.77", f"{take}:", f"{take}:many:many", f"{take} ", take[1:], "h:"):
        assert await press(town, said) == "new"


@given(st.text(st.sampled_from("h:.09aZ_-many8\u0e50 "), max_size=40) | st.text(max_size=70))
def test_nothing_that_names_a_case_passes_as_it_is(said: str) -> None:
    claim = handles._claim(said)
    if claim is None:
        assert not handles.number_in(said)
        assert not said.startswith("h:")
    else:
        assert claim[0] == "" or said.startswith(f"h:{claim[0]}.")


@pytest.mark.parametrize("value", ["a:date:2026-11-23", "a:kind:drugs", "status", "new", "link:TH3801", "language:th"])
def test_what_names_no_case_stays_as_it_is(value: str) -> None:
    assert handles.number_in(value) == ""


@pytest.mark.parametrize("value", ["take:12345678", "take:12345678:many", "close:12345678:false", "x:y:12345678"])
def test_whatever_can_be_done_with_a_case_is_a_claim(value: str) -> None:
    assert handles.number_in(value) == "12345678"


async def test_what_is_said_to_a_reporter_is_pressed_in_their_own_chat(town: Town) -> None:
    """News leave on a lane of their own, but arrive where the reporter is."""
    await opened(town)
    part = {"text": "Is it so?", "buttons": [["Yes", "yes:12345678", "option"]]}

    def tell(connection: Connection) -> set[str]:
        [case] = connection.execute(select(CASES.c.id)).scalars()
        connection.execute(HANDLE.delete())
        event = town.event(OFFICERS, Choice("x"), sender="o1")
        outbox.rows(connection, town.store, [(Reporter(case), event, "say", {"parts": [part]})])
        return set(connection.execute(select(HANDLE.c.chat)).scalars())

    assert await town.database.write(tell) == {town.store.tag(RESIDENT)}
