"""Compares what was promised (the ledger) with what is there (database) and what people saw (doubles)."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from bot.app import App
from handlers.events import Address
from storage import operations
from storage.store import context
from storage.tables import CASES, OUTBOX, QUARANTINE, WRAP
from tests.faults.driver import Town

CODE = re.compile(r"\b[0-9A-Z]{2,}(-[0-9A-Z]+)+\b|\d+")  # numbers, receipts, times of day: different every time


@dataclass
class Verdict:
    """What was found. `bad` is empty when every promise was kept."""

    bad: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)


def plain(texts: Sequence[str]) -> list[str]:
    return [CODE.sub("#", text) for text in texts]


def in_order(seen: Sequence[str], meant: Sequence[str]) -> tuple[int, str]:
    """How many messages came twice in a row, and what is wrong with the rest."""
    doubled, at = 0, 0
    for n, text in enumerate(seen):
        if at < len(meant) and text == meant[at]:
            at += 1
        elif n and text == seen[n - 1]:
            doubled += 1
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
        there = found.get(app.store.tag(Address(channel, resident.chat)), [])
        lost = len(promised) - sum(1 for words in promised if any(words in seen for _, seen in there))
        doubled = len(there) - len(promised)
        verdict.figures["lost"] += lost
        verdict.figures["cases doubled"] += max(0, doubled)
        if lost or doubled:
            verdict.bad.append(f"{resident.chat}: {len(promised)} reports promised, {lost} lost, {len(there)} cases")
        first, again = meant[channel]
        wanted = first + again * (resident.done - 1) if resident.done else []
        twice, wrong = in_order(plain(town.heard(resident.chat)), wanted)
        verdict.figures[f"{channel} doubled"] += twice
        if twice > town.bot.kills:
            verdict.bad.append(f"{resident.chat}: {twice} messages came twice in {town.bot.kills} kills")
        if wrong:
            verdict.figures["out of order"] += 1
            verdict.bad.append(f"{resident.chat}: {wrong}")
    alerts(verdict, town, [number for held in found.values() for number, _ in held])
    left_over(connection, verdict)
    if verdict.figures["line doubled"]:
        verdict.bad.append("LINE: messages came twice")
    return verdict


def cases(connection: Connection, app: App) -> dict[str, list[tuple[str, str]]]:
    """Number and words of every case, by the tag of who reported it."""
    found: dict[str, list[tuple[str, str]]] = {}
    query = select(CASES.c.id, CASES.c.number, CASES.c.reporter, CASES.c.details, WRAP.c.wrapped)
    for row in connection.execute(query.join(WRAP, WRAP.c.case_id == CASES.c.id)):
        key = app.store.vault.unwrap(row.wrapped, row.id)
        words = key.open(row.details, context("cases", "details", row.id)).decode()
        found.setdefault(row.reporter, []).append((row.number, words))
    return found


def alerts(verdict: Verdict, town: Town, numbers: Sequence[str]) -> None:
    """Every case reaches the officers' group."""
    known, said = set(numbers), set[str]()
    for text in town.heard(GROUP):
        of = known.intersection(re.findall(r"[0-9A-Z]+(?:-[0-9A-Z]+)+", text))  # several, where alerts were folded
        verdict.figures["alerts doubled"] += bool(of & said)
        said |= of
    missing = known - said
    verdict.figures["alerts missing"] = len(missing)
    verdict.figures["telegram doubled"] += verdict.figures["alerts doubled"]
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
