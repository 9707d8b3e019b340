"""Where events wait, sealed and on disk, while the database takes nothing; they are replayed when it is back.

One file is what one call brought: `<number>-<process>.events`, the number always growing, so that the order of a folder
is the order in which things happened. A file is written aside, synced, and only then named; its name is synced too.
Several processes may share a folder: none takes another's name, and each replays whatever is there, because an event
that is handled twice does no harm.
"""

import os
import secrets
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import orjson

from handlers.events import Address, Body, Edited, Incoming, Media, MediaKind, MembersJoined, MembersLeft, Outcome
from handlers.values import dataclass
from storage.vault import CannotOpen, Vault

ENDING, BROKEN, LEFTOVER = ".events", ".broken", ".new-"
FOLDER_MODE = 0o700
BODIES = {kind.__name__: kind for kind in get_args(Body) if kind is not Outcome}


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of the spool and the events in it; none when nobody can open it any more."""

    path: Path
    events: tuple[Incoming, ...]


class Spool:
    """A folder of sealed events. Every call may raise OSError (or KeyGone, where this week's key cannot be made)."""

    def __init__(
        self, folder: Path, vault: Vault, now: Callable[[], datetime] = lambda: datetime.now(UTC), *, process: str = ""
    ) -> None:
        self._folder, self._vault, self._now = folder, vault, now
        self._process = process or secrets.token_hex(4)
        self._last = max((_number(path) for path in self._paths()), default=0)

    def number(self) -> int:
        """The place of what is kept next, behind everything there is; taken before `keep`, which takes time."""
        self._last = max(self._last + 1, int(self._now().timestamp() * 1_000_000))
        return self._last

    def keep(self, number: int, events: Sequence[Incoming]) -> None:
        """On disk, name and all, when this returns."""
        self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        name = f"{number:016d}-{self._process}{ENDING}"
        sealed = self._vault.seal(orjson.dumps([write(e) for e in events]), _context(name))
        handle, aside = tempfile.mkstemp(prefix=LEFTOVER, dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(handle)
            os.rename(aside, self._folder / name)
        except BaseException:
            os.unlink(aside)
            raise
        self._sync()

    def oldest(self, most: int) -> list[Kept]:
        """The first files, in order, but for what another process replayed meanwhile."""
        opened = (self._open(path) for path in sorted(self._paths())[:most])
        return [kept for kept in opened if kept is not None]

    def forget(self, kept: Sequence[Kept]) -> None:
        """They are in the database. What could not be opened is set aside under another name."""
        for one in kept:
            if one.events:
                one.path.unlink(missing_ok=True)
            else:
                with suppress(FileNotFoundError):
                    one.path.rename(one.path.with_suffix(BROKEN))
        self._sync()

    def waiting(self, but: Collection[int] = ()) -> int:
        """How many files there are, but for our own with these numbers."""
        own = {f"{number:016d}-{self._process}{ENDING}" for number in but}
        return sum(1 for path in self._paths() if path.name not in own)

    def _open(self, path: Path) -> Kept | None:
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            held = orjson.loads(self._vault.open(sealed, _context(path.name)))
            return Kept(path, tuple(read(one) for one in held))
        except (CannotOpen, ValueError, KeyError, TypeError):
            return Kept(path, ())

    def _paths(self) -> Iterator[Path]:
        return (path for path in self._folder.glob(f"*{ENDING}") if path.stem.partition("-")[0].isdecimal())

    def _sync(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _number(path: Path) -> int:
    return int(path.stem.partition("-")[0])


def write(event: Incoming) -> dict[str, Any]:
    """An event as JSON; the body beside the name of its kind."""
    plain = {f.name: getattr(event, f.name) for f in fields(event) if f.name not in ("at", "chat", "body")}
    body = {"kind": type(event.body).__name__, "is": asdict(event.body)}
    return plain | {"at": event.at.isoformat(), "chat": [event.chat.channel, event.chat.chat], "body": body}


def read(held: dict[str, Any]) -> Incoming:
    """What `write` was given. KeyError, TypeError and ValueError for anything else."""
    kind, values = BODIES[held["body"]["kind"]], held["body"]["is"]
    if kind is Media:
        values["kind"] = MediaKind(values["kind"])
    if kind is Edited and (file := values.get("media")):
        values["media"] = Media(**{**file, "kind": MediaKind(file["kind"])})
    if kind in (MembersJoined, MembersLeft):
        values["members"] = tuple(values["members"])
    checked = tuple((str(group), str(said)) for group, said in held.get("checked", ()))
    at, chat = datetime.fromisoformat(held["at"]), Address(*held["chat"])
    return Incoming(**{**held, "at": at, "chat": chat, "body": kind(**values), "checked": checked})


def _context(name: str) -> str:
    return f"nts1|spool|events|{name}|1"
