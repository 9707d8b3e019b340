"""Keys that live beside the database and never in it: one file a key, made once, cached, destroyed for good."""

import hmac
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

Purpose = Literal["hot", "contact", "reporter", "tag", "code", "web", "audit"]

KEY_BYTES = 32  # AES-256, and the block that HMAC-SHA256 gives
FOLDER_MODE = 0o700
FILE_MODE = 0o400
OTHERS = 0o077  # what group and world may do: nothing
REREAD = timedelta(minutes=1)  # how long a key destroyed by another process may stay in this one's memory
LEFTOVER = ".new-"  # a key being made; still there later only after a crash
EPOCH = re.compile(r"0|[0-9]{4}[WM][0-9]{2}", re.ASCII)  # it becomes a file name: nothing else may pass


class KeyGone(Exception):
    """There is no such key here, or its file cannot be used: what it sealed stays sealed."""


class Key:
    """One key, able to seal, to sign and to derive; it shows its name and never its bytes.

    Each use has its own subkey (HKDF-Expand, RFC 5869), so that no two algorithms share one.
    """

    __slots__ = ("_mac", "_raw", "cipher", "epoch", "kid")

    def __init__(self, purpose: str, epoch: str, raw: bytes) -> None:
        self._raw = raw
        self.epoch = epoch
        self.kid = f"{purpose}:{epoch}"
        self.cipher = AESGCM(self.derive(b"nts1|seal"))
        self._mac = hmac.new(self.derive(b"nts1|mac"), digestmod="sha256")

    def __repr__(self) -> str:
        return f"<Key {self.kid}>"

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA256 of `message`, 32 bytes; compare with `hmac.compare_digest`."""
        state = self._mac.copy()
        state.update(message)
        return state.digest()

    def derive(self, info: bytes) -> bytes:
        """32 bytes that belong to `info` alone."""
        return HKDFExpand(hashes.SHA256(), KEY_BYTES, info).derive(self._raw)


def week(at: datetime) -> str:
    """The ISO week of a moment in UTC, such as 2026W48; the last days of a year may belong to the next one."""
    year, number, _ = at.astimezone(UTC).isocalendar()
    return f"{year:04}W{number:02}"


def month(at: datetime) -> str:
    """The month of a moment in UTC, such as 2026M11."""
    return f"{at.astimezone(UTC):%YM%m}"


def always(_at: datetime) -> str:
    """The one epoch of a key that does not turn."""
    return "0"


PERIODS: Mapping[Purpose, Callable[[datetime], str]] = MappingProxyType(
    {
        "hot": week,
        "contact": week,
        "reporter": month,
        "tag": always,
        "code": always,
        "web": always,
        "audit": always,
    }
)


class Keystore:
    """A folder of keys, safe to share between processes of one machine.

    Every period begins and ends at midnight UTC. `now` must give an aware time.
    """

    __slots__ = ("_current", "_durable", "_folder", "_keys", "_now", "_random", "_since", "_until")

    def __init__(self, folder: Path, now: Callable[[], datetime], random: Callable[[int], bytes]) -> None:
        self._folder = folder
        self._now = now
        self._random = random
        self._keys: dict[tuple[str, str], Key] = {}
        self._current: dict[Purpose, tuple[str, Key]] = {}
        self._durable: set[Path] = set()
        self._since = self._until = datetime.min.replace(tzinfo=UTC)

    @classmethod
    def open(cls, folder: Path, now: Callable[[], datetime], random: Callable[[int], bytes] = os.urandom) -> Self:
        """The keystore in `folder`, which is made when missing; an existing folder's modes are left to `problems`."""
        if not folder.is_dir():
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        return cls(folder, now, random)

    def __repr__(self) -> str:
        return f"<Keystore {self._folder}>"

    def current(self, purpose: Purpose) -> tuple[str, Key]:
        """This period's epoch and key, made now when nobody has made it yet, and on disk before it is given out."""
        self._forget_what_is_old()
        held = self._current.get(purpose)
        if held is None:
            epoch = PERIODS[purpose](self._now())
            self._settle(self._path(purpose, epoch))
            held = self._current[purpose] = (epoch, self.key(purpose, epoch))
        return held

    def key(self, purpose: Purpose, epoch: str) -> Key:
        """The key of one epoch; `KeyGone` when it was destroyed, never made, or its file is broken."""
        self._forget_what_is_old()
        key = self._keys.get((purpose, epoch))
        if key is None:
            key = self._keys[purpose, epoch] = Key(purpose, epoch, self._read(self._path(purpose, epoch)))
        return key

    def epochs(self, purpose: Purpose) -> list[str]:
        """The epochs of which a key exists, oldest first."""
        named = (path.stem.partition("-") for path in self._folder.glob(f"{purpose}-*.key"))
        return sorted(epoch for _, _, epoch in named if EPOCH.fullmatch(epoch))

    def destroy(self, purpose: Purpose, epoch: str) -> None:
        """Make all that this key sealed unreadable for ever; nothing happens when it is gone already.

        Other processes let go of it within `REREAD`: what they seal under a key destroyed in its own period is lost.
        Flash media may keep old blocks, so the overwriting helps where it can and the disk should be encrypted.
        """
        path = self._path(purpose, epoch)
        with suppress(OSError):
            path.chmod(0o600)
            with path.open("r+b") as file:
                file.write(self._random(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
        path.unlink(missing_ok=True)
        self._keys.clear()
        self._current.clear()
        self._sync_folder()

    def problems(self) -> list[str]:
        """What is wrong with the folder and its files, in words that say what to do, for `ntswatch check`."""
        found = list(_too_open(self._folder, "700"))
        if not os.access(self._folder, os.W_OK):
            found.append(f"{self._folder}: not writable, next week's key cannot be made; chown it to the bot")
        for path in sorted(self._folder.iterdir()):
            found.extend(_file_problems(path))
        return found

    def _forget_what_is_old(self) -> None:
        now = self._now()
        if self._since <= now < self._until:
            return
        self._keys.clear()
        self._current.clear()
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self._since, self._until = now, min(now + REREAD, midnight)

    def _path(self, purpose: Purpose, epoch: str) -> Path:
        if purpose not in PERIODS or not EPOCH.fullmatch(epoch):
            raise KeyGone("no key has such a name")
        return self._folder / f"{purpose}-{epoch}.key"

    def _read(self, path: Path) -> bytes:
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise KeyGone(f"{path.stem}: {error.strerror}") from None
        if len(raw) != KEY_BYTES:
            raise KeyGone(f"{path.stem}: not {KEY_BYTES} bytes")
        return raw

    def _settle(self, path: Path) -> None:
        """Have the key's file, and its name in the folder, on disk: also when another process has only just made it."""
        if path in self._durable and path.exists():
            return
        if not path.exists():
            self._make(path)
        self._sync_folder()
        self._durable.add(path)

    def _make(self, path: Path) -> None:
        """Write the key aside and give it its name only if the name is free: who loses the race uses the winner's."""
        handle, aside = tempfile.mkstemp(prefix=LEFTOVER, dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self._random(KEY_BYTES))
                file.flush()
                os.fchmod(handle, FILE_MODE)
                os.fsync(handle)
            with suppress(FileExistsError):
                os.link(aside, path)
        finally:
            os.unlink(aside)

    def _sync_folder(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _too_open(path: Path, wanted: str) -> Iterator[str]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & OTHERS:
        yield f"{path}: mode {mode:o} lets others in; chmod {wanted} it"


def _file_problems(path: Path) -> Iterator[str]:
    purpose, _, epoch = path.stem.partition("-")
    if path.name.startswith(LEFTOVER):
        yield f"{path}: left by a crash while a key was made; delete it"
    elif path.suffix != ".key" or purpose not in PERIODS or not EPOCH.fullmatch(epoch):
        yield f"{path}: not a key of ours; move it elsewhere"
    elif path.stat().st_size != KEY_BYTES:
        yield f"{path}: {path.stat().st_size} bytes instead of {KEY_BYTES}; bring it back from its backup"
    yield from _too_open(path, "400")
