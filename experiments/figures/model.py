"""What a figure shows, as plain data: the same definition is drawn for PNG, for reports and for the dashboard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from experiments.figures.palette import Meaning
from experiments.wording import DASH, plural
from sim.results import quantiles

TODAY = "2026-07"  # the starting tables reach this month; what lies after it is simulated ahead
RUNS_FOR_BANDS = 20  # with fewer runs single paths tell more than a quantile


@dataclass(frozen=True)
class Band:
    """Quantiles over runs, one value per month."""

    p10: list[float]
    p25: list[float]
    p75: list[float]
    p90: list[float]


@dataclass(frozen=True)
class Line:
    """A line, or a layer of a stack: the median over runs, one value per month, with what surrounds it.

    A line may begin later than the figure: its first values are then not numbers (NaN). ``points`` draws each
    value by itself, for what is known in single months only.
    """

    label: str
    meaning: Meaning
    median: list[float]
    shade: float = 1.0
    band: Band | None = None
    paths: tuple[list[float], ...] = ()
    points: bool = False

    @property
    def leads(self) -> bool:
        """Whether the line shows its spread and is drawn thickest."""
        return self.band is not None or bool(self.paths)


@dataclass(frozen=True)
class Figure:
    """One figure. ``lines`` of a stack go from the bottom up.

    ``percent`` shows shares as per cent, ``log`` has a logarithmic axis, ``whole`` counts things. ``baseline``
    holds the median of another scenario for the leading line, or the layers of its stack.
    """

    key: str
    title: str
    subtitle: str
    unit: str
    kind: Literal["lines", "stack"]
    months: list[str]
    lines: tuple[Line, ...]
    runs: int
    source: str
    log: bool = False
    percent: bool = False
    whole: bool = False
    baseline: tuple[list[float], ...] = ()

    @property
    def footer(self) -> str:
        """Number of runs, what is drawn of them, source."""
        return " · ".join(part for part in (plural(self.runs, "run"), self._drawn(), self.source) if part)

    def _drawn(self) -> str:
        if self.runs == 1:
            return ""
        if self.kind == "stack" or not any(line.leads for line in self.lines):
            return "medians; dotted: baseline" if self.baseline else "medians"
        if self.runs < RUNS_FOR_BANDS:
            return f"each a pale path, bands from {RUNS_FOR_BANDS} runs"
        return f"bands 10{DASH}90 %, 25{DASH}75 %"

    def against(self, other: Figure) -> Figure:
        """The same figure with the other scenario's median dotted into it."""
        if other.kind == "stack":
            return replace(self, baseline=tuple(line.median for line in other.lines))
        leading = next((line for line in other.lines if line.leads), other.lines[0])
        return replace(self, baseline=(leading.median,))

    def frame(self) -> pd.DataFrame:
        """The numbers drawn, month x (line, quantile), for tables and CSV."""
        columns: dict[tuple[str, str], list[float]] = {}
        for line in self.lines:
            columns[line.label, "median"] = line.median
            if line.band:
                columns |= {(line.label, name): getattr(line.band, name) for name in ("p10", "p25", "p75", "p90")}
        return pd.DataFrame(columns, index=pd.Index(self.months, name="month"))


def line(label: str, meaning: Meaning, values: pd.DataFrame, shade: float = 1.0, spread: bool = False) -> Line:
    """A line from a frame run x month; with ``spread`` it carries its band, or its paths when runs are few."""
    q = quantiles(values)
    median = q[0.5].tolist()
    if not spread or len(values) == 1:
        return Line(label, meaning, median, shade)
    if len(values) < RUNS_FOR_BANDS:
        paths = tuple(values.to_numpy(dtype=np.float64).tolist())
        return Line(label, meaning, median, shade, paths=paths)
    band = Band(*(q[share].tolist() for share in (0.1, 0.25, 0.75, 0.9)))
    return Line(label, meaning, median, shade, band)
