"""A case has a life: more statuses, how it ended, who has it, and which scope is in charge."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UNTAKEN = "status = 'new'"
OPEN = "status <> 'closed' AND status <> 'withdrawn'"


def upgrade() -> None:
    drop_indexes()
    for name in ("desk", "ending", "holder"):
        op.add_column("cases", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.execute("UPDATE cases SET desk = district")
    op.execute("UPDATE cases SET status = 'closed' WHERE status = 'done'")
    make_indexes(OPEN, "desk")
    some = sa.text("holder <> ''")
    op.create_index("cases_held", "cases", ["holder"], sqlite_where=some, postgresql_where=some)


def downgrade() -> None:
    op.drop_index("cases_held", "cases")
    drop_indexes()
    op.execute("UPDATE cases SET status = 'done' WHERE status IN ('closed', 'withdrawn')")
    op.execute("UPDATE cases SET status = 'taken' WHERE status IN ('checking', 'waiting', 'closing')")
    for name in ("desk", "ending", "holder"):
        op.drop_column("cases", name)
    make_indexes("status <> 'done'", "district")


def drop_indexes() -> None:
    for name in ("untaken", "open"):
        op.drop_index(f"cases_{name}", "cases")
        op.drop_index(f"cases_{name}_there", "cases")


def make_indexes(open_: str, place: str) -> None:
    for name, still in (("untaken", UNTAKEN), ("open", open_)):
        where = sa.text(still)
        for index, columns in ((f"cases_{name}", ()), (f"cases_{name}_there", (place,))):
            both = [*columns, "urgent", "opened"]
            op.create_index(index, "cases", both, sqlite_where=where, postgresql_where=where)
