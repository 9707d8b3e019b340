"""Cases are offered to another place, and reports of one event belong together."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("offered", sa.String(), nullable=False, server_default=""))
    op.add_column("cases", sa.Column("offered_until", sa.BigInteger(), nullable=True))
    op.add_column("cases", sa.Column("event", sa.BigInteger(), nullable=True))
    for name, column, where in (
        ("cases_offered", "offered_until", sa.text("offered <> ''")),
        ("cases_of_event", "event", sa.text("event IS NOT NULL")),
    ):
        op.create_index(name, "cases", [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("cases_of_event", "cases")
    op.drop_index("cases_offered", "cases")
    for name in ("event", "offered_until", "offered"):
        op.drop_column("cases", name)
