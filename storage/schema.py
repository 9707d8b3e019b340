"""Brings a database to the newest schema, and says whether it is there."""

from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from storage.database import unhurried

if TYPE_CHECKING:  # Alembic takes a third of a second to import, and most starts find nothing to do for it
    from alembic.config import Config

ONE_AT_A_TIME = 5_738_011_904  # any number that no chat's lock has: those are above 2^49


def config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(files("storage") / "migrations"))
    made.attributes["connection"] = connection
    return made


def migrate(connection: Connection, revision: str = "head") -> None:
    """Upgrade inside the caller's transaction: a migration that fails half way leaves nothing behind."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})")  # several processes start at once
        unhurried(connection)
    if revision == "head" and at_head(connection):
        return
    from alembic import command

    command.upgrade(config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    from alembic import command

    command.downgrade(config(connection), revision)


def at_head(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == newest()


def newest() -> str:
    """The last revision: files of revisions begin with it, and count up."""
    names = (file.name for file in (files("storage") / "migrations" / "versions").iterdir())
    return max(name.partition("_")[0] for name in names if name[0].isdigit() and name.endswith(".py"))
