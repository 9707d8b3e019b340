"""Not to them: a reporter keeps a case from the police, from a village head, or from a whole district's group.

A group mixes people, and nobody can tell who reads along. A case that is kept from anybody is therefore in no group at
all: coordinators have it in private, the nearest first. The others see nothing: no card, no row, no count, no line.
"""

from collections.abc import Sequence

from handlers.effects import ButtonKind
from handlers.events import Body
from handlers.flow import Option, Question, Unreadable, chosen
from handlers.places import chain, province_scope
from handlers.world import EVERYWHERE, Answers, Case, Group, Member, World
from locales import N, Words

DISTRICT = "district"
PROVINCE = province_scope("")  # what a scope of a province begins with
# TRANSLATORS: who must not see a report; on buttons, at most 14 letters for all of these.
KEPT_FROM = {
    "police": ("👮", N("Police")),
    "village": ("🏘", N("Village head")),
    # TRANSLATORS: all officers of the district where it happened.
    DISTRICT: ("🏛", N("The district")),
}
SETTING = "not"


def hidden(case: Case, group: Group | None, member: Member | None) -> bool:
    """Whether whoever looks must not even know of this case."""
    return keeps_out(case.excluded, group, member)


def keeps_out(excluded: Sequence[str], group: Group | None, member: Member | None) -> bool:
    """The same of a case of which only this is known.

    Whoever watches one district is of the district, also of the Thai one that works for the Lao or Khmer one opposite.
    """
    if not excluded:
        return False
    if group is not None or member is None or member.role != "coordinator":
        return True
    return DISTRICT in excluded and member.scope != EVERYWHERE and not member.scope.startswith(PROVINCE)


def seen(world: World, cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """What is left of these cases for the eyes of this chat."""
    return tuple(c for c in cases if not hidden(c, world.group, world.member))


def confidants(world: World, case: Case) -> tuple[Member, ...]:
    """The coordinators of the nearest scope that has any who may know."""
    for scope in (*chain(world.gazetteer, case.district), EVERYWHERE):
        found = tuple(m for m in world.directory.coordinators((scope,)) if not hidden(case, None, m))
        if found:
            return found
    return ()


def kept_from(words: Words, excluded: tuple[str, ...]) -> str:
    if not excluded:
        return ""
    return ", ".join(words.t(text) for code, (_, text) in KEPT_FROM.items() if code in excluded)


def options(world: World, answers: Answers) -> tuple[Option, ...]:
    words, chosen_already = world.words[world.language], answers.get(SETTING, ())
    listed = tuple(
        Option(code, words.t(text), "✅" if code in chosen_already else icon)
        for code, (icon, text) in KEPT_FROM.items()
    )
    return (*listed, Option("done", words.t("Next"), "➡️", ButtonKind.NAV))


def read(world: World, answers: Answers, body: Body) -> Answers:
    option = chosen(body, options(world, answers))
    if option is None:
        raise Unreadable(world.t("Please choose one of these."))
    if option.value == "done":
        return {"asked": ""}
    now = set(answers.get(SETTING, ())) ^ {option.value}
    return {SETTING: [code for code in KEPT_FROM if code in now]}


NOT_TO = Question(
    "set-not",
    ask=lambda w, _: w.t(
        "Who must not see this report?\n"
        "Then no group of officers gets it: a coordinator reads it alone, and it can take longer."
    ),
    read=read,
    options=options,
    when=lambda a: a.get("asked") == SETTING,
)
