"""The schema: models and migrations agree, every column says what it is at rest, a failed migration leaves nothing."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, Dialect, Integer, MetaData, Table, inspect, text
from sqlalchemy.engine import make_url

from storage import core, database, derive, schema
from storage.columns import Moment
from storage.tables import MODELS

CLASSES = {"clear", "sealed", "tag", "key"}
DIALECTS = [make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql")]
TABLES = sorted(MODELS.tables.values(), key=lambda t: t.name)


async def test_models_and_migrations_agree(url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        schema.migrate(connection)
        return list(compare_metadata(MigrationContext.configure(connection), MODELS))

    async with database.opened(url) as opened:
        assert await opened.write(differences) == []
        assert await opened.read(schema.at_head)


def test_the_tables_of_a_running_process_were_written_from_the_models() -> None:
    assert derive.WHERE.read_text("utf-8") == derive.module(), "the models changed: `make core`"


@pytest.mark.parametrize("model", TABLES, ids=lambda t: t.name)
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
def test_a_running_process_knows_every_column_as_the_model_has_it(model: Table, dialect: Dialect) -> None:
    def known(table: Table) -> list[tuple[object, ...]]:
        return [
            (c.name, c.type.compile(dialect), c.primary_key, c.autoincrement, getattr(c.default, "arg", None))
            for c in table.columns
        ]

    assert known(core.ALL.tables[model.name]) == known(model)
    assert getattr(core, derive.name(model)) is core.ALL.tables[model.name]


def test_what_cannot_be_written_down_is_refused() -> None:
    made = Table("made", MetaData(), Column("at", Integer, server_default="1"))
    with pytest.raises(derive.Unknown, match="plain defaults only"):
        derive.table(made)


async def test_a_second_run_changes_nothing(url: str) -> None:
    async with database.opened(url) as opened:
        await opened.write(schema.migrate)
        await opened.write(schema.migrate)
        assert await opened.read(schema.at_head)


async def test_the_way_back_leaves_nothing(url: str) -> None:
    async with database.opened(url) as opened:
        await opened.write(schema.migrate)
        await opened.write(lambda c: schema.downgrade(c, "base"))
        left = await opened.read(lambda c: set(inspect(c).get_table_names()))
    assert left <= {"alembic_version"}


async def test_a_migration_that_fails_half_way_leaves_nothing(url: str) -> None:
    def breaks(connection: Connection) -> None:
        schema.migrate(connection)
        connection.execute(text("INSERT INTO no_such_table VALUES (1)"))

    async with database.opened(url) as opened:
        with pytest.raises(Exception, match="no_such_table"):
            await opened.write(breaks)
        assert await opened.read(lambda c: inspect(c).get_table_names()) == []
        await opened.write(schema.migrate)
        assert await opened.read(schema.at_head)


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_every_column_says_what_it_is_at_rest_and_how_long_it_stays(table: object) -> None:
    declared = {c.name: c.info.get("rest") for c in table.columns}  # type: ignore[attr-defined]
    assert set(declared.values()) <= CLASSES, declared
    assert all(c.info.get("keep") for c in table.columns)  # type: ignore[attr-defined]


def test_every_binary_column_is_sealed_or_a_key() -> None:
    loose = [
        f"{t.name}.{c.name}"
        for t in TABLES
        for c in t.columns
        if c.type.python_type is bytes and c.info["rest"] not in ("sealed", "key")
    ]
    assert loose == []


def test_a_moment_is_kept_to_the_millisecond_in_utc() -> None:
    from tests.town import NOW

    moment = Moment()
    stored = moment.process_bind_param(NOW, None)  # type: ignore[arg-type]
    assert moment.process_result_value(stored, None) == NOW  # type: ignore[arg-type]


async def test_cases_of_the_first_release_keep_their_place(url: str) -> None:
    row = {"number": "", "kind": "drugs", "district": "TH3801", "status": "", "urgent": False, "language": "th",
           "may_ask": True, "practice": False, "routed": True, "opened": 0, "details": b"", "reporter": ""}  # fmt: skip
    marks = ", ".join(f":{name}" for name in ("id", *row))
    insert = text(f"INSERT INTO cases (id, {', '.join(row)}) VALUES ({marks})")  # noqa: S608 names of columns
    async with database.opened(url) as opened:
        await opened.write(lambda c: schema.migrate(c, "0001"))
        for number, status in enumerate(("new", "taken", "done")):
            values = row | {"id": number, "number": str(number), "status": status}
            await opened.write(lambda c, values=values: c.execute(insert, values))  # type: ignore[misc]
        await opened.write(schema.migrate)
        found = await opened.read(lambda c: c.execute(text("SELECT status, desk FROM cases ORDER BY id")).all())
        assert [tuple(r) for r in found] == [("new", "TH3801"), ("taken", "TH3801"), ("closed", "TH3801")]
        await opened.write(lambda c: schema.downgrade(c, "0001"))
        back = await opened.read(lambda c: c.execute(text("SELECT status FROM cases ORDER BY id")).scalars().all())
    assert list(back) == ["new", "taken", "done"]


async def test_messages_that_can_still_be_deleted_survive_lying_with_their_chat(url: str) -> None:
    rows = [("a", b"1"), ("b", b"2"), ("a", b"3")]
    insert = text("INSERT INTO trail (tag, message, at) VALUES (:tag, :message, 5)")

    def kept(connection: Connection) -> list[tuple[object, ...]]:
        found = connection.execute(text("SELECT tag, message, at FROM trail ORDER BY tag, message"))
        return [(tag, bytes(message), at) for tag, message, at in found]

    async with database.opened(url) as opened:
        await opened.write(lambda c: schema.migrate(c, "0022"))
        for tag, message in rows:
            await opened.write(lambda c, t=tag, m=message: c.execute(insert, {"tag": t, "message": m}))  # type: ignore[misc]
        await opened.write(schema.migrate)
        assert await opened.read(kept) == [("a", b"1", 5), ("a", b"3", 5), ("b", b"2", 5)]
        await opened.write(lambda c: schema.downgrade(c, "0022"))
        assert await opened.read(kept) == [("a", b"1", 5), ("a", b"3", 5), ("b", b"2", 5)]
