"""One function per figure: results in, definition out. ``FIGURES`` lists them in the order they are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypedDict, Unpack

import pandas as pd

from experiments.figures.model import RUNS_FOR_BANDS, Figure, Line, line
from experiments.figures.palette import SHADES, Meaning
from experiments.wording import DASH, month
from sim.outcomes import over_12_months, total
from sim.results import ResultSet

Kind = Literal["lines", "stack"]
MW_PER_GW = 1000.0
REGIONS_SHOWN = 4
SIZE_LABELS = {
    "small": "Under 10 MW",
    "medium": f"10{DASH}100 MW",
    "large": f"100{DASH}500 MW",
    "mega": "Over 500 MW",
}
REGION_LABELS = {
    "BC": "British Columbia",
    "GULF": "Gulf",
    "ROW": "Rest of world",
    "SERC_TVA": "Southeast",
    "WECC_US": "US West",
}
ACRONYMS = ("ERCOT", "MISO", "NYISO", "PJM", "SPP")


def firms_by_strategy(results: ResultSet) -> Figure:
    """Counts of living firms by what they are, and those gone."""
    gone = results.series("exits").cumsum(axis=1) + results.series("acquisitions").cumsum(axis=1)
    return _figure(
        results,
        "strategy",
        "Firms by strategy",
        "Firms at month end. BTC: under 10 % of power and revenue in AI; AI: over 90 %. Exited: closed, "
        "liquidated or acquired.",
        "firms",
        "stack",
        line("BTC only", "btc", results.series("firms_btc")),
        line("Hybrid", "hybrid", results.series("firms_hybrid")),
        line("AI", "ai", results.series("firms_ai")),
        line("Exited", "exited", gone),
        whole=True,
    )


def ai_capacity(results: ResultSet) -> Figure:
    """From offers to delivery, all with miners."""

    def gw(column: str) -> pd.DataFrame:
        return results.series(column) / MW_PER_GW

    return _figure(
        results,
        "ai-capacity",
        "AI capacity, offer to delivery",
        "GW of critical IT of miners: on offer in the month, leased, being built, delivered."
        + _spread(results, "contracted and delivered"),
        "GW",
        "lines",
        line("Contracted", "ai", gw("ai_contracted_mw"), SHADES[1], spread=True),
        line("Delivered", "ai", gw("ai_delivered_mw"), SHADES[0], spread=True),
        line("Under construction", "ai", gw("ai_under_construction_mw"), SHADES[2]),
        line("Offered", "ai", gw("ai_offered_mw"), SHADES[3]),
    )


def exits(results: ResultSet) -> Figure:
    """Cumulative exits by size class, as a share of the class."""
    return _figure(
        results,
        "exits",
        "Exits by size of firm",
        f"Closed or liquidated since {month(results.months[0], full=True)}, % of the firms of the size class at "
        "start or entry." + _spread(results, "under 10 MW"),
        "% of firms",
        "lines",
        *(
            line(SIZE_LABELS[size], "risk", results.outcome(f"exits_{size}_share"), shade, spread=size == "small")
            for size, shade in zip(SIZE_LABELS, SHADES, strict=True)
        ),
        percent=True,
    )


def revenue(results: ResultSet) -> Figure:
    """Yearly revenue of the sector by source."""
    gpus = _yearly_bn(results, "gpu_revenue_usd", table="classes")
    leases = _yearly_bn(results, "ai_revenue_usd", table="classes") - gpus
    return _figure(
        results,
        "revenue",
        "Revenue by source",
        "Sector revenue over 12 months, billion USD, nominal. Grid services: demand response and resale of power.",
        "bn USD a year",
        "stack",
        line("Mining", "btc", _yearly_bn(results, "mining_revenue_usd")),
        line("Grid services", "power", _yearly_bn(results, "demand_response_revenue_usd", "resale_revenue_usd")),
        line("AI leases", "ai", leases.clip(lower=0.0)),
        line("GPU cloud", "ai", gpus, SHADES[2]),
    )


def hashprice(results: ResultSet) -> Figure:
    """Revenue per hash, on a logarithmic axis."""
    halvings = _halvings(results)
    plural = "s" if len(halvings) > 1 else ""
    told = f" Halving{plural} in {' and '.join(halvings)}." if halvings else ""
    return _single(
        results,
        "hashprice",
        "Hashprice",
        f"USD per PH/s per day, nominal, mean of the month. Log scale.{told}",
        "USD/PH/day",
        "money",
        results.outcome("hashprice"),
        log=True,
    )


def hashrate(results: ResultSet) -> Figure:
    return _single(
        results,
        "hashrate",
        "Network hashrate",
        "EH/s, mean of the month, all miners of the world.",
        "EH/s",
        "btc",
        results.outcome("network_hashrate"),
    )


def rent(results: ResultSet) -> Figure:
    return _single(
        results,
        "rent",
        "Rent for colocation",
        "Million USD per MW of critical IT and year, new leases, nominal.",
        "M USD/MW/year",
        "money",
        results.outcome("ai_rent"),
    )


def power(results: ResultSet) -> Figure:
    """Grid power by use."""
    return _figure(
        results,
        "power",
        "Power drawn by the sector",
        "GW at the grid connection, mean of the month.",
        "GW",
        "stack",
        line("Mining", "btc", results.series("mining_power_gw")),
        line("AI", "ai", results.series("ai_gross_mw") / MW_PER_GW),
    )


def distress(results: ResultSet) -> Figure:
    return _single(
        results,
        "distress",
        "Listed firms in distress",
        "Listed firms with overdue payables, negative equity or restructured within a year, mean of 12 months.",
        "firms",
        "risk",
        over_12_months(results.outcome("listed_in_distress")) / 12,
    )


def concentration(results: ResultSet) -> Figure:
    """Herfindahl indices and the largest owner."""
    return _figure(
        results,
        "concentration",
        "Market shares and concentration",
        "Herfindahl index over owners (hashrate) and landlords (contracted AI MW), 0 to 1; share of the "
        "largest owner of hashrate.",
        "0 to 1",
        "lines",
        line("HHI AI MW", "ai", results.outcome("hhi_ai_mw"), spread=True),
        line("HHI hashrate", "btc", results.outcome("hhi_hashrate"), spread=True),
        line("Largest owner", "btc", results.series("top_share_hashrate"), SHADES[2]),
    )


def emissions(results: ResultSet) -> Figure:
    return _single(
        results,
        "emissions",
        "Emissions",
        "Mt CO₂ over 12 months, mining and AI, at the grid average of each region.",
        "Mt CO₂ a year",
        "power",
        results.outcome("emissions"),
    )


def curtailment(results: ResultSet) -> Figure:
    return _single(
        results,
        "curtailment",
        "Curtailed energy",
        "TWh over 12 months that rigs stood ready to use and left on the grid, for price or on call.",
        "TWh a year",
        "power",
        over_12_months(results.series("curtailed_mwh")) / 1e6,
    )


def regional_prices(results: ResultSet) -> Figure:
    """Power prices of the regions where the sector is largest, without their seasons where a run is long enough."""
    long = len(results.months) >= 24
    lines = _regional(results, "power_price_usd_per_mwh", "money", _past_year if long else lambda monthly: monthly)
    return _figure(
        results,
        "regional-prices",
        "Regional power prices",
        f"USD per MWh at the market, mean of the {'last 12 months' if long else 'month'}, in the four regions with "
        f"the largest sector load.{_spread(results, lines[0].label)}",
        "USD/MWh",
        "lines",
        *lines,
    )


def reserve_margins(results: ResultSet) -> Figure:
    """Spare firm capacity of the regions where the sector is largest."""
    lines = _regional(results, "reserve_margin", "power", lambda monthly: monthly)
    return _figure(
        results,
        "reserve-margins",
        "Reserve margins",
        "Firm supply above peak load, % of peak load, in the four regions with the largest sector load."
        + _spread(results, lines[0].label),
        "% of peak load",
        "lines",
        *lines,
        percent=True,
    )


def cash_and_debt(results: ResultSet) -> Figure:
    """What the sector owes and what it holds."""
    return _figure(
        results,
        "cash-and-debt",
        "Cash and debt",
        "Billion USD at month end, nominal, all firms: loans and convertible notes; cash with construction cash.",
        "bn USD",
        "lines",
        line("Debt", "risk", results.series("debt_usd") / 1e9, spread=True),
        line("Cash", "money", results.series("cash_usd") / 1e9, spread=True),
    )


FIGURES: dict[str, Callable[[ResultSet], Figure]] = {
    "strategy": firms_by_strategy,
    "ai-capacity": ai_capacity,
    "exits": exits,
    "revenue": revenue,
    "hashprice": hashprice,
    "hashrate": hashrate,
    "rent": rent,
    "power": power,
    "distress": distress,
    "concentration": concentration,
    "emissions": emissions,
    "curtailment": curtailment,
    "regional-prices": regional_prices,
    "reserve-margins": reserve_margins,
    "cash-and-debt": cash_and_debt,
}


class Flags(TypedDict, total=False):
    """How the axis reads; see Figure."""

    log: bool
    percent: bool
    whole: bool


def _figure(
    results: ResultSet,
    key: str,
    title: str,
    subtitle: str,
    unit: str,
    kind: Kind,
    *lines: Line,
    **flags: Unpack[Flags],
) -> Figure:
    told = [results.scenario, f"seed {results.meta['seed']}" if "seed" in results.meta else ""]
    if results.meta.get("assumptions") == "sampled":
        told.append("assumptions sampled")
    source = ", ".join(part for part in told if part)
    return Figure(key, title, subtitle, unit, kind, results.months, lines, len(results), source, **flags)


def _single(
    results: ResultSet,
    key: str,
    title: str,
    subtitle: str,
    unit: str,
    meaning: Meaning,
    values: pd.DataFrame,
    **flags: Unpack[Flags],
) -> Figure:
    """A figure of one line, which needs no label: the title names it."""
    return _figure(results, key, title, subtitle, unit, "lines", line("", meaning, values, spread=True), **flags)


def _regional(
    results: ResultSet, column: str, meaning: Meaning, shown: Callable[[pd.DataFrame], pd.DataFrame]
) -> list[Line]:
    """A line for each of the largest regions, the largest with its spread."""
    return [
        line(
            _region_label(region),
            meaning,
            shown(results.series(column, "regions", region=region)),
            shade,
            spread=not rank,
        )
        for rank, (region, shade) in enumerate(zip(_largest_regions(results), SHADES, strict=False))
    ]


def _past_year(monthly: pd.DataFrame) -> pd.DataFrame:
    """Mean of each month and the eleven before it; not a number while there are fewer."""
    return monthly.T.rolling(12).mean().T


def _largest_regions(results: ResultSet) -> list[str]:
    """Regions by mean load of the sector over the run, largest first."""
    regions = results.table("regions")
    load = (regions["mining_power_mw"] + regions["ai_gross_mw"]).groupby(regions["region"]).mean()
    return load.sort_values(ascending=False).index[:REGIONS_SHOWN].tolist()


def _region_label(code: str) -> str:
    return REGION_LABELS.get(code, code if code in ACRONYMS else code.replace("_", " ").title())


def _yearly_bn(results: ResultSet, *columns: str, table: str = "sector") -> pd.DataFrame:
    if table == "sector":
        return over_12_months(total(results, columns)) / 1e9
    parts = [total(results, columns, table, size=size) for size in SIZE_LABELS]
    return over_12_months(sum(parts[1:], parts[0])) / 1e9


def _halvings(results: ResultSet) -> list[str]:
    """Months in which the block subsidy first falls, in the median run."""
    subsidy = results.bands("block_subsidy_btc")[0.5]
    falls = subsidy[subsidy.diff() < -0.02 * subsidy].index.tolist()
    return [month(name, full=True) for i, name in enumerate(falls) if i == 0 or not _follows(falls[i - 1], name)]


def _follows(earlier: str, later: str) -> bool:
    return int(later[:4]) * 12 + int(later[5:]) - int(earlier[:4]) * 12 - int(earlier[5:]) == 1


def _spread(results: ResultSet, which: str) -> str:
    if len(results) == 1:
        return ""
    return f" {'Band' if len(results) >= RUNS_FOR_BANDS else 'Single paths'}: {which}."
