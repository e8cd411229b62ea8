"""A figure definition as ECharts options: plain data without functions, colours of one theme written in.

Places of labels are computed here, in px of a plot ``PLOT_HEIGHT`` high, for ECharts only shifts them one way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from experiments.figures.model import TODAY, Figure, Line
from experiments.figures.palette import BAND_OPACITY, PATH_OPACITY, VEIL_OPACITY, Palette
from experiments.figures.scales import Axis, push_apart
from viz.charts.axes import axis_of
from viz.charts.parts import (
    PLOT_BOTTOM,
    PLOT_TOP,
    area,
    day,
    frame,
    helper,
    log_labels,
    rounded,
    today_mark,
    tooltip_line,
    value_marks,
    width_of,
    year_marks,
)
from viz.past import Past

HEIGHT = 200  # px of a chart with its margins
BASELINE = "Baseline"
Option = dict[str, Any]


def option(
    figure: Figure,
    colours: Palette,
    *,
    axis: Axis | None = None,
    height: int = HEIGHT,
    compact: bool = False,
    modified: Sequence[Sequence[float]] = (),
    past: Past | None = None,
) -> Option:
    """ECharts option of a figure.

    ``axis`` fixes the vertical axis (by default it fits the figure); ``compact`` is a small multiple without labels
    at the ends of lines; ``modified`` holds a second baseline, drawn as a dotted line in second text; ``past`` what
    is known before the figure's first month, drawn solid.
    """
    return Chart(figure, colours, axis or axis_of(figure), height, compact, modified, past).option()


class Chart:
    """One figure being turned into series."""

    def __init__(
        self,
        figure: Figure,
        colours: Palette,
        axis: Axis,
        height: int,
        compact: bool,
        modified: Sequence[Sequence[float]] = (),
        past: Past | None = None,
    ) -> None:
        self.figure, self.colours, self.axis = figure, colours, axis
        self.height, self.compact, self.modified, self.past = height, compact, modified, past
        self.days = [day(month) for month in figure.months]
        self.before = [day(month) for month in past.months] if past else []
        self.today = sum(month < TODAY for month in figure.months)  # place of the first month ahead
        self.factor = 100.0 if figure.percent else 1.0

    def option(self) -> Option:
        labels = [] if self.compact else self._labels()
        width = max((width_of(item["label"]["formatter"]) for item in labels), default=0.0)
        series = self._stack() if self.figure.kind == "stack" else self._lines()
        days, today = [*self.before, *self.days], len(self.before) + self.today
        months = [*(self.past.months if self.past else ()), *self.figure.months]
        series += [year_marks(replace(self.figure, months=months), self.axis, self.colours, self.compact)]
        series += value_marks(self.axis, days, self.figure, self.colours)
        if today or not self.compact:
            series += [today_mark(days, today, self.colours, self.figure.kind == "stack")]
        if self.axis.log:
            series += [log_labels(self.axis, days, self.colours)]
        if labels:
            series += [helper(labels)]
        base = frame(self.axis, self.colours, days, self.figure, max(16, round(width) + 12))
        return base | {"series": series}

    def _scaled(self, values: Sequence[float]) -> list[float | None]:
        return rounded(values, self.factor)

    def _lines(self) -> list[Option]:
        series: list[Option] = []
        for place, line in enumerate(self.figure.lines):
            series += self._band(line, place)
            series += self._paths(line)
        for dots in self.figure.baseline:
            series += [self._dotted(dots, BASELINE)]
        for second in self.modified:
            series += [self._dotted(second, "Modified baseline", self.colours.second)]
        for line in reversed(self.figure.lines):
            series += [*self._known(line), *self._median(line)]
        return series

    def _known(self, line: Line) -> list[Option]:
        """What happened before the first month: solid up to it, with dots where months are missing between."""
        known = self.past.lines.get(line.label, {}) if self.past else {}
        if not known or self.past is None:
            return []
        colour, joined = self.colours.marks[line.meaning], self.past.joined
        style = {"color": colour, "width": self._width(line), "opacity": line.shade, "type": "solid"}
        days, values = [day(month) for month in known], self._scaled(list(known.values()))
        rows = [[d, value] for d, value in zip(days, values, strict=True)]
        told = tooltip_line(f"{line.label}, real" if line.label else "Real", rows, ["real"], colour)
        dots = {"showSymbol": True, "symbolSize": 4} if len(known) < len(self.before) else {}
        look = style if joined else {"width": 0, "opacity": 0}
        drawn = [told | dots | {"lineStyle": look, "itemStyle": {"color": colour, "opacity": line.shade}, "z": 4}]
        if joined and math.isfinite(line.median[0]):  # up to where the simulation begins
            end = [values[-1], self._scaled(line.median[:1])[0]]
            drawn += [_plain([days[-1], self.days[0]], end, style) | {"z": 4}]
        return drawn

    def _width(self, line: Line) -> float:
        return 2.25 if line.leads or len(self.figure.lines) == 1 else 1.75

    def _median(self, line: Line) -> list[Option]:
        """Two series that share the point at today: solid, then dashed; the second carries the readout."""
        style = {"color": self.colours.marks[line.meaning], "width": self._width(line), "opacity": line.shade}
        values = self._scaled(line.median)
        readout: list[list[Any]] = [[d, v] for d, v in zip(self.days, values, strict=True)]
        names = ["median"]
        if line.band is not None:
            names += [f"10{chr(8211)}90 %: from", "to"]
            edges = zip(self._scaled(line.band.p10), self._scaled(line.band.p90), strict=True)
            readout = [[*row, *edge] for row, edge in zip(readout, edges, strict=True)]
        name = line.label or ("Scenario" if self.figure.baseline else "Median")
        parts = []
        solid = {"lineStyle": style | {"type": "solid"}}
        dashed = {"lineStyle": style | {"type": [5, 3]}}
        for rows, look in ((readout[: self.today + 1], solid), (readout[self.today :], dashed)):
            if len(rows) > 1:
                parts.append(tooltip_line(name, rows, names, self.colours.marks[line.meaning]) | look | {"z": 4})
        return parts

    def _band(self, line: Line, place: int) -> list[Option]:
        """Each band is an invisible lower edge and a filled width stacked on it, from today on."""
        if line.band is None:
            return []
        series = []
        pairs = ((line.band.p10, line.band.p90), (line.band.p25, line.band.p75))
        for number, ((lower, upper), opacity) in enumerate(zip(pairs, BAND_OPACITY, strict=True)):
            low, high = list(lower), list(upper)
            if self.today < len(low):
                low[self.today] = high[self.today] = line.median[self.today]
            below, above = self._scaled(low)[self.today :], self._scaled(high)[self.today :]
            width = [None if a is None or b is None else max(0.0, b - a) for a, b in zip(below, above, strict=True)]
            stack = f"band-{place}-{number}"
            colour = self.colours.marks[line.meaning]
            series += [
                area(self.days[self.today :], below, stack, colour, 0.0),
                area(self.days[self.today :], width, stack, colour, opacity * line.shade),
            ]
        return series

    def _paths(self, line: Line) -> list[Option]:
        colour = self.colours.marks[line.meaning]
        look = {"color": colour, "width": 1, "opacity": PATH_OPACITY, "type": [5, 3]}
        return [_plain(self.days, self._scaled(path), look) for path in line.paths]

    def _dotted(self, values: Sequence[float], name: str, colour: str = "") -> Option:
        dots = [[d, v] for d, v in zip(self.days, self._scaled(values), strict=True)]
        ink = colour or self.colours.marks["baseline"]
        style = {"color": ink, "width": 1.5, "type": [1.5, 3], "cap": "round"}
        return tooltip_line(name, dots, ["median"], ink) | {"lineStyle": style, "z": 3}

    def _stack(self) -> list[Option]:
        """Areas from the bottom up with a seam between them, a veil over what lies ahead, the baseline dotted."""
        series = []
        for line in self.figure.lines:
            colour = self.colours.marks[line.meaning]
            values = self._scaled(line.median)
            rows = [[d, v] for d, v in zip(self.days, values, strict=True)]
            opacity = line.shade * self.colours.stack_opacity
            series.append(
                tooltip_line(line.label, rows, ["median"], colour)
                | {
                    "stack": "layers",
                    "lineStyle": {"width": 1, "color": self.colours.page},
                    "areaStyle": {"color": colour, "opacity": opacity},
                    "z": 2,
                }
            )
        ahead = self.days[self.today :]
        veil = area(ahead, [self.axis.high * self.factor] * len(ahead), "veil", self.colours.page, VEIL_OPACITY)
        series.append(veil | {"z": 3})
        for edge in np.cumsum(self.figure.baseline, axis=0)[:-1] if self.figure.baseline else ():
            values = self._scaled(edge.tolist())
            casing = {"color": self.colours.page, "width": 4}
            dots = {"color": self.colours.marks["baseline"], "width": 1.5, "type": [1.5, 3], "cap": "round"}
            series += [_plain(self.days, values, casing) | {"z": 4}, _plain(self.days, values, dots) | {"z": 5}]
        return series

    def _labels(self) -> list[Option]:
        """Words at the ends of lines or in the middle of the last layer, pushed apart."""
        said: list[tuple[str, str, int, float]] = []  # words, colour, weight, place on the axis
        floor = 0.0
        for line in self.figure.lines:
            end = line.median[-1]
            name = line.label or ("Scenario" if self.figure.baseline else "Median")
            at = floor + end / 2 if self.figure.kind == "stack" else end
            floor += end
            said.append((name, self.colours.words[line.meaning], 600, at))
        if self.figure.kind == "lines":
            said += [(BASELINE, self.colours.second, 400, dots[-1]) for dots in self.figure.baseline]
            said += [("Modified baseline", self.colours.second, 400, dots[-1]) for dots in self.modified]
        said = [item for item in said if np.isfinite(item[3])]
        plot = self.height - PLOT_TOP - PLOT_BOTTOM
        wished = [(1 - float(self.axis.place(at))) * plot for *_, at in said]
        places = push_apart(wished, 4, plot - 2)
        return [
            {
                "value": [self.days[-1], at * self.factor],
                "label": {"formatter": words, "color": colour, "fontWeight": weight, "offset": [3, moved - place]},
            }
            for (words, colour, weight, at), place, moved in zip(said, wished, places, strict=True)
        ]


def _plain(days: Sequence[str], values: Sequence[float | None], style: Option) -> Option:
    return {
        "type": "line",
        "data": [[d, v] for d, v in zip(days, values, strict=True)],
        "showSymbol": False,
        "silent": True,
        "tooltip": {"show": False},
        "lineStyle": style,
    }
