"""Several channels: windows, receipts, links between a person's addresses, tokens that change, posters and broadcasts."""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "link_try",
        sa.Column("address_mac", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", storage.types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address_mac", name=op.f("pk_link_try")),
    )
    op.create_index(op.f("ix_link_try_since"), "link_try", ["since"], unique=False)

    op.create_table(
        "oauth_token",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("access", sa.LargeBinary(), nullable=False),
        sa.Column("refresh", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=True),
        sa.Column("refreshed_at", storage.types.UtcDateTime(), nullable=False),
        sa.Column("access_expires_at", storage.types.UtcDateTime(), nullable=False),
        sa.Column("refresh_expires_at", storage.types.UtcDateTime(), nullable=False),
        sa.Column("refreshing_at", storage.types.UtcDateTime(), nullable=True),
        sa.Column("failure", sa.String(length=60), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_oauth_token")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("update_id", sa.String(length=64), nullable=False),
        sa.Column("address_mac", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", storage.types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_inbox_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("account_id", "update_id", name=op.f("uq_inbox_account_id_update_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_inbox_received_at"), "inbox", ["received_at"], unique=False)

    op.create_table(
        "spending",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("messages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("charged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("vnd", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_spending_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "month", name=op.f("pk_spending")),
    )
    op.create_table(
        "lane_halt",
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("halted_at", storage.types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_lane_halt_account_id_account")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_lane_halt_campaign_id_campaign")),
        sa.PrimaryKeyConstraint("campaign_id", "account_id", name=op.f("pk_lane_halt")),
    )
    op.create_table(
        "link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kept_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("joined_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("snapshot", storage.types.Json(), nullable=False),
        sa.Column("linked_at", storage.types.UtcDateTime(), nullable=False),
        sa.Column("undone_at", storage.types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["address_id"], ["address.id"], name=op.f("fk_link_address_id_address"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["joined_id"], ["contact.id"], name=op.f("fk_link_joined_id_contact")),
        sa.ForeignKeyConstraint(["kept_id"], ["contact.id"], name=op.f("fk_link_kept_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_link_joined_id", "link", ["joined_id"], unique=False)
    op.create_index("ix_link_kept_id", "link", ["kept_id"], unique=False)

    op.create_table(
        "link_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("code_mac", sa.LargeBinary(), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target", sa.LargeBinary(), nullable=True),
        sa.Column("target_mac", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("expires_at", storage.types.UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('offered', 'typed', 'agreed')", name=op.f("ck_link_code_state")),
        sa.ForeignKeyConstraint(
            ["address_id"], ["address.id"], name=op.f("fk_link_code_address_id_address"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_link_code_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_link_code_code_mac"), "link_code", ["code_mac"], unique=False)
    op.create_index(op.f("ix_link_code_expires_at"), "link_code", ["expires_at"], unique=False)
    op.create_index(op.f("ix_link_code_target_mac"), "link_code", ["target_mac"], unique=False)

    op.create_table(
        "poster",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", storage.types.UtcDateTime(), nullable=False),
        sa.Column("ended_at", storage.types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["officer.id"], name=op.f("fk_poster_created_by_officer")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_poster_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poster")),
        sa.UniqueConstraint("code", name=op.f("uq_poster_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "broadcast",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("news_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("content", storage.types.Json(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("token", sa.String(length=200), server_default="", nullable=False),
        sa.Column("article_ref", sa.String(length=100), server_default="", nullable=False),
        sa.Column("message_ref", sa.String(length=100), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=40), server_default="", nullable=False),
        sa.Column("platform_count", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", storage.types.UtcDateTime(), nullable=False),
        sa.Column("changed_at", storage.types.UtcDateTime(), nullable=False),
        sa.Column("sent_at", storage.types.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'creating', 'ready', 'sending', 'sent', 'failed', 'cancelled')",
            name=op.f("ck_broadcast_state"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_broadcast_account_id_account")),
        sa.ForeignKeyConstraint(["created_by"], ["officer.id"], name=op.f("fk_broadcast_created_by_officer")),
        sa.ForeignKeyConstraint(["news_item_id"], ["news_item.id"], name=op.f("fk_broadcast_news_item_id_news_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_broadcast_state"), "broadcast", ["state"], unique=False)

    op.add_column("account", sa.Column("windowed", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("account", sa.Column("send_api", sa.String(length=4), server_default="", nullable=False))

    op.add_column("address", sa.Column("interacted_at", storage.types.UtcDateTime(), nullable=True))
    op.add_column("address", sa.Column("staff_until", storage.types.UtcDateTime(), nullable=True))
    op.add_column("address", sa.Column("told_withheld_on", sa.Date(), nullable=True))

    op.add_column("campaign", sa.Column("replaced", sa.Integer(), server_default="0", nullable=False))
    op.add_column("campaign", sa.Column("received", sa.Integer(), server_default="0", nullable=False))
    op.add_column("campaign", sa.Column("seen", sa.Integer(), server_default="0", nullable=False))
    op.add_column("campaign", sa.Column("charged", sa.Integer(), server_default="0", nullable=False))

    op.create_index(
        "ix_campaign_with_pending",
        "campaign",
        ["state"],
        unique=False,
        sqlite_where=sa.text("pending > 0"),
        postgresql_where=sa.text("pending > 0"),
    )

    op.add_column("delivery", sa.Column("received_at", storage.types.UtcDateTime(), nullable=True))
    op.add_column("delivery", sa.Column("seen_at", storage.types.UtcDateTime(), nullable=True))

    op.add_column("outbox", sa.Column("held", sa.Boolean(), server_default="0", nullable=False))
    _let_deliveries_be_replaced()


def _let_deliveries_be_replaced() -> None:
    """SQLite cannot change a CHECK: the table is built anew there, and would lose its AUTOINCREMENT."""
    states = "'pending', 'in_flight', 'sent', 'failed', 'skipped', 'unknown', 'sent_assumed', 'replaced'"
    with op.batch_alter_table("delivery", table_kwargs={"sqlite_autoincrement": True}) as delivery:
        delivery.drop_constraint(op.f("ck_delivery_state"), type_="check")
        delivery.create_check_constraint(op.f("ck_delivery_state"), f"state IN ({states})")
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["account_id", "campaign_id", "id"],
        unique=False,
        sqlite_where=pending,
        postgresql_where=pending,
    )
