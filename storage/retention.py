"""What has outlived its time is deleted: event ids, letters, half reports with their files, dead letters, codes."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, or_, select

from storage.store import Store
from storage.tables import CODE, CONVERSATION, FILE, INBOX, LETTER, OUTBOX, QUARANTINE

IDLE = timedelta(days=90)  # a chat nobody wrote in for so long is forgotten: language and agreement are asked anew


@dataclass(frozen=True, slots=True)
class Keep:
    """How long each thing stays."""

    inbox: timedelta
    letters: timedelta
    half_report: timedelta
    quarantine: timedelta
    dead_letter: timedelta


def purge(connection: Connection, store: Store, keep: Keep) -> tuple[int, list[str]]:
    """Delete in the caller's transaction; how many rows went, and the files whose bytes must follow."""
    now = store.now()
    forgotten = or_(FILE.c.state == "dropped", (FILE.c.case_id.is_(None)) & (FILE.c.at < now - keep.half_report))
    files = list(connection.execute(select(FILE.c.file).where(forgotten)).scalars())
    old = (
        delete(INBOX).where(INBOX.c.at < now - keep.inbox),
        delete(LETTER).where(LETTER.c.at < now - keep.letters),
        delete(CONVERSATION).where(CONVERSATION.c.half, CONVERSATION.c.at < now - keep.half_report),
        delete(CONVERSATION).where(CONVERSATION.c.at < now - IDLE),
        delete(QUARANTINE).where(QUARANTINE.c.at < now - keep.quarantine),
        delete(OUTBOX).where(OUTBOX.c.state == "dead", OUTBOX.c.made < now - keep.dead_letter),
        delete(CODE).where(CODE.c.expires < now),
    )
    return sum(connection.execute(statement).rowcount for statement in old), files


def forget_files(connection: Connection, files: list[str]) -> None:
    """The rows of files whose bytes are gone."""
    connection.execute(delete(FILE).where(FILE.c.file.in_(files)))
