"""What follows from the sending of a message: mostly nothing, sometimes another way to the same people."""

from dataclasses import replace

from handlers.effects import Button, ButtonKind, Decision, MoveChat, Say, UnlinkGroup
from handlers.events import Address, Fate, Incoming, Outcome
from handlers.groups import tell_coordinators
from handlers.sending import alerts, destinations
from handlers.world import Query, World


def needs(outcome: Outcome) -> Query | None:
    return Query(case=outcome.card, details=True) if outcome.gone and outcome.card else None


def follow(world: World, event: Incoming, outcome: Outcome) -> Decision:
    if outcome.moved_to and world.group:
        return (MoveChat(event.chat, Address(event.chat.channel, outcome.moved_to)),)
    if outcome.fate is not Fate.DEAD:
        return ()
    if outcome.otherwise:
        return (instead(outcome),)
    if outcome.gone and world.group:
        return (UnlinkGroup(event.chat), *tell_coordinators(world, world.group), *elsewhere(world, event.chat))
    return ()


def instead(outcome: Outcome) -> Say:
    said = outcome.otherwise
    buttons = tuple(Button(label, value, ButtonKind(kind)) for label, value, kind in said["buttons"])
    return Say(Address(said["channel"], said["chat"]), said["text"], buttons)


def elsewhere(world: World, lost: Address) -> tuple[Say, ...]:
    """The alert that a lost group never got goes to the next ones in line."""
    left = {chat: g for chat, g in world.directory.groups.items() if chat != lost}
    world = replace(world, directory=replace(world.directory, groups=left))
    return tuple(say for case in world.cases for say in alerts(world, case, destinations(world, case)))
