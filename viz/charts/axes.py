"""Vertical axes that fit a figure, and that stay where they are while runs arrive."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.figures.model import Figure, Line
from experiments.figures.scales import Axis, linear_axis, log_axis


def reach(figure: Figure, also: Sequence[Sequence[float]] = ()) -> tuple[float, float]:
    """Lowest and highest value a figure draws; (0, 1) when there is none."""
    if figure.kind == "stack":
        tops = [np.sum([line.median for line in figure.lines], axis=0)]
        tops += [np.sum(figure.baseline, axis=0)] if figure.baseline else []
        return 0.0, float(np.nanmax([*np.concatenate(tops), 0.0])) or 1.0
    parts = [part for line in figure.lines for part in _drawn(line)]
    values = np.concatenate([np.asarray(part, dtype=np.float64) for part in (*parts, *figure.baseline, *also)])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)


def axis_of(figure: Figure, low: float | None = None, high: float | None = None) -> Axis:
    """The axis of a figure, reaching at least from ``low`` to ``high``."""
    least, most = reach(figure)
    least = least if low is None else min(low, least)
    most = most if high is None else max(high, most)
    if figure.log and least > 0:
        return log_axis(least, most)
    tight = figure.kind == "stack" and figure.whole  # all firms fill the plot
    return linear_axis(least, most, percent=figure.percent, whole=figure.whole, tight=tight)


class SteadyAxes:
    """Remembers how far each chart reached, so that new runs move what is drawn and not the axis."""

    def __init__(self) -> None:
        self._reached: dict[tuple[str, str, bool], tuple[float, float]] = {}
        self._preset = ""

    def of(self, figure: Figure, preset: str, also: Sequence[Sequence[float]] = ()) -> Axis:
        """The axis of a figure; it only widens while ``preset`` stays the same and paths have not become bands:
        one far path of the first runs shall not flatten all that follows.
        """
        if preset != self._preset:
            self._preset, self._reached = preset, {}
        key = figure.key, figure.kind, any(line.band for line in figure.lines)
        low, high = reach(figure, also)
        if key in self._reached:
            low, high = min(low, self._reached[key][0]), max(high, self._reached[key][1])
        self._reached[key] = low, high
        return axis_of(figure, low, high)


def _drawn(line: Line) -> list[Sequence[float]]:
    return [line.median, *line.paths, *((line.band.p10, line.band.p90) if line.band else ())]
