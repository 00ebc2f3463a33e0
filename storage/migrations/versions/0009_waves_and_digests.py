"""News may go into a weekly digest."""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("campaign", table_kwargs={"sqlite_autoincrement": True}) as campaign:
        campaign.add_column(sa.Column("in_digest", sa.Boolean(), server_default="0", nullable=False))
    op.create_table(
        "digest",
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("campaign_id", _id(), nullable=True),
        sa.Column("begun_at", storage.types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_digest_campaign_id_campaign")),
        sa.PrimaryKeyConstraint("week_on", name=op.f("pk_digest")),
    )
    op.create_table(
        "digest_item",
        sa.Column("delivery_id", _id(), autoincrement=False, nullable=False),
        sa.Column("campaign_id", _id(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_digest_item_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_digest_item_delivery_id_delivery")),
        sa.PrimaryKeyConstraint("delivery_id", "campaign_id", name=op.f("pk_digest_item")),
    )
    op.create_index("ix_digest_item_campaign_id", "digest_item", ["campaign_id"])
