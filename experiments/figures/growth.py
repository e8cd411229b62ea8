"""The picture of ``bench --scaling``: time per firm and month against firms, months and runs, level where linear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.figures.draw import INK, PADDING, Canvas
from experiments.wording import number

WIDTH, HEIGHT, TOP, BOTTOM = 720, 290, 116, 232
PANEL, GAP = 200, 40
HEADINGS = {"firms": "Firms of a run", "months": "Months simulated", "runs": "Runs of a batch"}


def draw_growth(told: Mapping[str, Any], path: str | Path) -> Path:
    """Write what ``bench_scaling.scaling`` found as PNG."""
    canvas = Canvas(1, 1, (WIDTH, HEIGHT))
    canvas.text(PADDING, 34, "How time grows with firms, months and runs", "title", 16, INK.ink)
    words = "Microseconds per firm and month of one run; level is linear growth"
    canvas.text(PADDING, 54, words, "text", 11, INK.second)
    top = max(row["us_per_firm_month"] for row in told["rows"])
    for place, (axis, heading) in enumerate(HEADINGS.items()):
        rows = [row for row in told["rows"] if row["axis"] == axis]
        words = f"{heading} · exponent {number(told['exponents'][axis], 2)}"
        _panel(canvas, PADDING + place * (PANEL + GAP), words, rows, top)
    return canvas.save(Path(path))


def _panel(canvas: Canvas, left: float, heading: str, rows: Sequence[Mapping[str, Any]], top: float) -> None:
    """One panel: sizes on a logarithmic axis, times above zero with their numbers."""
    canvas.text(left, TOP - 30, heading, "strong", 11, INK.ink)
    sizes, taken = (np.array([row[name] for row in rows], dtype=float) for name in ("size", "us_per_firm_month"))
    x = left + 12 + (PANEL - 24) * np.log(sizes / sizes[0]) / np.log(sizes[-1] / sizes[0])
    y = BOTTOM - (BOTTOM - TOP) * taken / top
    canvas.line((left, left + PANEL), (BOTTOM, BOTTOM), INK.rule, 1)
    canvas.line(x, y, INK.marks["ai"], 2)
    for at, height, size, value in zip(x, y, sizes, taken, strict=True):
        canvas.ax.plot(at, height, "o", color=INK.marks["ai"], markersize=5)
        canvas.text(at, height - 9, number(float(value), 0), "text", 10, INK.words["ai"], "center")
        canvas.text(at, BOTTOM + 18, f"{size:,.0f}", "text", 10, INK.third, "center")
