"""Keys for the coordinators' archive, keys of files, handles of buttons; a reporter's chat is found by its lane."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "archive",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "recipient"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "handle",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("held", sa.LargeBinary(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_with_rowid=False,
    )
    op.add_column("file", sa.Column("wrapped", sa.LargeBinary(), nullable=True))
    op.create_index("ix_contact_lane", "contact", ["lane"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_contact_lane", table_name="contact")
    with op.batch_alter_table("file", schema=None) as batch_op:
        batch_op.drop_column("wrapped")
    op.drop_table("handle")
    op.drop_table("archive")
