"""How much a report costs a resident: touches, messages and seconds, for the shortest and the full one on each channel.

`python -m tests.touches` prints the table of docs/residents.md; tests/test_touches.py holds the page against it.
A touch is a press, a message, a photo or a place. A message is one that the app shows anew: what takes the place of an
earlier one is none. Seconds are what we assume a slow reader takes (below) and what a message takes on its way.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.channels import line_render, telegram_parts
from handlers import graphemes
from handlers.effects import LinkGroup
from handlers.events import Address, Body, Choice, Command, Media, MediaKind, Place, Returned, Text
from storage import directory
from tests.town import Town

LETTERS_A_SECOND = 12.0  # written characters read by somebody who reads every day, and slowly
FIND_AND_PRESS = 2.0  # seconds
TYPED_A_SECOND = 1.5  # written characters, on a phone
SHARE = 6.0  # seconds: the app's own question, and the press; taking and choosing a photo is counted as three presses
ROUND_TRIP = 1.0  # seconds on a village's line, there and back; ours are a few hundredths of it (tests/test_touches.py)
LANGUAGES = ("th", "lo", "km")
WORDS = {"th": "เห็นเรือไม่เปิดไฟขนกระสอบขึ้นฝั่ง", "lo": "ເຫັນເຮືອບໍ່ໄຕ້ໄຟ ຂົນກະສອບຂຶ້ນຝັ່ງ", "km": "ឃើញទូកគ្មានភ្លើង ដឹកបាវឡើងច្រាំង"}
PIN = Place(18.36, 103.65)
OPENING: dict[str, Body] = {"telegram": Command("start"), "line": Returned(), "web": Command("start")}
PHOTO = Media(MediaKind.PHOTO, "late", 100_000, "image/jpeg")


def shortest(channel: str, language: str) -> Sequence[Body]:
    """Everything that has to be answered, and nothing else."""
    return (
        OPENING[channel], Choice(f"a:language:{language}"), Choice("a:consent:yes"), Choice("a:kind:drugs"), PIN,
        Choice("a:when:now"), Text(WORDS[language]), Choice("a:send:ask"),
    )  # fmt: skip


def full(channel: str, language: str) -> Sequence[Body]:
    """Every question that there is for this kind, with a photo, a rule for messages and somebody it is kept from."""
    return (
        *shortest(channel, language)[:-1], PHOTO, Choice("a:send:more"), Choice("a:who:strangers"),
        Choice("a:many:2-5"), Choice("a:vehicle:boat"), Choice("a:toward:TH"), Choice("a:way:river"),
        Choice("a:often:regular"), Choice("a:signs:dark_boat"), Choice("a:signs:done"), Choice("change:contact"),
        Choice("a:set-contact:day"), Choice("change:not"), Choice("a:set-not:village"), Choice("a:set-not:done"),
        Choice("a:send:ask"),
    )  # fmt: skip


REPORTS = {"shortest": shortest, "full": full}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one report took."""

    touches: int
    messages: int
    seconds: int


async def measured(town: Town, channel: str, chat: str, bodies: Sequence[Body]) -> Cost:
    """Play a report as somebody in that chat."""
    resident, messages, seconds = Address(channel, chat), 0, 0.0
    for number, body in enumerate(bodies):
        before = len(town.sent(channel, chat))
        await town.says(resident, body, message=f"{chat}-{number}", reply_token=f"{chat} {number}")
        said = town.sent(channel, chat)[before:]
        messages += sum(shown_anew(channel, part) for part in said)
        seconds += hand(body) + ROUND_TRIP + sum(graphemes.clusters(part["text"]) for part in said) / LETTERS_A_SECOND
    return Cost(len(bodies), messages, round(seconds))


def hand(body: Body) -> float:
    """Seconds until it is pressed, written or sent."""
    match body:
        case Text(text=text):
            return graphemes.clusters(text) / TYPED_A_SECOND
        case Place():
            return SHARE
        case Media():
            return 3 * FIND_AND_PRESS
    return FIND_AND_PRESS


def shown_anew(channel: str, part: object) -> int:
    """Messages on the screen that this makes; what replaces another one makes none, where the app can do that."""
    assert isinstance(part, dict)
    if channel == "line":
        return sum(len(request) for request in line_render.split([part]))
    if part.get("replaces") and not (channel == "telegram" and telegram_parts.asks_location(part["buttons"], False)):
        return 0
    return len(telegram_parts.requests([part])) if channel == "telegram" else 1


async def table() -> dict[tuple[str, str], Cost]:
    """Cost by report and channel: of the slowest of the three languages."""
    with tempfile.TemporaryDirectory() as folder:
        async with Town(f"sqlite+aiosqlite:///{folder}/town.db", Path(folder)) as town:
            groups = [LinkGroup(Address("telegram", "g-kan"), "TH3801", "th")]
            await town.database.write(lambda c: directory.change(c, town.store, groups))
            found: dict[tuple[str, str], list[Cost]] = {}
            for name, made in REPORTS.items():
                for channel in ("telegram", "line", "web"):
                    for language in LANGUAGES:
                        cost = await measured(town, channel, f"{name} {language}", made(channel, language))
                        found.setdefault((name, channel), []).append(cost)
            return {key: max(costs, key=lambda c: c.seconds) for key, costs in found.items()}


NAMES = {"telegram": "Telegram", "line": "LINE", "web": "the web page"}


def rows(costs: dict[tuple[str, str], Cost]) -> list[str]:
    """The lines of the table as they stand in docs/residents.md."""
    line = "| {}, {} | {} | {} | {} |"
    return [line.format(name, NAMES[at], c.touches, c.messages, c.seconds) for (name, at), c in costs.items()]


if __name__ == "__main__":
    print("\n".join(rows(asyncio.run(table()))))
