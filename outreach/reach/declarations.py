"""What officers declare: a meeting held in person, its headcount, and the minutes if there are any."""

from datetime import date, datetime, timedelta

from outreach.clock import local_day
from outreach.errors import InvalidAnswerError, NotFoundError, PermissionDeniedError
from outreach.messaging import OfficerId
from outreach.officers import Action, Actor, Officer, check_act
from outreach.reach.model import Declaration
from outreach.transaction import Transaction
from outreach.units import UnitId

LONGEST_TITLE = 200  # characters
MOST_PEOPLE = 20_000  # at one meeting; more is a slip of the finger
_OLDEST = timedelta(days=2 * 366)  # the last report is open no longer


def check_title(text: str) -> str:
    """The name of the event on one line. Raise InvalidAnswerError."""
    title = " ".join(text.split())
    if not title or len(title) > LONGEST_TITLE or not any(char.isalpha() for char in title):
        raise InvalidAnswerError("declare_title", most=LONGEST_TITLE)
    return title


def check_day(day: date, *, at: datetime) -> date:
    """Raise InvalidAnswerError for a day to come in Vietnam, or one too long ago."""
    today = local_day(at)
    if day > today:
        raise InvalidAnswerError("declare_future", today=today)
    if day < today - _OLDEST:
        raise InvalidAnswerError("declare_too_old", oldest=today - _OLDEST)
    return day


def check_headcount(people: int) -> int:
    """Raise InvalidAnswerError unless it is a number of people who fit one meeting."""
    if not 1 <= people <= MOST_PEOPLE:
        raise InvalidAnswerError("declare_headcount", most=MOST_PEOPLE)
    return people


async def declare_meeting(actor: Actor, tx: Transaction, *, declaration: Declaration, at: datetime) -> int:
    """Write a declaration and give its number. It stands in a line of its own and is never added to people. Effects: row, audit.

    Raise PermissionDeniedError outside the officer's unit, InvalidAnswerError for what no meeting can be.
    """
    check_act(actor, action=Action.DECLARE, unit_id=declaration.unit_id)
    if not isinstance(actor, Officer):
        raise PermissionDeniedError
    check_title(declaration.title)
    check_day(declaration.held_on, at=at)
    check_headcount(declaration.headcount)
    number = await tx.reach.declare(declaration, by=actor.officer_id, at=at)
    data = {"unit": declaration.unit_id, "headcount": declaration.headcount}
    await tx.audit.record(actor, at=at, action="declare", subject=f"declaration:{number}", data=data)
    return number


async def own_declarations(actor: Actor, tx: Transaction, *, limit: int) -> list[tuple[int, Declaration]]:
    """The newest declarations of the officer's unit, or of her own where she has none; withdrawn ones left out."""
    unit_id, declared_by = _own(actor)
    return await tx.reach.declarations(unit_id=unit_id, declared_by=declared_by, limit=limit)


async def withdraw_declaration(actor: Actor, tx: Transaction, *, number: int, at: datetime) -> None:
    """Take back one of `own_declarations`; the row stays and counts no more. Raise NotFoundError for any other."""
    unit_id, declared_by = _own(actor)
    by = actor.officer_id if isinstance(actor, Officer) else None
    if by is None or not await tx.reach.withdraw_declaration(
        number, by=by, at=at, unit_id=unit_id, declared_by=declared_by
    ):
        raise NotFoundError
    await tx.audit.record(actor, at=at, action="withdraw_declaration", subject=f"declaration:{number}")


def _own(actor: Actor) -> tuple[UnitId | None, OfficerId | None]:
    """Whose declarations an officer looks after: her unit's, so that a successor can mend them, or those she made herself."""
    if not isinstance(actor, Officer):
        raise PermissionDeniedError
    check_act(actor, action=Action.DECLARE, unit_id=actor.unit_id)
    return actor.unit_id, None if actor.unit_id is not None else actor.officer_id
