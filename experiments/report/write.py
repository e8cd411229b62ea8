"""A result folder as one HTML file: pictures inside, no requests to anywhere."""

from __future__ import annotations

import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from experiments.figures.fonts import faces_css
from experiments.report import sections
from experiments.report.tables import Picture
from experiments.store import write_whole
from sim.results import ResultSet, read_manifest


def write_report(folder: str | Path, path: str | Path | None = None, charts: Path | None = None) -> Path:
    """Write the report of a result folder; by default ``report.html`` inside it.

    ``charts`` is a folder of charts just drawn from these results; without it they are drawn again.
    Folders of compare, attribute, stress and sweep have pages of their own. Raises UserError if the folder holds
    no results, or an experiment that is not finished.
    """
    folder = Path(folder)
    target = Path(path) if path else folder / "report.html"
    made = of_experiment(folder)
    if made is not None:
        html = render("experiment.html", made)
    else:
        results = ResultSet.load(folder)
        html = render("results.html", sections.of_results(results) | {"pictures": pictures(results, charts)})
    write_whole(target, lambda temporary: temporary.write_text(html, encoding="utf-8"))
    return target


def of_experiment(folder: Path) -> dict[str, Any] | None:
    """What ``experiment.html`` needs, or None for a folder that no command for experiments marked."""
    from experiments.report import paired, stressed, swept

    if (folder / "manifest.json").exists():
        return swept.of_sweep(folder) if "design" in read_manifest(folder) else None
    for marker, make in (
        (paired.COMPARISON, paired.of_comparison),
        (paired.ATTRIBUTION, paired.of_attribution),
        (stressed.MARKER, stressed.of_stress),
    ):
        if (folder / marker).exists():
            return make(folder)
    return None


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


def pictures(results: ResultSet, charts: Path | None = None) -> list[Picture]:
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
        found.append(Picture.of(charts / f"{key}.png", f"{figure.title}. {figure.subtitle}"))
    return found
