"""What LINE's messages come to: `/quota` for coordinators, and a word to all of them before the month is used up."""

from handlers.coordinator import not_yours, scope_name, within
from handlers.dates import day_text
from handlers.effects import Decision, Metered, Say
from handlers.events import Incoming, Tick
from handlers.meter import LAST, WARN, Level, Meter, day_of, turn
from handlers.world import Member, Query, World
from locales import Words

MOST_GROUPS = 8  # lines of one answer


def needs(world: World, event: Incoming) -> Query | None:
    return Query(meter=True) if isinstance(event.body, Tick) or coordinates(world) else None


def coordinates(world: World) -> bool:
    return world.member is not None and world.member.role == "coordinator"


def reply(world: World, event: Incoming) -> Decision:
    """`/quota`, in the chat."""
    found = text(world)
    return (Say(event.chat, found),) if found else not_yours(world, event)


def text(world: World) -> str:
    """Used, left, what it comes to, what is held back, and what one message to each group costs."""
    meter, member = world.meter, world.member
    if meter is None or member is None or not coordinates(world):
        return ""
    words = world.words[world.language]
    lines = [used(words, meter), *pace(words, meter), *held_back(words, meter, world.language)]
    if meter.waiting:
        lines.append(words.n("{count} message waits.", "{count} messages wait.", meter.waiting, count=meter.waiting))
    return "\n".join([*lines, *groups(world, meter, member)])


def used(words: Words, meter: Meter) -> str:
    if meter.read is None and not meter.counted:
        return words.t("LINE has not told yet how many messages this month has.")
    if meter.limit is None:
        return words.t("LINE this month: {used} messages used.", used=meter.used)
    return words.t(
        "LINE this month: {used} of {limit} messages used, {left} left.",
        used=meter.used,
        limit=meter.limit,
        left=meter.left,
    )


def pace(words: Words, meter: Meter) -> list[str]:
    if not meter.used:
        return []
    said = words.t(
        "If it goes on like the last 7 days, it comes to {forecast} by the end of the month.", forecast=meter.forecast
    )
    short = meter.limit is not None and meter.forecast > meter.limit
    return [said, words.t("That is more than there is.")] if short else [said]


def held_back(words: Words, meter: Meter, language: str) -> list[str]:
    """What does not leave by itself now."""
    match meter.level:
        case Level.FOLDED:
            return [words.t("News that can wait comes to LINE groups with the next answer, report or digest.")]
        case Level.ALERTS:
            return [words.t("Only new reports come to LINE groups by themselves. The rest comes with the next answer.")]
        case Level.NOTHING:
            return [refuses(words, meter, language)]
    return []


def refuses(words: Words, meter: Meter, language: str) -> str:
    return words.t(
        "LINE takes no more messages this month. New reports go to the Telegram group of the district, if it has one. "
        "Answers in LINE still work. What waits leaves on {date}, or when the plan is larger.",
        date=day_text(day_of(turn(meter.now)), language),
    )


def groups(world: World, meter: Meter, member: Member) -> list[str]:
    """What one message costs, for the largest groups that this coordinator watches."""
    mine = [
        (count, scope_name(world, group.scope, world.language))
        for chat, count in meter.sizes.items()
        if (group := world.directory.groups.get(chat)) and within(world, member, group.scope)
    ]
    if not mine:
        return []
    lines = [f"• {place}: {count}" for count, place in sorted(mine, key=lambda one: (-one[0], one[1]))]
    return [world.t("A message to a group counts once for each member:"), *lines[:MOST_GROUPS]]


def noticed(world: World, event: Incoming, tick: Tick) -> Decision:
    """LINE refused a push, or the account reached a stage: every coordinator hears of each stage once a month."""
    meter = world.meter
    if meter is None:
        return ()
    refused = int(tick.args.get("refused", "0"))
    # Before LINE told anything of this month, its old one may still go on: the next refusal an hour later says more.
    stage = (100 if meter.read else meter.warned) if refused else meter.stage
    if stage <= meter.warned:
        return (Metered(meter.warned, refused),) if refused else ()
    return (Metered(stage, refused), *told(world, meter, stage))


def told(world: World, meter: Meter, stage: int) -> tuple[Say, ...]:
    """By another app where they have one: on LINE it would wait as well."""
    watching = [m for m in world.directory.members.values() if m.role == "coordinator"]
    return tuple(Say(m.chat, warning(world.words[m.language], meter, stage, m.language), urgent=True) for m in watching)


def warning(words: Words, meter: Meter, stage: int, language: str) -> str:
    match stage:
        case s if s == WARN:
            after = words.t("From {percent} percent on, only new reports come to LINE groups.", percent=LAST)
        case s if s == LAST:
            after = words.t("Only new reports come to LINE groups by themselves. The rest comes with the next answer.")
        case _:
            return f"⚠️ {refuses(words, meter, language)}"
    return f"⚠️ {used(words, meter)}\n{after}\n/quota"
