"""What a case costs on LINE, counted by LINE's double over real HTTP; docs/line-costs.md says the same numbers."""

import re
from pathlib import Path

import pytest

from tests.house import LINE_GROUP, TELEGRAM_GROUP, House, OnLine, OnTelegram, Phone, link, report
from tests.test_docs import text
from tests.test_whole import CHIEF, LINE_OFFICER, OFFICER, chief_of_line, number_in

RESIDENT = "U" + "7" * 32
SIZES = (5, 10, 30, 100)
ROW = re.compile(r"^\| ([^|]+?) \| ([^|]+?) \|((?: *[\d,]+ *\|)+)$", re.MULTILINE)
WAYS = {
    "worked on LINE": ("always", False, False),
    "worked on Telegram, `always`": ("always", True, False),
    "worked on Telegram, `alerts`": ("alerts", True, False),
    "worked on Telegram, `fallback`": ("fallback", True, False),
    "worked on Telegram, news folded": ("always", True, True),
}


def told(page: str) -> dict[str, list[int]]:
    """Rows of the table of cases: the way, and a number for every size of group."""
    found = ROW.findall(page)
    return {way.strip(): [int(n.replace(",", "")) for n in cells.split("|") if n.strip()] for way, _, cells in found}


async def whole_case(house: House, officers: Phone) -> None:
    """A resident on LINE reports; it is taken, checked, asked about, answered, closed."""
    resident = OnLine(house, RESIDENT)
    number = number_in(await report(resident, house, "km", "ឃើញទូកគ្មានភ្លើង")).replace("-", "")
    for value in (f"take:{number}", f"checking:{number}", f"ask:{number}", f"ask:{number}:went"):
        await officers.press(value)
        await house.settled()
    await resident.press("status")
    await house.settled()
    await resident.write("ទៅខាងជើង")
    await house.settled()
    for value in (f"close:{number}", f"close:{number}:acted"):
        await officers.press(value)
        await house.settled()
    assert [row.status for row in await house.cases()] == ["closed"]


async def cost(folder: Path, way: str, members: int) -> int:
    """What LINE counts for one case."""
    setting, both, folded = WAYS[way]
    async with House(folder, changes={"line": {"groups": setting}}) as house:
        house.line.members, house.line.quota = {LINE_GROUP: members}, 1_000_000
        telegram = OnTelegram(house, OFFICER, TELEGRAM_GROUP)
        await link(house, OnTelegram(house, 0, TELEGRAM_GROUP), OnTelegram(house, CHIEF))
        await chief_of_line(house)
        if not both:
            await OnTelegram(house, CHIEF, TELEGRAM_GROUP).write("/unlink")
            await house.settled()
        if folded:  # by LINE's word nearly all of a month is used
            house.line.quota, house.line.used = 1_000_000, 960_000
        await house.metered()
        before = house.line.used
        await whole_case(house, telegram if both else OnLine(house, LINE_OFFICER, LINE_GROUP))
        assert house.app.gauge
        ours = (await house.app.gauge.asked()).counted
        spent = house.line.used - before
        assert spent <= ours <= spent + 2 * members + 2, "our own count is LINE's, with what linking cost"
        return spent


@pytest.mark.parametrize("way", WAYS)
async def test_the_page_says_what_a_case_costs(way: str, tmp_path: Path) -> None:
    """Measured for two sizes of group; between and beyond them it is a straight line."""
    found = {}
    for members in (10, 30):
        (folder := tmp_path / str(members)).mkdir()
        found[members] = await cost(folder, way, members)
    each, rest = divmod(found[30] - found[10], 20)
    assert rest == 0
    alone = found[10] - 10 * each
    assert told(text("line-costs.md"))[way] == [each * size + alone for size in SIZES]


def test_the_arithmetic_of_the_month_is_that_of_the_case() -> None:
    """A district of 20 members, 12 cases a month, two digests a day for 30 days."""
    page = text("line-costs.md")
    case, digests = told(page)["worked on LINE"], 2 * 30
    each = (case[2] - case[1]) // 20
    alone = case[1] - 10 * each
    month = 12 * (20 * each + alone) + 20 * digests
    assert f"12 × {20 * each + alone} + 20 × {digests} = {month:,}" in page
