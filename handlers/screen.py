"""What a resident sees: the open question with its buttons, the review before sending."""

from dataclasses import replace

from handlers import flow
from handlers.effects import Button, ButtonKind, Decision, Keep, Say
from handlers.events import Choice, Incoming
from handlers.flow import Flow, Question
from handlers.graphemes import clusters
from handlers.intro import INTRO
from handlers.report import LINES, REPORT
from handlers.sending import finish
from handlers.world import Answers, Memory, World

FLOW: Flow = (*INTRO, *REPORT)
LINE_LABEL = 20  # written characters of a quick reply (developers.line.biz/en/reference/messaging-api/#action-objects)


def ask(
    world: World, event: Incoming, memory: Memory, *, note: str = "", page: int = 0, edit: bool = False
) -> Decision:
    """Ask the first question without an answer. `edit`: in place of the message whose button was pressed."""
    world = world.remembering(memory)
    here, answers = question(world), all_answers(world)
    if here is None:
        return finish(world, event)
    made = flow.buttons(here, here.options(world, answers), page, "➡️ " + world.t("More"))
    asked = "\n".join([here.ask(world, answers), *spelled_out(event, made)])
    text = "\n\n".join(filter(None, [note, review(world) if here.name == "send" else "", asked]))
    changes = changing(world) if here.name == "send" else ()
    say = Say(event.chat, text, (*made, *changes, *steering(world, here)), replaces=event.message if edit else "")
    return (Keep(heard_now(memory, world)), say)


def spelled_out(event: Incoming, made: tuple[Button, ...]) -> tuple[str, ...]:
    """LINE cuts labels of over 20 letters: such a list is written out above its buttons."""
    labels = tuple(b.label for b in made if b.kind is ButtonKind.OPTION)
    return labels if event.chat.channel == "line" and any(clusters(label) > LINE_LABEL for label in labels) else ()


def question(world: World) -> Question | None:
    return flow.current(FLOW, all_answers(world))


def all_answers(world: World) -> Answers:
    """The half report together with what was agreed at the beginning."""
    memory = world.memory
    intro = {"language": memory.language} if memory.language else {}
    agreed = {"consent": memory.agreed} if memory.agreed == world.rules.notice else {}
    return {**intro, **agreed, **memory.answers}


def heard_now(memory: Memory, world: World) -> Memory:
    return replace(memory, at=world.now, offered=False)


def review(world: World) -> str:
    answers = world.memory.answers
    shown = [(LINES[q.name], q.show(world, answers)) for q in REPORT if q.name in LINES and q.show]
    return "\n".join(f"• {world.t(name)}: {text}" for name, text in shown)


def changing(world: World) -> tuple[Button, ...]:
    return tuple(Button(f"✏️ {world.t(text)}", f"change:{name}", ButtonKind.NAV) for name, text in LINES.items())


def steering(world: World, here: Question) -> tuple[Button, ...]:
    if here in INTRO:
        return ()
    back = (Button("↩️ " + world.t("Back"), "back", ButtonKind.NAV),) if can_go_back(world, here) else ()
    return (*back, Button("✖️ " + world.t("Cancel"), "cancel", ButtonKind.NAV))


def can_go_back(world: World, here: Question) -> bool:
    answers = world.memory.answers
    return here in REPORT and flow.previous(REPORT, answers) is not None


def pressed(event: Incoming) -> str:
    return event.message if isinstance(event.body, Choice) else ""
