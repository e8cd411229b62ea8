"""One site, now: what every use of a megawatt earns, costs and returns, by the functions the engine itself uses.

``calculate(SiteInputs(...))`` is pure: the market of the start month (rig prices, tenants' credit terms, rents,
regional power) is read once from the baseline and kept. MW are grid MW unless a name says IT; money is USD.
"""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import calculator_mixes, calculator_uses
from experiments.calculator_uses import Use
from experiments.told import Told
from sim.errors import UserError, did_you_mean
from sim.phases import dispatch, rig_market
from sim.scenario import Scenario
from sim.sector import Sector
from sim.state import CREDITS

if TYPE_CHECKING:
    import pandas as pd

SENSITIVITY_FACTORS = (0.7, 0.85, 1.0, 1.15, 1.3)
COLUMNS = (
    "name", "kind", "efficiency_j_per_th", "revenue_usd_per_mwh", "power_cost_usd_per_mwh",
    "other_cost_usd_per_mwh", "margin_usd_per_mwh", "margin_usd_per_mw_year", "capex_usd_per_mw", "payback_years",
    "irr", "equity_usd_per_mw", "equity_return", "equity_return_replacing_rigs", "npv_usd_per_mw",
    "breakeven_usd_per_mwh", "breakeven_net_usd_per_mwh", "breakeven_hashprice_usd_per_ph_day",
    "breakeven_rent_usd_m_per_mw_year", "smallest_mw",
)  # fmt: skip


@dataclass(frozen=True)
class SiteInputs:
    """A site and today's market. None takes the baseline's figure of its start month.

    ``mw`` grid MW; ``power_price_usd_per_mwh`` all in at the plug; ``hashprice_usd_per_ph_day`` wins over
    ``coin_price_usd`` (from which it follows at today's network hashrate and fees); ``rent_usd_m_per_mw_year`` of a
    new colocation hall per critical IT MW; ``tenant`` the credit of who rents; ``replaces_j_per_th`` efficiency of
    the running rigs that a hall would displace; ``capex_limit_usd`` bounds the best mix.
    """

    region: str = "ERCOT"
    mw: float = 50.0
    power_price_usd_per_mwh: float | None = None
    hashprice_usd_per_ph_day: float | None = None
    coin_price_usd: float | None = None
    rent_usd_m_per_mw_year: float | None = None
    tenant: str = "investment_grade"
    replaces_j_per_th: float | None = None
    capex_limit_usd: float | None = None


@dataclass(frozen=True, repr=False)
class Calculation(Told):
    """What ``calculate`` found: ``site`` (inputs with every default filled in), and tables as frames.

    ``workloads`` one row per use of a MW (COLUMNS), ``mixes`` the same measures for hybrid sites, ``best_mix`` the
    mix of greatest net present value that fits site, tenants' smallest leases and capex limit, ``sensitivity``
    margins when hashprice, power price or rent move.
    """

    site: dict[str, Any]
    workloads: pd.DataFrame
    mixes: pd.DataFrame
    best_mix: dict[str, Any]
    sensitivity: pd.DataFrame

    def use(self, name: str) -> dict[str, Any]:
        """The row of one use of a MW; raises UserError with the nearest name."""
        rows = {str(row["name"]): row for row in records(self.workloads)}
        if name not in rows:
            raise UserError(did_you_mean(name, list(rows), "use"))
        return rows[name]

    def to_json(self) -> dict[str, Any]:
        """The shape of ``hashpivot calculator --json``; what is not defined (no payback, no limit) is null."""
        return {
            "site": self.site,
            "workloads": records(self.workloads),
            "best_mix": self.best_mix,
            "mixes": records(self.mixes),
            "sensitivity": records(self.sensitivity),
        }


def calculate(site: SiteInputs) -> Calculation:
    """All uses of the site's megawatts side by side; raises UserError for a site that makes no sense."""
    import pandas as pd

    market = market_of(site)
    uses = calculator_uses.all_uses(market)
    mixes = calculator_mixes.named_mixes(uses, market.site.mw)
    return Calculation(
        site=asdict(market.site) | {"gross_per_it": market.gross_per_it, "date": market.date},
        workloads=pd.DataFrame([use.row() for use in uses], columns=list(COLUMNS)),
        mixes=pd.DataFrame(mixes),
        best_mix=calculator_mixes.best_mix(uses, market.site.mw, market.site.capex_limit_usd),
        sensitivity=pd.DataFrame(_sensitivity(market, uses)),
    )


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values, with None for what is missing or infinite."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        {
            str(key): None if isinstance(value, float) and not np.isfinite(value) else value
            for key, value in row.items()
        }
        for row in plain.to_dict(orient="records")
    ]


# ------------------------------------------------------------------ today's market


@dataclass(frozen=True)
class Market:
    """The sector of the start month as one site sees it; ``site`` has every default filled in."""

    sector: Sector
    site: SiteInputs
    region: int
    date: str
    gross_per_it: float

    def p(self, path: str) -> float:
        """A parameter's plain value, as in p("power.availability")."""
        block, name = path.split(".")
        return float(np.ravel(getattr(getattr(self.sector.P, block), name))[0])

    @property
    def credit(self) -> int:
        """Row of the tenant's credit."""
        return CREDITS.index(self.site.tenant)


@lru_cache(maxsize=1)
def _baseline() -> Sector:
    """The baseline's sector in its first month, assumptions at their given values. Never changed: see market_of."""
    return Sector(Scenario.load("baseline"), months=1, mode="fixed")


def market_of(site: SiteInputs) -> Market:
    """Today's market with the site's own prices put in, rig prices following; raises UserError."""
    base = _baseline()
    codes = [str(code) for code in base.tables.regions["code"]]
    if site.region not in codes:
        raise UserError(did_you_mean(site.region, codes, "region"))
    if site.tenant not in CREDITS:
        raise UserError(did_you_mean(site.tenant, list(CREDITS), "tenant credit"))
    _check_numbers(site)
    region = codes.index(site.region)
    # copies of what changes, so that visitors with other prices share the rest
    sector = copy.copy(base)
    sector.now, sector.rigs = copy.copy(base.now), copy.copy(base.rigs)
    now = sector.now
    now.gpu_rent = base.P.ai.gpu_rent_usd_per_hour[:, 0]
    if site.coin_price_usd is not None:
        now.btc_price = np.full(1, float(site.coin_price_usd))
        coins = dispatch.coins_per_day(sector, now.hashrate)
        now.hashprice = now.btc_price * coins / (now.hashrate * 1000)
    if site.hashprice_usd_per_ph_day is not None:
        now.hashprice = np.full(1, float(site.hashprice_usd_per_ph_day))
    if site.rent_usd_m_per_mw_year is not None:
        now.rent = np.full(1, float(site.rent_usd_m_per_mw_year))
    rig_market.update_market(sector)
    filled = replace(
        site,
        power_price_usd_per_mwh=_or(site.power_price_usd_per_mwh, base.regions.base_price[0, region]),
        hashprice_usd_per_ph_day=float(now.hashprice[0]),
        coin_price_usd=float(now.btc_price[0]),
        rent_usd_m_per_mw_year=float(now.rent[0]),
        replaces_j_per_th=_or(site.replaces_j_per_th, _fleet_efficiency(base)),
    )
    gross = float(np.ravel(base.P.ai.gross_per_it)[0])
    return Market(sector, filled, region, str(base.P.world.start), gross)


def _or(value: float | None, default: float) -> float:
    return float(default if value is None else value)


def _fleet_efficiency(s: Sector) -> float:
    """J/TH of the rigs that run in the start month."""
    hashrate, power = float(s.dispatched.ehs.sum()), float(s.dispatched.mw.sum())
    return power / float(np.ravel(s.P.power.mining_overhead)[0]) / hashrate


def _check_numbers(site: SiteInputs) -> None:
    limits = {
        "mw": (0.01, 10_000.0),
        "power_price_usd_per_mwh": (0.0, 1_000.0),
        "hashprice_usd_per_ph_day": (0.1, 10_000.0),
        "coin_price_usd": (1.0, 1e8),
        "rent_usd_m_per_mw_year": (0.01, 100.0),
        "replaces_j_per_th": (1.0, 1_000.0),
        "capex_limit_usd": (0.0, 1e13),
    }
    for name, (low, high) in limits.items():
        value = getattr(site, name)
        if value is not None and not low <= value <= high:  # NaN fails as well
            raise UserError(f"{name} must be between {low:g} and {high:g}, not {value:g}.")


def _sensitivity(market: Market, uses: list[Use]) -> list[dict[str, Any]]:
    """Margin per MW-year of the best rig, colocation and cloud when one input moves by SENSITIVITY_FACTORS."""
    best_rig = max((use for use in uses if use.kind == "rigs"), key=lambda use: use.npv)
    names = [best_rig.name, "Colocation", "GPU cloud"]
    rows = []
    for field in ("hashprice_usd_per_ph_day", "power_price_usd_per_mwh", "rent_usd_m_per_mw_year"):
        for factor in SENSITIVITY_FACTORS:
            value = getattr(market.site, field) * factor
            moved = market_of(replace(market.site, **{field: value}))
            by_name = {use.name: use for use in calculator_uses.all_uses(moved)}
            for name in names:
                use = by_name[name]
                rows.append({
                    "input": field, "factor": factor, "value": value, "name": name,
                    "margin_usd_per_mw_year": use.margin_per_mw_year, "equity_return": use.equity_return,
                    "npv_usd_per_mw": use.npv,
                })  # fmt: skip
    return rows
