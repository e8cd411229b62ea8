"""Results in the IAMC long format (model, scenario, region, variable, unit, year, value), which pyam reads.

A variable and its children are named with bars, as in ``Revenue|Mining``; parents are the sums of their children
and World the sum of the regions, run by run and in the mean. Each run is a scenario of its own, "baseline|Run 3";
the scenario's plain name holds the mean over runs (medians would not add up). In a sweep each point is a scenario,
"baseline|Point 12", with the mean over its runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Literal

import pandas as pd

from sim.results import ResultSet

if TYPE_CHECKING:
    from experiments.sweep_result import SweepResult

Over = Literal["sum", "mean", "last"]
COLUMNS = ["model", "scenario", "region", "variable", "unit", "year", "value"]
WORLD = "World"
MODEL = f"hashpivot {metadata.version('hashpivot')}"
HOURS_PER_YEAR = 8766.0


@dataclass(frozen=True)
class Variable:
    """A leaf: a column of ``sector`` or ``regions`` (table columns add up if several), scaled, over the year."""

    name: str
    unit: str
    columns: tuple[str, ...]
    over: Over
    scale: float = 1.0
    minus: tuple[str, ...] = ()


SECTOR = (
    Variable("Price|Bitcoin", "USD", ("btc_price_usd",), "mean"),
    Variable("Price|Hashprice", "USD/PH/day", ("hashprice_usd_per_ph_day",), "mean"),
    Variable("Price|AI Hosting Rent", "million USD/MW/yr", ("ai_rent_usd_m_per_mw_year",), "mean"),
    Variable("Price|GPU Rent", "USD/h", ("gpu_rent_usd_per_hour",), "mean"),
    Variable("Price|Mining Power Cost", "USD/MWh", ("mean_power_price_usd_per_mwh",), "mean"),
    Variable("Firms|BTC", "1", ("firms_btc",), "last"),
    Variable("Firms|Hybrid", "1", ("firms_hybrid",), "last"),
    Variable("Firms|AI", "1", ("firms_ai",), "last"),
    Variable("Exits|Small", "1", ("exits_small",), "sum"),
    Variable("Exits|Medium", "1", ("exits_medium",), "sum"),
    Variable("Exits|Large", "1", ("exits_large",), "sum"),
    Variable("Exits|Mega", "1", ("exits_mega",), "sum"),
    Variable("Coins Mined|Subsidy", "BTC", ("subsidy_btc",), "sum"),
    Variable("Coins Mined|Fees", "BTC", ("fees_btc",), "sum"),
    Variable("Revenue|Mining", "million USD", ("mining_revenue_usd",), "sum", 1e-6),
    Variable("Revenue|AI Hosting", "million USD", ("ai_revenue_usd",), "sum", 1e-6),
    Variable("Revenue|Demand Response", "million USD", ("demand_response_revenue_usd",), "sum", 1e-6),
    Variable("Revenue|Power Resale", "million USD", ("resale_revenue_usd",), "sum", 1e-6),
    Variable("Public Revenue|Taxes", "million USD", ("taxes_usd",), "sum", 1e-6),
    Variable("Public Revenue|Carbon", "million USD", ("carbon_cost_usd",), "sum", 1e-6),
    Variable("EBITDA", "million USD", ("ebitda_usd",), "sum", 1e-6),
    Variable("Debt", "million USD", ("debt_usd",), "last", 1e-6),
    Variable("Cash", "million USD", ("cash_usd",), "last", 1e-6),
    Variable("Concentration|Hashrate HHI", "1", ("hhi_hashrate",), "mean"),
    Variable("Concentration|AI Hosting HHI", "1", ("hhi_ai_mw",), "mean"),
)
REGIONS = (
    Variable("Hashrate", "EH/s", ("hashrate_ehs",), "mean"),
    Variable("Power|Mining", "GW", ("mining_power_mw",), "mean", 1e-3),
    Variable("Power|AI Hosting", "GW", ("ai_gross_mw",), "mean", 1e-3),
    Variable("Emissions|CO2", "Mt CO2/yr", ("emissions_mtco2",), "sum"),
    Variable("Curtailed Energy", "TWh/yr", ("curtailed_mwh",), "sum", 1e-6),
    Variable("Capacity|AI Hosting|Delivered", "MW", ("ai_delivered_mw",), "last"),
    Variable(
        "Capacity|AI Hosting|Under Construction", "MW", ("ai_contracted_mw",), "last", 1.0, ("ai_delivered_mw",)
    ),
    Variable("Capacity|Grid Connection|Mining", "MW", ("hashing_mw",), "last"),
    Variable("Capacity|Grid Connection|AI Hosting", "MW", ("ai_gross_mw",), "last"),
    Variable("Capacity|Grid Connection|AI Hosting Under Construction", "MW", ("ai_building_mw",), "last"),
    Variable("Capacity|Grid Connection|Legacy GPUs", "MW", ("legacy_gpu_mw",), "last"),
    Variable("Capacity|Grid Connection|Idle", "MW", ("idle_mw",), "last"),
)
REGION_LEVELS = (
    Variable("Price|Electricity", "USD/MWh", ("power_price_usd_per_mwh",), "mean"),
    Variable("Reserve Margin", "1", ("reserve_margin",), "mean"),
)
# parents that are the sum of all their children
PARENTS = (
    "Firms", "Exits", "Coins Mined", "Revenue", "Public Revenue", "Power", "Capacity|AI Hosting",
    "Capacity|Grid Connection",
)  # fmt: skip


def to_iamc(results: ResultSet) -> pd.DataFrame:
    """All variables by run, region and calendar year, with the mean over runs (COLUMNS).

    Flows are totals of the months simulated in a year (a first or last year may be short), stocks its last month,
    prices and intensities their mean. AI capacity is critical IT, grid connections are grid MW.
    """
    long = _long(results)
    runs = long.assign(scenario=results.scenario + "|Run " + long["run"].astype(str))
    mean = _mean(long, []).assign(scenario=results.scenario)
    return _finished(pd.concat([mean, runs], ignore_index=True))


def sweep_to_iamc(result: SweepResult) -> Iterator[pd.DataFrame]:
    """The mean over runs of every point (COLUMNS), some points at a time; scenarios as in point_names.

    Batches are read one after the other, so that a large sweep need not fit into memory. Points of which no run
    finished are left out.
    """
    names = point_names(result)
    failed = result.errors.groupby("point").size().reindex(names.index, fill_value=0)
    wanted = result.design.runs - failed
    waiting = pd.DataFrame()
    for part in ResultSet.of_folder(result.folder).parts():
        long = pd.concat([waiting, _long(part, "point")], ignore_index=True)
        there = long.groupby("point")["run"].nunique()
        whole = long["point"].isin(there.index[there >= wanted[there.index]])
        waiting = long[~whole]  # the next batch has the rest of its runs
        yield _of_points(long[whole], names)
    yield _of_points(waiting, names)


def point_names(result: SweepResult) -> pd.Series:
    """Names of the points as scenarios: "baseline|Point 12", or with the point's own where scenario is an axis."""
    points = result.points
    base = points["scenario"] if "scenario" in points else pd.Series(result.manifest["scenario"], points.index)
    return base.astype(str) + "|Point " + points.index.astype(str)


def point_table(result: SweepResult) -> pd.DataFrame:
    """Model, scenario and the value of every axis of each point: what pyam takes as meta indicators."""
    table = result.points.rename(columns={"scenario": "base_scenario"})
    table.insert(0, "scenario", point_names(result))
    table.insert(0, "model", MODEL)
    return table.reset_index()[["model", "scenario", "point", *table.columns[2:]]]


def _long(results: ResultSet, *keys: str) -> pd.DataFrame:
    """All variables by run (and further keys), region and calendar year."""
    keys = (*keys, "run")
    sector = results.table("sector").assign(region=WORLD)
    regions = results.table("regions")
    parts = [_yearly(sector, variable, keys) for variable in SECTOR]
    for variable in REGIONS:
        by_region = _yearly(regions, variable, keys)
        world = by_region.groupby([*keys, "year", "variable", "unit"], as_index=False)["value"].sum()
        parts += [by_region, world.assign(region=WORLD)]
    parts += [_yearly(regions, variable, keys) for variable in REGION_LEVELS]
    long = pd.concat(parts, ignore_index=True)
    return pd.concat([long, *(_parent(long, name, keys) for name in PARENTS)], ignore_index=True)


def _mean(long: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    by = [*keys, "region", "variable", "unit", "year"]
    return long.groupby(by, as_index=False).agg({"value": "mean"})


def _of_points(long: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    if long.empty:
        return pd.DataFrame(columns=COLUMNS)
    mean = _mean(long, ["point"])
    return _finished(mean.assign(scenario=mean["point"].map(names)))


def _finished(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(model=MODEL)[COLUMNS].sort_values(COLUMNS[:-1], ignore_index=True)


def _yearly(table: pd.DataFrame, variable: Variable, keys: tuple[str, ...]) -> pd.DataFrame:
    value = table[list(variable.columns)].sum(axis=1) - table[list(variable.minus)].sum(axis=1)
    frame = table[[*keys, "region", "month"]].assign(value=value * variable.scale)
    frame["year"] = frame["month"].str[:4].astype(int)
    frame = frame.sort_values("month", kind="stable")
    yearly = frame.groupby([*keys, "region", "year"], as_index=False)["value"].agg(variable.over)
    return yearly.assign(variable=variable.name, unit=variable.unit)


def _parent(long: pd.DataFrame, name: str, keys: tuple[str, ...]) -> pd.DataFrame:
    depth = name.count("|") + 1
    children = long[long["variable"].str.startswith(name + "|") & (long["variable"].str.count(r"\|") == depth)]
    total = children.groupby([*keys, "region", "year", "unit"], as_index=False)["value"].sum()
    return total.assign(variable=name)
