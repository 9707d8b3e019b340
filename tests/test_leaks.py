"""What lies on the disk and in the logs of a working bot, searched for everything people said, and for who they are."""

import asyncio
import json
import logging
import random
import sqlite3
import struct
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import logs
from handlers.effects import Enroll, LinkGroup
from handlers.events import Address, Body, Choice, Command, Incoming, Media, MediaKind, Place, Text
from storage import backups, directory, quarantine
from storage.core import CASES, FILE
from storage.custody import Custodian
from storage.mailbox import Mailbox
from storage.spool import Spool
from storage.vault import Recipient
from tests.faults import FULL
from tests.test_media import picture
from tests.town import Town

CASES_MADE = 1_000 if FULL else 12
EVERY_PHOTO = 50 if FULL else 4  # washing one takes a child process
PRINT = 8  # bytes of a secret's beginning by which it is looked for
GROUP, CHIEF = Address("telegram", "g990417000001"), Address("line", "U990417000002")
FORMS: Mapping[str, Callable[[str], bytes]] = {
    "as it is": lambda s: s.encode(),
    "escaped": lambda s: json.dumps(s).strip('"').encode(),
    "wide": lambda s: s.encode("utf-16-le"),
    "hex": lambda s: s.encode().hex().encode(),
}


@dataclass
class Secrets:
    """What must not be found, by the bytes it would be found as."""

    known: dict[bytes, str] = field(default_factory=dict)

    def add(self, what: str, said: str) -> str:
        for form in FORMS.values():
            self.known[form(said)] = what
        return said

    def degrees(self, value: float) -> float:
        """Written out, and as the eight bytes of a number."""
        self.add("coordinate", repr(value))
        for order in "<>":
            self.known[struct.pack(f"{order}d", value)] = "coordinate"
        return value

    def found_in(self, content: bytes) -> set[str]:
        """Which kinds of secrets are in it, wherever and however often."""
        prints: dict[bytes, list[bytes]] = {}
        for secret in self.known:
            assert len(secret) >= PRINT, secret
            prints.setdefault(secret[:PRINT], []).append(secret)
        hits = (
            (at, secret)
            for at in range(len(content) - PRINT + 1)
            if (some := prints.get(content[at : at + PRINT]))
            for secret in some
        )
        return {self.known[secret] for at, secret in hits if content.startswith(secret, at)}


@dataclass
class World:
    """A town at work, and what it keeps."""

    town: Town
    folder: Path
    secrets: Secrets = field(default_factory=Secrets)
    draw: random.Random = field(default_factory=lambda: random.Random(4))

    def words(self, what: str = "word") -> str:
        """Words nobody else says, in four scripts."""
        token = "".join(self.draw.choices("bcdfghjkmnpqrstvwxz", k=10))
        thai = "".join(self.draw.choices("กขคงจชซดตถทธนบปผพภมยรลวสหอ", k=8))
        lao = "".join(self.draw.choices("ກຂຄງຈສຊດຕຖທນບປຜຝພຟມຢຣລວຫອຮ", k=8))
        khmer = "".join(self.draw.choices("កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភមយរលវសហឡអ", k=8))
        return " ".join(self.secrets.add(what, said) for said in (token, thai, lao, khmer))

    def person(self, what: str = "chat id") -> Address:
        channel = self.draw.choice(("telegram", "line", "web"))
        number = self.secrets.add(what, f"{self.draw.randrange(10**11, 10**12)}")
        return Address(channel, {"telegram": "", "line": "U", "web": "p-"}[channel] + number)

    def degrees(self, near: float) -> float:
        """As exactly as officers are shown it; the last place is no zero, or it would not be shown."""
        return self.secrets.degrees(round(near + self.draw.randrange(400) / 1e4 + self.draw.randrange(1, 10) / 1e5, 5))

    def report(self, photo: bool) -> list[Body]:
        pin = Place(self.degrees(18.30), self.degrees(103.62))
        seen = [Media(MediaKind.PHOTO, "photo", caption=self.words())] if photo else []
        return [
            Command("start"), Choice("a:language:en"), Choice("a:consent:yes"), Choice("a:kind:drugs"), pin,
            Choice("a:when:now"), Text(self.words()), *seen, Choice("a:send:ask"),
        ]  # fmt: skip

    async def open(self) -> None:
        self.secrets.add("chat id", GROUP.chat)
        self.secrets.add("chat id", CHIEF.chat)
        changes: list[directory.Change] = [
            LinkGroup(GROUP, "TH3801", "th"),
            Enroll(CHIEF.chat, "coordinator", "*", CHIEF, "en", self.words("name").split()[0]),
        ]
        await self.town.database.write(lambda c: directory.change(c, self.town.store, changes))
        for channel in self.town.channels.values():
            channel.files["photo"] = picture("JPEG")

    async def case(self, number: int) -> None:
        """A report, what officers do with it, what its reporter does afterwards."""
        town, resident, officer = self.town, self.person(), self.person("officer's id")
        for body in self.report(photo=number % EVERY_PHOTO == 0):
            await town.says(resident, body, message=f"u{number}")
        await town.enlist(GROUP, officer.chat)
        newest = select(CASES.c.number).order_by(CASES.c.id.desc()).limit(1)
        shown = await town.database.read(lambda c: c.execute(newest).scalar_one())
        for name in ("take", "details", "done")[: number % 4]:
            await town.says(GROUP, Command(name, shown), sender=officer.chat)
        if number % 3 == 0:
            await town.says(GROUP, Command("name", self.words("name").split()[0]), sender=officer.chat)
        await town.says(resident, Choice("status"))
        if number % 2:  # a half report stays behind
            await town.says(resident, Command("start"))
            await town.says(resident, Text(self.words()))

    async def rest(self) -> None:
        """What waits: to be sent, to be fetched by a page, to be looked at by an operator, for a database."""
        late = self.person()
        await self.town.turns.handle([self.town.event(late, Command("start"))])
        box = Mailbox(self.town.database, self.town.store)
        await box.put("key", self.person().chat, [{"text": self.words()}])
        raw = json.dumps({"text": self.words(), "chat": self.person().chat}, ensure_ascii=False).encode()
        put = quarantine.put_raw
        await self.town.database.write(lambda c: put(c, self.town.store, "line", "e", raw, "unreadable"))
        spool = Spool(self.folder / "spool", self.town.vault)
        kept = [Incoming("e", self.town.clock(), self.person(), "", body) for body in self.report(photo=False)]
        spool.keep(spool.number(), kept)

    def stored(self) -> dict[str, bytes]:
        """Everything below the folder but the keys, one content a file."""
        paths = [p for p in sorted(self.folder.rglob("*")) if p.is_file() and self.folder / "keys" not in p.parents]
        return {str(p.relative_to(self.folder)): p.read_bytes() for p in paths}


@contextmanager
def logged(file: Path) -> Iterator[None]:
    """Everything at DEBUG as the bot writes it."""
    root, handler = logging.getLogger(), logging.FileHandler(file)
    handler.setFormatter(logs.Lines())
    level, levels = root.level, {name: logging.getLogger(name).level for name in logs.QUIET}
    root.addHandler(handler)
    root.setLevel("DEBUG")
    for name in logs.QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        for name, was in levels.items():
            logging.getLogger(name).setLevel(was)
        handler.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    with logged(tmp_path / "bot.log"):
        async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as town:
            keeper = Custodian.new()
            archive, age = keeper.public("north")
            town.store.recipients = [Recipient.read(archive)]
            made = World(town, tmp_path)
            await made.open()
            for number in range(CASES_MADE):
                await made.case(number)
            await made.rest()
            for name, to in (("sealed", [age]), ("bare", [])):
                await asyncio.to_thread(backups.backup, f"{tmp_path}/town.db", tmp_path / name, to)
            yield made


@pytest.mark.slow
async def test_nothing_on_the_disk_tells_what_was_said_or_by_whom(world: World) -> None:
    town = world.town
    assert town.turns.counts.quarantined == 0
    count = await town.database.read(lambda c: len(c.execute(select(CASES.c.id)).all()))
    photos = await town.database.read(lambda c: len(c.execute(select(FILE.c.file)).all()))
    assert count == CASES_MADE
    assert photos >= CASES_MADE // EVERY_PHOTO
    stored = world.stored()
    names = " ".join(stored)
    for there in ("town.db", "town.db-wal", "spool/", "media/", "sealed", "sealed.keys", "bare.keys", "bot.log"):
        assert there in names
    assert sum(map(len, stored.values())) > CASES_MADE * 1_000
    found = {name: hits for name, content in stored.items() if (hits := world.secrets.found_in(content))}
    assert found == {}, "and the names of files tell nothing either"
    assert world.secrets.found_in(names.encode()) == set()
    said = json.dumps([c.sent for c in town.channels.values()], ensure_ascii=False, default=str)
    assert {"word", "coordinate", "chat id"} <= world.secrets.found_in(said.encode()), "but it was said to officers"
    control(world)


def control(world: World) -> None:
    """The same search finds what was left unsealed on purpose."""
    told = {what: next(s for s, kind in world.secrets.known.items() if kind == what) for what in kinds(world)}
    with closing(sqlite3.connect(world.folder / "town.db", isolation_level=None)) as opened:
        opened.execute("CREATE TABLE unsealed (said BLOB)")
        opened.executemany("INSERT INTO unsealed VALUES (?)", [(secret,) for secret in told.values()])
    logging.getLogger("tests").debug("said", extra={"case": told["word"].decode()})
    stored = world.stored()
    assert world.secrets.found_in(stored["town.db"] + stored["town.db-wal"]) == set(told)
    assert world.secrets.found_in(stored["bot.log"]) == {"word"}


def kinds(world: World) -> Mapping[str, None]:
    return dict.fromkeys(world.secrets.known.values())
