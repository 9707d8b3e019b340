"""The districts' data: loaded once at the start, the same in a checkout, a wheel and a zip."""

import csv
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import StringIO
from math import cos, radians
from typing import TYPE_CHECKING

from handlers.places import Crossing, District, Kind, Match, Near, Province, compass, metres, on_earth

if TYPE_CHECKING:
    from storage.gazetteer.cells import Cells
    from storage.gazetteer.names import Names

FAR = 60_000  # metres: the districts reach 50 km from a known place; what is farther is elsewhere
FAR_DEGREES = FAR / 110_000  # of latitude, a little more than needed: a degree is 110.6 km or longer
ROUGHLY = 1.05  # squares of flat distances are right to a percent this near

Row = Mapping[str, str]
Spot = tuple[Kind, str, float, float]


class NotCompiled(Exception):
    """The map is missing or of another version."""


class Atlas:
    """The gazetteer of `handlers.places`, in memory."""

    def __init__(
        self,
        provinces: Mapping[str, Province],
        districts: Mapping[str, District],
        crossings: Mapping[str, Crossing],
        cells: "Cells",
    ) -> None:
        self.provinces = provinces
        self.districts = districts
        self.crossings = crossings
        self._cells = cells

    def inside(self, latitude: float, longitude: float) -> tuple[str, ...]:
        """See `handlers.places.Gazetteer.inside`."""
        return self._cells.inside(latitude, longitude)

    def at(self, latitude: float, longitude: float) -> tuple[str, ...]:
        """See `handlers.places.Gazetteer.at`."""
        return self._cells.at(latitude, longitude)

    def find(self, words: str, limit: int = 8) -> tuple[Match, ...]:
        """See `handlers.places.Gazetteer.find`."""
        return self._names.find(words, limit)

    def nearest(self, latitude: float, longitude: float) -> Near | None:
        """See `handlers.places.Gazetteer.nearest`."""
        if not on_earth(latitude, longitude):
            return None
        around = self._around(latitude, longitude)
        if not around:
            return None
        away, (kind, code, north, east) = min((metres(latitude, longitude, s[2], s[3]), s) for s in around)
        return Near(kind, code, round(away), compass(north, east, latitude, longitude)) if away <= FAR else None

    def _around(self, latitude: float, longitude: float) -> list[Spot]:
        """Those that may be the nearest: flat distances are far cheaper than real ones."""
        shrunk = cos(radians(latitude))
        first = bisect_left(self._spots, latitude - FAR_DEGREES, key=_latitude)
        last = bisect_left(self._spots, latitude + FAR_DEGREES, key=_latitude)
        flat = [((s[2] - latitude) ** 2 + ((s[3] - longitude) * shrunk) ** 2, s) for s in self._spots[first:last]]
        least = min(flat, default=(0.0, None))[0]
        return [s for away, s in flat if away <= least * ROUGHLY]

    @cached_property
    def _spots(self) -> tuple[Spot, ...]:
        """From south to north."""
        centres: list[Spot] = [("district", d.code, d.latitude, d.longitude) for d in self.districts.values()]
        crossings: Iterator[Spot] = (
            ("crossing", c.code, c.latitude, c.longitude)
            for c in self.crossings.values()
            if c.latitude is not None and c.longitude is not None
        )
        return tuple(sorted((*centres, *crossings), key=_latitude))

    @cached_property
    def _names(self) -> "Names":
        from storage.gazetteer.names import Entry, Names  # most chats never type a name

        provinces = (Entry("province", p.iso, p.country, (p.en, *p.names.values())) for p in self.provinces.values())
        districts = (
            Entry("district", d.code, d.country, (d.en, d.local), self._with_province(d))
            for d in self.districts.values()
        )
        crossings = (
            Entry("crossing", c.code, self.districts[c.district].country, (c.en, c.local))
            for c in self.crossings.values()
        )
        return Names((*provinces, *districts, *crossings))

    def _with_province(self, district: District) -> tuple[str, ...]:
        province = self.provinces[district.province]
        local = province.names.get({"TH": "th", "LA": "lo", "KH": "km"}[district.country], "")
        return (f"{district.en} {province.en}", f"{district.local} {local}")


def load(data: Traversable | None = None) -> Atlas:
    """The gazetteer that ships with the bot, or the one in another folder. Raises NotCompiled."""
    from storage.gazetteer.cells import Cells  # build.py also runs where h3 is not installed

    folder = files(__name__) / "data" if data is None else data
    try:
        cells = Cells((folder / "cells.bin").read_bytes())
    except (FileNotFoundError, ValueError) as error:
        raise NotCompiled(f"no usable cells.bin in the gazetteer ({error}): run `make compile`") from error
    provinces = {row["iso3166_2"]: _province(row) for row in _rows(folder, "provinces")}
    twins: dict[str, list[str]] = {}
    for row in sorted(_rows(folder, "twins"), key=lambda row: row["basis"] != "sourced"):
        twins.setdefault(row["district"], []).append(row["facing"])
        twins.setdefault(row["facing"], []).append(row["district"])
    isos = {(province.country, province.en): province.iso for province in provinces.values()}
    districts = {
        row["code"]: _district(row, isos[row["country"], row["province_en"]], twins.get(row["code"], ()))
        for row in _rows(folder, "districts")
    }
    crossings = (_crossing(row) for row in _rows(folder, "crossings"))
    return Atlas(provinces, districts, {crossing.code: crossing for crossing in crossings}, cells)


def _latitude(spot: Spot) -> float:
    return spot[2]


def _rows(folder: Traversable, table: str) -> Iterator[Row]:
    return csv.DictReader(StringIO((folder / f"{table}.csv").read_text(encoding="utf-8")))


def _province(row: Row) -> Province:
    names = {language: row[f"name_{language}"] for language in ("th", "lo", "km") if row[f"name_{language}"]}
    return Province(row["iso3166_2"], row["country"], row["name_en"], names)


def _district(row: Row, iso: str, twins: list[str] | tuple[str, ...]) -> District:
    return District(
        row["code"],
        row["country"],
        iso,
        row["district_en"],
        row["district_local"],
        float(row["lat"]),
        float(row["lon"]),
        programme=row["programme"] in ("named", "inferred"),
        twins=tuple(twins),
    )


def _crossing(row: Row) -> Crossing:
    slug = re.sub(r"[^a-z0-9]+", "-", row["name_en"].casefold()).strip("-")
    latitude, longitude = (float(row[axis]) if row[axis] else None for axis in ("lat", "lon"))
    permanent = row["type"] == "permanent"
    return Crossing(
        f"{row['district']}-{slug}", row["name_en"], row["name_th"], permanent, row["district"], latitude, longitude
    )
