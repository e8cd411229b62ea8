"""Dated rules: the scenario's policy with its ramps, and the measures in force of the regulation table.

Carbon price, tax and ban bring their own first month; every other lever is dated by a measure of the scenario
(``Params.set_month``), which can also change or end those three.

Rules in force before the start are in the start's facts already (prices, where the hashrate stands); only what
changes after the start is applied. Proposed measures are not applied; a scenario adds them.
"""

from __future__ import annotations

import numpy as np

from sim.arrays import Array
from sim.months import month_number, phased_in
from sim.scenario.params import Params
from sim.tables.load import Tables

APPLIED = ("in_force", "announced")
ALLOWED_AS_OF = "2024-01"


class Rules:
    """Answers, for month ``t`` since the start, what holds in each region: arrays (R, X) or (X,)."""

    def __init__(self, params: Params, tables: Tables, start_month: int) -> None:
        self.params, self.start = params, start_month
        self.codes = [str(code) for code in tables.regions["code"]]
        self.base_price = tables.regions["miner_price_usd_per_mwh"].astype(float)
        # the regions table says what is allowed in 2026; for earlier starts the dated measures say it
        lately = start_month >= month_number(ALLOWED_AS_OF)
        self.may_mine = tables.regions["new_mining_allowed"].astype(float) if lately else np.ones(len(self.codes))
        self.may_host = tables.regions["new_ai_allowed"].astype(float)
        self.measures: dict[str, list[tuple[int, int, int, float]]] = {}
        self.existing = bool(params.policy.existing_rules)
        for row in range(len(tables.regulation) if self.existing else 0):
            t = tables.regulation
            if str(t["status"][row]) in APPLIED:
                end = str(t["end"][row])
                span = (month_number(str(t["start"][row])), month_number(end) if end else 10**6)
                entry = (self.codes.index(str(t["region"][row])), *span, float(t["value"][row]))
                self.measures.setdefault(str(t["kind"][row]), []).append(entry)

    @property
    def adaptive_strength(self) -> Array:
        """Strength of the adaptive reaction (R, 1); zero for regulators that follow the schedule."""
        strength = self.params.policy.adaptive_strength
        return strength if self.params.policy.regulator == "adaptive" else np.zeros_like(strength)

    def level(self, kind: str, t: int, otherwise: float) -> Array:
        """Value in force of a kind of measure in each region (X,), ``otherwise`` where there is none."""
        values = np.full(len(self.codes), otherwise)
        for region, first, last, value in self.measures.get(kind, ()):
            if first <= self.start + t <= last:
                values[region] = value
        return values

    def change(self, kind: str, t: int, otherwise: float) -> Array:
        """How far a measure differs from the start's (X,), which the start's facts contain."""
        return self.level(kind, t, otherwise) - self.level(kind, -1, otherwise)

    def ramp(self, first_month: str, months: Array, t: int) -> Array:
        """Share of a policy in force (R, 1): zero before its first month, then in equal steps to one."""
        return phased_in(self.start + t - month_number(first_month), months)

    def carbon_price(self, t: int) -> Array:
        """Additional carbon price (R, X), USD/t."""
        p = self.params.policy
        return np.repeat(p.carbon_price_usd_per_t * self.ramp(p.carbon_from, p.carbon_ramp_months, t), self.n, axis=1)

    def excise(self, t: int) -> Array:
        """Tax on power for mining (R, X), USD/MWh."""
        p = self.params.policy
        added = p.mining_excise_usd_per_mwh * self.ramp(p.excise_from, p.excise_ramp_months, t)
        return added + self.change("mining_excise_usd_per_mwh", t, 0.0)

    def hashing_allowed(self, t: int) -> Array:
        """Share of hashing that bans leave in each region (R, X)."""
        p = self.params.policy
        banned = np.array([code in p.mining_ban_regions for code in self.codes], dtype=float)
        share = p.mining_ban_compliance * self.ramp(p.mining_ban_from, p.mining_ban_ramp_months, t)
        before = self.level("mining_ban_share", -1, 0.0)
        existing = (1 - self.level("mining_ban_share", t, 0.0)) / (1 - before)
        return np.minimum((1 - share * banned) * existing, 1.0)

    def tariff(self, t: int) -> Array:
        """Rise of regulated power prices for miners since the start (R, X), USD/MWh."""
        rise = self.level("mining_tariff_usd_per_mwh", t, 0.0) - np.maximum(
            self.level("mining_tariff_usd_per_mwh", -1, 0.0), self.base_price
        )
        return np.repeat(np.maximum(rise, 0.0)[None, :], self.runs, axis=0)

    def ai_tariff(self, t: int) -> Array:
        """Rise of regulated power prices for AI halls since the start (R, X), USD/MWh."""
        rise = np.maximum(self.level("ai_tariff_usd_per_mwh", t, 0.0) - self.base_price, 0.0)
        return np.repeat(rise[None, :], self.runs, axis=0)

    def asic_tariff(self, t: int) -> Array:
        """Import duty on rigs (R, X), share of their price: the lever everywhere, the table's where it applies."""
        return self.params.rigs.tariff_share + self.level("asic_tariff_share", t, 0.0)

    def new_mining(self, t: int) -> Array:
        """1 where new racks may be connected, 0 where not (R, X)."""
        allowed = (self.may_mine if self.existing else np.ones(self.n)) * (1 - self.level("no_new_mining", t, 0.0))
        return np.repeat(allowed[None, :], self.runs, axis=0) * (self.hashing_allowed(t) > 0.5)

    def new_ai(self, t: int) -> Array:
        """1 where AI halls may be let, 0 where not (R, X)."""
        return np.repeat(self.may_host[None, :], self.runs, axis=0)

    @property
    def n(self) -> int:
        return len(self.codes)

    @property
    def runs(self) -> int:
        return len(self.params.policy.carbon_price_usd_per_t)
