"""Officers have a seat, since when, and a span of duty; an invitation says which seat."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENTS = ("since", "duty_from", "duty_until")


def upgrade() -> None:
    for table in ("member", "code"):
        op.add_column(table, sa.Column("seat", sa.String(), nullable=False, server_default=""))
    for name in MOMENTS:
        op.add_column("member", sa.Column(name, sa.BigInteger(), nullable=True))


def downgrade() -> None:
    for name in reversed(MOMENTS):
        op.drop_column("member", name)
    for table in ("code", "member"):
        op.drop_column(table, "seat")
