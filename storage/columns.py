"""The types of our columns, and the conditions that indexes and queries say alike."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Dialect, Integer
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as whole milliseconds since 1970: the same on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else moment(value)


MOMENT = Moment()


def moment(kept: int) -> datetime:
    """A kept number as the moment it stands for."""
    return datetime.fromtimestamp(kept / 1000, UTC)


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


# Of a case; partial indexes serve a query that says the very same. The key of an open one is renewed from week to week.
UNTAKEN = "status = 'new'"
JOINED = "event IS NOT NULL"
COUNTED = ("status", "exercise")
OPEN = "status <> 'closed' AND status <> 'withdrawn'"

# SQLite takes a key for the row's own place only where it is called INTEGER; otherwise every table has an index more.
ROW_ID = BigInteger().with_variant(Integer(), "sqlite")
