"""What users may rely on explains itself: examples in docstrings work, and every public name has words and types."""

from __future__ import annotations

import doctest
import inspect
from importlib import import_module
from pathlib import Path

import pytest

import agents
import experiments
import sim
from experiments.api_page import MORE, PAGE, page, signature
from experiments.told import Told
from sim.scenario import Scenario

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (agents, sim, experiments)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
EXAMPLES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for floor in ("agents", "sim", "experiments")
    for path in sorted((ROOT / floor).rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]
NAMES = [(module.__name__, name) for module in PACKAGES for name in module.__all__]
NAMES += [(module, name) for module, names in MORE.items() for name in names]


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_work(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(import_module(name), optionflags=FLAGS)
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize(("module", "name"), NAMES, ids=lambda word: word)
def test_public_names_have_words_and_types(module: str, name: str) -> None:
    thing = getattr(import_module(module), name)
    if not callable(thing):
        return
    assert inspect.getdoc(thing), f"{module}.{name} has no docstring"
    for part in [thing] if inspect.isfunction(thing) else _methods(thing):
        where = f"{module}.{part.__qualname__}"
        assert inspect.getdoc(part), f"{where} has no docstring"
        hints = part.__annotations__
        words = [word for word in inspect.signature(part).parameters if word not in ("self", "cls")]
        bare = [word for word in words if word not in hints]
        assert bare == [], f"{where}: no type hint for {bare}"
        assert "return" in hints, f"{where}: no type hint for what it returns"


def _methods(kind: type) -> list:
    """Functions that a class itself defines and users may call."""
    own = [getattr(value, "__func__", value) for name, value in vars(kind).items() if not name.startswith("_")]
    return [value for value in own if inspect.isfunction(value)]


@pytest.mark.parametrize("module", PACKAGES, ids=lambda module: module.__name__)
def test_misspelt_names_are_answered_with_the_nearest(module) -> None:
    assert set(module.__all__) <= set(dir(module))
    for name in module.__all__:
        with pytest.raises(AttributeError, match=rf"did you mean .*\b{name}\b"):
            getattr(module, name[:-1])
    with pytest.raises(AttributeError, match="known: "):
        module.zzz  # noqa: B018


def test_misspelt_parts_of_a_scenario_are_answered_with_the_nearest() -> None:
    scenario = Scenario.load("baseline")
    with pytest.raises(AttributeError, match="did you mean policy"):
        scenario.polcy  # noqa: B018
    with pytest.raises(AttributeError, match="did you mean rent_elasticity"):
        scenario.ai.rent_elasticty  # noqa: B018
    assert not hasattr(scenario, "_private")


def test_results_tell_themselves_in_a_line(make_tables) -> None:
    from experiments.comparison import comparison
    from sim.results import ResultSet

    results = {name: ResultSet(make_tables([0, 1]), {"scenario": name}) for name in ("a", "b")}
    told = repr(comparison(results))
    assert told.startswith("Comparison(baseline='a', results: a, b, table: ")
    assert len(told.splitlines()) == 1
    for module, name in NAMES:
        kind = getattr(import_module(module), name)
        if isinstance(kind, type) and issubclass(kind, Told):
            assert kind.__repr__ is Told.__repr__, f"{module}.{name} must be declared with repr=False"


def test_page_of_public_names_is_up_to_date() -> None:
    told = "docs/api.md is out of date: run python -m experiments.api_page --fix"
    assert PAGE.read_text(encoding="utf-8") == page(), told
    rows = PAGE.read_text(encoding="utf-8")
    assert [name for _, name in NAMES if f"`{name}" not in rows] == []


def test_signature_without_hints() -> None:
    def example(a: int, *, b: str = "x", c: float = 1.0) -> None: ...

    assert signature("example", example) == "example(a, *, b='x', c=1.0)"
