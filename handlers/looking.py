"""What officers look at: a case's details in private, the lists of cases."""

from handlers import cards, hygiene, queue, translating, watch
from handlers.dates import duration_text, rough
from handlers.effects import Button, ButtonKind, By, Decision, Say
from handlers.events import Address, Command, Incoming
from handlers.fold import skeleton
from handlers.history import recorded
from handlers.life import NEW, STANDS
from handlers.persons import selves
from handlers.routing import districts_of
from handlers.standing import Act, own_scope
from handlers.world import Case, Query, World
from locales import N, Words

MOST_LISTED = 15
MOST_ALIKE = 8  # numbers written out
# TRANSLATORS: which cases to list, typed after /cases.
LISTS = {"open": N("open"), "mine": N("mine"), "overdue": N("overdue")}


def details(act: Act) -> Decision:
    """Everything about a case, to the one who asked and nobody else; that they looked is recorded."""
    world, event, case = act.world, act.event, act.case
    if hygiene.withheld(world):
        return (Say(event.chat, hygiene.no_details(world.words[world.language])),)
    private = Address(event.chat.channel, event.sender)
    link = world.rules.bot_link.get(event.chat.channel, "")
    opening = (Button(world.t("Open the bot"), link, ButtonKind.LINK),) if link else ()
    unreachable = Say(
        event.chat,
        world.t("{name}: please open this bot in private first, then ask for the details again.", name=act.by.name),
        opening,
    )
    language = world.member.language if world.member else world.language
    words, hidden = world.words[language], world.rules.hidden.get(event.chat.channel, ())
    return (
        *watch.read(act),
        Say(
            private,
            cards.full(words, language, world, case, hidden, act.by),
            translating.button(world, case, language),
            attachments=cards.attachments(case, hidden),
            otherwise=unreachable if private != event.chat else None,
        ),
    )


def wanted(world: World, event: Incoming) -> str:
    """Which list `/cases` asks for: open, mine or overdue."""
    typed = skeleton(event.body.args) if isinstance(event.body, Command) else ""
    return next((name for name, text in LISTS.items() if typed in (name, skeleton(world.t(text)))), "open")


def needs_list(world: World, event: Incoming) -> Query:
    if wanted(world, event) == "mine":
        return Query(held=selves(world, By("", event.chat.channel, event.sender)))
    return Query(open=True, districts=districts_of(world, own_scope(world)))


def listing(world: World, event: Incoming) -> Decision:
    """`/cases [mine|open|overdue]`: what is open here, the urgent and the oldest first."""
    which = wanted(world, event)
    shown = [c for c in queue.known(world, world.cases) if which != "overdue" or is_overdue(world, c)]
    found = queue.waiting(shown)
    if not found:
        nothing = {"mine": world.t("You have no open cases."), "overdue": world.t("No case is overdue.")}
        return (*recorded(event, "cases"), Say(event.chat, nothing.get(which, world.t("No open cases."))))
    titles = {"mine": world.t("Your open cases:"), "overdue": world.t("Overdue cases:")}
    lines = [
        titles.get(which, world.t("Open cases:")),
        *(f"{row(world, c)}{alike(world, others)}" for c, others in found[:MOST_LISTED]),
    ]
    more = len(found) - MOST_LISTED
    if more > 0:
        lines.append(world.n("and {count} more", "and {count} more", more, count=more))
    return (*recorded(event, "cases"), Say(event.chat, "\n".join(lines)))


def alike(world: World, others: tuple[Case, ...]) -> str:
    """A second line for reports that say the same words, each with its number."""
    if not others:
        return ""
    numbers = ", ".join(c.number for c in others[:MOST_ALIKE]) + (" …" if len(others) > MOST_ALIKE else "")
    said = world.n(
        "{count} more with the same words", "{count} more with the same words", len(others), count=len(others)
    )
    return f"\n   👥 {said}: {numbers}"


def row(world: World, case: Case) -> str:
    words = world.words[world.language]
    age = age_text(words, world, case)
    return f"{cards.line(words, world.language, world, case)} · {words.t(STANDS[case.status])} · {age}"


def age_text(words: Words, world: World, case: Case) -> str:
    """For how long a case has been there; to the minute only where its alert left at once."""
    age, language = world.now - case.opened, world.language
    return duration_text(int(age.total_seconds() // 60), language) if case.urgent else rough(words, language, age)


def is_overdue(world: World, case: Case) -> bool:
    """Whether nobody took it, or nobody closed it, within the time that the settings give."""
    hours = (world.now - case.opened).total_seconds() / 3600
    return hours >= (world.rules.overdue_new_hours if case.status is NEW else world.rules.overdue_open_hours)
