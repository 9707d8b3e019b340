"""How a case looks to officers: the headline for the group, the details for the one who asks."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from handlers import asking, excluded
from handlers.clean import defang, quoted
from handlers.dates import day_text, local_day, moment_text
from handlers.effects import Attachment, Button, ButtonKind, By, Ending, Status
from handlers.indicators import NOT_SEEN, SEEN
from handlers.intro import NATIVE
from handlers.kinds import DAYPARTS, kind_text, seen_text
from handlers.life import ENDINGS
from handlers.persons import one
from handlers.phrases import PHRASES, Phrase
from handlers.places import Gazetteer, district_name, short_name
from handlers.replacing import OLD, of_case
from handlers.world import LOST, Asked, Case, File, Note, World
from locales import N, Words

# TRANSLATORS: eight directions of the compass, as in "about 3 km north-west of Ban Phaeng".
BEARINGS = {
    "n": N("north"),
    "ne": N("north-east"),
    "e": N("east"),
    "se": N("south-east"),
    "s": N("south"),
    "sw": N("south-west"),
    "w": N("west"),
    "nw": N("north-west"),
}

# TRANSLATORS: buttons of a case's card, at most 15 letters each.
LABELS = {
    "take": ("🙋", N("Take")),
    "details": ("🔎", N("Details")),
    "checking": ("🔍", N("Checking")),
    # TRANSLATORS: ask the reporter something.
    "ask": ("💬", N("Ask")),
    "close": ("✅", N("Close")),
    # TRANSLATORS: a second person agrees that the case is closed.
    "confirm": ("✅", N("Close, yes")),
    # TRANSLATORS: a second person finds that the case is not to be closed yet.
    "contest": ("✋", N("Not yet")),
    "reopen": ("🔄", N("Open again")),
    # TRANSLATORS: the officer gives the case back to the others.
    "release": ("🤲", N("Give back")),
    # TRANSLATORS: give the case to the officers of another district.
    "handover": ("📨", N("Hand over")),
    "accept": ("🙋", N("Take over")),
    # TRANSLATORS: officers of another district do not take the case over.
    "refuse": ("✋", N("Not for us")),
    "near": ("🧭", N("Nearby reports")),
    "split": ("✂️", N("Apart again")),
    "more": ("➡️", N("More")),
}
# TRANSLATORS: what came back from the reporter, as officers read it.
ANSWERS = {
    "asked": ("⏳", N("No answer yet.")),
    "yes": ("👍", N("Yes")),
    "no": ("👎", N("No")),
    "unknown": ("🤷", N("The reporter does not know.")),
    "declined": ("🙊", N("The reporter does not want to say.")),
    "expired": ("⌛", N("No answer came.")),
}
FIRST = {
    Status.NEW: ("take", "details", "more"),
    Status.TAKEN: ("checking", "ask", "close", "details", "more"),
    Status.CHECKING: ("ask", "close", "details", "more"),
    Status.WAITING: ("checking", "ask", "close", "details", "more"),
    Status.CLOSING: ("confirm", "contest", "details"),
    Status.CLOSED: ("details", "more"),
    Status.WITHDRAWN: ("details",),
}
LATER = {
    Status.NEW: ("handover", "near"),
    Status.TAKEN: ("handover", "near", "release"),
    Status.CHECKING: ("handover", "near", "release"),
    Status.WAITING: ("handover", "near", "release"),
    Status.CLOSING: (),
    Status.CLOSED: ("near", "reopen"),
    Status.WITHDRAWN: (),
}

# TRANSLATORS: what the reporter said of the outcome, as officers read it.
SAID = {
    "helped": N("The reporter says: it helped."),
    "nothing": N("The reporter says: nothing changed."),
    "unknown": N("The reporter does not know whether it helped."),
    "unsafe": N("The reporter does not feel safe."),
}


def headline(words: Words, language: str, world: World, case: Case) -> str:
    """Coded answers only: what stands in a group chat can never be taken back."""
    details = case.details
    lines = [
        title(words, case),
        kind_text(words, case.kind),
        f"📍 {place_text(words, language, world.gazetteer, case)}",
        f"🕘 {time_text(words, language, world, details)}",
    ]
    if details.get("help") == "yes":
        lines.insert(1, f"🆘 {words.t('Somebody needs help now.')}")
    if case.excluded:
        kept_from = excluded.kept_from(words, case.excluded)
        lines.insert(1, f"🚫 {words.t('For you alone. The reporter keeps it from: {who}.', who=kept_from)}")
    if facts := asking.facts(words, details):
        lines.append(facts)
    if signs := asking.signs(words, case.kind, details, SEEN):
        lines.append(f"⚠️ {signs}")
    items = there(case)
    if seen := seen_text(words, items):
        lines.append(f"👁 {seen}")
    if any(item.get("added") for item in items) or details.get("pins"):
        lines.append(f"➕ {words.t('The reporter added something. Press Details.')}")
    if any(item.get("changed") for item in items) or details.get("renamed"):
        lines.append(f"✏️ {words.t('The reporter changed something. Press Details.')}")
    if case.felt in SAID:
        lines.append(f"🗣 {words.t(SAID[case.felt])}")
    told = sum(q.state == "answered" for q in case.asked)
    if told:
        lines.append(
            "💬 " + words.n("{count} answer of the reporter", "{count} answers of the reporter", told, count=told)
        )
    others = [c.number for c in world.cases if c.event and c.event == case.event and c.id != case.id]
    if others:
        lines.append("👥 " + words.t("One event with {numbers}", numbers=", ".join(others)))
    lines.append(status_text(words, case))
    return "\n".join(lines)


def there(case: Case) -> list[Mapping[str, Any]]:
    """What the reporter wrote and sent, without files that were lost on their way or replaced."""
    gone = {f.file for f in case.files if f.state in LOST} | {*of_case(case)}
    return [item for item in case.details.get("seen", ()) if item.get("file") not in gone]


def title(words: Words, case: Case) -> str:
    practice = f"🎓 {words.t('PRACTICE')} · " if case.practice or case.exercise else ""
    if case.urgent:
        return f"{practice}🔴 {words.t('URGENT report {number}', number=case.number)}"
    return f"{practice}🔵 {words.t('Report {number}', number=case.number)}"


def short(words: Words, case: Case) -> str:
    """What has changed, in two lines: the whole card stands above."""
    return f"{title(words, case)}\n{status_text(words, case)}"


def status_text(words: Words, case: Case) -> str:
    match case.status:
        case Status.NEW if case.done:
            return f"⏳ {words.t('Opened again. Nobody has taken it yet.')}"
        case Status.NEW:
            return f"⏳ {words.t('Nobody has taken it yet. Not verified.')}"
        case Status.TAKEN:
            return f"🙋 {words.t('Taken by {name}. Not verified.', name=case.holder.name)}"
        case Status.CHECKING:
            return f"🔍 {words.t('{name} is checking it. Not verified.', name=case.holder.name)}"
        case Status.WAITING:
            return f"💬 {words.t('{name} waits for the reporter. Not verified.', name=case.holder.name)}"
        case Status.CLOSING:
            ending = words.t(ENDINGS[Ending(case.ending)][1])
            return f"☑️ {words.t('{name} wants to close it: {ending}.', name=case.closer.name, ending=ending)}"
        case Status.WITHDRAWN:
            return f"↩️ {words.t('The reporter took it back.')}"
        case _:
            if not case.ending:
                return f"✅ {words.t('Closed by {name}.', name=case.closer.name)}"
            ending = words.t(ENDINGS[Ending(case.ending)][1])
            return f"✅ {words.t('Closed by {name}: {ending}.', name=case.closer.name, ending=ending)}"


def place_text(words: Words, language: str, gazetteer: Gazetteer, case: Case) -> str:
    """The district, and the nearest known place where a pin or a crossing was given, to the kilometre."""
    where = district_name(gazetteer, case.district, language)
    details = case.details
    if "crossing" in details and details["crossing"] in gazetteer.crossings:
        return f"{short_name(gazetteer, 'crossing', details['crossing'], language)} · {where}"
    if "pin" in details and (near := gazetteer.nearest(*details["pin"])):
        km = max(1, round(near.metres / 1000))
        direction = words.t(BEARINGS[near.compass])
        name = short_name(gazetteer, near.kind, near.code, language)
        return words.t("about {km} km {direction} of {name}", km=km, direction=direction, name=name) + f" · {where}"
    return where


def time_text(words: Words, language: str, world: World, details: Mapping[str, Any]) -> str:
    """The day and the part of the day, never the minute: the minute tells who was typing."""
    if "day" not in details:
        return "–"
    day = date.fromisoformat(details["day"])
    today = local_day(world.now, world.rules.zone)
    text = words.t("Today") if day == today else day_text(day, language)
    part = details.get("part", "")
    return f"{text}, {words.t(DAYPARTS[part][1])}" if part in DAYPARTS else text


def buttons(words: Words, case: Case) -> tuple[Button, ...]:
    """What is done with a case most of the time; the rest stands behind More."""
    return tuple(button(words, case, action) for action in FIRST[case.status])


def more_buttons(words: Words, case: Case) -> tuple[Button, ...]:
    """What is done with a case now and then."""
    apart = ("split",) if case.event else ()
    return tuple(button(words, case, action) for action in (*LATER[case.status], *apart))


def offer_buttons(words: Words, case: Case) -> tuple[Button, ...]:
    return tuple(button(words, case, action) for action in ("accept", "refuse", "details"))


def asked_buttons(words: Words, case: Case) -> tuple[Button, ...]:
    """Of a case that the clock offers: nobody there reads more of it before it is theirs."""
    return tuple(button(words, case, action) for action in ("accept", "refuse"))


def button(words: Words, case: Case, action: str) -> Button:
    icon, text = LABELS[action]
    return Button(f"{icon} {words.t(text)}", f"{action}:{short_number(case)}")


def back_button(words: Words, case: Case) -> Button:
    return Button("↩️ " + words.t("Back"), f"case:{short_number(case)}", ButtonKind.NAV)


def ending_buttons(words: Words, case: Case) -> tuple[Button, ...]:
    number = short_number(case)
    return tuple(
        Button(f"{icon} {words.t(text)}", f"close:{number}:{ending}") for ending, (icon, text) in ENDINGS.items()
    )


def short_number(case: Case) -> str:
    """The number as buttons carry it."""
    return case.number.replace("-", "")


def full_to_group(words: Words, language: str, world: World, case: Case) -> str:
    """Everything the resident said, where a coordinator wants a group to read it, but not in which language or when."""
    return full(words, language, world, case, group=True)


def full(
    words: Words,
    language: str,
    world: World,
    case: Case,
    hidden: Sequence[str] = (),
    reader: By | None = None,
    *,
    group: bool = False,
) -> str:
    """Everything the resident said, for one pair of eyes: words as written, with the language named."""
    zone: ZoneInfo = world.rules.zone
    lines = [headline(words, language, world, case), ""]
    if "typed" in case.details:
        head = f"✏️ {words.t('Changed after sending')} · " if case.details.get("renamed") else ""
        lines += [head + words.t("Place as written:"), quoted(defang(case.details["typed"]))]
    if "pin" in case.details:
        latitude, longitude = case.details["pin"]
        lines.append(f"{words.t('On the map:')} {latitude:.5f}, {longitude:.5f}")
    for latitude, longitude, *_ in case.details.get("pins", ()):
        lines.append(f"➕ {words.t('On the map:')} {latitude:.5f}, {longitude:.5f}")
    if unseen := asking.signs(words, case.kind, case.details, NOT_SEEN):
        lines.append(words.t("Not seen: {signs}.", signs=unseen))
    for item in case.details.get("seen", ()):
        if "text" in item:
            written = words.t("Written in {language}:", language=NATIVE.get(item["language"], "?"))
            head = words.t("As written:") if group else written
            head = f"✏️ {words.t('Changed after sending')} · {head}" if item.get("changed") else head
            lines += [f"➕ {head}" if item.get("added") else head, quoted(defang(item["text"]))]
    lines += [line for question in case.asked for line in asked_lines(words, question)]
    if reader:
        mine = [note for note in case.notes if one(world, reader, note.by) or not note.private]
        lines += [line for note in mine for line in note_lines(words, note)]
    lines += file_lines(words, case, hidden)
    if not group:
        lines.append(words.t("Reported {when}.", when=moment_text(case.opened, zone, language)))
    answer = (
        words.t("The reporter gets news of this case.") if case.may_ask else words.t("The reporter wants no messages.")
    )
    return "\n".join([*lines, answer])


def asked_lines(words: Words, question: Asked, *, files_apart: bool = False) -> list[str]:
    """A question to the reporter, and what came back; its files stand below, or are read elsewhere."""
    body = question.body
    asks = words.t(PHRASES[body["code"]].text) if "code" in body else quoted(defang(str(body["words"])))
    lines = [f"❓ {asks}"]
    if "pin" in body:
        latitude, longitude = body["pin"]
        lines.append(f"{words.t('On the map:')} {latitude:.5f}, {longitude:.5f}")
    for item in (i for i in body.get("seen", ()) if "text" in i):
        lines += [f"✏️ {words.t('Changed after sending')}:"] if item.get("changed") else []
        lines.append(quoted(defang(item["text"])))
    files = sum(1 for item in body.get("seen", ()) if "file" in item and not item.get(OLD))
    if files and files_apart:
        lines.append("📎 " + words.n("{count} file, see Details", "{count} files, see Details", files, count=files))
    if said := ANSWERS.get(body.get("answer", question.state)):
        lines.append(f"{said[0]} {words.t(said[1])}")
    return lines


def note_lines(words: Words, note: Note) -> list[str]:
    private = f" ({words.t('for you alone')})" if note.private else ""
    return [f"🗒 {note.by.name}{private}:", quoted(note.text)]


def phrase_buttons(words: Words, case: Case, phrases: Mapping[str, Phrase]) -> tuple[Button, ...]:
    number = short_number(case)
    return tuple(Button(words.t(phrase.label), f"ask:{number}:{code}") for code, phrase in phrases.items())


def own_button(words: Words, case: Case, code: str) -> Button:
    # TRANSLATORS: on a button: the officer asks the reporter in their own words; at most 13 letters.
    return Button("✍️ " + words.t("Own words"), f"ask:{short_number(case)}:{code}")


def file_lines(words: Words, case: Case, hidden: Sequence[str]) -> list[str]:
    """What is said of files that do not come with the words."""
    late = sum(1 for f in case.files if f.state == "waiting")
    lost = sum(1 for f in case.files if f.state in ("missing", "refused"))
    infected = sum(1 for f in case.files if f.state == "infected")
    unseen = sum(1 for f in case.files if f.state == "kept" and f.kind in hidden)
    old = sum(1 for f in case.files if f.state in ("kept", "waiting") and f.file in of_case(case))
    said = (
        (late, words.n("{count} file is still on its way.", "{count} files are still on their way.", late)),
        (lost, words.n("{count} file could not be fetched.", "{count} files could not be fetched.", lost)),
        (
            infected,
            words.n(
                "{count} file may harm a phone or computer and is withheld.",
                "{count} files may harm a phone or computer and are withheld.",
                infected,
            ),
        ),
        (unseen, words.n("This app cannot show {count} file.", "This app cannot show {count} files.", unseen)),
        (
            old,
            words.n(
                "The reporter has replaced {count} file. The old one comes last.",
                "The reporter has replaced {count} files. The old ones come last.",
                old,
            ),
        ),
    )
    return [text for count, text in said if count]


def attachments(case: Case, hidden: Sequence[str] = ()) -> tuple[Attachment, ...]:
    """The map and the files of a case, but for the kinds that the officer's app cannot show."""
    pin = case.details.get("pin")
    map_ = (Attachment("pin", latitude=pin[0], longitude=pin[1]),) if pin else ()
    return (*map_, *(Attachment(f.kind, f.file, f.mime) for f in shown_files(case, hidden)))


def shown_files(case: Case, hidden: Sequence[str]) -> list[File]:
    """Those in whose place others stand come last."""
    old = of_case(case)
    return sorted((f for f in case.files if f.state == "kept" and f.kind not in hidden), key=lambda f: f.file in old)


def line(words: Words, language: str, world: World, case: Case) -> str:
    """A case in one line of a list."""
    mark = ("🎓 " if case.exercise else "") + ("🔴" if case.urgent else "🔵")
    where = district_name(world.gazetteer, case.district, language)
    return f"{mark} {case.number} {kind_text(words, case.kind)} · {where}"
