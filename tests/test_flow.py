"""The questions of the report: what is asked next, what answers mean, and the way back."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import acts, commands, decide, events, flow, rights, screen
from handlers.effects import DropMedia, FetchMedia, Say
from handlers.events import Choice, Command, Media, MediaKind, Place, Removed, Text
from handlers.flow import Option, Unreadable, chosen
from handlers.report import REPORT, moment, read_day, show_when
from handlers.where import HANGS_ON_PLACE, WHERE, read_match, read_name, read_pin, read_place, show_place
from handlers.world import Answers, Memory, World
from tests.street import RESIDENT, RULES, TOWN, Street
from tests.town import GAZETTEER, NOW, WORDS

FRUIT = (Option("a", "กล้วย", "🍌"), Option("b", "ແຕງໂມ"), Option("c", "1st Bridge"), Option("d", "2nd Bridge"))
DRUGS = {"kind": "drugs"}
PLACED = DRUGS | {"place": "link", "district": "TH3801"}
BANKS = ["TH3801", "LA1101"]
SEEN = [{"text": "เรือ", "language": "th", "message": "u0"}]


def world(language: str = "th", answers: Answers | None = None) -> World:
    return World(NOW, WORDS, GAZETTEER, RULES, TOWN, Memory(language, "1", answers or {}), language)


def asked(answers: Answers) -> str:
    here = flow.current(REPORT, answers)
    return here.name if here else ""


def street(language: str = "th", answers: Answers | None = None) -> Street:
    return Street(memory=Memory(language, "1", answers or {}, at=NOW))


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1", "a"), ("๒", "b"), ("໓", "c"), ("៤", "d"), (" 2 ", "b"), ("กล้วย", "a"), ("🍌 กล้วย", "a"),
        ("1 🍌 กล้วย", "a"), ("ແຕງ", "b"), ("1st bridge", "c"), ("2nd Bridge!", "d"), ("0", None), ("5", None),
        ("ส้ม", None), ("", None), ("...", None),
    ],
)  # fmt: skip
def test_options_are_chosen_by_number_or_words(typed: str, value: str | None) -> None:
    option = chosen(Text(typed), FRUIT)
    assert (option.value if option else None) == value


def test_no_button_but_those_of_the_questions_begins_as_an_answer_does() -> None:
    """handlers.flow.answers_question: such a press goes past everything but the conversation."""
    others = {*acts.ACTS, *decide.PRESSES, *rights.PRESSES, *commands.PRESSED, "answer", "my", "h", events.STALE}
    assert not [name for name in others if f"{name}:".startswith(flow.ANSWER)]
    assert {b.value.split(":")[0] + ":" for b in flow.buttons(REPORT[0], FRUIT, 0, "")} == {flow.ANSWER}


def test_words_that_fit_two_options_choose_none() -> None:
    assert chosen(Text("เมือง"), (Option("a", "เมืองน่าน"), Option("b", "เมืองเลย"))) is None


@given(st.integers(0, 400))
def test_a_typed_number_means_the_option_with_that_number_on_whatever_page(page: int) -> None:
    options = tuple(Option(f"v{n}", f"option {n}") for n in range(1, 31))
    question = REPORT[0]
    for button in flow.buttons(question, options, page, "more")[:-1]:
        number = button.label.split(" ")[0]
        picked = chosen(Text(number), options)
        assert picked is not None
        assert button.value == f"a:{question.name}:{picked.value}"


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("20/11/2569", "2026-11-20"), ("๒๐/๑๑/๒๕๖๙", "2026-11-20"), ("20 พ.ย. 2569", "2026-11-20"),
        ("5 พ.ย. 2569", "2026-11-05"), ("1", "2026-11-21"), ("໖", "2026-11-16"), ("เมื่อวานซืน", "2026-11-21"),
    ],
)  # fmt: skip
def test_a_day_is_the_one_that_was_written(typed: str, day: str) -> None:
    assert read_day(world(), {}, Text(typed)) == {"date": day}


@pytest.mark.parametrize("typed", ["24/11/2569", "31 ก.พ. 2569", "พ.ย. 2569", "7", "ไม่รู้", ""])
def test_a_day_that_cannot_be_is_asked_again(typed: str) -> None:
    with pytest.raises(Unreadable):
        read_day(world(), {}, Text(typed))


@given(st.integers(0, 5 * 365))
def test_the_moment_of_a_report_is_never_in_the_future(days: int) -> None:
    day = (NOW - timedelta(days=days)).date().isoformat()
    reported, part = moment(world(), {"when": "earlier", "date": day, "daypart": "unknown"})
    assert (reported, part) == (day, "")
    assert show_when(world(), {"when": "earlier", "date": day})


def test_a_pin_inside_a_district_is_that_district_and_one_on_the_border_is_asked() -> None:
    sure = read_pin(world(), Place(18.29, 103.62))
    border = read_pin(world(), Place(18.36, 103.67))
    assert sure["district"] == "TH3801"
    assert set(border["matches"]) == {"TH3801", "LA1101"}
    assert "district" not in border


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ປາກຊັນ", {"district": "LA1101"}), ("บึงกาฬ", {"province": "TH-38"}), ("ប៉ោយប៉ែត", {"district": "KH0110"}),
        ("เชียงแสน", {"district": "TH5708"}),
        ("ท่าเสด็จ", {"crossing": "TH4301-nong-khai-pier-tha-sadet", "district": "TH4301"}),
    ],
)  # fmt: skip
def test_a_typed_name_of_one_place_is_that_place(typed: str, found: Answers) -> None:
    assert read_name(world(), typed) == {"place": "name", "typed": typed, **found}


def test_a_name_of_both_banks_asks_which_bank() -> None:
    matches = read_name(world("lo"), "ຊຽງຂອງ")["matches"]
    assert {m.partition(".")[2][:2] for m in matches} == {"TH", "LA"}


def test_several_places_of_the_very_same_name_are_all_that_is_offered() -> None:
    assert read_name(world(), "เฉลิมพระเกียรติ")["matches"] == ["district.TH3123", "district.TH5515"]


def test_another_name_may_be_typed_where_none_of_the_offered_places_is_meant() -> None:
    played = street("lo", {**DRUGS, **read_pin(world(), Place(18.36, 103.67))})
    played.hear(Text("ຫ້ວຍຊາຍ"))
    place = {"place": "name", "typed": "ຫ້ວຍຊາຍ", "district": "LA0501", "named": {"place": "u1"}}
    assert played.memory.answers == DRUGS | place


@pytest.mark.parametrize("typed", ["99", "๙๙", "qwertyuiop"])
def test_what_names_no_place_is_asked_again(typed: str) -> None:
    with pytest.raises(Unreadable):
        read_match(world(), {"matches": ["TH3801", "LA1101"]}, Text(typed))


@pytest.mark.parametrize("label", ["Share the place", "a:here"])
def test_the_button_that_opens_the_map_is_no_place(label: str) -> None:
    body = Choice("here") if label == "a:here" else Text(label)
    with pytest.raises(Unreadable, match="share the place"):
        read_place(world("en"), {}, body)


@pytest.mark.parametrize(
    ("answers", "typed", "found"),
    [
        ({"place": "list", "country": "LA"}, "ບໍລິຄຳໄຊ", {"province": "LA-BL"}),
        ({"place": "list", "country": "LA"}, "ປາກຊັນ", {"district": "LA1101"}),
        ({"place": "list"}, "ปากคาด", {"district": "TH3805"}),
        ({"place": "crossing"}, "ໜອງຄາຍ", {"province": "TH-43"}),
        ({"place": "crossing", "province": "TH-43"}, "ท่าเสด็จ", {"district": "TH4301"}),
        ({"place": "list", "country": "TH", "province": "TH-38"}, "เชียงของ", {"district": "TH5703"}),
    ],
)
def test_names_are_understood_in_the_lists_as_well(answers: Answers, typed: str, found: Answers) -> None:
    played = street("lo", {**DRUGS, **answers})
    played.hear(Text(typed))
    assert found.items() <= played.memory.answers.items()


places = st.sampled_from(
    [
        {"place": "link", "district": "TH3801"},
        {"place": "pin", "pin": [18.29, 103.62], "district": "TH3801"},
        {"place": "pin", "pin": [18.36, 103.67], "matches": BANKS, "match": "LA1101", "district": "LA1101"},
        {"place": "name", "typed": "ปากคาด", "district": "TH3805"},
        {"place": "name", "typed": "บึงกาฬ", "province": "TH-38", "district": "TH3801"},
        {"place": "list", "country": "LA", "province": "LA-BL", "district": "LA1101"},
        {"place": "crossing", "province": "TH-43", "crossing": "TH4307-ban-mo", "district": "TH4307"},
    ]
)  # fmt: skip
times = st.sampled_from([{}, {"when": "now"}, {"when": "earlier", "date": "2026-11-20", "daypart": "night"}])


@given(places, times, st.booleans())
def test_the_way_back_asks_every_given_answer_again_and_ends_at_the_first_question(
    place: Answers, time: Answers, with_words: bool
) -> None:
    answers: Answers = {**DRUGS, **place, **time, **({"seen": SEEN} if with_words else {})}
    for _ in range(12):
        behind = flow.previous(REPORT, answers)
        if behind is None:
            break
        answers = flow.back(REPORT, answers)
        assert asked(answers) == behind.name
        here = world("lo", answers)
        assert behind.name in ("date", "seen") or behind.options(here, answers), f"{behind.name} offers nothing"
    assert asked(answers) == "kind"


@given(places)
def test_a_whole_place_is_shown_and_a_half_one_is_asked(place: Answers) -> None:
    assert asked({**DRUGS, **place}) == "when"
    assert show_place(world("km"), place)
    half = {k: v for k, v in place.items() if k not in ("district", "match", "crossing")}
    assert place["place"] in ("link", "name", "pin") or asked({**DRUGS, **half}) in {q.name for q in WHERE}


def test_everything_that_hangs_on_the_place_falls_with_it() -> None:
    answers = DRUGS | dict.fromkeys(("place", *HANGS_ON_PLACE), "x")
    assert flow.forget(REPORT, answers, "place") == DRUGS


def test_back_destroys_the_files_it_takes_away() -> None:
    played = street(answers=DRUGS | {"place": "link", "district": "TH3801", "when": "now"})
    kept = [e for e in played.hear(Media(MediaKind.PHOTO, "ref")) if isinstance(e, FetchMedia)]
    dropped = [e for e in played.hear(Choice("back")) if isinstance(e, DropMedia)]
    assert [e.file for e in dropped] == [e.file for e in kept]
    assert asked(played.memory.answers) == "seen"


def test_a_resident_who_blocks_the_bot_leaves_no_files_behind() -> None:
    played = street(answers=DRUGS)
    played.hear(Media(MediaKind.PHOTO, "ref"))
    assert any(isinstance(e, DropMedia) for e in played.hear(Removed()))
    assert played.memory.answers == {}


def test_words_without_letters_are_no_report() -> None:
    played = street(answers=DRUGS | {"place": "link", "district": "TH3801", "when": "now"})
    played.hear(Text("\u200b \u2060"))
    played.hear(Media(MediaKind.PHOTO, "ref", caption="\u200b"))
    assert [i["kind"] for i in played.memory.answers["seen"]] == ["photo"]


def test_the_language_of_words_is_not_that_of_a_link_in_them() -> None:
    played = street(answers=DRUGS | {"place": "link", "district": "TH3801", "when": "now"})
    played.hear(Text("ดูนี่ https://example.com/a-long-english-address @somebody"))
    assert played.memory.answers["seen"][0]["language"] == "th"


@pytest.mark.parametrize(("typed", "left"), [("1", True), ("๒", False), ("แจ้งต่อ", True), ("ยกเลิก", False)])
def test_the_offer_to_go_on_is_answered_by_typing(typed: str, left: bool) -> None:
    played = street(answers=DRUGS)
    played.wait(hours=3)
    played.hear(Text("สวัสดี"))
    played.hear(Text(typed))
    assert ("kind" in played.memory.answers) is left
    assert not played.memory.offered


def test_the_place_of_a_poster_is_that_of_the_report_it_began_and_of_no_later_one() -> None:
    """It is over with the offer, however that ends: a button of an older message may answer it, too."""
    for ends in (Choice("continue"), Choice("a:send:ask"), Choice("cancel"), Choice("change:when"), Text("ยกเลิก")):
        played = street(answers=PLACED | {"when": "now", "seen": SEEN})
        played.hear(Command("start", "TH5708"))
        played.hear(ends)
        assert played.memory.answers.get("district") in (None, "TH3801")
        played.hear(Choice("restart"))
        assert "district" not in played.memory.answers


def test_what_came_with_a_return_stays_in_the_report_it_went_into() -> None:
    played = street(answers=DRUGS)
    for answer in ("continue", "restart"):
        played.wait(hours=3)
        played.hear(Text(f"words before {answer}"))
        played.hear(Choice(answer))
    assert [i["text"] for i in played.memory.answers["seen"]] == ["words before restart"]


def test_the_rest_of_an_album_after_a_long_while_is_kept_in_silence() -> None:
    played = street(answers=DRUGS)
    played.wait(hours=3)
    photo = Media(MediaKind.PHOTO, "ref", album="a")
    said = [played.says(played.hear(photo)) != "" for _ in range(3)]
    assert said == [True, False, False]
    assert len(played.memory.answers["seen"]) == 3


def test_a_place_that_comes_first_after_a_report_begins_the_next_one() -> None:
    played = street(answers={})
    played.memory = Memory("th", "1", last="1234-5678")
    assert played.says(played.hear(Place(18.29, 103.62)))
    assert "pin" in played.memory.answers


def test_send_pressed_twice_sends_once_and_tells_the_number_again() -> None:
    played = street(answers=DRUGS | {"place": "link", "district": "TH3801", "when": "now", "seen": SEEN})
    played.hear(Choice("a:send:ask"))
    again = played.says(played.hear(Choice("a:send:ask")))
    assert len(played.cases) == 1
    assert played.cases[0].number in again


def test_a_new_report_leaves_the_number_of_the_last_one_on_the_screen() -> None:
    played = street(answers=DRUGS | {"place": "link", "district": "TH3801", "when": "now", "seen": SEEN})
    played.hear(Choice("a:send:ask"))
    said = [e for e in played.hear(Choice("new"), message="m1") if isinstance(e, Say)]
    assert [s.replaces for s in said if s.to == RESIDENT] == [""]


def test_new_report_under_an_old_message_asks_before_a_half_report_goes() -> None:
    played = street(answers=DRUGS)
    played.hear(Choice("new"))
    assert played.memory.answers == DRUGS
    played.press(1)
    assert played.memory.answers == {}


@pytest.mark.parametrize("page", ["²", "-1", "x", "9" * 5000, ""])
def test_a_made_up_page_is_the_first_one(page: str) -> None:
    played = street(answers=DRUGS | {"place": "list", "country": "TH"})
    played.hear(Choice(f"more:province:{page}"))
    assert played.shown[0].label.startswith("1 ")


def test_long_names_are_written_out_where_line_would_cut_them() -> None:
    played = Street(resident=type(RESIDENT)("line", "r1"), memory=Memory("lo", "1", DRUGS, at=NOW))
    text = played.says(played.hear(Place(18.36, 103.67)))
    assert [line.split(" ")[0] for line in text.splitlines() if line[:1].isdigit()] == ["1", "2", "3"]


def test_every_question_of_the_report_stands_once() -> None:
    names = [q.name for q in screen.FLOW]
    assert len(names) == len(set(names))
