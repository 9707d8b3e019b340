"""What follows from the sending of a message: mostly nothing, sometimes another way to the same people."""

from datetime import timedelta

from handlers import excluded, groups, keeping, translating
from handlers.after import add_more, ways
from handlers.edits import again
from handlers.effects import Button, ButtonKind, Decision, Keep, Routed, Say
from handlers.events import Address, Fate, Incoming, Outcome
from handlers.places import chain
from handlers.routing import Destination
from handlers.screen import ask
from handlers.sending import card
from handlers.values import replace
from handlers.world import LOST, Query, World

STILL_HERE = timedelta(minutes=10)  # later nobody knows who looks at the phone: nothing is said of a file then


def needs(world: World, outcome: Outcome) -> Query | None:
    if state(outcome) in LOST:
        there = outcome.result["file"] in keeping.files(world.memory.answers)
        return None if there else Query(mine=True, details=True)
    if outcome.fate is Fate.WAITS:
        return Query(case=outcome.card, details=True) if fell(world, outcome) else None
    return groups.untaken_by(world, world.group) if outcome.gone and world.group else None


def state(outcome: Outcome) -> str:
    """What became of a file that was to be fetched; empty where it was none."""
    return outcome.result.get("state", "") if "file" in outcome.result else ""


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
    if state(outcome) in LOST:
        return lost(world, event, outcome.result["file"])
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


def lost(world: World, event: Incoming, file: str) -> Decision:
    """A file was too large, broken or strange: it counts no more, and whoever sent it hears of it."""
    memory = world.memory
    note = world.t("I could not take one of your files. Send a smaller one, or tell me in words.")
    if file in keeping.files(memory.answers):
        left = replace(memory, answers=keeping.lost(memory.answers, file))
        asked = (e for e in ask(world, event, left, note=note) if isinstance(e, Say))
        return (Keep(left), *(asked if still_here(world) else ()))
    case = next((c for c in world.cases if any(f.file == file and f.state == "waiting" for f in c.files)), None)
    if case is None:
        return ()  # it was dropped before
    less = replace(case, files=tuple(replace(f, state=LOST[-1]) if f.file == file else f for f in case.files))
    counted = again(world, case, less) if file in keeping.files(case.details) else ()  # else it came with an answer
    said = Say(event.chat, note, (*add_more(world, case), *ways(world)))
    return (*counted, *((said,) if still_here(world) else ()))


def still_here(world: World) -> bool:
    """Whether whoever wrote here is likely to be the one who looks at the phone."""
    memory = world.memory
    return not memory.decoy and memory.at is not None and world.now - memory.at <= STILL_HERE


def instead(outcome: Outcome) -> Say:
    said = outcome.otherwise
    buttons = tuple(Button(label, value, ButtonKind(kind)) for label, value, kind in said["buttons"])
    return Say(Address(said["channel"], said["chat"]), said["text"], buttons)
