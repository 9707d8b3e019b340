"""Messages of private chats on Telegram, while they can still be deleted there."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "trail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("trail_by_tag", "trail", ["tag"], unique=False)
    op.create_index("trail_by_time", "trail", ["at"], unique=False)


def downgrade() -> None:
    op.drop_index("trail_by_time", table_name="trail")
    op.drop_index("trail_by_tag", table_name="trail")
    op.drop_table("trail")
