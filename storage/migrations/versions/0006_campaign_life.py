"""Campaigns are scheduled, sent in waves, approved, expire, and keep every wording they have had."""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_index("ix_campaign_with_pending", "campaign")
    with op.batch_alter_table("campaign", table_kwargs={"sqlite_autoincrement": True}) as campaign:
        campaign.drop_constraint(op.f("ck_campaign_state"), type_="check")
        states = "'draft', 'scheduled', 'preparing', 'running', 'paused', 'finished', 'cancelled'"
        campaign.create_check_constraint(op.f("ck_campaign_state"), f"state IN ({states})")
        campaign.add_column(sa.Column("edit_after", _id(), nullable=True))
        campaign.add_column(sa.Column("edited", sa.Integer(), server_default="0", nullable=False))
        campaign.add_column(sa.Column("edit_ended_at", storage.types.UtcDateTime(), nullable=True))
        campaign.add_column(sa.Column("kind", sa.String(length=10), server_default="news", nullable=False))
        campaign.add_column(sa.Column("urgent", sa.Boolean(), server_default="0", nullable=False))
        campaign.add_column(sa.Column("late_rule", sa.String(length=4), server_default="ask", nullable=False))
        campaign.add_column(sa.Column("expires_at", storage.types.UtcDateTime(), nullable=True))
        campaign.add_column(sa.Column("first_wave", sa.Integer(), server_default="0", nullable=False))
        campaign.add_column(sa.Column("wave_last_id", _id(), nullable=True))
        campaign.add_column(sa.Column("wave_opens_at", storage.types.UtcDateTime(), nullable=True))
        campaign.create_check_constraint(op.f("ck_campaign_kind"), "kind IN ('news', 'digest')")
        campaign.create_check_constraint(op.f("ck_campaign_late_rule"), "late_rule IN ('skip', 'ask', 'send')")
    pending = sa.text("pending > 0")
    op.create_index("ix_campaign_with_pending", "campaign", ["state"], sqlite_where=pending, postgresql_where=pending)
    _keep_wordings()
    _ask_a_second_officer()


def _keep_wordings() -> None:
    op.create_table(
        "campaign_version",
        sa.Column("campaign_id", _id(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", storage.types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_version_campaign_id_campaign")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "version", name=op.f("pk_campaign_version")),
    )
    op.execute("INSERT INTO campaign_version (campaign_id, version, content) SELECT id, version, content FROM campaign")


def _ask_a_second_officer() -> None:
    op.create_table(
        "approval",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("campaign_id", _id(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("starts_at", storage.types.UtcDateTime(), nullable=True),
        sa.Column("asked_by", _id(), nullable=False),
        sa.Column("asked_at", storage.types.UtcDateTime(), nullable=False),
        sa.Column("asked_of", _id(), nullable=True),
        sa.Column("reminded_at", storage.types.UtcDateTime(), nullable=True),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("decided_by", _id(), nullable=True),
        sa.Column("decided_at", storage.types.UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "verdict IN ('open', 'approved', 'refused', 'dropped', 'alone')", name=op.f("ck_approval_verdict")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_approval_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["asked_by"], ["officer.id"], name=op.f("fk_approval_asked_by_officer")),
        sa.ForeignKeyConstraint(["asked_of"], ["officer.id"], name=op.f("fk_approval_asked_of_officer")),
        sa.ForeignKeyConstraint(["decided_by"], ["officer.id"], name=op.f("fk_approval_decided_by_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_approval_campaign_id", "approval", ["campaign_id"])
