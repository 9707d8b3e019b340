"""The questions beyond the shortest report, made from handlers.indicators; each can be passed by, and all at once."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from handlers.agreeing import NO, UNKNOWN, YES
from handlers.effects import ButtonKind
from handlers.events import Body, Text
from handlers.flow import Option, Question, Unreadable, by_words, chosen
from handlers.fold import skeleton
from handlers.indicators import BY_KIND, NOT_SEEN, QUESTIONS, SEEN, SIGNS, VICTIMS
from handlers.intro import emergency
from handlers.numbers import read_whole
from handlers.world import Answers, World
from locales import Words

MORE = "more"  # the value of `asked` while these questions are gone through
MARKS = {SEEN: "✅", NOT_SEEN: "❌"}
NEXT_MARK = {"": SEEN, SEEN: NOT_SEEN, NOT_SEEN: ""}
NAMES = (*QUESTIONS, "signs", "marks")  # every answer that this module may add


def wanted(answers: Answers) -> bool:
    return answers.get("asked") == MORE


def left(answers: Answers) -> bool:
    """Whether there is a question of this kind of report that was not asked yet."""
    kind = answers.get("kind", "")
    return any(name not in answers for name in BY_KIND.get(kind, ())) or (kind in SIGNS and "signs" not in answers)


@by_words
def help_options(words: Words) -> tuple[Option, ...]:
    return (
        Option("yes", words.t("Yes, now"), "🆘", also=YES),
        Option("no", words.t("No"), also=NO),
        Option("unknown", words.t("I do not know"), also=UNKNOWN),
    )


def read_help(world: World, answers: Answers, body: Body) -> Answers:
    option = chosen(body, help_options(world, answers))
    if option is None:
        raise Unreadable(world.t("Please choose one of these."))
    return {"help": option.value}


HELP = Question(
    "help",
    ask=lambda w, _: w.t("Does somebody need help right now?"),
    read=read_help,
    options=help_options,
    when=lambda a: a.get("kind") in VICTIMS,
    note=lambda w, a: emergency(w) if a.get("help") == "yes" else "",
    loose=True,
)


def ways_on(words: Words) -> tuple[Option, ...]:
    """What stands under each of these questions besides its answers."""
    return (
        Option("skip", words.t("Skip"), "⏭", ButtonKind.NAV),
        Option("now", words.t("Send now"), "✅", ButtonKind.NAV),
    )


def closed_options(name: str, world: World, _: Answers) -> tuple[Option, ...]:
    words = world.words[world.language]
    found = tuple(Option(code, words.t(text), icon) for code, (icon, text) in QUESTIONS[name].answers.items())
    return (*found, *ways_on(words))


def read_closed(name: str, world: World, answers: Answers, body: Body) -> Answers:
    option = chosen(body, closed_options(name, world, answers))
    if option is None:
        raise Unreadable(world.t("Please choose one of these."))
    return passed(option) or {name: option.value if option.value in QUESTIONS[name].answers else ""}


def passed(option: Option) -> Answers:
    """Send now: what was not asked stays unasked."""
    return {"asked": "", "send": "ask"} if option.value == "now" else {}


def sign_options(world: World, answers: Answers) -> tuple[Option, ...]:
    words, marks = world.words[world.language], answers.get("marks", {})
    signs = tuple(
        Option(code, words.t(text), MARKS.get(marks.get(code, ""), icon))
        for code, (icon, text) in SIGNS.get(answers.get("kind", ""), {}).items()
    )
    _, now = ways_on(words)
    return (*signs, Option("done", words.t("Next"), "➡️", ButtonKind.NAV), now)


def read_signs(world: World, answers: Answers, body: Body) -> Answers:
    """A press marks a sign as seen, a second one as not seen, a third one as unknown; numbers may come together."""
    options = sign_options(world, answers)
    option = chosen(body, options)
    if option is None:
        pressed = several(body, options)
    elif option.kind is ButtonKind.NAV:
        return passed(option) or {"signs": "asked"}
    else:
        pressed = [option.value]
    if not pressed:
        raise Unreadable(world.t("Please choose one of these."))
    marks = dict(answers.get("marks", {}))
    for code in pressed:
        marks[code] = NEXT_MARK[marks.get(code, "")]
    return {"marks": {code: mark for code, mark in marks.items() if mark}}


def several(body: Body, options: tuple[Option, ...]) -> list[str]:
    """The answers of numbers that were typed together: `1 3 4`."""
    words = skeleton(body.text).replace(",", " ").split() if isinstance(body, Text) else []
    signs = [o for o in options if o.kind is ButtonKind.OPTION]
    numbers = [n for n in map(read_whole, words) if n is not None]
    if len(numbers) < len(words) or not all(1 <= n <= len(signs) for n in numbers):
        return []
    return [signs[n - 1].value for n in dict.fromkeys(numbers)]


def _closed(name: str) -> Question:
    return Question(
        name,
        ask=lambda w, _: w.t(QUESTIONS[name].text),
        read=partial(read_closed, name),
        options=partial(closed_options, name),
        when=lambda a: wanted(a) and name in BY_KIND.get(a.get("kind", ""), ()),
        loose=True,
    )


BLOCK = (
    *(_closed(name) for name in QUESTIONS),
    Question(
        "signs",
        ask=lambda w, _: w.t(
            "What of this did you see?\nPress once: seen. Twice: not seen. The rest: you do not know."
        ),
        read=read_signs,
        options=sign_options,
        when=lambda a: wanted(a) and a.get("kind") in SIGNS,
        loose=True,
    ),
)


def facts(words: Words, details: Mapping[str, Any]) -> str:
    """The closed answers in a line, in the order they were asked; empty where none was given."""
    given = ((asked.answers, details[name]) for name, asked in QUESTIONS.items() if name in details)
    said = (answers[code] for answers, code in given if code in answers)
    return " · ".join(" ".join(filter(None, (icon, words.t(text)))) for icon, text in said)


def signs(words: Words, kind: str, details: Mapping[str, Any], mark: str) -> str:
    """The signs that were marked so, in a line."""
    marks = details.get("marks")
    if not marks:
        return ""
    return ", ".join(words.t(text) for code, (_, text) in SIGNS.get(kind, {}).items() if marks.get(code) == mark)
