"""What the process notices about itself, said to the coordinators by another way."""

from handlers.effects import Decision, Say
from handlers.events import Incoming, Tick
from handlers.world import World

NAMES = {"telegram": "Telegram", "line": "LINE", "web": "Web"}


def refused(world: World, event: Incoming, tick: Tick) -> Decision:
    """A platform refuses our token: it was revoked or changed. Everybody who coordinates elsewhere hears of it."""
    channel = tick.args["channel"]
    elsewhere = (m for m in world.directory.members.values() if m.role == "coordinator" and m.channel != channel)
    return tuple(
        Say(
            m.chat,
            world.words[m.language].t(
                "{app} refuses the bot: its token was changed or taken back. What is to be sent there waits. "
                "Please tell the operator.",
                app=NAMES.get(channel, channel),
            ),
            urgent=True,
        )
        for m in elsewhere
    )
