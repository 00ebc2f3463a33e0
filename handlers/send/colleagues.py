"""Officers who send in the same place: how one is named to another, and what she is told of what the other did."""

from dataclasses import replace

from handlers.turn import Labels, Turn, World
from outreach.campaigns.model import Campaign
from outreach.messaging import Notice, OfficerId, Reply
from outreach.officers import Officer


def who(world: World, officer: Officer, *, reader: Officer, language: str) -> str:
    """By role and place, for no names are kept; of two that are called the same, the other one."""
    alike = (officer.role, officer.unit_id) == (reader.role, reader.unit_id)
    place = world.unit_label(officer.unit_id, language=language)
    another = alike and officer.contact_id != reader.contact_id
    return world.catalog.label(f"approval.who.{officer.role}", language=language, place=place, another=another)


async def named(turn: Turn, officer_id: OfficerId | None, *, to: OfficerId | None = None) -> str:
    """`to` reads it; None: the one whose turn it is."""
    if officer_id is None:
        return ""
    reader = turn.officer if to is None else await turn.tx.approvals.officer(to)
    return who(turn.world, await turn.tx.approvals.officer(officer_id), reader=reader, language=turn.language)


async def tell(turn: Turn, officer_id: OfficerId | None, reply: Reply) -> tuple[Notice, ...]:
    """Nobody whose office has ended, and not the one whose turn it is."""
    officer = await turn.tx.officers.get(officer_id) if officer_id else None
    if officer is None or officer.contact_id == turn.contact_id:
        return ()
    return (Notice(contact_id=officer.contact_id, reply=reply),)


def composed(turn: Turn, campaign: Campaign) -> bool:
    """Whether she hears by herself how it goes on and how it ends."""
    return campaign.created_by == turn.officer.officer_id


async def tell_composer(
    turn: Turn, campaign: Campaign, key: str, buttons: Labels = (), *, slot: str = "", **values: object
) -> tuple[Notice, ...]:
    """What another officer has just done about it. With a `slot` it becomes her progress: the former one is far up by now."""
    if composed(turn, campaign):
        return ()
    by = await named(turn, turn.officer.officer_id, to=campaign.created_by)
    told = turn.reply(f"approval.by.{key}", buttons, who=by, title=campaign.content.title, **values)
    return await tell(turn, campaign.created_by, replace(told, slot=slot))
