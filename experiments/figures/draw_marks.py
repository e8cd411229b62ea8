"""The figures of a sweep's analysis as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.figures.draw import INK, PADDING, Canvas
from experiments.figures.marks import Panel, Row, TradeOff
from experiments.figures.scales import linear_axis

WIDTH, HEAD, FOOT, ROW = 560, 96, 62, 24
LABELS, WORDS = 230, 120  # px left and right of the marks
LEAST_ROWS = 3
PLOT = 200  # px, side of the trade-off


def render(panels: Sequence[Panel | TradeOff], path: Path, columns: int = 2) -> Path:
    """Write panels on one page as PNG."""
    heights = [HEAD + FOOT + (PLOT if isinstance(one, TradeOff) else ROW * len(one.rows)) for one in panels]
    height = max(*heights, HEAD + FOOT + ROW * LEAST_ROWS) + PADDING
    columns = min(columns, len(panels))
    canvas = Canvas(columns, -(-len(panels) // columns), (WIDTH + 2 * PADDING, height))
    for place, one in enumerate(panels):
        left, top = (corner + PADDING for corner in canvas.corner(place))
        if isinstance(one, TradeOff):
            _trade_off(canvas, one, left, top)
        else:
            _panel(canvas, one, left, top)
    path.parent.mkdir(parents=True, exist_ok=True)
    return canvas.save(path)


def _head(canvas: Canvas, left: float, top: float, title: str, subtitle: str) -> None:
    canvas.line([left, left + WIDTH], [top] * 2, INK.strong_rule, 1.0)
    canvas.text(left, top + 24, _cut(canvas, title, "title", 16, WIDTH), "title", 16, INK.ink)
    for number, words in enumerate(canvas.wrap(subtitle, "text", 12, WIDTH)):
        canvas.text(left, top + 43 + 16 * number, words, "text", 12, INK.second)


def _panel(canvas: Canvas, panel: Panel, left: float, top: float) -> None:
    _head(canvas, left, top, panel.title, panel.subtitle)
    axis = linear_axis(panel.low, panel.high, tight=True)
    x0, x1, y0 = left + LABELS, left + WIDTH - WORDS, top + HEAD - 6
    bottom = y0 + ROW * len(panel.rows)

    def at(value: float) -> float:
        return x0 + float(axis.place(value)) * (x1 - x0)

    for tick, words in zip(axis.ticks, axis.words, strict=True):
        if panel.ticks:
            canvas.line([at(tick)] * 2, [y0, bottom], INK.strong_rule if tick == 0 else INK.grid, 1.0, zorder=0)
            canvas.text(at(tick), bottom + 15, words, "text", 11, INK.third, "center")
    for number, row in enumerate(panel.rows):
        y = y0 + ROW * (number + 0.5)
        canvas.text(left, y + 4, _cut(canvas, row.label, "text", 12, LABELS - 14), "text", 12, INK.ink)
        canvas.text(x1 + 12, y + 4, _cut(canvas, row.words, "text", 12, WORDS - 12), "text", 12, INK.second)
        _row(canvas, row, [at(value) for value in (panel.low, panel.high)], y, at, INK.marks[panel.meaning])
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
    _head(canvas, left, top, chart.title, chart.subtitle)
    x0, x1, y0, y1 = left + 46, left + WIDTH - 40, top + HEAD, top + HEAD + PLOT - 28
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
    canvas.text(left, top + HEAD + PLOT + 40, chart.footer, "text", 11, INK.third)


def _cut(canvas: Canvas, words: str, font: str, size: float, width: float) -> str:
    """Words that fit a width, with an ellipsis where they do not; of a key its own name before its block."""
    if canvas.measure(words, font, size) <= width:
        return words
    shorter = words.partition(".")[2] if "." in words and " " not in words else words
    while shorter and canvas.measure(f"{shorter}…", font, size) > width:
        shorter = shorter[:-1]
    return shorter if canvas.measure(shorter, font, size) <= width and words.endswith(shorter) else f"{shorter}…"
