"""Wedges of levers over time as an ECharts option: what adds up from the baseline, what takes away down from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.figures.model import TODAY, Figure, Line
from experiments.figures.paired import signed
from experiments.figures.palette import Palette
from experiments.figures.scales import Axis, linear_axis, push_apart
from experiments.figures.wedges import Wedges, stacked
from experiments.wording import decimals
from viz.charts.parts import (
    PLOT_BOTTOM,
    PLOT_TOP,
    Option,
    area,
    day,
    frame,
    helper,
    rounded,
    today_mark,
    tooltip_line,
    value_marks,
    width_of,
    year_marks,
)

LONGEST = 24  # letters of a lever beside its wedge
SHADES = (0.85, 0.4)  # of the largest and the smallest wedge


def split_option(chart: Wedges, names: Sequence[str], colours: Palette, height: int) -> Option:
    """Option of a split effect; ``names`` are the levers in words, in the order of the wedges."""
    edges = stacked(chart)
    reach = np.array([*(edge for pair in edges for edge in pair), chart.total])
    axis = linear_axis(float(min(reach.min(), 0.0)), float(max(reach.max(), 0.0)))
    days = [day(month) for month in chart.months]
    figure = Figure(chart.key, "", "", "", "lines", chart.months, (Line("", chart.meaning, chart.total),), 0, "")
    whole = np.sign(chart.total[-1]) or 1.0
    shades = np.linspace(*SHADES, max(2, len(chart.wedges)))
    series: list[Option] = []
    for number, wedge in enumerate(chart.wedges):
        colour = colours.marks[chart.meaning if wedge.values[-1] * whole >= 0 else "exited"]
        for stack, part in (("up", np.maximum(wedge.values, 0.0)), ("down", np.minimum(wedge.values, 0.0))):
            layer = area(days, rounded(part.tolist()), stack, colour, float(shades[number]))
            series.append(layer | {"lineStyle": {"width": 1, "color": colours.page, "opacity": 1}})
        readout = [[d, v] for d, v in zip(days, rounded(wedge.values), strict=True)]
        unseen = {"lineStyle": {"width": 0, "opacity": 0}}
        series.append(tooltip_line(names[number], readout, ["median"], colour) | unseen)
    zero = [[d, 0.0] for d in days]
    dots = {"color": colours.marks["baseline"], "width": 1.5, "type": [1.5, 3], "cap": "round"}
    ground = tooltip_line("Baseline", zero, ["median"], colours.second)
    series.append(ground | {"lineStyle": dots, "z": 4, "silent": True, "tooltip": {"show": False}})
    total = [[d, v] for d, v in zip(days, rounded(chart.total), strict=True)]
    dash = {"color": colours.ink, "width": 2.25, "type": [5, 3]}
    series.append(tooltip_line("All levers", total, ["median"], colours.ink) | {"lineStyle": dash, "z": 5})
    labels = _labels(chart, names, colours, axis, height, days[-1])
    width = max(width_of(item["label"]["formatter"]) for item in labels)
    series += [year_marks(figure, axis, colours, compact=False), *value_marks(axis, days, figure, colours)]
    series += [today_mark(days, sum(month < TODAY for month in chart.months), colours, stack=False), helper(labels)]
    return frame(axis, colours, days, figure, round(width) + 12) | {"series": series}


def _labels(
    chart: Wedges, names: Sequence[str], colours: Palette, axis: Axis, height: int, last: str
) -> list[Option]:
    """Lever and value at the end of each wedge, the whole, and the baseline, pushed apart."""
    places = decimals([*(wedge.values[-1] for wedge in chart.wedges), chart.total[-1]])
    whole = np.sign(chart.total[-1]) or 1.0
    said = [
        (
            f"{name if len(name) <= LONGEST else name[:LONGEST - 1].rstrip() + chr(8230)} "
            f"{signed(wedge.values[-1], places)}",
            colours.words[chart.meaning if wedge.values[-1] * whole >= 0 else "exited"],
            600,
            float(low[-1] + high[-1]) / 2,
        )
        for name, wedge, (low, high) in zip(names, chart.wedges, stacked(chart), strict=True)
    ]
    if len(chart.wedges) > 1:
        said.append((f"Together {signed(chart.total[-1], places)}", colours.ink, 600, chart.total[-1]))
    said.append(("Baseline", colours.second, 400, 0.0))
    plot = height - PLOT_TOP - PLOT_BOTTOM
    wished = [(1 - float(axis.place(at))) * plot for *_, at in said]
    moved = push_apart(wished, 4, plot - 2)
    return [
        {
            "value": [last, at],
            "label": {"formatter": words, "color": colour, "fontWeight": weight, "offset": [3, new - old]},
        }
        for (words, colour, weight, at), old, new in zip(said, wished, moved, strict=True)
    ]
