"""Catalogues: every language says everything, in its own letters; and the tools that see to it do what they say."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from locales import LANGUAGES, MissingCatalogue, Words, load
from locales.compile import build
from locales.update import ROOT, UnreadablePlaceholder, catalogue_path, faults, main, placeholders, problems, update

FOREIGN = tuple(language for language in LANGUAGES if language != "en")

# Names that stay in Latin letters in every language: products, units and what the platforms show themselves.
LATIN_NAMES = {
    "LINE", "Telegram", "GPS", "QR", "PIN", "SMS", "OK", "NTS", "NTS-Mekong", "Mekong", "Watch", "VSV", "Facebook",
    "WhatsApp", "WeChat", "TikTok", "Google", "Maps", "Wi-Fi", "PDF", "CSV", "MB", "GB", "KB", "km", "m", "kg", "FROM",
    "TO", "Bot", "Mueang", "Bueng", "Kan",
}  # fmt: skip
# What a command takes has to be typed in Latin letters, as in `/detail headline`.
ARGUMENTS = {"headline", "full", "on", "off", "th", "lo", "km", "add", "drop", "drugs"}
NOT_WORDS = re.compile(r"\{[^{}]*\}|https?://\S+|/[a-z]+|[\w.]+@[\w.]+|\b\d+[dhm]\b|\b[A-Z]{1,4}-?\d[\w-]*")
LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z-]+")


def texts(language: str) -> list[Message]:
    """Every text of a language, as its source says it."""
    with catalogue_path(ROOT, language).open("rb") as source:
        return [message for message in read_po(source, locale=language) if message.id]


def forms(message: Message) -> Iterator[str]:
    """What is said: one text, or one for each plural form."""
    yield from (message.string,) if isinstance(message.string, str) else message.string or ()


def latin_words(text: str) -> list[str]:
    """Words in Latin letters that are no name, command, placeholder, address or case number."""
    return [word for word in LATIN_WORD.findall(NOT_WORDS.sub(" ", text)) if word not in LATIN_NAMES | ARGUMENTS]


def test_every_text_is_said_in_every_language() -> None:
    assert list(problems()) == []


@pytest.mark.parametrize("language", FOREIGN)
def test_no_english_is_left_in_a_translation(language: str) -> None:
    said = [text for message in texts(language) for text in forms(message)]
    assert {text: words for text in said if (words := latin_words(text))} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_compiled_catalogue_says_what_its_source_says(language: str) -> None:
    words = load()[language]
    plain = {m.id: m.string for m in texts(language) if isinstance(m.id, str) and m.string and not m.context}
    assert {id: words.t(id) for id in plain} == plain


@pytest.mark.parametrize(
    ("said", "left"),
    [("ส่ง /help ใน LINE ถึง {name}", []), ("คดี BK-2026 ที่ http://a.b/c", []), ("กด Take", ["Take"])],
)
def test_english_words_are_told_from_names(said: str, left: list[str]) -> None:
    assert latin_words(said) == left


@pytest.mark.parametrize(
    ("english", "said", "problem"),
    [
        ("Send", "", "missing"),
        ("Send", "ส่ง", None),
        ("Hello {name}", "สวัสดี", "other placeholders [] than ['name']"),
        ("Hello {name}", "สวัสดี {nam}", "other placeholders ['nam'] than ['name']"),
        ("{at:%H:%M} {name}", "{name} {at:%d}", None),
        ("Hello {name}", "สวัสดี {name", "expected '}' before end of string in 'สวัสดี {name'"),
        ("Hello {name}", "สวัสดี {}", "a placeholder without a plain name in 'สวัสดี {}'"),
        ("Send ", "ส่ง", "begins or ends with other spaces"),
        ("Send", "ส่\u200bง", "contains a zero width space (U+200B)"),
    ],
)
def test_one_fault_is_named(english: str, said: str, problem: str | None) -> None:
    assert list(faults(Message(english, said))) == ([problem] if problem else [])


def test_a_guess_is_a_fault() -> None:
    assert list(faults(Message("Send", "ส่ง", flags=["fuzzy"]))) == ["fuzzy"]


def test_one_form_says_the_plural_and_two_say_each() -> None:
    ids = ("A report", "{count} reports")
    assert list(faults(Message(ids, ("{count} รายงาน",)))) == []
    assert list(faults(Message(ids, ("รายงาน",)))) != []
    assert list(faults(Message(ids, ids))) == []


def test_a_placeholder_is_counted_by_its_name() -> None:
    assert placeholders("{a} {a} {b:%d.%m}") == {"a", "b"}
    with pytest.raises(UnreadablePlaceholder):
        placeholders("{0}")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout whose code says four texts."""
    for folder in ("bot", "handlers", "storage", "locales"):
        (tmp_path / folder).mkdir()
    says(
        tmp_path,
        'w.t("Send 100 % of it")',
        'N("Later")',
        'w.n("{count} case", "{count} cases", 2)',
        'w.c("map", "Open")',
    )
    return tmp_path


def says(checkout: Path, *lines: str) -> None:
    body = ["# TRANSLATORS: on a button", *lines]
    (checkout / "handlers" / "some.py").write_text("\n".join(body), "utf-8")


def translate(checkout: Path, language: str, english: str, said: str) -> None:
    path = catalogue_path(checkout, language)
    text = path.read_text("utf-8")
    before = f'"{english}"\nmsgstr ""'
    assert before in text
    path.write_text(text.replace(before, f'"{english}"\nmsgstr "{said}"'), "utf-8")


def read(checkout: Path, language: str) -> Catalog:
    with catalogue_path(checkout, language).open("rb") as texts:
        return read_po(texts, locale=language)


def test_update_finds_the_texts_and_their_comments(checkout: Path) -> None:
    update(checkout)
    text = catalogue_path(checkout, "lo").read_text("utf-8")
    assert [message.id for message in read(checkout, "lo") if message.id] == [
        "Later", "Open", "Send 100 % of it", ("{count} case", "{count} cases"),
    ]  # fmt: skip
    assert "#. on a button\n#: handlers/some.py\nmsgid" in text
    assert 'msgctxt "map"' in text
    assert "python-format" not in text


def test_english_needs_no_translator(checkout: Path) -> None:
    update(checkout)
    assert [problem for problem in problems(checkout) if "/en/" in problem] == []
    assert len([problem for problem in problems(checkout) if "missing" in problem]) == 3 * 4


def test_update_twice_changes_nothing_and_moved_lines_neither(checkout: Path) -> None:
    assert len(update(checkout)) == 5
    assert update(checkout) == []
    code = checkout / "handlers" / "some.py"
    code.write_text("\n" * 30 + code.read_text("utf-8"), "utf-8")
    assert update(checkout) == []


def test_a_text_that_goes_waits_for_its_return_until_pruned(checkout: Path) -> None:
    update(checkout)
    translate(checkout, "th", "Later", "ภายหลัง")
    says(checkout, 'w.t("Send")')
    update(checkout)
    assert any("obsolete: 'Later'" in problem for problem in problems(checkout))
    says(checkout, 'N("Later")')
    update(checkout)
    assert read(checkout, "th")["Later"].string == "ภายหลัง"
    says(checkout, 'w.t("Send")')
    update(checkout, prune=True)
    assert not any("obsolete" in problem for problem in problems(checkout))


def test_a_similar_text_is_not_guessed(checkout: Path) -> None:
    update(checkout)
    translate(checkout, "th", "Later", "ภายหลัง")
    says(checkout, 'N("Laterr")')
    update(checkout)
    assert not read(checkout, "th")["Laterr"].string


def test_new_texts_in_the_code_make_the_check_fail(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--root", str(checkout)])
    for language, said in (("th", "ส่ง"), ("lo", "ສົ່ງ"), ("km", "ផ្ញើ")):
        says(checkout, 'w.t("Send")')
        update(checkout, prune=True)
        translate(checkout, language, "Send", said)
    assert main(["--check", "--root", str(checkout)]) == 0
    says(checkout, 'w.t("Send")', 'w.t("Now")')
    capsys.readouterr()
    assert main(["--check", "--root", str(checkout)]) == 1
    assert "ntswatch.pot is not up to date with the code: run `make messages`" in capsys.readouterr().out


def test_words_of_a_language(checkout: Path) -> None:
    update(checkout)
    translate(checkout, "th", "Later", "ภายหลัง")
    translate(checkout, "th", "Open", "เปิด {count}")
    build(checkout / "locales")
    words = words_of(checkout, "th")
    assert words.t("Later") == "ภายหลัง"
    assert words.t("Open") == "Open"
    assert words.c("map", "Open", count=3) == "เปิด 3"
    assert words.t("Unknown {name}", name="{x}") == "Unknown {x}"
    assert words.t("Unknown {name}") == "Unknown {name}"
    english = words_of(checkout, "en")
    assert [english.n("{count} case", "{count} cases", count) for count in (1, 2)] == ["1 case", "2 cases"]


def words_of(checkout: Path, language: str) -> Words:
    return load(checkout / "locales")[language]


def test_a_missing_catalogue_says_what_to_do(checkout: Path) -> None:
    with pytest.raises(MissingCatalogue, match="make compile"):
        words_of(checkout, "th")


def test_compiling_again_leaves_equal_files_alone(checkout: Path) -> None:
    update(checkout)
    paths = build(checkout / "locales")
    before = [path.stat().st_ino for path in paths]
    assert [path.stat().st_ino for path in build(checkout / "locales")] == before
