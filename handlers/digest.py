"""The digest: what one shift leaves to the next. One message, what presses most first; no minute of any report."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from handlers import queue
from handlers.coordinator import scope_name
from handlers.dates import moment_text, rough
from handlers.effects import Decision, Say, Status
from handlers.events import Incoming, Tick
from handlers.graphemes import utf16
from handlers.kinds import kind_text
from handlers.life import CLOSING, NEW, STANDS, WAITING
from handlers.looking import is_overdue
from handlers.meter import ROUND
from handlers.places import district_name
from handlers.routing import districts_of
from handlers.sparing import hears_news
from handlers.standing import own_scope
from handlers.summary import by_district, by_kind
from handlers.world import Case, Figures, Query, World
from locales import Words

MOST_LISTED = 20  # cases; nobody reads on
MOST_UNITS = 3_800  # UTF-16 units of one message; Telegram takes 4096, LINE 5000


def needs(world: World, tick: Tick) -> Query | None:
    scope = own_scope(world)
    if not scope:
        return None
    return Query(shift=since(world, tick), untaken=True, open=True, districts=districts_of(world, scope))


def since(world: World, tick: Tick) -> datetime:
    """When the last digest of this chat went out; a bare day begins at midnight."""
    at = datetime.fromisoformat(tick.args["since"])
    return at if at.tzinfo else at.replace(tzinfo=world.rules.zone)


def tell(world: World, event: Incoming, tick: Tick) -> Decision:
    if not own_scope(world) or not hears_news(world, event.chat):
        return ()
    return (Say(event.chat, text(world, since(world, tick)), news=ROUND),)


def text(world: World, begin: datetime) -> str:
    """The whole message: the counts, then as many open cases as it holds."""
    words, language = world.words[world.language], world.language
    head = [
        f"📋 {words.t('Digest')} · {scope_name(world, own_scope(world), language)}",
        "🗓 " + words.t("Since {when}", when=moment_text(begin, world.rules.zone, language)),
        *came(world, words, language),
        *stands(world, words),
    ]
    return "\n".join([*head, *unfinished(world, words, sum(utf16(line) + 1 for line in head))])


def came(world: World, words: Words, language: str) -> list[str]:
    """What happened since the last one."""
    shift, new = world.shift, sum(c.all for c in world.shift.new)
    parts = [
        (new, words.t("{count} new", count=new)),
        (shift.taken, words.t("{count} taken", count=shift.taken)),
        (shift.closed, words.t("{count} closed", count=shift.closed)),
    ]
    said = ", ".join(text for count, text in parts if count) or words.t("No reports.")
    figures = Figures(shift.new)
    return [f"📥 {said}", *by_kind(words, figures), *by_district(world, words, language, figures)]


def stands(world: World, words: Words) -> list[str]:
    """How what is open stands now."""
    shift, total = world.shift, sum(world.shift.open.values())
    if not total:
        return ["✅ " + words.t("No open cases.")]
    new, waiting, closing = (shift.open.get(status, 0) for status in (NEW, WAITING, CLOSING))
    worked = total - new - waiting - closing
    parts = [
        (new, words.t("{count} not taken", count=new)),
        (worked, words.t("{count} being worked on", count=worked)),
        (waiting, words.t("{count} waiting for the reporter", count=waiting)),
        (closing, words.t("{count} waiting for a second person", count=closing)),
    ]
    cases = words.n("{count} open case", "{count} open cases", total, count=total)
    lines = [f"📂 {cases}: " + ", ".join(text for count, text in parts if count)]
    return [*lines, "⏰ " + words.t("{count} overdue", count=shift.overdue)] if shift.overdue else lines


def unfinished(world: World, words: Words, taken: int) -> list[str]:
    """The open cases in a line each while there is room, and how many more there are."""
    total = sum(world.shift.open.values())
    found = in_order(world)
    if not found:
        return []
    lines = [line(world, words, case) + alike(others) for case, others in found[:MOST_LISTED]]
    title = words.t("To be carried on:")
    spare = utf16(more(words, total))
    fitting = within(lines, MOST_UNITS - taken - utf16(title) - spare - 2)
    left = total - sum(1 + len(others) for _, others in found[: len(fitting)])
    return [title, *fitting, *([more(words, left)] if left > 0 else [])]


def in_order(world: World) -> list[tuple[Case, tuple[Case, ...]]]:
    """The urgent, then what is overdue, then as `handlers.queue` has it; with those that say the same words."""
    known = queue.known(world, world.cases)
    found = queue.waiting(c for c in known if not c.exercise)  # what was practised, nobody has to carry on
    return sorted(found, key=lambda pair: (not pair[0].urgent, not is_overdue(world, pair[0])))


def alike(others: tuple[Case, ...]) -> str:
    """How many other reports say the same words; `/cases` has their numbers."""
    return f" · 👥 +{len(others)}" if others else ""


def within(lines: Sequence[str], units: int) -> list[str]:
    """As many of these lines, from the first, as fit into so many UTF-16 units."""
    sizes = [utf16(one) + 1 for one in lines]
    sums = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    return [one for one, _ in takewhile(lambda pair: pair[1] <= units, zip(lines, sums, strict=True))]


def more(words: Words, count: int) -> str:
    return words.n("and {count} more: /cases overdue", "and {count} more: /cases overdue", count, count=count)


def line(world: World, words: Words, case: Case) -> str:
    """A case that is not done: number, kind, how it stands and with whom, for how long."""
    mark = ("🎓 " if case.practice else "") + ("🔴" if case.urgent else "🔵")
    language, there = world.language, () if own_scope(world) == case.in_charge else (place(world, case),)
    holder = case.holder.name if case.status is not Status.NEW else ""
    parts = [
        f"{mark} {case.number} {kind_text(words, case.kind)}",
        *there,
        words.t(STANDS[case.status]),
        holder,
        rough(words, language, world.now - case.opened),
    ]
    if is_overdue(world, case):
        parts.append("⏰ " + words.t("overdue for {time}", time=rough(words, language, overdue(world, case))))
    return " · ".join(filter(None, parts))


def place(world: World, case: Case) -> str:
    return district_name(world.gazetteer, case.district, world.language)


def overdue(world: World, case: Case) -> timedelta:
    """Since when it should have been taken, or closed."""
    hours = world.rules.overdue_new_hours if case.status is NEW else world.rules.overdue_open_hours
    return world.now - case.opened - timedelta(hours=hours)
