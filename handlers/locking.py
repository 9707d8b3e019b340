"""A coordinator's phone is lost or stolen: another coordinator takes the role away, at once."""

import hashlib

from handlers.coordinator import not_yours, scope_name, within
from handlers.effects import Button, Decision, Dismiss, Record, Say, ShowMenu, VoidCodes
from handlers.events import Choice, Incoming
from handlers.places import chain
from handlers.world import EVERYWHERE, Member, World

PRESS = "lock:"


def lock(world: World, event: Incoming) -> Decision:
    """`/lock` shows whom one may lock, each with a button; the press does it."""
    mine = world.member
    if mine is None or mine.role != "coordinator":
        return not_yours(world, event)
    found = {handle(m): m for m in lockable(world, mine)}
    if isinstance(event.body, Choice):
        gone = found.get(event.body.value.removeprefix(PRESS))
        if gone is None:
            return (Say(event.chat, world.t("This coordinator is not on the list any more.")),)
        return take_away(world, event, gone)
    if not found:
        return (Say(event.chat, world.t("There is no other coordinator here whom you can lock.")),)
    lines = [f"{number}. {shown(world, m, world.language)}" for number, m in enumerate(found.values(), 1)]
    text = world.t("Whose phone is lost? A press takes the role away at once.")
    buttons = tuple(Button(f"🔒 {number}", f"{PRESS}{key}") for number, key in enumerate(found, 1))
    return (Say(event.chat, "\n".join([text, *lines]), buttons),)


def lockable(world: World, mine: Member) -> list[Member]:
    """Other coordinators who watch the same place as this one, or a part of it; in an order that does not change."""
    others = [m for m in world.directory.members.values() if m.role == "coordinator" and m.person != mine.person]
    inside = [m for m in others if within(world, mine, m.scope)]
    return sorted(inside, key=lambda m: (m.scope, m.name, m.channel, m.person))


def handle(member: Member) -> str:
    """Stands for a person in a button; what it says does not change while a list is read."""
    return hashlib.sha256(f"{member.channel} {member.person}".encode()).hexdigest()[:24]


def take_away(world: World, event: Incoming, gone: Member) -> Decision:
    """The role goes, and every code it may have made; whoever watches that place is told, the lost phone is not."""
    scopes = chain(world.gazetteer, gone.scope)
    watching = [m for m in world.directory.coordinators(scopes) if m.chat not in (gone.chat, event.chat)]
    told = tuple(Say(m.chat, word(world, gone, m.language), urgent=True) for m in watching)
    return (
        Dismiss(gone.channel, gone.person),
        ShowMenu(gone.chat, gone.language, "resident"),
        VoidCodes(inside(world, gone)),
        Record("locked a coordinator", event.sender, facts={"scope": gone.scope}),
        Say(event.chat, word(world, gone, world.language)),
        *told,
    )


def inside(world: World, member: Member) -> tuple[str, ...]:
    """The scopes this coordinator may have made codes for."""
    atlas = world.gazetteer
    every = (EVERYWHERE, *(f"P:{p}" for p in atlas.provinces), *atlas.districts)
    return tuple(scope for scope in every if within(world, member, scope))


def word(world: World, gone: Member, language: str) -> str:
    return world.words[language].t(
        "{who} was locked and can do nothing here any more. An operator can invite them anew.",
        who=shown(world, gone, language),
    )


def shown(world: World, member: Member, language: str) -> str:
    """A coordinator as others know them."""
    name = member.name or world.words[language].t("coordinator")
    return f"{name} · {scope_name(world, member.scope, language)} · {member.channel}"
