"""What officers do with a case, by a button of its card or by a command in their group."""

from dataclasses import replace

from handlers import cards
from handlers.effects import Button, ButtonKind, Decision, Effect, Enroll, MoveCase, Record, Reporter, Say, Status
from handlers.events import Address, Choice, Command, Incoming
from handlers.kinds import STATUS
from handlers.numbers import read_case_number
from handlers.routing import Destination, covers, districts_of
from handlers.sending import card
from handlers.talk import way_on
from handlers.world import Case, Query, World

NEXT = {
    Status.NEW: (Status.TAKEN, Status.DONE),
    Status.TAKEN: (Status.DONE,),
    Status.DONE: (),
}
ACTIONS = {"take": Status.TAKEN, "done": Status.DONE}
MOST_LISTED = 15
MANY = "many"  # the button stands in a message of several cases, which stays as it is


def needs_number(text: str) -> Query | None:
    number = read_case_number(text)
    return Query(number=number, details=True) if number else None


def pressed(choice: Choice) -> tuple[str, str] | None:
    """Action and number of a card's button: `take:12345678`, with `:many` where it stands among several."""
    match choice.value.split(":"):
        case ["take" | "details" | "done" as action, number, *_] if number:
            return action, number
    return None


def needs_press(choice: Choice) -> Query | None:
    found = pressed(choice)
    return needs_number(found[1]) if found else None


def act(world: World, event: Incoming, action: str) -> Decision:
    """Take, look at or finish the case the query found."""
    case = world.cases[0] if world.cases else None
    if event.group and world.group is None:
        return ()  # a card that somebody forwarded into a foreign group
    if world.group is None and world.member is None:
        return (Say(event.chat, world.t("This is for officers and coordinators."), way_on(world)),)
    if case is None or not may_work(world, case):
        return (Say(event.chat, world.t("I do not find this case here.")),)
    if not event.sender:
        return (
            Say(
                event.chat,
                world.t(
                    "I cannot see who pressed. Please write /{action} {number}.", action=action, number=case.number
                ),
            ),
        )
    name, enrolled = who(world, event)
    if action == "details":
        return (*enrolled, *details(world, event, case, name))
    return (*enrolled, *move(world, event, case, ACTIONS[action], name))


def may_work(world: World, case: Case) -> bool:
    scope = world.group.scope if world.group else world.member.scope if world.member else ""
    hour = world.now.astimezone(world.rules.zone).hour
    return bool(scope) and covers(world, scope, case.district, case.kind, hour)


def who(world: World, event: Incoming) -> tuple[str, tuple[Effect, ...]]:
    """The name an officer goes by here: their own, or a running one until they choose one with /name."""
    if world.member and world.member.name:
        return world.member.name, ()
    member = world.member
    if member and member.role == "coordinator":
        return world.t("coordinator"), ()
    scope = member.scope if member else world.group.scope if world.group else ""
    named = sum(1 for m in world.directory.members.values() if m.role == "officer" and m.scope == scope and m.name)
    name = world.t("officer {number}", number=named + 1)
    private = member.chat if member else Address(event.chat.channel, event.sender)
    language = member.language if member else world.language
    return name, (Enroll(event.sender, "officer", scope, private, language, name),)


def move(world: World, event: Incoming, case: Case, to: Status, name: str) -> Decision:
    if to not in NEXT[case.status]:
        return (Say(event.chat, too_late(world, case)),)
    changed = replace(case, status=to, taken_by=name)
    return (
        MoveCase(case.id, case.status, to, name),
        Record(f"case {to}", event.sender, case.id),
        *redraw(world, event, changed),
        *tell_reporter(world, changed),
    )


def too_late(world: World, case: Case) -> str:
    if case.status is Status.TAKEN:
        return world.t("{name} has taken report {number} already.", name=case.taken_by, number=case.number)
    return world.t("Report {number} is done already.", number=case.number)


def redraw(world: World, event: Incoming, case: Case) -> tuple[Say, ...]:
    """The card as it stands now, in every group that has it; here in place of the one that was pressed."""
    known = {c.chat: c.message for c in case.cards}
    if isinstance(event.body, Choice) and event.message and not event.body.value.endswith(f":{MANY}"):
        known[event.chat] = event.message
    known.setdefault(event.chat, "")
    places = {g.chat: Destination(g.chat, g.language, g.detail) for g in world.directory.groups.values()}
    places |= {m.chat: Destination(m.chat, m.language) for m in world.directory.members.values()}
    return tuple(card(world, case, places[chat], replaces=message) for chat, message in known.items() if chat in places)


def tell_reporter(world: World, case: Case) -> tuple[Say, ...]:
    if not case.may_ask or case.practice:
        return ()
    words = world.words[case.language]
    text = (
        words.t("An officer has taken your report {number}.", number=case.number)
        if case.status is Status.TAKEN
        else words.t("Your report {number} is finished. Thank you for your help.", number=case.number)
    )
    return (Say(Reporter(case.id), text),)


def details(world: World, event: Incoming, case: Case, name: str) -> Decision:
    """Everything about a case, to the one who asked and nobody else; that they looked is recorded."""
    private = Address(event.chat.channel, event.sender)
    link = world.rules.bot_link.get(event.chat.channel, "")
    opening = (Button(world.t("Open the bot"), link, ButtonKind.LINK),) if link else ()
    unreachable = Say(
        event.chat,
        world.t("{name}: please open this bot in private first, then ask for the details again.", name=name),
        opening,
    )
    language = world.member.language if world.member else world.language
    words, hidden = world.words[language], world.rules.hidden.get(event.chat.channel, ())
    return (
        Record("details", event.sender, case.id),
        Say(
            private,
            cards.full(words, language, world, case, hidden),
            attachments=cards.attachments(case, hidden),
            otherwise=unreachable if private != event.chat else None,
        ),
    )


def show(world: World, event: Incoming) -> Decision:
    """`/case NUMBER` in a group: its card again."""
    case = world.cases[0] if world.cases else None
    if case is None or not may_work(world, case):
        return (Say(event.chat, world.t("I do not find this case here.")),)
    return (card(world, case, here(world, event)),)


def here(world: World, event: Incoming) -> Destination:
    detail = world.group.detail if world.group else "headline"
    return Destination(event.chat, world.language, detail)


def needs_list(world: World) -> Query:
    scope = world.group.scope if world.group else world.member.scope if world.member else ""
    return Query(open=True, districts=districts_of(world, scope))


def listing(world: World, event: Incoming) -> Decision:
    """`/cases`: what is open here, the urgent and the oldest first."""
    found = sorted(world.cases, key=lambda c: (not c.urgent, c.opened))
    if not found:
        return (Say(event.chat, world.t("No open cases.")),)
    words = world.words[world.language]
    lines = [
        f"{cards.line(words, world.language, world, c)} · {words.t(STATUS[c.status])}" for c in found[:MOST_LISTED]
    ]
    more = len(found) - MOST_LISTED
    if more > 0:
        lines.append(world.n("and {count} more", "and {count} more", more, count=more))
    return (Say(event.chat, "\n".join([world.t("Open cases:"), *lines])),)


def rename(world: World, event: Incoming) -> Decision:
    """`/name WORDS`: what the cards call this officer."""
    name = event.body.args.strip()[:40] if isinstance(event.body, Command) else ""
    member = world.member
    if not event.sender or not name:
        return (Say(event.chat, world.t("Write your name like this: /name Somchai")),)
    scope = member.scope if member else world.group.scope if world.group else ""
    if not scope:
        return ()
    role = member.role if member else "officer"
    private = member.chat if member else Address(event.chat.channel, event.sender)
    language = member.language if member else world.language
    return (
        Enroll(event.sender, role, scope, private, language, name),
        Say(event.chat, world.t("You are called {name} here.", name=name)),
    )
