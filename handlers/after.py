"""After sending: how a report stands in plain words, more for it, when the bot may write about it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from handlers import asking_back, contact, keeping, replacing, verdict
from handlers.dates import day_text, local_day
from handlers.effects import Amend, Button, Decision, Effect, Keep, Say, SetContact
from handlers.events import Address, Choice, Command, Incoming, Media, Place, Text
from handlers.flow import Unreadable
from handlers.kinds import STATUS, kind_text
from handlers.life import ENDED
from handlers.numbers import read_case_number
from handlers.routing import Destination
from handlers.screen import ALBUM
from handlers.sending import card, my_reports, new_report
from handlers.values import replace
from handlers.where import read_pin
from handlers.world import Answers, Case, Memory, Query, World
from locales import N

STAYS = timedelta(minutes=30)  # a case opened by its receipt, in a chat that is not its reporter's
OPEN_FOR = timedelta(hours=1)  # after pressing Add more
AGAIN = timedelta(minutes=5)  # until officers are told once more of what comes
MOST_LISTED = 5
MOST_PINS = 10
# TRANSLATORS: how a report stands, told to the resident who sent it.
STANDS = {
    "new": N("No officer has taken it yet."),
    "taken": N("An officer is looking at it."),
    "checking": N("An officer is looking at it."),
    "waiting": N("Officers have asked you something."),
    "closing": N("An officer is looking at it."),
    "closed": N("Officers have finished with it."),
    "withdrawn": N("You have taken it back. Its words and files are destroyed."),
}
# TRANSLATORS: what came of a report, told to the resident who sent it; promises nothing, names nobody.
CAME = {
    "acted": N("They did something about it."),
    "handed": N("They passed it on to another office."),
    "nothing": N("They looked and found nothing."),
    "duplicate": N("They knew of it already."),
    "false": N("They could not confirm it."),
}


def pressed(choice: Choice) -> tuple[str, str] | None:
    """What to do with which report: `my:add:12345678`."""
    match choice.value.split(":"):
        case ["my", action, number]:
            return action, number
    return None


def needs(world: World, number: str = "") -> Query:
    """The reports of this chat, and one that was opened here by its receipt a moment ago."""
    return Query(mine=True, number=read_case_number(number) or "", borrowed=borrowed(world), details=bool(number))


def needs_press(world: World, choice: Choice) -> Query | None:
    if choice.value == "status" or choice.value.startswith("contact:"):
        return needs(world)
    found = pressed(choice)
    return needs(world, found[1]) if found else None


def needs_more(world: World, event: Incoming) -> Query | None:
    """The report that what comes now is added to."""
    return needs(world, world.memory.adding["number"]) if adds(world, event) else None


def adds(world: World, event: Incoming) -> bool:
    adding = world.memory.adding
    return (
        not event.group
        and bool(adding)
        and isinstance(event.body, Text | Media | Place)
        and world.now - datetime.fromisoformat(adding["at"]) < OPEN_FOR
    )


def borrowed(world: World) -> str:
    memory = world.memory
    there = memory.borrowed and world.now - datetime.fromisoformat(memory.borrowed_at) < STAYS
    return memory.borrowed if there else ""


def ways(world: World) -> tuple[Button, ...]:
    if world.member:
        return ()
    half = (Button("▶️ " + world.t("Go on"), "continue"),) if world.memory.answers else new_report(world)
    return (*half, my_reports(world))


def listing(world: World, event: Incoming) -> Decision:
    """`/status`: the reports of this chat, each with its button."""
    mine = sorted(world.cases, key=lambda c: c.opened, reverse=True)[:MOST_LISTED]
    way_on = ways(world)[:1]
    if not mine:
        return (Say(event.chat, world.t("You have sent no report from this chat."), way_on),)
    words = world.words[world.language]
    lines = [f"{c.number} · {kind_text(words, c.kind)} · {words.t(STATUS[c.status])}" for c in mine]
    opening = tuple(Button(f"📄 {c.number}", f"my:show:{plain(c)}") for c in mine)
    buttons = (*opening, *way_on, Button("🧹 " + world.t("Empty this chat"), "clear"))
    said = Say(event.chat, "\n".join([world.t("Your reports:"), *lines]), buttons)
    return (said, *asking_back.read_out(world, event))


def plain(case: Case) -> str:
    return case.number.replace("-", "")


def press(world: World, event: Incoming, action: str) -> Decision:
    case = world.cases[0] if world.cases else None
    memory = replace(world.memory, adding={})
    world = world.remembering(memory)
    if action == "done":
        return (Keep(memory), *(show(world, event, case) if case else listing(world, event)))
    if case is None:
        return (Say(event.chat, world.t("You have sent no such report from this chat."), ways(world)),)
    match action:
        case "add" if case.status not in ENDED:
            return begin_adding(world, event, case)
        case "contact":
            return (Keep(memory), ask_contact(world, event))
        case "old":
            left, effects = replacing.deleted(case)
            note = world.t("The earlier file is deleted here. What officers have seen already, they know.")
            return (Keep(memory), *effects, *show(world, event, left, note if effects else ""))
        case "withdraw":
            return (Keep(memory), *verdict.ask_withdrawal(world, event, case))
        case "gone":
            left, effects = verdict.withdraw(world, event, case)
            return (Keep(memory), *effects, *show(world, event, left))
        case code if code in verdict.FELT:
            return verdict.felt(world, event, case, code)
    return (Keep(memory), *show(world, event, case))


def show(world: World, event: Incoming, case: Case, note: str = "") -> Decision:
    """One report, as whoever sent it may see it: what and when, never the words."""
    words = world.words[world.language]
    lines = [
        f"{case.number} · {kind_text(words, case.kind)}",
        f"📅 {day_text(local_day(case.opened, world.rules.zone), world.language)}",
        words.t(STANDS[case.status]),
        *([words.t(CAME[case.ending])] if case.ending in CAME else []),
    ]
    text = "\n\n".join(filter(None, [note, "\n".join(lines)]))
    return (Say(event.chat, text, (*actions(world, case), my_reports(world)), replaces=on(event)),)


def on(event: Incoming) -> str:
    return event.message if isinstance(event.body, Choice) and event.body.value.startswith("my:") else ""


def actions(world: World, case: Case) -> tuple[Button, ...]:
    contact_ = () if case.status in ENDED else (Button("🔔 " + world.t("Messages"), f"my:contact:{plain(case)}"),)
    return (*add_more(world, case), *replacing.button(world, case), *contact_, *verdict.choices(world, case))


def add_more(world: World, case: Case) -> tuple[Button, ...]:
    return () if case.status in ENDED else (Button("➕ " + world.t("Add more"), f"my:add:{plain(case)}"),)


def begin_adding(world: World, event: Incoming, case: Case) -> Decision:
    adding = {"number": case.number, "at": world.now.isoformat()}
    text = world.t(
        "Write what you want to add to {number}, or send a photo, your voice or a place.", number=case.number
    )
    return (Keep(replace(world.memory, adding=adding)), Say(event.chat, text, (finished(world, case),)))


def finished(world: World, case: Case) -> Button:
    return Button("✔️ " + world.t("That is all"), f"my:done:{plain(case)}")


def add(world: World, event: Incoming) -> Decision:
    """What came goes to the report that was sent; officers are told that something came."""
    case = world.cases[0] if world.cases else None
    if case is None:
        memory = replace(world.memory, adding={})
        text = world.t("You have sent no such report from this chat.")
        return (Keep(memory), Say(event.chat, text, ways(world.remembering(memory))))
    try:
        details, effects = kept(world, event, case.details)
    except keeping.TooMuch as bad:
        return (Say(event.chat, bad.reason, (finished(world, case),)),)
    except Unreadable as bad:
        return (Say(event.chat, bad.reason, (finished(world, case),)),)
    new = tuple(f for f in keeping.files(details) if f not in keeping.files(case.details))
    again: Decision = ()
    if world.memory.adding.get("reopen"):
        case, again = verdict.reopen(world, event, replace(case, details=details))
        adding = {k: v for k, v in world.memory.adding.items() if k != "reopen"}
        world = world.remembering(replace(world.memory, adding=adding))
    memory, told = noted(world, replace(case, details=details))
    album = isinstance(event.body, Media) and bool(event.body.album)
    text, wait = world.t("Added. Send more, or press the button."), ALBUM if album else 0.0
    if again:
        text = world.t("Officers will look at it again. Send more, or press the button.")
    said = Say(event.chat, text, (finished(world, case),), after=wait, settles=album)
    return (*effects, Amend(case.id, details, new), *again, Keep(memory), said, *(() if again else told))


def kept(world: World, event: Incoming, details: Answers) -> tuple[Answers, tuple[Effect, ...]]:
    """The answers of a report with what came now. Raises TooMuch, Unreadable."""
    if isinstance(event.body, Place):
        found = [*read_pin(world, event.body)["pin"], event.message]  # by which it goes when it is taken back
        return {**details, "pins": [*details.get("pins", ()), found][-MOST_PINS:]}, ()
    before = len(details.get("seen", ()))
    after, effects = keeping.keep(world, event, details)
    seen = [item if at < before else {**item, "added": True} for at, item in enumerate(after["seen"])]
    return {**after, "seen": seen}, effects


def noted(world: World, case: Case) -> tuple[Memory, tuple[Say, ...]]:
    """The card anew wherever it is; not for every photo of ten."""
    adding: Mapping[str, str] = world.memory.adding
    last = adding.get("told", "")
    if last and world.now - datetime.fromisoformat(last) < AGAIN:
        return world.memory, ()
    memory = replace(world.memory, adding={**adding, "told": world.now.isoformat()})
    return memory, tuple(card(world, case, place) for place in holders(world, case))


def holders(world: World, case: Case) -> tuple[Destination, ...]:
    """Everybody who has the card."""
    places: dict[Address, Destination] = {
        m.chat: Destination(m.chat, m.language) for m in world.directory.members.values()
    }
    places |= {g.chat: Destination(g.chat, g.language, g.shown) for g in world.directory.groups.values()}
    return tuple(places[c.chat] for c in case.cards if c.chat in places)


def ask_contact(world: World, event: Incoming) -> Say:
    """`/contact`, and the button under a report: when the bot may write first."""
    now = contact.of(world.memory, {})
    buttons = tuple(
        Button(("✅ " if o.value == now else f"{o.icon} ") + o.plain, f"contact:{o.value}")
        for o in contact.contact_options(world, {})
    )
    return Say(event.chat, contact.ask_contact(world, {}), buttons, replaces=on(event))


def contact_command(world: World, event: Incoming) -> Decision:
    return (ask_contact(world, event),)


def press_contact(world: World, event: Incoming) -> Decision:
    return set_contact(world, event, event.body.value.partition(":")[2]) if isinstance(event.body, Choice) else ()


def set_contact(world: World, event: Incoming, rule: str) -> Decision:
    """For the reports sent from here, and for those to come."""
    if rule not in contact.RULES:
        return (ask_contact(world, event),)
    memory = replace(world.memory, contact=rule)
    said = world.t("From now on: {rule}.", rule=contact.rule_text(world.words[world.language], rule))
    cases = tuple(c.id for c in world.cases)
    return (Keep(memory), SetContact(cases, rule), Say(event.chat, said, ways(world), replaces=event.message))


def status(world: World, event: Incoming) -> Decision:
    """`/status`, or `/status NUMBER` for one of them."""
    number = event.body.args if isinstance(event.body, Command) else ""
    if number.strip() and len(world.cases) == 1:
        return show(world, event, world.cases[0])
    return listing(world, event)


def needs_status(world: World, event: Incoming) -> Query:
    return needs(world, event.body.args if isinstance(event.body, Command) else "")
