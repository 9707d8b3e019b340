"""Where a case that nobody took stands on the ladder. Older cases make no step until they come back to the queue."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("step", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("cases", sa.Column("step_at", sa.BigInteger(), nullable=True))
    due = sa.text("step_at IS NOT NULL")
    op.create_index("cases_climbing", "cases", ["step_at"], sqlite_where=due, postgresql_where=due)


def downgrade() -> None:
    op.drop_index("cases_climbing", "cases")
    op.drop_column("cases", "step_at")
    op.drop_column("cases", "step")
