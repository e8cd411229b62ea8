"""One axis of a design: a parameter and the values it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from sim.errors import UserError
from sim.scenario import FieldInfo, Scenario, describe
from sim.scenario.check import explain
from sim.scenario.distributions import Distribution, Uniform, in_words
from sim.scenario.registry import LISTS

SCENARIO = "scenario"  # the one axis that is no parameter: names of scenarios or files
EDGE = 1e-9  # a place in the unit interval that rounding put just below the edge of a cell


@dataclass(frozen=True)
class Axis:
    """A parameter with a set of ``values``, or else a continuous ``spread`` of them.

    ``stated`` is what the design file says; ``whole`` rounds to whole numbers; ``words`` say it in tables.
    """

    key: str
    stated: Any
    values: tuple[Any, ...] = ()
    spread: Distribution | None = None
    whole: bool = False

    def at(self, u: np.ndarray) -> list[Any]:
        """Values at places in the unit interval (n,): equal shares of it for each value of a set."""
        if self.values:
            places = np.minimum((u * len(self.values) + EDGE).astype(int), len(self.values) - 1)
            return [self.values[place] for place in places]
        return self._plain(self._whole(u) if self.whole and isinstance(self.spread, Uniform) else self._spread(u))

    def levels(self, count: int) -> list[Any]:
        """A set's values; of a range ``count`` evenly spaced ones, both ends among them; of a distribution the
        middles of ``count`` equally likely parts."""
        if self.values:
            return list(self.values)
        even = np.linspace(0.0, 1.0, count) if isinstance(self.spread, Uniform) else (np.arange(count) + 0.5) / count
        return list(dict.fromkeys(self._plain(self._spread(even))))

    @property
    def words(self) -> str:
        """The axis in words: "0 to 150", "npv, payback", "triangular 0.1 / 0.2 / 0.5"."""
        if self.values:
            return ", ".join(value_words(value) for value in self.values)
        if isinstance(self.spread, Uniform):
            return f"{self.spread.low:g} to {self.spread.high:g}"
        return in_words(self.spread) if self.spread else ""

    def _spread(self, u: np.ndarray) -> np.ndarray:
        assert self.spread is not None
        return self.spread.ppf(u)

    def _whole(self, u: np.ndarray) -> np.ndarray:
        """Whole numbers of a range, each as likely as the others."""
        assert isinstance(self.spread, Uniform)
        low, high = self.spread.low, self.spread.high
        return np.minimum(low + np.floor(u * (high - low + 1) + EDGE), high)

    def _plain(self, values: np.ndarray) -> list[Any]:
        return [int(value) for value in np.rint(values)] if self.whole else values.tolist()


def value_words(value: Any) -> str:
    """A value as a table shows it."""
    if isinstance(value, tuple | list):
        return " + ".join(map(str, value)) or "none"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def read_axis(key: str, stated: Any, folder: Path | None = None) -> Axis:
    """The axis that a line of a design file means. Raises UserError with the key and what is wrong.

    [low, high]: a range. A list of words, or of more or fewer than two values: a set. true or "distribution": the
    registry's distribution where the parameter has one, else its bounds, its choices, or false and true. "bounds":
    everything between its bounds.
    """
    if isinstance(stated, Mapping):
        raise UserError(f'{key}: write the key in quotation marks, as in "policy.carbon_price_usd_per_t" = [0, 150]')
    if key == SCENARIO:
        return Axis(key, stated, tuple(_scenarios(key, stated, folder)))
    if key in LISTS:
        raise UserError(f'{key}: has dated entries; put them into scenario files, an axis scenario = ["a.toml", ...]')
    info = describe(key)
    if stated is True or (isinstance(stated, str) and stated in ("distribution", "bounds")):
        return _default(info, stated)
    if not isinstance(stated, list) or not stated:
        raise UserError(f'{key}: must be a range [low, high], a list of values, true or "bounds"')
    numbers = info.numeric and len(stated) == 2
    values = tuple(_checked(info, value) for value in stated)
    if len(set(values)) < len(values):
        raise UserError(f"{key} = {stated}: a value occurs twice")
    if not numbers:
        return Axis(key, stated, values, whole=info.kind == "int")
    if values[0] > values[1]:
        raise UserError(f"{key} = {stated}: the lower end of a range comes first")
    return Axis(key, stated, spread=Uniform(float(values[0]), float(values[1])), whole=info.kind == "int")


def _default(info: FieldInfo, stated: Any) -> Axis:
    whole = info.kind == "int"
    if info.distribution is not None and stated != "bounds":
        return Axis(info.key, stated, spread=info.distribution, whole=whole)
    if info.numeric and info.low is not None and info.high is not None:
        return Axis(info.key, stated, spread=Uniform(float(info.low), float(info.high)), whole=whole)
    values: Sequence[Any] = (False, True) if info.kind == "bool" else info.choices if info.kind == "choice" else ()
    if not values:
        raise UserError(f"{info.key}: has no bounds in the registry; give its values as a list")
    return Axis(info.key, stated, tuple(values))


def _checked(info: FieldInfo, value: Any) -> Any:
    """A value that the parameter can have by itself, as the scenario would hold it."""
    value = float(value) if info.kind == "float" and type(value) is int else value
    value = tuple(value) if isinstance(value, list) else value
    info_type = {"bool": bool, "int": int, "float": float}.get(info.kind)
    if info_type is not None and type(value) is not info_type:
        raise UserError(f"{info.key} = {value!r}: must be {_EXPECTED[info.kind]}")
    try:
        Scenario.model_validate({info.block: {info.name: value}})  # other keys may have to change with it
    except ValidationError as error:
        raise UserError("\n".join(explain(error, {}))) from None
    return value


_EXPECTED = {"bool": "true or false", "int": "a whole number", "float": "a number"}


def _scenarios(key: str, stated: Any, folder: Path | None) -> list[str]:
    if not isinstance(stated, list) or not stated or not all(isinstance(name, str) for name in stated):
        raise UserError(f'{key}: must be a list of scenarios, as in ["baseline", "carbon-tax"]')
    found = []
    for name in stated:
        beside = (folder or Path()) / name
        found.append(str(beside) if beside.is_file() else name)
        Scenario.load(found[-1])
    return found
