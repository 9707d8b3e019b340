"""Both shelves keep the same contract; a store that fails is never taken for a file that is gone."""

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from bot.app import shelf as chosen
from bot.checking import look
from bot.media import Links, bring, routes
from bot.reading import BadSettings, read, warnings
from bot.settings import Database as DatabaseSettings
from bot.settings import Media, Seal, Settings
from storage.bucket import Bucket
from storage.files import Files, NoUpload
from storage.keystore import Keystore
from storage.shelf import Folder, Shelf, Unreachable
from storage.vault import Vault
from tests.doubles.s3 import ACCESS_KEY, BUCKET, CROWD, REGION, S3, SECRET_KEY

ONE, TWO = "0123456789abcdef" * 2, "fedcba9876543210" * 2
NAMES = [ONE, f"{ONE}.orig", f"{TWO}.up"]
CANARY = b"a face that must not be seen "
HOUR, MOST = timedelta(hours=1), 20_000_000
FAULTS = [500, 503, 403, "html", "silent", "cut"]
IMPATIENT = timedelta(milliseconds=300)


@pytest.fixture
async def s3() -> AsyncIterator[S3]:
    async with S3() as double:
        yield double


def bucket(
    s3: S3, place: str = f"s3://{BUCKET}/media", *, secret_key: str = SECRET_KEY, patience: timedelta = IMPATIENT
) -> Bucket:
    keys = {"access_key": ACCESS_KEY, "secret_key": secret_key}
    return Bucket(place, endpoint=s3.url, region=REGION, patience=patience, **keys)


@dataclass(frozen=True, slots=True)
class Place:
    """A shelf, and how to make what lies on it older."""

    shelf: Shelf
    folder: Path
    s3: S3

    def age(self, name: str, by: timedelta) -> None:
        for path in self.folder.rglob(name):
            os.utime(path, ((datetime.now(UTC) - by).timestamp(),) * 2)
        for key, (content, changed) in self.s3.objects.items():
            if key.endswith(f"/{name}"):
                self.s3.objects[key] = content, changed - by


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, s3: S3, tmp_path: Path) -> Place:
    folder = tmp_path / "media"
    return Place(Folder(folder) if request.param == "folder" else bucket(s3), folder, s3)


@pytest.fixture
def files(s3: S3, tmp_path: Path) -> Files:
    return Files(bucket(s3), vault(tmp_path))


def vault(folder: Path) -> Vault:
    return Vault(Keystore.open(folder / "keys", lambda: datetime(2026, 11, 29, 12, tzinfo=UTC)))


async def stream(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def listed(shelf: Shelf) -> dict[str, datetime]:
    return await asyncio.to_thread(lambda: dict(shelf.listed()))


# --- the contract of both


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", [b"", b"\0\x04wrapcontent", bytes(6_000_000)], ids=["none", "some", "much"])
async def test_what_is_put_comes_back_until_it_is_deleted(place: Place, name: str, content: bytes) -> None:
    assert await place.shelf.get(name) is None
    await place.shelf.put(name, b"before")
    await place.shelf.put(name, content)
    assert await place.shelf.get(name) == content
    await place.shelf.delete(name)
    assert await place.shelf.get(name) is None


async def test_deleting_takes_what_is_there_and_nothing_else(place: Place) -> None:
    for name in NAMES:
        await place.shelf.put(name, b"x")
    await place.shelf.delete(NAMES[0], TWO, NAMES[1])
    await place.shelf.delete(NAMES[0])
    await place.shelf.delete()
    assert set(await listed(place.shelf)) == {NAMES[2]}


async def test_a_list_has_every_name_and_when_it_was_put(place: Place) -> None:
    assert await listed(place.shelf) == {}
    before = datetime.now(UTC) - timedelta(seconds=2)
    names = [*NAMES, TWO, f"{TWO}.orig"]
    for name in names:
        await place.shelf.put(name, b"x")
    place.age(ONE, HOUR)
    found = await listed(place.shelf)
    assert set(found) == set(names)
    assert found[ONE] < before - timedelta(minutes=50)
    assert all(before <= at <= datetime.now(UTC) for name, at in found.items() if name != ONE)


async def test_tidying_takes_the_old_of_one_ending(place: Place) -> None:
    old = [f"{ONE}.up", f"{TWO}.up", ONE]
    for name in [*old, f"{'5' * 32}.up"]:
        await place.shelf.put(name, b"x")
    for name in old:
        place.age(name, HOUR)
    for gone in (2, 0):
        moment = datetime.now(UTC) - timedelta(minutes=30)
        assert await asyncio.to_thread(place.shelf.tidy, ".up", moment) == gone
    assert set(await listed(place.shelf)) == {ONE, f"{'5' * 32}.up"}


@pytest.mark.parametrize(
    "name", ["", "..", "../keys", f"{ONE}/../{TWO}", f"{ONE}.", f"{ONE}.UP", ONE.upper(), ONE + "\n"]
)
async def test_no_other_name_passes(place: Place, name: str) -> None:
    with pytest.raises(ValueError, match="32 hexadecimal digits"):
        await place.shelf.put(name, b"x")
    for use in (place.shelf.get, place.shelf.delete):
        with pytest.raises(ValueError, match="32 hexadecimal digits"):
            await use(name)
    assert place.s3.calls == []


async def test_files_work_on_both(place: Place, tmp_path: Path) -> None:
    files = Files(place.shelf, vault(tmp_path))
    await files.put(ONE, CANARY)
    await files.put_original(ONE, CANARY * 2)
    ref = await files.take_in(stream(CANARY * 3), 1_000)
    assert await files.get(ONE) == CANARY
    assert await files.get_original(ONE) == CANARY * 2
    assert b"".join([chunk async for chunk in files.open(ref)]) == CANARY * 3
    assert await asyncio.to_thread(files.orphans, []) == [ONE]
    place.age(f"{ref}.up", HOUR)
    assert await asyncio.to_thread(files.tidy, datetime.now(UTC) - HOUR / 2) == 1
    with pytest.raises(NoUpload):
        await anext(files.open(ref))
    await files.drop(ONE)
    assert await listed(place.shelf) == {}


# --- the bucket


async def test_only_ciphertext_reaches_the_store(files: Files, s3: S3, tmp_path: Path) -> None:
    await files.put(ONE, CANARY * 500)
    await files.put_original(ONE, CANARY * 500)
    await files.take_in(stream(CANARY * 500), MOST)
    await bring(stream(CANARY), "photo", TWO, files, MOST)
    assert len(s3.objects) == 4
    assert sum(len(call.body) for call in s3.calls) > 3 * 500 * len(CANARY)
    assert not any(CANARY in call.everything or SECRET_KEY.encode() in call.everything for call in s3.calls)
    assert all(key.startswith("media/") for key in s3.objects)


async def test_what_was_changed_in_the_store_does_not_open(files: Files, s3: S3) -> None:
    await files.put(ONE, CANARY)
    key, (content, at) = next(iter(s3.objects.items()))
    for wrong in (content[:-1], content[:-1] + bytes([content[-1] ^ 1]), b""):
        s3.objects[key] = wrong, at
        assert await files.get(ONE) is None
    s3.objects[key] = content, at
    assert await files.get(ONE) == CANARY


async def test_a_bucket_without_a_prefix_is_a_shelf_too(s3: S3) -> None:
    shelf = bucket(s3, f"s3://{BUCKET}")
    await shelf.put(ONE, b"x")
    s3.objects["notes.txt"] = b"not ours", datetime.now(UTC)
    assert list(s3.objects) == [ONE, "notes.txt"]
    assert set(await listed(shelf)) == {ONE}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_store_that_fails_is_not_a_file_that_is_gone(files: Files, s3: S3, fault: int | str) -> None:
    await files.put(ONE, CANARY * 5_000)
    s3.faults.extend([fault] * 20)
    with pytest.raises(Unreachable):
        await files.get(ONE)
    s3.faults.clear()
    assert await files.get(ONE) == CANARY * 5_000


@pytest.mark.parametrize("fault", [500, 403, "html", "silent"])
async def test_what_was_not_kept_is_said(files: Files, s3: S3, fault: int | str) -> None:
    await files.put(TWO, CANARY)
    s3.faults.extend([fault] * 20)
    with pytest.raises(Unreachable):
        await bring(stream(CANARY), "photo", ONE, files, MOST)
    with pytest.raises(Unreachable):
        await files.take_in(stream(CANARY), MOST)
    with pytest.raises(Unreachable):
        await files.drop(TWO)
    with pytest.raises(Unreachable):
        await asyncio.to_thread(files.tidy, datetime.now(UTC))
    s3.faults.clear()
    assert list(s3.objects) == [f"media/{TWO}"]
    brought = await bring(stream(CANARY), "photo", ONE, files, MOST)
    assert (brought["state"], brought["mime"]) == ("refused", ""), "the whole is done again"


async def test_line_is_told_to_come_again_while_the_store_fails(files: Files, s3: S3) -> None:
    await files.put(ONE, CANARY)
    links = Links("https://watch.example", bytes(32), lambda: datetime(2026, 11, 29, 12, tzinfo=UTC))
    app = ASGITransport(Starlette(routes=routes(links, files)))
    async with AsyncClient(transport=app) as client:
        url = links.make(ONE, "image/jpeg")
        s3.faults.append(403)
        assert (await client.get(url)).status_code == 503
        assert (await client.get(url)).content == CANARY


async def test_one_bad_answer_is_got_over(files: Files, s3: S3) -> None:
    await files.put(ONE, CANARY)
    s3.faults.append(503)
    assert await files.get(ONE) == CANARY


async def test_nobody_there_a_wrong_key_and_no_such_bucket_are_no_missing_files(s3: S3) -> None:
    elsewhere = Bucket(
        f"s3://{BUCKET}", endpoint="http://127.0.0.1:1", access_key="a", secret_key="b", patience=IMPATIENT
    )
    for shelf in (elsewhere, bucket(s3, secret_key="wrong"), bucket(s3, "s3://another")):
        with pytest.raises(Unreachable) as bad:
            await shelf.get(ONE)
        with pytest.raises(Unreachable):
            await shelf.put(ONE, b"x")
        assert "127.0.0.1" not in str(bad.value)
    assert s3.objects == {}


async def test_a_silent_store_keeps_no_thread(s3: S3, tmp_path: Path) -> None:
    patient = Files(bucket(s3, patience=timedelta(seconds=30)), vault(tmp_path))
    s3.faults.extend(["silent"] * CROWD)
    async with asyncio.timeout(10), asyncio.TaskGroup() as crowd:
        waiting = [crowd.create_task(patient.get(ONE)) for _ in range(CROWD)]
        await s3.crowded.wait()
        assert await asyncio.to_thread(int, "7") == 7
        for task in waiting:
            task.cancel()


# --- the settings


def media(s3: S3, folder: Path) -> Media:
    return Media(folder, f"s3://{BUCKET}/media", s3.url, REGION, ACCESS_KEY, SECRET_KEY)


async def test_the_settings_choose_the_shelf(s3: S3, tmp_path: Path) -> None:
    assert isinstance(chosen(Media(folder=tmp_path / "media")), Folder)
    await chosen(media(s3, tmp_path / "media")).put(ONE, b"x")
    assert list(s3.objects) == [f"media/{ONE}"]


async def test_check_says_whether_the_store_is_usable(s3: S3, tmp_path: Path) -> None:
    settings = Settings(
        database=DatabaseSettings(f"sqlite+aiosqlite:///{tmp_path}/x.db"),
        seal=Seal(keystore=tmp_path / "keys"),
        media=media(s3, tmp_path / "media"),
    )
    assert [said for said in await look(settings) if said.startswith("media")] == []
    wrong = replace(settings, media=replace(settings.media, s3_secret_key=secrets.token_hex(20)))
    assert [said for said in await look(wrong) if said.startswith("media")] == [
        "media.store: is not usable (PermissionDenied); check the bucket, media.s3_endpoint and what the key may do"
    ]
    assert s3.objects == {}


@pytest.mark.parametrize(
    "store", ["s3://", "s3://Bucket", "bucket", "s3://bucket/", "s3://bucket/../x/ y", "gs://bucket"]
)
def test_another_place_is_refused(store: str) -> None:
    with pytest.raises(BadSettings) as bad:
        read(None, {"NTSWATCH_MEDIA__STORE": store})
    assert bad.value.problems[0].endswith("is not a bucket; write s3://bucket or s3://bucket/folder")


@pytest.mark.parametrize(("there", "missing"), [("access", "secret"), ("secret", "access")])
def test_a_store_needs_both_halves_of_the_key_or_none(there: str, missing: str) -> None:
    store = {"NTSWATCH_MEDIA__STORE": "s3://bucket"}
    with pytest.raises(BadSettings) as bad:
        read(None, {**store, f"NTSWATCH_MEDIA__S3_{there.upper()}_KEY": "geheim"})
    assert bad.value.problems == (
        f"media.s3_{missing}_key: is missing while media.s3_{there}_key is set; write it, or leave both empty to use "
        "the role of the machine",
    )
    assert read(None, store).media.store == "s3://bucket"


@pytest.mark.parametrize(
    ("media", "said"),
    [
        (Media(store="s3://b-1", s3_endpoint="http://s3.example.org"), "media.s3_endpoint: is not encrypted"),
        (Media(s3_endpoint="https://s3.example.org"), "media.store: is empty although media.s3_endpoint is set"),
        (Media(store="s3://b-1", s3_endpoint="http://localhost:9000"), None),
    ],
)
def test_an_unwise_store_is_said(media: Media, said: str | None) -> None:
    found = warnings(Settings(media=media))
    assert len(found) == (said is not None)
    assert all(one.startswith(said or "-") for one in found)


async def test_without_the_library_the_settings_say_what_to_install() -> None:
    program = """
import sys
sys.modules["obstore"] = None
from bot import app, reading
assert reading.read(None, {}).media.store == ""
try:
    reading.read(None, {"NTSWATCH_MEDIA__STORE": "s3://bucket"})
except reading.BadSettings as bad:
    print(bad)
"""
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    out, _ = await child.communicate()
    assert out.decode() == (
        'media.store: needs obstore, which is not installed; run `pip install "ntswatch[s3]"`, or write "" to keep '
        "files in media.folder\n"
    )
