"""The report is sent: a case opens, the right officers are told, the resident gets a number."""

from dataclasses import replace
from datetime import datetime, timedelta

from handlers import cards, keeping
from handlers.dates import duration_text
from handlers.effects import Button, Decision, Keep, OpenCase, Say, Status
from handlers.events import Choice, Incoming
from handlers.intro import emergency
from handlers.kinds import is_urgent
from handlers.numbers import case_number
from handlers.places import district_name
from handlers.report import moment
from handlers.routing import Destination, route
from handlers.world import Answers, Case, File, World

HOUR = timedelta(hours=1)
KEPT = ("place", "pin", "typed", "crossing", "district", "when", "seen")


def finish(world: World, event: Incoming) -> Decision:
    """What a complete report brings about."""
    answers = world.memory.answers
    case = new_case(world, event, answers)
    recent = [at for at in world.memory.sent if world.now - datetime.fromisoformat(at) < HOUR]
    if len(recent) >= world.rules.reports_an_hour and not case.urgent:
        return too_many(world, event, recent)
    found = destinations(world, case)
    opened = OpenCase(
        case.id,
        case.number,
        case.kind,
        case.district,
        case.urgent,
        case.language,
        case.may_ask,
        case.practice,
        case.details,
        keeping.files(answers),
        bool(found),
    )
    sent = (*recent, world.now.isoformat())
    memory = replace(world.memory, answers={}, offered=False, last=case.number, at=world.now, sent=sent)
    return (Keep(memory), opened, *alerts(world, case, found), thanks(world, event, case, bool(found)))


def too_many(world: World, event: Incoming, recent: list[str]) -> Decision:
    """One chat has sent as much as an hour may bring; the report stays as it is, ready to be sent later."""
    kept = {k: v for k, v in world.memory.answers.items() if k != "send"}
    free = datetime.fromisoformat(recent[0]) + HOUR - world.now
    wait = duration_text(int(free.total_seconds() // 60) + 1, world.language)
    text = world.t("You have sent many reports. This one is saved, not sent. Wait {time}, then press Go on.", time=wait)
    again = Button("▶️ " + world.t("Go on"), "continue")
    return (Keep(replace(world.memory, answers=kept, at=world.now)), Say(event.chat, text, (again,)))


def new_case(world: World, event: Incoming, answers: Answers) -> Case:
    day, part = moment(world, answers)
    details = {k: answers[k] for k in KEPT if k in answers} | {"day": day, "part": part}
    return Case(
        id=case_id(world),
        number=case_number(world.dice[:16]),
        kind=answers["kind"],
        district=answers["district"],
        status=Status.NEW,
        urgent=is_urgent(answers),
        language=world.language,
        may_ask=answers["send"] == "ask",
        practice=False,
        opened=event.at,
        details=details,
        files=tuple(File(f, "", "", "waiting") for f in keeping.files(answers)),
    )


def case_id(world: World) -> int:
    """A row id nobody has to hand out: milliseconds of the clock, then 20 random bits; below 2^63."""
    return int(world.now.timestamp() * 1000) << 20 | int.from_bytes(world.dice[16:19], "big") & 0xFFFFF


def destinations(world: World, case: Case) -> tuple[Destination, ...]:
    return route(world, case.district, case.kind, world.now.astimezone(world.rules.zone).hour)


def alerts(world: World, case: Case, found: tuple[Destination, ...]) -> tuple[Say, ...]:
    """The card for every destination, in its language. What is not urgent waits a random while."""
    wait = 0.0 if case.urgent else world.rules.alert_delay * int.from_bytes(world.dice[19:21], "big") / 0xFFFF
    return tuple(card(world, case, place, after=wait) for place in found)


def card(world: World, case: Case, place: Destination, *, after: float = 0.0, replaces: str = "") -> Say:
    words = world.words[place.language]
    show = cards.full if place.detail == "full" else cards.headline
    return Say(
        place.chat,
        show(words, place.language, world, case),
        cards.buttons(words, case),
        replaces=replaces,
        card=case.id,
        urgent=case.urgent,
        after=after,
    )


def sent_already(world: World, event: Incoming) -> Decision:
    """Send was pressed twice: the number again, and no second case."""
    text = world.t("Thank you. Your report is number {number}.", number=world.memory.last)
    return (Keep(world.memory), Say(event.chat, text, (*new_report(world), my_reports(world))))


def new_report(world: World) -> tuple[Button, ...]:
    return (Button("📝 " + world.t("New report"), "new"),)


def my_reports(world: World) -> Button:
    return Button("📋 " + world.t("My reports"), "status")


def thanks(world: World, event: Incoming, case: Case, reached: bool) -> Say:
    where = district_name(world.gazetteer, case.district, world.language)
    lines = [
        world.t("Thank you. Your report is number {number}.", number=case.number),
        world.t("It goes to the officers in charge of {district}.", district=where)
        if reached
        else world.t("Your report is kept. It goes to officers as soon as they are ready."),
        world.t("We will write here when an officer has taken it.")
        if case.may_ask
        else world.t("We will not write to you. Press My reports to see how it stands."),
    ]
    buttons = (*new_report(world), my_reports(world))
    help_now = f"\n\n{emergency(world)}" if case.urgent else ""
    replaces = event.message if isinstance(event.body, Choice) else ""
    return Say(event.chat, "\n".join(lines) + help_now, buttons, replaces=replaces)
