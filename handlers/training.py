"""A training day: a coordinator says so, and what residents of that district send as practice until then is marked.

`handlers.exercise` is what residents meet of it. It ends by itself.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from handlers.coordinator import args, not_yours, read_scopes, scope_name, within
from handlers.effects import Button, Decision, Effect, Record, Say, Train
from handlers.events import Choice, Incoming
from handlers.exercise import clock
from handlers.fold import NATIVE_DIGITS, skeleton
from handlers.places import chain
from handlers.world import World

LONGEST = timedelta(hours=12)
PRESS = "training"
OFF = ("off", "stop", "จบ", "หยุด", "ຈົບ", "ຢຸດ", "ចប់", "ឈប់")
TYPED = re.compile(
    r"(?P<place>.+?)\s*(?:until|till|to|ถึง|ຮອດ|ເຖິງ|ដល់|-)?\s*(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:\s*น\.?)?"
)
STAMP = "%Y%m%d%H%M"


def command(world: World, event: Incoming) -> Decision:
    """`/training DISTRICT until HH:MM` asks for a press; `/training DISTRICT off` ends it at once."""
    member = world.member
    if member is None or member.role != "coordinator":
        return not_yours(world, event)
    typed = args(event).strip().translate(NATIVE_DIGITS)
    name, _, last = typed.rpartition(" ")
    if skeleton(last) in OFF:
        district = one_district(world, name)
        return end(world, event, district) if district else usage(world, event)
    found = TYPED.fullmatch(typed)
    district = one_district(world, found["place"]) if found else ""
    if not found or not district or int(found["hour"]) > 23 or int(found["minute"]) > 59:
        return usage(world, event)
    if not within(world, member, district):
        return not_yours(world, event)
    ends = next_time(world, int(found["hour"]), int(found["minute"]))
    if ends - world.now > LONGEST:
        return (Say(event.chat, world.t("A training lasts at most twelve hours.")),)
    text = world.t(
        "Training in {place} until {time}? Until then what is sent from there as practice carries a mark and is in no "
        "figures. Whoever reports can send a real one at any time.",
        place=scope_name(world, district, world.language),
        time=clock(world, ends),
    )
    stamp = ends.astimezone(world.rules.zone).strftime(STAMP)
    yes = Button("🎓 " + world.t("Begin"), f"{PRESS}:{district}:{stamp}")
    return (Say(event.chat, text, (yes, Button("✖️ " + world.t("Cancel"), f"{PRESS}:no"))),)


def usage(world: World, event: Incoming) -> Decision:
    mine = world.member
    lines = [world.t("Write it like this: /training Bueng Kan until 16:30")]
    for district, ends in sorted(world.directory.trainings.items()):
        if ends > world.now and mine and within(world, mine, district):
            lines.append(running(world, district, ends, world.language))
    return (Say(event.chat, "\n".join(lines)),)


def running(world: World, district: str, ends: datetime, language: str) -> str:
    place = scope_name(world, district, language)
    return "🎓 " + world.words[language].t("Training in {place} until {time}.", place=place, time=clock(world, ends))


def one_district(world: World, typed: str) -> str:
    found = [s for s in read_scopes(world, typed.strip()) if s in world.gazetteer.districts] if typed.strip() else []
    return found[0] if len(found) == 1 else ""


def next_time(world: World, hour: int, minute: int) -> datetime:
    now = world.now.astimezone(world.rules.zone)
    at = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return at if at > now else at + timedelta(days=1)


def press(world: World, event: Incoming) -> Decision:
    """A person confirms; everything is looked at again."""
    _, district, stamp = f"{event.body.value}::".split(":")[:3] if isinstance(event.body, Choice) else ("", "", "")
    member = world.member
    if member is None or member.role != "coordinator":
        return not_yours(world, event)
    if district == "no":
        return (Say(event.chat, world.t("No training begins."), replaces=event.message),)
    ends = read_stamp(world, stamp)
    if ends is None or not world.now < ends <= world.now + LONGEST or not within(world, member, district):
        return (Say(event.chat, world.t("That button is old. Please write /training again.")),)
    return (
        Train(district, ends),
        Record("training begun", event.sender, facts={"scope": district, "until": ends.isoformat()}),
        Say(event.chat, running(world, district, ends, world.language), replaces=event.message),
        *to_everybody(world, event, district, lambda language: begun(world, district, ends, language)),
    )


def begun(world: World, district: str, ends: datetime, language: str) -> str:
    meaning = world.words[language].t(
        "Reports with 🎓 are practice: work on them as if they were real, but send nobody out. "
        "Reports without it are real."
    )
    return f"{running(world, district, ends, language)}\n{meaning}"


def read_stamp(world: World, stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=world.rules.zone)
    except ValueError:
        return None


def end(world: World, event: Incoming, district: str) -> Decision:
    member = world.member
    if member is None or not within(world, member, district):
        return not_yours(world, event)

    def over(language: str) -> str:
        place = scope_name(world, district, language)
        return world.words[language].t("The training in {place} is over. What comes now is real.", place=place)

    effects: tuple[Effect, ...] = (
        Train(district, None),
        Record("training ended", event.sender, facts={"scope": district}),
        Say(event.chat, over(world.language)),
    )
    return (*effects, *to_everybody(world, event, district, over))


def to_everybody(world: World, event: Incoming, district: str, say: Callable[[str], str]) -> tuple[Say, ...]:
    """The groups and the coordinators of the place, each in their language, but for the chat where it was done."""
    scopes = chain(world.gazetteer, district)
    groups = [(g.chat, g.language) for g in world.directory.groups.values() if g.scope in scopes]
    people = [(m.chat, m.language) for m in world.directory.coordinators(scopes)]
    return tuple(Say(chat, say(language)) for chat, language in (*groups, *people) if chat != event.chat)
