"""An officer leaves, or is taken off the roster: the right goes at once, and what they had waits for somebody again."""

from handlers import desk, life
from handlers.effects import NOBODY, By, Decision, Dismiss, Effect, MoveCase, Record, Say, ShowMenu, Silence
from handlers.life import Who
from handlers.values import replace
from handlers.world import Case, Group, Member, Query, World


def officers(world: World, group: Group, channel: str, people: tuple[str, ...]) -> tuple[Member, ...]:
    """Those of these people who are officers of the group's place."""
    members = (world.directory.members.get((channel, person)) for person in people)
    return tuple(m for m in members if m and m.role == "officer" and m.scope == group.scope)


def needs(members: tuple[Member, ...]) -> Query | None:
    """The open cases these people have."""
    return Query(held=tuple(By("", m.channel, m.person) for m in members), details=True) if members else None


def left(world: World, members: tuple[Member, ...]) -> Decision:
    """The roster, the history, the cases, one word to each group; nothing more reaches those who left."""
    others = {key: m for key, m in world.directory.members.items() if m not in members}
    after = replace(world, directory=replace(world.directory, members=others))
    had = tuple(c for c in world.cases if any(c.holder.same(By("", m.channel, m.person)) for m in members))
    freed = tuple(c for c in had if life.move("release", c.status, {Who.CLOCK}))
    return (
        *(e for m in members for e in dismissed(m)),
        *(e for case in freed for e in returned(after, case)),
        *told(after, members, freed),
    )


def dismissed(member: Member) -> tuple[Effect, ...]:
    return (
        Dismiss(member.channel, member.person),
        Silence(member.chat, news=False),
        ShowMenu(member.chat, member.language, "resident"),
        Record("officer left", member.person, facts={"scope": member.scope, "seat": member.seat}),
    )


def returned(world: World, case: Case) -> tuple[Effect, ...]:
    """The case is everybody's again, and its cards say so where a channel can change them."""
    free = replace(case, status=life.NEW, holder=NOBODY, closer=NOBODY, ending="")
    return (
        MoveCase(case.id, case.status, life.NEW),
        Record("case returned", "", case.id, facts={"to": life.NEW}),
        *desk.redrawn(world, free),
    )


def told(world: World, members: tuple[Member, ...], freed: tuple[Case, ...]) -> tuple[Say, ...]:
    """That cases wait again, not whose they were."""
    if not freed:
        return ()
    numbers, urgent = ", ".join(case.number for case in freed), any(case.urgent for case in freed)
    groups = [g for scope in dict.fromkeys(m.scope for m in members) for g in world.directory.of_scope(scope)]
    return tuple(
        Say(
            g.chat,
            world.words[g.language].n(
                "An officer has left. {count} report waits for somebody again: {numbers}",
                "An officer has left. {count} reports wait for somebody again: {numbers}",
                len(freed),
                count=len(freed),
                numbers=numbers,
            ),
            urgent=urgent,
        )
        for g in groups
    )
