"""One officer with two apps: both addresses are one person, so that nobody is the second person to themselves.

It gives no right: each address keeps its own role and place. What it takes away is the second voice; what it adds is
that a case taken in one app is moved in the other. Only a new invitation parts them.
"""

from datetime import timedelta

from handlers.coordinator import args
from handlers.effects import Decision, MakeCode, Record, Say, UseCode
from handlers.events import Incoming
from handlers.numbers import code as new_code
from handlers.numbers import read_code
from handlers.seats import enrolled
from handlers.world import Member, Query, World
from locales import N

PURPOSE = "same"
JOINED = N("Another app was joined with this one. If that was not you, tell a coordinator.")


def needs(world: World, event: Incoming) -> Query | None:
    code = read_code(args(event).strip())
    return Query(code=code) if code and world.member else None


def account(world: World, event: Incoming) -> Decision:
    """`/account` makes a code, `/account CODE` in the other app joins the two. In private, by people with a role."""
    member = world.member
    if member is None:
        return (Say(event.chat, world.t("This is for officers and coordinators.")),)
    return joined(world, event, member) if args(event).strip() else made(world, event, member)


def made(world: World, event: Incoming, member: Member) -> Decision:
    code = new_code(world.dice[:16])
    mark = member.same or world.dice[20:28].hex()
    minutes = world.rules.code_minutes
    text = world.t(
        "Do you use another app as an officer, too? Open the bot there, in private, and write:\n/account {code}\n"
        "The code is good for {minutes} minutes, once. Give it to nobody: both apps are then one person.",
        code=code,
        minutes=minutes,
    )
    expires = world.now + timedelta(minutes=minutes)
    return (
        enrolled(member, same=mark),
        MakeCode(read_code(code) or code, PURPOSE, "", mark, expires, event.sender),
        Record("account code made", event.sender),
        Say(event.chat, text),
    )


def joined(world: World, event: Incoming, member: Member) -> Decision:
    code = world.code
    makers = tuple(m for m in world.directory.members.values() if code and m.same == code.scope)
    others = [m for m in makers if (m.channel, m.person) != (member.channel, member.person)]
    if code is None or code.purpose != PURPOSE or not makers:
        return (Say(event.chat, world.t("This code is not good, or no longer. Please ask for a new one.")),)
    if not others:
        return (Say(event.chat, world.t("Write this code in the other app, not here.")),)
    name = member.name or next((m.name for m in others if m.name), "")
    mine = [m for m in world.directory.members.values() if member.same and m.same == member.same and m != member]
    told = world.t("Done. Both apps are one officer now. A case that you take here you can go on with there.")
    return (
        UseCode(code.code),
        enrolled(member, same=code.scope, name=name),
        *(enrolled(m, same=code.scope) for m in mine),
        Record("accounts joined", event.sender),
        Say(event.chat, told),
        *(Say(m.chat, world.words[m.language].t(JOINED), urgent=True) for m in others),
    )
