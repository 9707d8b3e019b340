"""An officer with two apps is one person."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("member", sa.Column("same", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("member", "same")
