"""Where it happened: a pin, a list, a crossing or a typed name, until one district stands."""

from collections.abc import Callable

from handlers.effects import ButtonKind
from handlers.events import Body, Place, Text
from handlers.flow import Option, Question, Unreadable, by_words, chosen
from handlers.fold import skeleton
from handlers.places import Match, district_name, province_name, short_name
from handlers.world import Answers, World
from locales import N, Words

Options = Callable[[World, Answers], tuple[Option, ...]]
Read = Callable[[World, Answers, Body], Answers]

MOST_NAME = 200  # letters of a typed place that are kept
SURE = 0.97  # a typed name this close to one place, and to no other, is that place
COUNTRIES = {"TH": ("🇹🇭", N("Thailand")), "LA": ("🇱🇦", N("Laos")), "KH": ("🇰🇭", N("Cambodia"))}
ICONS = {"crossing": "🛂"}
HANGS_ON_PLACE = ("pin", "typed", "matches", "match", "country", "province", "crossing", "district", "named")


@by_words
def place_options(words: Words) -> tuple[Option, ...]:
    return (
        Option("here", words.t("Share the place"), "📍", ButtonKind.LOCATION),
        Option("list", words.t("From a list"), "📋"),
        Option("crossing", words.t("Border crossing"), ICONS["crossing"]),
    )


def read_place(world: World, answers: Answers, body: Body) -> Answers:
    match body:
        case Place():
            return read_pin(world, body)
        case Text(text=text):
            option = chosen(body, place_options(world, answers))
            if option is None:
                return read_name(world, text)
        case _:
            option = chosen(body, place_options(world, answers))
    if option is None or option.value == "here":
        raise Unreadable(world.t("Please share the place, choose it, or write its name."))
    return {"place": option.value}


def read_pin(world: World, pin: Place) -> Answers:
    codes = world.gazetteer.at(pin.latitude, pin.longitude)
    if not codes:
        raise Unreadable(world.t("This place is outside our area."))
    found: dict[str, object] = {"place": "pin", "pin": [round(pin.latitude, 6), round(pin.longitude, 6)]}
    # Two codes: a border runs through the cell. No code under the pin itself: the nearest is a guess. Both are asked.
    sure = len(codes) == 1 and world.gazetteer.inside(pin.latitude, pin.longitude)
    return found | ({"district": codes[0]} if sure else {"matches": list(codes)})


def read_name(world: World, text: str) -> Answers:
    matches = world.gazetteer.find(text)
    if not matches:
        raise Unreadable(world.t("I do not know this place. Please write it another way, or choose from the list."))
    exact = [m for m in matches if m.score >= SURE]
    # A district and the crossing in it are called the same: both are that district, and nothing has to be asked.
    areas = [m for m in exact if m.kind != "crossing" or crossing_district(world, m.code) not in codes(exact)]
    if len(areas) == 1:
        return {"place": "name", "typed": text[:MOST_NAME], **settle(world, areas[0].kind, areas[0].code)}
    return {"place": "name", "typed": text[:MOST_NAME], "matches": [f"{m.kind}.{m.code}" for m in areas or matches]}


def named(answers: Answers, question: str, message: str) -> Answers:
    """Which message answered which of these questions, with this one; empty: none did, a button was pressed."""
    others = {name: said for name, said in answers.get("named", {}).items() if name != question}
    said = others | ({question: message} if message else {})
    return {"named": said} if said or "named" in answers else {}


def codes(matches: list[Match]) -> set[str]:
    return {m.code for m in matches}


def crossing_district(world: World, code: str) -> str:
    return world.gazetteer.crossings[code].district


def settle(world: World, kind: str, code: str) -> dict[str, object]:
    """The answers that one found place gives."""
    match kind:
        case "crossing":
            return {"crossing": code, "district": crossing_district(world, code)}
        case "province":
            return {"province": code}
        case _:
            return {"district": code}


def match_options(world: World, answers: Answers) -> tuple[Option, ...]:
    found = (str(match).rpartition(".") for match in answers.get("matches", ()))
    named = [
        Option(f"{kind}.{code}" if kind else code, place_name(world, kind, code), ICONS.get(kind, ""))
        for kind, _, code in found
    ]
    return (*named, Option("none", world.t("None of these"), "✖️"))


def place_name(world: World, kind: str, code: str) -> str:
    match kind:
        case "crossing":
            return short_name(world.gazetteer, "crossing", code, world.language)
        case "province":
            flag, _ = COUNTRIES[code[:2]]
            return f"{flag} {province_name(world.gazetteer, code, world.language)}"
        case _:
            return district(world, code)


def district(world: World, code: str) -> str:
    """A district with its bank: villages and districts on both banks share names."""
    flag, _ = COUNTRIES[code[:2]]
    return f"{flag} {district_name(world.gazetteer, code, world.language)}"


def read_match(world: World, answers: Answers, body: Body) -> Answers:
    option = chosen(body, match_options(world, answers))
    if option is None and isinstance(body, Text) and not body.text.strip().isdecimal():
        return read_name(world, body.text)
    if option is None:
        raise Unreadable(world.t("Please choose one of these."))
    if option.value == "none":
        return {"place": "list"}
    kind, _, code = option.value.rpartition(".")
    return {"match": option.value, **settle(world, kind or "district", code)}


@by_words
def country_options(words: Words) -> tuple[Option, ...]:
    return tuple(Option(code, words.t(name), flag) for code, (flag, name) in COUNTRIES.items())


def province_options(world: World, answers: Answers) -> tuple[Option, ...]:
    gazetteer = world.gazetteer
    with_crossings = {gazetteer.districts[c.district].province for c in gazetteer.crossings.values()}
    wanted = [
        p
        for p in gazetteer.provinces.values()
        if (p.iso in with_crossings if answers["place"] == "crossing" else p.country == answers.get("country"))
    ]
    return tuple(Option(p.iso, province_name(gazetteer, p.iso, world.language)) for p in wanted)


def crossing_options(world: World, answers: Answers) -> tuple[Option, ...]:
    gazetteer = world.gazetteer
    return tuple(
        Option(c.code, place_name(world, "crossing", c.code))
        for c in gazetteer.crossings.values()
        if gazetteer.districts[c.district].province == answers.get("province")
    )


def read_crossing(world: World, answers: Answers, body: Body) -> Answers:
    found = pick_place(crossing_options, "crossing")(world, answers, body)
    return settle(world, "crossing", found["crossing"]) if set(found) == {"crossing"} else found


def district_options(world: World, answers: Answers) -> tuple[Option, ...]:
    return tuple(
        Option(d.code, d.local if world.language == "th" or d.country != "TH" else f"{d.local} ({d.en})")
        for d in world.gazetteer.districts.values()
        if d.province == answers.get("province")
    )


def pick_place(options: Options, name: str) -> Read:
    """A reader of one place out of `options`, or of any name that is typed instead."""

    def read(world: World, answers: Answers, body: Body) -> Answers:
        offered = options(world, answers)
        if chosen(body, offered) is None and isinstance(body, Text) and not body.text.strip().isdecimal():
            values = {o.value for o in offered}
            exact = [m.code for m in world.gazetteer.find(body.text) if m.score >= SURE and m.code in values]
            return {name: exact[0]} if exact else read_name(world, body.text)
        return pick(options, name)(world, answers, body)

    return read


def pick(options: Options, name: str) -> Read:
    """A reader of one answer out of `options`."""

    def read(world: World, answers: Answers, body: Body) -> Answers:
        option = chosen(body, options(world, answers))
        if option is None:
            raise Unreadable(world.t("Please choose one of these."))
        return {name: option.value}

    return read


def show_place(world: World, answers: Answers) -> str:
    """The place in one line: the crossing or the pin, then the district."""
    parts = [district(world, answers["district"])]
    if "crossing" in answers:
        parts.insert(0, f"{ICONS['crossing']} {place_name(world, 'crossing', answers['crossing'])}")
    elif "pin" in answers:
        parts.insert(0, "📍")
    elif "typed" in answers and skeleton(answers["typed"]) not in skeleton(parts[0]):
        parts.insert(0, f"“{answers['typed']}”")
    return " ".join(parts)


def with_list(answers: Answers) -> bool:
    return answers.get("place") == "list"


WHERE = (
    Question(
        "place",
        ask=lambda w, _: w.t(
            "Where did it happen?\nIf you are there now, share the place. If not, write its name, or choose."
        ),
        read=read_place,
        options=place_options,
        show=show_place,
        drops=HANGS_ON_PLACE,
    ),
    Question(
        "match",
        ask=lambda w, _: w.t("Which place do you mean?"),
        read=read_match,
        options=match_options,
        when=lambda a: "matches" in a,
        drops=("province", "crossing", "district"),
    ),
    Question(
        "country",
        ask=lambda w, _: w.t("On which side of the border?"),
        read=pick_place(country_options, "country"),
        options=country_options,
        when=with_list,
        drops=("province", "district"),
    ),
    Question(
        "province",
        ask=lambda w, _: w.t("Which province?"),
        read=pick_place(province_options, "province"),
        options=province_options,
        when=lambda a: a.get("place") in ("list", "crossing"),
        drops=("crossing", "district"),
    ),
    Question(
        "crossing",
        ask=lambda w, _: w.t("Which crossing?"),
        read=read_crossing,
        options=crossing_options,
        when=lambda a: a.get("place") == "crossing",
        drops=("district",),
    ),
    Question(
        "district",
        ask=lambda w, _: w.t("Which district?"),
        read=pick_place(district_options, "district"),
        options=district_options,
        when=lambda a: "province" in a and a.get("place") != "crossing",
    ),
)
