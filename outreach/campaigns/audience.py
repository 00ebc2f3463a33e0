"""Whom a draft is for, rule by rule. A commune's officer never gets past her commune, nor learns of what others have sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outreach.campaigns.control import campaign_for
from outreach.campaigns.model import Audience, Campaign
from outreach.errors import InvalidAnswerError, PermissionDeniedError
from outreach.messaging import CampaignId
from outreach.officers import Action, Actor, check_act
from outreach.posters import read_code
from outreach.transaction import Transaction

_LOOKED_AT = 20  # of campaigns a rule may name: it is about what was sent lately
OLDEST = 120  # years


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a rule refers to: titles of campaigns, and of posters by the source that they leave."""

    titles: Mapping[CampaignId, str]
    posters: Mapping[str, str]


def poster_code(source: str) -> str:
    """The code in "src_06325-bs01": "BS01". Empty where it ends in none."""
    return read_code(source.removeprefix("src_").rpartition("-")[2]) or ""


def check_scope(campaign: Campaign, audience: Audience) -> None:
    """Raise PermissionDeniedError for a rule that reaches past the campaign's own unit."""
    if campaign.unit_id is not None and audience.unit_ids != (campaign.unit_id,):
        raise PermissionDeniedError("other_unit")


async def check_rule(actor: Actor, *, tx: Transaction, campaign: Campaign, audience: Audience) -> None:
    """Raises PermissionDeniedError for a rule that reaches past the campaign's unit, or that names a campaign of another one's;
    InvalidAnswerError for ages that are none, and for a campaign that nobody has got yet.
    """
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    check_scope(campaign, audience)
    if audience.ages and not 0 < audience.ages[0] <= audience.ages[1] <= OLDEST:
        raise InvalidAnswerError("audience_ages")
    for number in _names(audience):
        named = await campaign_for(actor, tx=tx, campaign_id=number)
        if campaign.unit_id is not None and named.unit_id != campaign.unit_id:
            raise PermissionDeniedError("other_unit")
        if named.started_at is None:
            raise InvalidAnswerError("nobody_has_it")


def _names(audience: Audience) -> list[CampaignId]:
    numbers = (audience.not_received, audience.not_opened, *audience.rest_of)
    return [number for number in dict.fromkeys(numbers) if number is not None]


async def names_in(actor: Actor, *, tx: Transaction, campaign: Campaign) -> Named:
    """What the campaign's rule refers to, for the words in which it is told."""
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    audience = campaign.audience
    numbers = [*_names(audience), *([audience.corrects] if audience.corrects is not None else [])]
    titles = {number: (await campaign_for(actor, tx=tx, campaign_id=number)).content.title for number in numbers}
    return Named(titles=titles, posters=await _posters(tx, audience.sources))


async def _posters(tx: Transaction, sources: Iterable[str]) -> dict[str, str]:
    codes = {source: code for source in sources if (code := poster_code(source))}
    titles = {poster.code: poster.title for poster in await tx.posters.all()} if codes else {}
    return {source: titles[code] for source, code in codes.items() if code in titles}


async def sources_to_choose(actor: Actor, *, tx: Transaction, campaign: Campaign) -> tuple[dict[str, int], Named]:
    """By which posters and links people of the campaign's scope have come, with how many; most first."""
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    found = await tx.audiences.sources(unit_id=campaign.unit_id)
    return found, Named(titles={}, posters=await _posters(tx, found))


async def campaigns_to_name(actor: Actor, *, tx: Transaction, campaign: Campaign) -> list[Campaign]:
    """What was sent lately in the campaign's scope; the newest first."""
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    recent = await tx.campaigns.list_recent(unit_id=campaign.unit_id, limit=_LOOKED_AT)
    return [one for one in recent if one.started_at is not None and one.campaign_id != campaign.campaign_id]
