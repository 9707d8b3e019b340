"""The conversation with a resident: hear an event, ask the next question, say back what was understood."""

from datetime import timedelta
from functools import lru_cache

from handlers import flow, keeping
from handlers.effects import Button, Decision, Effect, Keep, Say, ShowMenu
from handlers.events import Choice, Incoming, Media, Place, Text, Unsupported
from handlers.flow import Question, Unreadable
from handlers.intro import INTRO, answered
from handlers.numbers import read_whole
from handlers.report import LINES, OPTIONAL, REPORT
from handlers.screen import all_answers, ask, pressed, put, question
from handlers.sending import finish, new_report, sent_already
from handlers.values import replace
from handlers.where import WHERE, named, read_pin
from handlers.world import Answers, World
from locales import Words

MOST_NAVIGATION = 40  # letters: what is longer is no such word, however it is spelt


def hear(world: World, event: Incoming) -> Decision:
    """What a resident wrote, pressed or sent in their private chat."""
    if is_return(world, event):
        return returned(world, event)
    match event.body:
        case Choice(value=value):
            return press(world, event, value)
        case Text(text=text) if word := navigation(world, text):
            return press(world, event, word)
        case Place() as pin:
            return move_pin(world, event, pin)
        case Text() | Media():
            return read(world, event, question(world))
        case Unsupported():
            return ask(
                world,
                event,
                world.memory,
                note=world.t("I cannot receive this kind of message. Please write, or send a photo or your voice."),
            )
    return ()


def press(world: World, event: Incoming, value: str) -> Decision:
    match value.split(":", 2):
        case ["a", name, answer]:
            return answer_press(world, event, name, answer)
        case steps:
            return steer(world, event, steps)


def steer(world: World, event: Incoming, steps: list[str]) -> Decision:
    """A button that answers nothing: it leads to another question."""
    memory = replace(world.memory, offered=False)
    answers = memory.answers
    match steps:
        case ["more", name, page] if (here := question(world)) and here.name == name:
            return ask(world, event, memory, page=read_whole(page) or 0, edit=True)
        case ["change", name] if name in LINES and name in answers:
            return again(world, event, flow.forget(REPORT, answers, name))
        case ["change", name] if name in OPTIONAL and (here := question(world)) and here.name == "send":
            return again(world, event, {**answers, "asked": name})
        case ["back"]:
            return again(world, event, flow.back(REPORT, answers))
        case ["cancel"]:
            return cancel(world, event)
        case ["new"] if answers:
            return offer(world, event, world.memory.poster)  # an old message's button must not throw a half report away
        case ["restart" | "new"]:
            return restart(world, event)
        case ["continue"]:
            return ask(world, event, replace(memory, answers=keeping.joined(answers)), edit=True)
    return ask(world, event, memory, note=world.t("That button is old. We go on here."))


def again(world: World, event: Incoming, left: Answers) -> Decision:
    """Ask once more what `left` does not answer; files that fell out go."""
    memory = replace(world.memory, offered=False, answers=left)
    return (*keeping.dropped(world.memory.answers, left), *ask(world, event, memory, edit=True))


def answer_press(world: World, event: Incoming, name: str, value: str) -> Decision:
    here = question(world)
    if name == "send" and world.memory.last and not world.memory.answers:
        return sent_already(world, event)
    if here is None or here.name != name:
        return ask(world, event, world.memory, note=world.t("That button is old. We go on here."))
    return read(world, replace(event, body=Choice(value)), here)


def read(world: World, event: Incoming, here: Question | None) -> Decision:
    """Read the event as the answer to the open question; words and files are kept whatever the question is."""
    memory = world.memory
    extra: tuple[Effect, ...] = ()
    try:
        if isinstance(event.body, Media) or (here and here.name in ("seen", "send") and isinstance(event.body, Text)):
            if here and here.name == "send" and flow.chosen(event.body, here.options(world, all_answers(world))):
                return answered_with(world, event, here, here.read(world, all_answers(world), event.body), ())
            answers, extra = keeping.keep(world, event, memory.answers)
            memory = replace(memory, answers=answers)
            album = isinstance(event.body, Media) and bool(event.body.album)
            return (*extra, *ask(world, event, memory, note=world.t("Saved."), album=album))
        if here is None:
            return ask(world, event, memory)
        return answered_with(world, event, here, here.read(world, all_answers(world), event.body), extra)
    except keeping.TooMuch as bad:
        return ask(world, event, memory, note=bad.reason)
    except Unreadable as bad:
        return misread(world, event, bad)


def misread(world: World, event: Incoming, bad: Unreadable) -> Decision:
    """No answer to this question. A whole sentence at an early question is a report that began: it is kept."""
    here = question(world)
    if isinstance(event.body, Text) and here and here.loose and is_sentence(event.body.text):
        try:
            answers, _ = keeping.keep(world, event, world.memory.answers)
        except keeping.TooMuch as much:
            return ask(world, event, world.memory, note=much.reason)
        return ask(world, event, replace(world.memory, answers=answers), note=world.t("Saved."))
    return ask(world, event, world.memory, note=bad.reason)


def is_sentence(text: str) -> bool:
    """Longer than any label of ours could be misspelt: these are words to keep."""
    return len(text.strip()) >= 4 and not text.strip().isdigit()


def answered_with(world: World, event: Incoming, here: Question, found: Answers, extra: tuple[Effect, ...]) -> Decision:
    memory = world.memory
    if "place" in found:
        memory = replace(memory, answers=flow.forget(REPORT, memory.answers, "place"))
    if here in WHERE:
        name, typed = "place" if "place" in found else here.name, isinstance(event.body, Text)
        found = {**found, **named(memory.answers, name, event.message if typed else "")}
    if here in INTRO:
        memory = answered(memory, found)
        extra = (*extra, *((ShowMenu(event.chat, memory.language),) if here.name == "language" else ()))
    else:
        memory = replace(memory, answers={**memory.answers, **found})
    world = world.remembering(memory)
    following = question(world)
    if following is None:
        return (*extra, *finish(world, event))
    note = understood(world, here, following)
    if here.note and (said := here.note(world, memory.answers)):
        note = said
    return (*extra, *put(world, event, following, note=note, edit=isinstance(event.body, Choice)))


def understood(world: World, here: Question, following: Question | None) -> str:
    """The line of the review that an answer has made or changed; empty while it is not whole, or under the review."""
    answers = world.memory.answers
    if following and following.name == "send":
        return ""
    line = "place" if here in WHERE else "when" if here.name in ("date", "daypart") else here.name
    shown = next((q.show for q in REPORT if q.name == line and q.show), None)
    return f"✓ {shown(world, answers)}" if shown and (line != "place" or "district" in answers) else ""


def move_pin(world: World, event: Incoming, pin: Place) -> Decision:
    """A pin is the place, whenever it comes."""
    try:
        found = read_pin(world, pin)
    except Unreadable as bad:
        return ask(world, event, world.memory, note=bad.reason)
    if (here := question(world)) and here.name == "help":
        found = {**found, "help": "unknown"}  # passed by: nobody is asked twice
    found = {**found, **named({}, "place", event.message)}
    memory = replace(world.memory, answers={**flow.forget(REPORT, world.memory.answers, "place"), **found})
    world = world.remembering(memory)
    note = understood(world, WHERE[0], question(world)) or world.t("Place saved.")
    return ask(world, event, memory, note=note)


def navigation(world: World, text: str) -> str:
    """`back`, `cancel` or `restart` where that, and nothing else, was typed."""
    if len(text.strip()) > MOST_NAVIGATION:
        return ""
    typed = flow.bare(text)
    names = navigation_words(world.words[world.language])
    return next((value for value, label in names if typed in (label, value)), "")


@lru_cache(flow.LANGUAGES_KEPT)
def navigation_words(words: Words) -> tuple[tuple[str, str], ...]:
    names = {"back": words.t("Back"), "cancel": words.t("Cancel"), "restart": words.t("Start over")}
    return tuple((value, flow.bare(label)) for value, label in names.items())


def is_return(world: World, event: Incoming) -> bool:
    """Whether somebody comes back to a half report after a while, with anything but a button of it."""
    memory = world.memory
    if isinstance(event.body, Choice) or not memory.answers or memory.at is None or not memory.language:
        return False
    return memory.offered or world.now - memory.at > timedelta(hours=world.rules.half_report_hours)


def return_options(world: World) -> tuple[flow.Option, ...]:
    return (
        flow.Option("continue", world.t("Go on"), "▶️"),
        flow.Option("restart", world.t("Start over"), "🔄"),
    )


def returned(world: World, event: Incoming) -> Decision:
    """Somebody is back: a typed answer to our offer counts like a pressed one."""
    if isinstance(event.body, Text) and (word := navigation(world, event.body.text)):
        return press(world, event, word)
    option = flow.chosen(event.body, return_options(world)) if world.memory.offered else None
    return press(world, event, option.value) if option else offer(world, event, world.memory.poster)


def offer(world: World, event: Incoming, poster: Answers) -> Decision:
    """Ask whether the half report goes on. What came with the return is kept for either answer, a
    poster's place for a new one.
    """
    memory = replace(world.memory, offered=True, poster=poster, at=world.now)
    extra: tuple[Effect, ...] = ()
    silent = keeping.same_album(memory.answers, event)
    note = ""
    if isinstance(event.body, Text | Media):
        try:
            answers, extra = keeping.keep(world, event, memory.answers)
            known = len(memory.answers.get("seen", ()))
            marked = [*answers["seen"][:known], *({**i, keeping.BACK: True} for i in answers["seen"][known:])]
            memory = replace(memory, answers={**answers, "seen": marked})
        except keeping.TooMuch as bad:
            note = bad.reason
    if silent and not note:
        return (Keep(memory), *extra)
    options = return_options(world)
    buttons = tuple(Button(f"{number} {o.label}", o.value) for number, o in enumerate(options, start=1))
    text = world.t("You have a report that is not finished. Shall we go on with it?")
    return (Keep(memory), *extra, Say(event.chat, "\n\n".join(filter(None, [note, text])), buttons))


def cancel(world: World, event: Incoming) -> Decision:
    text = world.t("Cancelled. Nothing was sent, nothing is kept.")
    return (
        *keeping.dropped(world.memory.answers),
        Keep(replace(world.memory, answers={}, offered=False, poster={})),
        Say(event.chat, text, new_report(world), replaces=pressed(event)),
    )


def restart(world: World, event: Incoming) -> Decision:
    """A new report; what came with the return to an old one belongs to the new one, and so does a poster's place."""
    seen = [i for i in world.memory.answers.get("seen", ()) if i.get(keeping.BACK) and world.memory.offered]
    kept = keeping.joined({**world.memory.poster, **({"seen": seen} if seen else {})})
    memory = replace(world.memory, answers=kept, offered=False)
    # With no half report the button stood under a number: that message stays as it is.
    edit = isinstance(event.body, Choice) and bool(world.memory.answers)
    return (*keeping.dropped(world.memory.answers, kept), *ask(world, event, memory, edit=edit))


def way_on(world: World) -> tuple[Button, ...]:
    """Under what is no question: back to the half report, or a new one. People with a role have their own way."""
    if world.member:
        return ()
    return (Button("▶️ " + world.t("Go on"), "continue"),) if world.memory.answers else new_report(world)
