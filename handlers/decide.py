"""decide(world, event): the whole program in one function without side effects. The table of contents."""

from dataclasses import replace

from handlers import commands, coordinator, desk, groups, outcomes, practice, resident, summary, talk
from handlers.effects import Decision
from handlers.events import (
    Added,
    Choice,
    Command,
    Edited,
    Incoming,
    MembersJoined,
    MembersLeft,
    Migrated,
    Outcome,
    Removed,
    Returned,
    Tick,
    Unsent,
)
from handlers.world import Query, World


def needs(world: World, event: Incoming) -> Query | None:
    """What decide will want to see beyond the chat itself."""
    world = speaking(world, event)
    match event.body:
        case Command() as command if rule := commands.find(command):
            return rule.needs(world, event)
        case Choice() as choice if desk.pressed(choice):
            return desk.needs_press(choice)
        case Choice(value="status"):
            return resident.needs_mine(event)
        case Tick(job="digest"):
            return summary.needs(world, event)
        case Tick(job="practice move") as tick:
            return practice.needs(tick)
        case Added() | Removed():
            return groups.needs(world, event)
        case Unsent():
            return resident.needs_unsent(event)
        case Outcome() as outcome:
            return outcomes.needs(world, outcome)
    return None


def decide(world: World, event: Incoming) -> Decision:
    """What to do about one event. Pure: the same world and event give the same effects."""
    world = speaking(world, event)
    match event.body:
        case Outcome() as outcome:
            return outcomes.follow(world, event, outcome)
        case Tick() as tick:
            return ticked(world, event, tick)
        case Command() as command:
            return commands.reply(world, event, command)
        case Added() | Removed() | Migrated() | MembersJoined() | MembersLeft():
            return groups.changed(world, event)
        case Choice() as choice if found := desk.pressed(choice):
            return desk.act(world, event, found[0])
        case _ if event.group:
            return ()  # officers chat among themselves
    return in_private(world, event)


def speaking(world: World, event: Incoming) -> World:
    """The world with the language this chat is answered in, unless it is known already."""
    return world if world.language else replace(world, language=resident.language(world, event))


def in_private(world: World, event: Incoming) -> Decision:
    match event.body:
        case Choice(value=value) if value.startswith("link:"):
            return coordinator.link(world, event)
        case Choice(value=value) if value.startswith("language:"):
            return resident.choose_language(world, event)
        case Choice(value="status"):
            return resident.status(world, event)
        case Edited() as edited:
            return resident.edited(world, event, edited)
        case Unsent() as unsent:
            return resident.unsent(world, event, unsent)
        case Returned():
            return resident.greet(world, event)
        case _:
            return talk.hear(world, event)


def ticked(world: World, event: Incoming, tick: Tick) -> Decision:
    match tick.job:
        case "digest":
            return summary.digest(world, event)
        case "practice":
            return practice.open_one(world, event, tick)
        case "practice move":
            return practice.move_one(world, event, tick)
    return ()
