"""What is asked beyond the shortest report, by kind: data. Codes are stored, and stay; words are shown.

Nothing is asked that a card does not show, and never who the reporter is, where they come from, or what papers they
have.
"""

from collections.abc import Mapping

from handlers.values import dataclass
from locales import N

Labels = Mapping[str, tuple[str, str]]  # code -> (picture, words)


@dataclass(frozen=True, slots=True)
class Asked:
    """One closed question: its text, and its answers by code."""

    text: str
    answers: Labels


# TRANSLATORS: answers on buttons, at most 14 letters for all of these. Who did it: people who live here, ...
QUESTIONS: Mapping[str, Asked] = {
    "who": Asked(
        N("Who was it?"),
        {
            "locals": ("🏠", N("From here")),
            "strangers": ("🧳", N("Strangers")),
            "armed": ("🔫", N("Armed people")),
            # TRANSLATORS: people in uniform, or who work for the state.
            "officials": ("👮", N("Officials")),
        },
    ),
    "many": Asked(
        N("How many people?"),
        {
            "1": ("👤", N("One")),
            "2-5": ("👥", N("2 to 5")),
            "6-20": ("👥", N("6 to 20")),
            "21+": ("👥", N("More than 20")),
        },
    ),
    "vehicle": Asked(
        N("How did they travel?"),
        {
            "foot": ("🚶", N("On foot")),
            "motorbike": ("🏍", N("Motorbike")),
            "car": ("🚗", N("Car or pick-up")),
            "truck": ("🚚", N("Truck or bus")),
            "boat": ("🚤", N("Boat")),
        },
    ),
    "toward": Asked(
        N("Where were they going?"),
        {
            "TH": ("🇹🇭", N("To Thailand")),
            "LA": ("🇱🇦", N("To Laos")),
            "KH": ("🇰🇭", N("To Cambodia")),
            # TRANSLATORS: with the current of the river, against it.
            "down": ("⬇️", N("Downstream")),
            "up": ("⬆️", N("Upstream")),
        },
    ),
    "way": Asked(
        N("What kind of place was it?"),
        {
            "road": ("🛣", N("Road")),
            "pier": ("⚓", N("Pier")),
            # TRANSLATORS: a path or ford over the border without any checkpoint.
            "channel": ("🌿", N("Natural channel")),
            "sandbank": ("🏝", N("Sandbank")),
            "river": ("🌊", N("Open river")),
            "building": ("🏚", N("Building")),
        },
    ),
    "often": Asked(
        N("Does it happen often?"),
        {
            "once": ("☝️", N("Only once")),
            "sometimes": ("🔁", N("Sometimes")),
            "regular": ("📆", N("Regularly")),
        },
    ),
}

# TRANSLATORS: signs that people may have seen; short, two to five words, as one tells a neighbour.
_DARK: Labels = {
    "dark_boat": ("🚤", N("boat without lights")),
    "night_loading": ("🌙", N("loading at night")),
    "no_plate": ("🚗", N("car without a number plate")),
    "lookouts": ("👀", N("people keeping watch")),
}
SIGNS: Mapping[str, Labels] = {
    "drugs": {
        **_DARK,
        "packets": ("📦", N("many packets alike")),
        "cash": ("💵", N("much cash")),
    },
    "people": {
        "locked": ("🔒", N("locked rooms")),
        "papers_held": ("🛂", N("their papers were taken")),
        "hidden": ("🙈", N("people hidden")),
        "hurt": ("🩹", N("somebody was hurt")),
        "children": ("🧒", N("children among them")),
        "debt": ("💸", N("they must work off a debt")),
        "guards": ("👀", N("they may not leave")),
    },
    "entry": {
        "hidden": ("🙈", N("people hidden")),
        "dark_boat": ("🚤", N("boat without lights")),
        "guide": ("🧭", N("somebody leads them")),
        "children": ("🧒", N("children among them")),
        "paid": ("💵", N("they paid somebody")),
        "hurt": ("🩹", N("somebody was hurt")),
    },
    "goods": {
        **_DARK,
        "animals": ("🐾", N("live animals")),
        "timber": ("🪵", N("timber")),
        "no_papers": ("🧾", N("goods without papers")),
    },
    "scam": {
        "job_ad": ("📣", N("an offer of easy work")),
        "account": ("🏦", N("money to a stranger's account")),
        "officer_call": ("📞", N("a caller who says he is an officer")),
        "link": ("🔗", N("a link to press")),
        "guarded_house": ("🏢", N("a guarded house full of phones")),
        "cannot_leave": ("🔒", N("people who may not leave")),
    },
    "weapons": {
        "shots": ("💥", N("shots were heard")),
        "shown": ("🔫", N("weapons shown openly")),
        "crates": ("📦", N("long boxes or crates")),
        "explosives": ("🧨", N("explosives or shells")),
        "dark_boat": ("🚤", N("boat without lights")),
    },
}

BY_KIND: Mapping[str, tuple[str, ...]] = {
    "drugs": ("who", "many", "vehicle", "toward", "way", "often"),
    "people": ("many", "vehicle", "toward", "way", "often"),
    "entry": ("many", "vehicle", "toward", "way", "often"),
    "goods": ("who", "vehicle", "toward", "way", "often"),
    "scam": ("who", "often"),
    "weapons": ("who", "many", "vehicle", "toward"),
    "other": ("who", "many", "often"),
}
VICTIMS = ("people", "entry")  # of these kinds it is asked first whether somebody needs help now
SEEN, NOT_SEEN = "yes", "no"  # a sign without a mark: nobody knows
