"""Who somebody is to a case, and what they want done with it."""

from handlers.clean import defang, shown
from handlers.effects import By, Decision, Effect, Say
from handlers.events import Command, Incoming
from handlers.fold import skeleton
from handlers.graphemes import label
from handlers.history import recorded
from handlers.life import Who
from handlers.persons import one
from handlers.places import chain
from handlers.routing import covers
from handlers.seats import enrolled
from handlers.values import dataclass
from handlers.world import Case, World
from locales import N

# What the cards call a coordinator, and an officer who has not chosen a name.
COORDINATOR, NUMBERED = N("coordinator"), N("officer {number}")
LONGEST_NAME = 40  # written characters


@dataclass(frozen=True, slots=True)
class Act:
    """One officer's action on one case. `words` is what stood behind the number, in a button or a command."""

    world: World
    event: Incoming
    case: Case
    by: By
    words: str = ""


def own_scope(world: World) -> str:
    """What a group, or a person in private, watches; empty for residents."""
    return world.group.scope if world.group else world.member.scope if world.member else ""


def may_work(world: World, case: Case) -> bool:
    scope = own_scope(world)
    hour = world.now.astimezone(world.rules.zone).hour
    return bool(scope) and covers(world, scope, case.in_charge, case.kind, hour)


def may_accept(world: World, case: Case) -> bool:
    """Whether the case is offered to the place of this group or person."""
    scope = own_scope(world)
    hour = world.now.astimezone(world.rules.zone).hour
    return bool(scope and case.offered) and covers(world, scope, case.offered, case.kind, hour)


def standing(world: World, event: Incoming, case: Case) -> frozenset[Who]:
    """Everything this person is to the case. Where nobody knows who has it (practice, old cases), every officer is."""
    receiver = frozenset({Who.RECEIVER}) if may_accept(world, case) else frozenset[Who]()
    if not may_work(world, case):
        return receiver
    me = By("", event.chat.channel, event.sender)
    is_ = {
        Who.OFFICER: True,
        Who.HOLDER: not case.holder.person or one(world, case.holder, me),
        Who.LEAD: world.member is not None and world.member.role == "coordinator",
        Who.SECOND: not one(world, case.closer, me),
    }
    return receiver | frozenset(who for who, true in is_.items() if true)


def who(world: World, event: Incoming) -> tuple[By, tuple[Effect, ...]]:
    """The name an officer goes by here: their own, or a running one until they choose one with /name."""
    member = world.member
    by = By(member.name if member else "", event.chat.channel, event.sender)
    if by.name:
        return by, ()
    if member and member.role == "coordinator":
        return By(world.t("coordinator"), by.channel, by.person), ()
    if member is None:
        return by, ()
    taken = {m.name for m in world.directory.seated(member.scope)}
    name = next(n for n in (world.t("officer {number}", number=k) for k in range(1, len(taken) + 2)) if n not in taken)
    return By(name, by.channel, by.person), (enrolled(member, name=name),)


def called(typed: str) -> str:
    """A name as it may stand on cards: one line, nothing to press, nothing that hides, reorders or poses."""
    return label(" ".join(defang(shown(typed)).replace("▏", " ").split()), LONGEST_NAME)


def is_anothers(world: World, event: Incoming, name: str, scope: str) -> bool:
    """Whether colleagues would take it for somebody else: of the same place, a coordinator, a numbered officer."""
    typed = plain(name)
    posts = {plain(words.t(post, number="")) for words in world.words.values() for post in (COORDINATOR, NUMBERED)}
    if typed.rstrip("0123456789") in posts:
        return True
    others = (
        m for m in world.directory.members.values() if (m.channel, m.person) != (event.chat.channel, event.sender)
    )
    places = chain(world.gazetteer, scope)
    return any(m.name and plain(m.name) == typed for m in others if m.scope == scope or m.scope in places)


def plain(name: str) -> str:
    """Two names that look the same are the same."""
    return skeleton(name).replace(" ", "")


def rename(world: World, event: Incoming) -> Decision:
    """`/name WORDS`: what the cards call this officer."""
    name = called(event.body.args) if isinstance(event.body, Command) else ""
    member = world.member
    if not name:
        return (Say(event.chat, world.t("Write your name like this: /name Somchai")),)
    if member is None:
        return ()
    if is_anothers(world, event, name, member.scope):
        return (Say(event.chat, world.t("This is what somebody else is called. Please choose another name.")),)
    return (
        enrolled(member, name=name),
        *recorded(event, "named"),
        Say(event.chat, world.t("You are called {name} here.", name=name)),
    )
