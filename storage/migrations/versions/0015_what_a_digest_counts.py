"""What a digest counts is found by an index: what stands open, what was taken and closed since the last one."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None
OPEN = sa.text("status <> 'closed' AND status <> 'withdrawn'")


def upgrade() -> None:
    op.drop_index("cases_open_there", "cases")
    there = ["desk", "urgent", "opened", "status"]
    op.create_index("cases_open_there", "cases", there, sqlite_where=OPEN, postgresql_where=OPEN)
    kept = sa.text("excluded <> ''")
    op.create_index("cases_kept_there", "cases", ["desk"], sqlite_where=kept, postgresql_where=kept)
    for when in ("taken", "done"):
        where = sa.text(f"{when} IS NOT NULL")
        op.create_index(f"cases_{when}", "cases", ["desk", when], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for when in ("done", "taken"):
        op.drop_index(f"cases_{when}", "cases")
    op.drop_index("cases_kept_there", "cases")
    op.drop_index("cases_open_there", "cases")
    op.create_index("cases_open_there", "cases", ["desk", "urgent", "opened"], sqlite_where=OPEN, postgresql_where=OPEN)
