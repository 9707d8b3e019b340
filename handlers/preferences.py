"""A resident chooses how questions come: also spoken, also as pictures (see handlers.comfort)."""

from handlers import comfort, screen, talk
from handlers.comfort import OFF, ON
from handlers.effects import Decision, Keep, Say
from handlers.events import Choice, Incoming
from handlers.values import replace
from handlers.world import Memory, World


def wanted(event: Incoming, now: bool) -> bool:
    """What a press asks for; a command turns round what is."""
    return event.body.value.endswith(f":{ON}") if isinstance(event.body, Choice) else not now


def voice(world: World, event: Incoming) -> Decision:
    """`/voice`, and the button: hear the questions, or no longer."""
    if not comfort.speaks(world):
        return nothing(world, event, world.t("Questions cannot be heard here yet."))
    memory = replace(world.memory, voice=wanted(event, world.memory.voice))
    said = world.t("From now on you also hear the questions.") if memory.voice else world.t("The voice is off.")
    return changed(world, event, memory, said)


def pictures(world: World, event: Incoming) -> Decision:
    """`/pictures`, and the button: see the choices as pictures, or no longer."""
    if world.channel not in world.rules.pictured:
        return nothing(world, event, world.t("Pictures cannot be changed here."))
    memory = replace(world.memory, pictures=ON if wanted(event, comfort.draws(world)) else OFF)
    said = world.t("From now on you also see pictures.") if memory.pictures == ON else world.t("The pictures are off.")
    return changed(world, event, memory, said)


def changed(world: World, event: Incoming, memory: Memory, said: str) -> Decision:
    """The open question again as it is shown from now on; where none is open, a word that it was understood."""
    world = world.remembering(memory)
    if memory.answers or not memory.agreed or isinstance(event.body, Choice):
        return screen.ask(world, event, memory, note=said)
    return (Keep(memory), Say(event.chat, said, talk.way_on(world)))


def nothing(world: World, event: Incoming, said: str) -> Decision:
    return (Say(event.chat, said, talk.way_on(world)),)
