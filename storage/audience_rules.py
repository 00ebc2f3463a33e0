"""The rule of an audience as conditions over contact and account: everything that is set must hold."""

from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, exists, func, literal, or_, select, type_coerce

from outreach.campaigns.model import NO_RECEIPT, RECALLED, Audience, AudienceKind, DeliveryState
from outreach.messaging import CampaignId
from storage import tables as t

SPENT = (DeliveryState.IN_FLIGHT, DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.SENT_ASSUMED)


def conditions(audience: Audience, *, main_period: int | None, year: int) -> dict[str, ColumnElement[bool]]:
    """By name, those that are set. `year` is the one in which it is sent: people grow older while it waits."""
    contact, row = t.contact.c, t.delivery.c
    found: dict[str, ColumnElement[bool]] = {}
    still = row.reason != RECALLED
    if audience.unit_ids or audience.kind == AudienceKind.UNITS:
        found["units"] = contact.unit_id.in_(audience.unit_ids)
    if audience.ages:
        youngest, oldest = audience.ages
        found["ages"] = contact.birth_year.between(year - oldest, year - youngest)
    if audience.sources:
        found["sources"] = contact.source.in_(audience.sources)
    if audience.topics:
        found["topics"] = or_(*(~muted(literal(topic)) for topic in audience.topics))
    if audience.channels:
        found["channels"] = t.account.c.channel.in_(audience.channels)
    if audience.kind == AudienceKind.NOT_REACHED:
        found["not_reached"] = ~reached(main_period)
    if audience.kind == AudienceKind.RECEIVED:
        found["received"] = has_or_line(audience.corrects, _may_be_there(), own=_has_old_words(audience.corrects))
    if audience.not_received is not None:
        numbers = dict.fromkeys((audience.not_received, *audience.rest_of))
        found["not_received"] = and_(*(~has_or_line(one, and_(_may_be_there(), still)) for one in numbers))
    if audience.not_opened is not None:
        opened = or_(row.opened_at.is_not(None), row.seen_at.is_not(None))
        sent = has_or_line(audience.not_opened, and_(row.state == DeliveryState.SENT, still))
        found["not_opened"] = and_(sent, ~has_or_line(audience.not_opened, opened))
    return found


def muted(topic: ColumnElement[str]) -> ColumnElement[bool]:
    """Topics are a JSON list of codes, so a quoted code stands in it or not."""
    topics = type_coerce(t.contact.c.muted_topics, Text)
    return func.replace(topics, literal('"') + topic + literal('"'), "") != topics


def reached(period_id: int | None) -> ColumnElement[bool]:
    return (
        select(literal(1))
        .where(t.reach_person.c.contact_id == t.contact.c.id, t.reach_person.c.period_id == period_id)
        .correlate(t.contact)
        .exists()
    )


def _may_be_there() -> ColumnElement[bool]:
    """The message has come to that phone, or may have."""
    return or_(t.delivery.c.state.in_(SPENT), t.delivery.c.reason == NO_RECEIPT)


def _has_old_words(campaign_id: CampaignId | None) -> ColumnElement[bool]:
    """Of that campaign's rows those whose message was given no other words since."""
    campaign = t.campaign.c
    reworded = select(campaign.version).where(campaign.id == campaign_id, campaign.edit_after.is_not(None))
    return t.delivery.c.version != func.coalesce(reworded.scalar_subquery(), 0)


def has_or_line(
    campaign_id: CampaignId | None, what: ColumnElement[bool], *, own: ColumnElement[bool] | None = None
) -> ColumnElement[bool]:
    """Whoever has such a row of that campaign, and `own` holds for it, or such a row of a digest that told her of it."""
    told = exists().where(t.digest_item.c.campaign_id == campaign_id)  # looked at once; most are in no digest
    return or_(
        _has(campaign_id, what if own is None else and_(what, own)),
        and_(told, _has_row(and_(_tells_of(campaign_id), what))),
    )


def _tells_of(campaign_id: CampaignId | None) -> ColumnElement[bool]:
    """From a row to the first leg of its message, to which the lines belong."""
    row, first, line = t.delivery.c, t.delivery.alias("first_leg").c, t.digest_item.c
    message = (first.campaign_id == row.campaign_id, first.contact_id == row.contact_id, first.leg == 1)
    number = select(first.id).where(*message).correlate(t.delivery).scalar_subquery()
    tells = select(literal(1)).where(line.delivery_id == number, line.campaign_id == campaign_id)
    # Kept apart from the look at her rows: before it knows the tables PostgreSQL would begin with all lines for each person.
    return tells.correlate(t.delivery).offset(0).exists()


def _has(campaign_id: CampaignId | None, what: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whoever has such a row of that campaign."""
    return _has_row(and_(t.delivery.c.campaign_id == campaign_id, what))


def _has_row(row: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whoever has it, also by the other phone that was linked to hers: where both had got it, it stays there."""
    linked = t.link.c

    def got(contact_id: ColumnElement[Any], people: Table) -> ColumnElement[bool]:
        return select(literal(1)).where(t.delivery.c.contact_id == contact_id, row).correlate(people).exists()

    # Links are few: from each to its rows, never from the rows of a whole campaign.
    others = select(linked.kept_id).where(linked.undone_at.is_(None), got(linked.joined_id, t.link))
    return or_(got(t.contact.c.id, t.contact), t.contact.c.id.in_(others))
