"""A button that is good no more: its time is over, or it was not made for this chat."""

from handlers import talk
from handlers.effects import Decision, Say
from handlers.events import Incoming
from handlers.world import World


def answer(world: World, event: Incoming) -> Decision:
    """Whoever works on cases is told where the buttons are; a resident goes on; a foreign group hears nothing."""
    if event.group and world.group is None:
        return ()
    if world.group or world.member:
        return (Say(event.chat, world.t("This button cannot be used any more. Write /cases to see the open cases.")),)
    return talk.hear(world, event)
