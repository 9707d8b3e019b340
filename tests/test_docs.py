"""What the manuals say is there, and what is there is said: commands, settings, targets of make, links, words."""

import re
import tomllib
from pathlib import Path

import pytest

from bot import reading
from bot.__main__ import COMMANDS
from handlers import commands
from locales.update import catalogue_path, read

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)")
SAID = {"resident": "residents.md", "officer": "officers.md", "lead": "officers.md", "coordinator": "coordinators.md"}
COUNTRY = {"th": "TH", "lo": "LA", "km": "KH"}  # whose numbers to call a guide of language lists
PAGES = sorted(p for p in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


def text(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def in_backticks(page: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", page)


@pytest.mark.parametrize("name", COMMANDS)
def test_operators_find_every_command(name: str) -> None:
    assert name in in_backticks(text("operators.md"))


@pytest.mark.parametrize("name", reading.names())
def test_operators_find_every_setting(name: str) -> None:
    assert name in in_backticks(text("operators.md"))


def test_the_manual_shows_the_arguments_that_are_there() -> None:
    shown = {m[1]: m[0] for m in re.findall(r"`(ntswatch ([a-z]+)[^`\n]*)`", text("operators.md"))}
    assert set(COMMANDS) <= set(shown) | {"where"}
    options = {o for usage in in_backticks(text("operators.md")) for o in re.findall(r"--[a-z]+", usage)}
    known = {n for c in COMMANDS.values() for a in c.arguments for n in a.names if n.startswith("--")}
    assert known <= options


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_everybody_finds_the_commands_they_may_use(name: str) -> None:
    said = in_backticks(text(SAID[commands.COMMANDS[name].role]))
    assert any(re.match(rf"/{name}\b", one) for one in said)


@pytest.mark.parametrize("page", SAID.values())
def test_no_page_tells_of_a_command_that_is_not_there(page: str) -> None:
    told = {m for one in in_backticks(text(page)) for m in re.findall(r"^/([a-z]+)", one)}
    assert told - set(commands.COMMANDS) == set()


def test_the_readme_begins_with_what_make_can_do() -> None:
    told = re.findall(r"\bmake ([a-z]+)", (ROOT / "README.md").read_text("utf-8"))
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {"run", "test"} <= set(told)
    assert set(told) <= set(targets)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text("utf-8")):
        there = page.parent / target if target else page
        assert there.exists(), target
        if anchor and there.suffix == ".md":
            assert anchor[1:] in anchors(there), anchor


def anchors(page: Path) -> set[str]:
    """What GitHub makes of the headings."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def rows(language: str, heading: str) -> list[list[str]]:
    """The table below a heading of a language's guide, without its head."""
    page = text(f"language/{language}.md")
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def said(language: str) -> str:
    """Everything that a catalogue says."""
    forms = [message.string for message in read(catalogue_path(ROOT, language), language) if message.id]
    return "\n".join(form if isinstance(form, str) else "\n".join(form or ()) for form in forms)


@pytest.mark.parametrize("language", COUNTRY)
def test_a_glossary_has_sixty_words_and_each_its_source(language: str) -> None:
    glossary = rows(language, "Glossary")
    sources = [row[0] for row in rows(language, "Sources")]
    assert len({row[0] for row in glossary}) == len(glossary) >= 60
    assert len(set(sources)) == len(sources)
    for english, *_, source in (*glossary, *rows(language, "Numbers to call")):
        assert set(source.split(", ")) <= set(sources), english


@pytest.mark.parametrize("language", COUNTRY)
def test_the_words_of_a_glossary_are_those_of_the_catalogue(language: str) -> None:
    spoken = said(language)
    words = {word for row in rows(language, "Glossary") for word in row[1].split(" / ")}
    assert {word for word in words if word not in spoken} == set(), "change the glossary with the text, and say why"


@pytest.mark.parametrize("language", COUNTRY)
def test_a_source_has_an_address_or_says_that_it_was_not_verified(language: str) -> None:
    for letter, what, address, state in rows(language, "Sources"):
        assert what, letter
        assert (state == "read") is bool(re.fullmatch(r"<https?://\S+>", address)), letter
        assert state in ("read", "not verified"), letter


@pytest.mark.parametrize("language", COUNTRY)
def test_every_number_that_the_settings_offer_has_a_source(language: str) -> None:
    offered = tomllib.loads((ROOT / "config.example.toml").read_text("utf-8"))["emergency"][COUNTRY[language]]
    assert offered
    assert set(offered.values()) <= {row[0] for row in rows(language, "Numbers to call")}
