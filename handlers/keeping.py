"""What a resident wrote or sent, kept as it came: nothing is lost, whatever question was open."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from handlers.clean import shown
from handlers.effects import Amend, AnswerQuestion, DropMedia, Effect, FetchMedia
from handlers.events import Edited, Incoming, Media, MediaKind, Text
from handlers.graphemes import utf16
from handlers.report import MOST_FILES, MOST_WORDS
from handlers.scripts import language_of
from handlers.values import replace
from handlers.world import Answers, Case, World

LARGEST = {"telegram": 20_000_000, "line": 200_000_000, "web": 20_000_000}  # bytes; Telegram's getFile ends at 20 MB
BACK = "back"  # marks what came with the return to a half report, until that goes on or is left
HELD = ("seen", "lost")  # what came, and the files among it that cannot be used
MARK = 4  # letters: tell one file of a message from the next, and say too little to find it at the platform
Item = Mapping[str, Any]
LINKS = frozenset("/@")  # a word with one of these is an address or a name of the internet: Latin in every language


class TooMuch(Exception):
    """This cannot be kept, too much or nothing at all; `reason` is said to the resident, in their language."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def keep(world: World, event: Incoming, answers: Answers) -> tuple[Answers, tuple[Effect, ...]]:
    """Answers with these words or this file added to `seen`. Raises TooMuch."""
    seen: list[Item] = list(answers.get("seen", ()))
    match event.body:
        case Text(text=text):
            seen.append(words(world, event.message, text, seen))
            return {**answers, "seen": seen}, ()
        case Media() as media:
            file = world.dice[32:48].hex()
            effects = (FetchMedia(checked(world, event, media, answers), file),)
            item = {"file": file, "kind": media.kind, "message": event.message, "album": media.album}
            seen.append({**item, **marked(file, media)})
            if shown(media.caption).strip():
                seen.append(words(world, event.message, media.caption, seen))
            return {**answers, "seen": seen}, effects
    return answers, ()


def words(world: World, message: str, text: str, seen: list[Item]) -> Item:
    clean = shown(text)
    if not clean.strip():
        raise TooMuch(world.t("Please write what you saw, or send a photo, a video or your voice."))
    if sum(utf16(i.get("text", "")) for i in seen) + utf16(clean) > MOST_WORDS:
        raise TooMuch(world.t("That is very long. Please send this report first, then write a new one."))
    spoken = clean
    if not LINKS.isdisjoint(clean):
        spoken = " ".join(word for word in clean.split() if LINKS.isdisjoint(word))
    return {"text": clean, "language": language_of(spoken) or world.language, "message": message}


def marked(file: str, media: Media) -> Item:
    """How the platform's file is known again beside our name for it; nothing where the platform does not say."""
    return {"mark": sha256(f"{file} {media.mark}".encode()).hexdigest()[:MARK]} if media.mark else {}


def checked(world: World, event: Incoming, media: Media, answers: Answers) -> Media:
    if not world.rules.files:
        raise TooMuch(world.t("I cannot take files just now. Please tell me in words; your report goes on."))
    if len(files(answers)) >= MOST_FILES:
        raise TooMuch(
            world.n("A report can hold {count} file.", "A report can hold {count} files.", MOST_FILES, count=MOST_FILES)
        )
    most = LARGEST.get(event.chat.channel, LARGEST["web"])
    if media.size > most:
        mb = most // 1_000_000
        raise TooMuch(world.t("This file is too large. Please send a smaller one, at most {mb} MB.", mb=mb))
    if media.kind is MediaKind.DOCUMENT and not media.mime.startswith("image/"):
        raise TooMuch(world.t("I can take photos, videos and voice messages, but no other files."))
    return media


def dropped(before: Answers, after: Answers = MappingProxyType({})) -> tuple[Effect, ...]:
    """The files of `before` that `after` has no more are destroyed."""
    left = files(after)
    return tuple(DropMedia(file) for file in files(before) if file not in left)


def same_album(answers: Answers, event: Incoming) -> bool:
    """Whether this file belongs to the album whose first file was answered already."""
    album = event.body.album if isinstance(event.body, Media) else ""
    return bool(album) and any(i.get("album") == album for i in answers.get("seen", ()))


def without(answers: Answers, message: str) -> tuple[Answers, tuple[Effect, ...]]:
    """Answers without what came in that message: the resident took it back."""
    left = dict(answers)
    for name in HELD:
        items = [i for i in answers.get(name, ()) if i.get("message") != message]
        left = {k: v for k, v in left.items() if k != name} | ({name: items} if items else {})
    pins = [pin for pin in left.pop("pins", ()) if list(pin[2:]) != [message]]  # those of earlier releases name none
    return left | ({"pins": pins} if pins else {}), dropped(answers, left)


def unsigned(answers: Answers) -> Answers:
    """Answers that name no message any more: who holds them from now on writes in another chat, where the same ids
    stand for other messages."""
    left = {name: said for name, said in answers.items() if name not in ("named", "pin_message")}
    items = {n: [{k: v for k, v in i.items() if k != "message"} for i in left[n]] for n in HELD if n in left}
    pins = {"pins": [list(pin[:2]) for pin in left["pins"]]} if "pins" in left else {}
    return {**left, **items, **pins}


def rewritten(case: Case, change: Callable[[Answers], Answers]) -> tuple[Case, tuple[Effect, ...]]:
    """The case with its answers changed, those to officers' questions, too; and what makes it so."""
    now = replace(
        case,
        details=change(case.details),
        asked=tuple(replace(q, body=change(q.body)) for q in case.asked),
    )
    answered = (q for q, was in zip(now.asked, case.asked, strict=True) if q.body != was.body)
    return now, (
        *((Amend(case.id, now.details),) if now.details != case.details else ()),
        *(AnswerQuestion(q.id, case.id, q.state, q.body) for q in answered),
    )


def lost(answers: Answers, file: str) -> Answers:
    """Answers in which that file counts no more: officers hear that there was one, and that is all there is of it."""
    gone = [i for i in answers.get("seen", ()) if i.get("file") == file]
    left = [i for i in answers.get("seen", ()) if i.get("file") != file]
    kept = {k: v for k, v in answers.items() if k != "seen"} | ({"seen": left} if left else {})
    return kept | {"lost": [*answers.get("lost", ()), *gone]}


def reworded(world: World, answers: Answers, edited: Edited, **more: Any) -> Answers:
    """Answers with the words of that message as they stand now, `more` marking them. Raises TooMuch.

    Where nothing is left of the words they go; a file that came without any has some now.
    """
    seen: list[Item] = list(answers.get("seen", ()))
    mine = [i for i in seen if i.get("message") == edited.message]
    was: Item = next((i for i in mine if "text" in i), {})
    clean = shown(edited.text).strip()
    if not mine or clean == was.get("text", "").strip():  # platforms tell of edits that change no word
        return answers
    others = [i for i in seen if i is not was]
    now = [{**was, **words(world, edited.message, edited.text, others), **more}] if clean else []
    at = seen.index(was) if was else len(seen)
    left = [*seen[:at], *now, *seen[at + 1 :]]
    return {k: v for k, v in answers.items() if k != "seen"} | ({"seen": left} if left else {})


def joined(answers: Answers) -> Answers:
    """Answers of which what came with a return is a part like any other."""
    seen = [{k: v for k, v in item.items() if k != BACK} for item in answers.get("seen", ())]
    return {**answers, "seen": seen} if seen else answers


def files(answers: Answers) -> tuple[str, ...]:
    return tuple(i["file"] for name in HELD for i in answers.get(name, ()) if "file" in i)
