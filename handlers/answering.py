"""The reporter answers an officer: words, photos, a place, or nothing. Neither side learns who the other is."""

from typing import Any

from handlers import after, cards, hygiene, keeping, membership, replacing, talk
from handlers.asking_back import answered
from handlers.desk import announced
from handlers.effects import Adopt, AnswerQuestion, Button, ButtonKind, Decision, Effect, Keep, MoveCase, Record, Say
from handlers.events import Choice, Command, Edited, Incoming, Media, Place, Text
from handlers.life import Who
from handlers.places import on_earth
from handlers.screen import pressed
from handlers.values import replace
from handlers.world import Asked, Case, Query, World

CODES = ("yes", "no", "unknown", "declined")
Found = tuple[Case, Asked]


def needs(world: World, event: Incoming) -> Query | None:
    """The open questions to this chat, where the event may be an answer: after Answer was pressed, or where nothing
    else goes on in the chat."""
    memory = world.memory
    match event.body:
        case Choice(value=value) if value.startswith("answer:"):
            return Query(mine=True, asked=True, details=True)
        case Text() | Media() | Place() if memory.asked or (memory.last and not memory.answers):
            return Query(mine=True, asked=True, details=True)
    return None


def hear(world: World, event: Incoming) -> Decision | None:
    """What an answer brings about; None when this is none."""
    match event.body:
        case Choice(value=value) if value.startswith("answer:"):
            _, number, how, *_ = (*value.split(":"), "", "")
            return press(world, event, find(world, number), how)
        case Text(text=text) if world.memory.asked and talk.navigation(world, text):
            return later(world, event)
        case Text() | Media() | Place() if found := expecting(world):
            return said(world, event, *found)
    return None


def left(world: World, event: Incoming) -> World:
    """Whoever presses another button or writes a command while answering is done with the answer."""
    if not world.memory.asked:
        return world
    others = isinstance(event.body, Command) or (
        isinstance(event.body, Choice) and not event.body.value.startswith("answer:")
    )
    return world.remembering(replace(world.memory, asked=0)) if others else world


def find(world: World, number: str) -> Found | None:
    return next(((c, q) for c in world.cases for q in c.asked if str(q.id) == number), None)


def expecting(world: World) -> Found | None:
    """The question that plain words answer: the one that Answer was pressed for, else the only one that is open."""
    if world.memory.asked:
        return find(world, str(world.memory.asked))
    if world.memory.answers:
        return None
    still = [(c, q) for c in world.cases for q in c.asked if q.state == "asked"]
    return still[0] if len(still) == 1 else None


def press(world: World, event: Incoming, found: Found | None, how: str) -> Decision:
    if how == "later":
        return later(world, event)
    if found is None or found[1].state == "expired":
        too_late = after.add_more(world, found[0]) if found else ()  # it can still be told
        return (Say(event.chat, world.t("This question is closed."), (*too_late, *talk.way_on(world))),)
    case, question = found
    if how in CODES:
        thanks = Say(
            event.chat, world.t("Thank you. The officers see your answer."), talk.way_on(world), replaces=pressed(event)
        )
        kept = (Keep(replace(world.memory, asked=0)),) if world.memory.asked else ()
        return (*kept, thanks, *arrived(world, case, question, {**question.body, "answer": how}, how in ("yes", "no")))
    text = world.t("Write your answer here, or send a photo, your voice or a place. Do not write who you are.")
    return (Keep(replace(world.memory, asked=question.id)), Say(event.chat, text, (stopping(world, question),)))


def stopping(world: World, question: Asked) -> Button:
    """The way out of an answer that is being written."""
    return Button("✖️ " + world.t("Cancel"), f"answer:{question.id}:later", ButtonKind.NAV)


def later(world: World, event: Incoming) -> Decision:
    """The chat is a chat for reports again."""
    text = world.t("All right.")
    return (Keep(replace(world.memory, asked=0)), Say(event.chat, text, talk.way_on(world), replaces=pressed(event)))


def said(world: World, event: Incoming, case: Case, question: Asked) -> Decision:
    """One piece of an answer; more may follow until the reporter says that it is all."""
    seen: list[Any] = list(question.body.get("seen", ()))
    body, effects = dict(question.body), tuple[Effect, ...]()
    match event.body:
        case Place(latitude=latitude, longitude=longitude):
            if not on_earth(latitude, longitude):
                text = world.t("I do not know this place. Please write it another way.")
                return (Say(event.chat, text, (stopping(world, question),)),)
            body["pin"] = [latitude, longitude]
            body["pin_message"] = event.message
        case _:
            silent = keeping.same_album({"seen": seen}, event)
            try:
                kept, effects = keeping.keep(world, event, {"seen": seen})
            except keeping.TooMuch as bad:
                return (Say(event.chat, bad.reason, (stopping(world, question),)),)
            files = set(keeping.files(kept)) - set(keeping.files({"seen": seen}))
            body["seen"] = kept["seen"]
            effects = (*effects, *(Adopt(case.id, (file,)) for file in files))
            if silent:
                return (*effects, AnswerQuestion(question.id, case.id, "answered", body))
    text = world.t("Thank you. The officers see your answer. You can add more, or press Finished.")
    done = Button("✅ " + world.t("Finished"), f"answer:{question.id}:later")
    return (
        *effects,
        Keep(replace(world.memory, asked=question.id)),
        Say(event.chat, text, (done,)),
        *arrived(world, case, question, body, True),
    )


def arrived(world: World, case: Case, question: Asked, body: dict[str, Any], told: bool) -> tuple[Effect, ...]:
    """The officers' side: the answer is kept with the case, its cards say so, the one who asked reads it in private."""
    state = "answered" if told else str(body["answer"])
    kept = AnswerQuestion(question.id, case.id, state, body)
    if question.state != "asked":
        return (kept, *to_asker(world, case, question, body))
    after = answered(case, {Who.REPORTER}, question.id)
    after = replace(
        after, asked=tuple(replace(q, state=state, body=body) if q.id == question.id else q for q in case.asked)
    )
    moves = (
        (MoveCase(case.id, case.status, after.status, after.holder, after.closer, after.ending),)
        if after.status is not case.status
        else ()
    )
    return (
        kept,
        *moves,
        Record(f"question {state}", "", case.id),
        *announced(
            world,
            after,
            lambda words: words.t("The reporter of {number} has answered. Press Details.", number=case.number),
        ),
        *to_asker(world, case, question, body),
    )


def to_asker(world: World, case: Case, question: Asked, body: dict[str, Any]) -> tuple[Say, ...]:
    """The answer, to the one who asked, if they are still on the roster."""
    channel, person = question.body.get("by", ("", ""))
    member = world.directory.members.get((channel, person))
    if member is None or hygiene.withheld(replace(world, member=member, group=None)):
        return ()
    words = world.words[member.language]
    if membership.homes(world, member) and member.role == "officer" and (channel, person) not in world.askers:
        text = words.t("The reporter of {number} has answered. Press Details.", number=case.number)
        return (
            Say(member.chat, text, (cards.button(words, case, "details"),)),
        )  # the press asks whether they are in it
    lines = [words.t("The reporter of {number} has answered.", number=case.number)]
    one = replace(question, body=body, state=str(body.get("answer", "answered")))
    return (Say(member.chat, "\n".join([*lines, *cards.asked_lines(words, one, files_apart=True)])),)


def edited(world: World, event: Incoming, case: Case, body: Edited) -> tuple[tuple[Effect, ...], bool, str]:
    """What the reporter changes stands so in their answers, too; whether words did, and what is said of a file.
    Raises TooMuch."""
    effects, words, note = tuple[Effect, ...](), False, ""
    for question in case.asked:
        left = keeping.reworded(world, question.body, body, changed=True)
        new = replacing.refiled(world, event, left, body, case)
        words, note = words or left != question.body, note or new.note
        if new.answers == question.body:
            continue
        files = tuple(f for f in keeping.files(new.answers) if f not in keeping.files(question.body))
        adopted = (Adopt(case.id, files),) if files else ()
        kept = AnswerQuestion(question.id, case.id, question.state, new.answers)
        effects = (*effects, *new.effects, *adopted, kept)
    return effects, words, note


def unsent(case: Case, message: str) -> tuple[Effect, ...]:
    """What the reporter takes back goes from their answers, too."""
    gone: list[Effect] = []
    for question in case.asked:
        left, dropped = keeping.without(question.body, message)
        if question.body.get("pin_message") == message:
            left = {k: v for k, v in left.items() if k not in ("pin", "pin_message")}
        if left != question.body:
            gone += [AnswerQuestion(question.id, case.id, question.state, left), *dropped]
    return tuple(gone)
