"""The report is sent: a case opens, the right officers are told, the resident gets a number."""

from datetime import datetime, timedelta

from handlers import asking, behalf, cards, contact, due, excluded, exercise, keeping
from handlers.dates import duration_text
from handlers.effects import Button, Decision, Keep, OpenCase, Say, Status
from handlers.events import Choice, Incoming
from handlers.intro import emergency
from handlers.kinds import is_urgent
from handlers.numbers import case_number, receipt, shown_receipt
from handlers.places import district_name
from handlers.report import moment
from handlers.routing import Destination, route
from handlers.values import replace
from handlers.world import LOST, Answers, Case, File, Group, Memory, World
from locales import Words

HOUR = timedelta(hours=1)
KEPT = ("place", "pin", "typed", "crossing", "district", "named", "when", "seen", "help", *asking.NAMES)


def finish(world: World, event: Incoming) -> Decision:
    """What a complete report brings about."""
    answers = world.memory.answers
    case = new_case(world, event, answers)
    before, most = world.memory.sent, world.rules.reports_an_hour
    if case.exercise:
        before, most = world.memory.practised, most * exercise.WIDER
    recent = [at for at in before if world.now - datetime.fromisoformat(at) < HOUR]
    if len(recent) >= most and not case.urgent:
        return too_many(world, event, recent)
    found = destinations(world, case)
    secret = receipt(world.dice[48:56])
    step, step_at = due.begun(world.rules.patience, case, leaves(world, case))
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
        contact.of(world.memory, answers),
        secret,
        case.behalf,
        case.excluded,
        step,
        step_at,
        case.exercise,
    )
    memory = replace(world.memory, answers={}, offered=False, poster={}, last=case.number, at=world.now)
    sent = (*recent, world.now.isoformat())
    memory = replace(memory, practised=sent) if case.exercise else replace(memory, sent=sent)
    memory = replace(memory, contact=contact.of(world.memory, answers))
    return (Keep(memory), opened, *alerts(world, case, found), thanks(world, event, case, bool(found), memory, secret))


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
    details = {k: answers[k] for k in KEPT if answers.get(k)} | {"day": day, "part": part}
    lost = keeping.files({"lost": answers.get("lost", ())})
    return Case(
        id=case_id(world),
        number=case_number(world.dice[:16]),
        kind=answers["kind"],
        district=answers["district"],
        status=Status.NEW,
        urgent=is_urgent(answers),
        language=world.language,
        may_ask=contact.of(world.memory, answers) != contact.NEVER,
        practice=False,
        opened=event.at,
        details=details,
        files=tuple(File(f, "", "", LOST[-1] if f in lost else "waiting") for f in keeping.files(answers)),
        behalf=bool(answers.get(behalf.SETTING)),
        excluded=tuple(answers.get(excluded.SETTING, ())),
        exercise=answers.get("send") == exercise.EXERCISE,
    )


def case_id(world: World) -> int:
    return due.case_id(world.now, world.dice[16:19])


def destinations(world: World, case: Case) -> tuple[Destination, ...]:
    if case.excluded:
        return tuple(Destination(m.chat, m.language) for m in excluded.confidants(world, case))
    return route(world, case.district, case.kind, world.now.astimezone(world.rules.zone).hour)


def leaves(world: World, case: Case) -> datetime:
    """When its alert leaves: what is not urgent waits a random while."""
    return due.alerted(world.rules.alert_delay, case.id, prompt=case.urgent)


def alerts(world: World, case: Case, found: tuple[Destination, ...]) -> tuple[Say, ...]:
    """The card for every destination, in its language."""
    wait = max(0.0, (leaves(world, case) - world.now).total_seconds())
    return tuple(card(world, case, place, after=wait) for place in found)


def card(world: World, case: Case, place: Destination, *, after: float = 0.0, replaces: str = "") -> Say:
    words = world.words[place.language]
    show = cards.full_to_group if place.detail == "full" else cards.headline
    closed = place.detail == "withheld"
    text, note = (
        show(words, place.language, world, case),
        words.t("Details on request, after a coordinator has looked."),
    )
    return Say(
        place.chat,
        f"{text}\n🔒 {note}" if closed else text,
        offered(words, case, place),
        replaces=replaces,
        card=case.id,
        urgent=case.urgent,
        after=after,
    )


def offered(words: Words, case: Case, place: Destination) -> tuple[Button, ...]:
    """The buttons of a card; no Details where a coordinator has to look at the group first."""
    closed = place.detail == "withheld"
    return tuple(b for b in cards.buttons(words, case) if not (closed and b.value.startswith("details:")))


def offer_card(world: World, case: Case, group: Group) -> Say:
    """The card of a case that another place is asked to take over."""
    words = world.words[group.language]
    text = "\n".join([words.t("Will you take this report over?"), cards.headline(words, group.language, world, case)])
    return Say(group.chat, text, cards.offer_buttons(words, case), card=case.id, urgent=case.urgent)


def sent_already(world: World, event: Incoming) -> Decision:
    """Send was pressed twice: the number again, and no second case."""
    text = world.t("Thank you. Your report is number {number}.", number=world.memory.last)
    return (Keep(world.memory), Say(event.chat, text, (*new_report(world), my_reports(world))))


def new_report(world: World) -> tuple[Button, ...]:
    return (Button("📝 " + world.t("New report"), "new"),)


def my_reports(world: World) -> Button:
    return Button("📋 " + world.t("My reports"), "status")


def thanks(world: World, event: Incoming, case: Case, reached: bool, memory: Memory, secret: str) -> Say:
    where = district_name(world.gazetteer, case.district, world.language)
    goes = world.t("It goes to the officers in charge of {district}.", district=where)
    if case.excluded:
        goes = world.t("It goes to a coordinator alone, to no group.")
    practised = "🎓 " + world.t("It was practice. For a real report press New report, then This is real.")
    lines = [
        world.t("Thank you. Your report is number {number}.", number=case.number),
        *([practised] if case.exercise else []),
        goes if reached else world.t("Your report is kept. It goes to officers as soon as they are ready."),
        promise(world, memory.contact),
        "",
        world.t("Your receipt: {receipt}", receipt=shown_receipt(secret)),
        world.t("Give it to your neighbour. When they use it, they get a new one, and you no longer see the report.")
        if case.behalf
        else world.t("With it you can open this report on any phone. It is shown only once."),
    ]
    buttons = (*new_report(world), my_reports(world))
    help_now = f"\n\n{emergency(world)}" if case.urgent else ""
    replaces = event.message if isinstance(event.body, Choice) else ""
    return Say(event.chat, "\n".join(lines) + help_now, buttons, replaces=replaces)


def promise(world: World, rule: str) -> str:
    """What the resident will hear of, and when."""
    match rule:
        case contact.NEVER:
            return world.t("We will not write to you. Press My reports to see how it stands.")
        case contact.AFTER:
            return world.t("We answer here only after you have written. Press My reports to see how it stands.")
        case contact.DAY:
            return world.t("When there is news, we write here between 8 and 20 o'clock.")
    return world.t("We will write here when an officer has taken it.")
