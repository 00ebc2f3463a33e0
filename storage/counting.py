"""Whether a message counts as having informed somebody."""

from sqlalchemy import ColumnElement, exists, or_

from storage import tables as t


def counts() -> ColumnElement[bool]:
    """Of a delivery joined with its campaign: its content does, or, of a digest, any of her lines."""
    told = t.campaign.alias("told")
    line = exists().where(
        t.digest_item.c.delivery_id == t.delivery.c.id, told.c.id == t.digest_item.c.campaign_id, told.c.counts
    )
    return or_(t.campaign.c.counts, line.correlate(t.delivery))
