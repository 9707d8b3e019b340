"""The way in from a poster: the place comes along on every channel, whatever people do to the link."""

import string
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.entry import MOST_START, line_link, read_start, start_of, telegram_link, web_link
from storage import gazetteer

ATLAS = gazetteer.load()
ALLOWED = set(string.ascii_letters + string.digits + "_-")
districts = st.sampled_from(sorted(ATLAS.districts))
villages = st.text(st.characters(min_codepoint=0x0E01, max_codepoint=0x0E5B, categories=("Lo", "Mn")), max_size=14)


@given(districts, villages)
def test_what_a_link_carries_is_read_again(district: str, village: str) -> None:
    start = start_of(district, village)
    assert len(start) <= MOST_START
    assert set(start) <= ALLOWED
    code, read = read_start(ATLAS, start)
    assert code == district
    assert len(read) <= len(village)  # storms of marks are squeezed, nothing is added


@pytest.mark.parametrize("village", ["บ้านสบรวก", "ບ້ານຕົ້ນເຜິ້ງ", "ភូមិពោធិ៍", "Ban Sop Ruak"])
def test_a_village_comes_along_by_every_way(village: str) -> None:
    start = start_of("TH5708", village)
    telegram = parse_qs(urlsplit(telegram_link("https://t.me/bot", start)).query)["start"][0]
    page = parse_qs(urlsplit(web_link("https://watch.example.org", start)).query)["p"][0]
    typed = unquote(urlsplit(line_link("https://line.me/R/ti/p/%40nts", "TH5708", village)).query)
    assert typed.startswith("/start ")
    assert {read_start(ATLAS, said) for said in (telegram, page, typed.removeprefix("/start "))} == {
        ("TH5708", village)
    }


def test_the_chat_of_the_account_is_opened() -> None:
    assert (
        line_link("https://line.me/R/ti/p/%40nts", "TH5708") == "https://line.me/R/oaMessage/%40nts/?%2Fstart%20TH5708"
    )


@given(st.text(max_size=80))
def test_whatever_stands_in_a_link_is_a_place_of_ours_or_nothing(args: str) -> None:
    code, village = read_start(ATLAS, args)
    assert (code in ATLAS.districts) if code else not village


def test_a_name_too_long_for_a_link_is_refused() -> None:
    with pytest.raises(ValueError):
        start_of("TH5708", "ก" * 15)
