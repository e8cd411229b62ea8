"""Figures as pictures with Matplotlib: places in px from the top left, words beside the mark, no legends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure as Page
from matplotlib.font_manager import FontProperties
from numpy.typing import NDArray
from PIL import Image

from experiments.figures.charts import FIGURES
from experiments.figures.fonts import face
from experiments.figures.model import TODAY, Figure, Line
from experiments.figures.palette import BAND_OPACITY, LIGHT, PATH_OPACITY, VEIL_OPACITY
from experiments.figures.scales import Axis, linear_axis, log_axis, push_apart, time_ticks, years
from experiments.store import write_whole
from sim.results import ResultSet

WIDTH, HEIGHT = 520, 356  # px of one figure, without padding
PADDING = 20
CELL_WIDTH, CELL_HEIGHT = WIDTH + 2 * PADDING, HEIGHT + 2 * PADDING
PLOT_TOP, PLOT_HEIGHT, PLOT_LEFT = 88, 216, 40
RESOLUTION = 2  # picture points per px
INK = LIGHT


def render(figure: Figure, path: str | Path) -> Path:
    """Write one figure as PNG."""
    return render_page([figure], path, columns=1)


def render_page(figures: Sequence[Figure], path: str | Path, columns: int = 2) -> Path:
    """Write several figures on one page as PNG."""
    return _page(figures, columns).save(Path(path))


def render_all(results: ResultSet, folder: str | Path, keys: Iterable[str] = tuple(FIGURES)) -> list[Path]:
    """Write the figures of FIGURES into a folder, and all of them on one page as ``overview.png``."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    figures = [FIGURES[key](results) for key in keys]
    page = _page(figures)
    # Each picture is cut from the page: drawing everything once takes half the time of drawing it twice.
    cuts = [page.save(folder / f"{figure.key}.png", place) for place, figure in enumerate(figures)]
    return [page.save(folder / "overview.png"), *cuts]


def _page(figures: Sequence[Figure], columns: int = 3) -> Canvas:
    columns = min(columns, len(figures))
    canvas = Canvas(columns, -(-len(figures) // columns))
    for place, figure in enumerate(figures):
        left, top = canvas.corner(place)
        Drawing(canvas, figure, left + PADDING, top + PADDING).draw()
    return canvas


class Canvas:
    """A page of figures in columns and rows; everything is placed in px from its top left."""

    def __init__(self, columns: int, rows: int, cell: tuple[int, int] = (CELL_WIDTH, CELL_HEIGHT)) -> None:
        self.columns, self.cell = columns, cell
        width, height = columns * cell[0], rows * cell[1]
        # With 72 px to the inch a font size in points is its size in px.
        self.page = Page(figsize=(width / 72, height / 72), dpi=72 * RESOLUTION, facecolor=INK.page)
        self.ink = FigureCanvasAgg(self.page)
        self.renderer: RendererAgg = self.ink.get_renderer()
        self.ax: Axes = self.page.add_axes((0, 0, 1, 1))
        self.ax.set(xlim=(0, width), ylim=(height, 0))
        self.ax.set_axis_off()
        self.drawn: Image.Image | None = None

    def corner(self, place: int) -> tuple[int, int]:
        """Top left corner of a figure's cell."""
        row, column = divmod(place, self.columns)
        return column * self.cell[0], row * self.cell[1]

    def text(self, x: float, y: float, words: str, font: str, size: float, color: str, align: str = "left") -> None:
        """Words on the baseline ``y``."""
        self.ax.text(x, y, words, font=self.font(font, size), color=color, ha=align, va="baseline", parse_math=False)

    def font(self, name: str, size: float) -> FontProperties:
        font = face(name).copy()
        font.set_size(size)
        return font

    def measure(self, words: str, font: str, size: float) -> float:
        """Width of words in px."""
        width, _, _ = self.renderer.get_text_width_height_descent(words, self.font(font, size), False)
        return width / RESOLUTION

    def wrap(self, words: str, font: str, size: float, width: float) -> list[str]:
        """Words broken into lines that are no wider than ``width``."""
        lines = [""]
        for word in words.split(" "):
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and self.measure(longer, font, size) > width:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines

    def line(self, x: object, y: object, color: str, width: float, **style: object) -> None:
        self.ax.plot(x, y, color=color, linewidth=width, solid_capstyle="butt", **style)  # type: ignore[arg-type]

    def save(self, path: Path, place: int | None = None) -> Path:
        """Write the page, or the cell of one figure."""
        if self.drawn is None:
            self.ink.draw()
            self.drawn = Image.fromarray(np.asarray(self.ink.buffer_rgba())).convert("RGB")
        picture = self.drawn
        if place is not None:
            left, top = self.corner(place)
            right, bottom = left + self.cell[0], top + self.cell[1]
            picture = picture.crop((RESOLUTION * left, RESOLUTION * top, RESOLUTION * right, RESOLUTION * bottom))
        write_whole(path, lambda file: picture.save(file, format="PNG", compress_level=4))
        return path


@dataclass
class Drawing:
    """One figure on a canvas, its block's top left corner at (left, top)."""

    canvas: Canvas
    figure: Figure
    left: float
    top: float

    def draw(self) -> None:
        figure = self.figure
        self.labels = [line.label or ("Scenario" if figure.baseline else "Median") for line in figure.lines]
        width = max(
            self.canvas.measure(words, "strong", 12)
            for words in (*self.labels, "Baseline"[: 8 * bool(figure.baseline)])
        )
        self.layers = np.cumsum([line.median for line in figure.lines], axis=0) if figure.kind == "stack" else None
        self.axis = self._axis()
        self.plot_top = self.top + PLOT_TOP
        self.bottom = self.plot_top + PLOT_HEIGHT
        self.plot_left = self.left + PLOT_LEFT
        self.plot_right = self.left + WIDTH - width - 10
        self.time = years(figure.months)
        self.x = self._across(self.time)
        self._words()
        self._grid()
        if self.layers is None:
            self._lines()
        else:
            self._stack(self.layers)
        self._today()
        self._end_labels()

    def _axis(self) -> Axis:
        figure = self.figure
        if self.layers is not None:
            return linear_axis(
                0.0, float(self.layers[-1].max()), percent=figure.percent, whole=figure.whole, tight=True
            )
        values = np.concatenate([_drawn(line) for line in figure.lines] + [np.asarray(b) for b in figure.baseline])
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        if figure.log and low > 0:
            return log_axis(low, high)
        return linear_axis(low, high, percent=figure.percent, whole=figure.whole)

    def _across(self, time: NDArray[np.float64] | float) -> NDArray[np.float64]:
        span = max(self.time[-1] - self.time[0], 1e-9)
        return self.plot_left + (np.asarray(time) - self.time[0]) / span * (self.plot_right - self.plot_left)

    def _up(self, values: object) -> NDArray[np.float64]:
        return self.bottom - self.axis.place(values) * PLOT_HEIGHT  # type: ignore[arg-type]

    def _words(self) -> None:
        """Rule, title, subtitle and footer."""
        canvas, figure = self.canvas, self.figure
        canvas.line([self.left, self.left + WIDTH], [self.top] * 2, INK.strong_rule, 1.0)
        canvas.text(self.left, self.top + 24, figure.title, "title", 16, INK.ink)
        for number, words in enumerate(canvas.wrap(figure.subtitle, "text", 12, WIDTH)):
            canvas.text(self.left, self.top + 43 + 16 * number, words, "text", 12, INK.second)
        canvas.text(self.left, self.top + HEIGHT - 4, figure.footer, "text", 11, INK.third)

    def _grid(self) -> None:
        canvas = self.canvas
        for tick, words in zip(self.axis.ticks, self.axis.words, strict=True):
            y = float(self._up(tick))
            base = tick == 0 or (self.axis.log and tick == self.axis.ticks[0])
            canvas.line(
                [self.plot_left, self.plot_right], [y, y], INK.strong_rule if base else INK.grid, 1.0, zorder=0
            )
            canvas.text(self.plot_left - 7, y + 4, words, "text", 11, INK.third, "right")
        for time, words in time_ticks(self.figure.months):
            x = float(self._across(time))
            canvas.line([x, x], [self.bottom, self.bottom + 4], INK.strong_rule, 1.0)
            canvas.text(x, self.bottom + 17, words, "text", 11, INK.third, "center")

    def _lines(self) -> None:
        for line in self.figure.lines:
            self._spread(line)
        for dots in self.figure.baseline:
            self.canvas.line(
                self.x, self._up(dots), INK.marks["baseline"], 1.5, dashes=(1, 2), dash_capstyle="round", zorder=3
            )
        for line in reversed(self.figure.lines):
            width = 2.25 if line.leads or len(self.figure.lines) == 1 else 1.75
            self._median(line, width)

    def _spread(self, line: Line) -> None:
        color = INK.marks[line.meaning]
        if line.band:
            outer, inner = (line.band.p10, line.band.p90), (line.band.p25, line.band.p75)
            for (low, high), opacity in zip((outer, inner), BAND_OPACITY, strict=True):
                self.canvas.ax.fill_between(
                    self.x, self._up(low), self._up(high), color=color, alpha=opacity * line.shade, linewidth=0
                )
        for path in line.paths:
            self._ahead(self._up(path), color, 1.0, PATH_OPACITY)

    def _median(self, line: Line, width: float) -> None:
        if line.points:
            self.canvas.ax.plot(
                self.x, self._up(line.median), linestyle="", marker="o", markersize=5, zorder=5,
                color=INK.marks[line.meaning], markeredgecolor=INK.page, markeredgewidth=1,
            )  # fmt: skip
            return
        self._ahead(self._up(line.median), INK.marks[line.meaning], width, line.shade)

    def _ahead(self, y: NDArray[np.float64], color: str, width: float, opacity: float) -> None:
        """A line: solid up to today, dashed after."""
        today = int(np.searchsorted(self.time, years([TODAY])[0]))
        dashes = (5 / width, 3 / width)
        self.canvas.line(self.x[: today + 1], y[: today + 1], color, width, alpha=opacity, zorder=4)
        self.canvas.line(self.x[today:], y[today:], color, width, alpha=opacity, dashes=dashes, zorder=4)

    def _stack(self, layers: NDArray[np.float64]) -> None:
        ax, floor = self.canvas.ax, np.zeros(len(self.x))
        for line, layer in zip(self.figure.lines, layers, strict=True):
            color = INK.marks[line.meaning]
            ax.fill_between(self.x, self._up(floor), self._up(layer), color=INK.page, linewidth=0)
            ax.fill_between(
                self.x,
                self._up(floor),
                self._up(layer),
                color=color,
                alpha=line.shade * INK.stack_opacity,
                linewidth=0,
            )
            floor = layer
        edges = np.vstack([self._up(floor) for floor in (np.zeros(len(self.x)), *layers)])
        for below, edge, above in zip(edges, edges[1:], edges[2:], strict=False):
            room = np.minimum(below - edge, edge - above)
            if np.median(room) > 2.0:  # a thin layer would vanish under its seams
                self.canvas.line(self.x, np.where(room > 1.0, edge, np.nan), INK.page, 1.0, zorder=2)
        veiled = self.time >= years([TODAY])[0]
        if veiled.any():
            ax.fill_between(
                self.x[veiled],
                self.plot_top,
                self.bottom,
                color=INK.page,
                alpha=VEIL_OPACITY,
                linewidth=0,
                zorder=2.5,
            )
        for layer in np.cumsum(self.figure.baseline, axis=0)[:-1] if self.figure.baseline else ():
            self.canvas.line(self.x, self._up(layer), INK.page, 4.0, zorder=3)
            self.canvas.line(
                self.x, self._up(layer), INK.marks["baseline"], 1.5, dashes=(1, 2), dash_capstyle="round", zorder=4
            )

    def _today(self) -> None:
        today = years([TODAY])[0]
        if not self.time[0] <= today < self.time[-1]:
            return
        x, first = float(self._across(today)), today == self.time[0]
        color = INK.page if self.layers is not None and not first else INK.strong_rule
        self.canvas.line([x, x], [self.plot_top, self.bottom], color, 1.0, zorder=3)
        self.canvas.text(x, self.plot_top - 5, "today", "text", 11, INK.third, "left" if first else "center")

    def _end_labels(self) -> None:
        words = [
            (text, INK.words[line.meaning], "strong")
            for text, line in zip(self.labels, self.figure.lines, strict=True)
        ]
        if self.layers is not None:
            below = np.vstack([np.zeros(len(self.x)), self.layers[:-1]])
            ends = ((below + self.layers) / 2)[:, -1]
        else:
            ends = np.array([_last_known(line.median) for line in self.figure.lines])
            for dots in self.figure.baseline:
                words.append(("Baseline", INK.second, "text"))
                ends = np.append(ends, dots[-1])
        places = push_apart((self._up(ends) + 4).tolist(), self.plot_top + 6, self.bottom + 2)
        for (text, color, font), y in zip(words, places, strict=True):
            self.canvas.text(self.plot_right + 8, y, text, font, 12, color)


def _last_known(values: Sequence[float]) -> float:
    return next((value for value in reversed(values) if np.isfinite(value)), values[-1])


def _drawn(line: Line) -> NDArray[np.float64]:
    """Every value that a line puts on the axis."""
    parts = [line.median, *line.paths]
    if line.band:
        parts += [line.band.p10, line.band.p90]
    return np.concatenate([np.asarray(part) for part in parts])
