"""The table in which officers send the numbers of young people back, prepared for them to fill in."""

from collections.abc import Mapping

from content.reports.coverage import Wording
from content.reports.sheet import Cell, Sheet
from outreach.reach.model import Denominator
from outreach.units import UnitId


def population_sheet(year: int, words: Wording, *, present: Mapping[UnitId, Denominator]) -> Sheet:
    """The province and all its units, with what is entered already; content/readers/population.py reads it back."""
    province = words.pack.province
    places: list[tuple[str, str, UnitId]] = [
        (province.code, f"{province.word.of(words.language)} {province.name}", words.units.province_id),
        *((row.code, row.label, unit_id) for unit_id, row in words.units.communes),
    ]
    youth = words.pack.ages.youth
    return Sheet(
        name=words.say("form.name"),
        titles=[
            words.say("form.title", year=year),
            words.say("form.how", first=youth.first, last=youth.last),
        ],
        header=[
            words.say(f"form.{column}") for column in ("number", "code", "unit", "year", "count", "source", "dated")
        ],
        rows=[
            [number, code, label, str(year), *_entered(present.get(unit_id))]
            for number, (code, label, unit_id) in enumerate(places, start=1)
        ],
    )


def _entered(row: Denominator | None) -> list[Cell]:
    return [row.count, row.source, row.dated_on] if row else [None, None, None]
