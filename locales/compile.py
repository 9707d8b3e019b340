"""Catalogues from `.po` to `.mo`: run by `make compile`, and by the build, which knows this file by its path only."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent


def build(locales: Path = LOCALES) -> list[Path]:
    """Write every catalogue below `locales` beside its `.po`; a file whose content would be the same is left alone.

    Raises babel.messages.pofile.PoFileError when a catalogue cannot be read.
    """
    return [compiled(source) for source in sorted(locales.glob("*/LC_MESSAGES/*.po"))]


def compiled(source: Path) -> Path:
    """Compile one catalogue. Fuzzy texts are left out: a guess is worse than the English words."""
    target = source.with_suffix(".mo")
    partial = target.with_suffix(".mo.partial")
    with source.open("rb") as texts, partial.open("wb") as out:
        write_mo(out, read_po(texts, locale=source.parent.parent.name, abort_invalid=True))
    if target.exists() and target.read_bytes() == partial.read_bytes():
        partial.unlink()
    else:
        partial.replace(target)
    return target


if __name__ == "__main__":
    for path in build():
        print(path)
