"""What people type can neither hide, nor pose as the bot, nor be pressed, nor run."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.clean import MOST_MARKS, QUOTE, cell, defang, quoted, reordered, shown

LEGAL = {
    "th": [
        "พบเรือต้องสงสัยข้ามแม่น้ำโขงตอนตีสองที่ อ.เชียงแสน จ.เชียงราย",
        "ผู้ต้องหาถือปืน ๒ กระบอก บริสุทธิ์หรือไม่ ทราบภายหลัง ณ วันที่ 23 ต.ค. เวลา 10.30 น.",
        "เจ้าหน้าที่ยึดยาบ้า 1,200,000 เม็ด กู้ยืมเงิน ขู่เข็ญ กตัญญู ฤๅษี เปาะเปี๊ยะ ก๋วยเตี๋ยว ศักดิ์สิทธิ์",
        "น้ำท่วม ค้ำประกัน ซ้ำแล้วซ้ำเล่า เสียงปืนดังปัง ๆ ฯลฯ",
    ],
    "lo": [
        "ເຫັນເຮືອຂົນຢາບ້າຂ້າມແມ່ນ້ຳຂອງ ຢູ່ບ້ານຫ້ວຍຊາຍ ແຂວງບໍ່ແກ້ວ",
        "ຄົນຮ້າຍໜີໄປແລ້ວ ໝູ່ບ້ານຢ້ານຫຼາຍ ຄ່ຳມື້ນີ້ ນໍ້າຖ້ວມ ເຈົ້າໜ້າທີ່ກໍ່ບໍ່ມາ",
        "ວັນທີ ໒໓ ເດືອນພະຈິກ ປີ ໒໐໒໖ ເວລາ 14:05 ໂມງ ຄວາມຮູ້ຄວາມເຂົ້າໃຈ ເລື້ອຍໆ",
    ],
    "km": [
        "ឃើញទូកដឹកគ្រឿងញៀនឆ្លងទន្លេមេគង្គនៅយប់ម៉ិញ ខេត្តស្ទឹងត្រែង",
        "ស្ត្រីម្នាក់ត្រូវបានជួញដូរ ប៉ូលិសកម្ពុជា រដ្ឋាភិបាល ច័ន្ទ អង្គារ ព្រហស្បតិ៍ សៅរ៍ ធម៌ កាណ៌",
        "ខ្ញុំសុំជំនួយ កុម្ភៈ សាស្ត្រា សង្គ្រោះ ប៊ិច ស៊ី អ៊ុំ ម៉ោង ១៤:០៥ ផ្សេងៗ ។ល។",
    ],
}
PHRASES = [phrase for phrases in LEGAL.values() for phrase in phrases]
NASTY = st.text(
    st.sampled_from("aกิ่ำກ່ຳក្ុំ៉ខ\u0301\u0489\u200b\u200c\u200d\u202e\u2066\ufeff\n\r\t \0\x85\u2028.:/@=+-hWt１ไทย\ud800")
)
ANY = st.text() | NASTY | st.sampled_from(PHRASES)


@pytest.mark.parametrize("phrase", PHRASES)
def test_legal_words_are_unchanged(phrase: str) -> None:
    assert shown(phrase) == phrase
    assert defang(phrase) == phrase
    assert cell(phrase) == phrase


@given(st.lists(st.sampled_from([word for phrase in PHRASES for word in phrase.split()]), min_size=1))
def test_legal_words_are_unchanged_in_any_order(words: list[str]) -> None:
    text = "".join(words)
    assert shown(text) == text


@given(ANY)
def test_shown_words_hide_nothing(text: str) -> None:
    result = shown(text)
    assert not reordered(result)
    assert not [c for c in result if c != "\n" and unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not set(result) & set("\u200b\ufeff\u2060\U000e0041")
    assert "\n\n\n\n" not in result
    result.encode()


@given(ANY)
def test_shown_words_are_settled(text: str) -> None:
    assert unicodedata.is_normalized("NFC", shown(text))
    assert shown(shown(text)) == shown(text)


@given(st.sampled_from("aกກក"), st.lists(st.sampled_from("\u0301\u0302\u0489็่\u0eb4\u0ec8"), max_size=300))
def test_storms_of_marks_are_squeezed(base: str, marks: list[str]) -> None:
    assert len(shown(base + "".join(marks))) <= 1 + MOST_MARKS


def test_a_tower_of_khmer_letters_is_squeezed() -> None:
    assert shown("ក" + "្ក" * 500) == "ក" + "្ក" * 4


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\tb", "a b"),
        ("a\u202eb\u2066c\u200fd\u061c", "abcd"),
        ("ភ្នំ\u200bពេញ", "ភ្នំពេញ"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("e\u0301", "é"),
        ("a\n\n\n\n \n\nb", "a\n\n\nb"),
        ("\x1b[31mred\x00", "[31mred"),
    ],
)
def test_shown(typed: str, seen: str) -> None:
    assert shown(typed) == seen


def test_it_can_be_told_that_the_order_was_changed() -> None:
    assert reordered("a\u202eb")
    assert not any(reordered(phrase) for phrase in PHRASES)


@given(ANY)
def test_every_quoted_line_has_its_mark(text: str) -> None:
    assert all(line.startswith(QUOTE) for line in quoted(text).splitlines())


def test_quoted_keeps_the_words() -> None:
    assert quoted("หนึ่ง\u2028CASE CLOSED\r\n") == f"{QUOTE}หนึ่ง\n{QUOTE}CASE CLOSED"
    assert quoted(" \n"[1:]) == ""


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("https://a.b", "hxxps://a[.]b"),
        ("HTTP://Evil.Example/a.b?c=d", "HxxP://Evil[.]Example/a.b?c=d"),
        ("ดูbit.ly/xนะ", "ดูbit[.]ly/xนะ"),
        ("t.me/x, line.me; www.x.com.", "t[.]me/x, line[.]me; www[.]x[.]com."),
        ("tg://resolve?domain=x", "tg[:]//resolve?domain=x"),
        ("javascript://x", "javascript[:]//x"),
        ("line://ti/p/x", "line[:]//ti/p/x"),
        ("@officer a@b.co.th", "[@]officer a[@]b[.]co[.]th"),
        ("192.168.1.1/x", "192[.]168[.]1[.]1/x"),
        ("http://ตัวอย่าง.ไทย/x", "hxxp://ตัวอย่าง[.]ไทย/x"),
        ("ตัวอย่าง.ไทย", "ตัวอย่าง[.]ไทย"),
        ("xn--o3cw4h.xn--o3cw4h", "xn--o3cw4h[.]xn--o3cw4h"),
        ("evil。com", "evil[.]com"),
        ("/close 1", "[/]close 1"),
    ],
)
def test_links_cannot_be_pressed(typed: str, seen: str) -> None:
    assert defang(typed) == seen


@pytest.mark.parametrize(
    "text",
    ["อ.เมือง", "อ.ไทยเจริญ", "ต.ค.", "10.30 น.", "3.5 กม.", "23.11.2026", "ชาย/หญิง", "5/6", "e.g. this", "ສ.ປ.ປ.ລາວ"],
)
def test_abbreviations_and_numbers_are_no_links(text: str) -> None:
    assert defang(text) == text


@given(ANY)
def test_defanging_twice_changes_nothing(text: str) -> None:
    assert defang(defang(text)) == defang(text)


@pytest.mark.parametrize("start", [*"=+-@\t\r\0＝＋－＠﹦", "\u200b=", "\ufeff +", " \n=", "\u202e-"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert cell(start + "1").startswith("'")


@given(ANY)
def test_a_cell_comes_back_from_a_spreadsheet(text: str) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerow([cell(text), "next"])
    assert next(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [cell(text), "next"]
