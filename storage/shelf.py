"""Where sealed files lie: a folder of this machine here, a bucket for several machines in `storage.bucket`.

A shelf sees names and ciphertext only; `storage.files` seals and opens.
"""

import asyncio
import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

NAME = re.compile(r"[0-9a-f]{32}(\.[a-z]{1,8})?", re.ASCII)  # it becomes a path: nothing else may pass
LEFTOVER = ".new-"  # a file being written; still there later only after a crash
LENGTH_BYTES = 2  # in front of the wrap, with which every sealed file begins
FOLDER_MODE = 0o700  # files are made by mkstemp, which lets nobody else read them
NOT_A_FILE = (errno.ELOOP, errno.EMLINK)  # what systems say of a link that must not be followed


class Unreachable(OSError):
    """The store did not answer, or not as it should: nothing is known of the file. Try again later."""


class Shelf(Protocol):
    """Keeps opaque sealed bytes, each under a name that matches `NAME`; any other name raises `ValueError`.

    Whatever goes wrong raises `OSError`, so that it is done again; None means that the file is surely not there.
    """

    async def put(self, name: str, sealed: bytes) -> None:
        """Keep all of it or nothing. When this returns it outlives a crash, and the name stands for it alone."""

    async def get(self, name: str) -> bytes | None:
        """What was put last; None when there is no such name."""

    async def delete(self, *names: str) -> None:
        """Destroy what is under the names. Nothing happens to those that are gone."""

    def listed(self) -> Iterator[tuple[str, datetime]]:
        """Every name with the moment it was last put (UTC, by the clock of the shelf). Blocks: for a thread."""

    def tidy(self, ending: str, before: datetime) -> int:
        """Destroy names of that ending, and what a crash left half written, of before that moment; how many there were.

        Blocks: for a thread.
        """


def valid(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError("a name is 32 hexadecimal digits and an ending")
    return name


def place(folder: Path, name: str) -> Path:
    """Where a folder keeps what has this name."""
    return folder / valid(name)[:2] / name[2:4] / name


class Folder:
    """A shelf on this machine's disk, or on one that several machines mount."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)

    async def put(self, name: str, sealed: bytes) -> None:
        await asyncio.to_thread(self._place, self._path(name), sealed)

    async def get(self, name: str) -> bytes | None:
        return await asyncio.to_thread(_content, self._path(name))

    async def delete(self, *names: str) -> None:
        await asyncio.to_thread(_destroy, [self._path(name) for name in names])

    def listed(self) -> Iterator[tuple[str, datetime]]:
        for path in self._paths():
            if NAME.fullmatch(path.name) and (changed := _changed(path)):
                yield path.name, changed

    def tidy(self, ending: str, before: datetime) -> int:
        old = [path for path in self._paths() if path.name.startswith(LEFTOVER) or path.suffix == ending]
        return sum(_shred(path) for path in old if (changed := _changed(path)) and changed < before)

    def _paths(self) -> Iterator[Path]:
        for path in self._folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            if path.name.startswith(LEFTOVER) or NAME.fullmatch(path.name):
                yield path

    def _path(self, name: str) -> Path:
        return place(self._folder, name)

    def _place(self, path: Path, sealed: bytes) -> None:
        """Write aside, then name it: after a crash there is the old file, the new one, or none; never a part."""
        self._settle(path.parent)
        handle, aside = tempfile.mkstemp(prefix=LEFTOVER, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as written:
                written.write(sealed)
                written.flush()
                os.fsync(handle)
            os.replace(aside, path)
        except BaseException:
            os.unlink(aside)
            raise
        _sync(path.parent)

    def _settle(self, folder: Path) -> None:
        for level in (folder.parent, folder):
            if not level.is_dir():
                level.mkdir(mode=FOLDER_MODE, exist_ok=True)
                _sync(level.parent)


def _content(path: Path) -> bytes | None:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as bad:
        if bad.errno in NOT_A_FILE:
            return None
        raise


def _destroy(paths: list[Path]) -> None:
    for folder in {path.parent for path in paths if _shred(path)}:
        _sync(folder)


def _shred(path: Path) -> bool:
    """Overwrite the wrap, where the disk lets us, and unlink. Without the wrap the rest cannot be opened."""
    with suppress(OSError), os.fdopen(os.open(path, os.O_RDWR | os.O_NOFOLLOW), "r+b") as file:
        end = LENGTH_BYTES + int.from_bytes(file.read(LENGTH_BYTES))
        file.seek(0)
        file.write(bytes(min(end, os.fstat(file.fileno()).st_size)))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _changed(path: Path) -> datetime | None:
    """None when it is gone meanwhile."""
    try:
        return datetime.fromtimestamp(path.stat(follow_symlinks=False).st_mtime, UTC)
    except FileNotFoundError:
        return None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
