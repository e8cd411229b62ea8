"""The heat map of a stress test: firms by shock, one hue in five steps, the value in the cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from experiments.figures.draw import INK, Canvas
from experiments.stress import StressResult
from experiments.wording import month, plural

STEPS = (0.05, 0.2, 0.4, 0.7)  # upper ends of the first four of five steps
STRENGTHS = (0.05, 0.22, 0.42, 0.66, 1.0)
FIRMS_SHOWN = 24
SIZE_LABELS = {"small": "below 10 MW", "medium": "10 to 100 MW", "large": "100 to 500 MW", "mega": "above 500 MW"}
COLUMNS = ["probability", "baseline_probability"]
PAGE_WIDTH, MARGIN, HEAD, LABELS, ROW, BREAK = 920, 24, 122, 196, 24, 12


@dataclass(frozen=True)
class HeatMap:
    """Shares by row and column; ``groups`` of rows stand apart."""

    title: str
    subtitle: str
    columns: tuple[str, ...]
    groups: tuple[tuple[tuple[str, tuple[float, ...]], ...], ...]
    footer: str


def heat_map(result: StressResult) -> HeatMap:
    """Probability of distress without and under each shock: size classes, then the listed firms by hashrate."""
    firms = result.firms
    shocks = tuple(dict.fromkeys(firms["shock"]))
    means = firms.groupby(["size", "shock"])[COLUMNS].mean()
    classes = tuple(
        (f"Firms {words}, mean", _cells(pd.DataFrame(means.loc[size]), shocks))
        for size, words in SIZE_LABELS.items()
        if size in means.index
    )
    listed = firms[firms["listed"]]
    largest = listed.groupby("firm")["hashrate_ehs"].max().sort_values(ascending=False).index[:FIRMS_SHOWN]
    rows = tuple((str(name), _cells(listed[listed["firm"] == name].set_index("shock"), shocks)) for name in largest)
    return HeatMap(
        f"Who gets into trouble: {result.scenario}, shocks in {month(result.date, full=True)}",
        f"Probability of distress within {result.follow} months: payables overdue, debts above assets, a "
        f"restructuring or an exit. Severity {result.severity:g}. Size classes, and the listed firms with the most "
        "hashrate.",
        ("no shock", *shocks),
        (classes, rows) if rows else (classes,),
        f"{plural(result.runs, 'run')} · seed {result.seed} · illustration, no forecast of any single firm",
    )


def _cells(frame: pd.DataFrame, shocks: tuple[str, ...]) -> tuple[float, ...]:
    """Without a shock, then under each; ``frame`` has the shock as its index."""
    return float(frame["baseline_probability"].iloc[0]), *frame["probability"].reindex(list(shocks)).tolist()


def render_heat_map(chart: HeatMap, path: Path) -> Path:
    """Write the heat map as PNG."""
    rows = sum(len(group) for group in chart.groups)
    canvas = Canvas(1, 1, (PAGE_WIDTH, HEAD + ROW * rows + BREAK * len(chart.groups) + 44))
    canvas.line([MARGIN, PAGE_WIDTH - MARGIN], [20, 20], INK.strong_rule, 1.0)
    canvas.text(MARGIN, 46, chart.title, "title", 18, INK.ink)
    for number, words in enumerate(canvas.wrap(chart.subtitle, "text", 12, PAGE_WIDTH - 2 * MARGIN)):
        canvas.text(MARGIN, 68 + 16 * number, words, "text", 12, INK.second)
    width = (PAGE_WIDTH - 2 * MARGIN - LABELS) / len(chart.columns)
    for k, words in enumerate(chart.columns):
        canvas.text(MARGIN + LABELS + (k + 0.5) * width, HEAD - 8, words, "text", 10.5, INK.second, "center")
    y = float(HEAD)
    for group in chart.groups:
        for label, values in group:
            canvas.text(MARGIN, y + 16, label, "text", 12, INK.ink)
            for k, value in enumerate(values):
                _cell(canvas, MARGIN + LABELS + k * width, y, width, value)
            y += ROW
        y += BREAK
    canvas.text(MARGIN, y + 20, chart.footer, "text", 11, INK.third)
    return canvas.save(path)


def step(value: float) -> int:
    """Which of the five steps a share falls into."""
    return sum(value > end for end in STEPS)


def _cell(canvas: Canvas, x: float, y: float, width: float, value: float) -> None:
    strength = STRENGTHS[step(value)]
    page, mark = to_rgb(INK.page), to_rgb(INK.marks["risk"])
    color = tuple(strength * m + (1 - strength) * p for m, p in zip(mark, page, strict=True))
    canvas.ax.add_patch(Rectangle((x + 1, y + 1), width - 2, ROW - 2, color=color, linewidth=0))
    ink = INK.page if strength == 1.0 else INK.ink
    canvas.text(x + width / 2, y + 16, f"{100 * value:.0f} %", "text", 11.5, ink, "center")
