"""Photos for officers on LINE, over real HTTP: by links that nobody can guess, that die, and that stand in no log."""

import logging
import secrets
from datetime import timedelta
from pathlib import Path

import pytest

from bot.media import FETCHES, TTL
from handlers.events import Address
from tests.house import ADDRESS, LINE_GROUP, House, OnLine, link, report
from tests.test_whole import jpeg, number_in

CHIEF, OFFICER = "U" + "8" * 32, "U" + "5" * 32


async def images(house: House) -> list[dict[str, str]]:
    return [m for chat, m in house.line.delivered if chat == OFFICER and m["type"] == "image"]


async def shown(house: House, *faults: str) -> str:
    """An officer on LINE reads a case with a photo, in private; the words."""
    await link(house, OnLine(house, "", LINE_GROUP), OnLine(house, CHIEF))
    await house.enlist(Address("line", OFFICER))
    number = number_in(await report(OnLine(house, "U" + "7" * 32), house, "lo", "ເຫັນເຮືອ", photo=jpeg()))
    house.line.fail(*faults, only="/push")
    await OnLine(house, OFFICER, LINE_GROUP).press(f"details:{number.replace('-', '')}")
    await house.settled()
    return "\n".join(house.line.texts(OFFICER))


def there(link_: str) -> str:
    """The path of a link of ours."""
    assert link_.startswith(f"{ADDRESS}/media/")
    return link_.removeprefix(ADDRESS)


async def test_a_link_shows_the_photo_until_it_dies(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with House(tmp_path, ("line",)) as house:
        await shown(house)
        (image,) = await images(house)
        path = there(image["originalContentUrl"])
        assert there(image["previewImageUrl"]) == path
        assert len(path.removeprefix("/media/")) >= 64
        async with house.http.get(house.url + path) as answer:
            assert answer.status == 200
            assert (await answer.read()).startswith(b"\xff\xd8")
            assert answer.content_type == "image/jpeg"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "noindex" in answer.headers["X-Robots-Tag"]
            assert answer.headers["Referrer-Policy"] == "no-referrer"
        house.clock.tick(seconds=TTL.total_seconds() - 1)
        assert (await house.get(path))[0] == 200
        house.clock.tick(seconds=1)
        assert await house.get(path) == (404, b"")
        assert path.removeprefix("/media/") not in caplog.text


async def test_what_is_guessed_changed_or_fetched_too_often_is_not_there(tmp_path: Path) -> None:
    async with House(tmp_path, ("line",)) as house:
        await shown(house)
        (image,) = await images(house)
        path = there(image["originalContentUrl"])
        flipped = path[:-2] + ("A" if path[-2] != "A" else "B") + path[-1]
        for guess in (flipped, path[:-1], path + "A", f"/media/{secrets.token_urlsafe(60)}", "/media/", "/media/x"):
            assert (await house.get(guess))[0] == 404, guess
        for _ in range(FETCHES):
            assert (await house.get(path))[0] == 200
        assert (await house.get(path))[0] == 404


async def test_each_time_another_link(tmp_path: Path) -> None:
    async with House(tmp_path, ("line",)) as house:
        await shown(house)
        number = (await house.cases())[0].number.replace("-", "")
        await OnLine(house, OFFICER, LINE_GROUP).press(f"details:{number}")
        await house.settled()
        assert len({image["originalContentUrl"] for image in await images(house)}) == 2


@pytest.mark.parametrize("public_url", ["", "http://127.0.0.1:8080"], ids=["no address", "no https"])
async def test_without_a_public_address_the_officer_reads_that_a_photo_is_withheld(
    tmp_path: Path, public_url: str
) -> None:
    async with House(tmp_path, ("line",), changes={"server": {"public_url": public_url}}) as house:
        words = await shown(house)
        assert await images(house) == []
        assert "/media/" not in str(house.line.delivered)
        said = house.app.store.words["th"].n(
            "This app cannot show {count} file.", "This app cannot show {count} files.", 1
        )
        assert said.format(count=1) in words
        assert house.app.links is None
        assert (await house.get(f"/media/{secrets.token_urlsafe(60)}"))[0] == 404


async def test_a_link_that_waited_is_made_when_it_leaves(tmp_path: Path) -> None:
    """A photo that could not be pushed for a day is not shown by a link that died meanwhile."""
    async with House(tmp_path, ("line",)) as house:
        await shown(house, "503")
        assert await images(house) == []
        await house.later(seconds=timedelta(hours=1).total_seconds())
        (image,) = await images(house)
        assert (await house.get(there(image["originalContentUrl"])))[0] == 200
