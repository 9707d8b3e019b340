"""Wrong codes are counted."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "code_guess",
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("span", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tag", "span"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("code_guess")
