"""The picture in ten seconds: /summary, from counters and the cases nobody took."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from operator import attrgetter

from handlers import cards, queue
from handlers.coordinator import args, read_scopes, scope_name, within
from handlers.dates import day_text, duration_text, local_day, read_date
from handlers.effects import Decision, Say
from handlers.events import Incoming
from handlers.fold import skeleton
from handlers.history import recorded
from handlers.kinds import KINDS, kind_text
from handlers.looking import age_text
from handlers.places import district_name
from handlers.routing import districts_of
from handlers.standing import own_scope
from handlers.values import dataclass
from handlers.world import EVERYWHERE, Case, Figures, Query, World
from locales import N, Words

MOST_DISTRICTS = 8
MOST_UNTAKEN = 5
# TRANSLATORS: spans of a summary, also typed after /summary.
SPANS = {"today": N("today"), "yesterday": N("yesterday"), "7d": N("7 days"), "30d": N("30 days")}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a summary was asked for: local days, both included, and a scope."""

    since: date
    until: date
    scope: str


def read_wanted(world: World, text: str) -> Wanted | None:
    """Read `[today|yesterday|7d|30d|FROM TO] [district|province]`. None: the words make no sense, or are not theirs."""
    today = local_day(world.now, world.rules.zone)
    scope = own_scope(world)
    words = text.split()
    since, until, taken = read_days(world, words, today)
    words = words[taken:]
    if words:
        found = [s for s in read_scopes(world, " ".join(words)) if allowed(world, s)]
        if not found:
            return None
        scope = found[0]
    return Wanted(since, until, scope)


def read_days(world: World, words: list[str], today: date) -> tuple[date, date, int]:
    """The days that the first words name, and how many words that took; today where they name none."""
    for taken in (2, 1):  # "7 days" is two words
        if len(words) >= taken and (span := read_span(world, "".join(words[:taken]))):
            return (*days_of(span, today), taken)
    first, last = (read_date(word, today) for word in (*words, "", "")[:2])
    if first is None:
        return today, today, 0
    return min(first, last or first), max(first, last or first), 2 if last else 1


def joined(words: list[str]) -> list[str]:
    """`7 days` is one word, as `7d` is."""
    return [words[0] + words[1], *words[2:]] if len(words) > 1 and words[0].isdigit() else words


def read_span(world: World, word: str) -> str:
    typed = skeleton(word)
    return next((s for s, text in SPANS.items() if typed in (s, skeleton(world.t(text)).replace(" ", ""))), "")


def days_of(span: str, today: date) -> tuple[date, date]:
    match span:
        case "yesterday":
            return today - timedelta(days=1), today - timedelta(days=1)
        case "7d":
            return today - timedelta(days=6), today
        case "30d":
            return today - timedelta(days=29), today
        case _:
            return today, today


def allowed(world: World, scope: str) -> bool:
    own = own_scope(world)
    if own in (EVERYWHERE, scope):
        return True
    if world.member and world.member.role == "coordinator":
        return within(world, world.member, scope)
    found = world.gazetteer.districts.get(scope)
    return found is not None and own == f"P:{found.province}"


def needs(world: World, event: Incoming) -> Query | None:
    if not own_scope(world):
        return None
    wanted = read_wanted(world, args(event))
    if wanted is None:
        return None
    return Query(
        figures=True, untaken=True, since=wanted.since, until=wanted.until, districts=districts_of(world, wanted.scope)
    )


def reply(world: World, event: Incoming) -> Decision:
    if not own_scope(world):
        return () if event.group else (Say(event.chat, world.t("This is for officers and coordinators.")),)
    wanted = read_wanted(world, args(event))
    if wanted is None:
        text = world.t(
            "I do not understand. Write /summary, /summary 7d, /summary 1/11 15/11, or add a district you watch."
        )
        return (Say(event.chat, text),)
    return (
        *recorded(event, "summary", scope=wanted.scope),
        Say(event.chat, picture(world, wanted)),
    )


def picture(world: World, wanted: Wanted) -> str:
    words, language, figures = world.words[world.language], world.language, world.figures
    span = day_text(wanted.since, language)
    if wanted.until != wanted.since:
        span = f"{span} – {day_text(wanted.until, language)}"
    lines = [f"📊 {words.t('Summary')} · {scope_name(world, wanted.scope, language)}", f"🗓 {span}"]
    total = sum(c.all for c in figures.counts)
    if not total:
        return "\n".join([*lines, words.t("No reports."), *untaken(world, words, language)])
    lines += [totals(words, figures, total), *by_kind(words, figures), *by_district(world, words, language, figures)]
    if (wait := median(figures.waits)) is not None:
        lines.append("⏱ " + words.t("Usually taken within {time}.", time=duration_text(max(1, wait), language)))
    lines += untaken(world, words, language)
    practice = sum(c.all for c in figures.counts if c.practice)
    if practice:
        lines.append(
            "🎓 "
            + words.n(
                "{count} of these is practice data.", "{count} of these are practice data.", practice, count=practice
            )
        )
    return "\n".join(lines)


def totals(words: Words, figures: Figures, total: int) -> str:
    untaken, taken, done = (sum(map(attrgetter(name), figures.counts)) for name in ("untaken", "taken", "done"))
    parts = [
        (untaken, words.t("{count} not taken", count=untaken)),
        (taken, words.t("{count} taken", count=taken)),
        (done, words.t("{count} closed", count=done)),
    ]
    reports = words.n("{count} report", "{count} reports", total, count=total)
    return f"{reports}: " + ", ".join(text for count, text in parts if count)


def by_kind(words: Words, figures: Figures) -> list[str]:
    by = Counter[str]()
    for c in figures.counts:
        by[c.kind] += c.all
    return [f"{kind_text(words, kind)} {by[kind]}" for kind in KINDS if by[kind]]


def by_district(world: World, words: Words, language: str, figures: Figures) -> list[str]:
    by = Counter[str]()
    for c in figures.counts:
        by[c.district] += c.all
    if len(by) < 2:
        return []
    lines = [
        f"📍 {district_name(world.gazetteer, code, language)} {count}" for code, count in by.most_common(MOST_DISTRICTS)
    ]
    rest = len(by) - MOST_DISTRICTS
    return (
        [*lines, words.n("and {count} more district", "and {count} more districts", rest, count=rest)]
        if rest > 0
        else lines
    )


def median(waits: Mapping[int, int]) -> int | None:
    """The middle of minutes -> how many; the lower one of two."""
    total, passed = sum(waits.values()), 0
    for minutes, count in sorted(waits.items()):
        passed += count
        if passed * 2 >= total:
            return minutes
    return None


def untaken(world: World, words: Words, language: str) -> list[str]:
    """The cases nobody took, the urgent and the oldest first, whatever day they came."""
    left = queue.waiting(queue.known(world, world.cases))
    if not left:
        return []
    lines = [
        f"{cards.line(words, language, world, c)} · {age_text(words, world, c)}{more(others)}"
        for c, others in left[:MOST_UNTAKEN]
    ]
    return ["⏳ " + words.t("Nobody has taken:"), *lines]


def more(others: tuple[Case, ...]) -> str:
    """How many other reports say the same words; `/cases` has their numbers."""
    return f" · 👥 +{len(others)}" if others else ""
