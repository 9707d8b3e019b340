"""How full the disks are that we write to: files are refused first, reports as late as possible."""

import logging
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

log = logging.getLogger(__name__)
Probe = Callable[[Path], float]  # the share of the disk under a folder that is taken, 0 to 1


def taken(folder: Path) -> float:
    """Of the disk this folder is on, or will be on once it is made."""
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    usage = shutil.disk_usage(there)
    return usage.used / (usage.used + usage.free)  # `total` counts what is kept back for root


class Room:
    """`look` is called by the clock. Shares are those of the fullest disk."""

    def __init__(
        self,
        folders: Iterable[Path],
        refuse_files: float,
        stop: float,
        tell: Callable[[bool], None],
        probe: Probe = taken,
    ) -> None:
        self._folders, self._refuse, self._stop = tuple(folders), refuse_files, stop
        self._tell, self._probe = tell, probe
        self.files, self.left = True, True

    def look(self) -> None:
        """Whether there is room for files, and for anything at all."""
        share = max(map(self._probe, self._folders), default=0.0)
        files, left = share < self._refuse, share < self._stop
        if (files, left) != (self.files, self.left):
            log.warning("room on the disk", extra={"action": "room", "count": round(share * 100)})
        self.files, self.left = files, left
        self._tell(files)
