"""Another file in a message that was sent already, as Telegram lets people do: the new one counts from then on."""

from typing import NamedTuple

from handlers.effects import Button, DropMedia, Effect, FetchMedia, Record
from handlers.events import Edited, Incoming, Media
from handlers.keeping import HELD, Item, TooMuch, checked, marked, rewritten
from handlers.life import ENDED
from handlers.world import Answers, Case, World

OLD = "replaced"  # marks a file of a report that was sent, in whose message another one stands by now


class Refiled(NamedTuple):
    """Answers as they are now; `effects` only where there is a new file; `note` is what the resident hears of it."""

    answers: Answers
    effects: tuple[Effect, ...] = ()
    note: str = ""


def refiled(world: World, event: Incoming, answers: Answers, edited: Edited, case: Case | None = None) -> Refiled:
    """Answers with the file that stands in that message now. In a half report it takes the place of the earlier one;
    in a case the earlier one stays: it may be all that officers have of what was seen."""
    media, message = edited.media, edited.message
    items: list[Item] = [i for name in HELD for i in answers.get(name, ()) if i.get("message") == message]
    was = next((i for i in items if "file" in i and not i.get(OLD)), None)
    if media is None or not items or (was and is_same(was, media)):
        return Refiled(answers)
    try:
        return put(world, event, answers, edited.message, media, was, case)
    except TooMuch as bad:
        stays = world.t("The earlier file stays.") if was else ""
        return Refiled(answers, (), " ".join(filter(None, [bad.reason, stays])))


def is_same(was: Item, media: Media) -> bool:
    """Whether nothing but the words was changed; where nobody can tell, nothing was."""
    known = was.get("mark", "")
    return not known or not media.mark or marked(was["file"], media) == {"mark": known}


def put(
    world: World, event: Incoming, answers: Answers, message: str, media: Media, was: Item | None, case: Case | None
) -> Refiled:
    """The new file where the earlier one stood, or behind everything. Raises TooMuch."""
    if case and case.status in ENDED:
        number = case.number
        raise TooMuch(world.t("Officers have finished with report {number}. Send a new report.", number=number))
    left = answers if case else without(answers, was)
    file = world.dice[32:48].hex()
    fetch = FetchMedia(checked(world, event, media, left), file)
    album = was.get("album", "") if was else media.album
    new = {"file": file, "kind": media.kind, "message": message, "album": album, **marked(file, media)}
    seen = list(answers.get("seen", ()))
    at = seen.index(was) if was in seen else len(seen)
    rest = seen[at + 1 :]
    if not case:
        note = world.t("The new file takes the place of the earlier one.") if was else world.t("Saved.")
        return Refiled({**left, "seen": [*seen[:at], new, *rest]}, (fetch,), note)
    old = [{**was, OLD: True}] if was else []
    now = {**answers, "seen": [*seen[:at], *old, {**new, "changed": True}, *rest]}
    text = world.t("The new file is in report {number}.", number=case.number)
    stays = world.t("The earlier one stays in it until you delete it.") if was else ""
    return Refiled(now, (fetch,), " ".join(filter(None, [text, stays])))


def without(answers: Answers, was: Item | None) -> Answers:
    """Answers without that file, whether it was usable or lost."""
    kept = {name: [i for i in answers.get(name, ()) if i is not was] for name in HELD}
    return {k: v for k, v in answers.items() if k not in HELD} | {name: items for name, items in kept.items() if items}


def earlier(answers: Answers) -> tuple[str, ...]:
    """The files in whose place others stand."""
    return tuple(i["file"] for i in answers.get("seen", ()) if i.get(OLD))


def of_case(case: Case) -> tuple[str, ...]:
    """The same of everything that belongs to a report, the answers to officers, too."""
    return tuple(file for answers in (case.details, *(q.body for q in case.asked)) for file in earlier(answers))


def button(world: World, case: Case) -> tuple[Button, ...]:
    """Until then the earlier files stay: nobody deletes by an edit what officers may work with."""
    # TRANSLATORS: a file of a report in whose message another one stands now; on a button, at most 14 letters.
    text = "🗑 " + world.t("Delete old one")
    return (Button(text, f"my:old:{case.number.replace('-', '')}"),) if of_case(case) else ()


def deleted(case: Case) -> tuple[Case, tuple[Effect, ...]]:
    """The report without the earlier files, and what makes it so."""
    if not of_case(case):
        return case, ()
    left, effects = rewritten(case, newest)
    drops = tuple(DropMedia(file) for file in of_case(case))
    return left, (*drops, *effects, Record("file deleted", "", case.id))


def newest(answers: Answers) -> Answers:
    return {**answers, "seen": [i for i in answers["seen"] if not i.get(OLD)]} if earlier(answers) else answers
