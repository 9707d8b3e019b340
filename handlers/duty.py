"""Who is on duty: officers say so themselves. The ladder of reminders asks here whom to wake."""

import re
from datetime import datetime, time, timedelta

from handlers.coordinator import args, scope_name
from handlers.effects import Button, Decision, Record, Say
from handlers.events import Incoming
from handlers.fold import skeleton
from handlers.seats import SEATS, enrolled, seat_text
from handlers.standing import own_scope
from handlers.world import Member, World
from locales import N

Span = tuple[datetime, datetime]
HOURS = timedelta(hours=12)  # of a duty whose end nobody told
NIGHT = (time(18), time(6))  # what "tonight" is, local
CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3])[:.]([0-5]\d)(?!\d)")
# TRANSLATORS: typed after /duty.
WORDS = {
    # TRANSLATORS: I am on duty.
    "on": N("on"),
    # TRANSLATORS: I am no longer on duty.
    "off": N("off"),
    "tonight": N("tonight"),
}
ALSO = {
    "on": ("เข้าเวร", "อยู่เวร", "ເຂົ້າເວນ", "ຢູ່ເວນ", "ចូលវេន", "ឡើងវេន"),
    "off": ("ออกเวร", "ลงเวร", "ອອກເວນ", "ចេញវេន", "ចុះវេន"),
    "tonight": ("คืนนี้", "ຄືນນີ້", "យប់នេះ"),
}


def on_duty(world: World, scope: str, at: datetime | None = None) -> tuple[Member, ...]:
    """The officers of a district who are on duty at a moment (now)."""
    now = at or world.now
    return tuple(m for m in world.directory.seated(scope) if m.duty and m.duty[0] <= now < m.duty[1])


def to_wake(world: World, scope: str, seat: str = "") -> tuple[Member, ...]:
    """Whom to write to in private for a seat of a district (or for all): who is on duty now, else everybody there."""
    there = world.directory.seated(scope, seat)
    awake = tuple(m for m in on_duty(world, scope) if m in there)
    return awake or there


def later_today(world: World, scope: str) -> tuple[Member, ...]:
    """Whose duty begins within the next hours."""
    until = world.now + HOURS
    return tuple(m for m in world.directory.seated(scope) if m.duty and world.now < m.duty[0] < until)


def duty(world: World, event: Incoming) -> Decision:
    """`/duty` shows who is on duty; `/duty on [until 06:00]`, `/duty 18:00 06:00`, `/duty tonight`, `/duty off`."""
    member, typed = world.member, skeleton(args(event))
    if not typed:
        return (Say(event.chat, overview(world, own_scope(world)), buttons(world)),)
    if member is None or member.role != "officer":
        return (Say(event.chat, world.t("Only officers have duty.")),)
    if is_word(world, typed, "off"):
        over = enrolled(member, duty=(world.now, world.now)) if member.duty else None
        said = Say(event.chat, world.t("You are off duty."))
        return (over, Record("duty off", event.sender), said) if over else (said,)
    span = read_span(world, typed)
    if span is None:
        text = world.t("Write it like this: /duty on, /duty on 06:00, /duty 18:00 06:00, /duty off")
        return (Say(event.chat, text),)
    text = world.t(
        "You are on duty from {begin} to {end}. Thank you.", begin=hour(world, span[0]), end=hour(world, span[1])
    )
    return (enrolled(member, duty=span), Record("duty on", event.sender), Say(event.chat, text))


def is_word(world: World, typed: str, name: str) -> bool:
    """Whether words begin with one that means this, in whatever language."""
    known = (name, world.t(WORDS[name]), *ALSO[name])
    return any(typed == word or typed.startswith(f"{word} ") for word in map(skeleton, known))


def read_span(world: World, typed: str) -> Span | None:
    """From when to when; two times mean from and to, one is the end."""
    zone, times = world.rules.zone, [time(int(h), int(m)) for h, m in CLOCK.findall(typed)]
    local = world.now.astimezone(zone)
    if is_word(world, typed, "tonight") and not times:
        dusk = local if in_night(local.time()) else following(local, NIGHT[0])
        return dusk, following(dusk, NIGHT[1])
    if not times:
        return (world.now, world.now + HOURS) if is_word(world, typed, "on") else None
    if len(times) == 1:
        return world.now, following(local, times[0])
    begin, end = times[0], times[1]
    if begin == end:
        return None
    next_one = following(local, begin)
    last_one = next_one - timedelta(days=1)  # it may have begun already
    first = last_one if following(last_one, end) > local else next_one
    return first, following(first, end)


def in_night(at: time) -> bool:
    return at >= NIGHT[0] or at < NIGHT[1]


def following(after: datetime, at: time) -> datetime:
    """The next time that the clock shows `at`."""
    found = after.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return found if found > after else found + timedelta(days=1)


def hour(world: World, at: datetime) -> str:
    return f"{at.astimezone(world.rules.zone):%H:%M}"


def overview(world: World, scope: str) -> str:
    now, later = on_duty(world, scope), later_today(world, scope)
    if not (now or later):
        return world.t(
            "Nobody in {place} has said that they are on duty.", place=scope_name(world, scope, world.language)
        )
    lines = [world.t("On duty now:"), *(line(world, m) for m in now)] if now else [world.t("Nobody is on duty now.")]
    if later:
        lines += [world.t("Later:"), *(line(world, m) for m in later)]
    return "\n".join(lines)


def line(world: World, member: Member) -> str:
    icon = SEATS[member.seat][0] if member.seat in SEATS else "👤"
    words, span = world.words[world.language], member.duty
    hours = f"{hour(world, span[0])}–{hour(world, span[1])}" if span else ""
    return " · ".join(filter(None, (f"{icon} {seat_text(words, member.seat)}", member.name, hours)))


def buttons(world: World) -> tuple[Button, ...]:
    if world.group is None and world.member is not None and world.member.role != "officer":
        return ()
    return (
        # TRANSLATORS: a button: I am on duty from now on.
        Button("🟢 " + world.t("On duty"), "duty:on"),
        # TRANSLATORS: a button: I am on duty tonight.
        Button("🌙 " + world.t("Tonight"), "duty:tonight"),
        # TRANSLATORS: a button: I am not on duty any more.
        Button("⚪ " + world.t("Off duty"), "duty:off"),
    )
