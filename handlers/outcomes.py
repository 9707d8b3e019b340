"""What follows from the sending of a message: mostly nothing, sometimes another way to the same people."""

from handlers import groups
from handlers.effects import Button, ButtonKind, Decision, Routed, Say
from handlers.events import Address, Fate, Incoming, Outcome
from handlers.world import Query, World


def needs(world: World, outcome: Outcome) -> Query | None:
    return groups.untaken_by(world, world.group) if outcome.gone and world.group else None


def follow(world: World, event: Incoming, outcome: Outcome) -> Decision:
    if outcome.moved_to and world.group:
        return groups.moved(world, world.group, outcome.moved_to)
    if outcome.fate is not Fate.DEAD:
        return ()
    if outcome.otherwise:
        return (instead(outcome),)
    if outcome.gone and world.group:
        return groups.lose(world, world.group)
    # Nobody else is asked from here: two dead chats would send a card to and fro for ever.
    return (Routed(outcome.card, reached=False),) if outcome.gone and outcome.card else ()


def instead(outcome: Outcome) -> Say:
    said = outcome.otherwise
    buttons = tuple(Button(label, value, ButtonKind(kind)) for label, value, kind in said["buttons"])
    return Say(Address(said["channel"], said["chat"]), said["text"], buttons)
