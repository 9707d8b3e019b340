"""The districts' data as it ships: whole, joined, and found by point and by name."""

import csv
import subprocess
import sys
from collections.abc import Iterator
from math import inf, nan
from pathlib import Path
from zipfile import ZipFile

import pytest
from h3.api import basic_int as h3
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.places import Gazetteer, Match, chain, district_name, metres
from storage.gazetteer import NotCompiled, load
from storage.gazetteer.build import build, compiled
from storage.gazetteer.cells import REACH, Cells

ROOT = Path(__file__).parents[1]
DATA = ROOT / "storage" / "gazetteer" / "data"
PLACES: Gazetteer = load()


def rows(table: str) -> Iterator[dict[str, str]]:
    with (DATA / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def found(words: str, limit: int = 8) -> list[tuple[str, str]]:
    return [(match.kind, match.code) for match in PLACES.find(words, limit)]


def test_the_programme_has_45_districts_in_17_provinces() -> None:
    members = [district for district in PLACES.districts.values() if district.programme]
    assert len(members) == 45
    assert len({district.province for district in members}) == 17
    assert {district.country for district in members} == {"TH"}


def test_nothing_was_lost() -> None:
    assert (len(PLACES.districts), len(PLACES.crossings), len(PLACES.provinces)) == (296, 47, 35)


def test_every_district_has_its_province_and_every_province_a_district() -> None:
    assert {district.province for district in PLACES.districts.values()} == set(PLACES.provinces)
    assert all(PLACES.provinces[d.province].country == d.country for d in PLACES.districts.values())


def test_every_cell_names_districts_that_exist() -> None:
    assert {code for row in rows("cells") for code in row["districts"].split("|")} == set(PLACES.districts)


def test_every_cell_is_found_by_its_own_centre() -> None:
    for row in list(rows("cells"))[::23]:
        assert PLACES.inside(*h3.cell_to_latlng(int(row["cell"], 16))) == tuple(row["districts"].split("|"))


def test_twins_face_each_other_over_the_border() -> None:
    for district in PLACES.districts.values():
        for twin in district.twins:
            assert district.code in PLACES.districts[twin].twins
            assert (district.country == "TH") != (PLACES.districts[twin].country == "TH")


def test_twins_with_a_source_come_first() -> None:
    assert PLACES.districts["TH2706"].twins == ("KH0110", "KH0105", "KH0109", "KH0210")


def test_a_crossing_has_a_code_that_fits_behind_a_button() -> None:
    for code, crossing in PLACES.crossings.items():
        assert crossing.code == code
        assert code.isascii()
        assert len(code) <= 48
        assert "." not in code
        assert crossing.district in PLACES.districts
    assert sum(crossing.permanent for crossing in PLACES.crossings.values()) == 26


@pytest.mark.parametrize("language", ["th", "lo", "km", "en"])
def test_no_two_districts_have_the_same_name_for_a_reader(language: str) -> None:
    names = {district_name(PLACES, code, language) for code in PLACES.districts}
    assert len(names) == 296
    assert all(names)


def test_every_foreign_district_that_has_a_twin_reaches_a_thai_one() -> None:
    for code, district in PLACES.districts.items():
        scopes = chain(PLACES, code)
        assert (scopes[0], scopes[-1]) == (code, "*")
        assert f"P:{district.province}" in scopes
        if district.country != "TH" and district.twins:
            assert set(district.twins) <= set(scopes)


@pytest.mark.parametrize(
    ("latitude", "longitude", "codes"),
    [
        (18.36, 103.65, ("TH3801",)),  # Mueang Bueng Kan, town
        (18.385, 103.66, ("LA1101",)),  # Pakxan, the other bank
        (18.37, 103.655, ("TH3801", "LA1101")),  # between them, on the water
        (13.66, 102.56, ("KH0110",)),  # Poipet
        (13.6890, 102.5030, ("TH2706",)),  # Aranyaprathet
        (20.4336, 99.8762, ("TH5709",)),  # Mae Sai
        (17.8783, 102.7420, ("TH4301",)),  # Nong Khai
    ],
)
def test_a_known_point_is_in_its_district(latitude: float, longitude: float, codes: tuple[str, ...]) -> None:
    assert PLACES.at(latitude, longitude) == codes


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (13.75, 100.5),  # Bangkok
        (11.55, 104.92),  # Phnom Penh
        (10.5, 101.5),  # the Gulf of Thailand
        (0.0, 0.0),
        (90.0, 180.0),
        (-90.0, -180.0),
        (90.1, 103.0),
        (18.0, 180.1),
        (nan, 103.0),
        (18.0, nan),
        (inf, -inf),
        (1e308, 1e308),
    ],
)
def test_a_point_elsewhere_is_in_no_district(latitude: float, longitude: float) -> None:
    assert PLACES.at(latitude, longitude) == ()
    assert PLACES.inside(latitude, longitude) == ()
    assert PLACES.nearest(latitude, longitude) is None


def test_a_pin_beside_the_map_finds_the_nearest_districts() -> None:
    tachileik = (20.4500, 99.8600)
    west = (tachileik[0] + 0.02, tachileik[1] - 0.005)
    assert PLACES.inside(*west) == ()
    assert PLACES.at(*west) == ("TH5709",)


def test_a_pin_in_mid_river_that_hits_no_cell_offers_both_banks() -> None:
    map_with_a_gap = Cells(compiled([(f"{cell:x}", code) for cell, code in banks()]))
    assert map_with_a_gap.inside(*RIVER) == ()
    assert set(map_with_a_gap.at(*RIVER)) == {"TH3801", "LA1101"}


RIVER = (18.3700, 103.6550)


def banks() -> Iterator[tuple[int, str]]:
    for cell in h3.grid_ring(h3.latlng_to_cell(*RIVER, 8), 1):
        yield cell, "LA1101" if h3.cell_to_latlng(cell)[0] > RIVER[0] else "TH3801"


@pytest.mark.parametrize(("rings", "codes"), [(4, ("TH3801",)), (7, ())])
def test_nothing_is_found_farther_than_5_km(rings: int, codes: tuple[str, ...]) -> None:
    here = h3.latlng_to_cell(*RIVER, 8)
    away = max(h3.grid_ring(here, rings), key=lambda cell: metres(*RIVER, *h3.cell_to_latlng(cell)))
    assert (metres(*RIVER, *h3.cell_to_latlng(away)) <= REACH) is bool(codes)
    assert Cells(compiled([(f"{away:x}", "TH3801")])).at(*RIVER) == codes


def test_the_grid_has_twelve_odd_cells_and_none_of_them_hurts() -> None:
    assert {PLACES.at(*h3.cell_to_latlng(cell)) for cell in h3.get_pentagons(8)} == {()}


@given(st.floats(), st.floats())
def test_any_two_numbers_are_a_point_or_nothing(latitude: float, longitude: float) -> None:
    assert set(PLACES.at(latitude, longitude)) <= set(PLACES.districts)
    PLACES.nearest(latitude, longitude)


@given(st.floats(11, 21), st.floats(99, 107))
@settings(max_examples=300)
def test_a_point_at_the_border_has_each_district_once_and_something_near(latitude: float, longitude: float) -> None:
    codes = PLACES.at(latitude, longitude)
    assert len(set(codes)) == len(codes)
    assert codes[: len(PLACES.inside(latitude, longitude))] == PLACES.inside(latitude, longitude)
    assert not codes or PLACES.nearest(latitude, longitude)


def test_the_nearest_place_is_told_with_distance_and_direction() -> None:
    near = PLACES.nearest(13.6621 + 0.02, 102.5487)
    assert near is not None
    assert (near.kind, near.code, near.compass) == ("crossing", "TH2706-ban-khlong-luek", "n")
    assert near.metres == pytest.approx(2_224, abs=5)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("บึงกาฬ", ("province", "TH-38")),
        ("จ.บึงกาฬ", ("province", "TH-38")),
        ("จังหวัด บึงกาฬ", ("province", "TH-38")),
        ("bueng kan province", ("province", "TH-38")),
        ("ບຶງການ", ("province", "TH-38")),
        ("ແຂວງ ບໍລິຄຳໄຊ", ("province", "LA-BL")),
        ("ខេត្តបឹងកាល", ("province", "TH-38")),
        ("បាត់ដំបង", ("province", "KH-2")),
        ("เมืองบึงกาฬ", ("district", "TH3801")),
        ("อ.เมืองบึงกาฬ จ.บึงกาฬ", ("district", "TH3801")),
        ("อำเภอโพนพิสัย", ("district", "TH4305")),
        ("โพนพิไส", ("district", "TH4305")),
        ("ໂພນພິໄສ", ("district", "TH4305")),
        ("MAESAI", ("district", "TH5709")),
        ("aranya prathet", ("district", "TH2706")),
        ("Seka district, Bueng Kan", ("district", "TH3804")),
        ("นำ้ปาด", ("district", "TH5304")),  # vowel and tone the wrong way round
        ("เฉลิมพระเกียรติ น่าน", ("district", "TH5515")),
        ("ເມືອງປາກຊັນ", ("district", "LA1101")),
        ("ปากซัน", ("district", "LA1101")),
        ("paksan", ("district", "LA1101")),
        ("ท่าแขก", ("district", "LA1201")),
        ("ក្រុងប៉ោយប៉ែត", ("district", "KH0110")),
        ("ស្រុកម៉ាឡៃ", ("district", "KH0109")),
        ("poi pet", ("district", "KH0110")),
        ("ด่านช่องจอม", ("crossing", "TH3206-chong-chom")),
        ("อยู่ที่บ้านหนองเอี่ยน ใกล้ตลาด", ("crossing", "TH2706-ban-nong-ian-stung-bot-bridge")),
    ],
)
def test_typed_words_find_the_place(words: str, first: tuple[str, str]) -> None:
    assert found(words)[0] == first


@pytest.mark.parametrize("words", ["", " ", "??", "asdf", "hello", "ขายยาบ้า", "ບ້ານ", "เมือง", "ban", "อ.", "๑๒๓", "🚤"])
def test_words_that_name_nothing_find_nothing(words: str) -> None:
    assert found(words) == []


def test_the_very_name_is_sure_and_a_slip_is_not() -> None:
    assert PLACES.find("ບຶງການ")[0].score == 1
    assert 0.7 < PLACES.find("Nong Kai")[0].score < 0.97
    assert 0.7 < PLACES.find("ฉันอยู่แถวโพนพิสัยตอนนี้")[0].score < 0.97


def test_a_name_that_two_provinces_use_is_offered_for_both() -> None:
    assert found("เฉลิมพระเกียรติ")[:2] == [("district", "TH3123"), ("district", "TH5515")]


def test_a_name_of_a_district_and_a_crossing_is_offered_as_both() -> None:
    assert found("บ้านแพง")[:2] == [("district", "TH4804"), ("crossing", "TH4804-ban-phaeng")]


@pytest.mark.parametrize("limit", [2, 3, 8])
def test_both_banks_are_offered_when_both_have_a_match(limit: int) -> None:
    codes = [code for _, code in found("ปากซัน", limit)]
    assert {code.startswith("TH") for code in codes} == {True, False}


@pytest.mark.parametrize("language", ["en", "local"])
def test_every_district_is_found_by_its_name_with_its_province(language: str) -> None:
    home = {"TH": "th", "LA": "lo", "KH": "km"}
    for code, district in PLACES.districts.items():
        province = PLACES.provinces[district.province]
        local = province.names.get(home[district.country], province.en)
        words = f"{district.en} {province.en}" if language == "en" else f"{district.local} {local}"
        assert PLACES.find(words)[0].score >= 0.9, words
        assert ("district", code) in found(words), words


def test_every_province_is_found_by_each_of_its_names() -> None:
    for iso, province in PLACES.provinces.items():
        for name in (province.en, *province.names.values()):
            assert PLACES.find(name)[0] == Match("province", iso, 1.0), name


scripts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x17FF))
names = st.sampled_from([name for d in PLACES.districts.values() for name in (d.en, d.local)])


@given(st.one_of(st.text(), scripts, st.tuples(names, scripts).map("".join)), st.integers(-2, 12))
@settings(deadline=None)
def test_any_words_are_answered_in_order_within_the_limit(words: str, limit: int) -> None:
    matches = PLACES.find(words, limit)
    known = {"district": PLACES.districts, "crossing": PLACES.crossings, "province": PLACES.provinces}
    assert len(matches) <= max(limit, 0)
    assert all(match.code in known[match.kind] and 0 < match.score <= 1 for match in matches)
    assert len({(match.kind, match.code) for match in matches}) == len(matches)
    assert [m.score for m in matches] == sorted((m.score for m in matches), reverse=True)


@given(names, st.data())
@settings(deadline=None)
def test_a_name_survives_one_slip(name: str, data: st.DataObject) -> None:
    if len(name) < 8:
        return
    slip = data.draw(st.integers(1, len(name) - 1))
    wanted = {code for code, d in PLACES.districts.items() if name in (d.en, d.local)}
    assert wanted & {match.code for match in PLACES.find(name[:slip] + name[slip + 1 :], 20)}


def test_a_very_long_text_is_no_trouble() -> None:
    assert found("บึงกาฬ" + " ก" * 100_000)


def test_the_compiled_map_is_the_one_of_the_source(tmp_path: Path) -> None:
    again = build(target=tmp_path / "cells.bin")
    assert again.read_bytes() == (DATA / "cells.bin").read_bytes(), "cells.csv was changed: run `make compile`"
    assert [path.name for path in tmp_path.iterdir()] == ["cells.bin"]


def test_it_compiles_with_nothing_installed(tmp_path: Path) -> None:
    script = ROOT / "storage" / "gazetteer" / "build.py"
    subprocess.run([sys.executable, "-I", "-S", script, tmp_path / "cells.bin"], check=True, capture_output=True)
    assert (tmp_path / "cells.bin").stat().st_size < 1_000_000


@pytest.mark.parametrize("content", [None, b"", b"NTSCELL1", b"NTSCELL1\x01\x00\x00\x00\x01\x00\x00\x00A"])
def test_a_missing_or_broken_map_says_what_to_do(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "cells.bin").write_bytes(content)
    with pytest.raises(NotCompiled, match="make compile"):
        load(tmp_path)


def test_it_loads_from_a_zip(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "app.zip", "w") as archive:
        for path in [*ROOT.glob("handlers/*.py"), ROOT / "storage/__init__.py", *ROOT.glob("storage/gazetteer/**/*.*")]:
            archive.write(path, path.relative_to(ROOT))
    (tmp_path / "ask.py").write_text(
        "import sys; sys.path.insert(0, 'app.zip')\n"
        "from storage import gazetteer\n"
        "print(gazetteer.__file__, gazetteer.load().at(18.36, 103.65))\n"
    )
    answer = subprocess.run([sys.executable, "ask.py"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "app.zip" in answer.stdout
    assert "('TH3801',)" in answer.stdout
