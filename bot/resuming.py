"""A press that waits for a platform's word on who is in a group comes again with that word (handlers.membership)."""

from dataclasses import replace
from datetime import datetime, timedelta

from handlers.events import Fate, Incoming, Outcome
from handlers.membership import Said
from storage import spool
from storage.outbox import Row

CHECK = "check"
PATIENCE = timedelta(minutes=2)  # what was pressed longer ago would come as a surprise


def word(inside: bool | None) -> str:
    """What a channel says of somebody in a group; None: the platform does not tell."""
    return {True: Said.INSIDE, False: Said.GONE, None: Said.HIDDEN}[inside]


def person(row: Row) -> str:
    sender: str = row.payload["press"]["sender"] if row.payload else ""
    return sender


def given_up(row: Row, outcome: Outcome, now: datetime) -> Outcome:
    """A question is not asked for a day and leaves no dead letter; that the group is gone is news all the same."""
    over = outcome.fate is Fate.LATER and now - row.made > PATIENCE
    if row.kind != CHECK or outcome.gone or not (over or outcome.fate is Fate.DEAD):
        return outcome
    return Outcome(row.id, Fate.DROPPED, why=outcome.why)


def resumed(row: Row, outcome: Outcome) -> list[Incoming]:
    """The press as it was, and what came of the question; nothing for any other row."""
    if row.kind != CHECK or row.payload is None:
        return []
    press = spool.read(dict(row.payload["press"]))
    said = outcome.message or (Said.LATER if outcome.fate is Fate.LATER else Said.LATE)
    wait = ":wait" if said == Said.LATER else ""
    return [replace(press, id=f"{CHECK}:{row.id}{wait}", checked=(*press.checked, (row.chat, str(said))))]
