"""`/roster`: who sits in a district: seat, since when, and a short handle. Nobody's name is asked for."""

import hashlib
from collections import Counter

from handlers import leaving
from handlers.coordinator import args, not_yours, scope_name, within
from handlers.dates import day_text, local_day
from handlers.effects import Button, ButtonKind, Decision, Record, Say
from handlers.enrolling import districts, is_lead, may_look_after
from handlers.events import Incoming
from handlers.seats import SEATS, seat_text
from handlers.world import Member, Query, World

MOST_BUTTONS = 10  # LINE shows thirteen; whoever stands further down is named by the handle: /roster out HANDLE
OUT, GONE = "out", "gone"  # asks, and does


def roster(world: World, event: Incoming) -> Decision:
    member, words = world.member, args(event).split()
    if event.group or member is None or not (member.role == "coordinator" or is_lead(member)):
        return not_yours(world, event)
    match words:
        case [action, typed] if action.casefold() in (OUT, GONE):
            return take_out(world, event, action.casefold(), typed)
        case []:
            scopes = seen(world, member)
            return listing(world, event, scopes[0]) if len(scopes) == 1 else overview(world, event, scopes)
    found = districts(world, " ".join(words))
    if len(found) != 1:
        return (Say(event.chat, world.t("I do not know this place. Please write it another way.")),)
    return listing(world, event, found[0]) if may_look_after(world, found[0]) else not_yours(world, event)


def seen(world: World, member: Member) -> tuple[str, ...]:
    """The districts whose roster somebody looks after, as far as anybody sits there."""
    if member.role != "coordinator" or member.scope in world.gazetteer.districts:
        return (member.scope,)
    taken = {m.scope for m in world.directory.members.values() if m.role == "officer"}
    return tuple(sorted(scope for scope in taken if within(world, member, scope)))


def overview(world: World, event: Incoming, scopes: tuple[str, ...]) -> Decision:
    if not scopes:
        return (Say(event.chat, world.t("Nobody has a seat yet. Write /invite to make a code.")),)
    counts = Counter(m.scope for m in world.directory.members.values() if m.role == "officer")
    lines = [f"{scope_name(world, s, world.language)} · {counts[s]} · /roster {s}" for s in scopes]
    return (Say(event.chat, "\n".join([world.t("Officers by district:"), *lines])),)


def sitting(world: World, scope: str) -> list[Member]:
    """The officers of a district in an order that does not change: by seat, then by who came first."""
    order = {seat: at for at, seat in enumerate((*SEATS, ""))}
    return sorted(
        world.directory.seated(scope),
        key=lambda m: (order.get(m.seat, len(order)), m.since.timestamp() if m.since else 0.0, m.channel, m.person),
    )


def listing(world: World, event: Incoming, scope: str) -> Decision:
    place = scope_name(world, scope, world.language)
    found = sitting(world, scope)
    if not found:
        return (Say(event.chat, world.t("Nobody sits in {place} yet. Write /invite to make a code.", place=place)),)
    lines = [f"{number}. {shown(world, m)}" for number, m in enumerate(found, 1)]
    buttons = tuple(
        Button(f"➖ {number}", f"roster:{OUT}:{handle(m)}") for number, m in enumerate(found[:MOST_BUTTONS], 1)
    )
    text = [world.t("Who sits in {place}:", place=place), *lines, world.t("A press takes somebody off the roster.")]
    return (Record("roster", event.sender, facts={"scope": scope}), Say(event.chat, "\n".join(text), buttons))


def shown(world: World, member: Member) -> str:
    icon = SEATS[member.seat][0] if member.seat in SEATS else "👤"
    seat = f"{icon} {seat_text(world.words[world.language], member.seat)}"
    day = day_text(local_day(member.since, world.rules.zone), world.language) if member.since else ""
    since = world.t("since {day}", day=day) if day else ""
    return " · ".join(filter(None, (seat, since, f"#{handle(member).upper()}")))


def handle(member: Member) -> str:
    """Tells the people of one district apart, and is too short to lead to anybody."""
    return hashlib.sha256(f"{member.channel} {member.person}".encode()).hexdigest()[:6]


def named(world: World, typed: str) -> Member | None:
    """The one officer within reach who has this handle."""
    wanted = typed.removeprefix("#").casefold()
    found = [m for m in world.directory.members.values() if m.role == "officer" and handle(m) == wanted]
    mine = [m for m in found if may_look_after(world, m.scope)]
    return mine[0] if len(mine) == 1 else None


def needs(world: World, event: Incoming) -> Query | None:
    """What somebody has who is to be taken off."""
    match args(event).split():
        case [action, typed] if action.casefold() == GONE and (member := named(world, typed)):
            return leaving.needs((member,))
    return None


def take_out(world: World, event: Incoming, action: str, typed: str) -> Decision:
    member = named(world, typed)
    if member is None:
        return (Say(event.chat, world.t("This person is not on the roster any more.")),)
    if action == OUT:
        text = world.t(
            "Take {who} off the roster? What they have open waits for somebody again.", who=shown(world, member)
        )
        buttons = (
            Button("➖ " + world.t("Yes, take off"), f"roster:{GONE}:{handle(member)}"),
            Button("✖️ " + world.t("Cancel"), "roster", ButtonKind.NAV),
        )
        return (Say(event.chat, text, buttons),)
    return (
        Record("officer removed", event.sender, facts={"scope": member.scope, "seat": member.seat}),
        *leaving.left(world, (member,)),
        Say(event.chat, world.t("{who} is off the roster.", who=shown(world, member))),
    )
