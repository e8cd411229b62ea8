"""What every table holds: columns with type, unit and bounds, and the rules that tie rows together.

Declared once; the loader applies the same declarations to the shipped tables and to those of a user, and
the compile step takes the order of the columns from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "number", "whole", "flag", "month", "quarter", "split"]
NO_LIMIT = float("inf")

BASES = ("sourced", "carried", "estimated", "assumed")
CONFIDENCES = ("high", "medium", "low")
MEASURES = (
    "mining_excise_usd_per_mwh",
    "mining_tariff_usd_per_mwh",
    "ai_tariff_usd_per_mwh",
    "no_new_mining",
    "ai_cap_mw_per_year",
    "large_load_threshold_mw",
    "asic_tariff_share",
    "mining_ban_share",
)


@dataclass(frozen=True)
class Column:
    """One column. `refers` names "table.column" that must hold each value; `empty` allows an empty cell.

    Kinds: text; number (float64); whole (int64); flag (0 or 1, bool); month "YYYY-MM"; quarter "YYYYQn";
    split "CODE:share;CODE:share" with shares that sum to 1.
    """

    kind: Kind = "text"
    unit: str = ""
    low: float = -NO_LIMIT
    high: float = NO_LIMIT
    empty: bool = False
    choices: tuple[str, ...] = ()
    refers: str = ""


@dataclass(frozen=True)
class Total:
    """The column sums to `total` within `tolerance` (times `weight`, if named), per value of `by`."""

    column: str
    total: float = 1.0
    by: str = ""
    weight: str = ""
    tolerance: float = 1e-6


@dataclass(frozen=True)
class Ordered:
    """In every row these columns do not fall from left to right; empty cells are passed over."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class Rising:
    """The column rises strictly from row to row, per value of `by`."""

    column: str
    by: str = ""


@dataclass(frozen=True)
class Steps:
    """Per value of `by` the whole numbers first..last all occur, in this order."""

    column: str
    first: int
    last: int
    by: str


Rule = Total | Ordered | Rising | Steps


@dataclass(frozen=True)
class Schema:
    """Columns of a table, the columns whose values together name a row, and its rules."""

    columns: dict[str, Column]
    key: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = field(default=())


def _text(*choices: str, empty: bool = False, refers: str = "") -> Column:
    return Column("text", empty=empty, choices=choices, refers=refers)


def _amount(unit: str, low: float = 0.0, high: float = NO_LIMIT, *, empty: bool = False) -> Column:
    return Column("number", unit, low, high, empty)


SHARE = _amount("1", 0.0, 1.0)
BASIS = _text(*BASES)
FLAG = Column("flag")
MONTH = Column("month")
ORIGIN = {"basis": BASIS, "source": _text(), "confidence": _text(*CONFIDENCES)}

FIRM_FACTS = {
    "region_split": Column("split", "1", refers="regions.code"),
    "operating_ehs": _amount("EH/s"),
    "fleet_j_per_th": _amount("J/TH", 1.0, 1000.0),
    "energised_mw": _amount("MW"),
    "pipeline_mw": _amount("MW"),
    "power_price_usd_per_mwh": _amount("USD/MWh", 1.0, 500.0),
    "btc_held": _amount("BTC"),
    "cash_usd_m": _amount("M USD"),
    "debt_usd_m": _amount("M USD"),
}
STRATEGIES = ("btc", "hybrid", "ai")


def _firms(own_table: str) -> Schema:
    columns = {
        "ticker": _text(),
        "firm": _text(),
        "listed": FLAG,
        "status": _text("active", "restructured", "chapter11"),
        "main_region": _text(refers="regions.code"),
        **FIRM_FACTS,
        "construction_cash_usd_m": _amount("M USD"),
        "convert_share": SHARE,
        "hosted_share": SHARE,
        "host_ticker": _text(empty=True, refers=f"{own_table}.ticker"),
        "own_site_mw": _amount("MW"),
        "hosts_mw": _amount("MW"),
        "ai_uncontracted_gpu_it_mw": _amount("MW of IT"),
        "announced_strategy": _text(*STRATEGIES),
        "strategy_fact": _text(*STRATEGIES),
        "data_coverage": SHARE,
        **{f"{name}_basis": BASIS for name in FIRM_FACTS},
        "source": _text(),
        "confidence": _text(*CONFIDENCES),
    }
    return Schema(columns, ("ticker",), (Ordered(("own_site_mw", "energised_mw")),))


LEASES = Schema(
    {
        "lease": _text(),
        "ticker": _text(refers="firms_2026.ticker"),
        "tenant": _text(refers="tenants.tenant"),
        "tenant_class": _text("hyperscaler", "neocloud", "enterprise"),
        "credit": _text("investment_grade", "backstopped", "speculative", "unrated"),
        "signed": MONTH,
        "region": _text(refers="regions.code"),
        "it_mw": _amount("MW of IT", 0.1),
        "gross_mw": _amount("MW", 0.1),
        "term_years": _amount("years", 1.0, 40.0),
        "rent_usd_m_per_mw_year": _amount("M USD per MW of IT and year", 0.1, 50.0),
        "prepayment_share": SHARE,
        "first_delivery": MONTH,
        "full_delivery": MONTH,
        "product": _text("colocation", "retrofit", "gpu_cloud"),
        "capex_usd_m_per_mw": _amount("M USD per MW of IT", 0.1, 100.0),
        "landlord_share": SHARE,
        "funding": _text("landlord", "tenant"),
        "delivered_it_mw_2026_06": _amount("MW of IT"),
        "filled": _text(empty=True),
        **ORIGIN,
    },
    ("lease",),
    (
        Ordered(("signed", "first_delivery", "full_delivery")),
        Ordered(("it_mw", "gross_mw")),
        Ordered(("delivered_it_mw_2026_06", "it_mw")),
    ),
)

TENANTS = Schema(
    {
        "tenant": _text(),
        "name": _text(),
        "class": _text("hyperscaler", "neocloud", "enterprise"),
        "credit": _text("investment_grade", "backstopped", "speculative", "unrated"),
        "backstop_by": _text(empty=True, refers="tenants.tenant"),
        "min_it_mw": _amount("MW of IT", 0.1),
        "demand_share": SHARE,
        "default_exposed": FLAG,
        **ORIGIN,
    },
    ("tenant",),
    (Total("demand_share"),),
)

REGIONS = Schema(
    {
        "code": _text(),
        "name": _text(),
        "jurisdiction": _text(),
        "continent": _text("NA", "SA", "EU", "ASIA", "AFRICA", "GULF"),
        "hashrate_share_2026": SHARE,
        "hashrate_share_2024": SHARE,
        "hashrate_share_2016": SHARE,
        "wholesale_usd_per_mwh": _amount("USD/MWh", 1.0, 500.0),
        "miner_price_usd_per_mwh": _amount("USD/MWh", 1.0, 500.0),
        "carbon_kg_per_mwh": _amount("kg/MWh", 0.0, 2000.0),
        "wait_months": Column("whole", "months", 0, 240),
        "programme_usd_per_mw_year": _amount("USD per MW and year"),
        "programme_share": SHARE,
        "programme_hours_per_year": _amount("h", 0.0, 8784.0),
        "capacity_price_usd_per_mw_day": _amount("USD per MW and day"),
        "ai_suitability": SHARE,
        "price_shape": _text(refers="price_duration.shape"),
        "season": _text(refers="seasons.season"),
        "peak_load_gw": _amount("GW", 0.1),
        "reserve_margin": _amount("1", -0.5, 2.0),
        "headroom_mw_per_year": _amount("MW per year"),
        "new_mining_allowed": FLAG,
        "new_ai_allowed": FLAG,
        "hashrate_share_2026_basis": BASIS,
        "wholesale_basis": BASIS,
        "miner_price_basis": BASIS,
        "carbon_basis": BASIS,
        "wait_basis": BASIS,
        "programme_basis": BASIS,
        "ai_suitability_basis": BASIS,
        "grid_basis": BASIS,
        "source": _text(),
        "confidence": _text(*CONFIDENCES),
    },
    ("code",),
    tuple(Total(f"hashrate_share_{year}") for year in (2026, 2024, 2016)),
)

RIGS = Schema(
    {
        "generation": _text(),
        "release": MONTH,
        "j_per_th": _amount("J/TH", 1.0, 10_000.0),
        "price_usd_per_th": _amount("USD/TH"),
        "fleet_share_2026": SHARE,
        "fleet_share_2024": SHARE,
        "fleet_share_2016": SHARE,
        **ORIGIN,
    },
    ("generation",),
    (Rising("release"), *(Total(f"fleet_share_{year}") for year in (2026, 2024, 2016))),
)

PRICE_DURATION = Schema(
    {
        "shape": _text(),
        "block": Column("whole", "", 0, 15),
        "weight": _amount("1", 1e-6, 1.0),
        "ratio": _amount("1", -5.0, 200.0),
        **ORIGIN,
    },
    ("shape", "block"),
    (
        Steps("block", 0, 15, "shape"),
        Rising("ratio", "shape"),
        Total("weight", by="shape"),
        Total("ratio", by="shape", weight="weight", tolerance=5e-4),
    ),
)

ERCOT_MONTHS = Schema(
    {
        "month": MONTH,
        "block": Column("whole", "", 0, 15),
        "weight": _amount("1", 1e-6, 1.0),
        "usd_per_mwh": _amount("USD/MWh", -500.0, 10_000.0),
        "basis": BASIS,
    },
    ("month", "block"),
    (Steps("block", 0, 15, "month"), Rising("usd_per_mwh", "month"), Total("weight", by="month")),
)

SEASONS = Schema(
    {
        "season": _text(),
        "calendar_month": Column("whole", "", 1, 12),
        "factor": _amount("1", 0.1, 10.0),
        **ORIGIN,
    },
    ("season", "calendar_month"),
    (Steps("calendar_month", 1, 12, "season"), Total("factor", 12.0, by="season")),
)

REGULATION = Schema(
    {
        "region": _text(refers="regions.code"),
        "kind": _text(*MEASURES),
        "start": MONTH,
        "end": Column("month", empty=True),
        "value": _amount("as the kind says"),
        "status": _text("in_force", "announced", "proposed"),
        "applies": _text("level", "step"),
        **ORIGIN,
    },
    ("region", "kind", "start"),
    (Ordered(("start", "end")),),
)

COSTS = Schema(
    {
        "key": _text(),
        "registry_key": _text(empty=True),
        "low": _amount("see unit", -NO_LIMIT),
        "value": _amount("see unit", -NO_LIMIT),
        "high": _amount("see unit", -NO_LIMIT),
        "unit": _text(),
        "date": _text(),
        **ORIGIN,
    },
    ("key",),
    (Ordered(("low", "value", "high")),),
)

BTC_HISTORY = Schema(
    {
        "month": MONTH,
        "price_usd": _amount("USD per BTC", 1e-3),
        "fees_btc": _amount("BTC per month"),
        "hashrate_ehs": _amount("EH/s", 0.0, empty=True),
        "difficulty": _amount("1", 1.0, empty=True),
        "power_gw": _amount("GW", 0.0, empty=True),
        "basis": BASIS,
    },
    ("month",),
    (Rising("month"),),
)

HYPERSCALER_CAPEX = Schema(
    {"quarter": Column("quarter"), "usd_bn": _amount("bn USD"), "basis": BASIS},
    ("quarter",),
    (Rising("quarter"),),
)

QUANTITIES = (
    "network_hashrate_ehs",
    "hashprice_usd_per_ph_day",
    "delivered_share",
    "top10_with_ai_revenue",
    "listed_restructurings",
)
PIVOT_TARGETS = Schema(
    {
        "quantity": _text(*QUANTITIES),
        "month": MONTH,
        "value": _amount("as the quantity says"),
        "low": _amount("as the quantity says", empty=True),
        "high": _amount("as the quantity says", empty=True),
        **ORIGIN,
    },
    ("quantity", "month"),
    (Rising("month", "quantity"), Ordered(("low", "value", "high"))),
)

SCHEMAS: dict[str, Schema] = {
    "regions": REGIONS,
    "firms_2026": _firms("firms_2026"),
    "firms_2024": _firms("firms_2024"),
    "tenants": TENANTS,
    "leases": LEASES,
    "rigs": RIGS,
    "price_duration": PRICE_DURATION,
    "ercot_months": ERCOT_MONTHS,
    "seasons": SEASONS,
    "regulation": REGULATION,
    "costs": COSTS,
    "btc_history": BTC_HISTORY,
    "hyperscaler_capex": HYPERSCALER_CAPEX,
    "pivot_targets": PIVOT_TARGETS,
}
