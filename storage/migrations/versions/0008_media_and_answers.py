"""Campaigns take pictures and files along, and ask one question."""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _keep_media()
    op.create_table(
        "campaign_answer",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("campaign_id", _id(), nullable=False),
        sa.Column("contact_id", _id(), nullable=True),
        sa.Column("option", sa.Integer(), nullable=False),
        sa.Column("answered_at", storage.types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_answer_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_campaign_answer_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_answer")),
        sa.UniqueConstraint("campaign_id", "contact_id", name=op.f("uq_campaign_answer_campaign_id_contact_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_campaign_answer_contact_id", "campaign_answer", ["contact_id"])


def _keep_media() -> None:
    op.create_table(
        "media",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("campaign_id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("created_by", _id(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), server_default="", nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=80), server_default="", nullable=False),
        sa.Column("size", sa.Integer(), server_default="0", nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", storage.types.UtcDateTime(), nullable=True),
        sa.Column("added_at", storage.types.UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('photo', 'file')", name=op.f("ck_media_kind")),
        sa.CheckConstraint("state IN ('wanted', 'stored', 'refused')", name=op.f("ck_media_state")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_media_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_media_account_id_account")),
        sa.ForeignKeyConstraint(["created_by"], ["officer.id"], name=op.f("fk_media_created_by_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sqlite_autoincrement=True,
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_media_due_at", "media", ["due_at"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "media_ref",
        sa.Column("media_id", _id(), autoincrement=False, nullable=False),
        sa.Column("account_id", _id(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_media_ref_media_id_media")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_media_ref_account_id_account")),
        sa.PrimaryKeyConstraint("media_id", "account_id", name=op.f("pk_media_ref")),
    )
