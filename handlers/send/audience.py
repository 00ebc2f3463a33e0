"""Whom it is for: everybody, chosen units, or those whom nothing that counts has reached in this period."""

from collections.abc import Sequence
from dataclasses import replace

from handlers import units
from handlers.buttons import Press
from handlers.send import check
from handlers.send.steps import FLOW, button, count, draft
from handlers.turn import Labels, Turn
from handlers.units import Asking
from outreach.campaigns.compose import choose_audience
from outreach.campaigns.model import Audience, AudienceKind, Campaign
from outreach.messaging import Replies
from outreach.units import Exactly, UnitId

STEP = "audience"
UNITS = "units"


async def show(turn: Turn, press: Press | None = None) -> Replies:
    """A commune's officer reads first whom she can reach at all. A correction has its people already."""
    campaign = await draft(turn, press)
    if campaign.audience.corrects is not None:
        return await check.show(turn, campaign)
    number = campaign.campaign_id
    turn.goto(FLOW, STEP, subject_id=number, data={})
    fresh, back = button(turn, "to_fresh", "fresh", number), button(turn, "back", "confirm", number)
    if campaign.unit_id is None:
        choices = [button(turn, "to_all", "all", number), button(turn, "to_units", UNITS, number)]
        return turn.answer("campaign.whom", [choices, [fresh], [back]])
    people = await _count(turn, campaign, (campaign.unit_id,))
    unit = turn.unit_label(campaign.unit_id)
    return turn.answer(
        "campaign.whom_in_unit",
        [[button(turn, "to_unit", "all", number, unit=unit)], [fresh], [back]],
        unit=unit,
        people=people,
    )


async def everybody(turn: Turn, press: Press) -> Replies:
    return await _chosen(turn, await draft(turn, press), AudienceKind.ALL)


async def not_reached(turn: Turn, press: Press) -> Replies:
    return await _chosen(turn, await draft(turn, press), AudienceKind.NOT_REACHED)


async def _chosen(turn: Turn, campaign: Campaign, kind: AudienceKind, unit_ids: tuple[UnitId, ...] = ()) -> Replies:
    chosen = await choose_audience(
        turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, kind=kind, unit_ids=unit_ids
    )
    return await check.show(turn, chosen)


# Units: several, typed or tapped


async def choose_units(turn: Turn, press: Press) -> Replies:
    """Begin with none, or go on with those chosen so far."""
    campaign = await draft(turn, press)
    _keep(turn, campaign, _so_far(turn))
    return units.ask(turn, _asking(turn, campaign))


async def unit_pressed(turn: Turn, press: Press) -> Replies:
    campaign = await draft(turn)
    _keep(turn, campaign, _so_far(turn))
    asking = _asking(turn, campaign)
    area = press.arg[1:].partition("-")[0]
    if press.arg.startswith("a") and area.isdecimal():
        whole = button(turn, "whole_area", "area", area)
        asking = replace(asking, extra=[[whole], *asking.extra])
    found = units.pressed(turn, press, asking)
    return found if isinstance(found, Replies) else await _add(turn, campaign, [found])


async def whole_area(turn: Turn, press: Press) -> Replies:
    """All units of one old district."""
    campaign = await draft(turn)
    areas = turn.world.pack.gazetteer.areas()
    if press.number >= len(areas):
        return await choose_units(turn, press)
    codes = [choice.unit.code for choice in areas[press.number].choices]
    return await _add(turn, campaign, [turn.world.units.id_of(code) for code in codes])


async def unit_typed(turn: Turn) -> Replies:
    """Names parted by commas: those named in full are taken (they stand in the list to be seen), the first other one is asked."""
    campaign = await draft(turn)
    _keep(turn, campaign, _so_far(turn))
    names = [
        name.strip() for name in turn.incoming.text.replace(";", ",").replace("\n", ",").split(",") if name.strip()
    ]
    found = [turn.world.pack.gazetteer.find(name) for name in names]
    known = [turn.world.units.id_of(match.choice.unit.code) for match in found if isinstance(match, Exactly)]
    open_names = [name for name, match in zip(names, found, strict=True) if not isinstance(match, Exactly)]
    if known and not open_names:
        return await _add(turn, campaign, known)
    _keep(turn, campaign, [*_so_far(turn), *known])
    if open_names:
        turn.incoming = replace(turn.incoming, text=open_names[0])
    return units.read(turn, _asking(turn, campaign))


async def clear(turn: Turn, press: Press) -> Replies:
    campaign = await draft(turn, press)
    _keep(turn, campaign, ())
    return units.ask(turn, _asking(turn, campaign))


async def enough(turn: Turn, press: Press) -> Replies:
    """Raises InvalidAnswerError when no unit was chosen."""
    return await _chosen(turn, await draft(turn, press), AudienceKind.UNITS, _so_far(turn))


async def _add(turn: Turn, campaign: Campaign, added: Sequence[UnitId]) -> Replies:
    chosen = (*_so_far(turn), *added)
    kept = _keep(turn, campaign, chosen)
    number = campaign.campaign_id
    people = await _count(turn, campaign, kept)
    buttons = [
        [button(turn, "units_enough", "enough", number, units=len(kept), people=people)],
        [button(turn, "units_more", UNITS, number), button(turn, "units_clear", "clear", number)],
        [button(turn, "back", "ok", number)],
    ]
    labels = [turn.unit_label(unit_id) for unit_id in kept]
    return turn.answer("campaign.units_chosen", buttons, units=labels, people=people)


async def _count(turn: Turn, campaign: Campaign, unit_ids: Sequence[UnitId]) -> int:
    audience = Audience(kind=AudienceKind.UNITS, unit_ids=tuple(unit_ids), topic=campaign.content.topic)
    return (await count(turn, campaign, audience)).will_get


def _so_far(turn: Turn) -> tuple[UnitId, ...]:
    kept = turn.dialogue.data.get("units", "") if turn.dialogue and turn.dialogue.flow == FLOW else ""
    return tuple(UnitId(int(number)) for number in kept.split(",") if number)


def _keep(turn: Turn, campaign: Campaign, chosen: Sequence[UnitId]) -> tuple[UnitId, ...]:
    kept = tuple(dict.fromkeys(chosen))
    turn.goto(FLOW, UNITS, subject_id=campaign.campaign_id, data={"units": ",".join(str(number) for number in kept)})
    return kept


def _asking(turn: Turn, campaign: Campaign) -> Asking:
    chosen = _so_far(turn)
    number = campaign.campaign_id
    done = [button(turn, "units_done", "enough", number, units=len(chosen))] if chosen else []
    extra: Labels = [[*done, button(turn, "back", "ok", number)]]
    return Asking(flow=FLOW, voice="officer", extra=extra, elsewhere=False)
