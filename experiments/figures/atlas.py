"""The picture of the policy atlas: policies by outcome, each effect a strip around zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.comparison import Comparison
from experiments.effects import records
from experiments.figures.draw import INK, Canvas
from experiments.figures.paired import SCALES, meaning_of, signed, unit_of
from experiments.figures.palette import Meaning
from experiments.wording import decimals, month, plural
from sim.outcomes import BY_NAME

LABELS, COLUMN, ROW, MARGIN, HEAD = 250, 104, 34, 24, 132


@dataclass(frozen=True)
class Cell:
    """One effect with its interval, and its words where it is clear."""

    effect: float
    low: float
    high: float
    clear: bool
    words: str


@dataclass(frozen=True)
class Column:
    """One outcome; ``reach`` is the largest distance from zero among its cells."""

    label: str
    unit: str
    meaning: Meaning
    reach: float
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class AtlasChart:
    """Rows of policies by columns of outcomes."""

    title: str
    subtitle: str
    rows: tuple[str, ...]
    columns: tuple[Column, ...]
    footer: str


def atlas_chart(comparison: Comparison, titles: Mapping[str, str], outcomes: Sequence[str]) -> AtlasChart:
    """Effects of all scenarios of a comparison at the end."""
    end = comparison.at_end().set_index(["outcome", "scenario"], drop=False)
    columns = []
    for name in outcomes:
        outcome = BY_NAME[name]
        scale = SCALES.get(outcome.unit, 1.0)
        rows = records(end.loc[[(name, scenario) for scenario in titles]])
        cells = tuple(
            Cell(
                scale * row["effect"], scale * row["ci_low"], scale * row["ci_high"], bool(row["clear"]),
                signed(scale * row["effect"], _places(scale * row["effect"], outcome.unit)) if row["clear"] else "",
            )
            for row in rows
        )  # fmt: skip
        reach = max((abs(v) for c in cells for v in (c.effect, c.low, c.high) if v == v), default=0.0) or 1.0
        columns.append(Column(outcome.label, unit_of(outcome), meaning_of(name), reach, cells))
    return AtlasChart(
        f"What policies change by {month(comparison.months[-1], full=True)}",
        "Mean difference from the baseline between paired runs; bar: 95 % interval; faint and without a number: no "
        "clear change. Each column has its own scale around zero.",
        tuple(titles.values()),
        tuple(columns),
        f"{plural(comparison.runs, 'run')} each · assumptions sampled",
    )


def _places(effect: float, unit: str) -> int:
    """Decimals for two digits of this effect, so that a small one does not read 0; of firms one at most."""
    places = decimals([effect], 2)
    return min(places, 1) if unit == "firms" else places


def render_atlas(chart: AtlasChart, path: Path) -> Path:
    """Write the picture."""
    width = 2 * MARGIN + LABELS + COLUMN * len(chart.columns)
    canvas = Canvas(1, 1, (width, HEAD + ROW * len(chart.rows) + 48))
    canvas.line([MARGIN, width - MARGIN], [20, 20], INK.strong_rule, 1.0)
    canvas.text(MARGIN, 46, chart.title, "title", 18, INK.ink)
    for k, words in enumerate(canvas.wrap(chart.subtitle, "text", 12, width - 2 * MARGIN)):
        canvas.text(MARGIN, 68 + 16 * k, words, "text", 12, INK.second)
    bottom = HEAD + ROW * len(chart.rows)
    for place, column in enumerate(chart.columns):
        center = MARGIN + LABELS + COLUMN * (place + 0.5)
        for k, words in enumerate(canvas.wrap(column.label, "text", 11, COLUMN - 8)[:2]):
            canvas.text(center, HEAD - 34 + 13 * k, words, "text", 11, INK.ink, "center")
        canvas.text(center, HEAD - 8, column.unit, "text", 10.5, INK.third, "center")
        for k, cell in enumerate(column.cells):
            _cell(canvas, column, cell, center, HEAD + ROW * k)
    for k, label in enumerate(chart.rows):
        canvas.line([MARGIN, width - MARGIN], [HEAD + ROW * k] * 2, INK.grid, 1.0, zorder=0)
        canvas.text(MARGIN, HEAD + ROW * k + 21, label, "text", 12, INK.ink)
    canvas.text(MARGIN, bottom + 30, chart.footer, "text", 11, INK.third)
    return canvas.save(path)


def _cell(canvas: Canvas, column: Column, cell: Cell, center: float, top: float) -> None:
    half = COLUMN / 2 - 6

    def at(value: float) -> float:
        return center + half * value / column.reach

    color, strength = INK.marks[column.meaning], 1.0 if cell.clear else 0.35
    y = top + 23
    canvas.line([center] * 2, [y - 7, y + 7], INK.marks["baseline"], 1.0, zorder=1)
    canvas.line([at(cell.low), at(cell.high)], [y, y], color, 5.0, alpha=0.55 * strength, zorder=2)
    canvas.line([at(cell.effect)], [y], color, 0, marker="o", markersize=6, alpha=strength, zorder=3, mew=0)
    canvas.text(center, top + 13, cell.words, "text", 10.5, INK.second, "center")
