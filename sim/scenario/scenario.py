"""A scenario: every parameter with its value, and where the value came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from sim.errors import did_you_mean
from sim.scenario import params
from sim.scenario.blocks import AI, Behaviour, Bitcoin, Finance, Measure, Policy, Power, Rigs, Shock, World
from sim.scenario.check import explain, inconsistencies
from sim.scenario.errors import ScenarioError
from sim.scenario.registry import LISTS, field_table
from sim.scenario.resolve import TEXTS, Draft, find, library_names, lineage
from sim.scenario.write import to_toml


class Scenario(BaseModel):
    """All parameters of a simulation. Immutable; ``scenario.policy.carbon_price_usd_per_t`` is a plain number.

    ``explicit`` lists the keys that somebody set on purpose (in a file other than the library's base and
    baseline, or as an override). Assumptions among them are not sampled.

    >>> scenario = Scenario.load("baseline", {"policy.carbon_price_usd_per_t": 60})
    >>> scenario
    <Scenario baseline: policy.carbon_price_usd_per_t=60.0>
    >>> scenario.policy.carbon_price_usd_per_t
    60.0
    >>> scenario.policy.carbon_prize_usd_per_t
    Traceback (most recent call last):
    ...
    AttributeError: Unknown parameter of Policy 'carbon_prize_usd_per_t': did you mean carbon_price_usd_per_t ...
    >>> Scenario.load("baseline", {"policy.carbon_prize_usd_per_t": 60})
    Traceback (most recent call last):
    ...
    sim.scenario.errors.ScenarioError: policy.carbon_prize_usd_per_t: unknown key; did you mean \
    policy.carbon_price_usd_per_t? [override]
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "custom"
    title: str = ""
    summary: str = ""
    why: str = ""
    explicit: tuple[str, ...] = ()
    world: World = World()
    bitcoin: Bitcoin = Bitcoin()
    power: Power = Power()
    rigs: Rigs = Rigs()
    ai: AI = AI()
    finance: Finance = Finance()
    behaviour: Behaviour = Behaviour()
    policy: Policy = Policy()
    shocks: tuple[Shock, ...] = ()
    measures: tuple[Measure, ...] = ()

    if not TYPE_CHECKING:  # type checkers know the blocks, and would take any name as known

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):  # pydantic's own
                return super().__getattr__(name)
            raise AttributeError(did_you_mean(name, list(type(self).model_fields), "part of a scenario"))

    @classmethod
    def names(cls) -> list[str]:
        """Names that ``load`` knows without a file."""
        return library_names()

    @classmethod
    def load(cls, name_or_path: str | Path = "baseline", overrides: Mapping[str, Any] | None = None) -> Scenario:
        """Scenario of a library name or a TOML file, with dotted keys laid over it.

        Precedence, later wins: defaults, the files in ``extends`` in their order, the file's own keys,
        ``overrides``. Shocks and measures of files add up; an override replaces all of them.
        ScenarioError holds every problem at once.
        """
        path = find(name_or_path)
        files = lineage(path)
        draft = Draft()
        for file, content in files.items():
            draft.add_file(file, content)
        draft.add_overrides(overrides or {})
        heading = {key: files[path].get(key, "") for key in TEXTS}
        return cls._build(draft, name=path.stem, **heading)

    def with_overrides(self, overrides: Mapping[str, Any]) -> Scenario:
        """The same scenario with dotted keys laid over it."""
        blocks = self.model_dump(include={key.partition(".")[0] for key in field_table()})
        lists = {name: list(getattr(self, name)) for name in LISTS}
        draft = Draft(values=blocks, lists=lists, explicit=set(self.explicit))
        draft.add_overrides(overrides)
        return self._build(draft, name=self.name, title=self.title, summary=self.summary, why=self.why)

    @classmethod
    def _build(cls, draft: Draft, **heading: str) -> Scenario:
        dated = {name: tuple(entries) for name, entries in draft.lists.items()}
        data = {**heading, **draft.values, **dated, "explicit": tuple(sorted(draft.explicit))}
        problems, scenario = list(draft.problems), None
        try:
            scenario = cls.model_validate(data)
            problems += inconsistencies(scenario)
        except ValidationError as error:
            problems += explain(error, draft.origins)
        if problems or scenario is None:
            raise ScenarioError(problems)
        return scenario

    def samples(self, key: str) -> bool:
        """Is this parameter drawn per run in the mode ``sampled``?"""
        return field_table()[key].distribution is not None and key not in self.explicit

    def draw(
        self, seed: int, runs: Sequence[int], mode: params.Mode = "sampled", track: set[str] | None = None
    ) -> params.Params:
        """Parameters of the runs with these numbers (R of them), each number a float64 column (R, 1).

        ``fixed``: every run has the scenario's values. ``sampled``: assumptions with a distribution that nobody
        set on purpose are drawn, per run, by one uniform of the stream "assumption:<key>"; so two scenarios with
        the same seed differ only in what they set. Levers and structural settings are never drawn.
        ``track`` collects the keys that are read (see ``Params``).
        """
        return params.draw(self, seed, runs, mode, track)

    def values(self) -> dict[str, Any]:
        """Every parameter by its dotted key, shocks and measures as tuples of dictionaries."""
        flat = {key: getattr(getattr(self, info.block), info.name) for key, info in field_table().items()}
        return flat | {name: tuple(entry.model_dump() for entry in getattr(self, name)) for name in LISTS}

    def changed(self, against: str | Scenario = "baseline") -> list[tuple[str, Any, Any]]:
        """(key, value there, value here) of every parameter that differs from another scenario."""
        other = against if isinstance(against, Scenario) else Scenario.load(against)
        theirs = other.values()
        return [(key, theirs[key], value) for key, value in self.values().items() if value != theirs[key]]

    def to_toml(self, sources: bool = False) -> str:
        """The resolved scenario as a file that loads to an equal one; ``sources`` adds text and source per key."""
        return to_toml(self, sources)

    def content_hash(self) -> str:
        """SHA-256 of all that can change a result: values, shocks, measures, and which assumptions are held fixed.

        Name, title and texts are left out.
        """
        held = [key for key in self.explicit if field_table()[key].distribution is not None]
        content = json.dumps({"values": self.values(), "held": held}, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def __repr__(self) -> str:
        changes = ", ".join(f"{key}={value!r}" for key, _, value in self.changed())
        return f"<Scenario {self.name}: {changes or 'as baseline'}>"

    __str__ = __repr__
