"""The chat is ended at once: what can be deleted is deleted; it answers harmless words until its owner is back."""

from handlers import after, keeping
from handlers.effects import Button, Decision, Erase, Keep, Say
from handlers.events import Choice, Command, Incoming, Media, Place, Text, Unsupported
from handlers.flow import bare
from handlers.values import replace
from handlers.world import Memory, World

SHORTEST = 4  # letters of a chosen word: a shorter one is typed by chance


def is_meant(world: World, event: Incoming) -> bool:
    """Whether the chosen word was typed, and nothing else."""
    word = world.memory.word
    return bool(word) and isinstance(event.body, Text) and bare(event.body.text) == word


def clear(world: World, event: Incoming) -> Decision:
    """`/clear`, the button, or the chosen word. Nothing is asked: there may be no time."""
    if world.member:
        return (Say(event.chat, world.t("Only residents can do this.")),)
    memory = world.memory
    shut = bool(memory.last or memory.word)  # only where there is a receipt or a word to come back with
    left = Memory(language=memory.language or world.language, word=memory.word, decoy=shut)
    said = (event.message,) if event.message and not isinstance(event.body, Choice) else ()
    return (
        *keeping.dropped(memory.answers),
        Erase(event.chat, said),
        Keep(left),
        replace(harmless(world, event), clears=True),
    )


def harmless(world: World, event: Incoming) -> Say:
    return Say(event.chat, world.t("Good day. There is no news about the river today."))


def answered(world: World, event: Incoming) -> Decision:
    """Whatever is sent to a chat that was ended; its word opens it again."""
    if is_meant(world, event):
        memory = replace(world.memory, decoy=False)
        opened = world.remembering(memory)
        return (Keep(memory), Say(event.chat, world.t("You are back."), after.ways(opened)))
    heard = isinstance(event.body, Text | Choice | Command | Media | Place | Unsupported)
    return (Keep(world.memory), harmless(world, event)) if heard else ()


def choose(world: World, event: Incoming) -> Decision:
    """`/word WORD`: what ends this chat when it is typed, and opens it again."""
    word = bare(event.body.args) if isinstance(event.body, Command) else ""
    if len(word) < SHORTEST or world.member:
        text = world.t("Write a word of at least four letters like this: /word mango")
        return (Say(event.chat, text, after.ways(world)),)
    text = world.t("Type this word alone, and this chat is emptied. Type it again, and you are back.")
    memory = replace(world.memory, word=word)
    return (Erase(event.chat, (event.message,), words=False), Keep(memory), Say(event.chat, text, after.ways(world)))


def button(world: World) -> Button:
    return Button("🧹 " + world.t("Empty this chat"), "clear")
