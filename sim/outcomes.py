"""The headline outcomes, defined once: name, unit, and how each follows from the result tables.

Every outcome is a frame run x month, so that bands, comparisons, sensitivities and pages ask the same question
and get the same number. "Over 12 months" is the sum of the month and the eleven before it; in a run's first
eleven months the months there are stand for the year (their mean times twelve).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from sim.results import ResultSet

Compute = Callable[["ResultSet"], pd.DataFrame]
REVENUE = ("mining_revenue_usd", "ai_revenue_usd", "demand_response_revenue_usd", "resale_revenue_usd")


@dataclass(frozen=True)
class Outcome:
    """One question with a number per run and month. ``group`` gathers outcomes in tables for people."""

    name: str
    label: str
    unit: str
    group: str
    text: str
    compute: Compute
    headline: bool = True


def over_12_months(monthly: pd.DataFrame) -> pd.DataFrame:
    """Yearly total up to each month of a frame run x month (see the module's text for the first months)."""
    values = monthly.to_numpy(dtype=np.float64)
    yearly = np.empty_like(values)
    for month in range(values.shape[1]):
        yearly[:, month] = 12.0 * values[:, max(0, month - 11) : month + 1].mean(axis=1)
    return pd.DataFrame(yearly, index=monthly.index, columns=monthly.columns)


def _column(name: str, scale: float = 1.0) -> Compute:
    return lambda results: results.series(name) * scale


def _yearly(*names: str, scale: float = 1.0) -> Compute:
    return lambda results: over_12_months(total(results, names)) * scale


def _cumulative(name: str) -> Compute:
    return lambda results: results.series(name).cumsum(axis=1)


def _exit_share(size: str) -> Compute:
    def compute(results: ResultSet) -> pd.DataFrame:
        exits = results.series("exits", "classes", size=size).cumsum(axis=1)
        ever = results.series("firms_ever", "classes", size=size)
        return (exits / ever.where(ever > 0)).fillna(0.0)

    return compute


def _ai_share(results: ResultSet) -> pd.DataFrame:
    revenue = over_12_months(total(results, REVENUE))
    return (over_12_months(results.series("ai_revenue_usd")) / revenue.where(revenue > 0)).fillna(0.0)


def total(results: ResultSet, names: tuple[str, ...], table: str = "sector", **where: str) -> pd.DataFrame:
    """Sum of several columns as a frame run x month."""
    return sum((results.series(name, table, **where) for name in names[1:]), results.series(names[0], table, **where))


SIZE_WORDS = {
    "small": "below 10 MW",
    "medium": "10 to 100 MW",
    "large": "100 to 500 MW",
    "mega": "above 500 MW",
}
OUTCOMES: tuple[Outcome, ...] = (
    Outcome(
        "network_hashrate", "Network hashrate", "EH/s", "Bitcoin network", "Mean of the month",
        _column("network_hashrate_ehs"),
    ),
    Outcome(
        "hashprice", "Hashprice", "USD/PH/day", "Bitcoin network", "Subsidy and fees per PH/s and day, nominal",
        _column("hashprice_usd_per_ph_day"),
    ),
    Outcome(
        "mining_power", "Mining power", "GW", "Bitcoin network", "Mean grid power of the month",
        _column("mining_power_gw"),
    ),
    Outcome(
        "emissions", "Emissions", "Mt CO2", "Bitcoin network", "Mining and AI, over 12 months",
        _yearly("emissions_mtco2"),
    ),
    Outcome(
        "firms_btc", "BTC firms", "firms", "Firms", "Less than 10 % of power and revenue in AI",
        _column("firms_btc"),
    ),
    Outcome(
        "firms_hybrid", "Hybrid firms", "firms", "Firms", "10 to 90 % of power or revenue in AI",
        _column("firms_hybrid"),
    ),
    Outcome(
        "firms_ai", "AI firms", "firms", "Firms", "More than 90 % of power or revenue in AI",
        _column("firms_ai"),
    ),
    *(
        Outcome(
            f"exits_{size}", f"Exits, {words}", "firms", "Firms",
            "Closed or liquidated since the start, by MW at start or entry", _cumulative(f"exits_{size}"),
        )
        for size, words in SIZE_WORDS.items()
    ),
    Outcome(
        "hhi_hashrate", "HHI of hashrate", "0-1", "Firms", "Herfindahl index over owners",
        _column("hhi_hashrate"),
    ),
    Outcome(
        "hhi_ai_mw", "HHI of AI MW", "0-1", "Firms", "Herfindahl index over landlords, contracted MW",
        _column("hhi_ai_mw"),
    ),
    Outcome(
        "ai_contracted", "AI contracted", "MW", "AI hosting", "Critical IT leased from miners",
        _column("ai_contracted_mw"),
    ),
    Outcome(
        "ai_delivered", "AI delivered", "MW", "AI hosting", "Critical IT delivered by miners",
        _column("ai_delivered_mw"),
    ),
    Outcome(
        "ai_revenue_share", "AI share of revenue", "share", "AI hosting", "Of the sector's revenue over 12 months",
        _ai_share,
    ),
    Outcome(
        "ai_rent", "Rent", "M USD/MW/year", "AI hosting", "New colocation leases per critical IT MW",
        _column("ai_rent_usd_m_per_mw_year"),
    ),
    Outcome(
        "ebitda", "Sector EBITDA", "bn USD", "Money and power", "Over 12 months, nominal",
        _yearly("ebitda_usd", scale=1e-9),
    ),
    Outcome(
        "listed_in_distress", "Listed in distress", "firms", "Money and power",
        "Listed firms with payables overdue or a broken covenant", _column("listed_in_distress"),
    ),
    Outcome(
        "grid_income", "Grid services income", "M USD", "Money and power",
        "Demand response and resale of power over 12 months",
        _yearly("demand_response_revenue_usd", "resale_revenue_usd", scale=1e-6),
    ),
    Outcome(
        "public_revenue", "Public revenue", "M USD", "Money and power", "Taxes and carbon price over 12 months",
        _yearly("taxes_usd", "carbon_cost_usd", scale=1e-6),
    ),
    Outcome(
        "power_price", "Mean power price", "USD/MWh", "Money and power", "Power cost of mining per MWh used",
        _column("mean_power_price_usd_per_mwh"),
    ),
    *(
        Outcome(
            f"exits_{size}_share", f"Exits, {words}", "share", "Firms",
            "Closed or liquidated, of the firms of the class at the start and since", _exit_share(size),
            headline=False,
        )
        for size, words in SIZE_WORDS.items()
    ),
)  # fmt: skip
BY_NAME: dict[str, Outcome] = {outcome.name: outcome for outcome in OUTCOMES}
HEADLINE: tuple[Outcome, ...] = tuple(outcome for outcome in OUTCOMES if outcome.headline)
