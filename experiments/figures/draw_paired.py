"""The figures of a comparison as pictures with Matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from experiments.comparison import Comparison
from experiments.figures.draw import INK, Canvas, render_page
from experiments.figures.paired import Settling, Strip, StripRow, Strips, paths, settling, strips
from experiments.figures.scales import linear_axis
from experiments.wording import number

PAGE_WIDTH, MARGIN, HEAD = 920, 24, 104
LABELS, TRACK = 250, 300  # px of the labels' column and of the strips
WORDS_AT, WORDS_SIZE = MARGIN + LABELS + TRACK + 16, 11.5  # px of what stands at the right
STRIP, GAP, GROUP_GAP = 18, 6, 22
PANEL = (300, 230)
FAINT = 0.35


def render_comparison(comparison: Comparison, folder: Path) -> list[Path]:
    """Write effects.png, and for each scenario NAME-paths.png and, with two runs or more, NAME-runs.png."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [render_strips(strips(comparison), folder / "effects.png")]
    for scenario in comparison.scenarios:
        written.append(render_page(paths(comparison, scenario), folder / f"{scenario}-paths.png", columns=3))
        if comparison.runs > 1:
            written.append(render_settling(settling(comparison, scenario), folder / f"{scenario}-runs.png"))
    return written


def render_strips(chart: Strips, path: Path) -> Path:
    """Write a page of effects."""
    several = len(chart.rows[0].strips) > 1
    heights = [STRIP * len(row.strips) + GAP for row in chart.rows]
    groups = len({row.group for row in chart.rows})
    words = [_words(strip, several) for row in chart.rows for strip in row.strips]
    widest = max(Canvas(1, 1).measure(each, "text", WORDS_SIZE) for each in words)
    width = max(PAGE_WIDTH, math.ceil(WORDS_AT + widest) + MARGIN)  # long names of scenarios need more room
    canvas = Canvas(1, 1, (width, HEAD + sum(heights) + GROUP_GAP * groups + 48))
    _head(canvas, chart, width)
    y, group = float(HEAD), ""
    for row, height in zip(chart.rows, heights, strict=True):
        if row.group != group:
            group = row.group
            y += GROUP_GAP
            canvas.text(MARGIN, y - 7, group, "text", 11, INK.third)
            canvas.line([MARGIN, width - MARGIN], [y - 2] * 2, INK.rule, 1.0)
        _row(canvas, row, y, several)
        y += height
    center = MARGIN + LABELS + TRACK / 2
    canvas.line([center] * 2, [HEAD + GROUP_GAP, y], INK.marks["baseline"], 1.0, zorder=1)
    canvas.text(MARGIN, y + 28, chart.footer, "text", 11, INK.third)
    return canvas.save(path)


def render_settling(charts: Sequence[Settling], path: Path) -> Path:
    """Write how effects settle with runs, as small multiples."""
    columns = min(3, len(charts))
    canvas = Canvas(columns, -(-len(charts) // columns), PANEL)
    for place, chart in enumerate(charts):
        _settling(canvas, chart, *canvas.corner(place))
    return canvas.save(path)


def _head(canvas: Canvas, chart: Strips, width: int) -> None:
    canvas.line([MARGIN, width - MARGIN], [20, 20], INK.strong_rule, 1.0)
    canvas.text(MARGIN, 46, chart.title, "title", 18, INK.ink)
    for number_, words in enumerate(canvas.wrap(chart.subtitle, "text", 12, width - 2 * MARGIN)):
        canvas.text(MARGIN, 68 + 16 * number_, words, "text", 12, INK.second)


def _row(canvas: Canvas, row: StripRow, top: float, several: bool) -> None:
    """One outcome: its label beside the first strip, then a strip and its words for each scenario."""
    label = f"{row.label}, {row.unit}" if row.unit else row.label
    canvas.text(MARGIN, top + 13, label, "text", 12, INK.ink)
    for k, strip in enumerate(row.strips):
        y = top + STRIP * k + 9
        _strip(canvas, row, strip, y)
        ink = INK.ink if strip.clear else INK.third
        canvas.text(WORDS_AT, y + 4, _words(strip, several), "text", WORDS_SIZE, ink)


def _words(strip: Strip, several: bool) -> str:
    return f"{strip.scenario}: {strip.words}" if several else strip.words


def _strip(canvas: Canvas, row: StripRow, strip: Strip, y: float) -> None:
    def at(value: float) -> float:
        return MARGIN + LABELS + TRACK * (0.5 + 0.5 * value / row.reach)

    color, strength = INK.marks[row.meaning], 1.0 if strip.clear else FAINT
    canvas.line([at(v) for v in strip.runs], [y, y], color, 1.5, alpha=0.45 * strength, zorder=2)
    canvas.line([at(v) for v in strip.ci], [y, y], color, 6.0, alpha=0.55 * strength, zorder=3)
    canvas.line([at(strip.effect)], [y], color, 0, marker="o", markersize=7, alpha=strength, zorder=4, mew=0)


def _settling(canvas: Canvas, chart: Settling, left: float, top: float) -> None:
    low, high = chart.low, chart.high
    settled = slice(min(6, len(low) // 2), None)  # the first intervals are too wide to set the scale
    axis = linear_axis(min(low[settled]), max(high[settled]))
    x0, x1, y0, y1 = left + 56, left + PANEL[0] - 16, top + 66, top + PANEL[1] - 34
    first, last = chart.runs[0], max(chart.runs[-1], chart.runs[0] + 1)

    def across(runs: Sequence[int]) -> list[float]:
        return [x0 + (n - first) / (last - first) * (x1 - x0) for n in runs]

    def up(values: Sequence[float]) -> list[float]:
        return [y1 - float(place) * (y1 - y0) for place in axis.place(values)]

    canvas.line([left + 16, left + PANEL[0] - 16], [top + 14] * 2, INK.strong_rule, 1.0)
    canvas.text(left + 16, top + 34, chart.title, "title", 14, INK.ink)
    unit = f", {chart.unit}" if chart.unit else ""
    canvas.text(left + 16, top + 52, chart.subtitle + unit, "text", 11, INK.second)
    for tick, words in zip(axis.ticks, axis.words, strict=True):
        y = up([tick])[0]
        canvas.line([x0, x1], [y, y], INK.strong_rule if tick == 0 else INK.grid, 1.0, zorder=0)
        canvas.text(x0 - 7, y + 4, words, "text", 11, INK.third, "right")
    color = INK.marks[chart.meaning]
    canvas.ax.fill_between(across(chart.runs), up(low), up(high), color=color, alpha=0.2, linewidth=0)
    canvas.line(across(chart.runs), up(chart.effect), color, 2.25, zorder=4)
    for n in (first, last):
        canvas.text(across([n])[0], y1 + 17, number(n, 0), "text", 11, INK.third, "center")
    canvas.text((x0 + x1) / 2, y1 + 17, chart.across, "text", 11, INK.third, "center")
