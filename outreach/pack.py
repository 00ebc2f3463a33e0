"""What a province is, as data: organisation, targets, ages, periods, topics, form, units and pages.

`content/packs` loads and checks it; everything else reads these records and knows no province.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from outreach.clock import local_day, local_instant
from outreach.periods import LocalText, Period, PeriodRule
from outreach.units import Gazetteer, OldUnit, UnitRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Province:
    """`word` is what the unit calls itself ("tỉnh", "thành phố"); it is never glued on in code. `spellings` follow addresses."""

    code: str
    name: str
    word: LocalText
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Names of the province's Youth Union. `commune_name` holds {unit}: "Đoàn {unit}" gives "Đoàn xã Bắc Sơn"."""

    name: LocalText
    full_name: LocalText
    commune_name: LocalText


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Clock times in Vietnam; `last` is the last minute that still belongs to it."""

    first: time
    last: time

    def covers(self, moment: time) -> bool:
        return self.first <= moment.replace(second=0, microsecond=0, tzinfo=None) <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHours:
    """When somebody answers. `days` are ISO weekdays, 1 is Monday."""

    days: tuple[int, ...]
    spans: tuple[Span, ...]

    def covers(self, local: datetime) -> bool:
        """Whether the office is open at `local`, an instant already turned into Vietnam's time."""
        return local.isoweekday() in self.days and any(span.covers(local.timetz()) for span in self.spans)

    def worked(self, since: datetime, until: datetime) -> timedelta:
        """How long the office was open between two instants; nights, weekends and noon are no time in which somebody was slow."""
        open_for, day = timedelta(), local_day(since)
        while day <= local_day(until):
            for span in self.spans if day.isoweekday() in self.days else ():
                begins, ends = max(since, local_instant(day, span.first)), min(until, local_instant(day, span.last))
                open_for += max(timedelta(), ends - begins)
            day += timedelta(days=1)
        return open_for


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeWindow:
    """Ages in whole years, both ends included, reckoned as year less birth year: nobody is asked for a birthday."""

    first: int
    last: int

    def covers(self, birth_year: int, *, year: int) -> bool:
        return self.first <= year - birth_year <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeWindows:
    """`youth` decides who counts, `talent` who may be nominated: two rules of two texts, not one."""

    subscriber_min: int
    youth: AgeWindow
    talent: AgeWindow


class Counted(StrEnum):
    """What an indicator is a share of. Each is a denominator of its own, entered by an officer, never shipped."""

    YOUTH = "youth"
    OFFICERS = "officers"
    TALENT_OFFICERS = "talent_officers"
    TALENTS_HONOURED = "talents_honoured"
    TALENTS = "talents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A target of at least `target` per cent: every year when `by_year` is None, else reached by the end of that year."""

    code: str
    name: LocalText
    of: Counted
    target: int
    source: str
    by_year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic of news. `keywords` are words or phrases as people write them; they are compared folded and propose the topic.

    `counts` says whether news on it counts towards the share of youth informed: only talent information does.
    """

    code: str
    name: LocalText
    keywords: tuple[str, ...]
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of achievement, in the official order."""

    code: str
    name: LocalText


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyHour:
    """`weekday` as in the calendar of ISO, 1 is Monday; `at` is the clock in Vietnam."""

    weekday: int
    at: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Campaign messages only: the hours they may leave in, and how many one person may get in seven days.

    To more than `approval_above` people a campaign goes when a second officer has looked at it; 0: none is asked.
    `most_blocked`: per cent of the last hundred attempts, or of a first wave, that meet a block before a campaign stops by itself.
    `digest`: when what did not fit into the week goes out in one message; None: never.
    """

    hours: Span
    weekly_cap: int
    approval_above: int = 1_000
    most_blocked: int = 30
    digest: WeeklyHour | None = None


class QuestionKind(StrEnum):
    CHOICE = "choice"  # one of `options`
    FIELD = "field"  # one of the pack's fields
    NAME = "name"
    YEAR = "year"
    UNIT = "unit"
    TEXT = "text"
    EVIDENCE = "evidence"  # photos, files, links; an album is one answer
    CONTACT = "contact"  # a phone number, an e-mail address, or this chat


class Asked(StrEnum):
    ALWAYS = "always"
    OTHER = "other"  # only who nominates somebody else
    AGREED = "agreed"  # only when the nominee is the nominator herself, or has agreed: more than finding her needs


@dataclass(frozen=True, slots=True, kw_only=True)
class FormQuestion:
    """Lengths are in characters, both ends included; years are four figures; `most` counts the pieces of evidence."""

    code: str
    kind: QuestionKind
    asked: Asked = Asked.ALWAYS
    required: bool = True
    options: tuple[str, ...] = ()
    shortest: int = 1
    longest: int = 200
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NominationForm:
    """A change of questions needs a new `version`: stored conversations ask for the one they began with."""

    version: int
    draft_days: int  # an unfinished form is kept so long
    remind_after_hours: int  # then it is recalled once
    consent_days: int  # a nominee who has not said yes by then is deleted
    file_megabytes: int  # the largest single piece of evidence
    questions: tuple[FormQuestion, ...]

    def asked(self, *, for_self: bool, agreed: bool) -> tuple[FormQuestion, ...]:
        """The questions in the order in which one kind of nominator meets them; who nominates herself has agreed."""
        wanted = {Asked.ALWAYS} if for_self else {Asked.ALWAYS, Asked.OTHER}
        if for_self or agreed:
            wanted.add(Asked.AGREED)
        return tuple(question for question in self.questions if question.asked in wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call for nominations (đợt). Without dates it is open all year; ages are reckoned in the year of nomination."""

    code: str
    name: LocalText
    ages: AgeWindow
    fields: tuple[str, ...] = ()  # codes; none stands for all
    opens_on: date | None = None
    closes_on: date | None = None

    def is_open(self, day: date) -> bool:
        return (self.opens_on is None or self.opens_on <= day) and (self.closes_on is None or day <= self.closes_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the programme, in simple Markdown: paragraphs, lists, bold. `checked_on` is when its facts were looked at."""

    key: str
    language: str
    title: str
    order: int
    sources: tuple[str, ...]
    checked_on: date
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleNews:
    """A news item to begin with; an officer still publishes it. `number` is that of the document it speaks of."""

    key: str
    title: str
    topic: str
    source: str
    paragraphs: tuple[str, ...]
    number: str = ""
    signed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Empty `hotline`, `address`, `official_page` are for the province to set: see `unset`."""

    code: str
    province: Province
    organisation: Organisation
    receipt_prefix: str  # "LS-DY": receipts of consent, LS-DY-004821
    nomination_prefix: str  # "LS": nominations, LS-2026-000123
    hotline: str
    address: str
    official_page: str
    office_hours: OfficeHours
    ages: AgeWindows
    sending: Sending
    periods: tuple[PeriodRule, ...]
    indicators: tuple[Indicator, ...]
    topics: tuple[Topic, ...]
    fields: tuple[Field, ...]
    nomination: NominationForm
    calls: tuple[Call, ...]
    units: tuple[UnitRow, ...]
    old_units: tuple[OldUnit, ...]
    pages: tuple[Page, ...]
    news: tuple[SampleNews, ...]
    gazetteer: Gazetteer

    @property
    def unset(self) -> tuple[str, ...]:
        """Names of the settings without which people see a gap; `doctor` lists them."""
        return tuple(name for name in ("hotline", "address", "official_page") if not getattr(self, name).strip())

    @property
    def informed(self) -> Indicator:
        """The share of youth given information, the indicator the product exists for."""
        return next(indicator for indicator in self.indicators if indicator.of is Counted.YOUTH)

    @property
    def main_period(self) -> PeriodRule:
        return next(rule for rule in self.periods if rule.main)

    def periods_on(self, day: date) -> tuple[Period, ...]:
        """Every period a day in Vietnam counts in, one for each rule that covers it; the main one first: "for the first time" means it."""
        rules = sorted(self.periods, key=lambda rule: not rule.main)
        return tuple(period for rule in rules if (period := rule.on(day)))

    def topic(self, code: str) -> Topic:
        """Raises KeyError for a code the pack does not have; so do the others."""
        return _by_code(self.topics, code)

    def field(self, code: str) -> Field:
        return _by_code(self.fields, code)

    def call(self, code: str) -> Call:
        return _by_code(self.calls, code)

    def pages_in(self, language: str) -> tuple[Page, ...]:
        """In reading order."""
        return tuple(sorted((page for page in self.pages if page.language == language), key=lambda page: page.order))

    def page(self, key: str, *, language: str) -> Page:
        for page in self.pages:
            if (page.key, page.language) == (key, language):
                return page
        raise KeyError(key)


Coded = TypeVar("Coded", Topic, Field, Call)


def _by_code(records: tuple[Coded, ...], code: str) -> Coded:
    for record in records:
        if record.code == code:
            return record
    raise KeyError(code)
