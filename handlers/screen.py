"""What a resident sees: the open question with its buttons, the review before sending."""

import itertools
from functools import lru_cache

from handlers import asking, behalf, comfort, contact, excluded, exercise, flow
from handlers.effects import Button, ButtonKind, Decision, Keep, Say
from handlers.events import Choice, Incoming
from handlers.flow import Flow, Question
from handlers.graphemes import clusters
from handlers.indicators import SEEN
from handlers.intro import INTRO
from handlers.report import LINES, OPTIONAL, REPORT
from handlers.sending import finish
from handlers.values import replace
from handlers.world import Answers, Memory, World
from locales import Words

FLOW: Flow = (*INTRO, *REPORT)
ALBUM = 1.5  # seconds until an album is answered: its files come one by one, most within a second
LINE_LABEL = 20  # written characters of a quick reply (developers.line.biz/en/reference/messaging-api/#action-objects)


def ask(
    world: World,
    event: Incoming,
    memory: Memory,
    *,
    note: str = "",
    page: int = 0,
    edit: bool = False,
    album: bool = False,
) -> Decision:
    """Ask the first question without an answer. `edit`: in place of the message whose button was pressed.

    `album`: more files of it may be on their way, and the last of them is answered.
    """
    world = world.remembering(memory)
    here = question(world)
    return put(world, event, here, note=note, page=page, edit=edit, album=album) if here else finish(world, event)


def put(
    world: World,
    event: Incoming,
    here: Question,
    *,
    note: str = "",
    page: int = 0,
    edit: bool = False,
    album: bool = False,
) -> Decision:
    """Put one question, as `ask` does."""
    answers = all_answers(world)
    made = flow.buttons(here, here.options(world, answers), page, more(world.words[world.language]))
    asked = "\n".join([here.ask(world, answers), *spelled_out(event, made)])
    if here.name == "send":
        asked = "\n\n".join(filter(None, [exercise.told(world, answers), review(world), asked]))
        made = (*made, *changing(world))
    buttons = (*made, *comfort.buttons(world, here), *steering(world, here))
    beside = comfort.attachments(world, here)
    say = Say(
        event.chat,
        f"{note}\n\n{asked}" if note else asked,
        buttons,
        beside,
        # Elsewhere than on our page words cannot become a voice or a picture.
        replaces=event.message if edit and (not beside or world.channel == "web") else "",
        after=ALBUM if album else 0.0,
        settles=album or unanswered(world.memory, world),
        drawn=comfort.drawn(world, here),
    )
    return (Keep(heard_now(world.memory, world)), say)


def unanswered(memory: Memory, world: World) -> bool:
    """Whether the answer to an album may still wait: this one says it all."""
    seen = memory.answers.get("seen")
    if memory.at is None or not seen or not any(i.get("album") for i in seen):
        return False
    return (world.now - memory.at).total_seconds() < 2 * ALBUM


def spelled_out(event: Incoming, made: tuple[Button, ...]) -> tuple[str, ...]:
    """LINE cuts labels of over 20 letters: such a list is written out above its buttons."""
    if event.chat.channel != "line":
        return ()
    labels = tuple(b.label for b in made if b.kind is ButtonKind.OPTION)
    return labels if any(clusters(label) > LINE_LABEL for label in labels) else ()


def question(world: World) -> Question | None:
    return flow.current(FLOW, all_answers(world))


def all_answers(world: World) -> Answers:
    """The half report together with what was agreed at the beginning."""
    memory = world.memory
    intro = {"language": memory.language} if memory.language else {}
    agreed = {"consent": memory.agreed} if memory.agreed == world.rules.notice else {}
    return {**intro, **agreed, **memory.answers}


def heard_now(memory: Memory, world: World) -> Memory:
    return replace(memory, at=world.now, offered=False, poster={})


def review(world: World) -> str:
    answers = world.memory.answers
    shown = [(LINES[q.name], q.show(world, answers)) for q in REPORT if q.name in LINES and q.show]
    lines = [f"• {world.t(name)}: {text}" for name, text in shown]
    words = world.words[world.language]
    if facts := asking.facts(words, answers):
        lines.append(f"• {facts}")
    if signs := asking.signs(words, answers["kind"], answers, SEEN):
        lines.append(f"• ⚠️ {signs}")
    rule = contact.rule_text(words, contact.of(world.memory, answers))
    lines.append(f"• {world.t(OPTIONAL[contact.SETTING][1])}: {rule}")
    if kept_from := excluded.kept_from(words, tuple(answers.get(excluded.SETTING, ()))):
        lines.append(f"• 🚫 {world.t(OPTIONAL[excluded.SETTING][1])}: {kept_from}")
    if answers.get(behalf.SETTING):
        lines.append(f"• 👥 {world.t('For a neighbour')}")
    return "\n".join(lines)


def changing(world: World) -> tuple[Button, ...]:
    lines = tuple(Button(f"✏️ {world.t(text)}", f"change:{name}", ButtonKind.NAV) for name, text in LINES.items())
    optional = OPTIONAL.items()
    return (
        *(Button(f"{icon} {world.t(text)}", f"change:{name}", ButtonKind.NAV) for name, (icon, text) in optional),
        *lines,
    )


def steering(world: World, here: Question) -> tuple[Button, ...]:
    return () if here in INTRO else ways(world.words[world.language], can_go_back(world, here))


@lru_cache(flow.LANGUAGES_KEPT)
def more(words: Words) -> str:
    return "➡️ " + words.t("More")


@lru_cache(2 * flow.LANGUAGES_KEPT)
def ways(words: Words, back: bool) -> tuple[Button, ...]:
    cancel = Button("✖️ " + words.t("Cancel"), "cancel", ButtonKind.NAV)
    return (Button("↩️ " + words.t("Back"), "back", ButtonKind.NAV), cancel) if back else (cancel,)


def can_go_back(world: World, here: Question) -> bool:
    answers = world.memory.answers
    before = itertools.takewhile(lambda q: q is not here, REPORT)
    return any(q.name in answers and q.when(answers) for q in before)


def pressed(event: Incoming) -> str:
    return event.message if isinstance(event.body, Choice) else ""
