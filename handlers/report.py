"""The report, as a list of questions. To add one, add an entry to REPORT and its words to locales/."""

from datetime import timedelta

from handlers import asking, behalf, contact, excluded, exercise
from handlers.agreeing import RIGHT, UNKNOWN
from handlers.dates import day_text, daypart, local_day, read_date
from handlers.effects import ButtonKind
from handlers.events import Body, Media, Text
from handlers.flow import Option, Question, Unreadable, by_words, chosen
from handlers.kinds import DAYPARTS, KINDS, kind_text, seen_text
from handlers.where import WHERE, pick
from handlers.world import Answers, World
from locales import N, Words

MOST_WORDS = 20_000  # UTF-16 units a report: four of LINE's longest messages; more is a flood, not a report
MOST_FILES = 20
WHENS = {
    "now": ("🔴", N("Now")),
    "today": ("📅", N("Today")),
    "yesterday": ("📅", N("Yesterday")),
    "earlier": ("🗓", N("Before that")),
}


@by_words
def kind_options(words: Words) -> tuple[Option, ...]:
    return tuple(Option(kind, words.t(text), icon) for kind, (icon, text) in KINDS.items())


def kind_choices(words: Words) -> list[tuple[str, str]]:
    """Value and words of every kind, in the order they are numbered."""
    return [(kind, words.t(text)) for kind, (_, text) in KINDS.items()]


@by_words
def when_options(words: Words) -> tuple[Option, ...]:
    return tuple(Option(when, words.t(text), icon) for when, (icon, text) in WHENS.items())


def date_options(world: World, _: Answers) -> tuple[Option, ...]:
    today = local_day(world.now, world.rules.zone)
    days = (today - timedelta(days=n) for n in range(2, 8))
    return tuple(Option(d.isoformat(), day_text(d, world.language)) for d in days)


def read_day(world: World, answers: Answers, body: Body) -> Answers:
    day = read_date(body.text, local_day(world.now, world.rules.zone)) if isinstance(body, Text) else None
    if day is not None:
        return {"date": day.isoformat()}
    option = chosen(body, date_options(world, answers))
    if option is None:
        raise Unreadable(world.t("Please choose a day, or write it like this: 23/11."))
    return {"date": option.value}


@by_words
def daypart_options(words: Words) -> tuple[Option, ...]:
    parts = tuple(Option(part, words.t(text), icon) for part, (icon, text) in DAYPARTS.items())
    return (*parts, Option("unknown", words.t("I do not know"), also=UNKNOWN))


@by_words
def seen_options(words: Words) -> tuple[Option, ...]:
    return (Option("camera", words.t("Photo"), "📷", ButtonKind.CAMERA),)


def read_seen(world: World, _: Answers, body: Body) -> Answers:
    if isinstance(body, Text | Media):
        return {}  # handlers.keeping has put the words or the file into `seen` already
    raise Unreadable(world.t("Please write what you saw, or send a photo, a video or your voice."))


@by_words
def send_options(words: Words) -> tuple[Option, ...]:
    return (
        # TRANSLATORS: at most 14 letters, for this and all other buttons with a picture.
        Option("ask", words.t("Send"), "✅", also=RIGHT),
        # TRANSLATORS: more questions, which may be answered before sending; on a button.
        Option(asking.MORE, words.t("Tell more"), "➕"),
    )


@by_words
def training_options(words: Words) -> tuple[Option, ...]:
    return (
        # TRANSLATORS: on a training day: send a report that is only practice; on a button.
        Option(exercise.EXERCISE, words.t("Send practice"), "🎓"),
        # TRANSLATORS: on a training day: send a report that is no practice; on a button.
        Option("ask", words.t("This is real"), "❗"),
    )


def review_options(world: World, answers: Answers) -> tuple[Option, ...]:
    """Send, and more questions while there are any that were not asked."""
    options = send_options(world, answers)
    if exercise.until(world, answers.get("district", "")):
        options = (*training_options(world, answers), *options[1:])
    return options if asking.left(answers) else tuple(o for o in options if o.value != asking.MORE)


def read_send(world: World, answers: Answers, body: Body) -> Answers:
    option = chosen(body, review_options(world, answers))
    if option is None:
        raise Unreadable(world.t("Please choose one of these."))
    return {"asked": asking.MORE} if option.value == asking.MORE else {"send": option.value}


def show_when(world: World, answers: Answers) -> str:
    """The time in a line: the word that was chosen, the day where it is another, the part of the day."""
    words = world.words[world.language]
    today = local_day(world.now, world.rules.zone)
    if answers["when"] == "earlier" and "date" in answers:
        day = day_text(today.fromisoformat(answers["date"]), world.language)
    else:
        day = words.t(WHENS[answers["when"]][1])
    part = answers.get("daypart", "")
    return f"{day}, {words.t(DAYPARTS[part][1])}" if part in DAYPARTS else day


def moment(world: World, answers: Answers) -> tuple[str, str]:
    """The day (ISO) and the part of the day that was reported; the part is empty when nobody knows."""
    today = local_day(world.now, world.rules.zone)
    match answers["when"]:
        case "now":
            return today.isoformat(), daypart(world.now, world.rules.zone)
        case "yesterday":
            day = (today - timedelta(days=1)).isoformat()
        case "earlier":
            day = str(answers["date"])
        case _:
            day = today.isoformat()
    part = str(answers.get("daypart", ""))
    return day, part if part in DAYPARTS else ""


def show_seen(world: World, answers: Answers) -> str:
    """What was kept, counted: `words`, `2 photos`, `1 voice message`."""
    return seen_text(world.words[world.language], answers.get("seen", ()))


REPORT = (
    Question(
        "kind",
        ask=lambda w, _: w.t("What do you want to report?"),
        read=pick(kind_options, "kind"),
        options=kind_options,
        show=lambda w, a: kind_text(w.words[w.language], a["kind"]),
        drops=("help", "asked", *asking.NAMES),
        loose=True,
    ),
    asking.HELP,
    *WHERE,
    Question(
        "when",
        ask=lambda w, _: w.t("When did it happen?"),
        read=pick(when_options, "when"),
        options=when_options,
        show=show_when,
        drops=("date", "daypart"),
        loose=True,
    ),
    Question(
        "date",
        ask=lambda w, _: w.t("On which day? You can write it, for example 23/11."),
        read=read_day,
        options=date_options,
        when=lambda a: a.get("when") == "earlier",
    ),
    Question(
        "daypart",
        ask=lambda w, _: w.t("At what time of the day?"),
        read=pick(daypart_options, "daypart"),
        options=daypart_options,
        when=lambda a: a.get("when") in ("today", "yesterday", "earlier"),
        loose=True,
    ),
    Question(
        "seen",
        ask=lambda w, _: w.t("What did you see or hear?\nWrite it, or send a photo, a video or your voice."),
        read=read_seen,
        options=seen_options,
        show=show_seen,
        drops=("lost",),
    ),
    # Never asked: whoever goes back from what was called up on the review is on the review again.
    Question("asked", ask=lambda _w, _a: "", read=lambda _w, _a, _b: {}, when=lambda a: bool(a.get("asked"))),
    *asking.BLOCK,
    contact.CONTACT,
    excluded.NOT_TO,
    behalf.BEHALF,
    Question(
        "send",
        ask=lambda w, _: w.t("Is this right?"),
        read=read_send,
        options=review_options,
    ),
)
# TRANSLATORS: names of the lines of the review; each has a button to change it.
LINES = {"kind": N("What"), "place": N("Where"), "when": N("When"), "seen": N("What you saw")}
# What may be set on the review, each by one press; whoever sets nothing is asked nothing.
OPTIONAL = {
    contact.SETTING: ("🔔", N("Messages")),
    # TRANSLATORS: who must not see the report; on a button, at most 14 letters.
    excluded.SETTING: ("🚫", N("Not to")),
    # TRANSLATORS: a report for somebody else; on a button, at most 14 letters.
    behalf.SETTING: ("👥", N("For whom")),
}
