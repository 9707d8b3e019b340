"""Notes of officers on a case: for everybody who may work on it, or for their author alone. No resident sees one."""

from handlers.clean import shown
from handlers.effects import AddNote, Decision, Record, Say
from handlers.fold import skeleton
from handlers.graphemes import cut
from handlers.sending import case_id
from handlers.standing import Act
from locales import N

LONGEST = 1_000  # UTF-16 units
# TRANSLATORS: typed after /note NUMBER, for a note that only its author reads.
PRIVATE = N("private")


def note(act: Act) -> Decision:
    """`/note NUMBER WORDS`, or `/note NUMBER private WORDS`."""
    world, (first, _, rest) = act.world, act.words.partition(" ")
    private = skeleton(first) in (PRIVATE, skeleton(world.t(PRIVATE)))
    text = cut(shown(rest if private else act.words).strip(), LONGEST)
    if not text:
        said = world.t(
            "Write it like this: /note {number} WORDS, or /note {number} private WORDS", number=act.case.number
        )
        return (Say(act.event.chat, said),)
    said = (
        world.t("Noted, for you alone.")
        if private
        else world.t("Noted. It stands in the details of {number}.", number=act.case.number)
    )
    id_ = case_id(world)
    return (
        AddNote(id_, act.case.id, private, act.by, text),
        Record("note", act.event.sender, act.case.id),
        Say(act.event.chat, said),
    )
