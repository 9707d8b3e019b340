"""Conversations as text files: read one, play it in a town, write down what the bot says.

# a comment
town: officers telegram:g-kan TH3801          a linked group
town: chief line:c1 coordinator *             a person with a role
who: resident line:r1 lo                      a chat; `lo` is the language of the app

resident > ຢາເສບຕິດ                            words
resident > [2]  [Back]                        a press: the number, or the words, of a button offered in that chat
resident > (pin 18.36 103.65) (photo) (photo album=a) (voice) (video) (sticker) (follow) (unsend) (edit new words)
officers/somchai > [Take]                     a press in a group, by one of its people
(wait 2 hours)                                the clock is turned
  resident < what the bot says                written by UPDATE=1
           | its next line
           [1 ...] [2 ...]                    its buttons
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handlers.effects import Enroll, LinkGroup
from handlers.events import (
    Added,
    Address,
    Body,
    Choice,
    Edited,
    Media,
    MediaKind,
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
from storage import directory
from tests.town import Town

SAID = re.compile(r"^(?P<who>[\w-]+)(/(?P<person>[\w-]+))? > (?P<words>.*)$")
KINDS = {"photo": MediaKind.PHOTO, "video": MediaKind.VIDEO, "voice": MediaKind.VOICE, "document": MediaKind.DOCUMENT}


@dataclass
class Stage:
    """One conversation on its way."""

    town: Town
    chats: dict[str, Address] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, list[list[str]]] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    message: int = 0

    async def play(self, text: str) -> str:
        """The same file with the bot's lines as they are now."""
        lines: list[str] = []
        for line in text.splitlines():
            if line.startswith((" ", "\t")):
                continue  # the bot's; we write those ourselves
            lines.append(line)
            if line.startswith("town:"):
                await self.build(line.split()[1:])
            elif line.startswith("who:"):
                _, name, chat, *hint = line.split()
                self.chats[name] = Address(*chat.split(":"))
                self.hints[name] = hint[0] if hint else ""
            elif line.startswith("("):
                await self.happens(line.strip("()"))
            elif found := SAID.match(line):
                await self.hears(found["who"], found["person"] or "", found["words"])
            lines += self.news()
        return "\n".join(lines) + "\n"

    async def build(self, words: list[str]) -> None:
        name, chat, role, *rest = words
        self.chats[name] = address = Address(*chat.split(":"))
        change: LinkGroup | Enroll
        if address.chat.startswith("g"):
            language = {"TH": "th", "LA": "lo", "KH": "km"}.get(role[:2], "th")
            change = LinkGroup(address, role, language)
        else:
            change = Enroll(address.chat, role, rest[0], address, rest[1] if len(rest) > 1 else "th")
        await self.town.database.write(lambda c: directory.change(c, self.town.store, [change]))

    async def happens(self, words: str) -> None:
        match words.split():
            case ["wait", number, unit]:
                self.town.clock.tick(**{unit if unit.endswith("s") else unit + "s": float(number)})
                await self.town.deliver()
            case ["digest", name, since, until]:
                chat = self.chats[name]
                member = chat.chat if not chat.chat.startswith("g") else ""
                await self.town.says(chat, Tick("digest", {"since": since, "until": until}), sender=member)
            case _:
                raise ValueError(f"not understood: ({words})")

    async def hears(self, who: str, person: str, words: str) -> None:
        chat = self.chats[who]
        self.message += 1
        more: dict[str, Any] = {"message": f"u{self.message}", "hint": self.hints.get(who, ""), "sender": person}
        body = self.body(who, words)
        if isinstance(body, Choice):
            more["message"] = self.last_message(chat)
        if isinstance(body, Returned):
            more["reply_token"] = "token"
        await self.town.says(chat, body, **more)

    def last_message(self, chat: Address) -> str:
        return f"m{len(self.town.channels[chat.channel].sent)}"

    def body(self, who: str, words: str) -> Body:
        if words.startswith("["):
            return Choice(self.find(who, words.strip("[]")))
        if not words.startswith("("):
            said = heard(words)
            assert said is not None
            return said
        name, *args = words.strip("()").split(" ")
        match name:
            case "pin" | "live":
                return Place(float(args[0]), float(args[1]), name == "live")
            case "photo" | "video" | "voice" | "document":
                album = next((a.partition("=")[2] for a in args if a.startswith("album=")), "")
                caption = " ".join(a for a in args if "=" not in a)
                return Media(KINDS[name], f"ref{self.message}", 1000, "image/jpeg", caption=caption, album=album)
            case "sticker":
                return Unsupported("sticker")
            case "follow":
                return Returned()
            case "unsend":
                return Unsent(f"u{self.message - int(args[0] if args else 1)}")
            case "edit":
                return Edited(f"u{self.message - 1}", " ".join(args))
            case "added":
                return Added()
            case "removed":
                return Removed()
            case "migrated":
                return Migrated(args[0])
            case "text":
                return Text(" ".join(args))
        raise ValueError(f"not understood: {words}")

    def find(self, who: str, label: str) -> str:
        """What stands behind a button that was offered in that chat, by its number or a part of its label."""
        offered = self.buttons.get(who, [])
        options = [v for _, v, kind in offered if kind == "option"]
        numbered = [v for text, v, *_ in offered if text.split(" ")[0] == label] or (
            options[:1] if label == "1" else []
        )
        named = [v for text, v, *_ in offered if label in text]
        if not (numbered or named):
            return label  # a button of an older message, written as the value behind it
        return (numbered or named)[0]

    def news(self) -> list[str]:
        lines: list[str] = []
        for name, chat in self.chats.items():
            sent = self.town.sent(chat.channel, chat.chat)
            key = f"{chat.channel}:{chat.chat}"
            for part in sent[self.heard.get(key, 0) :]:
                lines += self.said(name, part)
            self.heard[key] = len(sent)
        return lines

    def said(self, name: str, part: Any) -> list[str]:
        first, *rest = part["text"].split("\n")
        mark = "<~" if part.get("replaces") else "<"  # `<~`: in place of an earlier message
        lines = [f"  {name} {mark} {first}", *(f"  {' ' * len(name)} | {line}".rstrip() for line in rest)]
        lines += [f"  {' ' * len(name)} ({a['kind']})" for a in part.get("attachments", ())]
        if part.get("buttons"):
            self.buttons[name] = part["buttons"]
            lines.append(f"  {' ' * len(name)}   " + " ".join(f"[{b[0]}]" for b in part["buttons"]))
        return lines


async def play(path: Path, url: str, folder: Path) -> str:
    async with Town(url, folder) as town:
        return await Stage(town).play(path.read_text("utf-8"))
