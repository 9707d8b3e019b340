"""How a case looks to officers: the headline for the group, the details for the one who asks."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from handlers.clean import defang, quoted
from handlers.dates import day_text, local_day, moment_text
from handlers.effects import Attachment, Button, Status
from handlers.intro import NATIVE
from handlers.kinds import DAYPARTS, kind_text
from handlers.places import Gazetteer, district_name, short_name
from handlers.world import Case, File, World
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


def headline(words: Words, language: str, world: World, case: Case) -> str:
    """Coded answers only: what stands in a group chat can never be taken back."""
    details = case.details
    lines = [
        title(words, case),
        kind_text(words, case.kind),
        f"📍 {place_text(words, language, world.gazetteer, case)}",
        f"🕘 {time_text(words, language, world, details)}",
    ]
    if seen := seen_text(words, details):
        lines.append(f"👁 {seen}")
    lines.append(status_text(words, case))
    return "\n".join(lines)


def title(words: Words, case: Case) -> str:
    practice = f"🎓 {words.t('PRACTICE')} · " if case.practice else ""
    if case.urgent:
        return f"{practice}🔴 {words.t('URGENT report {number}', number=case.number)}"
    return f"{practice}🔵 {words.t('Report {number}', number=case.number)}"


def status_text(words: Words, case: Case) -> str:
    match case.status:
        case Status.NEW:
            return f"⏳ {words.t('Nobody has taken it yet. Not verified.')}"
        case Status.TAKEN:
            return f"🙋 {words.t('Taken by {name}. Not verified.', name=case.taken_by)}"
        case _:
            return f"✅ {words.t('Done by {name}.', name=case.taken_by)}"


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


def seen_text(words: Words, details: Mapping[str, Any]) -> str:
    items = details.get("seen", ())
    texts = [words.t("written words")] if any("text" in i for i in items) else []
    counts = {kind: sum(1 for i in items if i.get("kind") == kind) for kind in ("photo", "video", "voice", "document")}
    many = {
        "photo": words.n("{count} photo", "{count} photos", counts["photo"], count=counts["photo"]),
        "video": words.n("{count} video", "{count} videos", counts["video"], count=counts["video"]),
        "voice": words.n("{count} voice message", "{count} voice messages", counts["voice"], count=counts["voice"]),
        "document": words.n("{count} file", "{count} files", counts["document"], count=counts["document"]),
    }
    return ", ".join(texts + [many[kind] for kind, count in counts.items() if count])


def buttons(words: Words, case: Case) -> tuple[Button, ...]:
    number = case.number.replace("-", "")
    take = Button("🙋 " + words.t("Take"), f"take:{number}")
    details = Button("🔎 " + words.t("Details"), f"details:{number}")
    done = Button("✅ " + words.t("Done"), f"done:{number}")
    match case.status:
        case Status.NEW:
            return (take, details, done)
        case Status.TAKEN:
            return (details, done)
        case _:
            return (details,)


def full(words: Words, language: str, world: World, case: Case, hidden: Sequence[str] = ()) -> str:
    """Everything the resident said, for one pair of eyes: words as written, with the language named."""
    zone: ZoneInfo = world.rules.zone
    lines = [headline(words, language, world, case), ""]
    if "typed" in case.details:
        lines += [words.t("Place as written:"), quoted(defang(case.details["typed"]))]
    if "pin" in case.details:
        latitude, longitude = case.details["pin"]
        lines.append(f"{words.t('On the map:')} {latitude:.5f}, {longitude:.5f}")
    for item in case.details.get("seen", ()):
        if "text" in item:
            lines += [
                words.t("Written in {language}:", language=NATIVE.get(item["language"], "?")),
                quoted(defang(item["text"])),
            ]
    lines += file_lines(words, case, hidden)
    lines.append(words.t("Reported {when}.", when=moment_text(case.opened, zone, language)))
    answer = (
        words.t("The reporter gets news of this case.") if case.may_ask else words.t("The reporter wants no messages.")
    )
    return "\n".join([*lines, answer])


def file_lines(words: Words, case: Case, hidden: Sequence[str]) -> list[str]:
    """What is said of files that do not come with the words."""
    late = sum(1 for f in case.files if f.state == "waiting")
    lost = sum(1 for f in case.files if f.state in ("missing", "refused"))
    unseen = sum(1 for f in case.files if f.state == "kept" and f.kind in hidden)
    said = (
        (late, words.n("{count} file is still on its way.", "{count} files are still on their way.", late)),
        (lost, words.n("{count} file could not be fetched.", "{count} files could not be fetched.", lost)),
        (unseen, words.n("This app cannot show {count} file.", "This app cannot show {count} files.", unseen)),
    )
    return [text for count, text in said if count]


def attachments(case: Case, hidden: Sequence[str] = ()) -> tuple[Attachment, ...]:
    """The map and the files of a case, but for the kinds that the officer's app cannot show."""
    pin = case.details.get("pin")
    map_ = (Attachment("pin", latitude=pin[0], longitude=pin[1]),) if pin else ()
    return (*map_, *(Attachment(f.kind, f.file, f.mime) for f in shown_files(case, hidden)))


def shown_files(case: Case, hidden: Sequence[str]) -> list[File]:
    return [f for f in case.files if f.state == "kept" and f.kind not in hidden]


def line(words: Words, language: str, world: World, case: Case) -> str:
    """A case in one line of a list."""
    mark = "🔴" if case.urgent else "🔵"
    where = district_name(world.gazetteer, case.district, language)
    return f"{mark} {case.number} {kind_text(words, case.kind)} · {where}"
