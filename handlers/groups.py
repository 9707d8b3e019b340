"""What happens to the chats themselves: the bot comes into a group, is removed, a group gets a new id."""

from handlers import keeping
from handlers.coordinator import scope_name
from handlers.effects import Decision, Keep, Leave, MoveChat, Say, Silence, UnlinkGroup
from handlers.events import Added, Address, Incoming, Migrated, Removed
from handlers.places import chain
from handlers.world import Group, Memory, Query, World


def needs(_: Incoming) -> Query:
    return Query(any_code=True)


def changed(world: World, event: Incoming) -> Decision:
    match event.body:
        case Added() if event.group and world.group is None:
            # A coordinator who has just asked for a code is on the way here; anybody else's group is left at once.
            return (Leave(event.chat, world.rules.code_minutes * 60.0 if world.code else 0.0),)
        case Removed() if world.group:
            return (UnlinkGroup(event.chat), *tell_coordinators(world, world.group))
        case Removed() if not event.group:
            memory = world.memory
            left = Memory(language=memory.language, agreed=memory.agreed, last=memory.last)
            return (*keeping.dropped(memory.answers), Silence(event.chat), Keep(left))
        case Migrated(to=to) if world.group:
            return (MoveChat(event.chat, Address(event.chat.channel, to)),)
    return ()


def tell_coordinators(world: World, group: Group) -> tuple[Say, ...]:
    watching = world.directory.coordinators(chain(world.gazetteer, group.scope))
    return tuple(
        Say(
            m.chat,
            world.words[m.language].t(
                "The bot was removed from the group of {place}. Its reports now go to the next one.",
                place=scope_name(world, group.scope, m.language),
            ),
            urgent=True,
        )
        for m in watching
    )
