"""Free text in a language the officer does not read: on request, by a service that an operator set up.

The words leave our machine then, so that somebody asked is written down; what comes back is marked and kept nowhere.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from handlers.clean import defang, quoted
from handlers.effects import Button, Decision, Effect, Say, Translate
from handlers.events import Incoming, Outcome
from handlers.history import recorded
from handlers.intro import NATIVE
from handlers.standing import Act
from handlers.world import Case, World

Written = tuple[str, str]  # language, words


def written(case: Case) -> Iterator[Written]:
    """What the reporter wrote, in the order the details show it."""
    items = [*case.details.get("seen", ()), *(i for q in case.asked for i in q.body.get("seen", ()))]
    yield from ((str(item["language"]), str(item["text"])) for item in items if "text" in item and item.get("language"))


def foreign(world: World, case: Case, language: str) -> dict[str, tuple[str, ...]]:
    """Words in other languages than this one, by language; none where nothing may leave.

    What its reporter keeps from somebody is shown to no service either: nobody knows who works there.
    """
    if not world.rules.translates or case.excluded:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for spoken, text in written(case):
        if spoken != language and spoken in NATIVE:
            found[spoken] = (*found.get(spoken, ()), text)
    return found


def about(payload: Mapping[str, Any]) -> dict[str, str]:
    """What a result is about, without any words."""
    return {name: str(payload[name]) for name in ("number", "source", "language")}


def button(world: World, case: Case, language: str) -> tuple[Button, ...]:
    """Under the details, where there is something to translate and a service that does."""
    if not foreign(world, case, language):
        return ()
    # TRANSLATORS: on a button, at most 14 letters: have a machine translate what the reporter wrote.
    label = world.words[language].t("By machine")
    return (Button(f"🤖 {label}", f"translate:{case.number.replace('-', '')}"),)


def ask(act: Act) -> Decision:
    """The button, or `/translate NUMBER`: to the one who asks, in private, as the details are."""
    world, event, case = act.world, act.event, act.case
    if event.group:
        return (Say(event.chat, world.t("Press Details: the button for it is there, in private.")),)
    language = world.member.language if world.member else world.language
    found = foreign(world, case, language)
    if not found:
        return (Say(event.chat, world.t("Nothing of report {number} can be translated here.", number=case.number)),)
    asked = tuple(Translate(event.chat, case.number, spoken, language, texts) for spoken, texts in found.items())
    waits = Say(event.chat, world.words[language].t("The machine is at work on report {number} …", number=case.number))
    told: tuple[Effect, ...] = recorded(event, "translated", case.id, languages=" ".join(found))
    return (*told, waits, *asked)


def came(world: World, event: Incoming, outcome: Outcome) -> Decision:
    """What the service made of it, or that it made nothing."""
    said = outcome.result
    words = world.words[said["language"]]
    spoken, number = NATIVE[said["source"]], said["number"]
    match said["state"]:
        case "translated":
            made = words.t("Translated from {language} by a machine:", language=spoken)
            doubt = words.t("It can be wrong. What counts is what was written.")
            return (Say(event.chat, "\n".join([f"🤖 {number} · {made}", quoted(defang(said["text"])), doubt])),)
        case "declined":
            text = words.t("The translation service does not translate this from {language}.", language=spoken)
        case _:
            text = words.t("The translation service does not answer. Please try again later.")
    return (Say(event.chat, f"🤖 {number}: {text}"),)
