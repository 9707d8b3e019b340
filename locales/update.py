"""Catalogues follow the code: `make messages` extracts and merges, `--check` says what a translator has left to do."""

import argparse
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from locales import DOMAIN, LANGUAGES
from locales.extracting import texts

ROOT = Path(__file__).parent.parent
SOURCES = ("bot", "handlers", "storage")
TEMPLATE = Path("locales") / f"{DOMAIN}.pot"
ENGLISH = "en"
WIDTH = 100
ZERO_WIDTH_SPACE = "\u200b"  # invisible, pasted along with Khmer and Lao texts; typed words would no longer match ours
HEADERS = (b"Language:", b"Plural-Forms:", b"Content-Type:")  # no dates: each would be a merge conflict
NOTE = "# Words of NTS-Mekong Watch; the English text is the key. CONTRIBUTING.md says how."
GUESSED = "python-format"  # Babel sees one in every percent sign; our texts are all filled by `str.format`


class UnreadablePlaceholder(Exception):
    """A text is no `str.format` template: it has a lone brace or a field without a name."""


def extract(root: Path = ROOT) -> Catalog:
    """Collect every text that the code says, with the comments marked `TRANSLATORS:` above it."""
    template = Catalog(project=DOMAIN, charset="utf-8", fuzzy=False)
    for path in sorted(path for source in SOURCES for path in (root / source).rglob("*.py")):
        for found in texts(path.read_text("utf-8")):
            place = [(path.relative_to(root).as_posix(), found.line)]
            template.add(found.msgid, None, place, (), found.comments, context=found.context)
    return template


def merge(template: Catalog, known: Catalog, language: str, prune: bool = False) -> Catalog:
    """Carry the translations of `known` over to the texts of `template`; nothing is guessed.

    Texts that the code no longer says wait in the obsolete part, in case they return, until `prune` drops them.
    """
    merged = Catalog(language, project=DOMAIN, charset="utf-8", fuzzy=False)
    for message in _messages(template):
        old = _find(known, message)
        said = message.id if language == ENGLISH else old.string if old and _same_form(old, message) else None
        flags, notes = (old.flags, old.user_comments) if old else ((), ())
        merged.add(message.id, said, message.locations, flags, message.auto_comments, notes, context=message.context)
    if not prune and language != ENGLISH:
        for message in (*_messages(known), *known.obsolete.values()):
            if any(_forms(message.string)) and _find(merged, message) is None:
                merged.obsolete[_key(message)] = message
    return merged


def render(catalogue: Catalog) -> bytes:
    """Write a catalogue so that equal texts give equal bytes: sorted, no line numbers, no dates."""
    catalogue.header_comment = NOTE
    for message in catalogue:
        message.flags.discard(GUESSED)
    out = BytesIO()
    write_po(out, catalogue, width=WIDTH, sort_output=True, include_lineno=False, include_previous=False)
    header, gap, texts = out.getvalue().partition(b"\n\n")
    kept = [line for line in header.split(b"\n") if not line.startswith(b'"') or line[1:].startswith(HEADERS)]
    return (b"\n".join(kept) + gap + texts).rstrip(b"\n") + b"\n"


def read(path: Path, language: str) -> Catalog:
    """Read the catalogue of a language; an empty one where there is none yet."""
    if not path.exists():
        return Catalog(language)
    with path.open("rb") as texts:
        return read_po(texts, locale=language, abort_invalid=True)


def catalogue_path(root: Path, language: str) -> Path:
    """Where the words of a language are kept."""
    return root / "locales" / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def update(root: Path = ROOT, prune: bool = False) -> list[Path]:
    """Bring the template and every catalogue up to date; give back the files that changed."""
    template = extract(root)
    wanted = {root / TEMPLATE: render(template)}
    for language in LANGUAGES:
        path = catalogue_path(root, language)
        wanted[path] = render(merge(template, read(path, language), language, prune))
    changed = [path for path, content in wanted.items() if not path.exists() or path.read_bytes() != content]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.partial")
        partial.write_bytes(wanted[path])
        partial.replace(path)
    return changed


def problems(root: Path = ROOT) -> Iterator[str]:
    """Say everything that keeps the catalogues from being complete, one line each."""
    template = extract(root)
    stale = "is not up to date with the code: run `make messages`"
    if not (root / TEMPLATE).exists() or (root / TEMPLATE).read_bytes() != render(template):
        yield f"{TEMPLATE} {stale}"
    for language in LANGUAGES:
        path = catalogue_path(root, language)
        catalogue = read(path, language)
        name = path.relative_to(root)
        if not path.exists() or path.read_bytes() != render(merge(template, catalogue, language)):
            yield f"{name} {stale}"
        yield from (f"{name}: obsolete: {message.id!r}: run `make prune`" for message in catalogue.obsolete.values())
        for message in _messages(catalogue):
            yield from (f"{name}: {problem}: {message.id!r}" for problem in faults(message))


def faults(message: Message) -> Iterator[str]:
    """Say what is wrong with one translation."""
    ids, strings = _forms(message.id), _forms(message.string)
    if not all(strings):
        yield "missing"
        return
    if message.fuzzy:
        yield "fuzzy"
    if any(ZERO_WIDTH_SPACE in text for text in strings):
        yield "contains a zero width space (U+200B)"
    for said, meant in _pairs(ids, strings):
        if _edges(said) != _edges(meant):
            yield "begins or ends with other spaces"
        try:
            if placeholders(said) != placeholders(meant):
                yield f"other placeholders {sorted(placeholders(said))} than {sorted(placeholders(meant))}"
        except UnreadablePlaceholder as problem:
            yield f"{problem} in {said!r}"


def placeholders(text: str) -> set[str]:
    """The names in braces which `str.format` fills.

    Raises UnreadablePlaceholder.
    """
    try:
        names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as problem:
        raise UnreadablePlaceholder(f"{problem}") from None
    if not all(name.isidentifier() for name in names):
        raise UnreadablePlaceholder("a placeholder without a plain name")
    return names


def main(arguments: list[str] | None = None) -> int:
    """Update the catalogues, or with `--check` only look; 1 when something is left to do."""
    parser = argparse.ArgumentParser(prog="python -m locales.update", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, say what is missing")
    parser.add_argument("--prune", action="store_true", help="drop translations of texts which the code no longer says")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout to work on")
    chosen = parser.parse_args(arguments)
    if chosen.check:
        lines = list(problems(chosen.root))
    else:
        lines = [f"updated {path.relative_to(chosen.root)}" for path in update(chosen.root, chosen.prune)]
    print(*lines, sep="\n", end="\n" if lines else "")
    return int(chosen.check and bool(lines))


def _messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _key(message: Message) -> str | tuple[str, str]:
    name = message.id if isinstance(message.id, str) else message.id[0]
    return (name, message.context) if message.context is not None else name


def _find(catalogue: Catalog, message: Message) -> Message | None:
    key = _key(message)
    return catalogue.get(message.id, message.context) or catalogue.obsolete.get(key)


def _same_form(one: Message, other: Message) -> bool:
    return isinstance(one.id, str) == isinstance(other.id, str)


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ("",))


def _pairs(ids: tuple[str, ...], strings: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """A language with one form only (Thai, Lao, Khmer) says the plural; English says each."""
    meant = ids if len(strings) == len(ids) else (ids[-1],) * len(strings)
    return zip(strings, meant, strict=True)


def _edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


if __name__ == "__main__":
    sys.exit(main())
