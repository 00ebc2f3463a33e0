"""The menu of conditions: what is set so far, how many people that means, and a way to each condition."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from content.audience import ages_words
from handlers.buttons import Press
from handlers.send import channels, check
from handlers.send.steps import FLOW, audience_words, count, draft, excluded_words, hours
from handlers.turn import Labels, Turn
from outreach.campaigns.compose import narrow_audience
from outreach.campaigns.estimate import people_without, starts_at
from outreach.campaigns.model import Audience, AudienceKind, Campaign
from outreach.campaigns.ports.ledger import Preview
from outreach.messaging import Button, Replies
from outreach.transaction import Transaction
from outreach.units import UnitId

STEP = "narrow"
PLACES = "places"
DROP = "x"  # what the button that drops a condition carries
_PLAIN = (AudienceKind.ALL, AudienceKind.UNITS)


def how_many(audience: Audience) -> int:
    """Conditions that only this menu sets."""
    named = (audience.not_received, audience.not_opened)
    listed = (audience.ages, audience.topics, audience.sources, audience.channels)
    return sum(map(bool, listed)) + sum(number is not None for number in named)


def choice(turn: Turn, key: str, step: str, arg: str | int, **values: object) -> Button:
    return turn.button(f"audience.{key}", FLOW, step, arg, **values)


async def opened(turn: Turn, press: Press | None) -> tuple[Campaign, str]:
    """The draft, and what the button carries behind its number: "12-18" changes draft 12."""
    number, _, value = press.arg.partition("-") if press else ("", "", "")
    return await draft(turn, Press(flow=FLOW, step=STEP, arg=number)), value


async def narrowed(turn: Turn, campaign: Campaign, **changes: Any) -> Campaign:
    audience = replace(campaign.audience, **changes)
    return await narrow_audience(turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, audience=audience)


async def show(turn: Turn, press: Press | None = None) -> Replies:
    campaign, _ = await opened(turn, press)
    return await check.show(turn, campaign) if campaign.audience.corrects is not None else await menu(turn, campaign)


async def menu(turn: Turn, campaign: Campaign) -> Replies:
    turn.goto(FLOW, STEP, subject_id=campaign.campaign_id, data={})
    preview = await count(turn, campaign, campaign.audience)
    nobody = not preview.will_get and not preview.excluded
    return turn.answer(
        "audience.menu",
        _ways(turn, campaign, preview),
        audience=await audience_words(turn, campaign),
        people=preview.will_get,
        excluded=excluded_words(turn, preview.excluded),
        nobody=nobody,
        without=await _without(turn, campaign) if nobody else [],
    )


def _ways(turn: Turn, campaign: Campaign, preview: Preview) -> Labels:
    audience, number = campaign.audience, campaign.campaign_id
    fresh = audience.kind == AudienceKind.NOT_REACHED
    ages = ages_words(audience.ages) if audience.ages else ""
    own = campaign.unit_id is not None
    units = [] if own else [choice(turn, "to_units", "whereto", number, count=len(audience.unit_ids))]
    several = len(turn.world.doors) > 1 or audience.channels
    via = [choice(turn, "to_channels", "via", number, count=len(audience.channels))] if several else []
    rows = [
        [*units, choice(turn, "to_ages", "ages", number, ages=ages)],
        [
            choice(turn, "to_topics", "themes", number, count=len(audience.topics)),
            choice(turn, "to_sources", "sources", number, count=len(audience.sources)),
        ],
        [*via, choice(turn, "not_only_fresh" if fresh else "only_fresh", "onlyfresh", f"{number}-{int(not fresh)}")],
        [
            choice(turn, "to_received", "missed", number, set=audience.not_received is not None),
            choice(turn, "to_opened", "unopened", number, set=audience.not_opened is not None),
        ],
    ]
    narrow = how_many(audience) or fresh or (audience.unit_ids and not own)
    drop = [choice(turn, "drop_all", "dropall", number)] if narrow else []
    places = [choice(turn, "by_place", PLACES, number)] if preview.will_get else []
    # Whoever is left out today may get it on another day.
    some = bool(preview.will_get or preview.excluded)
    done = [choice(turn, "done", check.STEP, number, people=preview.will_get)] if some else []
    back = turn.button("campaign.back", FLOW, "ok", number)
    return [*rows, *(row for row in ([*places, *drop], [*done, back]) if row)]


async def _without(turn: Turn, campaign: Campaign) -> Sequence[Mapping[str, object]]:
    """What dropping one condition would bring; those that bring nobody are not worth a line."""
    officer, pack = turn.officer, turn.world.pack
    at = starts_at(turn.now, not_before=None, hours=hours(turn))

    async def look(tx: Transaction) -> dict[str, int]:
        return await people_without(officer, tx=tx, campaign=campaign, pack=pack, at=at)

    found = await turn.look(f"without:{campaign.campaign_id}:{campaign.audience}", look)
    return [
        {"condition": turn.label(f"audience.without.{name}"), "people": people}
        for name, people in sorted(found.items(), key=lambda pair: -pair[1])
        if people
    ]


async def only_fresh(turn: Turn, press: Press) -> Replies:
    """The button says what it will be, so that pressing it twice changes nothing twice."""
    campaign, wanted = await opened(turn, press)
    plain = AudienceKind.UNITS if campaign.audience.unit_ids else AudienceKind.ALL
    return await menu(turn, await narrowed(turn, campaign, kind=AudienceKind.NOT_REACHED if wanted == "1" else plain))


async def in_units(turn: Turn, campaign: Campaign, unit_ids: tuple[UnitId, ...]) -> Replies:
    kind = AudienceKind.UNITS if campaign.audience.kind in _PLAIN else campaign.audience.kind
    return await menu(turn, await narrowed(turn, campaign, kind=kind, unit_ids=unit_ids))


async def anywhere(turn: Turn, press: Press) -> Replies:
    campaign, _ = await opened(turn, press)
    kind = AudienceKind.ALL if campaign.audience.kind in _PLAIN else campaign.audience.kind
    return await menu(turn, await narrowed(turn, campaign, kind=kind, unit_ids=()))


async def drop_all(turn: Turn, press: Press) -> Replies:
    """Everybody in her scope again."""
    campaign, _ = await opened(turn, press)
    own = () if campaign.unit_id is None else (campaign.unit_id,)
    rule = Audience(unit_ids=own)
    changed = await narrow_audience(turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, audience=rule)
    return await menu(turn, changed)


async def places(turn: Turn, press: Press | None = None) -> Replies:
    """How many in each unit and on each channel; the largest first."""
    campaign, _ = await opened(turn, press)
    turn.goto(FLOW, PLACES, subject_id=campaign.campaign_id, data={})
    preview = await count(turn, campaign, campaign.audience)
    by_unit = sorted(preview.by_unit.items(), key=lambda pair: -pair[1])
    return turn.answer(
        "audience.counts",
        [[choice(turn, "menu_back", STEP, campaign.campaign_id)]],
        audience=await audience_words(turn, campaign),
        people=preview.will_get,
        channels=[
            {"name": channels.name(turn, one.channel), "people": one.will_get}
            for one in preview.channels
            if one.will_get
        ],
        units=[
            {"name": turn.label("campaign.no_unit") if unit_id is None else turn.unit_label(unit_id), "people": people}
            for unit_id, people in by_unit
        ],
    )
