"""A disk that fills: files are refused first, readiness goes before everything does, words go on."""

from pathlib import Path

import pytest

from bot.room import Room, taken
from storage.core import FILE
from tests.house import STEPS, House, OnTelegram

RESIDENT = 5_001


@pytest.mark.parametrize(
    ("share", "files", "left"),
    [
        (0.0, True, True),
        (0.849, True, True),
        (0.85, False, True),
        (0.949, False, True),
        (0.95, False, False),
    ],
)
def test_files_go_before_everything_does(share: float, files: bool, left: bool) -> None:
    told: list[bool] = []
    room = Room([Path()], 0.85, 0.95, told.append, lambda _: share)
    room.look()
    assert (room.files, room.left, told) == (files, left, [files])


def test_the_fullest_disk_counts_and_room_comes_back() -> None:
    shares = {Path("a"): 0.1, Path("b"): 0.99}
    room = Room(shares, 0.85, 0.95, lambda _: None, shares.__getitem__)
    room.look()
    assert not room.left
    shares[Path("b")] = 0.5
    room.look()
    assert room.files
    assert room.left


def test_a_folder_that_is_not_made_yet_is_on_the_disk_of_its_parent(tmp_path: Path) -> None:
    assert 0 < taken(tmp_path / "not" / "yet") <= 1


async def test_while_the_disk_is_nearly_full_words_go_on(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        phone = OnTelegram(house, RESIDENT)
        await phone.write("/start")
        for step in ("a:language:en", *STEPS):
            await house.settled()
            await (phone.press(step) if isinstance(step, str) else phone.share(*step))
        await house.settled()
        house.full = 0.9
        house.app.room.look()
        await phone.photo(b"x")
        await house.settled()
        assert (await phone.screen())[-1].text.startswith("I cannot take files just now.")
        assert await house.count(FILE) == 0
        assert (await house.get("/readyz"))[0] == 200
        house.full = 0.96
        house.app.room.look()
        assert (await house.get("/readyz"))[0] == 503
        await phone.write("a grey van")
        await house.settled()
        await phone.press("a:send:ask")
        await house.settled()
        assert len(await house.cases()) == 1
