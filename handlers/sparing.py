"""Where a district has a group on LINE and one elsewhere: what the one hears that costs a message for every member."""

from handlers.events import Address
from handlers.world import Case, Group, World

PRICED = "line"


def alerted(world: World, groups: tuple[Group, ...]) -> tuple[Group, ...]:
    """The groups that hear of a new report: with `fallback`, LINE's only where there is no other."""
    if world.rules.line_groups != "fallback":
        return groups
    return tuple(g for g in groups if g.chat.channel != PRICED) or groups


def hears_news(world: World, chat: Address, case: Case | None = None) -> bool:
    """Whether news are said in this chat: always where the one who has the case works with this app."""
    group = world.directory.groups.get(chat)
    if group is None or chat.channel != PRICED or world.rules.line_groups == "always":
        return True
    if case is not None and case.holder.channel == PRICED:
        return True
    return all(g.chat.channel == PRICED for g in world.directory.of_scope(group.scope))
