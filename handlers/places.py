"""Where things are: districts, crossings, provinces, how they are called, and who hears of a report there."""

from collections.abc import Mapping
from math import asin, atan2, cos, degrees, isfinite, radians, sin, sqrt
from typing import Literal, Protocol

from handlers.values import dataclass

Kind = Literal["district", "crossing", "province"]
Compass = Literal["n", "ne", "e", "se", "s", "sw", "w", "nw"]

EVERYWHERE = "*"
EARTH = 6_371_008.8  # metres, mean radius (IUGG)
POLE = 90.0  # degrees of latitude

_COMPASS: tuple[Compass, ...] = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
_HOME = {"TH": "th", "LA": "lo", "KH": "km"}


@dataclass(frozen=True, slots=True)
class Province:
    """A province under its ISO 3166-2 code. `names` by language (th, lo, km), only where a source has one."""

    iso: str
    country: str
    en: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class District:
    """The unit of routing. `code` is country and official number; `province` is an ISO 3166-2 code.

    `local` is the name in the script of its own country. The centre (WGS 84 degrees) is that of the largest circle
    inside the district, not the town. `programme`: belongs to the programme by default. `twins` are the districts
    that face it over the border, the likeliest first.
    """

    code: str
    country: str
    province: str
    en: str
    local: str
    latitude: float
    longitude: float
    programme: bool
    twins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A border crossing of a Thai district; `local` is Thai. WGS 84 degrees, None when no source has them."""

    code: str
    en: str
    local: str
    permanent: bool
    district: str
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class Match:
    """Something called like the typed words; `score` is 1 for the very name, `code` an ISO code for provinces."""

    kind: Kind
    code: str
    score: float


@dataclass(frozen=True, slots=True)
class Near:
    """A point lies `metres` to the `compass` of a known place: "3 km north-west of ..."."""

    kind: Kind
    code: str
    metres: int
    compass: Compass


class Gazetteer(Protocol):
    """What is known of the border. Nothing here raises on any point or words."""

    @property
    def districts(self) -> Mapping[str, District]:
        """Every district by code."""

    @property
    def provinces(self) -> Mapping[str, Province]:
        """Every province by ISO 3166-2 code."""

    @property
    def crossings(self) -> Mapping[str, Crossing]:
        """Every crossing by code."""

    def inside(self, latitude: float, longitude: float) -> tuple[str, ...]:
        """Districts of the map cell under a point, best first; two or more: a border runs through, ask."""

    def at(self, latitude: float, longitude: float) -> tuple[str, ...]:
        """`inside`, or where that is empty the nearest districts within 5 km; empty when there is none."""

    def find(self, words: str, limit: int = 8) -> tuple[Match, ...]:
        """What typed words may mean, best first, from both banks where both have a match."""

    def nearest(self, latitude: float, longitude: float) -> Near | None:
        """The nearest crossing or district centre; None for a point that is nowhere near the border."""


def on_earth(latitude: float, longitude: float) -> bool:
    """Whether these are WGS 84 degrees at all."""
    return isfinite(latitude) and isfinite(longitude) and abs(latitude) <= POLE and abs(longitude) <= 2 * POLE


def metres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance of two points (haversine)."""
    north, other = radians(latitude), radians(other_latitude)
    across = sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(sin((other - north) / 2) ** 2 + cos(north) * cos(other) * across)))


def compass(latitude: float, longitude: float, seen_latitude: float, seen_longitude: float) -> Compass:
    """Where the second point lies, seen from the first one."""
    here, there, east = radians(latitude), radians(seen_latitude), radians(seen_longitude - longitude)
    bearing = atan2(sin(east) * cos(there), cos(here) * sin(there) - sin(here) * cos(there) * cos(east))
    return _COMPASS[round(degrees(bearing) / 45) % 8]


def province_scope(iso: str) -> str:
    """The scope of groups and coordinators of a whole province."""
    return f"P:{iso}"


def province_name(gazetteer: Gazetteer, iso: str, language: str) -> str:
    """A province for a reader of `language`; romanised where no source has it in that script, else the code itself."""
    province = gazetteer.provinces.get(iso)
    if province is None:
        return iso
    name = province.names.get(language, province.en)
    return f"จ.{name}" if language == "th" and province.country == "TH" else name


def district_name(gazetteer: Gazetteer, code: str, language: str) -> str:
    """A district with its province for a reader of `language`: th, lo, km, anything else reads English.

    No source has names of districts in a neighbour's script, so a neighbour sees the local and the romanised name.
    """
    district = gazetteer.districts.get(code)
    if district is None:
        return code
    province = province_name(gazetteer, district.province, language)
    if language not in _HOME.values() or not district.local:
        return f"{district.en}, {province}"
    if language != _HOME.get(district.country):
        return f"{district.local} ({district.en}), {province}"
    return f"อ.{district.local} {province}" if language == "th" else f"{district.local}, {province}"


def chain(gazetteer: Gazetteer, code: str) -> tuple[str, ...]:
    """The scopes that a report of this district is offered to, nearest first; the last one is always `*`.

    A Lao or Cambodian district has no officers of the programme: the Thai districts that face it come next.
    """
    district = gazetteer.districts.get(code)
    if district is None:
        return (code, EVERYWHERE) if code not in ("", EVERYWHERE) else (EVERYWHERE,)
    facing = [gazetteer.districts[twin] for twin in district.twins] if district.country != "TH" else []
    offered = [district, *(twin for twin in facing if twin.country == "TH")]
    provinces = dict.fromkeys(province_scope(each.province) for each in offered)
    return (*(each.code for each in offered), *provinces, EVERYWHERE)


def short_name(gazetteer: Gazetteer, kind: Kind, code: str, language: str) -> str:
    """A crossing or district alone, as a reader of `language` knows it: in its own script, romanised, or both."""
    place = gazetteer.crossings[code] if kind == "crossing" else gazetteer.districts[code]
    country = "TH" if kind == "crossing" else gazetteer.districts[code].country
    if language == _HOME[country]:
        return place.local
    return f"{place.local} ({place.en.partition(' (')[0]})" if language in _HOME.values() else place.en
