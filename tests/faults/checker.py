"""Compares what was promised (the ledger) with what is there (database) and what people saw (doubles)."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from bot.app import App
from handlers.events import Address
from storage import operations
from storage.core import CASES, OUTBOX, QUARANTINE, WRAP
from storage.store import context
from tests.faults.driver import Town

CODE = re.compile(r"\b[0-9A-Z]{2,}(-[0-9A-Z]+)+\b|\d+")  # numbers, receipts, times of day: different every time


@dataclass
class Verdict:
    """What was found. `bad` is empty when every promise was kept."""

    bad: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)
    doubled: Counter[int] = field(default_factory=Counter)  # kill -> Telegram messages that came again after it
    stories: list[str] = field(default_factory=list)  # how what came twice got there


def plain(texts: Sequence[str]) -> list[str]:
    return [CODE.sub("#", text) for text in texts]


def in_order(seen: Sequence[str], meant: Sequence[str]) -> tuple[list[int], str]:
    """Places of the messages that came once more right behind them, and what is wrong with the rest."""
    doubled, at = list[int](), 0
    for n, text in enumerate(seen):
        if at < len(meant) and text == meant[at]:
            at += 1
        elif n and text == seen[n - 1]:
            doubled.append(n - 1)
        else:
            return doubled, f"message {n} is not the one that was due: {text[:60]!r}"
    return doubled, "" if at == len(meant) else f"{len(meant) - at} messages are missing"


def check(connection: Connection, app: App, town: Town, meant: Mapping[str, tuple[list[str], list[str]]]) -> Verdict:
    """`meant` holds, by channel, what the witness of a channel saw of a first and of another report."""
    verdict = Verdict()
    found = cases(connection, app)
    verdict.figures["cases"] = sum(len(held) for held in found.values())
    for resident in town.residents:
        channel = "line" if resident.line else "telegram"
        promised = town.ledger.reports.get(resident.chat, [])
        known_as = app.store.reporters(Address(channel, resident.chat))
        there = [case for name in known_as for case in found.get(name, [])]
        lost = len(promised) - sum(1 for words in promised if any(words in seen for _, seen in there))
        doubled = len(there) - len(promised)
        verdict.figures["lost"] += lost
        verdict.figures["cases doubled"] += max(0, doubled)
        if lost or doubled:
            verdict.bad.append(f"{resident.chat}: {len(promised)} reports promised, {lost} lost, {len(there)} cases")
        first, again = meant[channel]
        wanted = first + again * (resident.done - 1) if resident.done else []
        twice, wrong = in_order(plain(town.heard(resident.chat)), wanted)
        late = [place for place in twice if channel == "line" and town.too_late(resident.chat, place)]
        verdict.figures[f"{channel} doubled"] += len(twice) - len(late)
        verdict.figures["line too late to ask"] += len(late)
        if channel == "line":
            verdict.stories += [line for place in twice for line in town.tries(resident.chat, place)]
        else:
            doubled_by(verdict, town, resident.chat, twice)
        if wrong:
            verdict.figures["out of order"] += 1
            verdict.bad.append(f"{resident.chat}: {wrong}")
    alerts(verdict, town, [number for held in found.values() for number, _ in held])
    left_over(connection, verdict)
    twice_over(verdict)
    return verdict


def doubled_by(verdict: Verdict, town: Town, chat: str, places: Iterable[int]) -> None:
    for place in places:
        kill = town.killed_after(chat, place)
        verdict.doubled[kill] += 1
        verdict.stories.append(town.twice_after(kill, chat, place))


def twice_over(verdict: Verdict) -> None:
    """What may come twice: on LINE nothing as long as a reply token can be asked, on Telegram one message a kill."""
    figures = verdict.figures
    figures["telegram doubled"] = verdict.doubled.total()
    figures["kills that doubled"] = len(verdict.doubled)
    figures["most doubled by a kill"] = max(verdict.doubled.values(), default=0)
    if figures["line doubled"]:
        verdict.bad.append("LINE: messages came twice")
    if figures["most doubled by a kill"] > 1:
        worst = {kill: count for kill, count in verdict.doubled.items() if count > 1}
        verdict.bad.append(f"Telegram: more than one message came twice after a kill: {worst}")


def cases(connection: Connection, app: App) -> dict[str, list[tuple[str, str]]]:
    """Number and words of every case, by what its reporter is called."""
    found: dict[str, list[tuple[str, str]]] = {}
    query = select(CASES.c.id, CASES.c.number, CASES.c.reporter, CASES.c.details, WRAP.c.wrapped)
    for row in connection.execute(query.join(WRAP, WRAP.c.case_id == CASES.c.id)):
        key = app.store.vault.unwrap(row.wrapped, row.id)
        words = key.open(row.details, context("cases", "details", row.id)).decode()
        found.setdefault(row.reporter, []).append((row.number, words))
    return found


def alerts(verdict: Verdict, town: Town, numbers: Sequence[str]) -> None:
    """Every case reaches the officers' group."""
    known, said = set(numbers), dict[str, int]()
    for place, text in enumerate(town.heard(GROUP)):
        of = known.intersection(re.findall(r"[0-9A-Z]+(?:-[0-9A-Z]+)+", text))  # several, where alerts were folded
        before = {said[number] for number in of if number in said}
        verdict.figures["alerts doubled"] += bool(before)
        doubled_by(verdict, town, GROUP, before)
        said |= dict.fromkeys(of, place)
    missing = known - set(said)
    verdict.figures["alerts missing"] = len(missing)
    if missing:
        verdict.bad.append(f"{len(missing)} alerts are missing")


def left_over(connection: Connection, verdict: Verdict) -> None:
    for table, what in ((OUTBOX, "messages unsent"), (QUARANTINE, "events put aside")):
        count = connection.execute(select(func.count()).select_from(table)).scalar_one()
        verdict.figures[what] = count
        if count:
            verdict.bad.append(f"{count} {what}")
    if connection.dialect.name == "sqlite":
        whole: Any = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
        if whole != "ok":
            verdict.bad.append(f"the database is damaged: {whole}")


GROUP = "-1009000"
waiting = operations.waiting
