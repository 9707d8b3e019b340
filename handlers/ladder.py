"""The ladder: nobody takes a case, so others hear of it, one after the other, until somebody does.

Every step is the clock's: `step` is decided once for every case and moment, however many processes look at the clock.
Who must not know of a case is told by no step; a step without anybody to tell is passed, and the history says so.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from handlers import cards
from handlers.coordinator import scope_name
from handlers.due import at_risk, waits
from handlers.effects import Button, Climb, Decision, Effect, Offer, Record, Say
from handlers.events import Tick
from handlers.excluded import hidden
from handlers.life import NEW
from handlers.patience import STEPS, Step
from handlers.places import chain, metres
from handlers.routing import Destination, route
from handlers.sparing import alerted
from handlers.world import Case, Query, World
from locales import Words

FARTHEST = 80_000.0  # metres between the centres of two districts: an hour's drive; who is farther off is no help
NOBODY_THERE = timedelta(hours=12)  # until it is looked again whether somebody can be told at all
HEAD = "P:"


def needs(tick: Tick) -> Query:
    return Query(number=tick.args["number"], details=True)


def step(world: World, tick: Tick) -> Decision:
    """The next step of a case that is due; nothing where somebody took it meanwhile, or the step was made."""
    case = next((c for c in world.cases if c.number == tick.args["number"]), None)
    if case is None or case.status is not NEW or case.step != int(tick.args["step"]):
        return ()
    if case.step_at is None or case.step_at > world.now:
        return ()
    patience, zone, where = world.rules.patience, world.rules.zone, country(world, case.in_charge)
    if not (case.urgent or at_risk(case)) and patience.rests(where, zone, world.now):
        return (Climb(case.id, case.step, patience.wakes(where, zone, world.now)),)
    if not leads(world, case):
        return (Climb(case.id, case.step, world.now + NOBODY_THERE),)
    return climbed(world, case)


def leads(world: World, case: Case) -> bool:
    """Of several reports of one event the first one climbs: whoever takes it takes them all."""
    return not any(c.event and c.event == case.event and c.status is NEW and c.id < case.id for c in world.cases)


def climbed(world: World, case: Case) -> Decision:
    """The next step that has anybody to tell, and those that follow it at once."""
    times = waits(world.rules.patience, case)
    made: list[Effect] = []
    heard = False
    for one in STEPS[case.step : len(times)]:
        said = TELL[one](world, case)
        heard = heard or bool(said)
        made += [recorded(case, one, said), *said]
        if said and one < len(times) and times[one]:
            return (*made, Climb(case.id, one, world.now + times[one]))
    if not heard and not case.step and times:  # there is nobody at all: the programme is only beginning there
        return (Climb(case.id, 0, world.now + NOBODY_THERE),)
    return (*made, Climb(case.id, STEPS[-1], None))


def recorded(case: Case, one: Step, said: Decision) -> Record:
    name = one.name.lower()
    if not said:
        return Record("step passed", "", case.id, {"step": name})
    return Record("step", "", case.id, {"step": name, "told": str(sum(isinstance(e, Say) for e in said))})


def groups(world: World, case: Case) -> tuple[Destination, ...]:
    """The groups that have the case; none has one that is kept from somebody."""
    if case.excluded:
        return ()
    found = route(world, case.in_charge, case.kind, world.now.astimezone(world.rules.zone).hour)
    return tuple(place for place in found if place.chat in world.directory.groups)


def having(world: World, case: Case) -> set[str]:
    """The scopes of these groups."""
    return {world.directory.groups[place.chat].scope for place in groups(world, case)}


def tell_group(world: World, case: Case) -> Decision:
    return tuple(
        nudge(world, case, place, lambda words, _: words.t("Nobody has taken this report yet. Who takes it?"))
        for place in groups(world, case)
    )


def tell_secretary(world: World, case: Case) -> Decision:
    """In private: an alert that a whole group has passed by is now for one person."""
    there = [m for m in world.directory.seated(case.in_charge, "secretary") if not hidden(case, None, m)]
    return tuple(
        nudge(
            world,
            case,
            Destination(m.chat, m.language),
            lambda words, _: words.t(
                "Nobody in your group has taken this report yet. Please take it, or call somebody."
            ),
        )
        for m in there
    )


def tell_neighbour(world: World, case: Case) -> Decision:
    """The nearest district is asked to take the case over: a headline, the details only when it has.

    An officer who has asked another place already knows better than the clock.
    """
    if case.excluded or case.offered:
        return ()
    scope = neighbour(world, case)
    if not scope:
        return ()
    until = world.now + timedelta(hours=world.rules.handover_hours)

    def asks(words: Words, language: str) -> str:
        where = scope_name(world, case.in_charge, language)
        return words.t("Nobody in {place} has taken this report yet. Will you take it over?", place=where)

    asked = (Destination(g.chat, g.language) for g in alerted(world, world.directory.of_scope(scope)))
    return (Offer(case.id, scope, until), *(nudge(world, case, place, asks, cards.asked_buttons) for place in asked))


def neighbour(world: World, case: Case) -> str:
    """The nearest other district of the same country with a group: over the border only people hand over."""
    districts, directory = world.gazetteer.districts, world.directory
    here = districts.get(case.in_charge)
    if here is None:
        return ""
    known = {here.code, *having(world, case)}
    others = {g.scope for g in directory.groups.values()} & districts.keys() - known
    near = (
        (metres(here.latitude, here.longitude, there.latitude, there.longitude), code)
        for code in others
        if (there := districts[code]).country == here.country and directory.switched.get(code, True)
    )
    far, code = min(near, default=(FARTHEST, ""))
    return code if far <= FARTHEST else ""


def tell_province(world: World, case: Case) -> Decision:
    """The groups of the province, which may work on the case anyway, where they have not heard of it as its group.

    Of a place that faces another country the chain has provinces of both: only one side's are told by the clock.
    """
    if case.excluded:
        return ()
    known = having(world, case)
    sides = {country(world, scope) for scope in known or {case.in_charge}}
    above = [s for s in chain(world.gazetteer, case.in_charge) if s.startswith(HEAD) and country(world, s) in sides]
    there = (g for s in above if s not in known for g in alerted(world, world.directory.of_scope(s)))
    return tuple(nudge(world, case, Destination(g.chat, g.language), elsewhere(world, case)) for g in there)


def tell_coordinators(world: World, case: Case) -> Decision:
    """Everybody who watches the place and may know of the case."""
    watching = world.directory.coordinators(chain(world.gazetteer, case.in_charge))
    there = [m for m in watching if not hidden(case, None, m)]
    return tuple(nudge(world, case, Destination(m.chat, m.language), elsewhere(world, case)) for m in there)


def elsewhere(world: World, case: Case) -> Callable[[Words, str], str]:
    return lambda words, language: words.t(
        "Nobody in {place} has taken this report yet. Who takes it?", place=scope_name(world, case.in_charge, language)
    )


TELL: Mapping[Step, Callable[[World, Case], Decision]] = {
    Step.GROUP: tell_group,
    Step.SECRETARY: tell_secretary,
    Step.NEIGHBOUR: tell_neighbour,
    Step.PROVINCE: tell_province,
    Step.COORDINATORS: tell_coordinators,
}


def nudge(
    world: World,
    case: Case,
    place: Destination,
    line: Callable[[Words, str], str],
    buttons: Callable[[Words, Case], tuple[Button, ...]] = cards.buttons,
) -> Say:
    """A headline with what has not happened above it; it is the case's card in that chat from now on."""
    words = world.words[place.language]
    text = f"⏰ {line(words, place.language)}\n{cards.headline(words, place.language, world, case)}"
    return Say(place.chat, text, buttons(words, case), card=case.id, urgent=case.urgent)


def country(world: World, scope: str) -> str:
    """Whose nights and holidays count there."""
    atlas = world.gazetteer
    if found := atlas.districts.get(scope):
        return found.country
    province = atlas.provinces.get(scope.removeprefix(HEAD))
    return province.country if province else "TH"
