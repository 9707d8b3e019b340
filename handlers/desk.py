"""What every action of an officer comes down to: the case moves, its cards are drawn anew, its reporter hears of it."""

from collections.abc import Callable

from handlers import cards, contact, life
from handlers.coordinator import scope_name
from handlers.effects import NOBODY, Button, Decision, Felt, MoveCase, Offer, Record, Say, Status
from handlers.events import Address, Choice, Incoming
from handlers.history import recorded
from handlers.life import ENDED, NEW, Move
from handlers.meter import NEWS
from handlers.patience import Step
from handlers.routing import Destination, covers
from handlers.sending import card, offered
from handlers.sparing import hears_news
from handlers.standing import Act, standing
from handlers.values import replace
from handlers.world import Case, World
from locales import Words

Changed = Callable[[Case, Move], Case]
MANY = "many"  # the button stands in a message of several cases, which stays as it is
OTHER_PLACES = "line"  # a channel whose messages cannot be changed: a card is overtaken by a short one there


def take(act: Act) -> Decision:
    return moving(act, "take", lambda case, move: replace(case, status=move.to, holder=act.by))


def checking(act: Act) -> Decision:
    return moving(act, "checking", lambda case, move: replace(case, status=move.to))


def release(act: Act) -> Decision:
    """The case goes back to everybody."""
    return moving(
        act, "release", lambda case, move: replace(case, status=move.to, holder=NOBODY, closer=NOBODY, ending="")
    )


def moving(act: Act, name: str, changed: Changed) -> Decision:
    """Make a move of the table of life, or say why not."""
    world, event, case = act.world, act.event, act.case
    found = life.move(name, case.status, standing(world, event, case))
    if found is None:
        return (Say(event.chat, why_not(act, name)),)
    after = changed(case, found)
    return moved(act, name, after)


def moved(act: Act, name: str, after: Case) -> Decision:
    """The case as it stands after a move that may be made."""
    after = asked_anew(after)
    same = (
        asked_anew(replace(c, status=after.status, holder=after.holder, closer=after.closer, ending=after.ending))
        for c in siblings(act.world, act.case)
    )
    others = [
        e
        for was, now in zip(siblings(act.world, act.case), same, strict=True)
        if was.status is act.case.status
        for e in one_moved(act, name, was, now)
    ]
    return (
        *change(act, name, act.case, after),
        *redraw(act.world, act.event, after),
        *tell_reporter(act.world, act.case, after),
        *others,
    )


def asked_anew(case: Case) -> Case:
    """Whoever closes a case wants to know whether it helped: what was said of an earlier closing goes."""
    return replace(case, felt="") if case.status is Status.CLOSED else case


def siblings(world: World, case: Case) -> tuple[Case, ...]:
    """The other reports of the same event: what is done with one of them is done with all."""
    return tuple(c for c in world.cases if c.event and c.event == case.event and c.id != case.id)


def change(act: Act, name: str, was: Case, now: Case) -> Decision:
    # Somebody here has it: whoever the clock asked meanwhile is asked no more.
    here = was.offered and was.step >= Step.NEIGHBOUR and name != "accept"
    return (
        *((Offer(was.id, "", None),) if here else ()),
        *((Felt(was.id, ""),) if was.felt and not now.felt else ()),
        MoveCase(was.id, was.status, now.status, now.holder, now.closer, now.ending),
        Record(f"case {name}", act.event.sender, was.id, facts={"to": now.status, **ended_with(now)}),
    )


def one_moved(act: Act, name: str, was: Case, now: Case) -> Decision:
    """A report moves along with another one of its event; its own cards and its own reporter hear of it."""
    return (*change(act, name, was, now), *redrawn(act.world, now), *tell_reporter(act.world, was, now))


def redrawn(world: World, case: Case) -> tuple[Say, ...]:
    """The cards of a case that was not pressed itself, where a channel can edit them."""
    places = chats(world)
    return tuple(
        drawn(world, case, places[c.chat], c.message)
        for c in case.cards
        if c.chat in places and c.chat.channel != OTHER_PLACES
    )


def chats(world: World) -> dict[Address, Destination]:
    """Every chat of officers, as cards are drawn there."""
    places = {g.chat: Destination(g.chat, g.language, g.shown) for g in world.directory.groups.values()}
    return places | {m.chat: Destination(m.chat, m.language) for m in world.directory.members.values()}


def ended_with(case: Case) -> dict[str, str]:
    return {"ending": case.ending} if case.ending else {}


def why_not(act: Act, name: str) -> str:
    """Somebody was faster, or it is another officer's, or its time has passed."""
    world, case = act.world, act.case
    if case.status in ENDED:
        return world.t("Report {number} is closed already.", number=case.number)
    if case.status is NEW:
        return world.t("Nobody has taken report {number} yet. Press Take first.", number=case.number)
    if name == "take":
        return world.t("{name} has taken report {number} already.", name=case.holder.name, number=case.number)
    if life.possible(name, case.status):
        return world.t(
            "{name} has report {number}. Only they or a coordinator can do this.",
            name=case.holder.name,
            number=case.number,
        )
    return world.t("Report {number} stands otherwise now: /case {number}", number=case.number)


def redraw(world: World, event: Incoming, case: Case) -> tuple[Say, ...]:
    """The card as it stands now, in every chat that has it; here in place of the one that was pressed."""
    known = {c.chat: c.message for c in case.cards}
    if on_its_card(event):
        known[event.chat] = event.message
    known.setdefault(event.chat, "")
    places = chats(world)
    return tuple(
        drawn(world, case, places[chat], message, news="" if chat == event.chat else NEWS)
        for chat, message in known.items()
        if chat in places and (chat == event.chat or hears_news(world, chat, case))
    )


def announced(world: World, case: Case, say: Callable[[Words], str]) -> tuple[Say, ...]:
    """News that no officer made: every card as it stands now, and a line in its chat, since an edit makes no sound."""
    places = chats(world)
    said: list[Say] = []
    for known in case.cards:
        if (place := places.get(known.chat)) and hears_news(world, known.chat, case):
            line = say(world.words[place.language])
            drawn_ = drawn(world, case, place, known.message, news=NEWS)
            overtaken = place.chat.channel == OTHER_PLACES
            if is_away(world, case, place.chat):
                said.append(drawn_)
                continue
            said += [replace(drawn_, text=line)] if overtaken else [drawn_, Say(place.chat, line, urgent=case.urgent)]
    return tuple(said)


def on_its_card(event: Incoming) -> bool:
    """Whether a button of this case's own message was pressed."""
    return isinstance(event.body, Choice) and bool(event.message) and not event.body.value.endswith(f":{MANY}")


def drawn(world: World, case: Case, place: Destination, message: str, *, news: str = "") -> Say:
    """The card in one chat: edited in place, or overtaken by a short one where the channel cannot edit."""
    words = world.words[place.language]
    if is_away(world, case, place.chat):
        where = scope_name(world, case.in_charge, place.language)
        gone = words.t("Report {number} is with {place} now.", number=case.number, place=where)
        return Say(place.chat, f"📨 {gone}", replaces=message, card=case.id, news=news)
    if place.chat.channel != OTHER_PLACES:
        return card(world, case, place, replaces=message)
    short = cards.short(words, case)
    return Say(place.chat, short, offered(words, case, place), card=case.id, urgent=case.urgent, news=news)


def is_away(world: World, case: Case, chat: Address) -> bool:
    """Whether this chat has a card of the case, and another place works on it."""
    people = world.directory
    reader = people.groups.get(chat) or next((m for m in people.members.values() if m.chat == chat), None)
    hour = world.now.astimezone(world.rules.zone).hour
    return reader is not None and not covers(world, reader.scope, case.in_charge, case.kind, hour)


def tell_reporter(world: World, was: Case, case: Case) -> tuple[Say, ...]:
    """That there is news, where there is any for somebody who asks how the report stands."""
    match was.status, case.status:
        case (Status.NEW, Status.TAKEN) | (_, Status.CLOSED) | (Status.CLOSED, Status.NEW):
            return contact.nudge(world, case)
    return ()


def show(act: Act) -> Decision:
    """`/case NUMBER`: its card again; in place of what the card has become, where a button asks for it."""
    replaces = act.event.message if on_its_card(act.event) else ""
    shown = card(act.world, act.case, here(act.world, act.event), replaces=replaces)
    return (*recorded(act.event, "card", act.case.id), shown)


def more(act: Act) -> Decision:
    """The buttons that a card has no room for."""
    return picked(act, cards.more_buttons(act.world.words[act.world.language], act.case), "")


def picked(act: Act, buttons: tuple[Button, ...], prompt: str) -> Decision:
    """Something to choose: on the card itself, or in a short message below it where the channel cannot edit."""
    world, case, place = act.world, act.case, here(act.world, act.event)
    words = world.words[place.language]
    edits = on_its_card(act.event) and place.chat.channel != OTHER_PLACES
    headline = cards.headline(words, place.language, world, case) if edits else cards.title(words, case)
    text = "\n".join(filter(None, [headline, prompt]))
    back = (cards.back_button(words, case),) if edits else ()
    return (Say(place.chat, text, (*buttons, *back), replaces=act.event.message if edits else ""),)


def here(world: World, event: Incoming) -> Destination:
    detail = world.group.shown if world.group else "headline"
    return Destination(event.chat, world.language, detail)
