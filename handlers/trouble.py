"""Somebody pointed a platform's webhook elsewhere: coordinators hear of it at once."""

from handlers.alarms import NAMES
from handlers.effects import Decision, Say
from handlers.events import Incoming, Tick
from handlers.world import World


def told(world: World, event: Incoming, tick: Tick) -> Decision:
    app = NAMES.get(tick.args["channel"], tick.args["channel"])
    text = world.t(
        "Somebody made {app} send us nothing. It was set back. Tell the technician to change the token.", app=app
    )
    return (Say(event.chat, text, urgent=True),)
