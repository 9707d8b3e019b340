"""What a reporter decides of their own case: to take it back, whether it helped, that officers must look again."""

from handlers import asking_back, life
from handlers.desk import redraw
from handlers.effects import (
    NOBODY,
    Amend,
    Button,
    Decision,
    DropMedia,
    Effect,
    Felt,
    Keep,
    MoveCase,
    Recall,
    Record,
    Say,
    Status,
)
from handlers.events import Incoming
from handlers.excluded import confidants
from handlers.intro import emergency
from handlers.life import Who
from handlers.sending import my_reports
from handlers.values import replace
from handlers.world import Case, World
from locales import N

SKELETON = ("day", "part", "district", "when")  # of a case that was taken back: what its number stood for, and no words
# TRANSLATORS: what came of a report for the one who sent it; on buttons, at most 14 letters for all of these.
FELT = {
    "helped": ("👍", N("It helped")),
    "nothing": ("↩️", N("Nothing changed")),
    "unknown": ("🤷", N("I do not know")),
    "unsafe": ("🆘", N("I feel unsafe")),
}


def plain(case: Case) -> str:
    return case.number.replace("-", "")


def choices(world: World, case: Case) -> tuple[Button, ...]:
    """What may be decided now. "Nothing changed" is said with the words that open it again, until then nothing is."""
    words, number = world.words[world.language], plain(case)
    if case.status is Status.CLOSED and case.felt in ("", "nothing"):
        return tuple(Button(f"{icon} {words.t(text)}", f"my:{code}:{number}") for code, (icon, text) in FELT.items())
    if life.move("withdraw", case.status, {Who.REPORTER}):
        return (Button("🗑 " + words.t("Take back"), f"my:withdraw:{number}"),)
    return ()


def ask_withdrawal(world: World, event: Incoming, case: Case) -> Decision:
    text = world.t(
        "Take back report {number}? Its words and files are destroyed here.\n"
        "What officers have read already, they know.",
        number=case.number,
    )
    buttons = (
        Button("🗑 " + world.t("Take back"), f"my:gone:{plain(case)}"),
        Button("↩️ " + world.t("Keep it"), f"my:show:{plain(case)}"),
    )
    return (Say(event.chat, text, buttons, replaces=event.message),)


def withdraw(world: World, event: Incoming, case: Case) -> tuple[Case, Decision]:
    """The case as it is then, and what makes it so. Nothing for a case that is not open any more."""
    move = life.move("withdraw", case.status, {Who.REPORTER})
    if move is None:
        return case, ()
    left = {k: v for k, v in case.details.items() if k in SKELETON}
    after = replace(case, status=move.to, details=left, files=())
    effects: tuple[Effect, ...] = (
        MoveCase(case.id, case.status, after.status, case.holder, case.closer),
        Amend(case.id, left),
        Recall(case.id),
        *asking_back.taken_back(case),
        *(DropMedia(file.file) for file in case.files),
        Record("case withdraw", "", case.id),
        *redraw(world, event, after),
    )
    return after, effects


def reopen(world: World, event: Incoming, case: Case) -> tuple[Case, Decision]:
    """Officers look at it again; their cards are drawn by whoever says why."""
    move = life.move("reopen", case.status, {Who.REPORTER})
    if move is None:
        return case, ()
    after = replace(case, status=move.to, holder=NOBODY, closer=NOBODY, ending="", felt="nothing")
    moved = MoveCase(case.id, case.status, after.status)
    return after, (moved, Record("case reopen", "", case.id), *redraw(world, event, after))


def felt(world: World, event: Incoming, case: Case, code: str) -> Decision:
    """One tap; what it leads to."""
    if case.status is not Status.CLOSED:
        return (
            Keep(world.memory),
            Say(event.chat, world.t("That button is old. We go on here."), (my_reports(world),)),
        )
    said = replace(case, felt=code)
    left = Keep(world.memory)
    kept: Decision = (Felt(case.id, code), *redraw(world, event, said))
    buttons: tuple[Button, ...] = (my_reports(world),)
    match code:
        case "nothing":
            return (*kept, *ask_why(world, event, case))
        case "unsafe":
            text = "\n\n".join([world.t("We tell a coordinator now."), emergency(world)])
            return (left, *kept, *warn(world, case), Say(event.chat, text, buttons, replaces=event.message))
    return (left, *kept, Say(event.chat, world.t("Thank you for telling us."), buttons, replaces=event.message))


def ask_why(world: World, event: Incoming, case: Case) -> Decision:
    adding = {"number": case.number, "at": world.now.isoformat(), "reopen": "yes"}
    text = world.t("Write in a few words what still goes on. Then officers look at it again.")
    say = Say(event.chat, text, (my_reports(world),), replaces=event.message)
    return (Keep(replace(world.memory, adding=adding)), say)


def warn(world: World, case: Case) -> tuple[Say, ...]:
    """The nearest coordinators, in private, at once."""
    return tuple(
        Say(
            m.chat,
            world.words[m.language].t("The reporter of {number} does not feel safe.", number=case.number),
            (Button("🔎 " + world.words[m.language].t("Details"), f"details:{plain(case)}:many"),),
            urgent=True,
        )
        for m in confidants(world, case)
    )
