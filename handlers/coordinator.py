"""What coordinators arrange: who joins, which group serves which district, routing rules, districts on and off."""

from datetime import timedelta

from handlers import excluded, seats
from handlers.effects import (
    Button,
    ButtonKind,
    Decision,
    Effect,
    LinkGroup,
    MakeCode,
    Record,
    Routed,
    Say,
    SwitchDistrict,
    UnlinkGroup,
)
from handlers.events import Address, Choice, Command, Incoming
from handlers.meter import NEWS
from handlers.numbers import code as new_code
from handlers.numbers import read_code
from handlers.places import chain, district_name, province_name
from handlers.routing import Destination, covers
from handlers.sending import card
from handlers.talk import way_on
from handlers.world import EVERYWHERE, Group, Member, Query, World

SAME_NAME = 0.94  # "Bueng Kan" is the province, and the district "Mueang Bueng Kan" (0.95) as well: both are offered
SPOKEN_IN = {"TH": "th", "LA": "lo", "KH": "km"}  # the language of a new group, by its district's country


def args(event: Incoming) -> str:
    return event.body.args if isinstance(event.body, Command) else ""


def needs_code(text: str) -> Query | None:
    code = read_code(text.split(" ")[0] if text else "")
    return Query(code=code, unrouted=True, details=True) if code else None


def link(world: World, event: Incoming) -> Decision:
    """`/link` in private makes a code for a group; handlers.linking is what the code does there."""
    member = world.member
    if member is None or member.role != "coordinator":
        return not_yours(world, event)
    wanted = args(event).strip() if isinstance(event.body, Command) else ""
    if isinstance(event.body, Choice):
        return hand_out(world, event, event.body.value.partition(":")[2])
    if not wanted and member.scope != EVERYWHERE:
        return hand_out(world, event, member.scope)
    if not wanted:
        return (Say(event.chat, world.t("For which district? Write it like this: /link Bueng Kan")),)
    scopes = read_scopes(world, wanted)
    if len(scopes) == 1:
        return hand_out(world, event, scopes[0])
    if not scopes:
        return (Say(event.chat, world.t("I do not know this place. Please write it another way.")),)
    buttons = tuple(Button(scope_name(world, s, world.language), f"link:{s}") for s in scopes)
    return (Say(event.chat, world.t("Which place do you mean?"), buttons),)


def read_scopes(world: World, text: str) -> tuple[str, ...]:
    """Scopes that typed words may mean: a code, `*`, or names of districts and provinces."""
    gazetteer = world.gazetteer
    upper = text.upper()
    if upper in gazetteer.districts or upper in (EVERYWHERE, *(f"P:{p}" for p in gazetteer.provinces)):
        return (upper,)
    found = [m for m in gazetteer.find(text) if m.kind in ("district", "province")]
    exact = [m for m in found if m.score >= SAME_NAME] or found
    return tuple(m.code if m.kind == "district" else f"P:{m.code}" for m in exact)


def hand_out(world: World, event: Incoming, scope: str) -> Decision:
    member = world.member
    if member is None or member.role != "coordinator" or not within(world, member, scope):
        return not_yours(world, event)
    code = new_code(world.dice[:16])
    plain = read_code(code) or code
    minutes = world.rules.code_minutes
    expires = world.now + timedelta(minutes=minutes)
    text = world.t(
        "Add this bot to the group of {place}. Then write there:\n/link {code}\n"
        "The code is good for {minutes} minutes, once.",
        place=scope_name(world, scope, world.language),
        code=code,
        minutes=minutes,
    )
    opens = world.rules.bot_link.get(event.chat.channel, "")
    add = (
        (Button(world.t("Add to a group"), f"{opens}?startgroup={plain}", ButtonKind.LINK),) if "t.me/" in opens else ()
    )
    return (
        MakeCode(plain, "link", "", scope, expires, event.sender),
        Record("code made", event.sender, facts={"scope": scope}),
        Say(event.chat, text, add),
    )


def now_linked(world: World, event: Incoming, chat: Address, scope: str, language: str) -> Decision:
    """The group gets the reports of its place from now on, and what had reached nobody."""
    words = world.words[language]
    welcome = words.t(
        "This group now gets the reports of {place}.\n"
        "Press Take to work on one, Details to read it in private. /help shows what I can do.",
        place=scope_name(world, scope, language),
    )
    if chat.channel == "telegram":
        welcome += "\n" + words.t(
            "Please make this bot an administrator: only then Telegram tells it who comes and goes."
        )
    others = [g for g in world.directory.of_scope(scope) if g.chat != chat]
    told = tuple(
        Say(
            g.chat,
            world.words[g.language].t(
                "Another group was linked to {place} just now.", place=scope_name(world, scope, g.language)
            ),
            news=NEWS,
        )
        for g in others
    )
    return (
        LinkGroup(chat, scope, language),
        *((SwitchDistrict(scope, True),) if not world.directory.switched.get(scope, True) else ()),
        Record("group linked", event.sender, facts={"scope": scope}),
        Say(chat, welcome),
        *told,
        *(another(world, event, scope) if others else ()),
        *waiting(world, scope, Destination(chat, language)),
    )


def another(world: World, event: Incoming, scope: str) -> tuple[Say, ...]:
    """A place has one more group: whoever watches it hears of it, but for the one who did it."""
    mine = (event.chat.channel, event.sender)
    return tuple(
        Say(
            m.chat,
            world.words[m.language].t(
                "Another group was linked to {place} just now. If that is wrong, write /unlink there.",
                place=scope_name(world, scope, m.language),
            ),
            urgent=True,
        )
        for m in world.directory.coordinators(chain(world.gazetteer, scope))
        if (m.channel, m.person) != mine
    )


def waiting(world: World, scope: str, place: Destination, member: Member | None = None) -> tuple[Effect, ...]:
    """Cards of the cases that had reached nobody, now that somebody is here: this group, or this coordinator."""
    hour = world.now.astimezone(world.rules.zone).hour
    mine = [
        c
        for c in world.cases
        if covers(world, scope, c.district, c.kind, hour) and not excluded.hidden(c, None, member)
    ]
    return tuple(e for case in mine for e in (Routed(case.id), card(world, case, place)))


def unlink(world: World, event: Incoming) -> Decision:
    group = changeable_group(world)
    if group is None:
        return not_yours(world, event)
    return (
        UnlinkGroup(event.chat),
        Record("group unlinked", event.sender, facts={"scope": group.scope}),
        Say(event.chat, world.t("This group gets no more reports.")),
    )


def detail(world: World, event: Incoming) -> Decision:
    """`/detail full` or `/detail headline`: what this group's cards show."""
    wanted = args(event).strip().casefold()
    group = changeable_group(world)
    if group is None:
        return not_yours(world, event)
    if wanted not in ("full", "headline"):
        return (Say(event.chat, world.t("Write /detail headline or /detail full.")),)
    text = (
        world.t("Cards now show everything that was written. What stands in a group can never be taken back.")
        if wanted == "full"
        else world.t("Cards now show headlines only.")
    )
    return (
        seats.linked(group, detail=wanted),
        Record("group detail", event.sender, facts={"detail": wanted}),
        Say(event.chat, text),
    )


def set_group_language(world: World, group: Group, chosen: str) -> LinkGroup:
    return seats.linked(group, language=chosen)


def changeable_group(world: World) -> Group | None:
    """The group of this chat, where the one who writes is its coordinator."""
    group, member = world.group, world.member
    mine = group and member and member.role == "coordinator" and within(world, member, group.scope)
    return group if mine else None


def within(world: World, member: Member, scope: str) -> bool:
    """Whether a scope lies inside the one this coordinator watches."""
    if member.scope in (EVERYWHERE, scope):
        return True
    found = world.gazetteer.districts.get(scope)
    return found is not None and member.scope == f"P:{found.province}"


def scope_name(world: World, scope: str, language: str) -> str:
    if scope == EVERYWHERE:
        return world.words[language].t("all districts")
    if scope.startswith("P:"):
        return province_name(world.gazetteer, scope[2:], language)
    return district_name(world.gazetteer, scope, language)


def not_yours(world: World, event: Incoming) -> Decision:
    """A polite no; in a foreign group the bot says nothing at all."""
    if event.group and world.group is None:
        return ()
    return (Say(event.chat, world.t("Only a coordinator of this place can do this."), way_on(world)),)
