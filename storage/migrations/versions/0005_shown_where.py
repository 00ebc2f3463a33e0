"""What a typed number may mean: on which of a person's phones the last message of a conversation stands, and of a notice."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("dialogue", "offer"):
        op.add_column(
            table, sa.Column("address_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
