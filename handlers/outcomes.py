"""What follows from the sending of a message: mostly nothing, sometimes another way to the same people."""

from datetime import timedelta

from handlers import groups
from handlers.after import ways
from handlers.effects import Button, ButtonKind, Decision, MoveChat, Routed, Say
from handlers.events import Address, Fate, Incoming, Outcome
from handlers.screen import ask
from handlers.world import Query, World

LOST = ("refused", "infected", "missing")  # states of a file that nobody will see
STILL_HERE = timedelta(minutes=10)  # later nobody knows who looks at the phone: nothing is said of a file then


def needs(world: World, outcome: Outcome) -> Query | None:
    return groups.untaken_by(world, world.group) if outcome.gone and world.group else None


def follow(world: World, event: Incoming, outcome: Outcome) -> Decision:
    if outcome.moved_to and world.group:
        return (MoveChat(event.chat, Address(event.chat.channel, outcome.moved_to)),)
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
