"""Receipts, when a reporter may be written to, who must not know of a case, what the reporter said of the outcome."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "guess",
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("minute"),
        sqlite_with_rowid=False,
    )
    op.add_column("cases", sa.Column("receipt", sa.String(), nullable=True))
    op.add_column("cases", sa.Column("behalf", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("cases", sa.Column("excluded", sa.String(), nullable=False, server_default=""))
    op.add_column("cases", sa.Column("felt", sa.String(), nullable=False, server_default=""))
    op.add_column("contact", sa.Column("rule", sa.String(), nullable=False, server_default="any"))
    op.create_index("ix_cases_receipt", "cases", ["receipt"], unique=True)
    kept = sa.text("excluded <> ''")
    op.create_index("cases_kept", "cases", ["opened"], sqlite_where=kept, postgresql_where=kept)


def downgrade() -> None:
    op.drop_index("cases_kept", table_name="cases")
    op.drop_index("ix_cases_receipt", table_name="cases")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_column("rule")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        for name in ("felt", "excluded", "behalf", "receipt"):
            batch_op.drop_column(name)
    op.drop_table("guess")
