"""Sites: what they take and cost in a month, added up by who owns the site and who the rigs in it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.kernels.compiled import Array, Index, Mask, compiled


class Hashing(NamedTuple):
    """A month's hashing at each site, (R, S): ``owner`` of the site and of the rigs (``miner``), its ``region``, what
    ran and cost as in ``sim.state.Dispatch``, and what the host's power costs, USD/MWh."""

    owner: Index
    miner: Index
    region: Index
    ehs: Array
    mwh: Array
    power_cost: Array
    resale: Array
    supply: Array


class Accounts(NamedTuple):
    """Sums by firm, (R, F), USD: of rigs ``ehs``, ``mwh``, ``excise``, ``carbon`` and the ``fees`` paid to hosts; of
    sites the power bill of ``own`` rigs, that of ``hosted`` ones and the fees for it, ``resale``. ``bill`` (R, S) is
    what the site's power cost."""

    ehs: Array
    mwh: Array
    excise: Array
    carbon: Array
    fees: Array
    own: Array
    hosted: Array
    earned: Array
    resale: Array
    bill: Array


@compiled
def mining_accounts(
    s: Hashing, tariff: Array, excise: Array, carbon: Array, inflation: Array, firms: int
) -> Accounts:
    """Add up a month's hashing; ``tariff``, ``excise`` and ``carbon`` (R, X) USD/MWh, ``inflation`` (R,)."""
    runs, sites = s.owner.shape
    total, bill = np.zeros((9, runs, firms)), np.zeros((runs, sites))
    ehs, mwh, duties, emitted, fees, own, hosted, earned, resale = total
    for run in range(runs):
        for k in range(sites):
            owner, miner, region = s.owner[run, k], s.miner[run, k], s.region[run, k]
            energy, cost = s.mwh[run, k], s.power_cost[run, k]
            if miner >= 0:
                ehs[run, miner] += s.ehs[run, k]
                mwh[run, miner] += energy
                duties[run, miner] += energy * excise[run, region]
                emitted[run, miner] += energy * carbon[run, region]
            bill[run, k] = cost
            if owner != miner:
                bill[run, k] = energy * (s.supply[run, k] * inflation[run] + tariff[run, region])
                if miner >= 0:
                    fees[run, miner] += cost
            if owner >= 0:
                resale[run, owner] += s.resale[run, k]
                if owner == miner:
                    own[run, owner] += cost
                else:
                    earned[run, owner] += cost
                    hosted[run, owner] += bill[run, k]
    return Accounts(ehs, mwh, duties, emitted, fees, own, hosted, earned, resale, bill)


@compiled
def megawatts(
    owner: Index, miner: Index, connected: Array, racks: Array, hashing: Array, ai: Array, firms: int
) -> tuple[Array, Array]:
    """MW that each firm runs, connections of its own and racks at hosts, and those in use (R, firms).

    ``racks``, and MW of ``hashing`` and ``ai`` at each site (R, S).
    """
    own, rented, rigs, halls = np.zeros((4, len(owner), firms))
    for run in range(owner.shape[0]):
        for k in range(owner.shape[1]):
            if owner[run, k] >= 0:
                own[run, owner[run, k]] += connected[run, k]
                halls[run, owner[run, k]] += ai[run, k]
            if miner[run, k] >= 0:
                rigs[run, miner[run, k]] += hashing[run, k]
                if miner[run, k] != owner[run, k]:
                    rented[run, miner[run, k]] += racks[run, k]
    return own + rented, rigs + halls


@compiled
def have_rigs(ehs: Array, miner: Index, asked: Mask) -> Mask:
    """Which of the firms ``asked`` (R, firms) have any rigs; ``ehs`` (R, S, G)."""
    found = np.zeros(asked.shape, np.bool_)
    for run in range(ehs.shape[0]):
        for site in range(ehs.shape[1]):
            firm, g = miner[run, site], ehs.shape[2] - 1
            if firm >= 0 and asked[run, firm] and not found[run, firm]:
                while g > 0 and ehs[run, site, g] <= 0.0:
                    g -= 1
                found[run, firm] = ehs[run, site, g] > 0.0
    return found


@compiled
def have_sites(owner: Index, miner: Index, firms: int) -> Mask:
    """Firms (R, firms) that own any site (R, S) or the rigs at one."""
    found = np.zeros((len(owner), firms), np.bool_)
    for run in range(owner.shape[0]):
        for site in range(owner.shape[1]):
            if owner[run, site] >= 0:
                found[run, owner[run, site]] = True
            if miner[run, site] >= 0:
                found[run, miner[run, site]] = True
    return found
