"""The message that gave the place is changed or taken back: read again before sending, said plainly after it."""

from handlers import after, flow, replacing, screen
from handlers.clean import shown
from handlers.effects import Button, Decision, Say
from handlers.events import Edited, Incoming, Text
from handlers.flow import Unreadable
from handlers.life import ENDED
from handlers.places import district_name
from handlers.report import REPORT
from handlers.sending import my_reports, new_report
from handlers.values import replace
from handlers.where import MOST_NAME, WHERE, named, show_place
from handlers.world import Answers, Case, World


def meant(answers: Answers, message: str) -> str:
    """The question about the place that this message answered; empty where it answered none."""
    return next((name for name, said in answers.get("named", {}).items() if said == message), "")


def edited(world: World, event: Incoming, body: Edited) -> Decision | None:
    """The half report: what stands in the message now is an answer to the question that it answered; None: to none."""
    answers = world.memory.answers
    name = meant(answers, body.message)
    if name not in answers:
        return None
    left = flow.forget(REPORT, answers, name)
    question = next(q for q in WHERE if q.name == name)
    try:
        found = question.read(world.remembering(replace(world.memory, answers=left)), left, Text(body.text))
    except Unreadable as bad:
        return unknown(world, event, bad)
    if all(answers.get(key) == value for key, value in found.items()):
        return ()  # platforms tell of edits that change no word
    if "place" in found:
        name, left = "place", flow.forget(REPORT, left, "place")
    now = {**left, **found, **named(left, name, body.message)}
    line = f"✓ {show_place(world, now)}" if "district" in now else ""
    return asked_again(world, event, now, line)


def unknown(world: World, event: Incoming, bad: Unreadable) -> Decision:
    """The place stays, without the words: they stand nowhere any more."""
    left = {k: v for k, v in world.memory.answers.items() if k != "typed"}
    if "district" not in left:
        return asked_again(world, event, left, bad.reason)
    place = show_place(world, left)
    note = world.t("I do not know the place in the message that you changed. The place is still {place}.", place=place)
    return asked_again(world, event, left, note)


def unsent(world: World, event: Incoming, message: str) -> Decision | None:
    """The half report: what the message answered is asked again; None where it answered nothing."""
    answers = world.memory.answers
    name = meant(answers, message)
    return asked_again(world, event, flow.forget(REPORT, answers, name), "") if name in answers else None


def asked_again(world: World, event: Incoming, answers: Answers, note: str) -> Decision:
    """Whoever changes the half report is back in it, whatever else they were writing."""
    memory = replace(world.memory, answers=answers, adding={}, asked=0)
    return screen.ask(world, event, memory, note=note)


def reworded(world: World, case: Case, body: Edited) -> tuple[Answers, str]:
    """A report that was sent: its answers with the words for the place as they are now, and what to say of the place.

    Where it happened stays: the officers of that district have the report already.
    """
    details = case.details
    name = meant(details, body.message)
    if not name:
        return details, ""
    if name != "place" or details.get("place") != "name":
        return details, stays(world, case)
    clean = shown(body.text).strip()[:MOST_NAME]
    if clean == details.get("typed", "").strip():
        return details, ""
    left = {k: v for k, v in details.items() if k != "typed"} | ({"typed": clean} if clean else {})
    read = world.t("Officers now read the place as you wrote it.")
    return {**left, "renamed": True}, f"{read}\n{stays(world, case)}"


def without(world: World, case: Case, message: str) -> tuple[Answers, str]:
    """The same where the message was taken back: its words or its pin go, the district stays."""
    details = case.details
    name = meant(details, message)
    if not name:
        return details, ""
    gone = {"typed", "pin"} if name == "place" else set()
    left = {k: v for k, v in details.items() if k not in gone}
    return {**left, **named(details, name, "")}, stays(world, case)


def stays(world: World, case: Case) -> str:
    place = district_name(world.gazetteer, case.district, world.language)
    if case.status in ENDED:
        return world.t(
            "Report {number} still counts as one from {place}. If it was somewhere else, send a new report.",
            number=case.number,
            place=place,
        )
    return world.t(
        "Report {number} still counts as one from {place}. If it was somewhere else, press Add more and write where.",
        number=case.number,
        place=place,
    )


def said(world: World, event: Incoming, case: Case, text: str) -> Say:
    """About a report that was sent, with the ways to tell more of it."""
    return Say(event.chat, text, ways(world, case))


def ways(world: World, case: Case) -> tuple[Button, ...]:
    more = after.add_more(world, case) or new_report(world)
    return (*more, *replacing.button(world, case), my_reports(world))
