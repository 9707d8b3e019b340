"""Tombstones say whether the figures count them, and how long they waited: the counters can be made anew."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("gone", sa.Column("waited", sa.Integer(), nullable=True))
    op.add_column("gone", sa.Column("counted", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    with op.batch_alter_table("gone") as gone:
        gone.drop_column("counted")
        gone.drop_column("waited")
