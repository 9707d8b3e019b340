"""Who is whom: an officer with two apps is one person (`handlers.twins` joins them)."""

from handlers.effects import By
from handlers.world import World


def one(world: World, first: By, second: By) -> bool:
    """Whether both are the same person, in whichever app."""
    if first.same(second):
        return True
    known = world.directory.members
    marks = [m.same for by in (first, second) if (m := known.get((by.channel, by.person)))]
    return len(marks) == 2 and bool(marks[0]) and marks[0] == marks[1]


def selves(world: World, by: By) -> tuple[By, ...]:
    """Everybody this person is."""
    me = world.directory.members.get((by.channel, by.person))
    if me is None or not me.same:
        return (by,)
    others = (m for m in world.directory.members.values() if m.same == me.same and m != me)
    return (by, *(By("", m.channel, m.person) for m in others))
