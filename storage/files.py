"""The files people sent, sealed on disk under random names; see docs/decisions/0002-sealing.md for the keys.

A file is `length of wrap (2) | wrap | envelope`: its own data key, wrapped by this week's hot key, and the content
under that key. Both are bound to the file's name, so a file put in another's place does not open.
"""

import asyncio
import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from storage.vault import CannotOpen, Vault, kid

ID = re.compile(r"[0-9a-f]{32}", re.ASCII)  # it becomes a file name: nothing else may pass
CLEAN, ORIGINAL, UPLOAD = "", ".orig", ".up"  # what officers see; as it came; waiting to be fetched from the page
ENDINGS = (CLEAN, ORIGINAL, UPLOAD)
LEFTOVER = ".new-"  # a file being written; still there later only after a crash
LENGTH_BYTES = 2  # in front of the wrap
CHUNK = 65_536  # bytes of an upload handed on at once
FOLDER_MODE, FILE_MODE = 0o700, 0o600


class TooLarge(ValueError):
    """More bytes came than were allowed; nothing of them was kept."""


class NoUpload(Exception):
    """There is no such upload (any more)."""


class Files:
    """Sealed files under `folder`. Ids are 32 hexadecimal digits; any other raises `ValueError`."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder, self._vault = folder, vault
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)

    async def put(self, file: str, content: bytes) -> None:
        """Keep what officers may see. It is on disk, name and all, when this returns."""
        await asyncio.to_thread(self._write, file, CLEAN, content)

    async def put_original(self, file: str, content: bytes) -> str:
        """Keep a file as it came, for evidence alone; its SHA-256 in hexadecimal."""
        await asyncio.to_thread(self._write, file, ORIGINAL, content)
        return hashlib.sha256(content).hexdigest()

    async def get(self, file: str) -> bytes | None:
        """What officers may see; None when it is missing, was changed, or its key is gone."""
        return await asyncio.to_thread(self._read, file, CLEAN)

    async def get_original(self, file: str) -> bytes | None:
        """The file as it came; None when it is missing, was changed, or its key is gone."""
        return await asyncio.to_thread(self._read, file, ORIGINAL)

    async def drop(self, file: str) -> None:
        """Destroy a file and its original: the wraps are overwritten first. Nothing happens when they are gone."""
        await asyncio.to_thread(self._drop, file, ENDINGS)

    async def rewrap(self, file: str) -> bool:
        """Have the data keys under this week's hot key. False when there is no such file or it cannot be opened."""
        return await asyncio.to_thread(self._rewrap, file)

    async def take_in(self, content: AsyncIterator[bytes], most: int) -> str:
        """Keep an upload of the page until it is fetched; its reference. `TooLarge`, and what `content` raises."""
        ref = secrets.token_hex(16)
        held = await gather(content, most)
        await asyncio.to_thread(self._write, ref, UPLOAD, held)
        return ref

    async def open(self, ref: str) -> AsyncIterator[bytes]:
        """The bytes of an upload; `NoUpload`. It stays, so that a fetch can be tried again, until `drop` or `tidy`."""
        content = await asyncio.to_thread(self._read, ref, UPLOAD) if ID.fullmatch(ref) else None
        if content is None:
            raise NoUpload
        for start in range(0, len(content), CHUNK):
            yield content[start : start + CHUNK]

    def orphans(self, known: Collection[str]) -> list[str]:
        """Ids of files on disk that are not in `known`. Uploads, which nobody knows yet, are left to `tidy`."""
        found = {path.stem for path in self._paths() if path.suffix in (CLEAN, ORIGINAL)}
        return sorted(found.difference(known))

    def tidy(self, before: datetime) -> int:
        """Destroy uploads, and what a crash left half written, of before that moment; how many there were."""
        old = [path for path in self._paths() if path.suffix == UPLOAD or path.name.startswith(LEFTOVER)]
        return sum(_shred(path) for path in old if _changed(path) < before.timestamp())

    def _paths(self) -> Iterator[Path]:
        for path in self._folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            if path.name.startswith(LEFTOVER) or (ID.fullmatch(path.stem) and path.suffix in ENDINGS):
                yield path

    def _path(self, file: str, ending: str) -> Path:
        if not ID.fullmatch(file):
            raise ValueError("a file's id is 32 hexadecimal digits")
        return self._folder / file[:2] / file[2:4] / f"{file}{ending}"

    def _write(self, file: str, ending: str, content: bytes) -> None:
        path = self._path(file, ending)
        key = self._vault.case_key()
        self._place(path, self._vault.wrap(key, f"file:{path.name}"), key.seal_bytes(content, _context(path)))

    def _read(self, file: str, ending: str) -> bytes | None:
        path = self._path(file, ending)
        try:
            wrapped, sealed = _split(_content(path))
            return self._vault.unwrap(wrapped, f"file:{path.name}").open_bytes(sealed, _context(path))
        except (OSError, CannotOpen):
            return None

    def _drop(self, file: str, endings: Collection[str]) -> None:
        if any([_shred(self._path(file, ending)) for ending in endings]):
            _sync(self._path(file, CLEAN).parent)

    def _rewrap(self, file: str) -> bool:
        paths = [path for ending in ENDINGS if (path := self._path(file, ending)).exists()]
        try:
            for path in paths:
                wrapped, sealed = _split(_content(path))
                renewed = self._vault.rewrap(wrapped, f"file:{path.name}")
                if kid(renewed) != kid(wrapped):
                    self._place(path, renewed, sealed)
        except (OSError, CannotOpen):
            return False
        return bool(paths)

    def _place(self, path: Path, wrapped: bytes, sealed: bytes) -> None:
        """Write aside, then name it: after a crash there is the old file, the new one, or none; never a part."""
        self._settle(path.parent)
        handle, aside = tempfile.mkstemp(prefix=LEFTOVER, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as written:
                written.write(len(wrapped).to_bytes(LENGTH_BYTES) + wrapped)
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


async def gather(content: AsyncIterator[bytes], most: int) -> bytes:
    """All of it in memory; `TooLarge` as soon as it is more than `most` bytes."""
    held = bytearray()
    async for chunk in content:
        held += chunk
        if len(held) > most:
            raise TooLarge(f"more than {most} bytes")
    return bytes(held)


def _context(path: Path) -> str:
    return f"nts1|file|content|{path.name}|1"


def _split(whole: bytes) -> tuple[bytes, bytes]:
    end = LENGTH_BYTES + int.from_bytes(whole[:LENGTH_BYTES])
    return whole[LENGTH_BYTES:end], whole[end:]


def _content(path: Path) -> bytes:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        return file.read()


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


def _changed(path: Path) -> float:
    """Seconds since 1970; for ever in the future when it is gone meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
