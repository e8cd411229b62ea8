"""Cases: who looks at which site, what is there, and what hashing costs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiled import Array, Index, Mask, compiled

OWN, HOST, CLIENT = range(3)  # what somebody is at a site


class Looks(NamedTuple):
    """n cases: ``run``, ``site``, ``role`` and ``firm``."""

    run: Index
    site: Index
    role: Index
    firm: Index


@compiled
def list_cases(owner: Index, miner: Index, due: Mask) -> Looks:
    """All looks at sites (R, S) of firms that are ``due`` (R, F), in the order of run, role and site.

    Where rigs are hosted the owner of the site is their host and their owner his client.
    """
    runs, sites = owner.shape
    found, n = np.empty((4, 2 * runs * sites), np.int64), 0
    hosted, clients = np.empty(sites, np.int64), np.empty(sites, np.int64)
    for run in range(runs):
        hosts = guests = 0
        for site in range(sites):
            mine, theirs = owner[run, site], miner[run, site]
            if mine < 0:
                continue
            if theirs < 0 or theirs == mine:
                found[0, n], found[1, n], found[2, n], found[3, n] = run, site, OWN, mine
                n += due[run, mine]  # the next overwrites it if there is none: quicker than to ask before
                continue
            hosted[hosts], clients[guests] = site, site
            hosts += due[run, mine]
            guests += due[run, theirs]
        for site in hosted[:hosts]:
            found[0, n], found[1, n], found[2, n], found[3, n] = run, site, HOST, owner[run, site]
            n += 1
        for site in clients[:guests]:
            found[0, n], found[1, n], found[2, n], found[3, n] = run, site, CLIENT, miner[run, site]
            n += 1
    return Looks(found[0, :n], found[1, :n], found[2, :n], found[3, :n])


@compiled
def cost_per_mwh(
    run: Index, site: Index, fixed_share: Array, contract: Array, region: Index, inflation: Array, spot: Array,
    adder: Array,
) -> Array:  # fmt: skip
    """Expected cost of a MWh at some sites (n,): contract and spot price by ``fixed_share``, and the ``adder``.

    ``fixed_share``, ``contract`` in prices of the start and ``region`` (R, S); ``inflation`` (R,); mean ``spot``
    price and ``adder`` (R, X).
    """
    cost = np.empty(len(run))
    for k in range(len(run)):
        r, i = run[k], site[k]
        fixed, x = fixed_share[r, i], region[r, i]
        price = fixed * contract[r, i] * inflation[r] + (1.0 - fixed) * spot[r, x]
        cost[k] = price + adder[r, x]
    return cost


class Ground(NamedTuple):
    """Sites (R, S): region; MW connected, of racks, of those ordered and leaving, of rigs and of rigs on order, of
    AI halls in use and in building, vacant, of own GPUs; MW in the ``pipeline`` and the month they come;
    suitability, and the month until which rigs of another stay. Months (R,): ``priority`` of AI in the queue, and
    how far firms ``look_ahead``."""

    region: Index
    connected: Array
    racks: Array
    racks_ordered: Array
    racks_leaving: Array
    rigs: Array
    rigs_ordered: Array
    ai_gross: Array
    ai_building: Array
    vacant: Array
    legacy_gpu: Array
    pipeline: Array
    pipeline_month: Index
    suitability: Array
    hosting_end: Index
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
    """What is at n sites: region and month until which rigs of another stay; MW ``connected``, of ``racks`` to plan
    with, of racks and of rigs on order, of powered racks that are ``empty`` (below zero where rigs wait for one), of
    AI ``halls`` and GPUs, of ``vacant`` halls, idle ``now`` and ``soon``, with months to wait for the latter;
    suitability."""

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


@compiled
def describe(ground: Ground, run: Index, site: Index, month: int) -> There:
    """What is at the sites of a list of cases (n,)."""
    n = len(run)
    whole, part = np.empty((2, n), np.int64), np.empty((11, n))
    there = There(
        whole[0], whole[1], part[0], part[1], part[2], part[3], part[4], part[5], part[6], part[7], part[8], part[9],
        part[10],
    )  # fmt: skip
    for k in range(n):
        r, i = run[k], site[k]
        leaving = min(ground.racks_leaving[r, i], ground.racks[r, i])
        racks = ground.racks[r, i] - leaving  # racks promised to a hall are no longer the firm's to plan with
        ordered, vacant = ground.racks_ordered[r, i], ground.vacant[r, i]
        in_use, building, gpus = ground.ai_gross[r, i], ground.ai_building[r, i], ground.legacy_gpu[r, i]
        taken = racks + ordered + in_use + building + vacant + gpus
        wait = ground.pipeline_month[r, i] - month - ground.priority[r]
        idle = idle_power(ground.connected[r, i], taken, leaving, ground.pipeline[r, i], wait, ground.look_ahead[r])
        there.region[k], there.hosting_end[k] = ground.region[r, i], ground.hosting_end[r, i]
        there.connected[k], there.racks[k], there.racks_ordered[k] = ground.connected[r, i], racks, ordered
        there.rigs_ordered[k], there.halls[k] = ground.rigs_ordered[r, i], in_use + building + gpus
        there.empty[k] = ground.racks[r, i] - ground.rigs[r, i] - ground.rigs_ordered[r, i]
        there.vacant[k], there.suitability[k] = vacant, ground.suitability[r, i]
        there.idle_now[k], there.idle_soon[k], there.months_to_power[k] = idle.now, idle.soon, idle.months
    return there
