"""From a point to the districts there, by H3 cell (h3geo.org/docs): the map compiled by build.py."""

from array import array
from bisect import bisect_left
from itertools import chain

from h3.api import basic_int as h3

from handlers.places import metres, on_earth
from storage.gazetteer.build import HEADER, MAGIC, little

FINEST = 8  # resolution of the smallest cells of the map; about 0.9 km from centre to centre
COARSEST = 5  # resolution of the biggest ones
REACH = 5_000  # metres: a pin in mid-river, or a phone without GPS, still finds its district
RINGS = 7  # the seventh ring of cells around a pin lies wholly beyond REACH


class Cells:
    """The map: sorted cells, and for each one the line of `codes` that names its districts."""

    __slots__ = ("_cells", "_codes", "_lines")

    def __init__(self, compiled: bytes) -> None:
        """Raises ValueError when these are not the bytes of a cells.bin of this version."""
        texts = len(MAGIC) + HEADER.size
        ours = compiled.startswith(MAGIC) and len(compiled) > texts
        count, size = HEADER.unpack_from(compiled, len(MAGIC)) if ours else (0, 0)
        cells = texts + size
        lines = cells + 8 * count
        if not count or len(compiled) != lines + 2 * count:
            raise ValueError("not a cells.bin of this version")
        self._codes = tuple(tuple(line.split("|")) for line in compiled[texts:cells].decode().split("\n"))
        self._cells = little(array("Q", compiled[cells:lines]))
        self._lines = little(array("H", compiled[lines:]))

    def inside(self, latitude: float, longitude: float) -> tuple[str, ...]:
        """Codes of the cell under a point, the one that covers most of it first."""
        return self._lookup(h3.latlng_to_cell(latitude, longitude, FINEST)) if on_earth(latitude, longitude) else ()

    def at(self, latitude: float, longitude: float) -> tuple[str, ...]:
        """Codes of the cell under a point, else those of the first ring of cells around it that has any in REACH."""
        if not on_earth(latitude, longitude):
            return ()
        cell = h3.latlng_to_cell(latitude, longitude, FINEST)
        return self._lookup(cell) or next(filter(None, (self._ring(cell, k, latitude, longitude) for k in _RINGS)), ())

    def _ring(self, cell: int, k: int, latitude: float, longitude: float) -> tuple[str, ...]:
        hits = [(near, codes) for near in h3.grid_ring(cell, k) if (codes := self._lookup(near))]
        away = [(metres(latitude, longitude, *h3.cell_to_latlng(near)), codes) for near, codes in hits]
        return tuple(dict.fromkeys(chain.from_iterable(codes for distance, codes in sorted(away) if distance <= REACH)))

    def _lookup(self, cell: int) -> tuple[str, ...]:
        for resolution in _RESOLUTIONS:
            wanted = cell if resolution == FINEST else h3.cell_to_parent(cell, resolution)
            place = bisect_left(self._cells, wanted)
            if place < len(self._cells) and self._cells[place] == wanted:
                return self._codes[self._lines[place]]
        return ()


_RINGS = range(1, RINGS + 1)
_RESOLUTIONS = range(FINEST, COARSEST - 1, -1)
