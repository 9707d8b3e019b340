"""What officers can ask a reporter without writing a word: each text is in every catalogue, so nobody translates.

Back-translations for those who check them: docs/questions.md. None asks who the reporter is, or to come anywhere.
"""

from handlers.kinds import KINDS
from handlers.values import dataclass
from locales import N

EVERY = tuple(KINDS)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One question: `label` on the officer's button (15 letters), `text` as the reporter reads it, for which kinds."""

    label: str
    text: str
    kinds: tuple[str, ...] = EVERY
    yes_no: bool = False


# TRANSLATORS: the short texts stand on an officer's button, at most 15 letters; the long ones are read by a resident.
PHRASES = {
    "where": Phrase(N("Exact place"), N("Where exactly was it? You can send the place on the map.")),
    "still": Phrase(N("Still there?"), N("Is it still going on?"), yes_no=True),
    "hurt": Phrase(
        N("Anybody hurt?"), N("Is anybody hurt or in danger?"), ("people", "entry", "weapons", "drugs", "other"), True
    ),
    "many": Phrase(N("How many people"), N("How many people were there?"), ("people", "entry", "drugs", "weapons")),
    "children": Phrase(N("Children?"), N("Were there children among them?"), ("people", "entry"), True),
    "vehicle": Phrase(
        N("Vehicle, boat"),
        N("What did the car or boat look like: colour, kind, number?"),
        ("people", "entry", "drugs", "goods", "weapons", "other"),
    ),
    "went": Phrase(N("Which way"), N("Which way did they go?"), ("people", "entry", "drugs", "goods", "weapons")),
    "goods": Phrase(N("What goods"), N("What was it, and how much?"), ("drugs", "goods", "weapons", "other")),
    "account": Phrase(N("Account, number"), N("Which telephone number, account or page did they use?"), ("scam",)),
    "paid": Phrase(N("Money paid?"), N("Was money paid already?"), ("scam",), True),
    "photo": Phrase(N("A photo?"), N("Do you have a photo of it? Do not take one if somebody could see you.")),
}


def of_kind(kind: str) -> dict[str, Phrase]:
    return {code: phrase for code, phrase in PHRASES.items() if kind in phrase.kinds}
