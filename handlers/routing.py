"""District, kind and hour -> groups. Rules in order, the first match wins; nothing is ever routed to nowhere."""

from handlers.dates import within
from handlers.events import Address
from handlers.places import chain
from handlers.sparing import alerted
from handlers.values import dataclass
from handlers.world import EVERYWHERE, RouteRule, World


@dataclass(frozen=True, slots=True)
class Destination:
    """Who gets an alert: an officers' group, or a coordinator in private where there is no group."""

    chat: Address
    language: str
    detail: str = "headline"


def scopes(world: World, district: str, kind: str, hour: int) -> tuple[str, ...]:
    """The scopes asked in turn for a report, nearest first; `*` is always the last."""
    rule = next((r for r in world.directory.rules if matches(r, district, kind, hour)), None)
    return (*(rule.to if rule else ()), *chain(world.gazetteer, district))


def matches(rule: RouteRule, district: str, kind: str, hour: int) -> bool:
    return (
        (not rule.districts or district in rule.districts)
        and (not rule.kinds or kind in rule.kinds)
        and (rule.hours is None or within(hour, *rule.hours))
    )


def route(world: World, district: str, kind: str, hour: int) -> tuple[Destination, ...]:
    """The groups of the nearest scope that has any, else its coordinators. Empty only when there is nobody at all."""
    rule = next((r for r in world.directory.rules if matches(r, district, kind, hour)), None)
    named = tuple(g for scope in (rule.to if rule else ()) for g in world.directory.of_scope(scope))
    if named:
        return tuple(Destination(g.chat, g.language, g.shown) for g in alerted(world, named))
    return nearest(world, active(world, chain(world.gazetteer, district)))


def active(world: World, offered: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes in turn without districts that a coordinator switched off: their groups are asked no more."""
    return tuple(s for s in offered if world.directory.switched.get(s, True))


def nearest(world: World, offered: tuple[str, ...]) -> tuple[Destination, ...]:
    for scope in offered:
        groups = world.directory.of_scope(scope)
        if groups:
            return tuple(Destination(g.chat, g.language, g.shown) for g in alerted(world, groups))
    coordinators = world.directory.coordinators(offered) or world.directory.coordinators((EVERYWHERE,))
    return tuple(Destination(m.chat, m.language) for m in coordinators)


def covers(world: World, scope: str, district: str, kind: str, hour: int) -> bool:
    """Whether a group or person of `scope` may see and work on such a case."""
    return scope == EVERYWHERE or scope in scopes(world, district, kind, hour)


def districts_of(world: World, scope: str) -> tuple[str, ...] | None:
    """The district codes of a scope, and a province itself, which cases are handed to; None means all."""
    if scope == EVERYWHERE:
        return None
    inside = tuple(code for code in world.gazetteer.districts if scope in chain(world.gazetteer, code))
    return inside if scope in inside else (*inside, scope)
