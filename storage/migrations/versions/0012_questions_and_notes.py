"""Questions to reporters, and notes of officers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ASKED = "state = 'asked'"


def upgrade() -> None:
    op.create_table(
        "question",
        sa.Column("id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    still = sa.text(ASKED)
    op.create_index("question_open", "question", ["expires"], sqlite_where=still, postgresql_where=still)
    op.create_index(op.f("ix_question_case_id"), "question", ["case_id"])
    op.create_table(
        "note",
        sa.Column("id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_note_case_id"), "note", ["case_id"])


def downgrade() -> None:
    op.drop_table("note")
    op.drop_table("question")
