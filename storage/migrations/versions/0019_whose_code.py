"""A code knows whose it is: the link to the dashboard opens the page of the one who asked for it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("code", sa.Column("by", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("code") as code:
        code.drop_column("by")
