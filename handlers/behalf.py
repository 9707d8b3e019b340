"""A report for somebody else: a village head or a volunteer files it, the neighbour comes back with the receipt."""

from handlers.events import Body
from handlers.flow import Option, Question, Unreadable, by_words, chosen
from handlers.world import Answers, World
from locales import Words

SETTING = "behalf"


@by_words
def options(words: Words) -> tuple[Option, ...]:
    return (Option("me", words.t("For myself"), "🙋"), Option("other", words.t("For a neighbour"), "👥"))


def read(world: World, answers: Answers, body: Body) -> Answers:
    option = chosen(body, options(world, answers))
    if option is None:
        raise Unreadable(world.t("Please choose one of these."))
    return {SETTING: option.value == "other", "asked": ""}


BEHALF = Question(
    "set-behalf",
    ask=lambda w, _: w.t(
        "For whom is this report?\n"
        "A neighbour gets the receipt from you. When they first use it, you no longer see the report."
    ),
    read=read,
    options=options,
    when=lambda a: a.get("asked") == SETTING,
)
