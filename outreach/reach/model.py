"""What "reached" means: tiers of evidence, ages, periods, and the figures that come of them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from outreach.periods import Period
from outreach.units import UnitId

PeriodId = NewType("PeriodId", int)


class Tier(StrEnum):
    """Evidence per person, weakest first; a later one says at least as much as accepted."""

    ACCEPTED = "e1"  # by the channel
    DELIVERED = "e2"  # where the channel says so
    OPENED = "e3"  # opened, tapped, replied
    READ = "e4"  # pressed "read" or answered a check question


class AgeBand(StrEnum):
    """By declared birth year against the year in which the period ends."""

    YOUTH = "youth"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPeriod:
    """A period that has been counted in, with its id."""

    period_id: PeriodId
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Denominator:
    unit_id: UnitId
    year: int
    count: int
    source: str
    dated_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """One unit (or the province) in one period. People and turns are two numbers and are never added."""

    unit_id: UnitId | None  # None: the province in all, counted on its own, not the sum of the units
    reached: int  # young people (16–30), each once; an account that is not linked is a person of its own
    reached_low: int  # at least so many, if whoever may be the same person on two channels is
    other_age: int
    unknown_age: int
    turns: int
    tiers: dict[Tier, int] = field(default_factory=dict)
    denominator: Denominator | None = None
    declared_turns: int = 0
    declared_documented: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What is handed in: the period's exact days, the province, its units, and when it was counted."""

    period: Period
    province: CoverageRow
    units: tuple[CoverageRow, ...]
    elsewhere: int  # subscribers who live in no unit of the province; in no percentage
    counted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A headcount an officer vouches for; it stands in a line of its own and is never added to people.

    `documented` is given where declarations are read: minutes were sent and were not refused.
    """

    unit_id: UnitId
    held_on: date
    title: str
    headcount: int
    evidence_id: int | None
    documented: bool = False
