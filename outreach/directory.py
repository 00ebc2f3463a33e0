"""From a unit's code to its id and back: the pack knows codes and names, the database knows ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from outreach.units import ELSEWHERE, UnitId, UnitRow


@dataclass(frozen=True, slots=True)
class UnitDirectory:
    """`ids` as given by storage for the pack's units, the province's own code and ELSEWHERE."""

    rows: Mapping[str, UnitRow]
    ids: Mapping[str, UnitId]
    province_code: str
    codes: Mapping[UnitId, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", {unit_id: code for code, unit_id in self.ids.items()})

    def id_of(self, code: str) -> UnitId:
        return self.ids[code]

    def row(self, unit_id: UnitId) -> UnitRow | None:
        """None for the province and for "elsewhere"."""
        return self.rows.get(self.codes[unit_id])

    @property
    def province_id(self) -> UnitId:
        return self.ids[self.province_code]

    @property
    def elsewhere_id(self) -> UnitId:
        return self.ids[ELSEWHERE]

    @property
    def communes(self) -> list[tuple[UnitId, UnitRow]]:
        """In the pack's order."""
        return [(self.ids[code], row) for code, row in self.rows.items()]
