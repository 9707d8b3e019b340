"""A training day as whoever reports meets it: told before sending, with two buttons, practice and real.

An old button, or one from before the training began, sends a real report.
"""

from datetime import datetime

from handlers.world import Answers, World

EXERCISE = "exercise"  # what `send` says of a report that is practice
WIDER = 10  # times as many reports as on other days may be sent as practice


def until(world: World, district: str) -> datetime | None:
    """When the training of a district ends; None when there is none now."""
    ends = world.directory.trainings.get(district)
    return ends if ends and ends > world.now else None


def told(world: World, answers: Answers) -> str:
    """What is said above the review while there is a training."""
    ends = until(world, answers.get("district", ""))
    if ends is None:
        return ""
    return "🎓 " + world.t(
        "Today officers and residents practise here, until {time}. Sending is practice. If it is true and happens now, "
        "press This is real.",
        time=clock(world, ends),
    )


def clock(world: World, at: datetime) -> str:
    return f"{at.astimezone(world.rules.zone):%H:%M}"
