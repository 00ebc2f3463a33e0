"""Which commune somebody means: the units of today, the old communes and districts in them, and what names may stand for.

District level ended on 1 July 2025 and people still write it; ten old districts of Lạng Sơn and one commune each bear the
same name. So a name alone is never taken for an answer here: it leads to a question.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NewType

from rapidfuzz import fuzz, process

from outreach.text import fold
from outreach.unit_words import COMMUNE_KINDS, Kind, Place, Vocabulary, accents, key, split_kind

UnitId = NewType("UnitId", int)

ELSEWHERE = "00000"  # the code of "I live in no unit of this province"; counted in no percentage

AREA_PAGE = 9  # as many as a person can take in, and one digit each to type

_FARM = "nong truong"
_NEAR = 82.0  # of 100; "ha noi" and "ha an" stay apart, "bac xon" finds "bac son"
_MOST_SUGGESTIONS = 3
_CODE_LENGTH = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit of today. `code` is text of five digits (statistics office); `kind` in small letters: "xã"."""

    code: str
    kind: str
    name: str

    @property
    def label(self) -> str:
        return f"{self.kind} {self.name}"


class Share(StrEnum):
    WHOLE = "whole"
    PART = "part"  # the old commune was divided between several units


@dataclass(frozen=True, slots=True, kw_only=True)
class OldUnit:
    """Which old commune went, whole or in part, into which unit. Names carry their kind ("Thị trấn Bắc Sơn")."""

    new_code: str
    old_district: str
    old_commune: str
    share: Share

    @property
    def short(self) -> str:
        """As a list of old names shows it: "thị trấn Bắc Sơn", but "Long Đống" for a xã and "Tam Thanh" for a phường."""
        kind, name = split_kind(self.old_commune)
        return name if kind in {Kind.COMMUNE, Kind.WARD} else small_first(self.old_commune)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One unit to offer, with the old communes by which people recognise it and the old districts it lies in."""

    unit: UnitRow
    old: tuple[OldUnit, ...]
    districts: tuple[str, ...]  # "huyện Bắc Sơn"

    @property
    def old_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.short for row in self.old))


class Question(StrEnum):
    """Why a question is needed; the words stand in `content/texts`."""

    IS_IT = "is_it"  # one unit fits, but the words do not settle it: "Bạn ở xã Bắc Sơn, đúng không?"
    WAS_DISTRICT = "was_district"  # the name was a whole district
    WAS_DIVIDED = "was_divided"  # the old commune was divided
    SEVERAL = "several"  # the name stands, or stood, for several communes


@dataclass(frozen=True, slots=True, kw_only=True)
class Exactly:
    """The words, prefix or code included, name one unit and nothing else. The person still confirms it once."""

    choice: Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """`name` is spelled as it should be and has no kind ("Bắc Sơn"). Likeliest first; more than nine may come: see `pages`."""

    question: Question
    name: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """An old district as a way to choose: "huyện Bắc Sơn". A unit that took communes of two districts is in both."""

    label: str
    choices: tuple[Choice, ...]

    @property
    def pages(self) -> tuple[tuple[Choice, ...], ...]:
        return pages(self.choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """The words name the province and no more: the areas are to be offered. `also` is the old city of the same bare name."""

    areas: tuple[Area, ...]
    also: Area | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """No name was recognised; `suggestions` are units that are spelled alike, best first, often none."""

    suggestions: tuple[Choice, ...]


Match = Exactly | Ask | Areas | Nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sense:
    """One thing that a name may stand for, as far as one unit of today is concerned."""

    kind: Kind
    name: str  # spelled, without kind
    code: str
    districts: frozenset[str]  # keys of names
    own: bool = False  # the unit's own name of today
    divided: bool = False  # an old commune of which only a part lies in the unit


def small_first(label: str) -> str:
    """As a label stands within a sentence: Huyện Bắc Sơn -> huyện Bắc Sơn."""
    return label[:1].lower() + label[1:]


def pages(choices: Sequence[Choice], *, size: int = AREA_PAGE) -> tuple[tuple[Choice, ...], ...]:
    """Cut into pages that differ by at most one, none longer than `size`."""
    count = max(1, -(-len(choices) // size))
    cuts = [len(choices) * number // count for number in range(count + 1)]
    return tuple(tuple(choices[a:b]) for a, b in pairwise(cuts))


class Gazetteer:
    """The units of one province and every name they go or went by.

    `province` holds the spellings of the province itself ("Lạng Sơn", "LS"), which may follow any address.
    """

    def __init__(self, *, units: Sequence[UnitRow], old: Sequence[OldUnit], province: Iterable[str]) -> None:
        self.units = tuple(units)
        self._choices = {unit.code: _choice(unit, old=old) for unit in units}
        self._order = {unit.code: number for number, unit in enumerate(units)}
        self._province = frozenset(key(name) for name in province)
        self._senses: dict[str, list[_Sense]] = {}
        for sense in _senses(self._choices.values()):
            for name in _spellings(sense):
                self._senses.setdefault(name, []).append(sense)
        self._vocabulary = Vocabulary([*self._senses, *self._province])
        labels = dict.fromkeys(small_first(row.old_district) for row in old)
        self._areas = tuple(self._area(label) for label in sorted(labels, key=lambda label: fold(split_kind(label)[1])))

    def choice(self, code: str) -> Choice:
        """Raises KeyError for a code the province does not have."""
        return self._choices[code]

    def old_names(self, code: str) -> tuple[str, ...]:
        """("thị trấn Bắc Sơn", "Bắc Quỳnh", "Long Đống") for 06325, in the order of the data."""
        return self._choices[code].old_names

    def areas(self) -> tuple[Area, ...]:
        """The old districts in alphabetical order of their names: one tap for the area, one for the unit."""
        return self._areas

    def find(self, text: str) -> Match:
        """What `text` says about where somebody lives. Pure; never one unit in silence unless the words name it."""
        code = fold(text[: _CODE_LENGTH * 2]).zfill(_CODE_LENGTH)
        if code in self._choices:
            return Exactly(choice=self._choices[code])
        if readings := self._vocabulary.readings(text):
            return self._match(readings, text=text, settled=True)
        if readings := self._vocabulary.joined_readings(text):
            return self._match(readings, text=text, settled=False)
        if mentioned := self._vocabulary.mentioned(text):
            return self._match([mentioned], text=text, settled=False)
        return Nothing(suggestions=self._suggestions(text))

    def _match(self, readings: Sequence[tuple[Place, ...]], *, text: str, settled: bool) -> Match:
        meant = [self._meant(places) for places in readings if places]
        senses = [sense for found, _ in meant for sense in found]
        if not senses:
            return self._whole(readings) if any(readings) else Nothing(suggestions=())
        if len({sense.code for sense in senses}) == 1 and settled and all(certain for _, certain in meant):
            return Exactly(choice=self._choices[senses[0].code])
        return self._ask(senses, text=text)

    def _whole(self, readings: Sequence[tuple[Place, ...]]) -> Areas:
        """Without "tỉnh" in front the province's name may be that of its old city."""
        bare = {place.name for places in readings for place in places if place.kind is None}
        same = (area for area in self._areas if key(split_kind(area.label)[1]) in bare & self._province)
        return Areas(areas=self._areas, also=next(same, None))

    def _meant(self, places: tuple[Place, ...]) -> tuple[list[_Sense], bool]:
        """What a reading may mean, and whether its words settle that. The commune may stand before or behind its district."""
        found: list[_Sense] = []
        certain = False
        for place in places:
            senses, fits = self._standing_for(place)
            for other in places:
                if other is not place:
                    senses = self._inside(senses, outer=other)
            found += senses
            certain = certain or (fits and bool(senses))
        if not found:  # the parts contradict each other: a question about the first one that says anything
            alone = (self._standing_for(place)[0] for place in places)
            return next((senses for senses in alone if senses), []), False
        return found, certain

    def _standing_for(self, place: Place) -> tuple[list[_Sense], bool]:
        """The senses of a name; only those of the kind said, if there are any of that kind."""
        senses = self._senses.get(place.name, [])
        if place.name in self._province and place.kind in {None, Kind.PROVINCE}:
            return [], False  # the province itself; an old city of that name has to be called a city
        same_kind = [sense for sense in senses if sense.kind is place.kind]
        return (same_kind, True) if same_kind else (senses, False)

    def _inside(self, senses: list[_Sense], *, outer: Place) -> list[_Sense]:
        """Those of `senses` that lie in the old district or the unit that `outer` names."""
        if outer.name in self._province:
            city = {outer.name} if outer.kind is Kind.DISTRICT and outer.name in self._senses else set()
            return [s for s in senses if s.districts & city] if city else senses
        wider = self._standing_for(outer)[0]
        districts = {outer.name for sense in wider if sense.kind is Kind.DISTRICT}
        codes = {sense.code for sense in wider if sense.own}
        inner = [sense for sense in senses if sense.districts & districts or sense.code in codes]
        narrower = [sense for sense in inner if sense.kind in COMMUNE_KINDS]
        return narrower if districts and narrower else inner

    def _ask(self, senses: Sequence[_Sense], *, text: str) -> Ask:
        written = accents(text)

        def likeliest(sense: _Sense) -> tuple[bool, bool, bool, int]:
            spelled = accents(sense.name) in written
            return not spelled, not sense.own, sense.kind is Kind.DISTRICT, self._order[sense.code]

        ordered = sorted(senses, key=likeliest)
        codes = dict.fromkeys(sense.code for sense in ordered)
        was = next((sense for sense in ordered if sense.kind is Kind.DISTRICT), None)
        if len(codes) == 1:
            question = Question.IS_IT
        elif was:
            question = Question.WAS_DISTRICT
        elif all(sense.own or sense.divided for sense in senses):
            question = Question.WAS_DIVIDED
        else:
            question = Question.SEVERAL
        return Ask(
            question=question, name=(was or ordered[0]).name, choices=tuple(self._choices[code] for code in codes)
        )

    def _suggestions(self, text: str) -> tuple[Choice, ...]:
        near = process.extract(
            key(text), list(self._senses), scorer=fuzz.ratio, score_cutoff=_NEAR, limit=_MOST_SUGGESTIONS
        )
        codes = dict.fromkeys(sense.code for name, _, _ in near for sense in self._senses[name])
        return tuple(self._choices[code] for code in codes)[:AREA_PAGE]

    def _area(self, label: str) -> Area:
        return Area(label=label, choices=tuple(c for c in self._choices.values() if label in c.districts))


def _choice(unit: UnitRow, *, old: Iterable[OldUnit]) -> Choice:
    rows = tuple(row for row in old if row.new_code == unit.code)
    return Choice(unit=unit, old=rows, districts=tuple(dict.fromkeys(small_first(row.old_district) for row in rows)))


def _senses(choices: Iterable[Choice]) -> Iterable[_Sense]:
    for choice in choices:
        code = choice.unit.code
        districts = frozenset(key(split_kind(label)[1]) for label in choice.districts)
        kind, name = split_kind(choice.unit.label)
        yield _Sense(kind=kind, name=name, code=code, districts=districts, own=True)
        for label in choice.districts:
            name = split_kind(label)[1]
            yield _Sense(kind=Kind.DISTRICT, name=name, code=code, districts=frozenset({key(name)}))
        for row in choice.old:
            kind, name = split_kind(row.old_commune)
            within = frozenset({key(split_kind(row.old_district)[1])})
            yield _Sense(kind=kind, name=name, code=code, districts=within, divided=row.share is Share.PART)


def _spellings(sense: _Sense) -> tuple[str, ...]:
    """The keys of a name: a town that grew from a state farm is also called without, or with a short, "nông trường"."""
    name = key(sense.name)
    farm = key(_FARM) + " "
    short = name.removeprefix(farm)
    return (name, short, f"nt {short}") if short != name else (name,)
