"""A group may be in doubt or away; who was seen in which group, and when."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

REASONS = ("doubt", "accepted")


def upgrade() -> None:
    for name in REASONS:
        op.add_column("officer_group", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("officer_group", sa.Column("away", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "inside",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "chat"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("inside")
    for name in ("away", *reversed(REASONS)):
        op.drop_column("officer_group", name)
