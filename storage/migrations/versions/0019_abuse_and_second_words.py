"""Copied words, training days, and groups that wait for a second coordinator's word."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None
OPEN = sa.text("status <> 'closed' AND status <> 'withdrawn'")
THERE = ["desk", "urgent", "opened", "status"]


def upgrade() -> None:
    op.add_column("cases", sa.Column("exercise", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_index("cases_open_there", "cases")
    op.create_index("cases_open_there", "cases", [*THERE, "exercise"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.add_column("cases", sa.Column("alike", sa.BigInteger(), nullable=True))
    op.add_column("code", sa.Column("by", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "copied",
        sa.Column("words", sa.String(), primary_key=True),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "link_asked",
        sa.Column("tag", sa.String(), primary_key=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("chat", sa.LargeBinary(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "training",
        sa.Column("district", sa.String(), primary_key=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    for table in ("training", "link_asked", "copied"):
        op.drop_table(table)
    op.drop_column("code", "by")
    op.drop_index("cases_open_there", "cases")
    op.create_index("cases_open_there", "cases", THERE, sqlite_where=OPEN, postgresql_where=OPEN)
    for name in ("alike", "exercise"):
        op.drop_column("cases", name)
