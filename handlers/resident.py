"""What a resident can ask for besides reporting: help, language, how a report stands, what is kept."""

from dataclasses import replace

from handlers import screen, talk
from handlers.coordinator import changeable_group, not_yours, set_group_language
from handlers.effects import Amend, Button, Decision, DropMedia, Enroll, Keep, Say, ShowMenu
from handlers.events import Choice, Command, Edited, Incoming, Text, Unsent
from handlers.intro import NATIVE
from handlers.keeping import reworded, without
from handlers.kinds import STATUS, kind_text
from handlers.scripts import guess, language_of
from handlers.world import Group, Member, Memory, Query, World
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
    """`/start`, `/report`: a new report; a place in the deep link (`/start TH3801`) is filled in."""
    memory = world.memory
    code = event.body.args.strip().upper() if isinstance(event.body, Command) else ""
    if memory.answers and memory.language:
        return talk.offer(world, event)
    if code in world.gazetteer.districts:
        memory = replace(memory, answers={**memory.answers, "place": "link", "district": code})
    return screen.ask(world, event, memory)


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
            Say(event.chat, world.words[chosen].t("From now on I write English here.")),
        )
    if not chosen:
        buttons = tuple(Button(NATIVE[code], f"language:{code}") for code in LANGUAGES)
        return (Say(event.chat, world.t("Which language do you speak?"), buttons),)
    memory = replace(world.memory, language=chosen)
    world = replace(world, memory=memory, language=chosen)
    note = world.t("From now on I write English here.")
    if memory.answers or not (memory.agreed or world.member):
        asked = screen.ask(world, event, memory, note=note, edit=isinstance(event.body, Choice))
        return (*spoken_by(world, chosen), ShowMenu(event.chat, chosen), *asked)
    return (
        *spoken_by(world, chosen),
        Keep(memory),
        ShowMenu(event.chat, chosen),
        Say(event.chat, note, replaces=screen.pressed(event)),
    )


def spoken_by(world: World, chosen: str) -> tuple[Enroll, ...]:
    """Somebody with a role reads their alerts in the language they chose."""
    m = world.member
    return (Enroll(m.person, m.role, m.scope, m.chat, chosen, m.name),) if m else ()


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


def needs_mine(_: Incoming) -> Query:
    return Query(mine=True)


def status(world: World, event: Incoming) -> Decision:
    """`/status`: the reports sent from this chat and how they stand."""
    mine = sorted(world.cases, key=lambda c: c.opened, reverse=True)[:5]
    if not mine:
        return (Say(event.chat, world.t("You have sent no report from this chat."), talk.way_on(world)),)
    words = world.words[world.language]
    lines = [f"{c.number} · {kind_text(words, c.kind)} · {words.t(STATUS[c.status])}" for c in mine]
    return (Say(event.chat, "\n".join([world.t("Your reports:"), *lines]), talk.way_on(world)),)


def privacy(world: World, event: Incoming) -> Decision:
    text = world.t(
        "We keep: what you wrote, the place, the files, and locked apart from them a way to answer you here.\n"
        "We do not ask the app for your name, number or picture.\n"
        "Officers in charge of where it happened see the report; we do not tell them who you are.\n"
        "The company of an app such as LINE or Telegram can read its chats.\n"
        "We cannot promise that nobody will guess who wrote. Leave out what only you can know."
    )
    return (Say(event.chat, text, talk.way_on(world)),)


def edited(world: World, event: Incoming, body: Edited) -> Decision:
    """Changed words of a half report are kept as they stand now; what was sent stays as it was sent."""
    memory = world.memory
    answers = reworded(memory.answers, body.message, body.text)
    return (Keep(replace(memory, answers=answers)),) if answers != memory.answers else ()


def needs_unsent(_: Incoming) -> Query:
    return Query(mine=True, details=True)


def unsent(world: World, event: Incoming, body: Unsent) -> Decision:
    """What a resident takes back goes from the half report and from the reports they sent."""
    answers, dropped = without(world.memory.answers, body.message)
    kept = (Keep(replace(world.memory, answers=answers)),) if answers != world.memory.answers else ()
    found: list[Amend | DropMedia] = []
    for case in world.cases:
        details, gone = without(case.details, body.message)
        if details != case.details:
            found += [Amend(case.id, details), *(e for e in gone if isinstance(e, DropMedia))]
    return (*kept, *dropped, *found)


def greet(world: World, event: Incoming) -> Decision:
    """Somebody opened the bot. Where the platform gives no way to reply, a command follows (Telegram's /start)."""
    return screen.ask(world, event, world.memory) if event.reply_token else ()
