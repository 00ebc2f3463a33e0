"""Officers who send in the same place: how one is named to another, and what she is told of what the other did."""

from handlers.turn import Turn, World
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
