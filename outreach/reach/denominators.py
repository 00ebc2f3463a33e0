"""Entering how many young people there are: a number with its source and its date, or no percentage at all."""

from collections.abc import Sequence
from datetime import datetime

from outreach.clock import local_day
from outreach.errors import InvalidAnswerError
from outreach.officers import Action, Actor, Officer, check_act
from outreach.reach.model import Denominator
from outreach.transaction import Transaction


async def enter_denominators(actor: Actor, tx: Transaction, *, rows: Sequence[Denominator], at: datetime) -> None:
    """Write all rows or none; what stood for the same unit and year is superseded and kept. Effects: rows, audit.

    Raise PermissionDeniedError, or InvalidAnswerError for rows no reader of ours lets through.
    """
    check_act(actor, action=Action.SET_DENOMINATORS)
    keys = {(row.unit_id, row.year) for row in rows}
    sound = all(row.count > 0 and row.source.strip() and row.dated_on <= local_day(at) for row in rows)
    if not rows or len(keys) < len(rows) or not sound:
        raise InvalidAnswerError("denominators_unsound")
    by = actor.officer_id if isinstance(actor, Officer) else None
    await tx.denominators.put(rows, by=by, at=at)
    years = ",".join(str(year) for year in sorted({row.year for row in rows}))
    await tx.audit.record(actor, at=at, action="enter_denominators", data={"rows": len(rows), "years": years})
