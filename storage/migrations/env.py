"""Alembic's entry: runs the migrations on the connection that storage.schema hands over."""

from alembic import context
from sqlmodel import SQLModel

import storage.tables  # noqa: F401

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
