"""What a window of a campaign writes lies side by side: people before units in the key of their reach, and no index nobody asks.

A window is people in the order of their ids, from everywhere. By units it touched two hundred pages more.
"""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KEY = ["period_id", "contact_id", "unit_id"]
_COLUMNS = "period_id, contact_id, unit_id, age_band, e1_at, e2_at, e3_at, e4_at, turns, birth_year, channel"


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_index("ix_reach_person_first_campaign_id", "reach_person")
    op.drop_index("ix_delivery_account_id_epoch", "delivery")
    in_flight = sa.text("state = 'in_flight'")
    op.create_index(
        "ix_delivery_in_flight",
        "delivery",
        ["account_id", "epoch"],
        sqlite_where=in_flight,
        postgresql_where=in_flight,
    )
    if op.get_bind().dialect.name == "sqlite":
        _make_anew()
    else:
        op.drop_constraint("pk_reach_unit", "reach_unit", type_="primary")
        op.create_primary_key("pk_reach_unit", "reach_unit", _KEY)


def _make_anew() -> None:
    """There the rows lie in the order of the key."""
    instants = [sa.Column(f"e{tier}_at", storage.types.UtcDateTime(), nullable=True) for tier in (1, 2, 3, 4)]
    op.create_table(
        "reach_unit_anew",
        *(sa.Column(name, _id(), nullable=False) for name in _KEY),
        sa.Column("age_band", sa.String(length=8), nullable=False),
        *instants,
        sa.Column("turns", sa.Integer(), server_default="0", nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=True),
        sa.CheckConstraint("age_band IN ('youth', 'other', 'unknown')", name=op.f("ck_reach_unit_age_band")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_reach_unit_contact_id_contact")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_reach_unit_period_id_period")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_reach_unit_unit_id_unit")),
        sa.PrimaryKeyConstraint(*_KEY, name=op.f("pk_reach_unit")),
        sqlite_with_rowid=False,
    )
    key = ", ".join(_KEY)
    op.execute(f"INSERT INTO reach_unit_anew ({_COLUMNS}) SELECT {_COLUMNS} FROM reach_unit ORDER BY {key}")  # noqa: S608  (names of our own)
    op.drop_table("reach_unit")
    op.rename_table("reach_unit_anew", "reach_unit")
    op.create_index("ix_reach_unit_contact_id", "reach_unit", ["contact_id"])
