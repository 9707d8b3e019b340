"""Wrong codes are counted, per chat and in all: whoever guesses has to wait, and so has a crowd that guesses together.

A code has 65 bits (handlers.numbers): with 100,000 of them alive and `MOST_OF_ALL` tries in every span the first hit
is expected after some 30,000 years.
"""

from datetime import datetime

from sqlalchemy import Connection, select

from storage.core import CODE_GUESS
from storage.upsert import upsert

SPAN = 600  # seconds
MOST_OF_ONE = 5  # a long code is mistyped once or twice
MOST_OF_ALL = 200  # a training with fifty newcomers stays below; more is no accident
ALL = "*"


def too_many(connection: Connection, tag: str, now: datetime) -> bool:
    """Whether this chat, or everybody together, has tried too many wrong codes in this span."""
    rows = connection.execute(
        select(CODE_GUESS.c.tag, CODE_GUESS.c.count).where(
            CODE_GUESS.c.tag.in_((tag, ALL)), CODE_GUESS.c.span == span(now)
        )
    )
    tried = {who: count for who, count in rows}
    return bool(tried.get(tag, 0) >= MOST_OF_ONE or tried.get(ALL, 0) >= MOST_OF_ALL)


def missed(connection: Connection, tag: str, now: datetime) -> None:
    statement = upsert(connection, CODE_GUESS, None, ("tag", "span"), add=("count",))
    for who in (ALL, tag):  # always in this order: two processes that count at once do not lock each other out
        connection.execute(statement, {"tag": who, "span": span(now), "count": 1})


def span(now: datetime) -> int:
    return int(now.timestamp()) // SPAN
