"""A case is handed over: offered to another place, which accepts or refuses; without a word it stays where it was."""

from collections.abc import Callable
from datetime import timedelta

from handlers.coordinator import read_scopes, scope_name
from handlers.dates import duration_text
from handlers.desk import announced, moving, on_its_card, picked, siblings, why_not
from handlers.effects import Button, Decision, Hand, Offer, Record, Say
from handlers.events import Incoming, Tick
from handlers.life import CLOSING, ENDED, NEW, Who
from handlers.meter import NEWS
from handlers.places import chain
from handlers.sending import offer_card
from handlers.sparing import alerted, hears_news
from handlers.standing import Act, own_scope, standing
from handlers.values import replace
from handlers.world import Case, Query, World
from locales import Words

MOST_PLACES = 8  # offered as buttons; any other is typed


def hand(act: Act) -> Decision:
    """`/handover NUMBER PLACE`: another place is asked to take the case over; without a place the nearest are shown."""
    world, event, case = act.world, act.event, act.case
    who = standing(world, event, case)
    needed = {Who.OFFICER} if case.status is NEW else {Who.HOLDER, Who.LEAD}
    if case.status in (*ENDED, CLOSING) or not who & needed:
        return (Say(event.chat, why_not(act, "release")),)
    if case.excluded:
        text = world.t("This report is kept from somebody, and a group mixes people. Tell the right person yourself.")
        return (Say(event.chat, text),)
    if case.offered:
        where = scope_name(world, case.offered, world.language)
        return (Say(event.chat, world.t("{place} is asked already, and has not answered yet.", place=where)),)
    to = read_place(world, case, act.words)
    if to is None:
        prompt = world.t("To which place? Or write /handover {number} PLACE", number=case.number)
        return picked(act, tuple(choice(world, case, scope) for scope in nearest(world, case)), prompt)
    where = scope_name(world, to, world.language)
    groups = world.directory.of_scope(to)
    if not groups:
        text = world.t("{place} has no group here. Close the case as passed on when you have told them.", place=where)
        return (Say(event.chat, text),)
    until = world.now + timedelta(hours=world.rules.handover_hours)
    asked = replace(case, offered=to)
    wait = duration_text(round(world.rules.handover_hours * 60), world.language)
    return (
        Offer(case.id, to, until),
        Record("handover offered", event.sender, case.id, facts={"to": to}),
        *(offer_card(world, asked, g) for g in alerted(world, groups)),
        Say(event.chat, world.t("{place} is asked. If they do not answer within {time}, the case stays here.",
                                place=where, time=wait)),
    )  # fmt: skip


def read_place(world: World, case: Case, text: str) -> str | None:
    """A scope other than the one in charge; provinces are typed, and pressed, without their `P:`."""
    words = text.strip()
    if not words:
        return None
    found = (f"P:{words}",) if words in world.gazetteer.provinces else read_scopes(world, words)
    return next((s for s in found if s != case.in_charge), None)


def nearest(world: World, case: Case) -> tuple[str, ...]:
    """Scopes with a group: those above the place first, then its province, then by name."""
    above = chain(world.gazetteer, case.in_charge)
    groups = dict.fromkeys(g.scope for g in world.directory.groups.values())
    others = [s for s in groups if s not in (case.in_charge, own_scope(world), "*")]
    return tuple(
        sorted(others, key=lambda s: (s not in above, not set(chain(world.gazetteer, s)) & set(above[:-1]), s))
    )[:MOST_PLACES]


def choice(world: World, case: Case, scope: str) -> Button:
    number = case.number.replace("-", "")
    return Button(scope_name(world, scope, world.language), f"handover:{number}:{scope.removeprefix('P:')}")


def accept(act: Act) -> Decision:
    """The place that was asked takes the case: it is theirs from now on."""
    case, to = act.case, act.case.offered
    decided = moving(act, "accept", lambda c, move: replace(c, status=move.to, holder=act.by, desk=to, offered=""))
    if not to or len(decided) < 2:
        return decided
    family = (case, *siblings(act.world, case))
    return (*(Hand(c.id, to) for c in family), *decided, *to_those_before(act, accepted(act.world, case.number, to)))


def accepted(world: World, number: str, to: str) -> Callable[[Words, str], str]:
    return lambda words, language: words.t(
        "{place} has taken over report {number}.", place=scope_name(world, to, language), number=number
    )


def refuse(act: Act) -> Decision:
    """It stays where it was, and they hear of it."""
    world, event, case = act.world, act.event, act.case
    if Who.RECEIVER not in standing(world, event, case):
        return (Say(event.chat, why_not(act, "accept")),)
    where = case.offered
    text = world.t("You have not taken report {number}.", number=case.number)
    return (
        Offer(case.id, "", None),
        Record("handover refused", event.sender, case.id, facts={"to": where}),
        Say(event.chat, text, replaces=event.message if on_its_card(event) else ""),
        *to_those_before(act, refused(world, case.number, where)),
    )


def refused(world: World, number: str, to: str) -> Callable[[Words, str], str]:
    return lambda words, language: words.t(
        "{place} has not taken report {number}. It stays here.", place=scope_name(world, to, language), number=number
    )


def to_those_before(act: Act, say: Callable[[Words, str], str]) -> tuple[Say, ...]:
    """A line in every other chat that has the card."""
    world = act.world
    return tuple(
        Say(g.chat, say(world.words[g.language], g.language), news=NEWS)
        for known in act.case.cards
        if known.chat != act.event.chat
        and (g := world.directory.groups.get(known.chat))
        and g.scope != act.case.offered
        and hears_news(world, g.chat, act.case)
    )


def needs_over(tick: Tick) -> Query:
    return Query(number=tick.args["number"], details=True)


def over(world: World, event: Incoming, tick: Tick) -> Decision:
    """The place that was asked has not answered in time."""
    case = next((c for c in world.cases if c.number == tick.args["number"]), None)
    if case is None or not case.offered or (case.offered_until and case.offered_until > world.now):
        return ()
    if case.status in ENDED:
        return (Offer(case.id, "", None),)
    say = refused(world, case.number, case.offered)
    after = replace(case, offered="")
    languages = {w: language for language, w in world.words.items()}
    return (
        Offer(case.id, "", None),
        Record("handover over", "", case.id, facts={"to": case.offered}),
        *announced(world, after, lambda words: say(words, languages[words])),
    )
