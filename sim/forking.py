"""Going on under another scenario: what may change in the middle of a simulation, and how.

A simulation stopped before month t can go on with dated policies and shocks that have not begun by then; the rest
of the run is the same, bit for bit, as if it had been planned so from the start. Parameters that are read month by
month only may change as well and then act from month t on. What helped to put the start together cannot change.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from sim.drivers import Drivers
from sim.errors import UserError
from sim.months import month_name
from sim.rules import Rules
from sim.scenario.registry import LISTS, MEASURES, field_table
from sim.streams import Streams

if TYPE_CHECKING:
    from sim.scenario import Params, Scenario
    from sim.sector import Sector


def dated_group(key: str) -> str:
    """The measure a policy key belongs to if it has a first month: "policy.carbon_ramp_months" -> "carbon".

    Empty for other keys. Every ``policy.<measure>_from`` makes a group of the policy keys that name the measure.
    """
    block, _, name = key.partition(".")
    if block != "policy":
        return ""
    ends = "_from"
    measures = [k.partition(".")[2].removesuffix(ends) for k in field_table() if k.endswith(ends) and "policy." in k]
    return next((measure for measure in measures if measure in name), "")


def change_course(sector: Sector, before: Scenario, scenario: Scenario, mode: str, set_up: Collection[str]) -> None:
    """Let a sector that stands before month ``sector.t`` go on under another scenario than the one ``before``.

    ``set_up`` holds the keys that were read while the start was put together. Raises UserError for what cannot
    change any more, with the reason.
    """
    when = month_name(sector.start_month + sector.t)
    changed = [key for key, _, _ in scenario.changed(before)]
    for key in changed:
        if key not in LISTS and (field_table()[key].role == "structural" or (key in set_up and not dated_group(key))):
            raise UserError(f"{key} acts from the start of a simulation: it cannot change in {when}; run it whole.")
    params = scenario.draw(sector.seed, sector.runs, mode)  # type: ignore[arg-type]
    drivers = Drivers(params, Streams(sector.seed, sector.runs), sector.tables, params.world.start, sector.months)
    for name, path in vars(drivers).items():
        if isinstance(path, np.ndarray) and not _same(path, getattr(sector.drivers, name), sector.t):
            raise UserError(f"a shock or assumption moves {name} before {when}: it cannot begin later; run it whole.")
    rules = Rules(params, sector.tables, sector.start_month)
    groups = {dated_group(key) for key in changed if key not in LISTS} - {""}
    if groups and not _same_measures(rules, sector.policy, sector.t):
        raise UserError(f"the policy ({', '.join(sorted(groups))}) is in force before {when}; run it whole.")
    if MEASURES in changed and not _same_levers(sector.P, params, sector.start_month, sector.t):
        raise UserError(f"a measure is in force before {when}: it cannot begin later; run it whole.")
    sector.scenario, sector.P, sector.drivers, sector.policy = scenario, params, drivers, rules


def _same(one: np.ndarray, other: np.ndarray, months: int) -> bool:
    return np.array_equal(one[:, :months], other[:, :months])


def _same_levers(one: Params, other: Params, start: int, months: int) -> bool:
    """Whether the measures of two scenarios bring levers to the same values until then."""

    def values(params: Params, key: str) -> np.ndarray:
        block, _, name = key.partition(".")
        return np.asarray(getattr(getattr(params, block), name))

    for month in range(start, start + months):
        one.set_month(month)
        other.set_month(month)
        if not all(np.array_equal(values(one, key), values(other, key)) for key in {*one.dated, *other.dated}):
            return False
    return True


def _same_measures(one: Rules, other: Rules, months: int) -> bool:
    """Whether two sets of dated rules ask for the same until then; import duties have no date and do not count."""
    dated = [
        name
        for name, method in inspect.getmembers(Rules, inspect.isfunction)
        if list(inspect.signature(method).parameters) == ["self", "t"] and name != "asic_tariff"
    ]
    return all(
        np.array_equal(getattr(one, name)(t), getattr(other, name)(t)) for name in dated for t in range(months)
    )
