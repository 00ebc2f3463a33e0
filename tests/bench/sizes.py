"""How much is measured: enough for a figure in three minutes, all of it under FULL=1, next to nothing for the smoke test."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """`people` get a campaign, `crowd` are counted in a report. Every leg is run `repetitions` times but for the long ones, which have
    turns or messages enough for a figure: a rate that is kept, answers beside a campaign, growth.
    """

    name: str
    repetitions: int
    people: int
    kept_people: int  # get a campaign at the pace of a provider that has limits
    kept_after: float  # seconds that a lane has to find its rate
    limits: tuple[int, ...]  # messages a second of a campaign while people ask
    talk_rates: tuple[int, ...]  # turns a second beside it
    talk_turns: int
    talk_engines: tuple[str, ...]
    grown: tuple[int, ...]  # people who get one campaign, from few to many
    grown_sent: tuple[int, ...]  # how many of them do within the measured time
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
            kept_people=60,
            kept_after=0.5,
            limits=(200,),
            talk_rates=(10,),
            talk_turns=10,
            talk_engines=("SQLite",),
            grown=(100, 300),
            grown_sent=(100, 200),
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
            kept_people=6_000,
            kept_after=60,
            limits=(30, 1_000),
            talk_rates=(10, 50),
            talk_turns=1_000,
            talk_engines=("SQLite",),
            grown=(10_000, 200_000, 1_000_000),
            grown_sent=(10_000, 200_000, 30_000),
            killed_people=2_000,
            crowd=300_000,
            few=2,
            many=10,
            joining=40,
        ),
        Size(
            name="full",
            repetitions=3,
            people=50_000,
            kept_people=6_000,
            kept_after=60,
            limits=(30, 1_000),
            talk_rates=(10, 50),
            talk_turns=1_000,
            talk_engines=("SQLite", "PostgreSQL"),
            grown=(10_000, 200_000, 1_000_000),
            grown_sent=(10_000, 200_000, 1_000_000),
            killed_people=10_000,
            crowd=300_000,
            few=2,
            many=10,
            joining=300,
        ),
    )
}
