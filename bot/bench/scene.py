"""The bot without sockets: real turns, keys, words, gazetteer and database, and residents who report all day."""

import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.app import App, build
from bot.settings import Database, Media, Seal, Settings, Telegram
from handlers.effects import LinkGroup
from handlers.events import Address, Body, Choice, Command, Incoming, Place, Text
from storage import directory, schema

GROUP = Address("telegram", "-100200300")
STEPS: tuple[Body, ...] = (
    Command("start"),
    Choice("a:language:th"),
    Choice("a:consent:yes"),
    Choice("a:kind:drugs"),
    Place(18.36, 103.65),
    Choice("a:when:now"),
    Text("เห็นเรือไม่เปิดไฟสองลำข้ามมาจากฝั่งโน้น มีคนขนกระสอบลง"),
    Choice("a:send:ask"),
)


@dataclass
class Crowd:
    """Residents, each at some step of a report; `waiting` makes what so many of them do next."""

    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    chats: Iterator[int] = field(default_factory=lambda: itertools.count(1_000_000))

    @classmethod
    def apart(cls, first: int) -> "Crowd":
        """One whose people and events are those of no other crowd that begins elsewhere."""
        return cls(itertools.count(first), itertools.count(first))

    def event(self, chat: int, body: Body) -> Incoming:
        number = next(self.numbers)
        return Incoming(
            str(number), datetime.now(UTC), Address("telegram", str(chat)), str(chat), body, message=str(number)
        )

    def reports(self, people: int) -> Iterator[Sequence[Incoming]]:
        """One whole report of each of so many new people, step by step."""
        chats = [next(self.chats) for _ in range(people)]
        for body in STEPS:
            yield [self.event(chat, body) for chat in chats]


def settings(url: str, folder: Path) -> Settings:
    return replace(
        Settings(),
        database=Database(url),
        seal=Seal(keystore=folder / "keys"),
        media=Media(folder=folder / "media"),
        telegram=Telegram(token="4242:bench", secret_token="bench-bench-bench-bench", mode="webhook"),  # noqa: S106
    )


@asynccontextmanager
async def scene(url: str, folder: Path) -> AsyncIterator[App]:
    """An app that is built and not started: nothing is sent, turns are taken; one group is linked."""
    app = build(settings(url, folder), alert_delay=0.0)
    try:
        await app.database.write(schema.migrate)
        link = LinkGroup(GROUP, "TH3801", "th")
        await app.database.write(lambda c: directory.change(c, app.store, [link]))
        yield app
    finally:
        await app.turns.close()
        await app.database.close()
