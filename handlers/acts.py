"""The table of contents of what officers do with a case, by a button of its card or by a command with its number."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from handlers import (
    asking_back,
    closing,
    desk,
    enrolling,
    handing,
    joining,
    looking,
    near,
    noting,
    translating,
    watch,
)
from handlers.effects import AskReporter, Decision, DropPrompt, Say
from handlers.events import Choice, Command, Incoming, Text
from handlers.numbers import read_case_number
from handlers.patience import Step
from handlers.routing import districts_of
from handlers.standing import Act, may_accept, may_work, own_scope, who
from handlers.talk import way_on
from handlers.world import Query, World

VALUES = 1024  # of buttons, remembered: most of them are those of the questions, the same for everybody
ACTS: Mapping[str, Callable[[Act], Decision]] = {
    "take": desk.take,
    "checking": desk.checking,
    "release": desk.release,
    "details": looking.details,
    "translate": translating.ask,
    "ask": asking_back.ask,
    "note": noting.note,
    "close": closing.close,
    "done": closing.close,  # what cards of the first release say
    "confirm": closing.confirm,
    "contest": closing.contest,
    "reopen": closing.reopen,
    "more": desk.more,
    "near": near.near,
    "handover": handing.hand,
    "accept": handing.accept,
    "refuse": handing.refuse,
    "merge": joining.merge,
    "split": joining.split,
    "case": desk.show,
}


def pressed(choice: Choice) -> tuple[str, str, str] | None:
    """Action, number and the rest of a card's button: `take:12345678`, `close:12345678:acted`."""
    return _pressed(choice.value)


@lru_cache(VALUES)
def _pressed(value: str) -> tuple[str, str, str] | None:
    action, _, rest = value.partition(":")
    number, _, words = rest.partition(":")
    if action in ACTS and (found := read_case_number(number)):
        return action, found, "" if words == desk.MANY else words
    return None


def typed(text: str) -> tuple[str, str]:
    """The case number that words begin with, and what stands behind it; people write `1234 5678`, too."""
    first, _, rest = text.strip().partition(" ")
    if number := read_case_number(first):
        return number, rest.strip()
    second, _, rest = rest.strip().partition(" ")
    number = read_case_number(first + second)
    return (number, rest.strip()) if number else ("", "")


@lru_cache(VALUES)
def named_by(value: str) -> tuple[str, ...]:
    """The cases that a button names behind its first word."""
    return cases_of(value.partition(":")[2])


def cases_of(text: str) -> tuple[str, ...]:
    """Every case number in the words of a command or behind a button."""
    first, rest = typed(text.replace(":", " "))
    return (first, *cases_of(rest)) if first else ()


def needs_press(world: World, choice: Choice) -> Query | None:
    action, number, words = pressed(choice) or ("", "", "")
    return needs(world, action, number, words) if number else None


def needs_typed(world: World, action: str, text: str) -> Query | None:
    number, words = typed(text)
    return needs(world, action, number, words) if number else None


def needs(world: World, action: str, number: str, words: str) -> Query:
    """The case, and what else the action looks at; for its details also how much this person has read of late."""
    match action:
        case "near":
            return Query(number=number, details=True, near=True, districts=districts_of(world, own_scope(world)))
        case "merge":
            return Query(number=number, other=read_case_number(words) or "", details=True)
        case "details":
            return Query(number=number, details=True, history=watch.NEWEST)
    return Query(number=number, details=True)


def press(world: World, event: Incoming, choice: Choice) -> Decision:
    action, number, words = pressed(choice) or ("", "", "")
    if event.group and world.group and not event.sender:
        text = world.t("I cannot see who pressed. Please write /{action} {number}.", action=action, number=number)
        return (Say(event.chat, text),)
    if (world.group or world.member) and (stopped := enrolling.stopped(world, event)) is not None:
        return stopped
    return act(world, event, action, number, words)


def command(action: str) -> Callable[[World, Incoming], Decision]:
    """The same by a command, `/close 1234-5678 acted`."""

    def reply(world: World, event: Incoming) -> Decision:
        number, words = typed(event.body.args) if isinstance(event.body, Command) else ("", "")
        return act(world, event, action, number, words)

    return reply


def reply(world: World, event: Incoming, text: Text) -> Decision:
    """They go to the reporter, once: what is said about that message afterwards is talk."""
    made = act(world, event, "ask", world.cases[0].number, text.text)
    asked = any(isinstance(effect, AskReporter) for effect in made)
    return (DropPrompt(event.chat, event.replies), *made) if asked else made


def act(world: World, event: Incoming, action: str, number: str, words: str) -> Decision:
    """Do it with the case that the query found; a case of others looks like no case."""
    case = next((c for c in world.cases if c.number == number), None)
    if event.group and world.group is None:
        return ()  # a card that somebody forwarded into a foreign group
    if world.group is None and world.member is None:
        return (Say(event.chat, world.t("This is for officers and coordinators."), way_on(world)),)
    if case is None or not (may_work(world, case) or may_accept(world, case)):
        return (*watch.missed(world, event), Say(event.chat, world.t("I do not find this case here.")))
    if not may_work(world, case) and case.step >= Step.NEIGHBOUR and action not in ("accept", "refuse"):
        text = world.t("Press Take over first. Then you can read report {number} and work on it.", number=case.number)
        return (Say(event.chat, text),)
    if action == "case":
        return desk.show(Act(world, event, case, who(world, event)[0], words))
    by, named = who(world, event)
    return (*named, *ACTS[action](Act(world, event, case, by, words)))
