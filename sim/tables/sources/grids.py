"""regions, price_duration, ercot_months and seasons: where power comes from and what it costs hour by hour."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.tables.sources.common import Built, Row, basis_word, read_rows, rounded

WAIT_MONTHS = 30.0  # where no wait is known


@dataclass(frozen=True)
class Grid:
    """What the facts do not hold about a region's grid; all of it common knowledge or our estimate.

    Peak of the year [GW], reserve margin, new load of this sector that can be connected a year [MW], whether
    the rules of mid 2026 let new mining and new AI in, the shape of its prices over hours and months.
    """

    continent: str
    peak_load_gw: float
    reserve_margin: float
    headroom_mw_per_year: float
    new_mining: bool
    new_ai: bool
    shape: str
    season: str


# peaks: ERCOT 87 and PJM 160 in 2025, Alberta 12 from the grid facts; reserve margin of PJM from its 2027/28
# auction. Headroom: what is under contract in a region and must be connected by 2028, and the stated caps
# (British Columbia 300 MW of AI per two years, Alberta 1200 MW to 2028, Quebec 850 MW by 2035).
GRIDS = {
    "ERCOT": Grid("NA", 87, 0.14, 2500, True, True, "ercot", "ercot"),
    "PJM": Grid("NA", 160, 0.15, 600, True, True, "market", "two_peaks"),
    "NYISO": Grid("NA", 31, 0.20, 300, True, True, "market", "two_peaks"),
    "MISO": Grid("NA", 122, 0.16, 1000, True, True, "market", "two_peaks"),
    "SPP": Grid("NA", 56, 0.16, 600, True, True, "market", "two_peaks"),
    "SERC_TVA": Grid("NA", 150, 0.18, 800, True, True, "tariff", "two_peaks"),
    "WECC_US": Grid("NA", 150, 0.18, 300, True, True, "hydro", "north"),
    "ALBERTA": Grid("NA", 12.5, 0.25, 200, True, True, "market", "north"),
    "BC": Grid("NA", 11, 0.12, 150, False, True, "tariff", "flat"),
    "QUEBEC": Grid("NA", 43, 0.10, 100, False, True, "tariff", "flat"),
    "NORDICS": Grid("EU", 70, 0.15, 300, True, True, "hydro", "north"),
    "PARAGUAY": Grid("SA", 5, 0.30, 150, True, True, "tariff", "flat"),
    "ETHIOPIA": Grid("AFRICA", 5, 0.20, 50, False, True, "tariff", "flat"),
    "GULF": Grid("GULF", 50, 0.20, 500, True, True, "tariff", "flat"),
    "KAZAKHSTAN": Grid("ASIA", 16, 0.02, 50, True, True, "tariff", "flat"),
    "RUSSIA": Grid("ASIA", 170, 0.20, 400, True, False, "tariff", "flat"),
    "CHINA": Grid("ASIA", 1500, 0.20, 200, False, False, "hydro", "wet"),
    "ROW": Grid("ASIA", 1500, 0.15, 500, True, True, "hydro", "flat"),
}

CAPACITY_PRICE = {"PJM": 329.0}  # USD per MW-day, auction for 2026/27; elsewhere none or inside the price
PROGRAMME_SHARE = {"ERCOT": 0.25}  # the rest of the ERCOT figure is resale of fixed-price power


def build_regions(facts: Path) -> Built:
    """One row per region; the rest of the world takes the rounding of the hashrate shares."""
    built = [_region(row) for row in read_rows(facts / "regions.csv")]
    for year in (2026, 2024, 2016):
        name = f"hashrate_share_{year}"
        total = sum(float(str(row[name])) for row in built)
        built[-1][name] = round(float(str(built[-1][name])) + 1.0 - total, 4)
    return built


def _region(row: Row) -> dict[str, object]:
    code = row["region"]
    grid = GRIDS[code]
    shares = {f"hashrate_share_{year}": float(row[f"share_of_hashrate_{year}"]) for year in (2026, 2024, 2016)}
    bases = {
        "hashrate_share_2026_basis": row["share_of_hashrate_2026_basis"],
        "wholesale_basis": row["wholesale_price_basis"],
        "miner_price_basis": row["miner_price_basis"],
        "carbon_basis": row["carbon_intensity_basis"],
        "wait_basis": row["interconnection_wait_basis"],
        "programme_basis": row["demand_response_basis"],
        "ai_suitability_basis": row["ai_suitability_basis"],
        "grid_basis": "assumed",
    }
    words = {name: basis_word(text) for name, text in bases.items()}
    prices = row["wholesale_price_basis"] + row["miner_price_basis"]
    doubtful = "assumed" in prices or "memory" in prices
    return {
        "code": code,
        "name": row["name"],
        "jurisdiction": row["jurisdiction"],
        "continent": grid.continent,
        **shares,
        "wholesale_usd_per_mwh": float(row["wholesale_price_usd_per_mwh"]),
        "miner_price_usd_per_mwh": float(row["miner_price_usd_per_mwh"]),
        "carbon_kg_per_mwh": float(row["carbon_intensity_kg_per_mwh"]),
        "wait_months": float(row["interconnection_wait_months"] or WAIT_MONTHS),
        "programme_usd_per_mw_year": float(row["demand_response_usd_per_mw_year"]),
        "programme_share": PROGRAMME_SHARE.get(code, 1.0),
        "programme_hours_per_year": float(row["demand_response_hours_per_year"]),
        "capacity_price_usd_per_mw_day": CAPACITY_PRICE.get(code, 0.0),
        "ai_suitability": float(row["ai_suitability"]),
        "price_shape": grid.shape,
        "season": grid.season,
        "peak_load_gw": float(grid.peak_load_gw),
        "reserve_margin": grid.reserve_margin,
        "headroom_mw_per_year": float(grid.headroom_mw_per_year),
        "new_mining_allowed": grid.new_mining,
        "new_ai_allowed": grid.new_ai,
        **words,
        "source": "hashrate index and Cambridge map, EIA, grid operators, life-cycle carbon tables",
        "confidence": "low" if doubtful else "medium",
    }


# thin blocks at the dear end keep scarcity; from cheap to dear, in shares of a month's hours
BLOCK_WEIGHTS = (0.05, *[0.1] * 8, 0.07, 0.04, 0.02, 0.01, 0.005, 0.003, 0.002)
WHOLE_YEARS = ("2024", "2025")  # 2026 ends in March and would weight winters

# spread of the other shapes as a share of the ERCOT shape's: assumed
RELATIVE_SPREAD = {"market": 0.5, "hydro": 0.25}
TARIFF_SPREAD = 0.05  # a tariff's prices run evenly from 5 % below to 5 % above its mean


def build_price_duration(data: Path) -> Built:
    """Shapes of hourly prices within a month: mean price of each block of hours over the month's mean."""
    ercot = _ercot_ratios(_whole_years(_hourly_by_month(data)))
    weights = np.array(BLOCK_WEIGHTS)
    middle = np.cumsum(weights) - 0.5 * weights
    shapes = {"ercot": ercot}
    shapes |= {name: 1.0 + spread * (ercot - 1.0) for name, spread in RELATIVE_SPREAD.items()}
    shapes["tariff"] = 1.0 + TARIFF_SPREAD * (2.0 * middle - 1.0)
    return [
        {
            "shape": shape,
            "block": block,
            "weight": weight,
            "ratio": rounded(float(ratio), 5),
            "basis": "sourced" if shape == "ercot" else "assumed",
            "source": _shape_source(shape),
            "confidence": "high" if shape == "ercot" else "low",
        }
        for shape, ratios in shapes.items()
        for block, (weight, ratio) in enumerate(zip(BLOCK_WEIGHTS, ratios, strict=True))
    ]


def _shape_source(shape: str) -> str:
    if shape == "ercot":
        return "ERCOT West hub, real time, hourly, 2024 and 2025"
    if shape == "tariff":
        return f"tariff within {TARIFF_SPREAD:.0%} of its mean"
    return f"{RELATIVE_SPREAD[shape]:g} of the ERCOT spread"


def build_ercot_months(data: Path) -> Built:
    """Mean price of each block of hours of every month with its hours known: what a month really offered."""
    return [
        {
            "month": month,
            "block": block,
            "weight": weight,
            "usd_per_mwh": rounded(float(price), 4),
            "basis": "sourced",
        }
        for month, prices in _hourly_by_month(data).items()
        if len(prices) >= MOST_HOURS
        for block, (weight, price) in enumerate(zip(BLOCK_WEIGHTS, _block_means(prices), strict=True))
    ]


MOST_HOURS = 600  # of a month's 670 to 744: March 2026 ends after twelve days


def _hourly_by_month(data: Path) -> dict[str, NDArray[np.float64]]:
    """Hourly West hub prices in real time [USD/MWh] by month, missing hours left out."""
    hours: dict[str, list[float]] = {}
    for row in read_rows(data / "ercot_prices_hourly_2024_2026.csv"):
        if price := row["hb_west_rtm_usd_mwh"]:
            hours.setdefault(row["hour_beginning_cpt"][:7], []).append(float(price))
    return {month: np.array(prices) for month, prices in hours.items()}


def _whole_years(months: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    return {month: prices for month, prices in months.items() if month[:4] in WHOLE_YEARS}


def _block_means(prices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean price of each block of a month's hours, from the cheapest to the dearest; edges may cut an hour."""
    edges = np.concatenate([[0.0], np.cumsum(BLOCK_WEIGHTS)]) * len(prices)
    cumulative = np.concatenate([[0.0], np.cumsum(np.sort(prices))])
    sums = np.diff(np.interp(edges, np.arange(len(prices) + 1), cumulative))
    means: NDArray[np.float64] = sums / (len(prices) * np.array(BLOCK_WEIGHTS))
    return means


def _ercot_ratios(months: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Block means over the overall mean; blocks are cut within each month, so that seasons stay out of them."""
    hours = sum(len(prices) for prices in months.values())
    mean = sum(float(prices.sum()) for prices in months.values()) / hours
    sums = np.zeros(len(BLOCK_WEIGHTS))
    for prices in months.values():
        sums += _block_means(prices) * len(prices)
    ratios: NDArray[np.float64] = sums / hours / mean
    return ratios


# monthly means over the year's mean, January to December: assumed
SEASONS = {
    "two_peaks": (1.20, 1.10, 0.95, 0.90, 0.90, 0.98, 1.08, 1.04, 0.92, 0.90, 0.95, 1.08),
    "north": (1.25, 1.20, 1.05, 0.95, 0.85, 0.80, 0.80, 0.85, 0.92, 1.00, 1.13, 1.20),
    "wet": (1.25, 1.25, 1.20, 1.10, 0.95, 0.80, 0.70, 0.70, 0.75, 0.90, 1.15, 1.25),
    "flat": (1.0,) * 12,
}
SMOOTHING = (0.25, 0.5, 0.25)  # two years are too few for a single month's mean


def build_seasons(data: Path) -> Built:
    """Factor on the regional price by calendar month."""
    seasons = {"ercot": _ercot_season(_whole_years(_hourly_by_month(data))), **SEASONS}
    return [
        {
            "season": season,
            "calendar_month": month,
            "factor": factor,
            "basis": "estimated" if season == "ercot" else "assumed",
            "source": "ERCOT West hub 2024 and 2025, smoothed over 3 months" if season == "ercot" else "our own",
            "confidence": "medium" if season == "ercot" else "low",
        }
        for season, factors in seasons.items()
        for month, factor in enumerate(factors, start=1)
    ]


def _ercot_season(months: dict[str, NDArray[np.float64]]) -> tuple[float, ...]:
    """Monthly means over their year's mean, averaged over years and smoothed, to sum to 12."""
    means = np.array([[months[f"{year}-{m:02d}"].mean() for m in range(1, 13)] for year in WHOLE_YEARS])
    ratios = (means / means.mean(axis=1, keepdims=True)).mean(axis=0)
    smooth = sum(w * np.roll(ratios, shift) for w, shift in zip(SMOOTHING, (-1, 0, 1), strict=True))
    factors = [round(float(factor), 3) for factor in np.asarray(smooth)]
    factors[factors.index(max(factors))] += 12.0 - sum(factors)
    return tuple(round(factor, 3) for factor in factors)
