"""Write docs/api.md, the names users may rely on, from the code: ``python -m experiments.api_page --fix``."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from experiments.pages import ROOT

PAGE = ROOT / "docs/api.md"
FLOORS = ("sim", "experiments", "agents")
# Names in modules of their own that are as stable as those of the packages.
MORE: dict[str, tuple[str, ...]] = {
    "sim.scenario": ("Measure", "ScenarioError", "Shock", "catalogue", "describe", "fields", "schema", "validate"),
    "sim.tables": ("TableError", "load_tables"),
    "sim.errors": ("RunError", "UserError"),
    "agents.observations": (
        "GridDecision", "GridObservation", "MinerObservation", "RegulatorDecision", "RegulatorObservation",
        "TenantDecision", "TenantObservation",
    ),
    "experiments.comparison": ("Comparison",),
    "experiments.effects": ("differences", "effects"),
    "experiments.attribution": ("Attribution", "attribute"),
    "experiments.stress": ("StressResult", "stress"),
    "experiments.designs": ("Design",),
    "experiments.sweep_result": ("SweepResult",),
    "experiments.sensitivity": ("Sensitivity", "sensitivity"),
    "experiments.discovery": ("Discovery", "discover"),
    "experiments.robustness": ("Robustness", "robustness"),
    "experiments.calculator": ("Calculation", "SiteInputs", "calculate"),
    "experiments.reasons": ("sentence",),
    "experiments.export": ("export", "to_iamc"),
    "experiments.report": ("write_report",),
    "experiments.figures.model": ("Figure", "Line", "line"),
    "experiments.figures.draw": ("render", "render_all"),
}  # fmt: skip
DEFAULT_LENGTH = 30  # longer defaults are left out of signatures


def page() -> str:
    """The page as Markdown."""
    parts = [_OPENING]
    for name in FLOORS:
        parts += [f"## `{name}`\n", f"{_first(import_module(name))}\n", *_names(name, import_module(name).__all__)]
    parts.append("## In modules of their own\n")
    for name, names in MORE.items():
        parts += [f"### `{name}`\n", f"{_first(import_module(name))}\n", *_names(name, names)]
    return "\n".join(parts)


_OPENING = """# Public names

What scripts may rely on. A change to one of these is named in the [changelog](../CHANGELOG.md); everything else may
change without notice. Written by `python -m experiments.api_page --fix` from the code; do not edit by hand.
`help(name)` tells the rest: shapes, units, errors.

The words are the same everywhere: `scenario`, `runs`, `seed`, `months`, `workers`, `out` as on the command line. An
*outcome* is a question with one number per run and month (`hashpivot run` prints them), a *column* is of a table.
A frame of either has one row per run and one column per month, for one run as for many. Wrong input raises
`UserError` or `ScenarioError` with every problem and the nearest right name, a run that cannot go on `RunError`.
"""


def _names(module: str, names: Sequence[str]) -> Iterator[str]:
    rows, classes = [], []
    for name in names:
        thing = getattr(import_module(module), name)
        if isinstance(thing, type) and members(thing):
            classes.append((name, thing))
        title = name if isinstance(thing, type) or not callable(thing) else signature(name, thing)
        rows.append(f"| `{title}` | {_first(thing)} |")
    yield from ["| name | what it is |", "| --- | --- |", *rows, ""]
    for name, kind in classes:
        yield from [f"Of `{name}`:\n", "| name | what it gives |", "| --- | --- |"]
        yield from (f"| `{title}` | {words} |" for title, words in members(kind))
        yield ""


def members(kind: type) -> list[tuple[str, str]]:
    """Public methods and properties that a class itself defines and explains, with their first sentences."""
    found = []
    for name, value in vars(kind).items():
        plain = getattr(value, "__func__", value)
        if name.startswith("_") or not getattr(value, "__doc__", None) or isinstance(value, type):
            continue
        if inspect.isfunction(plain):
            found.append((signature(name, plain), _first(plain)))
        elif isinstance(value, property) or type(value).__name__ == "cached_property":
            found.append((name, _first(value)))
    return found


def signature(name: str, function: Callable[..., Any]) -> str:
    """Name and parameters with their defaults, without type hints; long defaults as dots."""
    shown = []
    for word in inspect.signature(function).parameters.values():
        if word.name in ("self", "cls"):
            continue
        default = word.default if word.default is word.empty or len(repr(word.default)) <= DEFAULT_LENGTH else ...
        shown.append(word.replace(annotation=word.empty, default=default))
    return f"{name}{inspect.Signature(shown)}"


def _first(thing: Any) -> str:
    """The first sentence of a docstring; for plain data its kind and size."""
    if isinstance(thing, dict):
        # what plugins and experiments have added in this process is not part of the package's own
        homes = {key: str(getattr(value, "__module__", "")) for key, value in thing.items()}
        own = sorted(key for key, home in homes.items() if home.startswith("agents"))
        return f"a dictionary: {', '.join(f'`{key}`' for key in own)}"
    paragraph = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    paragraph = paragraph.replace("``", "`").replace("|", "\\|")
    sentence, dot, _ = paragraph.partition(". ")
    return (sentence + dot).strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the page, or write it with ``--fix``."""
    parser = argparse.ArgumentParser(description="Check that docs/api.md says what the code says.")
    parser.add_argument("--fix", action="store_true", help="write the page")
    text = page()
    if parser.parse_args(arguments).fix:
        PAGE.write_text(text, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != text:
        print(f"{PAGE} is out of date: python -m experiments.api_page --fix")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
