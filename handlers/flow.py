"""A conversation is a list of questions; where we are is the first one without an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from handlers.effects import Button, ButtonKind
from handlers.events import Body, Choice, Incoming, Text
from handlers.fold import skeleton
from handlers.numbers import read_whole
from handlers.world import Answers, World
from locales import Words

LANGUAGES_KEPT = 16  # four languages, and as many catalogues again that tests load
SCREENS_KEPT = 512  # rows of buttons, most of them the same for everybody
PAGE = 9  # options on one screen: LINE shows 13 quick replies, three or four of them are ours (back, more, cancel)


ANSWER = "a:"  # how the value of a button begins that answers a question: then the question and the answer


class Unreadable(Exception):
    """The event does not answer the question; `reason` is said to the resident, in their language."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Option(NamedTuple):
    """One answer that can be pressed. `plain` is the label without its picture, as people type it.

    `also` are skeletons of what people type instead, such as a plain yes (handlers.agreeing).
    """

    value: str
    plain: str
    icon: str = ""
    kind: ButtonKind = ButtonKind.OPTION
    also: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        return f"{self.icon} {self.plain}" if self.icon else self.plain


def always(_: Answers) -> bool:
    return True


def by_words(made: Callable[[Words], tuple[Option, ...]]) -> Callable[[World, Answers], tuple[Option, ...]]:
    """Options that depend on the language alone: made once for each."""
    kept = lru_cache(LANGUAGES_KEPT)(made)
    return lambda world, _: kept(world.words[world.language])


def no_options(_world: World, _answers: Answers) -> tuple[Option, ...]:
    return ()


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One question. `read` gives the answers to add, or raises Unreadable; `show` says the answer back in a line.

    `note` is what is said once, right after the answer. `drops` names the answers that fall together with this one
    when it changes. `loose` questions keep words that are no answer for later: people begin with a sentence.
    """

    name: str
    ask: Callable[[World, Answers], str]
    read: Callable[[World, Answers, Body], Answers]
    options: Callable[[World, Answers], tuple[Option, ...]] = no_options
    when: Callable[[Answers], bool] = always
    show: Callable[[World, Answers], str] | None = None
    note: Callable[[World, Answers], str] | None = None
    drops: tuple[str, ...] = ()
    loose: bool = False


Flow = tuple[Question, ...]


def current(flow: Flow, answers: Answers) -> Question | None:
    for question in flow:
        if question.name not in answers and (question.when is always or question.when(answers)):
            return question
    return None


def forget(flow: Flow, answers: Answers, name: str) -> Answers:
    """Answers without that one and what hangs on it, so that it is asked again."""
    gone = {name, *(d for q in flow if q.name == name for d in q.drops)}
    return {k: v for k, v in answers.items() if k not in gone}


def back(flow: Flow, answers: Answers) -> Answers:
    """Answers without the latest one before the current question, in the flow's order."""
    behind = previous(flow, answers)
    return forget(flow, answers, behind.name) if behind else answers


def previous(flow: Flow, answers: Answers) -> Question | None:
    """The question that `back` asks again."""
    here = current(flow, answers)
    before = flow[: flow.index(here)] if here else flow
    return next((q for q in reversed(before) if q.name in answers and q.when(answers)), None)


def answers_question(event: Incoming) -> bool:
    """Whether this is a press of an answer in a private chat: most of what happens, and nothing but the conversation
    looks at it."""
    return isinstance(event.body, Choice) and event.body.value.startswith(ANSWER) and not event.group


def chosen(body: Body, options: tuple[Option, ...]) -> Option | None:
    """The option that was pressed, or typed as its number or its words."""
    match body:
        case Choice(value=value):
            return next((o for o in options if o.value == value), None)
        case Text(text=text):
            number = read_whole(text)
            answers = [o for o in options if o.kind is ButtonKind.OPTION]
            if number is not None:
                return answers[number - 1] if 1 <= number <= len(answers) else None
            whole, typed = skeleton(text), bare(text)
            exact = [o for o in options if skeleton(o.plain) == whole]
            same = [o for o in options if typed and bare(o.plain) == typed]
            starts = [o for o in options if len(typed) > 1 and bare(o.plain).startswith(typed)]
            meant = [o for o in options if typed in o.also]
            return next((found[0] for found in (exact, same, meant, starts) if len(found) == 1), None)
    return None


def bare(text: str) -> str:
    """Words for matching: without the number, the picture and the punctuation in front of them."""
    folded = skeleton(text)
    start = next((i for i, c in enumerate(folded) if c.isalpha()), 0)
    return folded[start:].rstrip(" .!?។ฯ")


def page_of(options: tuple[Option, ...], page: int) -> tuple[tuple[Option, ...], bool]:
    """One screen of options, and whether there are more behind it. Pages wrap around."""
    answers = tuple(o for o in options if o.kind is ButtonKind.OPTION)
    others = tuple(o for o in options if o.kind is not ButtonKind.OPTION)
    if len(answers) <= PAGE:
        return options, False
    pages = -(-len(answers) // PAGE)
    start = page % pages * PAGE
    return (*answers[start : start + PAGE], *others), True


def buttons(question: Question, options: tuple[Option, ...], page: int, more: str) -> tuple[Button, ...]:
    """Buttons of one screen, numbered through all pages so that a typed number always means the same answer."""
    return _buttons(question.name, options, page, more)


@lru_cache(SCREENS_KEPT)
def _buttons(name: str, options: tuple[Option, ...], page: int, more: str) -> tuple[Button, ...]:
    shown, paged = page_of(options, page)
    answers = [o for o in options if o.kind is ButtonKind.OPTION]
    numbered = len(answers) > 1
    made = [
        Button(f"{answers.index(o) + 1} {o.label}", f"{ANSWER}{name}:{o.value}", o.kind)
        if numbered and o.kind is ButtonKind.OPTION
        else Button(o.label, f"{ANSWER}{name}:{o.value}", o.kind)
        for o in shown
    ]
    if paged:
        made.append(Button(more, f"more:{name}:{page + 1}", ButtonKind.NAV))
    return tuple(made)
