"""Pieces that all chart options share: frame, axes, today, helper series for labels, tooltips."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from experiments.figures.model import Figure
from experiments.figures.palette import Palette
from experiments.figures.scales import Axis, time_ticks

Option = dict[str, Any]
PLOT_TOP, PLOT_BOTTOM = 18, 20  # px
FONT = "Inter, Roboto, system-ui, sans-serif"
DIGITS = 4  # significant digits of a plotted value: three to read, one so that lines stay smooth


def width_of(words: str) -> float:
    """Width in px of a label at 12 px 600, a little generous; canvas text cannot be measured here."""
    return sum(10.6 if c in "MW" else 8.4 if c.isupper() else 3.9 if c in "il I.,|()tfjr1" else 7.4 for c in words)


def day(month: str) -> str:
    """2030-12 -> "2030-12-01", which the time axis reads."""
    return f"{month}-01"


def rounded(values: Sequence[float], factor: float = 1.0) -> list[float | None]:
    """Values to plot, cut to a few digits; None where there is no number."""
    return [_round(value * factor) if math.isfinite(value) else None for value in values]


def _round(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def exact(value: float) -> float:
    """A round number without the dust of binary fractions, which tick labels would show."""
    return float(f"{value:.10g}")


def frame(axis: Axis, colours: Palette, days: Sequence[str], figure: Figure, right: int) -> Option:
    """Everything but the series."""
    words = max((len(text) for text in axis.words), default=1)
    return {
        "animation": False,
        "textStyle": {"fontFamily": FONT},
        "grid": {"left": max(26, round(6.6 * words) + 12), "right": right, "top": PLOT_TOP, "bottom": PLOT_BOTTOM},
        "xAxis": _time_axis(colours, days),
        "yAxis": _value_axis(axis, colours, figure),
        "tooltip": {
            "trigger": "axis",
            "confine": True,
            "backgroundColor": colours.page,
            "borderColor": colours.strong_rule,
            "borderWidth": 1,
            "padding": [6, 10],
            "textStyle": {"color": colours.ink, "fontSize": 12, "fontWeight": "normal"},
            "extraCssText": "box-shadow:none;border-radius:4px;font-variant-numeric:tabular-nums",
            "axisPointer": {"type": "line", "lineStyle": {"color": colours.strong_rule, "type": "solid"}},
        },
    }


def _time_axis(colours: Palette, days: Sequence[str]) -> Option:
    """A bare time axis: its words come from year_marks, for ECharts would choose years of its own."""
    return {
        "type": "time",
        "min": days[0],
        "max": days[-1],
        "splitLine": {"show": False},
        "axisLine": {"show": True, "onZero": False, "lineStyle": {"color": colours.strong_rule, "width": 1}},
        "axisTick": {"show": False},
        "axisLabel": {"show": False},
    }


def year_marks(figure: Figure, axis: Axis, colours: Palette, compact: bool) -> Option:
    """Ticks and words under the time axis; every fourth year in small multiples."""
    ticks = time_ticks(figure.months)
    if compact and len(ticks) > 3 and len(figure.months) > 60:
        ticks = [(place, words) for place, words in ticks if int(words) % 4 == 0]
    floor = axis.low * (100.0 if figure.percent else 1.0)
    return {
        "type": "scatter",
        "data": [{"value": [_day_of(place), floor], "label": {"formatter": words}} for place, words in ticks],
        "symbol": "rect",
        "symbolSize": [1, 4],
        "symbolOffset": [0, 2],
        "silent": True,
        "clip": False,
        "tooltip": {"show": False},
        "itemStyle": {"color": colours.strong_rule, "opacity": 1},
        "label": {"show": True, "position": "bottom", "distance": 5, "fontSize": 11, "color": colours.third},
        "z": 6,
    }


def _day_of(place: float) -> str:
    """2030.5 -> "2030-07-01"."""
    year, month = divmod(round(12 * place), 12)
    return f"{year}-{month + 1:02d}-01"


def _value_axis(axis: Axis, colours: Palette, figure: Figure) -> Option:
    factor = 100.0 if figure.percent else 1.0
    common: Option = {
        "min": exact(axis.low * factor),
        "max": exact(axis.high * factor),
        "axisLine": {"show": False},
        "axisTick": {"show": False},
    }
    if axis.log:
        return common | {"type": "log", "axisLabel": {"show": False}, "splitLine": {"show": False}}
    step = exact((axis.ticks[1] - axis.ticks[0]) * factor)
    label: Option = {"color": colours.third, "fontSize": 11, "margin": 7, "showMaxLabel": axis.high == axis.ticks[-1]}
    if figure.percent:
        label["formatter"] = "{value} %"
    if axis.low < 0:  # words with a true minus come from value_marks
        label["show"] = False
    return common | {
        "type": "value",
        "interval": step,
        "axisLabel": label,
        "splitLine": {"show": True, "lineStyle": {"color": colours.grid, "width": 1}},
    }


def value_marks(axis: Axis, days: Sequence[str], figure: Figure, colours: Palette) -> list[Option]:
    """Words of an axis that reaches below zero, for ECharts would write a hyphen; none for other axes."""
    if axis.low >= 0:
        return []
    factor = 100.0 if figure.percent else 1.0
    ticks = zip(axis.ticks, axis.words, strict=True)
    data = [{"value": [days[0], exact(tick * factor)], "label": {"formatter": words}} for tick, words in ticks]
    words = {"show": True, "position": "left", "distance": 7, "fontSize": 11, "color": colours.third}
    return [helper([]) | {"data": data, "label": words}]


def tooltip_line(name: str, rows: Sequence[Sequence[Any]], names: Sequence[str], colour: str) -> Option:
    """A line whose rows are (day, value, more values), the values shown by name under the pointer."""
    line: Option = {
        "type": "line",
        "name": name,
        "data": list(rows),
        "showSymbol": False,
        "symbol": "circle",
        "symbolSize": 5,
        "emphasis": {"disabled": True},
        "itemStyle": {"color": colour},
    }
    if len(names) > 1:
        line["dimensions"] = ["month", *names]
        line["encode"] = {"x": 0, "y": 1, "tooltip": list(range(1, len(names) + 1))}
    return line


def area(days: Sequence[str], values: Sequence[float | None], stack: str, colour: str, opacity: float) -> Option:
    """A filled layer without edge that answers to no pointer."""
    return {
        "type": "line",
        "data": [[d, v] for d, v in zip(days, values, strict=True)],
        "stack": stack,
        "stackStrategy": "all",
        "showSymbol": False,
        "silent": True,
        "tooltip": {"show": False},
        "lineStyle": {"opacity": 0, "width": 0},
        "areaStyle": {"color": colour, "opacity": opacity},
        "emphasis": {"disabled": True},
        "z": 1,
    }


def today_mark(days: Sequence[str], today: int, colours: Palette, stack: bool) -> Option:
    """The line where simulation ahead begins; at the left edge it needs its word only."""
    mark: Option = {"type": "line", "data": [[days[0], None]], "silent": True, "tooltip": {"show": False}}
    if today >= len(days):
        return mark
    first = today == 0
    line = {"color": colours.page if stack and not first else colours.strong_rule, "width": 1, "type": "solid"}
    label = {
        "formatter": "today",
        "color": colours.third,
        "fontSize": 11,
        "position": "end",
        "distance": 3,
        "align": "left" if first else "center",
    }
    data = [{"xAxis": days[today], "lineStyle": line, "label": label}]
    return mark | {"markLine": {"symbol": "none", "silent": True, "animation": False, "data": data}, "z": 6}


def log_labels(axis: Axis, days: Sequence[str], colours: Palette) -> Option:
    """Grid lines of a log axis at 1-2-5 steps with their words; ECharts itself labels decades only."""
    data = [
        {
            "yAxis": tick,
            "lineStyle": {"color": colours.strong_rule if not place else colours.grid, "width": 1, "type": "solid"},
            "label": {"formatter": words, "position": "start", "distance": 7, "color": colours.third, "fontSize": 11},
        }
        for place, (tick, words) in enumerate(zip(axis.ticks, axis.words, strict=True))
    ]
    return {
        "type": "line",
        "data": [[days[0], None]],
        "silent": True,
        "tooltip": {"show": False},
        "markLine": {"symbol": "none", "silent": True, "animation": False, "data": data},
        "z": 0,
    }


def helper(labels: list[Option]) -> Option:
    """Invisible points that carry the words at the right."""
    return {
        "type": "scatter",
        "data": labels,
        "symbolSize": 1,
        "silent": True,
        "clip": False,
        "tooltip": {"show": False},
        "itemStyle": {"color": "transparent", "opacity": 1},
        "label": {"show": True, "position": "right", "fontSize": 12, "align": "left"},
        "z": 6,
    }
