"""Cases: who looks at which site this month, what is there and what its rigs are worth to him.

The owner of a site decides on its use, the owner of hosted rigs on his rigs; the host of such a block may
take it for AI.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Index, Mask, Rows
from sim.kernels import cases as kernels
from sim.kernels.rigs import Machines, value_fleets
from sim.phases import dispatch

if TYPE_CHECKING:
    from sim.sector import Sector

OWN, HOST, CLIENT = kernels.OWN, kernels.HOST, kernels.CLIENT
OUTDATED = 1.3  # rigs this much hungrier than the newest on sale may be replaced


@dataclass
class Cases:
    """n cases: who looks at which site, and what is there (``sim.kernels.cases.There``). MW are grid MW, costs
    USD/MWh at the plug, values USD.

    ``old_mw``, ``old_value`` and ``old_scrap`` (n, 2) are of outdated rigs, as in ``sim.kernels.rigs.Fleets``,
    valued by ``machines``.
    """

    at: Rows
    by: Rows
    role: Index
    region: Index
    hosting_end: Index
    connected: Array
    racks: Array
    racks_ordered: Array
    rigs_ordered: Array
    empty: Array
    halls: Array
    vacant: Array
    idle_now: Array
    idle_soon: Array
    months_to_power: Array
    suitability: Array
    rig_mw: Array
    power_cost: Array
    hashprice: Array
    rig_value: Array
    rig_scrap: Array
    yearly_margin: Array
    old_mw: Array
    old_value: Array
    old_scrap: Array
    machines: Machines

    @property
    def run(self) -> Index:
        return self.at.run

    @property
    def firm(self) -> Index:
        return self.by.row

    def __len__(self) -> int:
        return len(self.at)

    @cached_property
    def unit(self) -> Array:
        """USD of the unit of values (n,): 1 M USD for each MW connected now and soon, for half a MW at least."""
        return np.maximum(self.connected + self.idle_soon - self.idle_now, 0.5) * 1e6

    def p(self, column: Array) -> Array:
        """A parameter (R, 1) at each case."""
        return np.take(column, self.at.run)  # a column of one entry per run


def due_firms(s: Sector) -> Mask:
    """Firms whose quarterly review falls into this month (R, F)."""
    months = int(s.P.behaviour.review_months)
    return s.firms.alive & (s.firms.review_phase == -s.t % months)


def power_cost(s: Sector, at: Rows) -> Array:
    """Expected cost of a MWh of hashing at some sites (n,), beside the site's fixed cost."""
    sites, adder = s.sites, dispatch.running_cost(s) + s.regions.tariff
    return kernels.cost_per_mwh(
        at.run, at.row, sites.fixed_share, sites.contract, sites.region, s.now.inflation, s.regions.price, adder
    )


def gather(s: Sector) -> Cases:
    """All cases of the month in the order own, host, client within each run."""
    looks = kernels.list_cases(s.sites.owner, s.sites.miner, due_firms(s))
    at, by = Rows(looks.run, looks.site), Rows(looks.run, looks.firm)
    there = kernels.describe(_ground(s), at.run, at.row, s.t)
    cost, seen = power_cost(s, at), machines(s)
    hashprice = by.get(s.firms.hashprice_view) * (1 - np.take(s.P.bitcoin.pool_fee, at.run))
    fleets = value_fleets(s.rigs.ehs, at.run, at.row, hashprice, cost, outdated(s), rack_cost(s), seen)
    return Cases(
        at=at, by=by, role=looks.role, **there._asdict(), rig_mw=fleets.mw, power_cost=cost, hashprice=hashprice,
        rig_value=fleets.value, rig_scrap=fleets.scrap,
        yearly_margin=fleets.margin * np.take(s.P.power.availability, at.run), old_mw=fleets.old_mw,
        old_value=fleets.old_value, old_scrap=fleets.old_scrap, machines=seen,
    )  # fmt: skip


def _ground(s: Sector) -> kernels.Ground:
    """The sites as the kernel reads them."""
    sites, fields = s.sites, kernels.Ground._fields
    own = {name: getattr(sites, name) for name in fields if hasattr(sites, name)}
    months = s.P.policy.ai_priority_months[:, 0], s.P.behaviour.look_ahead_months[:, 0]
    return kernels.Ground(
        **own, rigs=s.rig_mw_by_site, rigs_ordered=s.rigs.ordered_mw, priority=months[0], look_ahead=months[1]
    )


def machines(s: Sector) -> Machines:
    """The generations as owners and buyers of their rigs see them."""
    rigs, p = s.rigs, s.P
    return Machines(
        mw_per_ehs=rigs.j_per_th * p.power.mining_overhead, used=rigs.used * 1e6, life=remaining_life(s),
        decline=s.expected_decline[:, 0], discount=p.finance.mining_discount_rate[:, 0],
        uptime=p.power.availability[:, 0],
    )  # fmt: skip


def outdated(s: Sector) -> Mask:
    """Generations that may be replaced (R, G)."""
    newest = np.take_along_axis(s.rigs.j_per_th, s.on_sale[:, :1], axis=1)
    return s.rigs.j_per_th > OUTDATED * newest


def rack_cost(s: Sector) -> Array:
    """What a new rack costs now (R,), USD per MW."""
    return s.P.rigs.rack_capex_usd_per_mw[:, 0] * s.now.inflation


def remaining_life(s: Sector) -> Array:
    """Years a machine of each generation is still expected to serve (R, G): its life less half its age."""
    age = np.maximum(s.t - s.rigs.release, 0.0)
    return np.maximum(s.P.rigs.life_months - 0.5 * age, 12.0) / 12
