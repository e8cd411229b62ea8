"""Exogenous drivers: everything that moves by itself and does not answer to what the sector does.

Since nothing in the model feeds back on them, all paths are made before the first month. Month 0 stands at the
values of the scenario; noise sets in with month 1. A longer run has the same first months.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.coin_price import coin_paths
from sim.economics import Floats, Numbers
from sim.months import month_number
from sim.streams import Streams

if TYPE_CHECKING:
    from sim.scenario.blocks import Shock
    from sim.tables import Table, Tables

# Share of a deviation that is left a month later.
FEES_PERSISTENCE = 0.9  # monthly fees 2014-2026: first autocorrelation of their logarithm 0.92
RATE_PERSISTENCE = 0.98  # assumption: half of a move in long rates is gone after three years
MULTIPLE_PERSISTENCE = 0.94  # assumption: half is gone after a year
GPU_RENT_PERSISTENCE = 0.94  # assumption: scarcity and glut of 2023-26 took about a year each
DEMAND_PERSISTENCE = 0.7  # the leasing dip of early 2025 lasted two quarters (facts: hyperscaler_demand)

COIN_MULTIPLE_CORRELATION = 0.5  # assumption: shares of miners move with the coin, and with much else
COMMON_POWER_SHARE = 0.5  # assumption: half of the variance of regional power prices is fuel, common to all
DEMAND_FLOW_SD = 0.25  # monthly innovation; with the persistence above log flows vary by 0.35, quarters by 0.3

# Third-party leasing of AI capacity, GW a year of critical IT from the month named until the next.
# 2023, 2024 and 2025Q2-Q3 as counted by TD Cowen (facts: hyperscaler_demand; Q1 is the rest of 11.3 GW in nine
# months). 2025Q4 and 2026Q1: growth of US lease commitments to 850 bn USD (+204 % in a year, +31 % in a
# quarter) at 23 M USD per MW (1.77 a year over 13 years). 2026Q2: mean of the four quarters before.
LEASED_GW_PER_YEAR = {
    "2023-01": 5.0, "2024-01": 7.0, "2025-01": 7.6, "2025-04": 8.0, "2025-07": 29.6, "2025-10": 25.6,
    "2026-01": 34.4, "2026-04": 24.4,
}  # fmt: skip
CAPEX_YEARS = ("2023", "2024")  # whose leasing and spending give the GW leased per dollar: before the pivot
# What follows is bounded by forecasts of US capacity (same table), about 21 GW of which stood before:
# low: leases to 2028 stay inside the 60 GW of large load that Wood Mackenzie sees online by 2030;
# base: leases to 2031 with the older capacity inside BNEF's 106 GW for 2035, and those of 2025-28 inside the
# 65 GW that Morgan Stanley expects to be needed; high: leases to 2031 inside the 116 GW that utilities have
# committed to (Wood Mackenzie). Flows decay after 2028 because capacity forecasts flatten.
WANTED_GW_PER_YEAR = {
    "low": {
        "2026-07": 8.0, "2027-01": 5.0, "2028-01": 4.0, "2029-01": 3.0, "2030-01": 2.5, "2031-01": 2.0,
    },
    "base": {
        "2026-07": 16.0, "2027-01": 10.0, "2028-01": 7.0, "2029-01": 5.0, "2030-01": 4.0, "2031-01": 3.0,
        "2033-01": 2.0,
    },
    "high": {
        "2026-07": 18.0, "2027-01": 18.0, "2028-01": 15.0, "2029-01": 11.0, "2030-01": 9.0, "2031-01": 7.0,
        "2032-01": 6.0, "2033-01": 5.0,
    },
}  # fmt: skip


class Drivers:
    """All exogenous paths of a batch of runs, float64 arrays of shape (R, M) unless stated.

    btc_price_usd: coin price, USD.
    fees_btc_per_day: transaction fees of the whole network, BTC a day.
    inflation_index: price level, 1 in month 0.
    base_rate: safe interest rate, 1/year, not below zero.
    credit_spread_shock: added to every spread, 1/year (shocks only).
    ltc_factor: factor on loan to cost (shocks only; the lever finance.ltc_scale is not in it).
    equity_multiple_factor: factor on both EBITDA multiples, mean about 1, moves with surprises of the coin price.
    ai_demand_flow_gw: new third-party leasing that tenants want this month, GW of critical IT, whole market.
    ai_demand_gw: stock wanted: all leasing since 2023 up to this month's end, GW of critical IT.
    rent_shock_factor: factor on what tenants would pay (shocks only).
    outside_capacity_factor: factor on what other developers can build in a month (shocks only).
    gpu_rent_usd_per_hour: rent of an H100.
    gpu_scarcity: factor in it that is not the ageing of the cards.
    power_noise: (R, M, X) factor on each region's power price: season, inflation, surprises and shocks.
    tenant_default_probability: (R, M, T) added chance that each tenant fails, in a shock's first month only.
    """

    def __init__(self, params: Any, streams: Streams, tables: Tables, start: str, months: int) -> None:
        """Make all paths.

        `params` has the scenario's blocks bitcoin, power, ai, finance with numbers of shape (R, 1), and the
        list `shocks`; `tables` holds btc_history, regions and seasons; `start` is month 0, "YYYY-MM".
        """
        self.start, self.months = start, months
        self._streams, self._shocks = streams, params.shocks
        self._set_bitcoin(params.bitcoin, tables)
        self._set_capital_markets(params.finance)
        defaults = self._defaults([str(code) for code in tables.tenants["tenant"]])
        self.tenant_default_probability = np.broadcast_to(defaults, (len(streams.runs), *defaults.shape)).copy()
        self._set_ai(params.ai, tables)
        self._set_power(params.power, tables)

    def _set_bitcoin(self, bitcoin: Any, tables: Tables) -> None:
        coin = coin_paths(bitcoin, self._streams, tables.btc_history, self.start, self.months)
        self.btc_price_usd = coin.price * self._shock("coin_price")
        self._coin_surprise = coin.surprise
        innovation_sd = bitcoin.fees_volatility * (1.0 - FEES_PERSISTENCE**2) ** 0.5
        fees = bitcoin.fees_btc_per_day * self._factor("fees", FEES_PERSISTENCE, innovation_sd)
        self.fees_btc_per_day = np.where(np.isnan(coin.fees), fees, coin.fees) * self._shock("fees")

    def _set_capital_markets(self, finance: Any) -> None:
        shape = (len(self._streams.runs), self.months)
        rate_moves = mean_reverting(
            self._streams.normals("rates", self.months), RATE_PERSISTENCE, finance.base_rate_volatility / 12**0.5
        )
        self.base_rate = np.maximum(finance.base_rate + rate_moves, 0.0)
        self.credit_spread_shock = np.broadcast_to(self._added("credit_spread"), shape).copy()
        self.ltc_factor = np.broadcast_to(self._shock("ltc"), shape).copy()
        own = self._streams.normals("multiples", self.months)
        moves = COIN_MULTIPLE_CORRELATION * self._coin_surprise + (1.0 - COIN_MULTIPLE_CORRELATION**2) ** 0.5 * own
        multiples = lognormal_factor(moves, MULTIPLE_PERSISTENCE, finance.multiple_volatility / 12**0.5)
        self.equity_multiple_factor = multiples * self._shock("equity_multiple")

    def _set_ai(self, ai: Any, tables: Tables) -> None:
        path, before = ai_demand_path(ai.demand_path, self.start, self.months, tables.hyperscaler_capex)
        noise = self._factor("ai_demand", DEMAND_PERSISTENCE, DEMAND_FLOW_SD)
        self.ai_demand_flow_gw = path * ai.demand_scale * noise * self._shock("ai_demand")
        self.ai_demand_gw = before + np.cumsum(self.ai_demand_flow_gw, axis=-1)
        self.rent_shock_factor = np.broadcast_to(self._shock("rent"), noise.shape).copy()
        self.outside_capacity_factor = np.broadcast_to(self._shock("outside_capacity"), noise.shape).copy()
        ageing = (1.0 - ai.gpu_rent_decline_per_year) ** self._years()
        scarcity = self._factor("gpu_rent", GPU_RENT_PERSISTENCE, ai.gpu_rent_volatility / 12**0.5)
        self.gpu_scarcity = scarcity * self._shock("gpu_rent")
        self.gpu_rent_usd_per_hour = ai.gpu_rent_usd_per_hour * ageing * self.gpu_scarcity

    def _set_power(self, power: Any, tables: Tables) -> None:
        codes = tables.regions["code"].tolist()
        draws = self._streams.normals("power", (self.months, len(codes) + 1))
        common, own = draws[:, :, :1], draws[:, :, 1:]
        moves = COMMON_POWER_SHARE**0.5 * common + (1.0 - COMMON_POWER_SHARE) ** 0.5 * own
        surprises = lognormal_factor(moves, power.price_persistence, power.price_volatility)
        shocks = shock_factor(self._shocks, "power_price", self.start, self.months, codes)
        seasons = season_factor(tables, self.start, self.months)
        self.inflation_index = (1.0 + power.inflation_per_year) ** self._years()
        self.power_noise = surprises * seasons * shocks * self.inflation_index[:, :, None]

    def _years(self) -> Floats:
        """Years since month 0, (M,)."""
        return np.arange(self.months) / 12.0

    def _factor(self, name: str, persistence: Numbers, innovation_sd: Numbers) -> Floats:
        return lognormal_factor(self._streams.normals(name, self.months), persistence, innovation_sd)

    def _shock(self, kind: str) -> Floats:
        return shock_factor(self._shocks, kind, self.start, self.months)

    def _added(self, kind: str) -> Floats:
        """Sum of the sizes of additive shocks in force, (M,)."""
        total = np.zeros(self.months)
        for shock in _of_kind(self._shocks, kind):
            total += shock.size * shock_strength(shock, self.start, self.months)
        return total

    def _defaults(self, tenants: list[str]) -> Floats:
        """Added default probability (M, T): each shock strikes once, independent of the others."""
        survival = np.ones((self.months, len(tenants)))
        for shock in _of_kind(self._shocks, "tenant_default"):
            first = month_number(shock.start) - month_number(self.start)
            if 0 <= first < self.months:
                hit = np.array([not shock.tenants or code in shock.tenants for code in tenants])
                survival[first] *= np.where(hit, 1.0 - shock.size, 1.0)
        return 1.0 - survival


def mean_reverting(draws: Floats, persistence: Numbers, innovation_sd: Numbers) -> Floats:
    """Deviation x[t] = persistence x[t-1] + innovation_sd draws[t] with x[0] = 0; shape of `draws` (R, M, ...).

    `persistence` and `innovation_sd` are numbers or of shape (R, 1).
    """
    path = np.zeros_like(draws)
    rows = (draws.shape[0],) + (1,) * (draws.ndim - 2)
    keep, sd = (np.broadcast_to(value, (rows[0], 1)).reshape(rows) for value in (persistence, innovation_sd))
    for t in range(1, draws.shape[1]):
        path[:, t] = keep * path[:, t - 1] + sd * draws[:, t]
    return path


def lognormal_factor(draws: Floats, persistence: Numbers, innovation_sd: Numbers) -> Floats:
    """exp of a mean-reverting deviation, corrected to mean 1 in every month; 1 in month 0; shape of `draws`."""
    unit = np.ones((draws.shape[0], draws.shape[1]) + (1,) * (draws.ndim - 2))
    # Variance follows the same recursion with squared coefficients and unit shocks.
    variance = mean_reverting(unit, np.square(persistence), np.square(innovation_sd))
    return np.exp(mean_reverting(draws, persistence, innovation_sd) - 0.5 * variance)


def shock_strength(shock: Shock, start: str, months: int) -> Floats:
    """How much of a shock is in force in each month, 0 to 1, (M,).

    With a ramp of n months it grows in equal steps: 1/(n+1) in its first month, whole n months later. It ends
    at once after its `months`.
    """
    elapsed = np.arange(months) + month_number(start) - month_number(shock.start)
    rising = np.minimum((elapsed + 1.0) / (shock.ramp_months + 1.0), 1.0)
    return np.where((elapsed >= 0) & (elapsed < shock.months), rising, 0.0)


def shock_factor(
    shocks: Iterable[Shock], kind: str, start: str, months: int, regions: Sequence[str] | None = None
) -> Floats:
    """Product of all shocks of a kind that multiply: 1 where none is in force, `size` at full strength.

    Shape (M,); with `regions` (codes) (M, X), where a shock that names regions hits only those.
    """
    factor = np.ones(months if regions is None else (months, len(regions)))
    for shock in _of_kind(shocks, kind):
        effect = 1.0 + (shock.size - 1.0) * shock_strength(shock, start, months)
        if regions is None:
            factor *= effect
        else:
            hit = np.array([not shock.regions or code in shock.regions for code in regions])
            factor *= np.where(hit, effect[:, None], 1.0)
    return factor


def _of_kind(shocks: Iterable[Shock], kind: str) -> list[Shock]:
    return [shock for shock in shocks if shock.kind == kind]


def season_factor(tables: Tables, start: str, months: int) -> Floats:
    """Seasonal factor of each region's power price by month, (M, X)."""
    seasons, calendar = tables.seasons["season"], tables.seasons["calendar_month"]
    by_key = dict(zip(zip(seasons.tolist(), calendar.tolist(), strict=True), tables.seasons["factor"], strict=True))
    year = np.array([[by_key[name, month + 1] for name in tables.regions["season"].tolist()] for month in range(12)])
    return np.take(year, (month_number(start) + np.arange(months)) % 12, axis=0)


def ai_demand_path(name: str, start: str, months: int, capex: Table) -> tuple[Floats, float]:
    """Expected market: new leasing per month [GW] (M,), and the stock leased from 2023 to before `start` [GW].

    Before 2023 nothing is wanted; after the last year of a path its flow goes on. `capex` is the table of
    capital spending by quarter, which the path "capex" follows.
    """
    rates = _leased_by_capex(capex) if name == "capex" else LEASED_GW_PER_YEAR | WANTED_GW_PER_YEAR[name]
    starts = np.array([month_number(month) for month in rates])
    per_month = np.concatenate(([0.0], np.array(list(rates.values())) / 12.0))
    begin = month_number(start)
    numbers = np.arange(min(begin, starts[0]), begin + months)
    flow = np.take(per_month, np.searchsorted(starts, numbers, side="right"))
    return flow[numbers >= begin], float(flow[numbers < begin].sum())


def _leased_by_capex(capex: Table) -> dict[str, float]:
    """GW a year from the first month of each quarter since 2023 on: what was spent, times the GW leased per
    dollar in the years CAPEX_YEARS. The last quarter's spending goes on."""
    quarters = [str(quarter) for quarter in capex["quarter"]]
    spent = dict(zip(quarters, capex["usd_bn"].tolist(), strict=True))
    known = sum(LEASED_GW_PER_YEAR[f"{year}-01"] for year in CAPEX_YEARS)
    per_usd = known / sum(usd for quarter, usd in spent.items() if quarter[:4] in CAPEX_YEARS)
    return {
        f"{quarter[:4]}-{3 * int(quarter[5]) - 2:02d}": 4 * usd * per_usd
        for quarter, usd in spent.items()
        if quarter[:4] >= CAPEX_YEARS[0]
    }
