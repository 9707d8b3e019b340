"""What somebody may ask of their own data: what is held of this chat, and that it be deleted."""

from collections.abc import Callable, Iterator, Mapping

from handlers import asking_back, desk, keeping, notice
from handlers.contact import rule_text
from handlers.coordinator import scope_name
from handlers.effects import Amend, Button, Decision, DropMedia, Effect, ForgetChat, MoveCase, Recall, Say, Status
from handlers.events import Choice, Incoming
from handlers.intro import NATIVE
from handlers.kinds import STATUS
from handlers.routing import Destination
from handlers.sending import new_report
from handlers.talk import way_on
from handlers.values import replace
from handlers.world import Case, Query, World

MOST_LISTED = 10


def needs(_: World, __: Incoming) -> Query:
    return Query(mine=True, details=True)


def held(world: World, event: Incoming) -> Decision:
    """`/mydata`: everything that we can find by this chat."""
    lines = [world.t("We hold of this chat:"), *(f"• {line}" for line in (*remembered(world), *reported(world)))]
    if member := world.member:
        place = scope_name(world, member.scope, world.language)
        lines.append("• " + world.t("your role in {place}, and what you did in it: /myactions", place=place))
    if len(lines) == 1:
        return (Say(event.chat, world.t("We hold nothing of this chat."), way_on(world)),)
    button = Button("🗑 " + world.t("Delete it"), "forget")
    return (Say(event.chat, "\n".join(lines), (button, *way_on(world))),)


def remembered(world: World) -> Iterator[str]:
    """What is kept of the chat itself: every field of handlers.world.Memory that says something."""
    memory, words = world.memory, world.words[world.language]
    if memory.language:
        yield world.t("the language: {language}", language=NATIVE[memory.language])
    if memory.agreed:
        yield world.t("that you agreed to begin")
    if memory.at:
        yield world.t("when you last answered a question here")
    if memory.answers:
        yield world.t("a report that is not sent yet, for {hours} hours", hours=world.rules.kept.half_hours)
    if memory.contact:
        yield world.t("when the bot may write first: {rule}", rule=rule_text(words, memory.contact))
    if memory.voice or memory.pictures:
        yield world.t("whether you hear the questions or see pictures")
    if memory.word:
        yield world.t("the word that empties this chat")
    if memory.borrowed:
        yield world.t("that report {number} was opened here with its receipt", number=memory.borrowed)
    if memory.sent or memory.practised or memory.tries:
        yield world.t("when reports were sent and receipts tried here last")
    if memory.adding or memory.asked:
        yield world.t("what you are adding to, or answering, just now")
    if memory.unsent:
        yield world.t("which messages you took back")


def reported(world: World) -> Iterator[str]:
    """The reports that lead back to this chat, and what else is found by it."""
    words = world.words[world.language]
    yield from (f"{case.number} · {words.t(STATUS[case.status])}" for case in world.cases[:MOST_LISTED])
    more = len(world.cases) - MOST_LISTED
    if more > 0:
        yield world.n("and {count} more", "and {count} more", more, count=more)
    if world.cases:
        yield world.t("with each report the way to answer you here, locked")
    if world.memory.at and world.channel == "telegram":
        yield world.t("the numbers of the messages of two days, so that /clear can delete them")
    if world.memory.at and world.channel == "web":
        yield world.t("for some days, what the bot wrote to you on this page")


def forget(world: World, event: Incoming) -> Decision:
    """`/forget`: says what would happen; the button does it."""
    if isinstance(event.body, Choice) and event.body.value == "forget:yes":
        return forgotten(world, event)
    lines = [
        world.t(
            "Delete this chat from our side? The report you have not sent, the language and the way to answer you go."
        ),
        *stays(world, asked=True),
        world.t("The messages on your phone stay until you delete them there."),
    ]
    buttons = (Button("🗑 " + world.t("Yes, delete"), "forget:yes"), Button(world.t("No, keep it"), "forget:no"))
    return (Say(event.chat, "\n".join(lines), buttons),)


def kept(world: World, event: Incoming) -> Decision:
    return (Say(event.chat, world.t("Nothing was deleted."), way_on(world)),)


def stays(world: World, *, asked: bool = False) -> list[str]:
    """What is not deleted, by name; `asked`: before it is done."""
    worked_on = [c.number for c in world.cases if not mine_alone(c)]
    untaken = [c.number for c in world.cases if mine_alone(c)]
    lines = []
    if untaken:
        numbers = ", ".join(untaken)
        lines.append(
            world.t("Is taken back, too, for nobody has taken it yet: {numbers}", numbers=numbers)
            if asked
            else world.t("Taken back, for nobody has taken it yet: {numbers}", numbers=numbers)
        )
    if worked_on:
        lines.append(
            world.t(
                "Stays with the officers, but nobody can tell any more that it was yours: {numbers}",
                numbers=", ".join(worked_on),
            )
        )
    if world.member:
        lines.append(world.t("Your role stays, too. Ask a coordinator to end it."))
    return lines


def forgotten(world: World, event: Incoming) -> Decision:
    """Everything of this chat goes at once; the next word here is the first."""
    lines = [world.t("Deleted. If you write here again, we begin anew."), *stays(world)]
    left = () if world.member else new_report(world)
    return (*goes(world, event), Say(event.chat, "\n".join(lines), left))


def goes(world: World, event: Incoming) -> tuple[Effect, ...]:
    taken_back = (e for case in world.cases if mine_alone(case) for e in withdrawn(world, case))
    return (*keeping.dropped(world.memory.answers), *taken_back, ForgetChat(event.chat))


def mine_alone(case: Case) -> bool:
    return case.status is Status.NEW


def withdrawn(world: World, case: Case) -> tuple[Effect, ...]:
    """A report that nobody took: its words and files go now, what is left of it soon; its cards say so."""
    after = replace(case, status=Status.WITHDRAWN, details={}, files=())
    groups = world.directory.groups
    places = ((groups[card.chat], card.message) for card in case.cards if card.chat in groups)
    return (
        MoveCase(case.id, case.status, Status.WITHDRAWN),
        Amend(case.id, {}),
        Recall(case.id),
        *asking_back.taken_back(case),
        *(DropMedia(file.file) for file in case.files),
        *(desk.drawn(world, after, Destination(g.chat, g.language), message) for g, message in places),
    )


PRESSES: Mapping[str, Callable[[World, Incoming], Decision]] = {
    "privacy:more": notice.privacy,
    "mydata": held,
    "forget": forget,
    "forget:yes": forget,
    "forget:no": kept,
}
