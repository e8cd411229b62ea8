"""Parameters of a batch of runs: the values of a scenario as columns, one row per run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sim.months import month_number, phased_in
from sim.scenario.distributions import Floats
from sim.scenario.registry import BLOCKS, LISTS, MEASURES, SHOCKS, FieldInfo, field_table
from sim.streams import generator

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario

Mode = Literal["fixed", "sampled"]


class ParamBlock:
    """The values of one block as attributes.

    With ``track`` the values are kept out of the instance's dictionary, so that every access passes
    ``__getattr__`` and is noted; without, access is as fast as any attribute.
    """

    def __init__(self, name: str, values: Mapping[str, Any], track: set[str] | None) -> None:
        self._name, self._values, self._track = name, dict(values), track
        if track is None:
            self.__dict__.update(values)

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_") or key not in self._values:  # the first: copy and pickle ask before _values exists
            raise AttributeError(f"no parameter {self.__dict__.get('_name')}.{key}")
        if self._track is not None:
            self._track.add(f"{self._name}.{key}")
        return self._values[key]

    def put(self, key: str, value: Any) -> None:
        """Give a parameter another value from now on."""
        (self.__dict__ if self._track is None else self._values)[key] = value


class Params:
    """All blocks of a batch: ``params.power.availability`` is a read-only float64 column (R, 1).

    Numbers that are levers or assumptions are columns, also those that are whole numbers; structural settings,
    texts, switches and lists are plain values. ``params.shocks`` is a tuple of ``Shock``.
    Levers that a measure dates have the value of the month last given to ``set_month``, before it the undated one.
    ``track``: a set that collects the key of every parameter read, to prove that none is idle.
    """

    world: ParamBlock
    bitcoin: ParamBlock
    power: ParamBlock
    rigs: ParamBlock
    ai: ParamBlock
    finance: ParamBlock
    behaviour: ParamBlock
    policy: ParamBlock

    def __init__(
        self, values: Mapping[str, Any], shocks: tuple[Any, ...], measures: tuple[Any, ...] = (),
        track: set[str] | None = None,
    ) -> None:  # fmt: skip
        self._shocks, self._track, self.measures = shocks, track, measures
        self._undated = {measure.lever: values[measure.lever] for measure in measures}
        for block in BLOCKS:
            names = {key.partition(".")[2]: value for key, value in values.items() if key.startswith(f"{block}.")}
            setattr(self, block, ParamBlock(block, names, track))

    @property
    def shocks(self) -> tuple[Any, ...]:
        """Dated shocks of the scenario."""
        if self._track is not None:
            self._track.add(SHOCKS)
        return self._shocks

    @property
    def dated(self) -> list[str]:
        """Keys of the levers that measures date."""
        return list(self._undated)

    def set_month(self, month: int) -> None:
        """Bring dated levers to their value of a month (its number): each measure starts from the one before it."""
        if self._track is not None:
            self._track.add(MEASURES)
        current = dict(self._undated)
        for measure in self.measures:
            before = current[measure.lever]
            over = measure.end is not None and month > month_number(measure.end)
            share = 0.0 if over else phased_in(month - month_number(measure.start), measure.ramp_months)
            current[measure.lever] = _frozen(before + share * (measure.value - before))
        for key, value in current.items():
            block, _, name = key.partition(".")
            getattr(self, block).put(name, value)


def idle_keys(read: set[str]) -> list[str]:
    """Parameters that are missing in a set filled by ``track``: nothing in the simulation depends on them."""
    return [key for key in (*field_table(), *LISTS) if key not in read]


def draw(
    scenario: Scenario, seed: int, runs: Sequence[int], mode: Mode = "sampled", track: set[str] | None = None
) -> Params:
    """Parameters of the given run numbers (R of them); see ``Scenario.draw``."""
    return Params(drawn(scenario, seed, runs, mode), scenario.shocks, scenario.measures, track)


def drawn(scenario: Scenario, seed: int, runs: Sequence[int], mode: Mode) -> dict[str, Any]:
    """Value of every parameter by its dotted key; numbers that are no structural setting as columns (R, 1)."""
    values: dict[str, Any] = {}
    for key, info in field_table().items():
        value = getattr(getattr(scenario, info.block), info.name)
        if not info.numeric or info.role == "structural":
            values[key] = value
        elif mode == "sampled" and scenario.samples(key):
            values[key] = _column(_sample(info, seed, runs))
        else:
            values[key] = _column(np.full(len(runs), value, dtype=float))
    return values


def _sample(info: FieldInfo, seed: int, runs: Sequence[int]) -> Floats:
    """One value per run by inversion. Each key has its own stream, so two scenarios share the uniform."""
    assert info.distribution is not None
    u = np.array([_uniform(seed, run, info.key) for run in runs])
    drawn = info.distribution.ppf(u)
    return np.rint(drawn) if info.kind == "int" else drawn


@lru_cache(maxsize=8192)  # scenarios are compared run by run: the same draws of some dozens of runs come again
def _uniform(seed: int, run: int, key: str) -> float:
    """The one uniform number behind an assumption of a run."""
    return generator(seed, run, f"assumption:{key}").random()


def _column(values: Floats) -> Floats:
    return _frozen(np.ascontiguousarray(values, dtype=float)[:, None])


def _frozen(column: Floats) -> Floats:
    column.flags.writeable = False
    return column
