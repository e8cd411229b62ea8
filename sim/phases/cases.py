"""Cases: who looks at which site this month, what is there and what its rigs are worth to him.

The owner of a site decides on its use, the owner of hosted rigs on his rigs; the host of such a block may
take it for AI.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    """n cases: who looks at which site, and what is there. MW are grid MW, costs USD/MWh at the plug, values USD.

    ``old_mw``, ``old_value`` and ``old_scrap`` (n, 2) are of outdated rigs, as in ``sim.kernels.rigs.Fleets``.
    """

    at: Rows
    role: Index
    firm: Index
    region: Index
    connected: Array
    racks: Array
    rig_mw: Array
    vacant: Array
    idle_now: Array
    idle_soon: Array
    months_to_power: Array
    power_cost: Array
    hashprice: Array
    rig_value: Array
    rig_scrap: Array
    yearly_margin: Array
    ehs: Array
    old_mw: Array
    old_value: Array
    old_scrap: Array

    @property
    def run(self) -> Index:
        return self.at.run

    def __len__(self) -> int:
        return len(self.at)

    @property
    def size(self) -> Array:
        """MW by which values are told (n,): connected now and soon, half a MW at least."""
        return np.maximum(self.connected + self.idle_soon - self.idle_now, 0.5)

    def p(self, column: Array) -> Array:
        """A parameter (R, 1) at each case."""
        return np.take(column, self.at.run)  # a column of one entry per run


def due_firms(s: Sector) -> Mask:
    """Firms whose quarterly review falls into this month (R, F)."""
    months = int(s.P.behaviour.review_months)
    return s.firms.alive & ((s.t + s.firms.review_phase) % months == 0)


def power_cost(s: Sector) -> Array:
    """Expected cost of a MWh of hashing at each site (R, S), beside the site's fixed cost."""
    sites, adder = s.sites, dispatch.running_cost(s) + s.regions.tariff
    return kernels.cost_per_mwh(
        sites.fixed_share, sites.contract, sites.region, s.now.inflation, s.regions.price, adder
    )


def gather(s: Sector) -> Cases:
    """All cases of the month in the order own, host, client within each run."""
    looks = kernels.list_cases(s.sites.owner, s.sites.miner, due_firms(s))
    at = Rows(looks.run, looks.site)
    there = kernels.describe(_ground(s), at.run, at.row, s.t)
    cost, ehs = at.get(power_cost(s)), at.get(s.rigs.ehs)
    hashprice = s.firms.hashprice_view[at.run, looks.firm] * (1 - s.P.bitcoin.pool_fee[at.run, 0])
    fleets = value_fleets(ehs, at.run, hashprice, cost, outdated(s), rack_cost(s), machines(s))
    return Cases(
        at=at, role=looks.role, firm=looks.firm, region=there.region, connected=there.connected, racks=there.racks,
        rig_mw=fleets.mw, vacant=there.vacant, idle_now=there.idle_now, idle_soon=there.idle_soon,
        months_to_power=there.months_to_power, power_cost=cost, hashprice=hashprice, rig_value=fleets.value,
        rig_scrap=fleets.scrap, yearly_margin=fleets.margin * s.P.power.availability[at.run, 0], ehs=ehs,
        old_mw=fleets.old_mw, old_value=fleets.old_value, old_scrap=fleets.old_scrap,
    )  # fmt: skip


def _ground(s: Sector) -> kernels.Ground:
    """The sites as the kernel reads them."""
    sites, fields = s.sites, kernels.Ground._fields
    own = {name: getattr(sites, name) for name in fields if hasattr(sites, name)}
    months = s.P.policy.ai_priority_months[:, 0], s.P.behaviour.look_ahead_months[:, 0]
    return kernels.Ground(**own, priority=months[0], look_ahead=months[1])


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
