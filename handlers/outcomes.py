"""What follows from the sending of a message: mostly nothing, sometimes another way to the same people."""

from datetime import timedelta

from handlers import excluded, groups, translating
from handlers.after import ways
from handlers.effects import Button, ButtonKind, Decision, Routed, Say
from handlers.events import Address, Fate, Incoming, Outcome
from handlers.places import chain
from handlers.routing import Destination
from handlers.screen import ask
from handlers.sending import card
from handlers.world import Query, World

LOST = ("refused", "infected", "missing")  # states of a file that nobody will see
STILL_HERE = timedelta(minutes=10)  # later nobody knows who looks at the phone: nothing is said of a file then


def needs(world: World, outcome: Outcome) -> Query | None:
    if outcome.fate is Fate.WAITS:
        return Query(case=outcome.card, details=True) if fell(world, outcome) else None
    return groups.untaken_by(world, world.group) if outcome.gone and world.group else None


def fell(world: World, outcome: Outcome) -> bool:
    """Whether this was a group's card that the platform takes only next month."""
    return outcome.fate is Fate.WAITS and outcome.why == "quota" and bool(outcome.card) and world.group is not None


def follow(world: World, event: Incoming, outcome: Outcome) -> Decision:
    if outcome.moved_to and world.group:
        return groups.moved(world, world.group, outcome.moved_to)
    if fell(world, outcome):
        return elsewhere(world)
    if "source" in outcome.result:
        return translating.came(world, event, outcome)
    if not event.group and outcome.result.get("state") in LOST:
        return lost(world, event)
    if outcome.fate is not Fate.DEAD:
        return ()
    if outcome.otherwise:
        return (instead(outcome),)
    if outcome.gone and world.group:
        return groups.lose(world, world.group)
    # Nobody else is asked from here: two dead chats would send a card to and fro for ever.
    return (Routed(outcome.card, reached=False),) if outcome.gone and outcome.card else ()


def elsewhere(world: World) -> tuple[Say, ...]:
    """The card in the district's groups on other platforms, else for its coordinators there; where they have it, no."""
    group, case = world.group, next(iter(world.cases), None)
    if group is None or case is None:
        return ()
    there = tuple(g for g in world.directory.of_scope(group.scope) if g.chat.channel != group.chat.channel)
    watching = world.directory.coordinators(chain(world.gazetteer, group.scope))
    found = [Destination(g.chat, g.language, g.shown) for g in there] or [
        Destination(m.chat, m.language)
        for m in watching
        if m.channel != group.chat.channel and not excluded.hidden(case, None, m)
    ]
    known = {c.chat for c in case.cards}
    return tuple(card(world, case, place) for place in found if place.chat not in known)


def lost(world: World, event: Incoming) -> Decision:
    """Whoever sent a file that cannot be used hears of it while they are there: it was too large, broken or strange."""
    memory = world.memory
    if memory.decoy or memory.at is None or world.now - memory.at > STILL_HERE:
        return ()
    text = world.t("I could not take one of your files. Send a smaller one, or tell me in words.")
    if not memory.answers:
        return (Say(event.chat, text, ways(world)),)
    return tuple(e for e in ask(world, event, memory, note=text) if isinstance(e, Say))


def instead(outcome: Outcome) -> Say:
    said = outcome.otherwise
    buttons = tuple(Button(label, value, ButtonKind(kind)) for label, value, kind in said["buttons"])
    return Say(Address(said["channel"], said["chat"]), said["text"], buttons)
