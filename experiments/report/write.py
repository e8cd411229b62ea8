"""A result folder as one HTML file: pictures inside, no requests to anywhere."""

from __future__ import annotations

import base64
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from experiments.figures.fonts import faces_css
from experiments.report import sections
from experiments.store import write_whole
from sim.results import ResultSet


def write_report(folder: str | Path, path: str | Path | None = None, charts: Path | None = None) -> Path:
    """Write the report of a result folder; by default ``report.html`` inside it.

    ``charts`` is a folder of charts just drawn from these results; without it they are drawn again.
    Raises UserError if the folder holds no results.
    """
    folder = Path(folder)
    target = Path(path) if path else folder / "report.html"
    results = ResultSet.load(folder)
    html = render("results.html", sections.of_results(results) | {"pictures": pictures(results, charts)})
    write_whole(target, lambda temporary: temporary.write_text(html, encoding="utf-8"))
    return target


def render(template: str, values: dict[str, Any]) -> str:
    """A template of this package filled in; everything is escaped, a missing value raises."""
    environment = Environment(
        loader=PackageLoader("experiments.report"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shared = {"version": metadata.version("hashpivot"), "fonts": faces_css()}
    return environment.get_template(template).render(shared | values)


def pictures(results: ResultSet, charts: Path | None = None) -> list[dict[str, str]]:
    """Every figure as an inline PNG with words for those who do not see it."""
    from experiments.figures.charts import FIGURES
    from experiments.figures.draw import render_all

    if charts is None:
        with tempfile.TemporaryDirectory() as place:
            render_all(results, place)
            return pictures(results, Path(place))
    found = []
    for key, make in FIGURES.items():
        figure = make(results)
        found.append({"title": figure.title, "text": figure.subtitle, "source": inline(charts / f"{key}.png")})
    return found


def inline(file: Path) -> str:
    """A PNG as a data address."""
    return "data:image/png;base64," + base64.b64encode(file.read_bytes()).decode()
