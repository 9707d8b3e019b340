"""decide(world, event): the whole program in one function without side effects. The table of contents."""

from collections.abc import Callable, Mapping

from handlers import (
    acts,
    after,
    alarms,
    answering,
    asking_back,
    commands,
    contact,
    coordinator,
    digest,
    edits,
    flow,
    groups,
    handing,
    hygiene,
    ladder,
    linking,
    locking,
    membership,
    outcomes,
    panic,
    practice,
    preferences,
    quota,
    receipts,
    resident,
    rights,
    stale,
    talk,
    training,
    trouble,
)
from handlers.effects import Decision, Released
from handlers.events import (
    STALE,
    Added,
    Choice,
    Command,
    Edited,
    Incoming,
    Media,
    MembersJoined,
    MembersLeft,
    Migrated,
    Outcome,
    Place,
    Removed,
    Returned,
    Text,
    Tick,
    Unsent,
)
from handlers.values import replace
from handlers.world import Query, World


def needs(world: World, event: Incoming) -> Query | None:
    """What decide will want to see beyond the chat itself."""
    if flow.answers_question(event):
        return None
    world, event = speaking(world, event), commands.spoken(event)
    match event.body:
        case Command() as command if rule := commands.find(command):
            query = rule.needs(world, event)
            return membership.needs(world, event, query) if commands.is_act(rule) else query
        case Choice() as choice if acts.pressed(choice):
            return membership.needs(world, event, acts.needs_press(world, choice))
        case Choice(value="mydata" | "forget" | "forget:yes"):
            return rights.needs(world, event)
        case Choice() as choice if not event.group and (query := after.needs_press(world, choice)):
            return query
        case Text() | Media() | Place() | Edited():
            return needs_words(world, event)
        case Choice() if not event.group:
            return linking.needs_press(world, event) or answering.needs(world, event)
        case Tick() as tick:
            return needs_tick(world, event, tick)
        case Added() | Removed() | MembersLeft():
            return groups.needs(world, event)
        case Unsent():
            return edits.needs_unsent(event)
        case Outcome() as outcome:
            return outcomes.needs(world, outcome)
    return None


def needs_words(world: World, event: Incoming) -> Query | None:
    mine = None
    if not event.group:
        mine = receipts.needs(world, event) or after.needs_more(world, event) or answering.needs(world, event)
        mine = mine or edits.needs_edited(world, event)
    return mine or (asking_back.needs_reply(world, event) if isinstance(event.body, Text) else None)


def needs_tick(world: World, event: Incoming, tick: Tick) -> Query | None:
    match tick.job:
        case "question expired":
            return asking_back.needs_expired(tick)
        case "handover over":
            return handing.needs_over(tick)
        case "step":
            return ladder.needs(tick)
        case "digest":
            return digest.needs(world, tick)
        case "practice move":
            return practice.needs(tick)
        case "quota":
            return quota.needs(world, event)
    return None


def decide(world: World, event: Incoming) -> Decision:
    """What to do about one event. Pure: the same world and event give the same effects."""
    event = commands.spoken(event)
    if not (event.group or event.checked):
        return (*decided(world, event), *released(world, event))
    doubts = hygiene.found(world, event)
    world = hygiene.doubting(world, doubts) if doubts else world
    learnt = (*hygiene.told(world, doubts), *hygiene.ended(world, event), *membership.seen(event))
    return (*decided(world, event), *released(world, event), *learnt)


def decided(world: World, event: Incoming) -> Decision:
    world = answering.left(speaking(world, event), event)
    if not event.group and (world.memory.decoy or panic.is_meant(world, event)) and (shut := ended(world, event)):
        return shut
    if flow.answers_question(event):
        return talk.hear(world, event)
    match event.body:
        case Outcome() as outcome:
            return outcomes.follow(world, event, outcome)
        case Tick() as tick:
            return ticked(world, event, tick)
        case Command() if world.throttled:
            return commands.too_many_codes(world, event)
        case Command() as command:
            return commands.reply(world, event, command)
        case Added() | Removed() | Migrated() | MembersJoined() | MembersLeft():
            return groups.changed(world, event)
        case Choice(value=value) if value == STALE:
            return stale.answer(world, event)
        case Choice() as choice if acts.pressed(choice):
            return acts.press(world, event, choice)
        case Text() as text if event.replies and asks_reporter(world, event):
            return acts.reply(world, event, text)
        case _ if event.group:
            return ()  # officers chat among themselves
    world, guessed = receipts.counted(world, event)
    said = apart_from_a_report(world, event)
    return (*guessed, *(in_private(world, event) if said is None else said))


def asks_reporter(world: World, event: Incoming) -> bool:
    """Whether these words answer the message that waits for a question in an officer's own words."""
    query = needs(world, event)
    return bool(query and query.asking and world.cases)


def ended(world: World, event: Incoming) -> Decision:
    """A chat whose owner ended it: only its word, or a receipt that is one, opens it. Empty: it is open."""
    if isinstance(event.body, Outcome | Tick | Removed):
        return ()
    if not world.memory.decoy:
        return panic.clear(world, event)
    if any(c.receipted for c in world.cases):
        opened = world.remembering(replace(world.memory, decoy=False))
        return receipts.opened(opened, event)
    world, guessed = receipts.counted(world, event)
    return (*guessed, *panic.answered(world, event))


def released(world: World, event: Incoming) -> Decision:
    """Whoever wants to hear from us only after they wrote has written."""
    if world.memory.contact != contact.AFTER or not world.memory.last or event.group:
        return ()
    return (Released(event.chat),) if isinstance(event.body, Text | Media | Place | Command | Choice) else ()


def speaking(world: World, event: Incoming) -> World:
    """The world with the language this chat is answered in, unless it is known already."""
    return world if world.language else replace(world, language=resident.language(world, event))


def apart_from_a_report(world: World, event: Incoming) -> Decision | None:
    """What must not get into a half report: what was taken back already, receipts, more for a report that was sent."""
    if not isinstance(event.body, Text | Media | Place | Edited):
        return None
    if event.message and event.message in world.memory.unsent:
        return ()
    if receipts.opens(world, event):
        return receipts.opened(world, event)
    if receipts.pasted(world, event):
        return receipts.refused(world, event)
    return after.add(world, event) if after.adds(world, event) else None


PRESSES: Mapping[str, Callable[[World, Incoming], Decision]] = {
    "link": coordinator.link,
    locking.PRESS.rstrip(":"): locking.lock,
    "language": resident.choose_language,
    "clear": panic.clear,
    training.PRESS: training.press,
    linking.PRESS: linking.press,
    "status": after.listing,
    "contact": after.press_contact,
    "voice": preferences.voice,
    "pictures": preferences.pictures,
}


def in_private(world: World, event: Incoming) -> Decision:
    if (answer := answering.hear(world, event)) is not None:
        return answer
    match event.body:
        case Choice(value=value) if pressed := PRESSES.get(value.partition(":")[0]):
            return pressed(world, event)
        case Choice(value=value) if value in rights.PRESSES:
            return rights.PRESSES[value](world, event)
        case Choice() as choice if mine := after.pressed(choice):
            return after.press(world, event, mine[0])
        case Edited() as edited:
            return edits.edited(world, event, edited)
        case Unsent() as unsent:
            return edits.unsent(world, event, unsent)
        case Returned():
            return resident.greet(world, event)
        case _:
            return talk.hear(world, event)


def ticked(world: World, event: Incoming, tick: Tick) -> Decision:
    match tick.job:
        case "digest":
            return digest.tell(world, event, tick)
        case "trouble":
            return trouble.told(world, event, tick)
        case "quota":
            return quota.noticed(world, event, tick)
        case "denied":
            return alarms.refused(world, event, tick)
        case "question expired":
            return asking_back.expired(world, event, tick)
        case "handover over":
            return handing.over(world, event, tick)
        case "step":
            return ladder.step(world, tick)
        case "practice":
            return practice.open_one(world, event, tick)
        case "practice move":
            return practice.move_one(world, event, tick)
    return ()
