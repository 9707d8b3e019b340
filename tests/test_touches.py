"""The figures in docs/residents.md are those of the conversation as it is."""

import re
from pathlib import Path
from time import perf_counter

from tests import touches
from tests.town import Town

PAGE = (Path(__file__).parent.parent / "docs/residents.md").read_text("utf-8")


async def test_the_page_says_what_a_report_costs() -> None:
    """When this fails: `python -m tests.touches` prints the lines."""
    found = [line for line in PAGE.splitlines() if re.match(r"\| (shortest|full), ", line)]
    assert found == touches.rows(await touches.table())


def test_the_page_says_what_was_assumed() -> None:
    said = " ".join(PAGE.split())
    assert f"reads {touches.LETTERS_A_SECOND:g} letters a second" in said
    assert f"types {touches.TYPED_A_SECOND:g} a second" in said
    assert f"{touches.FIND_AND_PRESS:g} seconds to find and press" in said
    assert f"{touches.SHARE:g} to share a place" in said
    assert f"{touches.ROUND_TRIP:g} second for the way" in said


async def test_the_way_there_and_back_is_mostly_the_network_s(tmp_path: Path) -> None:
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as town:
        began = perf_counter()
        cost = await touches.measured(town, "telegram", "r1", touches.shortest("telegram", "lo"))
        took = (perf_counter() - began) / cost.touches
    assert took < touches.ROUND_TRIP / 2
