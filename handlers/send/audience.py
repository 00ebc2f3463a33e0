"""Whom it is for: everybody, chosen units, or those whom nothing that counts has reached in this period."""

from collections.abc import Sequence
from dataclasses import replace

from handlers import units
from handlers.buttons import Press
from handlers.send import audience_menu, check
from handlers.send.steps import FLOW, audience_words, button, count, draft
from handlers.turn import Labels, Turn
from handlers.units import Asking
from outreach.campaigns.compose import choose_audience
from outreach.campaigns.model import Audience, AudienceKind, Campaign
from outreach.errors import PermissionDeniedError
from outreach.messaging import Button, Replies
from outreach.text import fold
from outreach.unit_words import split_kind
from outreach.units import Areas, Ask, Exactly, Match, Question, UnitId

STEP = "audience"
UNITS = "units"
_MENU = "menu"  # in the conversation's data: units are one condition of several, and lead back there


async def show(turn: Turn, press: Press | None = None) -> Replies:
    """A commune's officer reads first whom she can reach at all. A correction has its people already."""
    campaign = await draft(turn, press)
    if campaign.audience.corrects is not None:
        return await check.show(turn, campaign)
    number = campaign.campaign_id
    turn.goto(FLOW, STEP, subject_id=number, data={})
    fresh, back = button(turn, "to_fresh", "fresh", number), button(turn, "back", "confirm", number)
    kept = audience_menu.how_many(campaign.audience)
    chosen = await audience_words(turn, campaign) if kept else ""
    more = turn.button("audience.conditions" if kept else "audience.more", FLOW, audience_menu.STEP, number, count=kept)
    if campaign.unit_id is None:
        choices = [button(turn, "to_all", "all", number), button(turn, "to_units", UNITS, number)]
        return turn.answer("campaign.whom", [choices, [fresh], [more], [back]], chosen=chosen)
    people = await _count(turn, campaign, (campaign.unit_id,))
    unit = turn.unit_label(campaign.unit_id)
    return turn.answer(
        "campaign.whom_in_unit",
        [[button(turn, "to_unit", "all", number, unit=unit)], [fresh], [more], [back]],
        unit=unit,
        chosen=chosen,
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


async def _wide(turn: Turn, press: Press | None = None) -> Campaign:
    """The draft of an officer who has units to choose from. Raises PermissionDeniedError where her commune is the only one."""
    campaign = await draft(turn, press)
    if campaign.unit_id is not None:
        raise PermissionDeniedError("other_unit")
    return campaign


async def choose_units(turn: Turn, press: Press) -> Replies:
    """Begin with none, or go on with those chosen so far."""
    campaign = await _wide(turn, press)
    _keep(turn, campaign, _so_far(turn))
    return units.ask(turn, _asking(turn, campaign))


async def units_of_rule(turn: Turn, press: Press) -> Replies:
    """From the menu of conditions: those of the rule are chosen already."""
    campaign = await _wide(turn, press)
    turn.goto(FLOW, UNITS, subject_id=campaign.campaign_id, data={_MENU: "1"})
    _keep(turn, campaign, campaign.audience.unit_ids)
    return units.ask(turn, _asking(turn, campaign))


async def unit_pressed(turn: Turn, press: Press) -> Replies:
    campaign = await _wide(turn)
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
    campaign = await _wide(turn)
    areas = turn.world.pack.gazetteer.areas()
    if press.number >= len(areas):
        return await choose_units(turn, press)
    codes = [choice.unit.code for choice in areas[press.number].choices]
    return await _add(turn, campaign, [turn.world.units.id_of(code) for code in codes])


async def unit_typed(turn: Turn) -> Replies:
    """Names parted by commas: those named in full are taken (they stand in the list to be seen), the first other one is asked."""
    campaign = await _wide(turn)
    _keep(turn, campaign, _so_far(turn))
    names = [
        name.strip() for name in turn.incoming.text.replace(";", ",").replace("\n", ",").split(",") if name.strip()
    ]
    found = {name: turn.world.pack.gazetteer.find(name) for name in names}
    taken = {name: _taken(turn, name, match) for name, match in found.items()}
    known = [unit_id for unit_ids in taken.values() for unit_id in unit_ids]
    open_names = [name for name, unit_ids in taken.items() if not unit_ids]
    if known and not open_names:
        return await _add(turn, campaign, known)
    _keep(turn, campaign, [*_so_far(turn), *known])
    asking = _asking(turn, campaign)
    if open_names:
        turn.incoming = replace(turn.incoming, text=open_names[0])
        asking = _with_district(turn, asking, found[open_names[0]])
    return units.read(turn, asking)


def _taken(turn: Turn, name: str, match: Match) -> list[UnitId]:
    """What is named in full: one unit, an old district with its kind, or the province; each with all units in it."""
    gazetteer, directory = turn.world.pack.gazetteer, turn.world.units
    if isinstance(match, Areas) and match.also is None:
        return [unit_id for unit_id, _ in directory.communes]
    if isinstance(match, Exactly):
        return [directory.id_of(match.choice.unit.code)]
    area = next((area for area in gazetteer.areas() if fold(area.label) == fold(name)), None)
    return [directory.id_of(choice.unit.code) for choice in area.choices] if area else []


def _with_district(turn: Turn, asking: Asking, match: Match) -> Asking:
    """A name that was a whole district: all of it is one of the choices."""
    if not isinstance(match, Ask) or match.question is not Question.WAS_DISTRICT:
        return asking
    areas = enumerate(turn.world.pack.gazetteer.areas())
    number = next((n for n, area in areas if fold(split_kind(area.label)[1]) == fold(match.name)), None)
    whole = [[button(turn, "whole_area", "area", number)]] if number is not None else []
    return replace(asking, extra=[*whole, *asking.extra])


async def clear(turn: Turn, press: Press) -> Replies:
    campaign = await _wide(turn, press)
    _keep(turn, campaign, ())
    return units.ask(turn, _asking(turn, campaign))


async def enough(turn: Turn, press: Press) -> Replies:
    """Raises InvalidAnswerError when no unit was chosen."""
    campaign = await _wide(turn, press)
    if _in_menu(turn) and _so_far(turn):
        return await audience_menu.in_units(turn, campaign, _so_far(turn))
    return await _chosen(turn, campaign, AudienceKind.UNITS, _so_far(turn))


async def _add(turn: Turn, campaign: Campaign, added: Sequence[UnitId]) -> Replies:
    chosen = (*_so_far(turn), *added)
    kept = _keep(turn, campaign, chosen)
    number = campaign.campaign_id
    people = await _count(turn, campaign, kept)
    buttons = [
        [button(turn, "units_enough", "enough", number, units=len(kept), people=people)],
        [button(turn, "units_more", UNITS, number), button(turn, "units_clear", "clear", number)],
        [_back(turn, campaign)],
    ]
    labels = [turn.unit_label(unit_id) for unit_id in kept]
    return turn.answer("campaign.units_chosen", buttons, units=labels, people=people)


async def _count(turn: Turn, campaign: Campaign, unit_ids: Sequence[UnitId]) -> int:
    audience = Audience(kind=AudienceKind.UNITS, unit_ids=tuple(unit_ids), topic=campaign.content.topic)
    return (await count(turn, campaign, audience)).will_get


def _in_menu(turn: Turn) -> bool:
    return bool(turn.dialogue and turn.dialogue.flow == FLOW and turn.dialogue.data.get(_MENU))


def _back(turn: Turn, campaign: Campaign) -> Button:
    return button(turn, "back", audience_menu.STEP if _in_menu(turn) else "ok", campaign.campaign_id)


def _so_far(turn: Turn) -> tuple[UnitId, ...]:
    kept = turn.dialogue.data.get("units", "") if turn.dialogue and turn.dialogue.flow == FLOW else ""
    return tuple(UnitId(int(number)) for number in kept.split(",") if number)


def _keep(turn: Turn, campaign: Campaign, chosen: Sequence[UnitId]) -> tuple[UnitId, ...]:
    kept = tuple(dict.fromkeys(chosen))
    data = {"units": ",".join(str(number) for number in kept), **({_MENU: "1"} if _in_menu(turn) else {})}
    turn.goto(FLOW, UNITS, subject_id=campaign.campaign_id, data=data)
    return kept


def _asking(turn: Turn, campaign: Campaign) -> Asking:
    chosen = _so_far(turn)
    number = campaign.campaign_id
    done = [button(turn, "units_done", "enough", number, units=len(chosen))] if chosen else []
    drop = [turn.button("audience.drop", FLOW, "anywhere", number)] if _in_menu(turn) and chosen else []
    extra: Labels = [row for row in (drop, [*done, _back(turn, campaign)]) if row]
    return Asking(flow=FLOW, voice="officer", extra=extra, elsewhere=False)
