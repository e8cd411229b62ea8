"""Cases: who looks at which site, what is there, and what hashing costs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiled import Array, Index, Mask, compiled

OWN, HOST, CLIENT = range(3)  # what somebody is at a site


@compiled
def role_of(owner: int, miner: int, owner_due: bool, miner_due: bool, role: int) -> bool:
    """Does somebody of this role look at a site now? Where rigs are hosted, its owner is their host."""
    hosted = miner >= 0 and miner != owner
    if owner < 0:
        return False
    if role == CLIENT:
        return hosted and miner_due
    return owner_due and hosted == (role == HOST)


class Looks(NamedTuple):
    """n cases: ``run``, ``site``, ``role`` and ``firm``."""

    run: Index
    site: Index
    role: Index
    firm: Index


@compiled
def list_cases(owner: Index, miner: Index, due: Mask) -> Looks:
    """All looks at sites (R, S) of firms that are ``due`` (R, F), in the order of run, role and site."""
    runs, sites = owner.shape
    found, n = np.empty((4, 2 * runs * sites), np.int64), 0
    for run in range(runs):
        for role in range(3):
            for site in range(sites):
                mine, theirs = owner[run, site], miner[run, site]
                if mine < 0:
                    continue
                if role_of(mine, theirs, due[run, mine], theirs >= 0 and due[run, theirs], role):
                    found[0, n], found[1, n], found[2, n] = run, site, role
                    found[3, n] = theirs if role == CLIENT else mine
                    n += 1
    return Looks(found[0, :n], found[1, :n], found[2, :n], found[3, :n])


@compiled
def cost_per_mwh(
    fixed_share: Array, contract: Array, region: Index, inflation: Array, spot: Array, adder: Array
) -> Array:
    """Expected cost of a MWh at each site (R, S): contract and spot price by ``fixed_share``, and the ``adder``.

    ``fixed_share``, ``contract`` in prices of the start and ``region`` (R, S); ``inflation`` (R,); mean ``spot``
    price and ``adder`` (R, X).
    """
    cost = np.empty(region.shape)
    for run in range(cost.shape[0]):
        for site in range(cost.shape[1]):
            fixed, x = fixed_share[run, site], region[run, site]
            price = fixed * contract[run, site] * inflation[run] + (1.0 - fixed) * spot[run, x]
            cost[run, site] = price + adder[run, x]
    return cost


class Ground(NamedTuple):
    """Sites (R, S): region; MW connected, of racks, of those ordered and leaving, of AI halls in use and in building,
    vacant, of own GPUs; MW in the ``pipeline`` and the month they come. Months (R,): ``priority`` of AI in the
    queue, and how far firms ``look_ahead``."""

    region: Index
    connected: Array
    racks: Array
    racks_ordered: Array
    racks_leaving: Array
    ai_gross: Array
    ai_building: Array
    vacant: Array
    legacy_gpu: Array
    pipeline: Array
    pipeline_month: Index
    priority: Array
    look_ahead: Array


class Power(NamedTuple):
    """Connected MW in nobody's use ``now`` and ``soon``, and the months to wait for them."""

    now: float
    soon: float
    months: float


@compiled
def idle_power(
    connected: float, taken: float, leaving: float, coming: float, wait: float, look_ahead: float
) -> Power:
    """MW that lie idle where so many are ``taken``, racks that are ``leaving`` not counted among these.

    What comes within the time that firms ``look_ahead`` counts soon.
    """
    expected = coming if wait <= look_ahead else 0.0
    now = max(connected - taken - leaving, 0.0)
    return Power(now, max(connected + expected - taken, 0.0), max(wait, 0.0) if now < expected else 0.0)


class There(NamedTuple):
    """What is at n sites: region; MW ``connected``, of ``racks`` to plan with, ``vacant`` halls, idle ``now`` and
    ``soon``, and months to wait for the latter."""

    region: Index
    connected: Array
    racks: Array
    vacant: Array
    idle_now: Array
    idle_soon: Array
    months_to_power: Array


@compiled
def describe(ground: Ground, run: Index, site: Index, month: int) -> There:
    """What is at the sites of a list of cases (n,)."""
    n = len(run)
    region, found = np.empty(n, np.int64), np.empty((6, n))
    for k in range(n):
        r, i = run[k], site[k]
        leaving = min(ground.racks_leaving[r, i], ground.racks[r, i])
        racks = ground.racks[r, i] - leaving  # racks promised to a hall are no longer the firm's to plan with
        taken = racks + ground.racks_ordered[r, i] + ground.ai_gross[r, i] + ground.ai_building[r, i]
        taken = taken + ground.vacant[r, i] + ground.legacy_gpu[r, i]
        wait = ground.pipeline_month[r, i] - month - ground.priority[r]
        idle = idle_power(
            ground.connected[r, i], taken, leaving, ground.pipeline[r, i], wait, ground.look_ahead[r]
        )
        region[k], found[0, k], found[1, k] = ground.region[r, i], ground.connected[r, i], racks
        found[2, k], found[3, k], found[4, k], found[5, k] = ground.vacant[r, i], idle.now, idle.soon, idle.months
    return There(region, found[0], found[1], found[2], found[3], found[4], found[5])
