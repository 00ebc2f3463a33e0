"""What a pack must keep beyond the types of its values: codes that refer to something, numbers in order, both languages."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass

from outreach.pack import AgeWindow, Counted, Pack, QuestionKind, Span
from outreach.periods import LocalText, PeriodRule
from outreach.unit_words import COMMUNE_KINDS, Kind, split_kind
from outreach.units import OldUnit, UnitRow

_CODE_LENGTH = 5
_DAYS_OF_WEEK = 7
_ALL = 100  # per cent
_A_YEAR = 2028  # a leap year, to see that a day of the calendar exists
_SETTINGS = "pack.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong; `file` is relative to the pack's folder."""

    file: str = _SETTINGS
    key: str
    problem: str
    mend: str


def findings(pack: Pack) -> Iterator[Finding]:
    """Everything that is wrong with a pack, in the order in which it is best mended."""
    yield from _texts(pack, at="")
    yield from _codes(pack)
    yield from _numbers(pack)
    yield from _lists(pack)
    yield from _periods(pack.periods)
    yield from _references(pack)
    yield from _pages(pack)


def _texts(value: object, *, at: str) -> Iterator[Finding]:
    """No text may be there in one language only."""
    if isinstance(value, LocalText):
        for language in ("vi", "en"):
            if not value.of(language).strip():
                yield Finding(key=f"{at}.{language}", problem="the text is empty", mend="Write it")
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _texts(item, at=f"{at}.{number}")
    elif is_dataclass(value):
        for part in fields(value):
            yield from _texts(getattr(value, part.name), at=f"{at}.{part.name}".lstrip("."))


def _repeated(codes: Iterable[str]) -> list[str]:
    return [code for code, count in Counter(codes).items() if count > 1]


def _codes(pack: Pack) -> Iterator[Finding]:
    lists = {
        "periods": [rule.code for rule in pack.periods],
        "indicators": [indicator.code for indicator in pack.indicators],
        "topics": [topic.code for topic in pack.topics],
        "fields": [field.code for field in pack.fields],
        "calls": [call.code for call in pack.calls],
        "nomination.questions": [question.code for question in pack.nomination.questions],
    }
    for key, codes in lists.items():
        if not codes:
            yield Finding(key=key, problem="there is none", mend="Add at least one")
        for code in _repeated(codes):
            yield Finding(key=key, problem=f"the code {code!r} is there twice", mend="Give each its own code")
    for key in ("receipt_prefix", "nomination_prefix"):
        prefix = getattr(pack, key)
        if not prefix.replace("-", "").isalnum() or not prefix.isascii():
            yield Finding(key=key, problem=f"{prefix!r} is no prefix", mend="Use capital letters and hyphens")


# The answers on which the form's way depends (outreach/nominations/form.py).
_BRANCHES = {"who": {"self", "agreed", "not_yet"}, "of_age": {"yes", "no"}}


def _ages(pack: Pack) -> Iterator[tuple[str, AgeWindow]]:
    yield "ages.youth", pack.ages.youth
    yield "ages.talent", pack.ages.talent
    yield from ((f"calls.{call.code}.ages", call.ages) for call in pack.calls)


def _spans(pack: Pack) -> Iterator[tuple[str, Span]]:
    yield "sending.hours", pack.sending.hours
    yield from ((f"office_hours.spans.{number}", span) for number, span in enumerate(pack.office_hours.spans))


def _numbers(pack: Pack) -> Iterator[Finding]:
    for key, window in _ages(pack):
        if not 0 <= window.first <= window.last:
            yield Finding(
                key=key, problem=f"{window.first} to {window.last} is no range", mend="Put the younger age first"
            )
    for key, span in _spans(pack):
        if span.first >= span.last:
            yield Finding(
                key=key, problem=f"{span.first} to {span.last} is no range", mend="Put the earlier hour first"
            )
    days = set(pack.office_hours.days)
    if not days or not days <= set(range(1, _DAYS_OF_WEEK + 1)):
        yield Finding(key="office_hours.days", problem="these are no weekdays", mend="Use 1 (Monday) to 7 (Sunday)")
    if pack.sending.weekly_cap < 1:
        yield Finding(key="sending.weekly_cap", problem="nobody would get anything", mend="Use 1 or more")
    if pack.sending.approval_above < 0:
        yield Finding(key="sending.approval_above", problem="this is no number of people", mend="Use 0 or more")
    if not 1 <= pack.sending.most_blocked <= _ALL:
        yield Finding(key="sending.most_blocked", problem="this is no per cent", mend="Use 1 to 100")
    digest = pack.sending.digest
    if digest and not (1 <= digest.weekday <= _DAYS_OF_WEEK and pack.sending.hours.covers(digest.at)):
        yield Finding(
            key="sending.digest",
            problem="no hour of sending",
            mend="Use weekday 1 (Monday) to 7 and a time inside the hours",
        )


def _lists(pack: Pack) -> Iterator[Finding]:
    for indicator in pack.indicators:
        key = f"indicators.{indicator.code}.target"
        if not 0 < indicator.target <= _ALL:
            yield Finding(key=key, problem="this is no per cent", mend="Use 1 to 100")
    for question in pack.nomination.questions:
        key = f"nomination.questions.{question.code}"
        if not 0 < question.shortest <= question.longest:
            yield Finding(key=key, problem="no answer fits these lengths", mend="Set shortest below longest")
        if (question.kind is QuestionKind.CHOICE) != bool(question.options):
            problem = "a choice needs options, nothing else has them"
            yield Finding(key=f"{key}.options", problem=problem, mend="Correct kind or options")
    options = {question.code: set(question.options) for question in pack.nomination.questions}
    if pack.nomination.questions[:1] and pack.nomination.questions[0].code != "who":
        yield Finding(key="nomination.questions", problem="it does not begin with who", mend="Put who first")
    for code, wanted in _BRANCHES.items():
        if options.get(code) != wanted:
            problem = "the conversation branches on it and needs exactly its options"
            yield Finding(key=f"nomination.questions.{code}", problem=problem, mend=f"Use {sorted(wanted)}")


def _periods(rules: tuple[PeriodRule, ...]) -> Iterator[Finding]:
    for rule in rules:
        key = f"periods.{rule.code}"
        try:
            period = rule.in_year(_A_YEAR)
        except ValueError as error:
            yield Finding(key=key, problem=str(error), mend="Correct month, day and name")
            continue
        except (KeyError, IndexError):
            yield Finding(key=f"{key}.name", problem="a brace is filled by nothing", mend="Only {year} may stand in it")
            continue
        if period.first_on > period.last_on:
            yield Finding(key=key, problem="it ends before it begins", mend="Set years_before = 1 for its first day")
    if sum(rule.main for rule in rules) != 1:
        yield Finding(key="periods", problem="not exactly one is the main one", mend="Set main = true in one")


def _references(pack: Pack) -> Iterator[Finding]:
    informed = [indicator for indicator in pack.indicators if indicator.of is Counted.YOUTH]
    if len(informed) != 1:
        yield Finding(
            key="indicators", problem="not exactly one is a share of youth", mend='Keep one with of = "youth"'
        )
    if not any(topic.counts for topic in pack.topics):
        yield Finding(key="topics", problem="none counts", mend="Set counts = true for talent information")
    fields_known = {field.code for field in pack.fields}
    for call in pack.calls:
        for code in sorted(set(call.fields) - fields_known):
            yield Finding(key=f"calls.{call.code}.fields", problem=f"there is no field {code!r}", mend="Correct it")
    topics = {topic.code for topic in pack.topics}
    for item in pack.news:
        if item.topic not in topics:
            file = f"news/{item.key}.md"
            yield Finding(file=file, key="topic", problem=f"there is no topic {item.topic!r}", mend="Correct it")


def _kind(label: str) -> Kind | None:
    try:
        return split_kind(label)[0]
    except ValueError:
        return None


def unit_findings(units: Sequence[UnitRow], *, old_units: Sequence[OldUnit]) -> Iterator[Finding]:
    """What is wrong with the two lists of units; nothing can be looked up before they are right."""
    codes = [unit.code for unit in units]
    for code in _repeated(codes):
        yield Finding(file="units.csv", key=code, problem="the code is there twice", mend="Correct it")
    for unit in units:
        if len(unit.code) != _CODE_LENGTH or not unit.code.isdigit():
            yield Finding(
                file="units.csv", key=unit.code, problem="this is no code", mend="Use five figures, with the leading 0"
            )
        if _kind(unit.label) not in COMMUNE_KINDS:
            yield Finding(
                file="units.csv",
                key=unit.code,
                problem=f"{unit.kind!r} is no kind",
                mend="Write the kind as the rows of the other units do",
            )
    for row in old_units:
        key = f"{row.new_code}, {row.old_commune}"
        if row.new_code not in codes:
            yield Finding(file="old-units.csv", key=key, problem="units.csv has no such code", mend="Correct it")
        if _kind(row.old_commune) not in COMMUNE_KINDS or _kind(row.old_district) is not Kind.DISTRICT:
            yield Finding(file="old-units.csv", key=key, problem="a kind is missing before a name", mend="Write it out")
    for code in sorted(set(codes) - {row.new_code for row in old_units}):
        yield Finding(file="old-units.csv", key=code, problem="no old commune went there", mend="Add its rows")


def _pages(pack: Pack) -> Iterator[Finding]:
    keys = {language: {page.key for page in pack.pages_in(language)} for language in ("vi", "en")}
    for language, other in (("vi", "en"), ("en", "vi")):
        for key in sorted(keys[other] - keys[language]):
            file = f"pages/{language}/{key}.md"
            yield Finding(file=file, key=key, problem=f"the page is there in {other!r} only", mend="Translate it")
    for page in pack.pages:
        if page.language not in keys:
            file = f"pages/{page.language}/{page.key}.md"
            yield Finding(file=file, key="language", problem="there is no such language", mend="Use vi or en")
