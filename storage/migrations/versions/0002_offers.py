"""What was offered may be typed as well: under a notice, and before the consent."""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offer",
        sa.Column(
            "contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("choices", storage.types.Json(), nullable=False),
        sa.Column("offered_at", storage.types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_offer_contact_id_contact")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_offer")),
    )
    op.create_index("ix_offer_offered_at", "offer", ["offered_at"], unique=False)
    op.add_column("draft", sa.Column("choices", storage.types.Json(), server_default="{}", nullable=False))
