"""Reach knows the birth year and the channel of its people, so that a report finds accounts that may be one person."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reach_unit", sa.Column("birth_year", sa.Integer(), nullable=True))
    op.add_column("reach_unit", sa.Column("channel", sa.String(length=20), nullable=True))
    op.execute(
        """
        UPDATE reach_unit SET
          birth_year = (SELECT birth_year FROM contact WHERE contact.id = reach_unit.contact_id),
          channel = (
            SELECT CASE WHEN count(*) = 1 THEN min(account.channel) END
            FROM address JOIN account ON account.id = address.account_id
            WHERE address.contact_id = reach_unit.contact_id
          )
        """
    )
