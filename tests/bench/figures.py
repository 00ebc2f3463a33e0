"""A figure is a ratio: what was measured over its peer, or over its limit, in the same run. Where there is a target it says so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from rich.table import Table

HIGHER, LOWER = "higher", "lower"
HEADINGS = ("bench", "what", "ours", "peer", "peer's", "ratio", "target, or what is better")
FIGURES = frozenset({"ours", "peer's", "ratio"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`ours` and `theirs` are medians of the runs; `ratio` is the median of the runs' own ratios, so that a busy minute hits both.

    `better` says which way is better; `target` what was aimed at, and `met` whether it is so: it is shown, nothing fails by it.
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
    target: str = ""
    met: bool | None = None


def figure(
    bench: str,
    name: str,
    unit: str,
    *,
    ours: Sequence[float],
    peer: str,
    theirs: Sequence[float] | float,
    better: str,
    ratio: float | None = None,
    above: float | None = None,
) -> Figure:
    """Pair the runs one by one. A limit is a peer that is the same in every run.

    A target is a `ratio` to be reached (or not to be passed, where lower is better), or how far `above` the peer it may be.
    """
    peers = [float(theirs)] * len(ours) if isinstance(theirs, int | float) else list(theirs)
    found = median(one / other for one, other in zip(ours, peers, strict=True))
    target, met = "", None
    if ratio is not None:
        target, met = (
            f"{'≥' if better == HIGHER else '≤'} {ratio:g} ×",
            found >= ratio if better == HIGHER else found <= ratio,
        )
    if above is not None:
        target, met = f"≤ +{above:g} {unit}", median(ours) - median(peers) <= above
    return Figure(
        bench=bench,
        name=name,
        unit=unit,
        ours=median(ours),
        peer=peer,
        theirs=median(peers),
        ratio=found,
        better=better,
        runs=tuple(ours),
        peer_runs=tuple(peers),
        target=target,
        met=met,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which `share` (0–1) of all lie."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def table(figures: Iterable[Figure]) -> Table:
    shown = Table(title="ratios: ours over the peer's, medians", title_justify="left")
    for heading in HEADINGS:
        shown.add_column(heading, justify="right" if heading in FIGURES else "left")
    last = ""
    for row in figures:
        if last and row.bench != last:
            shown.add_section()
        head, last = "" if row.bench == last else row.bench, row.bench
        shown.add_row(head, *cells(row))
    return shown


def cells(row: Figure) -> tuple[str, ...]:
    """A row of the table but for its bench."""
    ours, theirs = (f"{_short(value)} {row.unit}" for value in (row.ours, row.theirs))
    target = f"{row.target}{'' if row.met else ': missed'}" if row.target else row.better
    return row.name, ours, row.peer, theirs, f"{row.ratio:.2f}", target


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
