"""Words: the gettext catalogues of every language, looked up by their English text."""

import gettext
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

LANGUAGES = ("th", "lo", "km", "en")
DOMAIN = "ntswatch"
TEXTS_KEPT = 2_048  # more than the code has

__all__ = ["DOMAIN", "LANGUAGES", "MissingCatalogue", "N", "Words", "load"]


class MissingCatalogue(Exception):
    """A compiled catalogue is not there: the message says which and how to make it."""


def N(msgid: str, /) -> str:
    """Mark a text for the catalogues that is looked up later: `WHAT = N("Drugs")`, then `words.t(WHAT)`."""
    return msgid


class Words:
    """The words of one language. Texts are `str.format` templates; an unknown text is said in English."""

    __slots__ = ("_context", "_plural", "language", "plain")

    def __init__(self, language: str, catalogue: gettext.NullTranslations) -> None:
        self.language = language
        self.plain = lru_cache(TEXTS_KEPT)(catalogue.gettext)  # `t` of a text with nothing to fill in
        self._plural = catalogue.ngettext
        self._context = catalogue.pgettext

    def t(self, msgid: str, /, **args: object) -> str:
        """Say `msgid` in this language, `{names}` filled from `args`; without `args` braces stay as they are."""
        text = self.plain(msgid)
        return text.format_map(args) if args else text

    def n(self, singular: str, plural: str, count: int, /, **args: object) -> str:
        """Say it for `count` things; `{count}` is known to the text without being passed."""
        return self._plural(singular, plural, count).format_map({"count": count, **args})

    def c(self, context: str, msgid: str, /, **args: object) -> str:
        """Say `msgid` as it is meant in `context`, for English words which have several meanings ("Back", "Open")."""
        text = self._context(context, msgid)
        return text.format_map(args) if args else text


def load(folder: Traversable | None = None) -> Mapping[str, Words]:
    """Read the compiled catalogue of every language, from `folder` when it is not the installed one.

    Raises MissingCatalogue when one was not compiled yet.
    """
    where = folder or files(__name__)
    return MappingProxyType({language: Words(language, _catalogue(where, language)) for language in LANGUAGES})


def _catalogue(folder: Traversable, language: str) -> gettext.GNUTranslations:
    path = folder / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
    try:
        with path.open("rb") as compiled:
            return gettext.GNUTranslations(compiled)
    except FileNotFoundError:
        raise MissingCatalogue(f"no words for {language!r}: {path} is missing; run `make compile`") from None
