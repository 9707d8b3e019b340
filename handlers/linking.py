"""A group is linked when a second coordinator agrees: nobody with one coordinator's phone opens an ear alone.

Until then the group is a foreign one: it gets nothing, and its people may do nothing. Where a place has one
coordinator, the settings say whether a group is linked at once, or by their own second word some hours later.
"""

import hashlib
from datetime import datetime, timedelta

from handlers import coordinator
from handlers.coordinator import SPOKEN_IN, now_linked, scope_name
from handlers.dates import moment_text
from handlers.effects import AskLink, Button, Decision, DropLink, Leave, Record, Say, UseCode
from handlers.events import Address, Choice, Incoming
from handlers.places import chain
from handlers.world import AskedLink, CodeRow, Member, Query, World

PRESS = "grouplink"
KEPT = timedelta(days=7)  # then nobody agrees any more


def needs_press(world: World, event: Incoming) -> Query | None:
    """Cases that had reached nobody: they are shown to the group as soon as it is linked."""
    pressed = isinstance(event.body, Choice) and event.body.value.startswith(f"{PRESS}:yes:")
    return Query(unrouted=True, details=True) if pressed and world.member else None


def link(world: World, event: Incoming) -> Decision:
    """`/link PLACE` in private makes a code; `/link CODE` in the group is its use."""
    return link_here(world, event) if event.group else coordinator.link(world, event)


def link_here(world: World, event: Incoming) -> Decision:
    code = world.code
    if code is None or code.purpose != "link":
        return (
            ()
            if world.group is None
            else (Say(event.chat, world.t("This code is not good, or no longer. Please ask for a new one.")),)
        )
    language = SPOKEN_IN.get(code.scope[:2], "th")
    if event.public:
        text = world.words[language].t(
            "This group is public: everybody can read it. Make it private, remove its link, then write the code again."
        )
        return (Say(event.chat, text),)
    if needed(world, code):
        return ask(world, event, code, language)
    return (UseCode(code.code), *now_linked(world, event, event.chat, code.scope, language))


def watching(world: World, scope: str) -> tuple[Member, ...]:
    return world.directory.coordinators(chain(world.gazetteer, scope))


def is_asker(world: World, member: Member, by: str) -> bool:
    """Whether this is the coordinator whose code it was, in whichever app."""
    if member.tag == by:
        return True
    asker = next((m for m in world.directory.members.values() if m.tag == by), None)
    return asker is not None and bool(asker.same) and asker.same == member.same


def needed(world: World, code: CodeRow) -> bool:
    """Whether somebody else has to agree to what this code does; not to an operator's, who has the server."""
    mode = world.rules.second_link
    others = [m for m in watching(world, code.scope) if not is_asker(world, m, code.by)]
    return bool(code.by) and (mode == "always" or (mode == "auto" and bool(others)))


def ask(world: World, event: Incoming, code: CodeRow, language: str) -> Decision:
    """Keep the group waiting, tell it so, and ask everybody who watches the place."""
    link = AskedLink(event.chat, code.scope, language, code.by, world.now)
    words = world.words[language]
    waits = words.t(
        "This group is not linked yet: a second coordinator of {place} agrees first. Until then no report comes here.",
        place=scope_name(world, code.scope, language),
    )
    return (
        UseCode(code.code),
        AskLink(event.chat, code.scope, language, code.by),
        Record("group link asked", event.sender, facts={"scope": code.scope}),
        Say(event.chat, waits),
        *(question(world, link, m) for m in watching(world, code.scope)),
    )


def question(world: World, link: AskedLink, reader: Member) -> Say:
    words = world.words[reader.language]
    place = scope_name(world, link.scope, reader.language)
    yes = Button("✅ " + words.t("Agree"), f"{PRESS}:yes:{handle(link.chat)}")
    no = Button("🚫 " + words.t("Not our group"), f"{PRESS}:no:{handle(link.chat)}")
    if not is_asker(world, reader, link.by):
        who = next((m.name for m in watching(world, link.scope) if m.tag == link.by and m.name), "")
        text = words.t(
            "{name} wants to link a group to {place}. It gets reports only when you agree. "
            "Ask the officers there whether it is theirs.",
            name=who or words.t("A coordinator"),
            place=place,
        )
        return Say(reader.chat, text, (yes, no), urgent=True)
    if alone(world, link):
        at = moment_text(own_word(world, link), world.rules.zone, reader.language)
        text = words.t(
            "The group gets the reports of {place} when you press Agree, from {time} on.", place=place, time=at
        )
        return Say(reader.chat, text, (yes, no), urgent=True)
    text = words.t("The group gets the reports of {place} as soon as another coordinator agrees.", place=place)
    return Say(reader.chat, text, (no,), urgent=True)


def alone(world: World, link: AskedLink) -> bool:
    return all(is_asker(world, m, link.by) for m in watching(world, link.scope))


def own_word(world: World, link: AskedLink) -> datetime:
    return link.at + timedelta(hours=world.rules.link_wait_hours)


def handle(chat: Address) -> str:
    """Stands for a group in a button."""
    return hashlib.sha256(f"{chat.channel} {chat.chat}".encode()).hexdigest()[:24]


def press(world: World, event: Incoming) -> Decision:
    """A coordinator agrees, or does not. Who may is looked at now."""
    _, said, wanted = f"{event.body.value}::".split(":")[:3] if isinstance(event.body, Choice) else ("", "", "")
    found = (link for link in world.directory.asked.values() if handle(link.chat) == wanted)
    link = next((one for one in found if one.at + KEPT > world.now), None)
    member = world.member
    if link is None or member is None or member not in watching(world, link.scope):
        return (Say(event.chat, world.t("This group does not wait any more.")),)
    place = scope_name(world, link.scope, world.language)
    if said == "no":
        told = tuple(
            Say(m.chat, world.words[m.language].t(
                "The group was not linked to {place}.", place=scope_name(world, link.scope, m.language)))
            for m in watching(world, link.scope)
        )  # fmt: skip
        record = Record("group link refused", event.sender, facts={"scope": link.scope})
        return (DropLink(link.chat), record, Leave(link.chat), *told)
    if is_asker(world, member, link.by) and not alone(world, link):
        return (Say(event.chat, world.t("Another coordinator has to agree: it was your own code.")),)
    if is_asker(world, member, link.by) and world.now < own_word(world, link):
        at = moment_text(own_word(world, link), world.rules.zone, world.language)
        return (Say(event.chat, world.t("You can agree from {time} on.", time=at)),)
    done = Say(event.chat, world.t("The group of {place} is linked now.", place=place), replaces=event.message)
    return (DropLink(link.chat), *now_linked(world, event, link.chat, link.scope, link.language), done)
