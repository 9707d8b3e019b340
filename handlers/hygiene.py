"""A group that may not be what it was is in doubt: headlines alone go there until a coordinator has looked at it.

Why it is in doubt is kept with the group; coordinators are told once for each reason.
"""

import hashlib

from handlers.coordinator import args, not_yours, scope_name, within
from handlers.effects import Button, Decision, Doubt, Effect, Record, Say
from handlers.events import Address, Incoming, MembersJoined
from handlers.membership import Said, places
from handlers.places import chain
from handlers.values import replace
from handlers.world import Group, Member, World
from locales import N, Words

# TRANSLATORS: why a coordinator is asked to look at a group.
REASONS = {
    "stranger": N("Somebody who is not on the roster came into the group."),
    "public": N("The group is public: everybody can find it and read along."),
    "returned": N("The bot was taken out of the group, and was put into it again."),
    "migrated": N("The group became a large group; who can read what was written may have changed."),
    "blind": N("The app does not tell the bot who is in the group. Please make the bot an administrator there."),
}
LASTING = ("public", "blind")  # stay as they are after a coordinator looked: not told again until they end
APPS = {"telegram": "Telegram", "line": "LINE", "web": "Web"}
Found = tuple[tuple[Group, str], ...]


def found(world: World, event: Incoming) -> Found:
    """Groups that this event puts in doubt, and why."""
    reasons: list[tuple[Group, str]] = []
    group = world.group
    if group and event.public:
        reasons.append((group, "public"))
    if group and isinstance(event.body, MembersJoined) and strangers(world, group, event):
        reasons.append((group, "stranger"))
    for chat, said in event.checked[-1:]:
        asked = world.directory.groups.get(Address(event.chat.channel, chat))
        if asked and said == Said.HIDDEN:
            reasons.append((asked, "blind"))
    return tuple((g, why) for g, why in reasons if why not in (*g.doubt, *g.accepted))


def strangers(world: World, group: Group, event: Incoming) -> tuple[str, ...]:
    """Those who came in and have no seat there."""
    people = event.body.members if isinstance(event.body, MembersJoined) else ()
    return tuple(p for p in people if not belongs(world, world.directory.members.get((group.chat.channel, p)), group))


def belongs(world: World, member: Member | None, group: Group) -> bool:
    """Whether somebody has a role in the place that a group serves, or in a wider one."""
    return member is not None and member.scope in (group.scope, *chain(world.gazetteer, group.scope))


def doubting(world: World, reasons: Found) -> World:
    """The same world, knowing that."""
    groups = dict(world.directory.groups)
    for group, why in reasons:
        known = groups[group.chat]
        groups[group.chat] = replace(known, doubt=(*known.doubt, why))
    here = groups.get(world.group.chat) if world.group else None
    return replace(world, directory=replace(world.directory, groups=groups), group=here)


def told(world: World, reasons: Found) -> tuple[Effect, ...]:
    """It is written down, and whoever watches the place hears of it."""
    groups = world.directory.groups
    kept = tuple(Doubt(g.chat, groups[g.chat].doubt, g.accepted) for g in dict.fromkeys(g for g, _ in reasons))
    return (*kept, *(e for group, why in reasons for e in warned(world, group, why)))


def warned(world: World, group: Group, why: str) -> tuple[Effect, ...]:
    watching = world.directory.coordinators(chain(world.gazetteer, group.scope))
    says = (
        Say(m.chat, warning(world, m, group, (why,)), (look_button(world, m, group),), urgent=True) for m in watching
    )
    return (Record("group in doubt", "", facts={"scope": group.scope, "why": why}), *says)


def warning(world: World, reader: Member, group: Group, why: tuple[str, ...]) -> str:
    words = world.words[reader.language]
    place, app = scope_name(world, group.scope, reader.language), APPS.get(group.chat.channel, group.chat.channel)
    return "\n".join(
        [
            f"⚠️ {words.t('The group of {place} on {app}:', place=place, app=app)}",
            *(words.t(REASONS[one]) for one in why),
            words.t("Until you have looked, it gets headlines only, and no details are given."),
        ]
    )


def look_button(world: World, reader: Member, group: Group) -> Button:
    # TRANSLATORS: a coordinator says that a group is as it should be.
    return Button("✅ " + world.words[reader.language].t("It is all right"), f"trust:{key(group.chat)}")


def key(chat: Address) -> str:
    """Stands for a group in a button."""
    return hashlib.sha256(f"{chat.channel} {chat.chat}".encode()).hexdigest()[:12]


def ended(world: World, event: Incoming) -> tuple[Effect, ...]:
    """A group that is public no longer: should it become so again, that is news."""
    group = world.group
    if group is None or event.public is not False or "public" not in group.accepted:
        return ()
    return (Doubt(group.chat, group.doubt, tuple(a for a in group.accepted if a != "public")),)


def trust(world: World, event: Incoming) -> Decision:
    """`/trust` shows the groups in doubt; the button says that a coordinator has looked at one."""
    member = world.member
    if member is None or member.role != "coordinator":
        return not_yours(world, event)
    doubtful = [g for g in world.directory.groups.values() if g.doubt and within(world, member, g.scope)]
    wanted = args(event).strip()
    if group := next((g for g in doubtful if key(g.chat) == wanted), None):
        return trusted(world, event, group)
    if not doubtful:
        return (Say(event.chat, world.t("No group is in doubt.")),)
    reader = replace(member, language=world.language)
    return tuple(
        Say(event.chat, warning(world, reader, g, g.doubt), (look_button(world, reader, g),)) for g in doubtful
    )


def trusted(world: World, event: Incoming, group: Group) -> Decision:
    stands = tuple(dict.fromkeys((*group.accepted, *(why for why in group.doubt if why in LASTING))))
    place = scope_name(world, group.scope, world.language)
    return (
        Doubt(group.chat, (), stands),
        Record("group trusted", event.sender, facts={"scope": group.scope, "why": ",".join(group.doubt)}),
        Say(event.chat, world.t("Thank you. Officers in the group of {place} get details again.", place=place)),
        Say(
            group.chat,
            world.words[group.language].t("A coordinator has looked at this group. Details are given again."),
        ),
    )


def withheld(world: World) -> bool:
    """Whether the one who acts gets no details now: every group in which they could be an officer is in doubt."""
    groups = places(world)
    return bool(groups) and all(g.doubt for g in groups)


def no_details(words: Words) -> str:
    return words.t("Details are withheld until a coordinator has looked at this group.")
