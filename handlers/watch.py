"""Reading that a case does not need: counted at the read, and pointed out to the coordinators once a day."""

from collections.abc import Iterator
from datetime import timedelta

from handlers.coordinator import scope_name
from handlers.dates import local_day, moment_text, within
from handlers.effects import Decision, Effect, Record, Say
from handlers.events import Incoming
from handlers.history import MISSED, POINTED_OUT, WRITTEN, Entry, recorded
from handlers.persons import one
from handlers.places import chain
from handlers.standing import Act, own_scope
from handlers.world import Member, Query, World

NEWEST = 200  # entries of a person that are looked at; the highest threshold a setting takes is below it
OWN = 15  # entries that a person is shown of themselves
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def read(act: Act) -> tuple[Effect, ...]:
    """Somebody reads the details of a case: written down, and pointed out where it is unusual."""
    holder = act.case.holder
    whose = {"whose": "other"} if holder.person and not one(act.world, holder, act.by) else {}
    return noticed(act.world, act.event, recorded(act.event, "details", act.case.id, **whose), act.by.name)


def missed(world: World, event: Incoming) -> tuple[Effect, ...]:
    """Somebody asks for a case that is not there, or not theirs: one is a slip, many are guesses."""
    name = world.member.name if world.member else ""
    return noticed(world, event, recorded(event, MISSED), name or world.t("Somebody"))


def noticed(world: World, event: Incoming, now: tuple[Record, ...], name: str) -> tuple[Effect, ...]:
    entries = [*world.history, *(Entry(world.now, r.action, facts=r.facts) for r in now)]
    today = local_day(world.now, world.rules.zone)
    told = any(a.action == POINTED_OUT and local_day(a.at, world.rules.zone) == today for a in entries)
    found = "" if told or not now else next(unusual(world, entries), "")
    if not found:
        return now
    return (*now, *recorded(event, POINTED_OUT, why=found), *tell(world, event, name, found))


def unusual(world: World, entries: list[Entry]) -> Iterator[str]:
    """Why these entries of one person are out of the ordinary, as codes."""
    usual, zone = world.rules.watch, world.rules.zone
    hour = [a for a in entries if world.now - a.at < HOUR]
    day = [a for a in entries if world.now - a.at < DAY and a.action == "details"]
    counted = {
        "many": (sum(a.action == "details" for a in hour), usual.details_an_hour),
        "others": (sum(a.facts.get("whose") == "other" for a in day), usual.others_cases_a_day),
        "night": (sum(within(a.at.astimezone(zone).hour, *usual.night) for a in day), usual.night_details),
        "missed": (sum(a.action == MISSED for a in hour), usual.misses_an_hour),
    }
    yield from (why for why, (count, most) in counted.items() if most and count > most)


def tell(world: World, event: Incoming, name: str, why: str) -> tuple[Say, ...]:
    """A word to the coordinators of the place, but not to the person it is about."""
    scope = own_scope(world)
    watching = world.directory.coordinators(chain(world.gazetteer, scope))
    others = [m for m in watching if (m.channel, m.person) != (event.chat.channel, event.sender)]
    return tuple(Say(m.chat, said(world, m, name, scope, why)) for m in others)


def said(world: World, reader: Member, name: str, scope: str, why: str) -> str:
    words = world.words[reader.language]
    place = scope_name(world, scope, reader.language)
    text = {
        "many": words.t("{name} of {place} has read the details of many cases within an hour.", name=name, place=place),
        "others": words.t(
            "{name} of {place} has read the details of many cases that somebody else has taken.", name=name, place=place
        ),
        "night": words.t("{name} of {place} has read the details of many cases at night.", name=name, place=place),
        "missed": words.t("{name} of {place} has asked for many cases that were not found.", name=name, place=place),
    }[why]
    return f"👀 {text}\n{words.t('Please ask them what it was for.')}"


def needs_own(_: World, __: Incoming) -> Query:
    return Query(history=OWN)


def own(world: World, event: Incoming) -> Decision:
    """`/myactions`: what the history says of the one who asks."""
    lines = [line(world, entry) for entry in world.history if entry.action in WRITTEN]
    text = "\n".join([world.t("What you did last:"), *lines]) if lines else world.t("Nothing is written down of you.")
    return (*recorded(event, "actions"), Say(event.chat, text))


def line(world: World, entry: Entry) -> str:
    at = moment_text(entry.at, world.rules.zone, world.language)
    return " · ".join(filter(None, (at, world.t(WRITTEN[entry.action]), entry.case)))
