"""What happens to the chats themselves: the bot comes into a group, is removed, people leave, a group gets a new id."""

from handlers import hygiene, keeping, leaving
from handlers.coordinator import scope_name, waiting
from handlers.effects import (
    Decision,
    DropLink,
    Effect,
    ForgetChat,
    Keep,
    Leave,
    MoveChat,
    Routed,
    Say,
    Seen,
    Silence,
    UnlinkGroup,
)
from handlers.events import Added, Address, Incoming, MembersJoined, MembersLeft, Migrated, Removed
from handlers.places import chain
from handlers.routing import Destination, districts_of
from handlers.seats import linked
from handlers.sending import alerts, destinations
from handlers.values import replace
from handlers.world import Group, Memory, Query, World


def needs(world: World, event: Incoming) -> Query | None:
    """A link code on its way for a group we come into; what nobody took for one we lose."""
    match event.body:
        case Added() if event.chat in world.directory.away:
            return Query(unrouted=True, details=True)
        case Added():
            return Query(any_code=True)
        case Removed() if world.group:
            return untaken_by(world, world.group)
        case MembersLeft(members=people) if world.group:
            return leaving.needs(leaving.officers(world, world.group, event.chat.channel, people))
    return None


def untaken_by(world: World, group: Group) -> Query:
    return Query(untaken=True, details=True, districts=districts_of(world, group.scope))


def changed(world: World, event: Incoming) -> Decision:
    match event.body:
        case Added() if event.chat in world.directory.away:
            return returned(world, world.directory.away[event.chat])
        case Added() if event.group and world.group is None:
            # A coordinator who has just asked for a code is on the way here; anybody else's group is left at once.
            return (Leave(event.chat, world.rules.code_minutes * 60.0 if world.code else 0.0),)
        case Removed() | Migrated() if event.chat in world.directory.asked:
            return (DropLink(event.chat),)
        case Removed() if world.group:
            return lose(world, world.group)
        case Removed() if event.chat.channel == "web":  # only the page's own button says so
            return (*keeping.dropped(world.memory.answers), ForgetChat(event.chat))
        case Removed() if not event.group:
            memory = world.memory
            left = Memory(language=memory.language, agreed=memory.agreed, last=memory.last)
            return (*keeping.dropped(memory.answers), Silence(event.chat), Keep(left))
        case MembersLeft(members=people) if world.group:
            return leaving.left(world, leaving.officers(world, world.group, event.chat.channel, people))
        case MembersJoined(members=people) if world.group:
            strange = hygiene.strangers(world, world.group, event)
            known = tuple(p for p in people if p not in strange)
            return (Seen(event.chat, known),) if known else ()
        case Migrated(to=to) if world.group:
            return moved(world, world.group, to)
    return ()


def moved(world: World, group: Group, to: str) -> Decision:
    """The group goes on under another id. It is not quite the same: whoever comes in may read what was written."""
    there = replace(group, chat=Address(group.chat.channel, to))
    after = replace(world, directory=replace(world.directory, groups={there.chat: there}))
    reasons = ((there, "migrated"),)
    return (MoveChat(group.chat, there.chat), *hygiene.told(hygiene.doubting(after, reasons), reasons))


def returned(world: World, group: Group) -> Decision:
    """The bot is in a group again that it was put out of: headlines only, until a coordinator has looked."""
    there = replace(group, doubt=tuple(w for w in group.doubt if w != "returned"))
    reasons = ((there, "returned"),)
    after = hygiene.doubting(replace(world, directory=replace(world.directory, groups={there.chat: there})), reasons)
    known = after.directory.groups[there.chat]
    words = world.words[group.language]
    text = words.t("I am back in this group. Until a coordinator has looked at it, it gets headlines only.")
    return (
        linked(known),
        Say(group.chat, text),
        *hygiene.told(after, reasons),
        *waiting(world, group.scope, Destination(group.chat, group.language, known.shown)),
    )


def lose(world: World, group: Group) -> Decision:
    """A group cannot be written to any more: its coordinators hear of it, what nobody took goes to the next in line."""
    left = {chat: g for chat, g in world.directory.groups.items() if chat != group.chat}
    after = replace(world, directory=replace(world.directory, groups=left))
    moved: list[Effect] = []
    for case in world.cases:
        if case.practice or any(c.chat in left for c in case.cards):
            continue
        found = destinations(after, case)
        moved += alerts(after, case, found) if found else [Routed(case.id, reached=False)]
    return (UnlinkGroup(group.chat, away=True), *tell_coordinators(world, group), *moved)


def tell_coordinators(world: World, group: Group) -> tuple[Say, ...]:
    watching = world.directory.coordinators(chain(world.gazetteer, group.scope))
    return tuple(
        Say(
            m.chat,
            world.words[m.language].t(
                "The bot is no longer in the group of {place}. Its reports now go to the next one.",
                place=scope_name(world, group.scope, m.language),
            ),
            urgent=True,
        )
        for m in watching
    )
