"""The two questions before the first report: the language, and whether what is done with a report is all right."""

from functools import cache

from handlers.agreeing import YES
from handlers.events import Body
from handlers.flow import Option, Question, Unreadable, by_words, chosen
from handlers.values import replace
from handlers.world import Answers, Memory, World
from locales import LANGUAGES, Words

NATIVE = {"th": "ไทย", "lo": "ລາວ", "km": "ខ្មែរ", "en": "English"}  # every language by its own name


def language_options(world: World, _: Answers) -> tuple[Option, ...]:
    """All languages; the one we guess from the app or the script comes first."""
    return _languages(world.language)


@cache
def _languages(first: str) -> tuple[Option, ...]:
    return tuple(Option(code, NATIVE[code]) for code in sorted(LANGUAGES, key=lambda code: code != first))


def ask_language(world: World, _: Answers) -> str:
    return "\n".join(world.words[o.value].t("Which language do you speak?") for o in language_options(world, {}))


def read_language(world: World, answers: Answers, body: Body) -> Answers:
    option = chosen(body, language_options(world, answers))
    if option is None:
        raise Unreadable("")
    return {"language": option.value}


def emergency(world: World) -> str:
    """Whom to call now, on each bank: names and numbers come from the settings."""
    countries = {"TH": world.t("Thailand"), "LA": world.t("Laos"), "KH": world.t("Cambodia")}
    lines = [
        f"{countries[country]}: " + ", ".join(f"{world.t(label)} {number}" for label, number in numbers)
        for country, numbers in world.rules.emergency.items()
        if numbers and country in countries
    ]
    return "\n".join([world.t("Somebody in danger? Call now:"), *lines])


def ask_consent(world: World, _: Answers) -> str:
    lines = [
        world.t(
            "Officers in charge of where it happened see what you report; most of them are in Thailand. "
            "We do not tell them who you are."
        ),
        world.t("Others who use this phone can read this chat.")
        if world.channel == "web"
        else world.t("Others who use this phone, and the company of this app, can read this chat."),
        world.t("A voice or a picture can show who you are."),
        world.t("Shall we begin?"),
    ]
    return "\n".join([emergency(world), "", *lines])


@by_words
def consent_options(words: Words) -> tuple[Option, ...]:
    return (Option("yes", words.t("Yes, begin"), "👍", also=YES),)


def read_consent(world: World, answers: Answers, body: Body) -> Answers:
    if chosen(body, consent_options(world, answers)) is None:
        raise Unreadable(world.t("Please press the button when you have read this."))
    return {"consent": world.rules.notice}


def answered(memory: Memory, found: Answers) -> Memory:
    """The chat's memory with an answer to one of these questions."""
    return replace(memory, language=found.get("language", memory.language), agreed=found.get("consent", memory.agreed))


INTRO = (
    Question("language", ask=ask_language, read=read_language, options=language_options, loose=True),
    Question("consent", ask=ask_consent, read=read_consent, options=consent_options, loose=True),
)
