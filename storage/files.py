"""The files people sent, sealed under random names; see docs/decisions/0002-sealing.md for the keys.

A file is `length of wrap (2) | wrap | envelope`: its own data key, wrapped by this week's hot key, and the content
under that key. Both are bound to the file's name, so a file put in another's place does not open. The wrap in the file
dies with its week; what belongs to a case opens by the key that the case holds (`storage.casekeys`).
"""

import asyncio
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import datetime
from pathlib import Path

from storage.shelf import LENGTH_BYTES, Folder, Shelf
from storage.vault import CannotOpen, CaseKey, Vault

ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
CLEAN, ORIGINAL, UPLOAD = "", ".orig", ".up"  # what officers see; as it came; waiting to be fetched from the page
ENDINGS = (CLEAN, ORIGINAL, UPLOAD)
CHUNK = 65_536  # bytes of an upload handed on at once


Find = Callable[[str], Awaitable[CaseKey | None]]


async def nobody(_: str) -> None:
    """Finds no key."""


class TooLarge(ValueError):
    """More bytes came than were allowed; nothing of them was kept."""


class NoUpload(Exception):
    """There is no such upload (any more)."""


class Files:
    """Sealed files in a folder or on another shelf. Ids are 32 hexadecimal digits; any other raises `ValueError`.

    What the disk or the store cannot do raises `OSError`: nothing was lost, and it can be done again.
    `find` is asked for the key of a file whose own wrap is dead.
    """

    def __init__(self, place: Path | Shelf, vault: Vault, find: Find = nobody) -> None:
        self._shelf: Shelf = Folder(place) if isinstance(place, Path) else place
        self._vault, self._find = vault, find

    def key(self, file: str) -> tuple[CaseKey, bytes]:
        """A new data key for a file in all its forms, and the same wrapped for `storage.casekeys`."""
        made = self._vault.case_key()
        return made, self._vault.wrap(made, f"file:{_name(file, CLEAN)}")

    async def put(self, file: str, content: bytes, key: CaseKey | None = None) -> None:
        """Keep what officers may see. It is on disk, name and all, when this returns."""
        await self._write(file, CLEAN, content, key)

    async def put_original(self, file: str, content: bytes, key: CaseKey | None = None) -> str:
        """Keep a file as it came, for evidence alone; its SHA-256 in hexadecimal."""
        await self._write(file, ORIGINAL, content, key)
        return hashlib.sha256(content).hexdigest()

    async def get(self, file: str) -> bytes | None:
        """What officers may see; None when it is missing, was changed, or its key is gone."""
        return await self._read(file, CLEAN)

    async def get_original(self, file: str) -> bytes | None:
        """The file as it came; None when it is missing, was changed, or its key is gone."""
        return await self._read(file, ORIGINAL)

    async def drop(self, file: str) -> None:
        """Destroy a file and its original. Nothing happens when they are gone."""
        await self._shelf.delete(*(_name(file, ending) for ending in ENDINGS))

    async def take_in(self, content: AsyncIterator[bytes], most: int) -> str:
        """Keep an upload of the page until it is fetched; its reference. `TooLarge`, and what `content` raises."""
        ref = secrets.token_hex(16)
        await self._write(ref, UPLOAD, await gather(content, most))
        return ref

    async def open(self, ref: str) -> AsyncIterator[bytes]:
        """The bytes of an upload; `NoUpload`. It stays, so that a fetch can be tried again, until `drop` or `tidy`."""
        content = await self._read(ref, UPLOAD) if ID.fullmatch(ref) else None
        if content is None:
            raise NoUpload
        for start in range(0, len(content), CHUNK):
            yield content[start : start + CHUNK]

    def orphans(self, known: Collection[str]) -> list[str]:
        """Ids of kept files that are not in `known`. Uploads, which nobody knows yet, are left to `tidy`. Blocks."""
        parted = (name.partition(".") for name, _ in self._shelf.listed())
        return sorted({file for file, dot, ending in parted if dot + ending in (CLEAN, ORIGINAL)}.difference(known))

    def tidy(self, before: datetime) -> int:
        """Destroy uploads, and what a crash left half written, of before that moment; how many there were. Blocks."""
        return self._shelf.tidy(UPLOAD, before)

    async def _write(self, file: str, ending: str, content: bytes, key: CaseKey | None = None) -> None:
        name = _name(file, ending)
        sealed = await asyncio.to_thread(self._seal, name, content, key or self._vault.case_key())
        await self._shelf.put(name, sealed)

    async def _read(self, file: str, ending: str) -> bytes | None:
        name = _name(file, ending)
        whole = await self._shelf.get(name)
        if whole is None:
            return None
        opened = await asyncio.to_thread(self._open, name, whole)
        if opened is None and (key := await self._find(file)):
            return await asyncio.to_thread(open_by, key, name, whole)
        return opened

    def _seal(self, name: str, content: bytes, key: CaseKey) -> bytes:
        return _joined(self._vault.wrap(key, f"file:{name}"), key.seal_bytes(content, _context(name)))

    def _open(self, name: str, whole: bytes) -> bytes | None:
        try:
            return open_by(self._vault.unwrap(_split(whole)[0], f"file:{name}"), name, whole)
        except CannotOpen:
            return None


def open_by(key: CaseKey, name: str, whole: bytes) -> bytes | None:
    """The content of a sealed file under its name, by a key that was kept elsewhere; None when it does not fit."""
    try:
        return key.open_bytes(_split(whole)[1], _context(name))
    except CannotOpen:
        return None


async def gather(content: AsyncIterator[bytes], most: int) -> bytes:
    """All of it in memory; `TooLarge` as soon as it is more than `most` bytes."""
    held = bytearray()
    async for chunk in content:
        held += chunk
        if len(held) > most:
            raise TooLarge(f"more than {most} bytes")
    return bytes(held)


def _name(file: str, ending: str) -> str:
    if not ID.fullmatch(file):
        raise ValueError("a file's id is 32 hexadecimal digits")
    return file + ending


def _context(name: str) -> str:
    return f"nts1|file|content|{name}|1"


def _joined(wrapped: bytes, sealed: bytes) -> bytes:
    return b"".join((len(wrapped).to_bytes(LENGTH_BYTES), wrapped, sealed))


def _split(whole: bytes) -> tuple[bytes, bytes]:
    end = LENGTH_BYTES + int.from_bytes(whole[:LENGTH_BYTES])
    return whole[LENGTH_BYTES:end], whole[end:]
