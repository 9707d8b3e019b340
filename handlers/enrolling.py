"""Who becomes an officer, and who may act as one: by a code with a seat, and nobody else."""

from datetime import timedelta

from handlers import hygiene, membership
from handlers.coordinator import args, not_yours, read_scopes, scope_name, waiting, within
from handlers.effects import Button, Decision, Effect, MakeCode, Record, Say, ShowMenu, UseCode
from handlers.events import Incoming
from handlers.fold import skeleton
from handlers.numbers import code as new_code
from handlers.numbers import read_code
from handlers.places import chain
from handlers.routing import Destination
from handlers.seats import SEATS, enrolled, rank, seat_text
from handlers.talk import way_on
from handlers.world import Member, World


def is_lead(member: Member | None) -> bool:
    """Whether somebody looks after the roster of their own district."""
    return rank(member) == "lead"


def may_look_after(world: World, scope: str) -> bool:
    """Whether the one who acts may change the roster of a district."""
    member = world.member
    if member is None:
        return False
    return within(world, member, scope) if member.role == "coordinator" else is_lead(member) and member.scope == scope


def read_seat(world: World, typed: str) -> str:
    """A seat by its code, or as people write it in their language; empty when it is none."""
    word = skeleton(typed)
    return next((s for s, (_, text) in SEATS.items() if word in (s, skeleton(world.t(text)))), "")


def invite(world: World, event: Incoming) -> Decision:
    """`/invite SEAT [PLACE]`: a code for one person, to be handed over; without a seat, the seats to choose from."""
    member, typed = world.member, args(event).strip()
    if event.group or member is None or not (member.role == "coordinator" or is_lead(member)):
        return not_yours(world, event)
    if not typed:
        buttons = tuple(Button(f"{icon} {world.t(text)}", f"invite:{s}") for s, (icon, text) in SEATS.items())
        return (Say(event.chat, world.t("Whom do you want to invite?"), buttons),)
    seat, place = seat_and_place(world, typed)
    if not seat:
        known = ", ".join(SEATS)
        return (Say(event.chat, world.t("I do not know this seat. There are: {seats}", seats=known)),)
    scopes = districts(world, place or member.scope)
    if len(scopes) == 1:
        return hand_out(world, event, seat, scopes[0])
    if not place:
        text = world.t("For which district? Write it like this: /invite {seat} Bueng Kan", seat=seat)
        return (Say(event.chat, text),)
    if not scopes:
        return (Say(event.chat, world.t("I do not know this place. Please write it another way.")),)
    choices = tuple(Button(scope_name(world, s, world.language), f"invite:{seat}:{s}") for s in scopes)
    return (Say(event.chat, world.t("Which place do you mean?"), choices),)


def seat_and_place(world: World, typed: str) -> tuple[str, str]:
    """The seat that words begin with, and the place behind it; a seat may be written in two words."""
    words = typed.split()
    for length in (2, 1):
        if seat := read_seat(world, " ".join(words[:length])):
            return seat, " ".join(words[length:])
    return "", ""


def districts(world: World, place: str) -> tuple[str, ...]:
    return tuple(s for s in read_scopes(world, place) if s in world.gazetteer.districts)


def hand_out(world: World, event: Incoming, seat: str, scope: str) -> Decision:
    if not may_look_after(world, scope):
        return not_yours(world, event)
    code = new_code(world.dice[:16])
    text = world.t(
        "A code for one person: {seat}, {place}. They write to this bot in private:\n/join {code}\n"
        "It is good for {hours} hours, once. Hand it over yourself, not in a group.",
        seat=seat_text(world.words[world.language], seat),
        place=scope_name(world, scope, world.language),
        code=code,
        hours=round(world.rules.invite_hours),
    )
    expires = world.now + timedelta(hours=world.rules.invite_hours)
    return (
        MakeCode(read_code(code) or code, "join", "officer", scope, expires, event.sender, seat),
        Record("invited", event.sender, facts={"scope": scope, "seat": seat}),
        Say(event.chat, text),
    )


def join(world: World, event: Incoming) -> Decision:
    """`/join CODE` in private: the person gets the role, and the seat, that the code stands for."""
    code = world.code
    if world.group or code is None or code.purpose != "join" or not event.sender:
        text = world.t("This code is not good, or no longer. Please ask for a new one.")
        return (Say(event.chat, text, () if event.group else way_on(world)),)
    if code.role == "officer" and world.member is not None and world.member.role == "coordinator":
        text = world.t("You are a coordinator already. This code is for somebody else, and is still good.")
        return (Say(event.chat, text),)
    language, now = world.language, world.now
    member = Member(
        event.chat.channel, event.sender, code.role, code.scope, event.chat, language, seat=code.seat, since=now
    )
    facts = {"scope": code.scope, **({"seat": code.seat} if code.seat else {})}
    more = (
        waiting(world, code.scope, Destination(member.chat, language), member)
        if code.role == "coordinator"
        else announced(world, member)
    )
    return (
        UseCode(code.code),
        enrolled(member),
        Record(f"joined as {code.role}", event.sender, facts=facts),
        ShowMenu(event.chat, language, rank(member)),
        Say(event.chat, welcome(world, member)),
        *more,
    )


def welcome(world: World, member: Member) -> str:
    place = scope_name(world, member.scope, world.language)
    if member.role == "coordinator":
        return world.t(
            "Welcome, coordinator for {place}. Write /summary for the picture, /link to link a group, /help for more.",
            place=place,
        )
    seat = seat_text(world.words[world.language], member.seat)
    lines = [world.t("Welcome. Your seat: {seat}, {place}.", seat=seat, place=place)]
    if membership.homes(world, member):
        lines.append(world.t("Please come into the officers' group, if you are not in it yet."))
    return "\n".join([*lines, world.t("Write /help to see what you can do.")])


def announced(world: World, member: Member) -> tuple[Effect, ...]:
    """The nearest coordinators hear who came onto the roster: a code may have got into wrong hands."""
    scopes = chain(world.gazetteer, member.scope)
    watching = next((found for s in scopes if (found := world.directory.coordinators((s,)))), ())
    return tuple(
        Say(
            m.chat,
            world.words[m.language].t(
                "New on the roster: {seat}, {place}. /roster shows who sits there.",
                seat=seat_text(world.words[m.language], member.seat),
                place=scope_name(world, member.scope, m.language),
            ),
        )
        for m in watching
        if (m.channel, m.person) != (member.channel, member.person)
    )


def stopped(world: World, event: Incoming) -> Decision | None:
    """Why somebody may not act as an officer here, or not yet; None: they may."""
    group = world.group
    if group and not event.sender:
        text = world.t("I cannot see who wrote this. Please add the bot as a friend, then write it again.")
        return (Say(event.chat, text),)
    if group and not hygiene.belongs(world, world.member, group):
        return (Say(event.chat, no_seat(world)),)
    return membership.stopped(world, event)


def no_seat(world: World) -> str:
    """The same words whatever was pressed: they tell nothing of any case."""
    return world.t(
        "This is for the officers of this group. To become one, ask the head, the secretary or a coordinator for a "
        "code, then write to me in private: /join CODE"
    )
