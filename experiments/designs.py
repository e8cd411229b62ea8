"""Designs: which points of the space of parameters a sweep visits.

A design names axes. ``[axes]`` are sampled together by the method; ``[levers]``, if given, are crossed with them:
every combination of levers meets every sampled point, as policies meet uncertainties in exploratory modelling.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
import pandas as pd

from experiments.axes import Axis, read_axis
from sim.errors import UserError, did_you_mean
from sim.scenario import Scenario, ScenarioError
from sim.scenario.write import literal

Method = Literal["lhs", "factorial", "sobol", "morris"]
Array = np.ndarray
MORRIS_LEVELS = 4
NUMBERS = {"samples": 1, "runs": 1, "months": 1, "seed": 0}  # key -> least value
KEYS = ("scenario", "method", "samples", "runs", "months", "seed", "assumptions", "axes", "levers")


@dataclass(frozen=True)
class Design:
    """What a sweep varies and how.

    ``samples`` is the number of points of a Latin hypercube, the most a factorial design may have (its ranges get
    as many evenly spaced values as fit, at least two), the base sample N of Sobol' indices (N x (axes + 2) points,
    N raised to a power of two) and the number of Morris trajectories (each of axes + 1 points). ``runs`` are the
    seeds of every point, the same ones for all.
    """

    scenario: str
    axes: tuple[Axis, ...]
    levers: tuple[Axis, ...] = ()
    method: Method = "lhs"
    samples: int = 1
    runs: int = 1
    months: int | None = None
    seed: int = 0
    assumptions: Literal["fixed", "sampled"] = "sampled"
    name: str = field(default="sweep", compare=False)

    @classmethod
    def load(cls, path: str | Path) -> Design:
        """Read a design file; a scenario file in it is looked for beside it. Raises UserError."""
        path = Path(path)
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UserError(f"{path}: there is no such file.") from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UserError(f"{path} cannot be read: {error}") from None
        return cls.of(content, path.stem, path.parent)

    @classmethod
    def of(cls, content: Mapping[str, Any], name: str = "sweep", folder: Path | None = None) -> Design:
        """The design of a file's content. Raises UserError with every problem, one line each."""
        problems = [did_you_mean(key, list(KEYS), "key of a design") for key in content if key not in KEYS]
        settings = {key: value for key, value in content.items() if key in KEYS and key not in ("axes", "levers")}
        method = settings.get("method", "lhs")
        for key, known in (("method", get_args(Method)), ("assumptions", ("fixed", "sampled"))):
            if key in settings and settings[key] not in known:
                problems.append(f"{key} = {settings[key]!r}: must be one of {', '.join(known)}")
        problems += [
            f"{key} = {settings[key]!r}: must be a whole number of at least {least}"
            for key, least in NUMBERS.items()
            if key in settings and not (type(settings[key]) is int and settings[key] >= least)
        ]
        if method != "factorial" and "samples" not in settings:
            problems.append(f"samples: is missing; the method {method} needs it")
        axes, levers = (cls._axes(content.get(part, {}), part, folder, problems) for part in ("axes", "levers"))
        twice = {axis.key for axis in axes} & {axis.key for axis in levers}
        problems += [f"{key}: is in [axes] and in [levers]" for key in sorted(twice)]
        if not axes and not problems:
            problems.append('[axes]: is empty; name at least one, as in "policy.carbon_price_usd_per_t" = [0, 150]')
        settings["scenario"] = cls._scenario(settings.get("scenario", "baseline"), folder, problems)
        if problems:
            raise UserError("\n".join(problems))
        return cls(axes=axes, levers=levers, name=name, **settings)

    @staticmethod
    def _axes(content: Any, part: str, folder: Path | None, problems: list[str]) -> tuple[Axis, ...]:
        if not isinstance(content, Mapping):
            problems.append(f'{part}: must be a table, written [{part}] with lines such as "key" = [low, high]')
            return ()
        found = []
        for key, stated in content.items():
            try:
                found.append(read_axis(key, stated, folder))
            except UserError as error:
                problems.append(str(error))
        return tuple(found)

    @staticmethod
    def _scenario(reference: Any, folder: Path | None, problems: list[str]) -> str:
        beside = (folder or Path()) / str(reference)
        reference = str(beside) if beside.is_file() else reference
        try:
            if not isinstance(reference, str):
                raise ScenarioError([f"scenario = {reference!r}: must be the name of a scenario or a file"])
            Scenario.load(reference)
        except ScenarioError as error:
            problems += error.messages
        return str(reference)

    @property
    def keys(self) -> list[str]:
        """Keys of all axes, those of [axes] first."""
        return [axis.key for axis in (*self.axes, *self.levers)]

    @property
    def base_samples(self) -> int:
        """``samples`` as it is used: for Sobol' indices a power of two."""
        return 1 << math.ceil(math.log2(self.samples)) if self.method == "sobol" else self.samples

    @cached_property
    def unit(self) -> Array:
        """The sampled points in the unit cube (points, axes); a factorial design has none (0, axes)."""
        count, rng = len(self.axes), np.random.default_rng([self.seed, 1])
        if self.method == "lhs":
            from scipy.stats import qmc

            return qmc.LatinHypercube(count, rng=rng).random(self.samples)
        if self.method == "factorial":
            return np.empty((0, count))
        # A generator, not the seed: SALib takes seed 0 for no seed.
        module = salib(f"sample.{self.method}")
        options = {"calc_second_order": False} if self.method == "sobol" else {"num_levels": MORRIS_LEVELS}
        return np.asarray(module.sample(self.problem, self.base_samples, seed=rng, **options), dtype=np.float64)

    @property
    def problem(self) -> dict[str, Any]:
        """The axes as SALib wants them, in the unit cube."""
        count = len(self.axes)
        names = [axis.key for axis in self.axes]
        return {"num_vars": count, "names": names, "bounds": [[0.0, 1.0]] * count, "groups": None}

    @cached_property
    def points(self) -> pd.DataFrame:
        """One row per point, indexed by ``point``: its ``sample`` number and the value of every axis.

        With [levers], all samples under the first combination of levers come first, then those under the next.
        """
        if self.method == "factorial":
            levels = self._levels()
            sampled = list(itertools.product(*(axis.levels(levels) for axis in self.axes)))
        else:
            columns = [axis.at(self.unit[:, k]) for k, axis in enumerate(self.axes)]
            sampled = list(zip(*columns, strict=True))
        crossed = itertools.product(*(axis.levels(2) for axis in self.levers))
        rows = [(k, *values, *chosen) for chosen in crossed for k, values in enumerate(sampled)]
        frame = pd.DataFrame(rows, columns=["sample", *self.keys], dtype=object)
        frame.index.name = "point"
        return frame.assign(sample=frame["sample"].astype(np.int64))

    def _levels(self) -> int:
        """Values for each range of a factorial design."""
        ranges = sum(1 for axis in self.axes if not axis.values)
        fixed = math.prod(len(axis.values) for axis in self.axes if axis.values)
        return max(2, math.floor((self.samples / fixed) ** (1 / ranges) + 1e-9)) if ranges else 1

    def overrides(self, point: int) -> dict[str, Any]:
        """The dotted keys that a point sets (and ``scenario``, if that is an axis)."""
        return {str(key): value for key, value in self.points.loc[point, self.keys].items()}

    def to_toml(self, scenario: str | None = None) -> str:
        """The design as a file; loads to an equal one. ``scenario`` stands for the scenario's own name."""
        settings = {key: getattr(self, key) for key in KEYS[:-2]} | ({"scenario": scenario} if scenario else {})
        lines = [f"{key} = {literal(value)}" for key, value in settings.items() if value is not None]
        for part in ("axes", "levers"):
            if getattr(self, part):
                lines += ["", f"[{part}]"]
                lines += [f"{json.dumps(axis.key)} = {literal(axis.stated)}" for axis in getattr(self, part)]
        return "\n".join(lines) + "\n"

    def points_csv(self) -> str:
        """All points as CSV; lists as words with semicolons."""
        buffer = io.StringIO()
        self.points.map(lambda value: in_file(value) if isinstance(value, tuple) else value).to_csv(buffer)
        return buffer.getvalue()

    def unit_csv(self) -> str:
        """Places of the sampled points in the unit cube, as the analysis of Morris designs needs them."""
        buffer = io.StringIO()
        frame = pd.DataFrame(self.unit, columns=[axis.key for axis in self.axes])
        frame.rename_axis("sample").to_csv(buffer)
        return buffer.getvalue()

    @cached_property
    def digest(self) -> str:
        """Hash of everything but the scenario that decides the points."""
        return hashlib.sha256((self.to_toml("any") + self.points_csv()).encode()).hexdigest()


def in_file(value: Any) -> str:
    """A value of a set as points.csv has it: lists with semicolons."""
    return ";".join(value) if isinstance(value, tuple) else str(value)


def salib(name: str) -> Any:
    """A module of SALib; raises UserError if it is not installed."""
    from importlib import import_module

    try:
        return cast(Any, import_module(f"SALib.{name}"))
    except ImportError:
        raise UserError(
            "Sobol' and Morris methods need SALib, which comes with the extra 'analysis': uv sync --extra analysis."
        ) from None
