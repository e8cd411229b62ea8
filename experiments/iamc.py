"""Results in the IAMC long format (model, scenario, region, variable, unit, year, value), which pyam reads.

A variable and its children are named with bars, as in ``Revenue|Mining``; parents are the sums of their children
and World the sum of the regions, run by run and in the mean. Each run is a scenario of its own, "baseline|Run 3";
the scenario's plain name holds the mean over runs (medians would not add up).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Literal

import pandas as pd

if TYPE_CHECKING:
    from sim.results import ResultSet

Over = Literal["sum", "mean", "last"]
COLUMNS = ["model", "scenario", "region", "variable", "unit", "year", "value"]
WORLD = "World"
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
    sector = results.table("sector").assign(region=WORLD)
    regions = results.table("regions")
    parts = [_yearly(sector, variable) for variable in SECTOR]
    for variable in REGIONS:
        by_region = _yearly(regions, variable)
        world = by_region.groupby(["run", "year", "variable", "unit"], as_index=False)["value"].sum()
        parts += [by_region, world.assign(region=WORLD)]
    parts += [_yearly(regions, variable) for variable in REGION_LEVELS]
    long = pd.concat(parts, ignore_index=True)
    long = pd.concat([long, *(_parent(long, name) for name in PARENTS)], ignore_index=True)
    mean = long.groupby(["region", "variable", "unit", "year"], as_index=False)["value"].mean()
    long["scenario"] = results.scenario + "|Run " + long["run"].astype(str)
    together = pd.concat([mean.assign(scenario=results.scenario), long], ignore_index=True)
    together["model"] = f"hashpivot {metadata.version('hashpivot')}"
    return together[COLUMNS].sort_values(COLUMNS[:-1], ignore_index=True)


def _yearly(table: pd.DataFrame, variable: Variable) -> pd.DataFrame:
    value = table[list(variable.columns)].sum(axis=1) - table[list(variable.minus)].sum(axis=1)
    frame = table[["run", "region", "month"]].assign(value=value * variable.scale)
    frame["year"] = frame["month"].str[:4].astype(int)
    frame = frame.sort_values("month", kind="stable")
    yearly = frame.groupby(["run", "region", "year"], as_index=False)["value"].agg(variable.over)
    return yearly.assign(variable=variable.name, unit=variable.unit)


def _parent(long: pd.DataFrame, name: str) -> pd.DataFrame:
    depth = name.count("|") + 1
    children = long[long["variable"].str.startswith(name + "|") & (long["variable"].str.count(r"\|") == depth)]
    total = children.groupby(["run", "region", "year", "unit"], as_index=False)["value"].sum()
    return total.assign(variable=name)
