"""News that somebody has as a line of a digest: what became of the message that carries it, which may have been taken back since."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal_column, select

from outreach.campaigns.model import (
    DIGEST_MISSED,
    DIGEST_RECALLED,
    DIGEST_UNKNOWN,
    FOR_DIGEST,
    IN_DIGEST,
    RECALLED,
    UNCLEAR,
    DeliveryState,
)
from storage import tables as t

_d = t.delivery.c
_message = t.delivery.alias("carrying").c
_ON_ITS_WAY = (DeliveryState.PENDING, DeliveryState.IN_FLIGHT)
_FATES = (
    IN_DIGEST,
    DIGEST_UNKNOWN,
    FOR_DIGEST,
    DIGEST_RECALLED,
    DIGEST_MISSED,
)  # of several digests the first of these holds


def _carrier(what: Any) -> Any:
    """Of the messages that carry a row's news. From the person to her digests: not from all lines of the campaign."""
    line, first = t.digest_item.alias("carried_line").c, t.delivery.alias("carrying_first").c
    return (
        select(what)
        .where(
            first.contact_id == _d.contact_id,
            line.delivery_id == first.id,
            line.campaign_id + literal_column("0") == _d.campaign_id,
            _message.campaign_id == first.campaign_id,
            _message.contact_id == first.contact_id,
        )
        .correlate(t.delivery)
        .scalar_subquery()
    )


def _fate() -> ColumnElement[str]:
    accepted, recalled = _message.state == DeliveryState.SENT, _message.reason == RECALLED
    place = case(
        (and_(accepted, ~recalled), 0),
        (_message.state.in_(UNCLEAR), 1),
        (_message.state.in_(_ON_ITS_WAY), 2),
        (accepted, 3),
        else_=4,
    )
    return case(dict(enumerate(_FATES)), value=_carrier(func.min(place)), else_=DIGEST_MISSED)


def reason_now() -> ColumnElement[str]:
    """The reason of a delivery, and of what stands in a digest whether she has got that."""
    return case((_d.reason == IN_DIGEST, _fate()), else_=_d.reason)


def moved_at() -> ColumnElement[Any]:
    """When a delivery last moved: what stands in a digest, with that."""
    carried = case((_d.reason == IN_DIGEST, _carrier(func.max(_message.changed_at))))
    return func.coalesce(carried, _d.changed_at)
