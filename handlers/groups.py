"""What happens to the chats themselves: the bot comes into a group, is removed, people leave, a group gets a new id."""

from handlers import keeping
from handlers.coordinator import scope_name
from handlers.effects import (
    Decision,
    Dismiss,
    Effect,
    ForgetChat,
    Keep,
    Leave,
    MoveChat,
    Routed,
    Say,
    Silence,
    UnlinkGroup,
)
from handlers.events import Added, Address, Incoming, MembersLeft, Migrated, Removed
from handlers.places import chain
from handlers.routing import districts_of
from handlers.sending import alerts, destinations
from handlers.values import replace
from handlers.world import Group, Memory, Query, World


def needs(world: World, event: Incoming) -> Query | None:
    """A link code on its way for a group we come into; what nobody took for one we lose."""
    match event.body:
        case Added():
            return Query(any_code=True)
        case Removed() if world.group:
            return untaken_by(world, world.group)
    return None


def untaken_by(world: World, group: Group) -> Query:
    return Query(untaken=True, details=True, districts=districts_of(world, group.scope))


def changed(world: World, event: Incoming) -> Decision:
    match event.body:
        case Added() if event.group and world.group is None:
            # A coordinator who has just asked for a code is on the way here; anybody else's group is left at once.
            return (Leave(event.chat, world.rules.code_minutes * 60.0 if world.code else 0.0),)
        case Removed() if world.group:
            return lose(world, world.group)
        case Removed() if event.chat.channel == "web":  # only the page's own button says so
            return (*keeping.dropped(world.memory.answers), ForgetChat(event.chat))
        case Removed() if not event.group:
            memory = world.memory
            left = Memory(language=memory.language, agreed=memory.agreed, last=memory.last)
            return (*keeping.dropped(memory.answers), Silence(event.chat), Keep(left))
        case MembersLeft(members=members) if world.group:
            return dismiss(world, world.group, event.chat.channel, members)
        case Migrated(to=to) if world.group:
            return (MoveChat(event.chat, Address(event.chat.channel, to)),)
    return ()


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
    return (UnlinkGroup(group.chat), *tell_coordinators(world, group), *moved)


def dismiss(world: World, group: Group, channel: str, people: tuple[str, ...]) -> Decision:
    """Officers who leave the group lose the right to its cases at once."""
    members = (world.directory.members.get((channel, person)) for person in people)
    gone = [m for m in members if m and m.role == "officer" and m.scope == group.scope]
    return tuple(Dismiss(m.channel, m.person) for m in gone)


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
