"""Practice cases, so that a newcomer has something to look at: opened by a tick, marked wherever they are shown."""

from handlers.effects import By, Decision, Ending, MoveCase, OpenCase, Status
from handlers.events import Incoming, Tick
from handlers.kinds import KINDS
from handlers.numbers import case_number
from handlers.sending import case_id
from handlers.world import Query, World


def needs(tick: Tick) -> Query | None:
    return Query(number=tick.args["number"]) if "number" in tick.args else None


def open_one(world: World, event: Incoming, tick: Tick) -> Decision:
    """One plausible case at the tick's own time; nobody is alerted and nobody is behind it."""
    given = tick.args
    if given["district"] not in world.gazetteer.districts or given["kind"] not in KINDS:
        return ()
    details = {
        "place": "list",
        "district": given["district"],
        "when": "now",
        "day": given["day"],
        "part": given["part"],
    }
    seen = [{"text": given["text"], "language": given["language"], "message": ""}] if given.get("text") else []
    number = given.get("as") or case_number(world.dice[:16])
    return (
        OpenCase(
            case_id(world),
            number,
            given["kind"],
            given["district"],
            False,
            given["language"],
            False,
            True,
            details | {"seen": seen},
        ),
    )


def move_one(world: World, event: Incoming, tick: Tick) -> Decision:
    to = Status(tick.args["to"])
    by = By(tick.args["by"])
    return tuple(
        MoveCase(c.id, c.status, to, by, by, Ending.ACTED if to is Status.CLOSED else "")
        for c in world.cases
        if c.practice and c.status is not to
    )
