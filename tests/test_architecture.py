"""The four floors: a module imports from its own floor and from those below, never from one above."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("agents", "sim", "experiments", "viz")  # from the ground up
# Packages that belong to some floors only, and which.
RESERVED = {
    "solara": {"viz"},
    "reacton": {"viz"},
    "ipyvuetify": {"viz"},
    "matplotlib": {"experiments", "viz"},
    "dask": {"experiments"},
    "distributed": {"experiments"},
    "SALib": {"experiments"},
    "typer": {"experiments"},
    "rich": {"experiments"},
    "pandas": {"sim", "experiments", "viz"},
}
MAX_LINES = 400

SOURCES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute name of every module that a file imports anywhere: at its top, in functions, for types."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno} imports relatively: write the full name"
            yield node.lineno, str(node.module)


def top_imports(path: Path) -> Iterator[tuple[int, str]]:
    return ((line, module.partition(".")[0]) for line, module in imports(path))


@pytest.mark.parametrize("floor", FLOORS)
def test_no_floor_imports_from_above(floor: str) -> None:
    above = FLOORS[FLOORS.index(floor) + 1 :]
    upwards = [
        f"{name_of(path)}:{line} imports {package}"
        for path in (ROOT / floor).rglob("*.py")
        for line, package in top_imports(path)
        if package in above
    ]
    assert upwards == []


def test_reserved_packages_stay_on_their_floors() -> None:
    misplaced = [
        f"{name_of(path)}:{line} imports {package}"
        for path in SOURCES
        for line, package in top_imports(path)
        if path.relative_to(ROOT).parts[0] not in RESERVED.get(package, FLOORS)
    ]
    assert misplaced == []


def test_the_world_loads_nothing_of_the_floors_above() -> None:
    # Imports by name (importlib) escape the reading of the sources; a fresh process shows them.
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in SOURCES
        if path.relative_to(ROOT).parts[0] in ("agents", "sim")
    ]
    unwanted = {"experiments", "viz", "solara", "matplotlib", "dask", "distributed"}
    load = f"import sys, importlib; [importlib.import_module(name) for name in {modules}]"
    code = f"{load}; print({unwanted} & {{*sys.modules}})"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert told.stdout.strip() == "set()"


def test_every_imported_package_is_declared() -> None:
    homes = packages_distributions()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    declared = {_distribution(line) for lines in (project["dependencies"], *extras) for line in lines}
    undeclared = {
        f"{name_of(path)}: {package}"
        for path in SOURCES
        for _, package in top_imports(path)
        if package not in sys.stdlib_module_names
        and package not in FLOORS
        and declared.isdisjoint(_normal(home) for home in homes.get(package, ()))
    }
    assert undeclared == set()


def _distribution(requirement: str) -> str:
    """ "Mesa[rec]>=3.5" -> "mesa"."""
    for stop in " [<>=!~":
        requirement = requirement.partition(stop)[0]
    return _normal(requirement)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


def test_no_file_is_too_long_to_read() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in SOURCES + TESTS}
    assert {name: length for name, length in lengths.items() if length >= MAX_LINES} == {}


def test_names_of_test_files_are_unique() -> None:
    names = Counter(path.name for path in TESTS if path.name.startswith("test_"))
    assert [name for name, count in names.items() if count > 1] == []
