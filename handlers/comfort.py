"""What makes a question easier for whoever reads little: it is spoken, and its choices are pictures.

Both are chosen by a button under the first questions, or by a command, and remembered. A spoken question and its
buttons are one step, however many messages the app makes of it.
"""

from handlers.effects import LARGE, Attachment, Button, ButtonKind
from handlers.flow import Question
from handlers.world import World

OFFERED = ("consent", "kind")  # under these questions both are offered: the first that everybody sees
PICTURED = ("kind",)  # questions whose choices are drawn large
ON, OFF = "on", "off"
BY_ITSELF = ("line",)  # small pictures that come when the line has time, behind words that are there at once


def speaks(world: World) -> frozenset[str]:
    """The questions that can be heard in this chat, by name."""
    return world.rules.spoken.get(world.channel, {}).get(world.language, frozenset())


def draws(world: World) -> bool:
    """Whether choices are shown as large pictures here: as was chosen, else where that costs a slow line nothing."""
    chosen = world.memory.pictures or (ON if world.channel in BY_ITSELF else OFF)
    return world.channel in world.rules.pictured and chosen == ON


def attachments(world: World, here: Question) -> tuple[Attachment, ...]:
    """What goes out with a question besides its words."""
    drawn = world.channel == "telegram" and here.name in PICTURED and draws(world)
    sheet = (Attachment("sheet", f"{here.name}-{world.language}", "image/png"),) if drawn else ()
    heard = world.memory.voice and here.name in speaks(world)
    return (*sheet, Attachment("spoken", f"{world.language}/{here.name}", "audio/mp4")) if heard else sheet


def drawn(world: World, here: Question) -> str:
    """How the choices are drawn by an app that makes cards of them."""
    return LARGE if world.channel in BY_ITSELF and here.name in PICTURED and draws(world) else ""


def buttons(world: World, here: Question) -> tuple[Button, ...]:
    """To hear the questions, or to see the choices, and back; none where there is nothing to hear or see."""
    if here.name not in OFFERED:
        return ()
    made = []
    if speaks(world):
        # TRANSLATORS: on buttons, at most 14 letters: the questions are also spoken, or not any more.
        label = "🔇 " + world.t("No voice") if world.memory.voice else "🔊 " + world.t("Listen")
        made.append(Button(label, f"voice:{OFF if world.memory.voice else ON}", ButtonKind.NAV))
    if world.channel in world.rules.pictured and here.name in PICTURED:
        # TRANSLATORS: on buttons, at most 14 letters: the choices are shown as pictures, or not any more.
        label = "🔤 " + world.t("No pictures") if draws(world) else "🖼 " + world.t("Pictures")
        made.append(Button(label, f"pictures:{OFF if draws(world) else ON}", ButtonKind.NAV))
    return tuple(made)
