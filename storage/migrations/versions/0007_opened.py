"""Which message somebody has opened by an act of her own, so that a later one may go to those who have not."""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("opened_at", storage.types.UtcDateTime(), nullable=True))
