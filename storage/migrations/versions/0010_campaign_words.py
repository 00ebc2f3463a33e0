"""Campaigns are found by their words."""

from typing import Any

import sqlalchemy as sa
from alembic import op

import storage.types
from outreach.text import fold

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("campaign", table_kwargs={"sqlite_autoincrement": True}) as campaign:
        campaign.add_column(sa.Column("folded", sa.Text(), server_default="", nullable=False))
    row = sa.table("campaign", sa.column("id"), sa.column("content", storage.types.Json()), sa.column("folded"))
    connection = op.get_bind()
    for number, content in connection.execute(sa.select(row.c.id, row.c.content)).all():
        connection.execute(row.update().where(row.c.id == number).values(folded=_folded(content)))


def _folded(content: Any) -> str:
    if not isinstance(content, dict):
        return ""
    words = (content.get("title", ""), content.get("document", ""), *content.get("paragraphs", ()))
    return fold(" ".join(words))
