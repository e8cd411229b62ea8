"""The figures of a sweep's analysis as pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from experiments.figures.draw import INK, PADDING, Canvas
from experiments.figures.marks import Panel, Row, TradeOff
from experiments.figures.scales import linear_axis

WIDTH, HEAD, FOOT, ROW = 560, 96, 62, 24
LABELS, WORDS = 230, 120  # px left and right of the marks
LEAST_ROWS = 3
TITLE, LINE = 20, 16  # px between lines of a title and of text
PLOT = 200  # px, side of the trade-off


def render(panels: Sequence[Panel | TradeOff], path: Path, columns: int = 2) -> Path:
    """Write panels on one page as PNG."""
    columns = min(columns, len(panels))
    probe = Canvas(1, 1)  # the page's height follows from words that are measured on it
    plots = [PLOT if isinstance(one, TradeOff) else sum(_heights(probe, one)) for one in panels]
    heads = [_head_height(probe, one) for one in panels]
    least = HEAD + FOOT + ROW * LEAST_ROWS
    height = max(least, *(head + plot + FOOT for head, plot in zip(heads, plots, strict=True))) + PADDING
    canvas = Canvas(columns, -(-len(panels) // columns), (WIDTH + 2 * PADDING, math.ceil(height)))
    for place, one in enumerate(panels):
        left, top = (corner + PADDING for corner in canvas.corner(place))
        _head(canvas, left, top, one)
        if isinstance(one, TradeOff):
            _trade_off(canvas, one, left, top + heads[place])
        else:
            _panel(canvas, one, left, top + heads[place])
    path.parent.mkdir(parents=True, exist_ok=True)
    return canvas.save(path)


def _lines(canvas: Canvas, words: str, font: str, size: float, width: float) -> list[str]:
    """Words in lines that fit; a word that alone is too long, such as a key, loses its block and then its end."""
    return [_cut(canvas, line, font, size, width) for line in canvas.wrap(words, font, size, width)]


def _head_height(canvas: Canvas, one: Panel | TradeOff) -> float:
    titles = _lines(canvas, one.title, "title", 16, WIDTH)
    return max(HEAD, TITLE * len(titles) + LINE * len(canvas.wrap(one.subtitle, "text", 12, WIDTH)) + 36)


def _heights(canvas: Canvas, panel: Panel) -> list[float]:
    """Height of each row, by the lines of its label and words."""
    return [ROW + LINE * (max(len(label), len(words)) - 1) for label, words in _row_lines(canvas, panel)]


def _row_lines(canvas: Canvas, panel: Panel) -> list[tuple[list[str], list[str]]]:
    return [
        (_lines(canvas, row.label, "text", 12, LABELS - 14), _lines(canvas, row.words, "text", 12, WORDS - 12))
        for row in panel.rows
    ]


def _head(canvas: Canvas, left: float, top: float, one: Panel | TradeOff) -> None:
    canvas.line([left, left + WIDTH], [top] * 2, INK.strong_rule, 1.0)
    titles = _lines(canvas, one.title, "title", 16, WIDTH)
    for number, words in enumerate(titles):
        canvas.text(left, top + 24 + TITLE * number, words, "title", 16, INK.ink)
    for number, words in enumerate(canvas.wrap(one.subtitle, "text", 12, WIDTH)):
        canvas.text(left, top + 23 + TITLE * len(titles) + LINE * number, words, "text", 12, INK.second)


def _panel(canvas: Canvas, panel: Panel, left: float, top: float) -> None:
    axis = linear_axis(panel.low, panel.high, tight=True)
    x0, x1, y0 = left + LABELS, left + WIDTH - WORDS, top - 6
    heights = _heights(canvas, panel)
    bottom = y0 + sum(heights)

    def at(value: float) -> float:
        return x0 + float(axis.place(value)) * (x1 - x0)

    for tick, words in zip(axis.ticks, axis.words, strict=True):
        if panel.ticks:
            canvas.line([at(tick)] * 2, [y0, bottom], INK.strong_rule if tick == 0 else INK.grid, 1.0, zorder=0)
            canvas.text(at(tick), bottom + 15, words, "text", 11, INK.third, "center")
    y, ends = y0, [at(value) for value in (panel.low, panel.high)]
    for row, height, (label, told) in zip(panel.rows, heights, _row_lines(canvas, panel), strict=True):
        middle = y + height / 2
        for lines, x, color in ((label, left, INK.ink), (told, x1 + 12, INK.second)):
            for number, words in enumerate(lines):
                canvas.text(x, middle + 4 + LINE * (number - (len(lines) - 1) / 2), words, "text", 12, color)
        _row(canvas, row, ends, middle, at, INK.marks[panel.meaning])
        y += height
    canvas.text(left, bottom + 40, panel.footer, "text", 11, INK.third)


def _row(canvas: Canvas, row: Row, ends: list[float], y: float, at: object, color: str) -> None:
    assert callable(at)
    if row.bar:
        canvas.line(ends, [y, y], INK.strong_rule, 1.0, zorder=1)
        canvas.line([at(value) for value in row.bar], [y, y], color, 8.0, zorder=2)
    for mark in row.marks:
        strength = 0.4 if mark.pale else 1.0
        if mark.low is not None and mark.high is not None:
            canvas.line([at(mark.low), at(mark.high)], [y, y], color, 5.0, alpha=0.4, zorder=2)
        canvas.line([at(mark.value)], [y], color, 0, marker="o", markersize=8, alpha=strength, mew=0, zorder=3)


def _trade_off(canvas: Canvas, chart: TradeOff, left: float, top: float) -> None:
    x0, x1, y0, y1 = left + 46, left + WIDTH - 40, top, top + PLOT - 28
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = x0 + share * (x1 - x0), y1 - share * (y1 - y0)
        canvas.line([x0, x1], [y, y], INK.strong_rule if share == 0 else INK.grid, 1.0, zorder=0)
        canvas.text(x0 - 7, y + 4, f"{100 * share:.0f} %", "text", 11, INK.third, "right")
        canvas.text(x, y1 + 17, f"{100 * share:.0f} %", "text", 11, INK.third, "center")
    canvas.text(x0, y0 - 8, "density", "text", 11, INK.third, "center")
    canvas.text((x0 + x1) / 2, y1 + 34, "coverage", "text", 11, INK.third, "center")
    base = y1 - chart.interest * (y1 - y0)
    canvas.line([x0, x1], [base, base], INK.marks["baseline"], 1.25, dashes=(1, 2), dash_capstyle="round")
    canvas.text(x1 + 4, base + 4, "all", "text", 11, INK.second)
    color = INK.marks[chart.meaning]
    for place, (coverage, density) in enumerate(chart.steps):
        step = [x0 + coverage * (x1 - x0)], [y1 - density * (y1 - y0)]
        canvas.line(*step, color, 0, marker="o", markersize=6, alpha=0.55, mew=0, zorder=3)
        if place == chart.chosen:
            canvas.line(*step, INK.ink, 0, marker="o", markersize=13, markerfacecolor="none", mew=1.75, zorder=4)
    canvas.text(left, top + PLOT + 40, chart.footer, "text", 11, INK.third)


def _cut(canvas: Canvas, words: str, font: str, size: float, width: float) -> str:
    """Words that fit a width, with an ellipsis where they do not; of a key its own name before its block."""
    if canvas.measure(words, font, size) <= width:
        return words
    shorter = words.partition(".")[2] if "." in words and " " not in words else words
    while shorter and canvas.measure(f"{shorter}…", font, size) > width:
        shorter = shorter[:-1]
    return shorter if canvas.measure(shorter, font, size) <= width and words.endswith(shorter) else f"{shorter}…"
