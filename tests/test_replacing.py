"""Another file in a message: before sending it takes the place of the earlier one, after it both are there."""

from typing import Any

import pytest
from sqlalchemy import select

from handlers.effects import Adopt, Amend, AnswerQuestion, Decision, DropMedia, FetchMedia, Keep, Record, Status
from handlers.events import Address, Choice, Edited, Media, MediaKind, Text, Unsent
from handlers.values import replace
from handlers.world import Answers, File, Memory
from storage.core import FILE, HISTORY
from tests.street import OFFICERS, Street, heard_by
from tests.test_audit import RESIDENT
from tests.test_conversation_laws import answering
from tests.test_edited import sent
from tests.town import Town

PLACED = {"kind": "drugs", "place": "link", "district": "TH3801", "when": "now"}


def photo(mark: str, caption: str = "", **more: Any) -> Media:
    return Media(MediaKind.PHOTO, f"ref {mark}", 1000, "image/jpeg", caption=caption, mark=mark, **more)


def changed(mark: str, caption: str = "", **more: Any) -> Edited:
    return Edited("u1", caption, photo(mark, caption, **more))


def half(first: Media | Text) -> Street:
    street = Street(memory=Memory("en", "1", PLACED))
    street.hear(first)
    return street


def reported(first: Media | Text) -> Street:
    street = half(first)
    street.hear(Choice("a:send:ask"))
    return street


def seen(street: Street) -> list[Answers]:
    found: list[Answers] = list(street.memory.answers.get("seen", ()))
    return found


def fetched(decision: Decision) -> list[str]:
    return [e.media.ref for e in decision if isinstance(e, FetchMedia)]


def dropped(decision: Decision) -> list[str]:
    return [e.file for e in decision if isinstance(e, DropMedia)]


def test_before_sending_the_new_file_takes_the_place_of_the_earlier_one() -> None:
    street = half(photo("a", "behind the temple"))
    old = seen(street)[0]["file"]
    decision = street.hear(changed("b", "behind the old temple"))
    assert fetched(decision) == ["ref b"]
    assert dropped(decision) == [old]
    assert [i.get("text", i.get("kind")) for i in seen(street)] == ["photo", "behind the old temple"]
    assert seen(street)[0]["file"] != old
    assert "takes the place of the earlier one" in street.says(decision)
    assert street.shown[0].value == "a:send:ask"


@pytest.mark.parametrize("mark", ["a", ""])
def test_the_same_file_with_other_words_is_the_same_file(mark: str) -> None:
    """A platform that does not say which file it is gives no reason to fetch one anew."""
    street = half(photo("a"))
    decision = street.hear(changed(mark, "behind the temple"))
    assert [type(e) for e in decision] == [Keep]
    assert len(seen(street)) == 2


def test_a_file_that_came_before_files_were_known_again_stays() -> None:
    street = half(photo(""))
    assert not dropped(street.hear(changed("b")))


def test_words_that_become_a_photo_stay_beside_it() -> None:
    street = half(Text("two boats"))
    street.hear(changed("b", "two boats"))
    assert [i.get("text", i.get("kind")) for i in seen(street)] == ["two boats", "photo"]


@pytest.mark.parametrize("more", [{"size": 10**9}, {"kind": MediaKind.DOCUMENT, "mime": "application/pdf"}])
def test_a_file_that_cannot_be_taken_leaves_the_earlier_one_and_it_is_said(more: dict[str, Any]) -> None:
    street = half(photo("a", "behind the temple"))
    before = seen(street)[0]
    decision = street.hear(Edited("u1", "", replace(photo("b"), **more)))
    assert not fetched(decision)
    assert seen(street) == [before]  # the words of the message go, as they did there
    assert "The earlier file stays." in street.says(decision)


def test_a_full_report_takes_another_file_in_the_place_of_one() -> None:
    street = half(photo("a"))
    for n in range(19):
        street.hear(photo(f"more {n}"))
    assert fetched(street.hear(changed("b"))) == ["ref b"]
    assert len(seen(street)) == 20


def test_after_sending_the_earlier_file_stays_until_its_reporter_deletes_it() -> None:
    street = reported(photo("a"))
    old = street.cases[0].details["seen"][0]["file"]
    decision = street.hear(changed("b"))
    assert fetched(decision) == ["ref b"]
    assert not dropped(decision)
    (amended,) = (e for e in decision if isinstance(e, Amend))
    first, second = amended.details["seen"]
    assert (first["file"], first["replaced"]) == (old, True)
    assert amended.files == (second["file"],)
    assert Record("file replaced", "", street.cases[0].id) in decision
    assert "stays in it until you delete it" in street.says(decision)
    (delete,) = (b for b in street.shown if b.value.startswith("my:old:"))

    gone = street.hear(Choice(delete.value))
    assert dropped(gone) == [old]
    assert [i["file"] for i in street.cases[0].details["seen"]] == [second["file"]]
    assert "is deleted here" in street.says(gone)
    assert not [b for b in street.shown if b.value == delete.value]
    assert not dropped(street.hear(Choice(delete.value)))


def test_officers_see_that_a_file_was_replaced_and_which_one_it_is() -> None:
    street = reported(photo("a"))
    street.hear(changed("b"))
    case = street.cases[0]
    files = tuple(File(i["file"], "photo", "image/jpeg", "kept") for i in case.details["seen"])
    street.cases[:] = [replace(case, files=files)]
    chief = Address("line", "c1")
    decision = street.hear(Choice(f"details:{case.number.replace('-', '')}"), chief, "c1")
    (said,) = heard_by(decision)[chief]
    assert "👁 รูป 1 รูป" in said.text
    assert "✏️" in said.text
    assert "ผู้แจ้งเปลี่ยนไฟล์ 1 ไฟล์" in said.text
    assert [a.file for a in said.attachments] == [files[1].file, files[0].file]


def test_a_report_that_officers_have_finished_with_takes_no_other_file() -> None:
    street = reported(photo("a"))
    street.cases[:] = [replace(street.cases[0], status=Status.CLOSED)]
    decision = street.hear(changed("b"))
    assert not fetched(decision)
    assert "Send a new report." in street.says(decision)
    assert "new" in [b.value for b in street.shown]


def test_a_message_that_is_taken_back_takes_both_its_files_along() -> None:
    street = reported(photo("a"))
    street.hear(changed("b"))
    assert len(dropped(street.hear(Unsent("u1")))) == 2


def test_no_card_in_a_group_tells_of_more_than_that_something_changed() -> None:
    street = reported(photo("a"))
    decision = street.hear(changed("b", "บ้านลุงผม"))
    assert not [s for s in heard_by(decision).get(OFFICERS, ()) if "บ้านลุงผม" in s.text]


def test_a_file_in_an_answer_to_officers_is_replaced_in_the_same_way() -> None:
    street = answering()
    street.hear(photo("a"), message="u900")
    decision = street.hear(Edited("u900", "", photo("b")))
    (answer,) = (e for e in decision if isinstance(e, AnswerQuestion))
    old, new = answer.body["seen"]
    assert old["replaced"]
    assert [e.files for e in decision if isinstance(e, Adopt)] == [(new["file"],)]
    (delete,) = (b for b in street.shown if b.value.startswith("my:old:"))
    assert dropped(street.hear(Choice(delete.value))) == [old["file"]]
    assert [i["file"] for q in street.cases[-1].asked for i in q.body.get("seen", ())] == [new["file"]]


async def test_the_new_file_is_fetched_for_the_case_and_the_history_names_nobody(town: Town) -> None:
    await sent(town)
    other = replace(photo("b"), ref="late b")
    rows = await town.database.read(lambda c: [*c.execute(select(FILE))])
    await town.says(RESIDENT, Edited("u8", "บ้านลุงผม", other))  # its first file has no mark: nothing is known of it
    assert await town.database.read(lambda c: [*c.execute(select(FILE))]) == rows

    await town.says(RESIDENT, Edited("u6", "เรือลำที่หนึ่ง", other))
    found = await town.database.read(lambda c: [*c.execute(select(FILE).order_by(FILE.c.at))])
    assert len(found) == len(rows) + 1
    assert len({row.case_id for row in found}) == 1
    history = await town.database.read(
        lambda c: [*c.execute(select(HISTORY).where(HISTORY.c.action == "file replaced"))]
    )
    assert [row.by for row in history] == ["reporter"]
