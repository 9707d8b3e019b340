"""What residents are told about their data, in two layers. Every sentence is held against what the product does
(tests/test_notice.py): to change what is promised, change what is done.
"""

from collections.abc import Iterable, Iterator, Mapping

from handlers import panic
from handlers.effects import Button, Decision, Say
from handlers.events import Command, Incoming
from handlers.fold import skeleton
from handlers.talk import way_on
from handlers.world import World
from locales import N

MORE = "more"
FIRST = {
    "held": N("We keep: what you wrote, the place, the files, and locked apart from them a way to answer you here."),
    "nobody asked": N("We do not ask the app for your name, number or picture."),
    "officers": N("Officers in charge of where it happened see the report; we do not tell them who you are."),
    "machine": N("Officers may have your words translated by a machine; whoever runs that machine can read them."),
    "company": N("The company of an app such as LINE or Telegram can read its chats."),
    "no promise": N("We cannot promise that nobody will guess who wrote. Leave out what only you can know."),
}
SECOND = {
    "purpose": N("We keep it so that officers can act on it and can ask you. Nobody else gets it."),
    "purpose and machine": N(
        "We keep it so that officers can act on it and can ask you. Nobody else gets it, but for the machine that may "
        "translate it."
    ),
    "half": N("A report that you did not send is deleted after {half} hours."),
    "way back": N("The way to answer you is deleted {contact} days after the case is closed."),
    "files": N(
        "Photos, videos and voices are deleted {media} days after the closing, the words after {closed} days or more."
    ),
    "sooner": N(
        "A report that was found not to be true goes {false} days after the closing, one that you took back after "
        "{withdrawn} days."
    ),
    "figures": N("Then only numbers are left, with no word of yours."),
    "readers": N("Who reads your report is written down."),
    "rights": N("/mydata shows what we hold of this chat, /forget deletes it."),
    "clear": N(
        "/clear empties this chat: Telegram deletes what is younger than two days, LINE and this phone delete nothing "
        "for us. Then only your receipt, or a word you chose with /word, leads back."
    ),
    "officers keep": N("A report that officers work on stays with them. Nobody can tell any more that it was yours."),
}

# What is true where words may be translated, and where not.
WITH_MACHINE, WITHOUT_MACHINE = ("machine", "purpose and machine"), ("purpose",)


def privacy(world: World, event: Incoming) -> Decision:
    """`/privacy`, `/privacy more`."""
    wanted = skeleton(event.body.args) if isinstance(event.body, Command) else MORE
    if wanted in (MORE, skeleton(world.t("More"))):
        ways = way_on(world) if world.member else (*way_on(world), panic.button(world))
        return (Say(event.chat, said(world, holds(world, SECOND)), ways),)
    buttons = (Button("➡️ " + world.t("More"), "privacy:more"), Button(world.t("My data"), "mydata"))
    return (Say(event.chat, said(world, holds(world, FIRST)), (*buttons, *way_on(world))),)


def holds(world: World, sentences: Mapping[str, str]) -> Iterator[str]:
    """The sentences that are true as this bot is set up."""
    untrue = WITHOUT_MACHINE if world.rules.translates else WITH_MACHINE
    return (text for name, text in sentences.items() if name not in untrue)


def said(world: World, sentences: Iterable[str]) -> str:
    kept = world.rules.kept
    days = {"half": kept.half_hours, "contact": kept.contact_days, "media": kept.media_days, "closed": kept.closed_days}
    days |= {"false": kept.false_days, "withdrawn": kept.withdrawn_days}
    return "\n".join(world.t(sentence, **days) if "{" in sentence else world.t(sentence) for sentence in sentences)
