"""What pushes to LINE cost, and what waits until there is room."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "meter_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "meter_month",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=True),
        sa.Column("read", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("then", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("refused_at", sa.BigInteger(), nullable=True),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "group_size",
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tag"),
        sqlite_with_rowid=False,
    )
    waits = sa.text("state = 'waits'")
    op.create_index("outbox_waits", "outbox", ["lane"], sqlite_where=waits, postgresql_where=waits)


def downgrade() -> None:
    op.drop_index("outbox_waits", "outbox")
    for name in ("group_size", "meter_month", "meter_day"):
        op.drop_table(name)
