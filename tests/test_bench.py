"""The benchmark's own parts: small runs that show it measures what it says, and that nothing promised is left out."""

import re
from datetime import date
from pathlib import Path

import orjson
import pytest

from bot import bench
from bot.bench import crowds, durable, reading, sending, upkeep
from bot.bench.promises import PROMISES, Measured, Pairs, Promise
from bot.bench.scene import Crowd, scene
from bot.bench.wire import fields_of
from storage.core import CASES, TALLY

NAMED = (
    "turns_128_vs_raw turn_p50_vs_raw turns_vs_orm pg_turns_128_vs_5rt reports_vs_ptb cpu_per_report_vs_ptb "
    "telegram_send_vs_aiohttp line_send_vs_aiohttp summary_1m_vs_100k summary_10m_vs_1m"
)


async def test_the_residents_of_the_benchmark_make_whole_reports(tmp_path: Path) -> None:
    async with scene(f"sqlite+aiosqlite:///{tmp_path}/a.db", tmp_path) as app:
        for events in Crowd().reports(3):
            await app.turns.handle(events)
        cases = await app.database.read(lambda c: c.execute(CASES.select()).all())
    assert [case.routed for case in cases] == [True] * 3
    assert app.turns.counts.quarantined == 0


def test_turns_are_measured_against_both_peers(tmp_path: Path) -> None:
    found = durable.measure(tmp_path, size=durable.Size(1, 1, 8, 4, 2))
    assert {"turns_128_vs_raw", "turn_p50_vs_raw", "turns_vs_orm"} <= found.ratios.keys()
    assert all(value > 0 for value in found.ratios.values())
    assert found.raw["turns_128_ours_per_s"] > 0


def test_sending_is_measured_on_both_platforms(tmp_path: Path) -> None:
    found = sending.measure(tmp_path, rounds=1, messages=4)
    assert {"telegram_send_vs_aiohttp", "line_send_vs_aiohttp", "line_64_vs_alone"} <= found.ratios.keys()


def test_a_summary_counts_what_counting_the_cases_counts(tmp_path: Path) -> None:
    found = reading.measure(tmp_path, cases=(500, 1_000))
    assert {"summary_1m_vs_100k", "summary_vs_group_by"} <= found.ratios.keys()
    assert "summary_10m_vs_1m" in found.skipped


def test_what_counting_costs_a_write_is_measured(tmp_path: Path) -> None:
    found = upkeep.measure(tmp_path, rounds=1, cases=2)
    assert found.ratios["upkeep_vs_write"] > 0
    assert found.raw["case_write_ms"] > 0


async def test_the_second_counting_of_the_benchmark_is_a_counting(tmp_path: Path) -> None:
    async with scene(f"sqlite+aiosqlite:///{tmp_path}/a.db", tmp_path) as app:
        (event,) = await upkeep.ready(app, Crowd(), 1)
        await upkeep.seconds(app, event, (date(2026, 1, 1), "TH3801", "drugs", "new", False))
        tally = await app.database.read(lambda c: c.execute(TALLY.select()).all())
    assert sorted((row.day == date(2026, 1, 1), row.untaken) for row in tally) == [(False, 1), (True, 1)]


def test_bursts_and_known_people_are_measured(tmp_path: Path) -> None:
    found = crowds.measure(tmp_path, burst=20, few=128, many=256, rounds=1)
    assert found.ratios.keys() == {"burst_p99_vs_p50", "known_100k_vs_10k"}


def test_every_ratio_that_scripts_ask_for_is_promised() -> None:
    assert set(NAMED.split()) <= PROMISES.keys()


def test_the_table_says_whether_a_promise_is_kept_and_why_something_is_missing() -> None:
    lines = bench.table(Measured({"turns_vs_orm": 12.0, "resident_mb": 130.0}, {}, {"turns_128_vs_raw": "no peer"}))
    shown = {line.split()[0]: line for line in lines}
    assert re.search(r"12 +>= 10 +yes", shown["turns_vs_orm"])
    assert re.search(r"130 +<= 120 +NO", shown["resident_mb"])
    assert "no peer" in shown["turns_128_vs_raw"]


def test_the_report_has_the_ratios_by_name_and_the_machine_beside_them() -> None:
    written = orjson.loads(orjson.dumps(bench.report(Measured({"turns_vs_orm": 12.0}, {"turns": 1}))))
    assert written["turns_vs_orm"] == 12.0
    assert written["raw"] == {"turns": 1}
    assert written["machine"]["cores"]


@pytest.mark.parametrize(("value", "at_least", "kept"), [(1.0, True, True), (0.9, True, False), (1.1, False, False)])
def test_a_promise_is_kept_up_to_its_bound(value: float, at_least: bool, kept: bool) -> None:
    assert Promise("", 1.0, at_least).kept(value) is kept


def test_the_ratio_of_pairs_is_the_middle_one_not_that_of_the_middles() -> None:
    pairs = Pairs()
    for ours, theirs in ((1.0, 1.0), (10.0, 5.0), (2.0, 8.0)):
        pairs.put(ours, theirs)
    assert pairs.ratio == 1.0


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"content-type: application/json", b'{"chat_id":"7","text":"a b"}'),
        (b"content-type: application/x-www-form-urlencoded", b"chat_id=7&text=a+b"),
    ],
)
def test_the_platform_reads_what_either_library_sends(head: bytes, body: bytes) -> None:
    assert fields_of(head, body) == {"chat_id": "7", "text": "a b"}
