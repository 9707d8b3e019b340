"""What else was reported near a case, in place and time: for officers only, never shown to a resident."""

from handlers import cards, queue
from handlers.dates import rough
from handlers.effects import Button, Decision, Record, Say
from handlers.life import ENDED, STANDS
from handlers.places import Gazetteer, metres
from handlers.standing import Act, may_work
from handlers.world import Case

MOST = 8
SAME_PLACE = 3_000.0  # metres: further apart it is another pier, another village
Point = tuple[float, float]


def near(act: Act) -> Decision:
    """`/near NUMBER`: the nearest first, with a button to put those together that may be the same event."""
    world, case = act.world, act.case
    known = queue.known(world, world.cases)
    others = [c for c in known if c.id != case.id and not joined(case, c) and may_work(world, c)]
    found = sorted(others, key=lambda c: (distance(world.gazetteer, case, c), abs(c.opened - case.opened)))[:MOST]
    record = Record("near", act.event.sender, case.id)
    if not found:
        text = world.t("Nothing else was reported near {number} in these days.", number=case.number)
        return (record, Say(act.event.chat, text))
    words = world.words[world.language]
    lines = [world.t("Near {number}:", number=case.number)]
    lines += [
        f"{cards.line(words, world.language, world, c)} · {words.t(STANDS[c.status])} · {how_far(act, c)}"
        for c in found
    ]
    same = [c for c in found if similar(world.gazetteer, case, c)]
    if same:
        lines.append(world.t("The same event? Press to put them together."))
    number = cards.short_number(case)
    buttons = tuple(Button(f"👥 {c.number}", f"merge:{number}:{cards.short_number(c)}") for c in same)
    return (record, Say(act.event.chat, "\n".join(lines), buttons))


def joined(case: Case, other: Case) -> bool:
    return bool(case.event) and case.event == other.event


def similar(gazetteer: Gazetteer, case: Case, other: Case) -> bool:
    """Perhaps one event: the same kind, the same day, and near."""
    same_day = case.details.get("day") == other.details.get("day")
    still = case.status not in ENDED and other.status not in ENDED
    return still and same_day and case.kind == other.kind and distance(gazetteer, case, other) <= SAME_PLACE


def distance(gazetteer: Gazetteer, case: Case, other: Case) -> float:
    """Metres between two cases; where one has no point, nothing inside a district and far outside it."""
    here, there = point(gazetteer, case), point(gazetteer, other)
    if here and there:
        return metres(*here, *there)
    return 0.0 if case.district == other.district else 100_000.0


def point(gazetteer: Gazetteer, case: Case) -> Point | None:
    if "pin" in case.details:
        return tuple(case.details["pin"])
    crossing = gazetteer.crossings.get(case.details.get("crossing", ""))
    if crossing is None or crossing.latitude is None or crossing.longitude is None:
        return None
    return crossing.latitude, crossing.longitude


def how_far(act: Act, other: Case) -> str:
    """The distance in whole kilometres and the time between, in whole hours: never the place itself, nor the minute."""
    world, case = act.world, act.case
    apart = rough(world.words[world.language], world.language, abs(other.opened - case.opened))
    if not (point(world.gazetteer, case) and point(world.gazetteer, other)):
        return world.t("{time} apart", time=apart)
    km = max(1, round(distance(world.gazetteer, case, other) / 1000))
    return world.t("{km} km and {time} apart", km=km, time=apart)
