"""Whom a campaign is for, in one sentence without an end: "thanh niên 16–22 tuổi ở xã Bắc Sơn, chưa nhận tin nào kỳ này"."""

from collections.abc import Sequence
from functools import partial

from content.catalog import Catalog
from outreach.campaigns.audience import Named, poster_code
from outreach.campaigns.model import Audience, AudienceKind
from outreach.directory import UnitDirectory
from outreach.pack import Pack
from outreach.units import UnitId

_NAMED_UNITS = 6
_SOURCE = "src_"


def audience_words(
    audience: Audience, *, named: Named, catalog: Catalog, pack: Pack, units: UnitDirectory, language: str
) -> str:
    """The same for a chat, a report and the command line: what is set, the most telling first."""
    say = partial(catalog.label, language=language)
    missed = (
        []
        if audience.not_received is None
        else [say("audience.not_received", title=named.titles[audience.not_received])]
    )
    if audience.corrects is not None:
        return ", ".join([say("audience.received", title=named.titles[audience.corrects]), *missed])
    where = _where(audience.unit_ids, catalog=catalog, units=units, language=language)
    clauses = []
    if audience.channels:
        clauses.append(
            say("audience.by_channel", channels=[say(f"campaign.channel.{one}") for one in audience.channels])
        )
    if audience.sources:
        words = partial(source_words, named=named, catalog=catalog, units=units, language=language)
        sources = [words(one) for one in audience.sources if one]
        clauses.append(say("audience.from_source", sources=sources, alone="" in audience.sources))
    if audience.topics:
        clauses.append(
            say("audience.interested", topics=[pack.topic(one).name.of(language) for one in audience.topics])
        )
    if audience.kind == AudienceKind.NOT_REACHED:
        clauses.append(say("audience.not_reached"))
    clauses += missed
    if audience.not_opened is not None:
        clauses.append(say("audience.not_opened", title=named.titles[audience.not_opened]))
    if not clauses and audience.ages is None:
        return where or say("audience.all")
    first, last = audience.ages or (0, 0)
    youth = pack.ages.youth.first <= first and last <= pack.ages.youth.last
    ages = ages_words(audience.ages) if audience.ages else ""
    return say("audience.who", ages=ages, youth=youth, where=where, clauses=clauses)


def ages_words(ages: tuple[int, int]) -> str:
    """16–22, or 18."""
    return "–".join(str(age) for age in dict.fromkeys(ages))


def source_words(source: str, *, named: Named, catalog: Catalog, units: UnitDirectory, language: str) -> str:
    """A poster by code and title; a unit's own one by the unit; any other word as it stands in the link."""
    word = source.removeprefix(_SOURCE)
    row = units.rows.get(word.partition("-")[0])
    return catalog.label(
        "audience.source",
        language=language,
        code=poster_code(source) if source in named.posters else "",
        title=named.posters.get(source, ""),
        unit=row.label if row else "",
        rest=word.partition("-")[2] if row else word,
    )


def _where(unit_ids: Sequence[UnitId], *, catalog: Catalog, units: UnitDirectory, language: str) -> str:
    rows = [units.row(unit_id) for unit_id in unit_ids]
    labels = [row.label if row else catalog.label("units.elsewhere", language=language) for row in rows]
    more = max(0, len(labels) - _NAMED_UNITS)
    return catalog.label("audience.units", language=language, units=labels[:_NAMED_UNITS], more=more) if labels else ""
