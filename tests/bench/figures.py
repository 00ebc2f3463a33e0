"""A figure is a ratio: what was measured over its peer, or over its limit, in the same run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from rich.table import Table

HIGHER, LOWER = "higher", "lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`ours` and `theirs` are medians of the runs; `ratio` is the median of the runs' own ratios, so that a busy minute hits both.

    `better` says which way is better; nothing here passes or fails.
    """

    bench: str
    name: str
    unit: str
    ours: float
    peer: str
    theirs: float
    ratio: float
    better: str
    runs: tuple[float, ...]
    peer_runs: tuple[float, ...]


def figure(
    bench: str, name: str, unit: str, *, ours: Sequence[float], peer: str, theirs: Sequence[float] | float, better: str
) -> Figure:
    """Pair the runs one by one. A limit is a peer that is the same in every run."""
    peers = [float(theirs)] * len(ours) if isinstance(theirs, int | float) else list(theirs)
    return Figure(
        bench=bench,
        name=name,
        unit=unit,
        ours=median(ours),
        peer=peer,
        theirs=median(peers),
        ratio=median(one / other for one, other in zip(ours, peers, strict=True)),
        better=better,
        runs=tuple(ours),
        peer_runs=tuple(peers),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which `share` (0–1) of all lie."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def table(figures: Iterable[Figure]) -> Table:
    shown = Table(title="ratios: ours over the peer's, medians", title_justify="left")
    for heading in ("bench", "what", "ours", "peer", "peer's", "ratio", "better"):
        shown.add_column(heading, justify="right" if heading in {"ours", "peer's", "ratio"} else "left")
    last = ""
    for row in figures:
        if last and row.bench != last:
            shown.add_section()
        head, last = "" if row.bench == last else row.bench, row.bench
        ours, theirs = (f"{_short(value)} {row.unit}" for value in (row.ours, row.theirs))
        shown.add_row(head, row.name, ours, row.peer, theirs, f"{row.ratio:.2f}", row.better)
    return shown


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
