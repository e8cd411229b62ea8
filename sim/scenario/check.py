"""What can be wrong with values, said in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sim.scenario.blocks import Measure, Shock
from sim.scenario.errors import suggestion
from sim.scenario.registry import SHOCKS, field_table, unknown_key
from sim.scenario.write import literal

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario

EXPECTED = {
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "tuple_type": 'must be a list such as ["ERCOT"]',
    "finite_number": "must be a finite number",
    "missing": "is missing",
    "model_type": "must be a table of keys",
    "model_attributes_type": "must be a table of keys",
    "dict_type": "must be a table of keys",
}


def explain(error: ValidationError, origins: Mapping[str, str]) -> list[str]:
    """One line per problem: key = value: what it must be [where it was set]."""
    return [_line(problem, origins) for problem in error.errors(include_url=False)]


def _line(problem: Any, origins: Mapping[str, str]) -> str:
    first, *rest = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"])
    key = (first + rest[0]).removeprefix(".")  # power.availability, or shocks[0]
    value = problem["input"]
    shown = f" = {literal(value)}" if isinstance(value, bool | int | float | str) else ""
    origin = f" [{origins[key]}]" if key in origins else ""
    return f"{key}{''.join(rest[1:])}{shown}: {_reason(problem, key)}{origin}"


def _reason(problem: Any, key: str) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "extra_forbidden":
        known = Shock if problem["loc"][0] == SHOCKS else Measure
        return f"unknown key{suggestion(str(problem['loc'][-1]), known.model_fields)}"
    if kind == "literal_error":
        choices = str(context["expected"]).replace("'", "").replace(" or ", ", ")
        return f"must be one of {choices}{suggestion(str(problem['input']), choices.split(', '))}"
    if kind in ("greater_than_equal", "less_than_equal"):
        return _bounds(key) or problem["msg"].replace("Input should", "must")
    return EXPECTED.get(kind, problem["msg"])


def _bounds(key: str) -> str:
    info = field_table().get(key)
    return f"must lie between {info.low:g} and {info.high:g} ({info.unit})" if info else ""


def inconsistencies(scenario: Scenario) -> list[str]:
    """Values that are each allowed but do not go together."""
    world, finance, bitcoin = scenario.world, scenario.finance, scenario.bitcoin
    found = []
    if world.entrant_firms >= world.firms:
        found.append(f"world.entrant_firms = {world.entrant_firms}: must be fewer than world.firms = {world.firms}")
    if world.sites < world.firms:
        found.append(f"world.sites = {world.sites}: must be at least world.firms = {world.firms}, one site each")
    if scenario.behaviour.network_degree >= world.firms:
        found.append("behaviour.network_degree: must be fewer than world.firms")
    if bitcoin.price_process == "csv" and not bitcoin.price_path_csv:
        found.append('bitcoin.price_path_csv: is missing, the price process "csv" needs a file')
    if finance.coin_loan_ltv >= finance.margin_call_ltv:
        found.append("finance.coin_loan_ltv: must be below finance.margin_call_ltv")
    return found + [
        f"measures[{n}]: {reason}" for n, m in enumerate(scenario.measures) if (reason := _unfit(m.lever, m.value))
    ]


def _unfit(key: str, value: float) -> str:
    """Why a measure may not bring a key to a value; empty if it may."""
    info = field_table().get(key)
    if info is None:
        return unknown_key(key)
    if info.role != "lever" or not info.numeric or key.endswith("_ramp_months"):
        return f"{key} is no lever that can be dated (a number with the role lever)"
    bounds = _bounds(key)
    return "" if info.low <= value <= info.high else f"{key} = {value:g}: {bounds}"  # type: ignore[operator]
