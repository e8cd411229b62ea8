"""Marks laid over a chart's option."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.figures.palette import Palette
from viz.charts.parts import Option, day


def mark_month(option: Option, months: Sequence[str], chosen: str, colours: Palette) -> Option:
    """The option with a line at a chosen month; none at the last month, which is where a chart ends anyway."""
    if chosen not in months or chosen == months[-1]:
        return option
    line = {
        "xAxis": day(chosen),
        "lineStyle": {"color": colours.ink, "width": 1.5, "type": "solid"},
        "label": {"show": False},
    }
    mark: Option = {
        "type": "line", "data": [[day(months[0]), None]], "silent": True, "tooltip": {"show": False}, "z": 7,
        "markLine": {"symbol": "none", "silent": True, "animation": False, "data": [line]},
    }  # fmt: skip
    return option | {"series": [*option["series"], mark]}
