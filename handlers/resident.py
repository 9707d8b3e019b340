"""What a resident can ask for besides reporting: help, language, how a report stands, what is kept."""

from handlers import after, answering, placing, screen, seats, talk
from handlers.coordinator import changeable_group, not_yours, set_group_language
from handlers.effects import Amend, Button, Decision, DropMedia, Effect, Enroll, Keep, Recall, Record, Say, ShowMenu
from handlers.entry import read_start
from handlers.events import Choice, Command, Edited, Incoming, Text, Unsent
from handlers.history import recorded
from handlers.intro import NATIVE
from handlers.keeping import TooMuch, reworded, without
from handlers.scripts import guess, language_of
from handlers.sending import card, destinations
from handlers.values import replace
from handlers.where import MOST_NAME
from handlers.world import Answers, Case, Group, Member, Memory, Query, World
from locales import LANGUAGES

MOST_EARLY = 20


def language(world: World, event: Incoming) -> str:
    return spoken(world.memory, world.group, world.member, event)


def spoken(memory: Memory, group: Group | None, member: Member | None, event: Incoming) -> str:
    """The language to answer in: chosen, else that of the script, of what was kept, of the app; Thai at last."""
    if group:
        return group.language
    if memory.language:
        return memory.language
    written = language_of(event.body.text) if isinstance(event.body, Text) else ""
    kept = next((i["language"] for i in memory.answers.get("seen", ()) if i.get("language")), "")
    return (member.language if member else "") or written or kept or guess(event.hint) or "th"


def start(world: World, event: Incoming) -> Decision:
    """`/start`, `/report`: a new report; a place in the deep link of a poster is filled in (see handlers.entry)."""
    memory = world.memory
    code, village = read_start(world.gazetteer, event.body.args) if isinstance(event.body, Command) else ("", "")
    place: Answers = {}
    if code:
        place = {"place": "link", "district": code} | ({"typed": village[:MOST_NAME]} if village else {})
    if memory.answers and memory.language:
        return talk.offer(world, event, place or memory.poster)
    return screen.ask(world, event, replace(memory, answers={**memory.answers, **place}))


def choose_language(world: World, event: Incoming) -> Decision:
    wanted = event.body.args.strip().casefold() if isinstance(event.body, Command) else ""
    if isinstance(event.body, Choice):
        wanted = event.body.value.partition(":")[2]
    chosen = wanted if wanted in LANGUAGES else guess(wanted)
    if event.group:
        group = changeable_group(world)
        if group is None:
            return not_yours(world, event)
        if not chosen:
            return (Say(event.chat, world.t("Write it like this: /language th")),)
        return (
            set_group_language(world, group, chosen),
            *recorded(event, "group language", language=chosen),
            Say(event.chat, world.words[chosen].t("From now on I write English here.")),
        )
    if not chosen:
        buttons = tuple(Button(NATIVE[code], f"language:{code}") for code in LANGUAGES)
        return (Say(event.chat, world.t("Which language do you speak?"), buttons),)
    memory = replace(world.memory, language=chosen)
    world = replace(world, memory=memory, language=chosen)
    note = world.t("From now on I write English here.")
    rank = seats.rank(world.member) if world.member else ""
    if memory.answers or not (memory.agreed or world.member):
        asked = screen.ask(world, event, memory, note=note, edit=isinstance(event.body, Choice))
        return (*spoken_by(world, chosen), ShowMenu(event.chat, chosen, rank), *asked)
    return (
        *spoken_by(world, chosen),
        Keep(memory),
        ShowMenu(event.chat, chosen, rank),
        Say(event.chat, note, talk.way_on(world), replaces=screen.pressed(event)),
    )


def spoken_by(world: World, chosen: str) -> tuple[Enroll, ...]:
    """Somebody with a role reads their alerts in the language they chose."""
    m = world.member
    return (seats.enrolled(m, language=chosen),) if m else ()


def back(world: World, event: Incoming) -> Decision:
    return talk.press(world, event, "back")


def cancel(world: World, event: Incoming) -> Decision:
    return talk.press(world, event, "cancel")


def restart(world: World, event: Incoming) -> Decision:
    return talk.press(world, event, "restart")


def change(world: World, event: Incoming) -> Decision:
    """`/change`: the lines of the half report, each with its button."""
    if not world.memory.answers:
        return (
            Say(
                event.chat,
                world.t("There is no open report. Press New report to begin."),
                talk.way_on(world),
            ),
        )
    buttons = tuple(b for b in screen.changing(world) if b.value.partition(":")[2] in world.memory.answers)
    return (Say(event.chat, world.t("What do you want to change?"), buttons),)


def needs_edited(world: World, event: Incoming) -> Query | None:
    """The reports that were sent, where the words are none of the half one."""
    if event.group or not isinstance(event.body, Edited):
        return None
    answers, message = world.memory.answers, event.body.message
    half = placing.meant(answers, message) or any(i.get("message") == message for i in answers.get("seen", ()))
    return None if half else Query(mine=True, details=True)


def edited(world: World, event: Incoming, body: Edited) -> Decision:
    """Changed words are kept as they stand now; of a report that was sent, officers see it and the resident hears."""
    memory = world.memory
    if (placed := placing.edited(world, event, body)) is not None:
        return placed
    try:
        answers = reworded(world, memory.answers, body)
        found = [e for case in world.cases for e in changed(world, event, case, body)]
    except TooMuch as bad:
        return (Say(event.chat, bad.reason, talk.way_on(world)),)
    if answers == memory.answers:
        return tuple(found)
    left = replace(memory, answers=answers)
    if screen.question(world) is screen.question(world.remembering(left)):
        return (Keep(left),)
    return screen.ask(world, event, left)  # nothing is left of what they saw


def changed(world: World, event: Incoming, case: Case, body: Edited) -> Decision:
    """One report that was sent, with other words, or without them; nothing where it does not hold that message."""
    details, place = placing.reworded(world, case, body)
    details = reworded(world, details, body, changed=True)
    answers = answering.reworded(world, case, body)
    if details == case.details and not answers:
        return (placing.said(world, event, case, place),) if place else ()
    told = again(world, case, replace(case, details=details))
    text = world.t("Report {number} is changed, too. What officers have read already, they know.", number=case.number)
    return (
        *((Amend(case.id, details), *told) if details != case.details else answers),
        Record("words changed", "", case.id),
        placing.said(world, event, case, "\n".join(filter(None, [text, place]))),
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


def greet(world: World, event: Incoming) -> Decision:
    """Somebody opened the bot. Where the platform gives no way to reply, a command follows (Telegram's /start)."""
    return screen.ask(world, event, world.memory) if event.reply_token else ()
