"""From values to figures: medians with quartiles or shares with intervals, and how near the simulated ones come."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Final

import numpy as np

from distributions.measure import Measure, Statistic
from offangle.analysis.patterns.intervals import wilson_interval

NEAR: Final = 0.25
"""A simulated figure within this of the real one counts as like it."""
HEADING: Final = "| measure | one value per | pro | league | real | simulated | ratio | within 25 % |"
ABSENT: Final = "-"

Values = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One distribution in three numbers.

    Attributes:
        n: Number of values.
        centre: The median, or the share.
        low: The lower quartile, or the lower end of the share's 95 % interval.
        high: The upper one.
    """

    n: int
    centre: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure, real and simulated; a figure is None where no match tells."""

    measure: Measure
    pro: Figure | None
    league: Figure | None
    real: Figure | None
    simulated: Figure | None

    @property
    def ratio(self) -> float | None:
        """Simulated by real; None where either is unknown or only the real one is 0."""
        if self.real is None or self.simulated is None:
            return None
        if self.real.centre == 0.0:
            return 1.0 if self.simulated.centre == 0.0 else None
        return self.simulated.centre / self.real.centre

    @property
    def is_near(self) -> bool | None:
        """Whether the simulated figure is like the real one; None where either is unknown."""
        if self.real is None or self.simulated is None:
            return None
        return self.ratio is not None and abs(self.ratio - 1.0) <= NEAR


def figure(values: Sequence[float], statistic: Statistic) -> Figure | None:
    """The figure of some values; None of none."""
    if not values:
        return None
    known = np.asarray(values, dtype=np.float64)
    if statistic == "share":
        low, high = wilson_interval(int(known.sum()), len(known))
        return Figure(len(known), float(known.mean()), low, high)
    low, median, high = (float(value) for value in np.quantile(known, (0.25, 0.5, 0.75)))
    return Figure(len(known), median, low, high)


def compared(measures: Sequence[Measure], pro: Values, league: Values, simulated: Values) -> list[Comparison]:
    """Set the pooled values of real and simulated matches beside each other, measure by measure."""
    return [
        Comparison(
            measure,
            pro=figure(pro.get(measure.name, ()), measure.statistic),
            league=figure(league.get(measure.name, ()), measure.statistic),
            real=figure([*pro.get(measure.name, ()), *league.get(measure.name, ())], measure.statistic),
            simulated=figure(simulated.get(measure.name, ()), measure.statistic),
        )
        for measure in measures
    ]


def as_markdown(comparisons: Sequence[Comparison], matches: Mapping[str, int]) -> str:
    """Tables of all measures, one per group."""
    counted = ", ".join(f"{number} {kind}" for kind, number in matches.items())
    lines = [f"Matches: {counted}. Medians [quartiles]; shares [95 % interval]."]
    for group, rows in groupby(comparisons, key=lambda row: row.measure.group):
        lines += ["", f"### {group.capitalize()}", "", HEADING, "|---|---|---|---|---|---|---|---|"]
        lines += [_line(row) for row in rows]
    return "\n".join([*lines, "", *_summary(comparisons)])


def _summary(comparisons: Sequence[Comparison]) -> Iterator[str]:
    judged = [row for row in comparisons if row.is_near is not None]
    if judged:
        yield f"{sum(bool(row.is_near) for row in judged)} of {len(judged)} measures are within 25 % of the real ones."
        apart = [f"{row.measure.group}: {row.measure.label} ({_ratio(row)})" for row in judged if not row.is_near]
        yield from ("", "Not within: " + "; ".join(apart) + ".") if apart else ()


def _line(row: Comparison) -> str:
    measure = row.measure
    label = f"{measure.label} ({measure.unit})" if measure.unit else measure.label
    figures = (_told(each) for each in (row.pro, row.league, row.real, row.simulated))
    near = ABSENT if row.is_near is None else "yes" if row.is_near else "**no**"
    return f"| {' | '.join([label, measure.one, *figures, _ratio(row), near])} |"


def _ratio(row: Comparison) -> str:
    return ABSENT if row.ratio is None else f"{row.ratio:.2f}"


def _told(figure: Figure | None) -> str:
    if figure is None:
        return ABSENT
    return f"{_number(figure.centre)} [{_number(figure.low)}, {_number(figure.high)}]"


def _number(value: float) -> str:
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2  # noqa: PLR2004 -- three digits are told
    return f"{value:.{decimals}f}"


def as_json(comparisons: Sequence[Comparison], matches: Mapping[str, int]) -> dict[str, Any]:
    """All figures as plain data: `matches` by kind and `measures` by name."""
    measures = {
        row.measure.name: {
            "label": row.measure.label,
            "unit": row.measure.unit,
            "group": row.measure.group,
            "one": row.measure.one,
            "statistic": row.measure.statistic,
            **{
                kind: None if (found := getattr(row, kind)) is None else asdict(found)
                for kind in ("pro", "league", "real", "simulated")
            },
            "ratio": row.ratio,
            "is_near": row.is_near,
        }
        for row in comparisons
    }
    return {"matches": dict(matches), "measures": measures}
