"""Conversations as text files: read one, play it in a town, write down what the bot says.

# a comment
town: officers telegram:g-kan TH3801          a linked group; `th` after it would be its language
town: chief line:c1 coordinator *             a person with a role
town: suda line:s1 officer TH3801 th secretary   and with a language and a seat
set: two_person_close                         a setting that is on; also `pictures`, `translation`, `voices th lo`
set: holidays                                 those of 2026 and 2027 are known
set: alert_delay 20                           what is not urgent leaves up to so many minutes later
roster: officers somchai malee=head           officers of that group, with a seat (police where none is named)
who: resident line:r1 lo                      a chat; `lo` is the language of the app
sent: resident TH3801 drugs ເຮືອ               they have just sent this report, in the language of the app; what was
                                              said meanwhile is another file's point and is not shown

resident > ຢາເສບຕິດ                            words
resident > [2]  [Back]                        a press: the number, or a part of the label, of a button that chat shows;
                                              a button of an older message is named by its value: [a:kind:drugs]
resident > (pin 18.36 103.65) (photo album=a size=1000 its caption) (voice) (video) (document) (sticker)
resident > (video lost)                       a file that cannot be fetched; all others are still on their way
resident > (follow) (unsend 2) (edit 2 new words)   about the last message of theirs but one
resident > (edit 2 photo=b its words)         another photo (video, ...) in that message, with these words
resident > (again)                            the platform delivers their last message once more, as the same event
officers/somchai > (reply words of the answer) an answer to the last message of the bot there
officers/somchai > [Take]                     a press in a group, by one of its people
officers > (added) (removed) (migrated g-new) what happens to a group
officers > (joined boon) (left boon)          who comes and who goes, where the platform says so
(gone boon) (hidden officers)                 boon is in no group any more; nobody is told who is in that one
(public officers) (private officers)          everybody can find the group, or nobody
(wait 2 hours)                                the clock is turned
(until 2026-12-04T20:00)                      the same, to a time of day in Bangkok
(ladder)                                      the clock asks which cases are due for their next step
(offers end)                                  the clock ends offers that nobody accepted in time
(questions end)                               the clock closes questions that nobody answered in time
(lost officers)                               the next message to that chat finds nobody there any more
(digest officers 2026-11-23T07:00)            the clock asks for a digest since then
  resident < what the bot says                written by UPDATE=1; `<~`: in place of an earlier message
           | its next line
           [1 ...] [2 ...]                    its buttons
  (officers: the bot leaves)                  (resident: 3 messages deleted)

Case numbers and codes are drawn at random: here they are 0000-0001, 0000-0002 and CODE-0000-0000-1, in the order in
which they appear; people write them so, too. Receipts are 000-000-0000-000001 and so on.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bot import calendar
from bot.channels import SendError
from bot.schedule import steps
from bot.translating import Translator
from bot.voices import NAMES, Voice, Voices
from handlers.effects import ButtonKind, Enroll, LinkGroup
from handlers.events import (
    CLOCK,
    Added,
    Address,
    Body,
    Choice,
    Edited,
    Incoming,
    Media,
    MediaKind,
    MembersJoined,
    MembersLeft,
    Migrated,
    Place,
    Removed,
    Returned,
    Text,
    Tick,
    Unsent,
    Unsupported,
    heard,
)
from handlers.indicators import VICTIMS
from handlers.translating import about
from storage import climbing, directory, remarks
from tests.town import Town

SAID = re.compile(r"^(?P<who>[\w-]+)(/(?P<person>[\w-]+))? > (?P<words>.*)$")
HOLIDAYS = {c: frozenset(map(date.fromisoformat, days)) for c, days in calendar.worked_out([2026, 2027]).items()}
PLAIN: dict[str, Body] = {
    "sticker": Unsupported("sticker"),
    "follow": Returned(),
    "added": Added(),
    "removed": Removed(),
}
NUMBER = re.compile(r"(?<![\w-])\d{4}-\d{4}(?![\w-])|(?<=:)\d{8}(?!\d)")
RECEIPT = re.compile(r"(?<!\d)\d{3}-\d{3}-\d{4}-\d{6}(?!\d)")
CODE = re.compile(r"(?<![\w-])(?:[0-9A-Z]{4}-){3}[0-9A-Z](?![\w-])")
KINDS = {"photo": MediaKind.PHOTO, "video": MediaKind.VIDEO, "voice": MediaKind.VOICE, "document": MediaKind.DOCUMENT}


@dataclass
class Stage:
    """One conversation on its way."""

    town: Town
    chats: dict[str, Address] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, list[list[str]]] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    erased: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    public: dict[str, bool] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)  # what was drawn -> what the file says
    known: set[Address] = field(default_factory=set)  # chats that have agreed to begin
    message: int = 0
    last: tuple[Body, dict[str, Any]] | None = None  # what was said last, as the platform delivered it

    async def play(self, text: str) -> str:
        """The same file with the bot's lines as they are now."""
        lines: list[str] = []
        for line in text.splitlines():
            if line.startswith((" ", "\t")):
                continue  # the bot's; we write those ourselves
            lines.append(line)
            if line.startswith("town:"):
                await self.build(line.split()[1:])
            elif line.startswith("roster:"):
                await self.enlist(*line.split()[1:])
            elif line.startswith("set:"):
                self.set(line.split()[1:])
            elif line.startswith("who:"):
                _, name, chat, *hint = line.split()
                self.chats[name] = Address(*chat.split(":"))
                self.hints[name] = hint[0] if hint else ""
            elif line.startswith("sent:"):
                await self.reports(*line.split(maxsplit=4)[1:])
                self.news()
            elif line.startswith("("):
                await self.happens(line.strip("()"))
            elif found := SAID.match(line):
                await self.hears(found["who"], found["person"] or "", found["words"])
            lines += self.news()
        return "\n".join(lines) + "\n"

    def set(self, words: list[str]) -> None:
        """A setting that is on from now on."""
        rules = self.town.store.rules
        match words:
            case ["two_person_close"]:
                self.town.store.rules = replace(rules, two_person_close=True)
            case ["alert_delay", minutes]:
                self.town.store.rules = replace(rules, alert_delay=float(minutes) * 60)
            case ["holidays"]:
                self.town.store.rules = replace(rules, patience=replace(rules.patience, holidays=HOLIDAYS))
            case ["pictures"]:
                self.town.store.rules = replace(rules, pictured=frozenset({"telegram", "line"}))
            case ["translation"]:
                self.town.store.rules = replace(rules, translates=True)
                self.town.translator = Machine("", "")
                self.town.dispatcher = self.town.made_dispatcher()
            case ["voices", *languages]:
                recorded(self.town, languages)
            case _:
                raise ValueError(f"no such setting: {words}")

    async def build(self, words: list[str]) -> None:
        name, chat, role, *rest = words
        self.chats[name] = address = Address(*chat.split(":"))
        change: LinkGroup | Enroll
        if address.chat.startswith("g"):
            language = rest[0] if rest else {"TH": "th", "LA": "lo", "KH": "km"}.get(role[:2], "th")
            change = LinkGroup(address, role, language)
        else:
            language, seat = (*rest[1:], "th", "")[0], (*rest[2:], "")[0]
            change = Enroll(address.chat, role, rest[0], address, language, seat=seat)
        await self.town.database.write(lambda c: directory.change(c, self.town.store, [change]))

    async def enlist(self, group: str, *people: str) -> None:
        for one in people:
            person, _, seat = one.partition("=")
            await self.town.enlist(self.chats[group], person, seat=seat or "police")

    async def reports(self, who: str, district: str, kind: str, words: str) -> None:
        """The shortest report, from a link that carries the place."""
        begun, agreed = f"/start {district}", (f"[a:language:{self.hints[who]}]", "[a:consent:yes]")
        asked = ("[a:help:no]",) if kind in VICTIMS else ()
        told = (f"[a:kind:{kind}]", *asked, "[a:when:now]", words, "[a:send:ask]")
        for step in (begun, *(agreed if self.chats[who] not in self.known else ()), *told):
            await self.hears(who, "", step)
        self.known.add(self.chats[who])

    async def happens(self, words: str) -> None:
        match words.split():
            case ["wait", number, unit]:
                self.town.clock.tick(**{unit if unit.endswith("s") else unit + "s": float(number)})
                await self.town.deliver()
            case ["line", used, "of", limit]:  # LINE says what it has counted this month
                self.town.channels["line"].told, self.town.channels["line"].limit = int(used), int(limit)
                await self.town.gauge.read()
                await self.town.deliver()
            case ["members", name, count]:
                self.town.channels["line"].sizes[self.chats[name].chat] = int(count)
            case ["digest", name, since]:
                chat = self.chats[name]
                member = chat.chat if not chat.chat.startswith("g") else ""
                await self.town.says(chat, Tick("digest", {"since": since}), sender=member)
            case ["ladder"]:
                due = await self.town.database.read(lambda c: climbing.due(c, self.town.clock()))
                await self.town.turns.handle(steps(due, self.town.clock()))
                await self.town.deliver()
            case ["until", moment]:
                zone = self.town.store.rules.zone
                self.town.clock.now = datetime.fromisoformat(moment).replace(tzinfo=zone).astimezone(UTC)
                await self.town.deliver()
            case ["questions", "end"]:
                for question, number in await self.town.database.read(lambda c: remarks.due(c, self.town.clock())):
                    tick = Tick("question expired", {"number": number, "question": str(question)})
                    await self.town.turns.handle([Incoming(f"q{question}", self.town.clock(), CLOCK, "", tick, True)])
                await self.town.deliver()
            case ["offers", "end"]:
                for offered, ended in await self.town.database.read(lambda c: remarks.offers(c, self.town.clock())):
                    tick = Tick("handover over", {"number": offered})
                    await self.town.turns.handle([Incoming(f"o{ended}", self.town.clock(), CLOCK, "", tick, True)])
                await self.town.deliver()
            case what:
                self.becomes(*what)

    def becomes(self, what: str, name: str = "") -> None:
        """What the platform will say of somebody or of a chat from now on."""
        match what:
            case "gone":
                for channel in self.town.channels.values():
                    channel.gone.add(name)
            case "hidden":
                self.town.channels[self.chats[name].channel].hidden.add(self.chats[name].chat)
            case "public" | "private":
                self.public[name] = what == "public"
            case "lost":
                self.town.channels[self.chats[name].channel].failures.append(SendError("403", None, gone=True))
            case _:
                raise ValueError(f"not understood: ({what} {name})")

    async def hears(self, who: str, person: str, words: str) -> None:
        chat = self.chats[who]
        if words == "(again)":
            assert self.last, "nothing was said yet"
            await self.town.says(chat, self.last[0], **self.last[1])
            return
        self.message += 1
        self.town.clock.tick(milliseconds=2)  # nothing people say happens at the same moment: lists keep their order
        more: dict[str, Any] = {"message": f"u{self.message}", "hint": self.hints.get(who, ""), "sender": person}
        body = self.body(who, self.drawn(words))
        if words.startswith("["):
            known = self.town.channels[chat.channel].claims
            value = body.value if isinstance(body, Choice) else ""
            more["message"] = known.get((chat.chat, value), ("", self.last_message(chat)))[1]
        if words.startswith("(reply "):
            more["replies"] = self.last_message(chat)
        if who in self.public:
            more["public"] = self.public[who]
        if isinstance(body, Returned):
            more["reply_token"] = "token"
        self.last = (body, more | {"id": f"said {self.message}"})
        await self.town.says(chat, body, **self.last[1])
        assert not self.town.turns.counts.quarantined, f"put aside: {who} > {words}"

    def last_message(self, chat: Address) -> str:
        return f"m{len(self.town.channels[chat.channel].sent)}"

    def body(self, who: str, words: str) -> Body:
        if words.startswith("["):
            return self.press(who, words.strip("[]"))
        if not words.startswith("("):
            said = heard(words)
            assert said is not None
            return said
        name, *args = words.strip("()").split(" ")
        match name:
            case "pin":
                return Place(float(args[0]), float(args[1]))
            case "photo" | "video" | "voice" | "document":
                album = next((a.partition("=")[2] for a in args if a.startswith("album=")), "")
                ref = f"{'lost' if 'lost' in args else 'late'}{self.message}"
                caption = " ".join(a for a in args if "=" not in a and a != "lost")
                size = next((int(a.partition("=")[2]) for a in args if a.startswith("size=")), 1000)
                return Media(KINDS[name], ref, size, "image/jpeg", caption=caption, album=album, mark=ref)
            case "unsend":
                return Unsent(f"u{self.message - int(args[0])}")
            case "edit":
                return self.edited(*args)
            case "migrated":
                return Migrated(args[0])
            case "reply":
                return Text(" ".join(args))
            case "joined":
                return MembersJoined(tuple(args))
            case "left":
                return MembersLeft(tuple(args))
        return PLAIN[name]

    def edited(self, back: str, *words: str) -> Edited:
        kind, is_file, mark = words[0].partition("=") if words else ("", "", "")
        message = f"u{self.message - int(back)}"
        if not is_file:
            return Edited(message, " ".join(words))
        size = 10**9 if mark == "large" else 1000
        return Edited(message, " ".join(words[1:]), Media(KINDS[kind], f"late-{mark}", size, "image/jpeg", mark=mark))

    def press(self, who: str, label: str) -> Body:
        """What comes back from a pressed button; a press that the platform turns into words comes as words."""
        chat, offered = self.chats[who], self.buttons.get(who, [])
        found = [b for b in offered if b[0].split(" ")[0] == label]
        found = found or [b for b in offered if label == "1"] or [b for b in offered if label in b[0]]
        if not found:
            assert re.fullmatch(r"[\w:.*-]+:[\w:.*-]+", label), f"no button [{label}] among {offered}"
            return Choice(label)
        text, value, kind = found[0]
        assert kind in (ButtonKind.OPTION, ButtonKind.NAV), "the app does something: write (pin ...) or (photo)"
        if chat.channel == "line" and chat.chat.startswith("g"):
            return heard("/" + value.replace(":", " ")) or Text("")  # LINE tells who wrote, not who pressed
        if chat.channel == "telegram" and any(k == ButtonKind.LOCATION for *_, k in offered):
            return Text(text)  # a keyboard that can ask for the place types the labels of its keys
        return Choice(value)

    def drawn(self, words: str) -> str:
        """Words of the file with the numbers and codes as they were drawn."""
        for secret, name in self.secrets.items():
            words = words.replace(name, secret)
            words = words.replace(":" + name.replace("-", ""), ":" + secret.replace("-", ""))
        return words

    def named(self, line: str) -> str:
        """A line of the bot's with the numbers and codes as the file says them."""
        line = RECEIPT.sub(lambda m: self.name(m[0], "000-000-0000-{:06}"), line)
        line = CODE.sub(lambda m: self.name(m[0], "CODE-0000-0000-{}"), line)
        return NUMBER.sub(lambda m: self.name(m[0], "0000-{:04}"), line)

    def name(self, secret: str, shape: str) -> str:
        known = sum(1 for name in self.secrets.values() if name.startswith(shape.partition("{")[0]))
        return self.secrets.setdefault(secret, shape.format(known + 1))

    def news(self) -> list[str]:
        lines: list[str] = []
        for name, chat in self.chats.items():
            sent = self.town.sent(chat.channel, chat.chat)
            key = f"{chat.channel}:{chat.chat}"
            for part in sent[self.heard.get(key, 0) :]:
                lines += self.said(name, part)
            self.heard[key] = len(sent)
            erased = sum(1 for chat_, _ in self.town.channels[chat.channel].erased if chat_ == chat.chat)
            if erased > self.erased.get(name, 0):
                lines.append(f"  ({name}: {erased - self.erased.get(name, 0)} messages deleted)")
            self.erased[name] = erased
            gone = self.town.channels[chat.channel].left.count(chat.chat)
            lines += [f"  ({name}: the bot leaves)"] * (gone - self.left.get(name, 0))
            self.left[name] = gone
        return [self.named(line) for line in lines]

    def said(self, name: str, part: Any) -> list[str]:
        first, *rest = part["text"].split("\n")
        edits = part.get("replaces") and self.chats[name].channel != "line"
        mark = "<~" if edits else "<"
        above = [f"  {' ' * len(name)} (large pictures)"] if part.get("drawn") else []
        lines = [f"  {name} {mark} {first}", *(f"  {' ' * len(name)} | {line}".rstrip() for line in rest)]
        lines += [*above, *(f"  {' ' * len(name)} ({a['kind']})" for a in part.get("attachments", ()))]
        if part.get("buttons"):
            self.buttons[name] = part["buttons"]
            lines.append(f"  {' ' * len(name)}   " + " ".join(f"[{b[0]}]" for b in part["buttons"]))
        return lines


class Machine(Translator):
    """A service that says from which language it would translate, and gives the words back as they are."""

    async def translate(self, payload: Mapping[str, Any]) -> Mapping[str, str]:
        said = "\n\n".join(f"[{payload['source']} → {payload['language']}] {text}" for text in payload["texts"])
        return {**about(payload), "state": "translated", "text": said}


def recorded(town: Town, languages: Sequence[str]) -> None:
    """Somebody has spoken every question in these languages; the files hold no sound, and are as long as they say."""
    found = {
        f"{language}/{name}": Voice(town.folder / "voice.m4a", 3, "mark") for language in languages for name in NAMES
    }
    (town.folder / "voice.m4a").write_bytes(b"sound")
    town.voices = Voices(found)
    spoken = dict.fromkeys(("telegram", "line", "web"), town.voices.by_language)
    town.store.rules = replace(town.store.rules, spoken=spoken)
    town.dispatcher = town.made_dispatcher()


async def play(text: str, url: str, folder: Path) -> str:
    async with Town(url, folder) as town:
        return await Stage(town).play(text)
