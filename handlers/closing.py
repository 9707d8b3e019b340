"""A case ends: what came of it is said first, a second person agrees where the settings want it; it can be reopened."""

from handlers import cards, life
from handlers.desk import moving, picked, why_not
from handlers.effects import NOBODY, Decision, Ending, Say
from handlers.fold import skeleton
from handlers.life import ENDINGS
from handlers.persons import one
from handlers.standing import Act, standing
from handlers.values import replace
from handlers.world import World


def close(act: Act) -> Decision:
    """Close: without an ending it is asked for; with one the case is closed, or waits for a second person's word."""
    world = act.world
    name = "propose" if world.rules.two_person_close else "close"
    if life.move(name, act.case.status, standing(world, act.event, act.case)) is None:
        return (Say(act.event.chat, why_not(act, name)),)
    ending = read_ending(world, act.words)
    if ending is None:
        buttons = cards.ending_buttons(world.words[world.language], act.case)
        return picked(act, buttons, world.t("What came of it?"))
    return moving(
        act,
        name,
        lambda case, move: replace(
            case,
            status=move.to,
            holder=case.holder if case.holder.person else act.by,
            closer=act.by,
            ending=ending,
        ),
    )


def read_ending(world: World, text: str) -> Ending | None:
    """An ending by its code, or as its button says it."""
    typed = skeleton(text)
    return next((e for e, (_, label) in ENDINGS.items() if typed in (e, skeleton(world.t(label)))), None)


def confirm(act: Act) -> Decision:
    """A second person agrees."""
    if act.case.status is life.CLOSING and one(act.world, act.case.closer, act.by):
        text = act.world.t(
            "You asked for this yourself. Report {number} waits for another officer.", number=act.case.number
        )
        return (Say(act.event.chat, text),)
    return moving(act, "confirm", lambda case, move: replace(case, status=move.to))


def contest(act: Act) -> Decision:
    """Somebody finds that it is not to be closed yet, or takes their own word back."""
    return moving(act, "contest", lambda case, move: replace(case, status=move.to, closer=NOBODY, ending=""))


def reopen(act: Act) -> Decision:
    """The case is in the queue again; who closed it stays in the history."""
    return moving(
        act, "reopen", lambda case, move: replace(case, status=move.to, holder=NOBODY, closer=NOBODY, ending="")
    )
