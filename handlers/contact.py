"""When the bot may write to a reporter first: chosen by them, kept by the dispatcher, changeable at any time."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers.effects import Button, Reporter, Say
from handlers.events import Body
from handlers.flow import Option, Question, Unreadable, by_words, chosen
from handlers.world import Answers, Case, Memory, World
from locales import N, Words

ANY, DAY, AFTER, NEVER = "any", "day", "after", "never"
MORNING, EVENING = time(8), time(20)
# TRANSLATORS: when the bot may write to the resident first; on buttons, at most 14 letters for all of these.
RULES = {
    ANY: ("🔔", N("Any time")),
    # TRANSLATORS: only between eight in the morning and eight in the evening.
    DAY: ("☀️", N("Only 8 to 20")),
    # TRANSLATORS: only after the resident has written something.
    AFTER: ("✋", N("After I write")),
    NEVER: ("🔕", N("Never")),
}
SETTING = "contact"


def allowed(rule: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When something may be said to a reporter who did not write just now; None: not until they write, or never."""
    if rule in (AFTER, NEVER):
        return None
    here = now.astimezone(zone)
    if rule != DAY or MORNING <= here.time() < EVENING:
        return now
    day = here.date() if here.time() < MORNING else here.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, zone).astimezone(now.tzinfo)


@by_words
def contact_options(words: Words) -> tuple[Option, ...]:
    return tuple(Option(rule, words.t(text), icon) for rule, (icon, text) in RULES.items())


def of(memory: Memory, answers: Answers) -> str:
    """The rule of a report: chosen for it, else the one chosen last in this chat."""
    rule = str(answers.get(SETTING) or memory.contact)
    return rule if rule in RULES else ANY


def read_contact(world: World, answers: Answers, body: Body) -> Answers:
    option = chosen(body, contact_options(world, answers))
    if option is None:
        raise Unreadable(world.t("Please choose one of these."))
    return {SETTING: option.value, "asked": ""}


def ask_contact(world: World, _: Answers) -> str:
    return world.t(
        "When may this bot write to you first?\n"
        "It never says there what it is about. You can read your reports at any time."
    )


CONTACT = Question(
    "set-contact",
    ask=ask_contact,
    read=read_contact,
    options=contact_options,
    when=lambda a: a.get("asked") == SETTING,
)


def rule_text(words: Words, rule: str) -> str:
    icon, text = RULES[rule]
    return f"{icon} {words.t(text)}"


def nudge(world: World, case: Case) -> tuple[Say, ...]:
    """There is news of a case: all that may stand on a locked phone. What it is, is read by a press."""
    if not case.may_ask or case.practice:
        return ()
    words = world.words[case.language]
    return (
        Say(Reporter(case.id), words.t("There is a message for you."), (Button("📬 " + words.t("Read"), "status"),)),
    )
