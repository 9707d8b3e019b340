"""Whoever acts as an officer has to be in the group still: the platform is asked, unless it said so a short while ago.

The press waits for the answer and then comes again as the same event, with `checked` saying what the platform said.
"""

from datetime import timedelta
from enum import StrEnum

from handlers import leaving
from handlers.coordinator import scope_name
from handlers.effects import By, Check, Decision, Effect, Say, Seen
from handlers.events import Address, Incoming
from handlers.values import replace
from handlers.world import Group, Member, Query, World


class Said(StrEnum):
    """What came of the question whether somebody is in a group."""

    INSIDE = "inside"
    GONE = "gone"
    HIDDEN = "hidden"  # the platform does not tell: the bot is no administrator there
    LATER = "later"  # no answer yet, it is being tried
    LATE = "late"  # no answer came


def homes(world: World, member: Member) -> tuple[Group, ...]:
    """The groups an officer belongs to: those of their place, on their own app."""
    return tuple(g for g in world.directory.of_scope(member.scope) if g.chat.channel == member.channel)


def places(world: World) -> tuple[Group, ...]:
    """Where the one who acts has to be: in this group; in private in one of theirs. Coordinators need not be in any."""
    member = world.member
    if member is None or member.role != "officer":
        return ()
    return (world.group,) if world.group else homes(world, member)


def needs(world: World, event: Incoming, query: Query | None) -> Query | None:
    """What the act looks at, and when its officer was seen; of one who is gone only what they had."""
    if not places(world):
        return query
    if is_gone(event):
        return Query(held=(By("", event.chat.channel, event.sender),), details=True, inside=True)
    return replace(query or Query(), inside=True)


def is_gone(event: Incoming) -> bool:
    return bool(event.checked) and all(said == Said.GONE for _, said in event.checked)


def seen(event: Incoming) -> tuple[Effect, ...]:
    """An answer that is good for a while."""
    channel = event.chat.channel
    return tuple(Seen(Address(channel, g), (event.sender,)) for g, said in event.checked if said == Said.INSIDE)


def stopped(world: World, event: Incoming) -> Decision | None:
    """What is done instead of the act; None: it may go on."""
    groups = places(world)
    if not groups:
        return lost(world, event)
    match event.checked[-1][1] if event.checked else "":
        case Said.INSIDE:
            return None
        case Said.LATER:
            return (Say(event.chat, world.t("One moment, I am asking whether you are in the group.")),)
        case Said.LATE:
            return (Say(event.chat, world.t("I could not find out whether you are in the group. Please try again.")),)
        case Said.GONE | Said.HIDDEN:
            return no_sign(world, event, groups)
    if any(is_fresh(world, group) for group in groups):
        return None
    return (Check(groups[0].chat, event),)


def lost(world: World, event: Incoming) -> Decision | None:
    """Nobody can be asked. Where there is no group on this app the roster decides alone; where the bot was put out of
    it, nothing is done, or whoever puts it out could hide who left.
    """
    member = world.member
    if member is None or member.role != "officer":
        return None
    away = (g for g in world.directory.away.values() if g.scope == member.scope and g.chat.channel == member.channel)
    if not any(away):
        return None
    return (Say(event.chat, world.t("The bot was put out of your group. A coordinator was told.")),)


def is_fresh(world: World, group: Group) -> bool:
    at = world.inside.get(group.chat)
    return at is not None and world.now - at < timedelta(minutes=world.rules.membership_minutes)


def no_sign(world: World, event: Incoming, groups: tuple[Group, ...]) -> Decision | None:
    """They were not seen in the groups that were asked so far."""
    asked = {chat for chat, _ in event.checked}
    if further := next((g for g in groups if g.chat.chat not in asked), None):
        return (Check(further.chat, event),)
    if is_gone(event):
        return gone(world, event, groups)
    if world.group or any("blind" in g.accepted for g in groups):
        return None  # a press in the group is a sign by itself; details are withheld while a coordinator has to look
    return (Say(event.chat, world.t("The app does not tell me who is in the group. A coordinator was told.")),)


def gone(world: World, event: Incoming, groups: tuple[Group, ...]) -> Decision:
    member = world.member
    if member is None:
        return ()
    where = scope_name(world, groups[0].scope, world.language)
    if not world.inside:
        text = world.t("I do not see you in the group of {place}. Please come into the group first.", place=where)
        return (Say(event.chat, text),)
    text = world.t("You are no longer in the group of {place}, so this is not for you any more.", place=where)
    told = () if event.group else (Say(event.chat, text),)
    return (*leaving.left(world, (member,)), *told)
