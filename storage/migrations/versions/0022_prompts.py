"""A message to officers whose answer goes to the reporter of a case."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "prompt",
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tag", "message"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_prompt_case_id", "prompt", ["case_id"])


def downgrade() -> None:
    op.drop_table("prompt")
