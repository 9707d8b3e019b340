"""The receipt: sixteen digits that lead back to a case from any channel, known to nobody but who holds it."""

from datetime import datetime, timedelta

from handlers import after, keeping
from handlers.effects import Decision, Effect, Guessed, HandOver, Keep, Say
from handlers.events import Command, Edited, Incoming, Media, Text
from handlers.numbers import find_receipts, read_receipt, receipt, shown_receipt
from handlers.values import replace
from handlers.world import Case, Memory, Query, World

TRIES, WITHIN = 5, timedelta(minutes=10)  # of one chat; for all chats together see storage.receipts
STAYS = timedelta(minutes=30)  # a case that was opened with a receipt, in a chat that is not its reporter's


def new(world: World) -> str:
    """The receipt of a new case, out of this turn's randomness."""
    return receipt(world.dice[48:56])


def slowed(world: World) -> bool:
    return len(recent(world)) >= TRIES


def recent(world: World) -> list[str]:
    return [at for at in world.memory.tries if world.now - datetime.fromisoformat(at) < WITHIN]


def words_of(event: Incoming) -> str:
    """Whatever in an event may hold a receipt."""
    match event.body:
        case Text(text=text) | Edited(text=text) | Media(caption=text):
            return text
        case Command(name="receipt", args=text):
            return text
    return ""


def needs(world: World, event: Incoming) -> Query | None:
    """The case of a receipt, where one is given or pasted."""
    found = find_receipts(words_of(event)) if not event.group else ()
    return Query(receipts=found, details=True) if found and not slowed(world) else None


def command(world: World, event: Incoming) -> Decision:
    """`/receipt NUMBER`."""
    if read_receipt(words_of(event)) is None:
        return (
            Say(
                event.chat,
                world.t("Write the sixteen digits like this: /receipt 012-345-6789-012345"),
                after.ways(world),
            ),
        )
    return opened(world, event)


def alone(event: Incoming) -> bool:
    """Whether somebody typed a receipt and nothing else."""
    return isinstance(event.body, Text) and read_receipt(event.body.text) is not None


def opens(world: World, event: Incoming) -> bool:
    """A receipt that is typed alone while no report is half written opens its case."""
    return alone(event) and not world.memory.answers


def pasted(world: World, event: Incoming) -> bool:
    """Whether a receipt that is one stands in what would be kept of a report."""
    return any(find_receipts(words_of(event))) and any(c.receipted for c in world.cases)


def opened(world: World, event: Incoming) -> Decision:
    """The case of this receipt, shown here for a while; what leads to none counts as a guess."""
    case = next((c for c in world.cases if c.receipted), None)
    if case is None:
        return missed(world, event)
    memory = replace(
        world.memory, tries=(), borrowed="" if case.own else case.number, borrowed_at=world.now.isoformat()
    )
    if case.behalf and not case.own:
        return handed_over(world, event, case, memory)
    return (Keep(memory), *after.show(world.remembering(memory), event, case))


def handed_over(world: World, event: Incoming, case: Case, memory: Memory) -> Decision:
    """Whoever filed it for them does not see it from now on: another receipt, another chat to answer in."""
    secret = new(world)
    memory = replace(memory, borrowed="")
    mine, rewritten = keeping.rewritten(replace(case, own=True, behalf=False), keeping.unsigned)
    return (
        HandOver(case.id, secret),
        *rewritten,
        Keep(memory),
        *after.show(world.remembering(memory), event, mine, note=shown_once(world, secret)),
    )


def missed(world: World, event: Incoming) -> Decision:
    if slowed(world) or world.slowed:
        text = world.t("Too many tries. Please wait ten minutes and try again.")
        return (Say(event.chat, text, after.ways(world)),)
    memory = replace(world.memory, tries=(*recent(world), world.now.isoformat()))
    text = world.t("I do not know this number. Please look at it once more.")
    return (Guessed(), Keep(memory), Say(event.chat, text, after.ways(world)))


def refused(world: World, event: Incoming) -> Decision:
    """A receipt does not belong into a report: officers would hold the key to it."""
    text = world.t(
        "This is a receipt. I did not keep it: nobody else should have it.\n"
        "To open that report, write /receipt and the number."
    )
    return (Say(event.chat, text, after.ways(world)),)


def counted(world: World, event: Incoming) -> tuple[World, tuple[Effect, ...]]:
    """Numbers in a report that might be a receipt and are none count as guesses: not being refused tells as well."""
    found = () if opens(world, event) else find_receipts(words_of(event))
    if not found or any(c.receipted for c in world.cases) or slowed(world) or world.slowed:
        return world, ()
    memory = replace(world.memory, tries=(*recent(world), world.now.isoformat()))
    return world.remembering(memory), (Guessed(),)


def shown_once(world: World, secret: str) -> str:
    return world.t(
        "Your receipt: {receipt}\nWith it you can open this report on any phone. It is shown only once.",
        receipt=shown_receipt(secret),
    )
