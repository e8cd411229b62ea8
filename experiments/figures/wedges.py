"""Wedges: an effect over time, split among levers. Definition and picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from experiments.attribution import Attribution
from experiments.figures.draw import CELL_HEIGHT, CELL_WIDTH, HEIGHT, INK, PADDING, WIDTH, Canvas
from experiments.figures.paired import SCALES, SHOWN, meaning_of, signed, unit_of
from experiments.figures.palette import Meaning
from experiments.figures.scales import linear_axis, push_apart, time_ticks, years
from experiments.wording import decimals, plural
from sim.outcomes import BY_NAME

MOST_WEDGES = 6  # more levers are drawn together as "other"
TOP, PLOT, LEFT, LABEL = 88, 216, 44, 200  # px


@dataclass(frozen=True)
class Wedge:
    """One lever's part of an effect by month."""

    label: str
    values: list[float]


@dataclass(frozen=True)
class Wedges:
    """Wedges of one outcome, largest at the end first, and the total."""

    key: str
    title: str
    subtitle: str
    meaning: Meaning
    months: list[str]
    wedges: tuple[Wedge, ...]
    total: list[float]
    footer: str


def wedges(result: Attribution, outcome: str) -> Wedges:
    """The wedges of an outcome."""
    known = BY_NAME[outcome]
    scale, unit = SCALES.get(known.unit, 1.0), unit_of(known)
    frame = result.wedges[result.wedges["outcome"] == outcome]
    table = frame.pivot(index="month", columns="lever", values="effect") * scale
    order = table.iloc[-1].abs().sort_values(ascending=False).index.tolist()
    found = [Wedge(str(name), table[name].tolist()) for name in order]
    if len(found) > MOST_WEDGES:
        rest = np.sum([wedge.values for wedge in found[MOST_WEDGES - 1 :]], axis=0)
        found = [*found[: MOST_WEDGES - 1], Wedge(f"{len(order) - MOST_WEDGES + 1} other levers", rest.tolist())]
    total = result.total[result.total["outcome"] == outcome]["effect"] * scale
    return Wedges(
        outcome,
        known.label,
        f"Effect of {result.scenario} against {result.against} by lever{', ' + unit if unit else ''}. Line: all "
        "levers together; grey: levers that work against it.",
        meaning_of(outcome),
        result.months,
        tuple(found),
        total.tolist(),
        f"{plural(result.runs, 'run')} · means · {result.method} · seed {result.seed}",
    )


def render_wedges(result: Attribution, path: Path, outcomes: Sequence[str] = ()) -> Path:
    """Write the wedges of some outcomes on one page, by default a choice of headline outcomes."""
    there = set(result.total["outcome"])
    names = [name for name in outcomes or SHOWN if name in there] or sorted(there)
    columns = min(2, len(names))
    charts = [wedges(result, name) for name in names]
    probe = Canvas(1, 1)  # the width follows from words that are measured on it
    widest = max(probe.measure(words, "strong", 11) for chart in charts for words in _words(chart))
    more = max(0, math.ceil(widest) + 8 - LABEL)
    canvas = Canvas(columns, -(-len(names) // columns), (CELL_WIDTH + more, CELL_HEIGHT))
    for place, chart in enumerate(charts):
        left, top = canvas.corner(place)
        _draw(canvas, chart, left + PADDING, top + PADDING, more)
    return canvas.save(path)


def stacked(chart: Wedges) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Lower and upper edge of each wedge: what adds up from zero, what takes away down from it."""
    above, below = np.zeros(len(chart.months)), np.zeros(len(chart.months))
    edges = []
    for wedge in chart.wedges:
        values = np.asarray(wedge.values)
        up, down = np.maximum(values, 0.0), np.minimum(values, 0.0)
        edges.append((np.where(values >= 0, above, below + down), np.where(values >= 0, above + up, below)))
        above, below = above + up, below + down
    return edges


def _draw(canvas: Canvas, chart: Wedges, left: float, top: float, more: float) -> None:
    """``more`` px of width than a figure has otherwise, for long names of levers."""
    edges = stacked(chart)
    low, high = min(e[0].min() for e in edges), max(e[1].max() for e in edges)
    axis = linear_axis(float(low), float(high))
    x0, x1, y1 = left + LEFT, left + WIDTH - LABEL, top + TOP + PLOT
    time = years(chart.months)
    across = x0 + (time - time[0]) / max(time[-1] - time[0], 1e-9) * (x1 - x0)

    def up(values: object) -> NDArray[np.float64]:
        return y1 - axis.place(values) * PLOT  # type: ignore[arg-type]

    canvas.line([left, left + WIDTH + more], [top] * 2, INK.strong_rule, 1.0)
    canvas.text(left, top + 24, chart.title, "title", 16, INK.ink)
    for number, words in enumerate(canvas.wrap(chart.subtitle, "text", 12, WIDTH + more)):
        canvas.text(left, top + 43 + 16 * number, words, "text", 12, INK.second)
    for tick, words in zip(axis.ticks, axis.words, strict=True):
        y = float(up(tick))
        canvas.line([x0, x1], [y, y], INK.strong_rule if tick == 0 else INK.grid, 1.0, zorder=0)
        canvas.text(x0 - 7, y + 4, words, "text", 11, INK.third, "right")
    for at, words in time_ticks(chart.months):
        x = x0 + (at - time[0]) / max(time[-1] - time[0], 1e-9) * (x1 - x0)
        canvas.text(x, y1 + 17, words, "text", 11, INK.third, "center")
    with_total = np.sign(chart.total[-1]) or 1.0
    shades = np.linspace(0.95, 0.35, max(len(chart.wedges), 2))
    for k, (wedge, (bottom, ceiling)) in enumerate(zip(chart.wedges, edges, strict=True)):
        adds = np.sign(wedge.values[-1]) in (with_total, 0.0)
        color = INK.marks[chart.meaning if adds else "exited"]
        canvas.ax.fill_between(across, up(bottom), up(ceiling), color=INK.page, linewidth=0, zorder=1)
        canvas.ax.fill_between(across, up(bottom), up(ceiling), color=color, alpha=shades[k], linewidth=0, zorder=2)
        edge = np.where(np.sign(wedge.values) == np.sign(wedge.values[-1]), up(outer(wedge, bottom, ceiling)), np.nan)
        canvas.line(across, np.where(np.abs(up(ceiling) - up(bottom)) > 2.0, edge, np.nan), INK.page, 1.0, zorder=3)
    canvas.line(across, up(chart.total), INK.marks["baseline"], 1.75, zorder=4)
    _labels(canvas, chart, edges, up, x1 + 8, top + TOP, y1)
    canvas.text(left, top + HEIGHT - 4, chart.footer, "text", 11, INK.third)


def outer(wedge: Wedge, bottom: NDArray[np.float64], ceiling: NDArray[np.float64]) -> NDArray[np.float64]:
    """The edge of a wedge away from zero, at the side where it ends."""
    return ceiling if wedge.values[-1] >= 0 else bottom


def _labels(
    canvas: Canvas,
    chart: Wedges,
    edges: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
    up: Callable[[object], NDArray[np.float64]],
    x: float,
    top: float,
    bottom: float,
) -> None:
    """Lever and value at the end of each wedge."""
    middles = [float(up((low[-1] + high[-1]) / 2)) + 4 for low, high in edges]
    middles.append(float(up(chart.total[-1])) + 4)
    for k, (text, y) in enumerate(zip(_words(chart), push_apart(middles, top + 6, bottom + 2), strict=True)):
        color = INK.ink if k == len(chart.wedges) else INK.words[chart.meaning]
        canvas.text(x, y, text, "strong", 11, color)


def _words(chart: Wedges) -> list[str]:
    """Value at the end and name of each lever, and of all together."""
    places = decimals([wedge.values[-1] for wedge in chart.wedges] + [chart.total[-1]])
    words = [f"{signed(w.values[-1], places)} {_short(w.label)}" for w in chart.wedges]
    return [*words, f"{signed(chart.total[-1], places)} together"]


def _short(lever: str) -> str:
    """A lever without its block: policy.tax -> tax."""
    block, _, name = lever.partition(".")
    return name if name and " " not in block else lever.removeprefix("policy: ")

