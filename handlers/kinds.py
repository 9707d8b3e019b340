"""The kinds of report, what makes one urgent, and how a code reads in a language."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from handlers.world import Answers
from locales import N, Words

# TRANSLATORS: a kind of incident, on a button: at most 15 letters, for all of these.
KINDS = {
    "drugs": ("💊", N("Drugs")),
    # TRANSLATORS: people who were trafficked, sold, locked up or forced to work; on a button.
    "people": ("⛓️", N("Trafficking")),
    # TRANSLATORS: people crossing the border unlawfully; on a button.
    "entry": ("🚶", N("Illegal crossing")),
    # TRANSLATORS: smuggled goods, vehicles or animals; on a button.
    "goods": ("📦", N("Smuggling")),
    "scam": ("📱", N("Online scam")),
    "weapons": ("🔫", N("Weapons")),
    "other": ("❓", N("Something else")),
}
# TRANSLATORS: how a report stands, as the resident who sent it reads it.
STATUS = {
    "new": N("not taken yet"),
    "taken": N("being looked at"),
    "checking": N("being looked at"),
    "waiting": N("waiting for your answer"),
    "closing": N("being looked at"),
    "closed": N("finished"),
    "withdrawn": N("taken back"),
}
DAYPARTS = {
    "morning": ("🌅", N("Morning")),
    "afternoon": ("☀️", N("Afternoon")),
    "evening": ("🌆", N("Evening")),
    "night": ("🌙", N("Night")),
}
LIFE_AT_RISK = ("people", "weapons")


COUNTED: Mapping[str, Callable[[Words, int], str]] = {
    "photo": lambda words, count: words.n("{count} photo", "{count} photos", count),
    "video": lambda words, count: words.n("{count} video", "{count} videos", count),
    "voice": lambda words, count: words.n("{count} voice message", "{count} voice messages", count),
    "document": lambda words, count: words.n("{count} file", "{count} files", count),
}


def kind_text(words: Words, kind: str) -> str:
    icon, text = KINDS.get(kind, KINDS["other"])
    return f"{icon} {words.t(text)}"


def is_urgent(answers: Answers) -> bool:
    """A life may be at risk now: such an alert never waits and goes first."""
    at_risk = answers.get("kind") in LIFE_AT_RISK and answers.get("when") in ("now", "today")
    return at_risk or answers.get("help") == "yes"


def seen_text(words: Words, items: Sequence[Mapping[str, Any]]) -> str:
    """Words and files that were sent, counted: `written words, 2 photos, 1 voice message`."""
    said = [words.t("written words")] if any("text" in i for i in items) else []
    for kind, many in COUNTED.items():
        if count := sum(1 for i in items if i.get("kind") == kind):
            said.append(many(words, count))
    return ", ".join(said)
