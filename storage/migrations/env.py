"""Alembic's entry: runs the migrations on the connection that storage.schema hands over."""

from alembic import context

from storage.tables import MODELS

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=MODELS,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
