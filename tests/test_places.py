"""Names of places for every reader, the way of a report up the chain, and the arithmetic of the compass."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.places import (
    District,
    Gazetteer,
    Match,
    Near,
    Province,
    chain,
    compass,
    district_name,
    metres,
    on_earth,
    province_name,
)


@dataclass(frozen=True)
class Town:
    """A gazetteer of three districts, two of which face the third."""

    districts: Mapping[str, District]
    provinces: Mapping[str, Province]
    crossings: Mapping[str, object] = field(default_factory=dict)


def district(code: str, province: str, en: str, local: str, *twins: str) -> District:
    return District(code, code[:2], province, en, local, 18.0, 103.0, programme=code.startswith("TH"), twins=twins)


TOWN: Gazetteer = Town(  # type: ignore[assignment]  # names and chains look nothing up on the map
    {
        d.code: d
        for d in (
            district("TH3801", "TH-38", "Mueang Bueng Kan", "เมืองบึงกาฬ", "LA1101"),
            district("TH4301", "TH-43", "Mueang Nong Khai", "เมืองหนองคาย", "LA1101"),
            district("TH3805", "TH-38", "Pak Khat", "ปากคาด", "LA1101"),
            district("LA1101", "LA-BL", "Pakxane", "ປາກຊັນ", "TH3801", "TH4301", "TH3805", "KH0110"),
            district("LA1804", "LA-XS", "Home", "ຮົ່ມ"),
            district("KH0110", "KH-1", "Poipet", "ប៉ោយប៉ែត"),
            district("KH0199", "KH-1", "Nameless", ""),
        )
    },
    {
        p.iso: p
        for p in (
            Province("TH-38", "TH", "Bueng Kan", {"th": "บึงกาฬ", "lo": "ຈັງຫວັດບຶງການ", "km": "ខេត្តបឹងកាល"}),
            Province("TH-43", "TH", "Nong Khai", {"th": "หนองคาย"}),
            Province("LA-BL", "LA", "Bolikhamxai", {"th": "แขวงบริคำไชย", "lo": "ແຂວງບໍລິຄໍາໄຊ"}),
            Province("LA-XS", "LA", "Xaisomboun", {}),
            Province("KH-1", "KH", "Banteay Meanchey", {"km": "ខេត្តបន្ទាយមានជ័យ"}),
        )
    },
)


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("TH3801", "th", "อ.เมืองบึงกาฬ จ.บึงกาฬ"),
        ("TH3801", "lo", "เมืองบึงกาฬ (Mueang Bueng Kan), ຈັງຫວັດບຶງການ"),
        ("TH3801", "km", "เมืองบึงกาฬ (Mueang Bueng Kan), ខេត្តបឹងកាល"),
        ("TH3801", "en", "Mueang Bueng Kan, Bueng Kan"),
        ("TH4301", "km", "เมืองหนองคาย (Mueang Nong Khai), Nong Khai"),
        ("LA1101", "lo", "ປາກຊັນ, ແຂວງບໍລິຄໍາໄຊ"),
        ("LA1101", "th", "ປາກຊັນ (Pakxane), แขวงบริคำไชย"),
        ("LA1101", "en", "Pakxane, Bolikhamxai"),
        ("KH0110", "km", "ប៉ោយប៉ែត, ខេត្តបន្ទាយមានជ័យ"),
        ("KH0110", "th", "ប៉ោយប៉ែត (Poipet), Banteay Meanchey"),
        ("KH0199", "km", "Nameless, ខេត្តបន្ទាយមានជ័យ"),
        ("TH3801", "vi", "Mueang Bueng Kan, Bueng Kan"),
        ("TH0000", "th", "TH0000"),
    ],
)
def test_a_district_is_called_what_its_reader_can_read(code: str, language: str, name: str) -> None:
    assert district_name(TOWN, code, language) == name


@pytest.mark.parametrize(
    ("iso", "language", "name"),
    [
        ("TH-38", "th", "จ.บึงกาฬ"),
        ("TH-38", "lo", "ຈັງຫວັດບຶງການ"),
        ("TH-43", "lo", "Nong Khai"),
        ("LA-BL", "th", "แขวงบริคำไชย"),
        ("KH-1", "en", "Banteay Meanchey"),
        ("TH-99", "th", "TH-99"),
    ],
)
def test_a_province_falls_back_to_its_romanised_name(iso: str, language: str, name: str) -> None:
    assert province_name(TOWN, iso, language) == name


@pytest.mark.parametrize(
    ("code", "scopes"),
    [
        ("TH3801", ("TH3801", "P:TH-38", "*")),
        ("LA1101", ("LA1101", "TH3801", "TH4301", "TH3805", "P:LA-BL", "P:TH-38", "P:TH-43", "*")),
        ("LA1804", ("LA1804", "P:LA-XS", "*")),
        ("TH0000", ("TH0000", "*")),
        ("", ("*",)),
        ("*", ("*",)),
    ],
)
def test_a_report_is_offered_to_the_nearest_scope_first(code: str, scopes: tuple[str, ...]) -> None:
    assert chain(TOWN, code) == scopes


@given(st.text())
def test_every_chain_ends_with_everybody_and_names_nobody_twice(code: str) -> None:
    scopes = chain(TOWN, code)
    assert scopes[-1] == "*"
    assert len(set(scopes)) == len(scopes)


@pytest.mark.parametrize(
    ("north", "east", "point"),
    [(1, 0, "n"), (1, 1, "ne"), (0, 1, "e"), (-1, 1, "se"), (-1, 0, "s"), (-1, -1, "sw"), (0, -1, "w"), (1, -1, "nw")],
)
def test_the_compass_has_eight_points(north: int, east: int, point: str) -> None:
    assert compass(18.0, 103.0, 18.0 + north / 100, 103.0 + east / 100) == point


def test_a_degree_of_latitude_is_111_km() -> None:
    assert metres(18.0, 103.0, 19.0, 103.0) == pytest.approx(111_195, abs=10)
    assert metres(18.0, 103.0, 18.0, 103.0) == 0


latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)


@given(latitudes, longitudes, latitudes, longitudes)
def test_it_is_as_far_there_as_back_and_never_farther_than_half_round(a: float, b: float, c: float, d: float) -> None:
    assert metres(a, b, c, d) == pytest.approx(metres(c, d, a, b), abs=1)
    assert 0 <= metres(a, b, c, d) <= 20_016_000
    assert compass(a, b, c, d) in ("n", "ne", "e", "se", "s", "sw", "w", "nw")


@pytest.mark.parametrize(
    ("latitude", "longitude", "real"),
    [
        (90.0, 180.0, True),
        (-90.0, -180.0, True),
        (90.1, 0.0, False),
        (0.0, 180.1, False),
        (float("nan"), 0.0, False),
        (0.0, float("-inf"), False),
    ],
)
def test_degrees_are_checked(latitude: float, longitude: float, real: bool) -> None:
    assert on_earth(latitude, longitude) is real


def test_values_can_be_compared() -> None:
    assert Match("district", "TH3801", 1.0) == Match("district", "TH3801", 1.0)
    assert Near("crossing", "x", 3, "n") != Near("crossing", "x", 3, "s")
