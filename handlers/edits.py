"""What was sent is changed, or taken back: in the half report, in the reports that were sent, and on what cards say."""

from handlers import after, answering, placing, replacing, screen, talk
from handlers.effects import Amend, AnswerQuestion, Decision, DropMedia, Effect, FetchMedia, Keep, Recall, Record, Say
from handlers.events import Edited, Incoming, Unsent
from handlers.keeping import HELD, TooMuch, dropped, files, reworded, without
from handlers.sending import card, destinations
from handlers.values import replace
from handlers.world import Answers, Case, Query, World

MOST_EARLY = 20


def needs_edited(world: World, event: Incoming) -> Query | None:
    """The reports that were sent, where the words are none of the half one."""
    if event.group or not isinstance(event.body, Edited):
        return None
    answers, message = world.memory.answers, event.body.message
    held = (i for name in HELD for i in answers.get(name, ()))
    half = placing.meant(answers, message) or any(i.get("message") == message for i in held)
    return None if half else Query(mine=True, details=True)


def edited(world: World, event: Incoming, body: Edited) -> Decision:
    """What is changed is kept as it stands now; of a report that was sent, officers see it and the resident hears."""
    memory = world.memory
    if (placed := placing.edited(world, event, body)) is not None:
        return placed
    try:
        answers = reworded(world, memory.answers, body)
        found = [e for case in world.cases for e in changed(world, event, case, body)]
    except TooMuch as bad:
        return (Say(event.chat, bad.reason, talk.way_on(world)),)
    new = replacing.refiled(world, event, answers, body)
    if new.answers == memory.answers and not new.note:
        return tuple(found)
    left = replace(memory, answers=new.answers)
    if not new.note and screen.question(world) is screen.question(world.remembering(left)):
        return (Keep(left),)
    # Another file, or nothing is left of what they saw.
    asked = placing.asked_again(world, event, new.answers, new.note)
    return (*new.effects, *dropped(memory.answers, new.answers), *asked)


def changed(world: World, event: Incoming, case: Case, body: Edited) -> Decision:
    """One report that was sent, with other words or files; nothing where it does not hold that message."""
    placed, place = placing.reworded(world, case, body)
    words = reworded(world, placed, body, changed=True)
    new = replacing.refiled(world, event, words, body, case)
    answers, answered, note = answering.edited(world, event, case, body)
    bodies = {e.question: e.body for e in answers if isinstance(e, AnswerQuestion)}
    asked = tuple(replace(q, body=bodies.get(q.id, q.body)) for q in case.asked)
    now = replace(case, details=new.answers, asked=asked)
    fresh = tuple(f for f in files(new.answers) if f not in files(case.details))
    reads = words != placed or answered
    text = world.t("Report {number} is changed, too. What officers have read already, they know.", number=case.number)
    lines = [text if reads else "", place, new.note, note]
    fetched = any(isinstance(e, FetchMedia) for e in (*new.effects, *answers))
    if not any(lines):
        return ()
    return (
        *new.effects,
        *((Amend(case.id, new.answers, fresh), *again(world, case, now)) if new.answers != case.details else ()),
        *answers,
        *((Record("words changed", "", case.id),) if reads or placed != case.details else ()),
        *((Record("file replaced", "", case.id),) if fetched else ()),
        placing.said(world, event, now, "\n".join(filter(None, lines))),
    )


def needs_unsent(_: Incoming) -> Query:
    return Query(mine=True, details=True)


def unsent(world: World, event: Incoming, body: Unsent) -> Decision:
    """What a resident takes back goes from the half report and from the reports they sent, and from what cards say."""
    if (placed := placing.unsent(world, event, body.message)) is not None:
        return placed
    answers, dropped = without(world.memory.answers, body.message)
    found: list[Effect] = []
    for case in world.cases:
        left, place = placing.without(world, case, body.message)
        details, gone = without(left, body.message)
        if details != case.details:
            found += [Amend(case.id, details), *(e for e in gone if isinstance(e, DropMedia))]
            found += again(world, case, replace(case, details=details))
        found += answering.unsent(case, body.message)
        found += [placing.said(world, event, case, place)] if place else []
    if found:
        return (*kept(world, answers), *dropped, *found)
    if answers == world.memory.answers:  # it was sent before and comes later: platforms keep no order
        early = (*world.memory.unsent, body.message)[-MOST_EARLY:]
        return (Keep(replace(world.memory, unsent=early)),)
    return (*kept(world, answers), *dropped)


def kept(world: World, answers: Answers) -> Decision:
    return (Keep(replace(world.memory, answers=answers)),) if answers != world.memory.answers else ()


def again(world: World, was: Case, case: Case) -> Decision:
    """What officers see of a case that says less, or something else: where it stands already, and where it waits."""
    stood = redrawn(world, was)
    return (*(say for say in redrawn(world, case) if say not in stood), Recall(case.id, waiting(world, case)))


def redrawn(world: World, case: Case) -> tuple[Say, ...]:
    """Its cards as they are now, where a message can be changed; another message would only tell of it."""
    places = {p.chat: p for p in after.holders(world, case)}
    return tuple(
        card(world, case, places[c.chat], replaces=c.message)
        for c in case.cards
        if c.message and c.chat in places and c.chat.channel != "line"
    )


def waiting(world: World, case: Case) -> tuple[Say, ...]:
    """Its cards as they are now, for the chats that they have not reached yet."""
    known = {c.chat for c in case.cards}
    return tuple(card(world, case, place) for place in destinations(world, case) if place.chat not in known)
