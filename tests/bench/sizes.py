"""How much is measured: enough for a figure in three minutes, all of it under FULL=1, next to nothing for the smoke test."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """`people` get a campaign, `crowd` are counted in a report; `limits` are messages a second. Every leg is run `repetitions` times."""

    name: str
    repetitions: int
    people: int
    limits: tuple[int, ...]
    talk_seconds: float
    talk_rate: int  # turns a second beside a campaign
    talk_engines: tuple[str, ...]
    killed_people: int
    crowd: int
    few: int  # campaigns everybody has got when the first report is counted
    many: int  # and when the second is
    joining: int  # people who subscribe, one after the other


SIZES = {
    size.name: size
    for size in (
        Size(
            name="tiny",
            repetitions=1,
            people=60,
            limits=(200,),
            talk_seconds=1,
            talk_rate=10,
            talk_engines=("SQLite",),
            killed_people=300,
            crowd=300,
            few=1,
            many=2,
            joining=3,
        ),
        Size(
            name="default",
            repetitions=3,
            people=3_000,
            limits=(500,),
            talk_seconds=4,
            talk_rate=20,
            talk_engines=("SQLite",),
            killed_people=2_000,
            crowd=20_000,
            few=2,
            many=10,
            joining=40,
        ),
        Size(
            name="full",
            repetitions=3,
            people=50_000,
            limits=(1000,),
            talk_seconds=15,
            talk_rate=20,
            talk_engines=("SQLite", "PostgreSQL"),
            killed_people=10_000,
            crowd=300_000,
            few=2,
            many=10,
            joining=300,
        ),
    )
}
