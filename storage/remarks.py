"""What is added to a case after it was sent: questions to its reporter with their answers, notes of officers. All of it
is sealed under the case's own key, so it goes when the case goes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, select, text, update

from handlers.effects import AddNote, AnswerQuestion, AskReporter, By, DropPrompt
from handlers.events import Incoming
from handlers.world import Asked, Note
from storage import casekeys
from storage.core import CASES, NOTE, PROMPT, QUESTION
from storage.store import Store, context
from storage.vault import CannotOpen, CaseKey

MOST_DUE = 100  # questions that end in one look of the clock; the rest follow at the next


def save(
    connection: Connection,
    store: Store,
    event: Incoming,
    effect: AskReporter | AnswerQuestion | AddNote | DropPrompt,
) -> None:
    """One of them as a row; nothing where the case's key is gone: nobody could read it."""
    if isinstance(effect, DropPrompt):
        here = PROMPT.c.tag == store.tag(effect.chat), PROMPT.c.message == effect.message
        connection.execute(delete(PROMPT).where(*here))
        return
    key = casekeys.of_case(connection, store.vault, effect.case)
    if key is None:
        return
    match effect:
        case AskReporter(id=number, case=case, expires=expires, body=body):
            sealed = key.seal(orjson.dumps(dict(body)), context("question", "body", number))
            row = {
                "id": number,
                "case_id": case,
                "state": "asked",
                "asked": event.at,
                "expires": expires,
                "body": sealed,
            }
            connection.execute(QUESTION.insert(), [row])
        case AnswerQuestion(question=number, state=state, body=body):
            sealed = key.seal(orjson.dumps(dict(body)), context("question", "body", number))
            connection.execute(update(QUESTION).where(QUESTION.c.id == number).values(state=state, body=sealed))
        case AddNote(id=number, case=case, private=private, by=by, text=text):
            said = [by.name, by.channel, by.person, text]
            sealed = key.seal(orjson.dumps(said), context("note", "body", number))
            row = {"id": number, "case_id": case, "at": event.at, "private": private, "body": sealed}
            connection.execute(NOTE.insert(), [row])


def questions(connection: Connection, keys: Mapping[int, CaseKey | None]) -> defaultdict[int, list[Asked]]:
    """The questions of these cases, the oldest first; what cannot be opened is not there."""
    found: defaultdict[int, list[Asked]] = defaultdict(list)
    if not keys:
        return found
    for row in connection.execute(select(QUESTION).where(QUESTION.c.case_id.in_(list(keys))).order_by(QUESTION.c.id)):
        body = _opened(keys[row.case_id], row.body, "question", row.id)
        if body is not None:
            found[row.case_id].append(Asked(row.id, row.case_id, row.state, row.asked, row.expires, body))
    return found


def notes(connection: Connection, keys: Mapping[int, CaseKey | None]) -> defaultdict[int, list[Note]]:
    found: defaultdict[int, list[Note]] = defaultdict(list)
    if not keys:
        return found
    for row in connection.execute(select(NOTE).where(NOTE.c.case_id.in_(list(keys))).order_by(NOTE.c.id)):
        body = _opened(keys[row.case_id], row.body, "note", row.id)
        if body is not None:
            *by, text = body
            found[row.case_id].append(Note(row.at, By(*by), row.private, text))
    return found


def _opened(key: CaseKey | None, sealed: bytes, table: str, number: int) -> Any:
    try:
        return orjson.loads(key.open(sealed, context(table, "body", number))) if key else None
    except CannotOpen:
        return None


def offers(connection: Connection, now: datetime) -> Sequence[tuple[str, int]]:
    """Numbers of cases that another place was asked to take over and has not, and when the time for it ended."""
    query = select(CASES.c.number, CASES.c.offered_until).where(text("offered <> ''"), CASES.c.offered_until <= now)
    return [(row.number, round(row.offered_until.timestamp())) for row in connection.execute(query.limit(MOST_DUE))]


def due(connection: Connection, now: datetime) -> Sequence[tuple[int, str]]:
    """Questions whose time is over: their ids and the numbers of their cases."""
    query = (
        select(QUESTION.c.id, CASES.c.number)
        .join(CASES, CASES.c.id == QUESTION.c.case_id)
        .where(QUESTION.c.state == "asked", QUESTION.c.expires <= now)
        .limit(MOST_DUE)
    )
    return [(row.id, row.number) for row in connection.execute(query)]
