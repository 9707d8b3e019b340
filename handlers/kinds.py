"""The kinds of report, what makes one urgent, and how a code reads in a language."""

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
STATUS = {"new": N("not taken yet"), "taken": N("being looked at"), "done": N("finished")}
DAYPARTS = {
    "morning": ("🌅", N("Morning")),
    "afternoon": ("☀️", N("Afternoon")),
    "evening": ("🌆", N("Evening")),
    "night": ("🌙", N("Night")),
}
LIFE_AT_RISK = ("people", "weapons")


def kind_text(words: Words, kind: str) -> str:
    icon, text = KINDS.get(kind, KINDS["other"])
    return f"{icon} {words.t(text)}"


def is_urgent(answers: Answers) -> bool:
    """A life may be at risk now: such an alert never waits and goes first."""
    return answers.get("kind") in LIFE_AT_RISK and answers.get("when") in ("now", "today")
