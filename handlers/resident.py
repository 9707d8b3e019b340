"""What a resident can ask for besides reporting: help, language, how a report stands, what is kept."""

from handlers import screen, seats, talk
from handlers.coordinator import changeable_group, not_yours, set_group_language
from handlers.effects import Button, Decision, Enroll, Keep, Say, ShowMenu
from handlers.entry import read_start
from handlers.events import Choice, Command, Incoming, Text
from handlers.history import recorded
from handlers.intro import NATIVE
from handlers.scripts import guess, language_of
from handlers.values import replace
from handlers.where import MOST_NAME
from handlers.world import Answers, Group, Member, Memory, World
from locales import LANGUAGES


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


def greet(world: World, event: Incoming) -> Decision:
    """Somebody opened the bot. Where the platform gives no way to reply, a command follows (Telegram's /start)."""
    return screen.ask(world, event, world.memory) if event.reply_token else ()
