"""Giving a poster its code, and taking it down. Officers do both for their unit."""

from datetime import datetime

from outreach.errors import InvalidAnswerError, NotFoundError
from outreach.officers import Action, Actor, Officer, check_act
from outreach.posters import Poster, read_code
from outreach.transaction import Transaction
from outreach.units import UnitId


async def make_poster(
    actor: Actor, tx: Transaction, *, code: str, title: str, unit_id: UnitId | None, at: datetime
) -> Poster:
    """Raises InvalidAnswerError for a code that cannot be one or was used."""
    check_act(actor, action=Action.SEND, unit_id=unit_id)
    read = read_code(code)
    if read is None:
        raise InvalidAnswerError("poster_code")
    by = actor.officer_id if isinstance(actor, Officer) else None
    made = await tx.posters.add(code=read, title=title.strip(), unit_id=unit_id, by=by, at=at)
    if made is None:
        raise InvalidAnswerError("poster_code_used", poster=read)
    await tx.audit.record(actor, at=at, action="poster.make", subject=f"poster:{made.poster_id}")
    return made


async def end_poster(actor: Actor, tx: Transaction, *, code: str, at: datetime) -> Poster:
    """From now on the code is words like any other. Raises NotFoundError."""
    found = await tx.posters.find(read_code(code) or "")
    check_act(actor, action=Action.SEND, unit_id=found.unit_id if found else None)
    if found is None:
        raise NotFoundError
    await tx.posters.end(found.poster_id, at=at)
    await tx.audit.record(actor, at=at, action="poster.end", subject=f"poster:{found.poster_id}")
    return found
