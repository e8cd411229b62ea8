"""Sites: what they take and cost in a month, added up by who owns the site and who the rigs in it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiled import Array, Index, Mask, compiled, inlined
from sim.state import CLOUD


class Hashing(NamedTuple):
    """A month's hashing at each site, (R, S): ``owner`` of the site and of the rigs (``miner``), its ``region``, what
    ran and cost as in ``sim.state.Dispatch``, what the host's power costs, USD/MWh, and MW of old GPUs."""

    owner: Index
    miner: Index
    region: Index
    ehs: Array
    mwh: Array
    power_cost: Array
    resale: Array
    supply: Array
    legacy_gpu: Array


class Gpus(NamedTuple):
    """Leases, (R, L), as in ``sim.state.Leases``; those by the cloud are of a firm's own GPUs."""

    product: Index
    site: Index
    delivered_mw: Array
    gross_mw: Array
    it_mw: Array


class Prices(NamedTuple):
    """USD/MWh (R, X): ``tariff``, ``excise`` and ``carbon``; contracts rise with ``inflation`` (R,)."""

    tariff: Array
    excise: Array
    carbon: Array
    inflation: Array


class Accounts(NamedTuple):
    """Sums by firm, (R, F), USD: of rigs ``ehs``, ``mwh``, ``excise``, ``carbon`` and the ``fees`` paid to hosts; of
    sites what their ``power`` costs, the fees ``earned`` from rigs of others, ``resale``. ``carbon`` is that of own
    GPUs too. ``bill`` (R, S) is what the site's power cost."""

    ehs: Array
    mwh: Array
    excise: Array
    carbon: Array
    fees: Array
    power: Array
    earned: Array
    resale: Array
    bill: Array


@compiled
def mining_accounts(s: Hashing, gpus: Gpus, at: Prices, hours: float, firms: int) -> Accounts:
    """Add up a month's hashing, and the carbon of own GPUs, ``hours`` of them."""
    runs, sites = s.owner.shape
    total, bill = np.zeros((8, runs, firms)), np.zeros((runs, sites))
    ehs, mwh, duties, emitted, fees, power, earned, resale = total
    for run in range(runs):
        for k in range(sites):
            owner, miner, region = s.owner[run, k], s.miner[run, k], s.region[run, k]
            energy, cost = s.mwh[run, k], s.power_cost[run, k]
            if miner >= 0:
                ehs[run, miner] += s.ehs[run, k]
                mwh[run, miner] += energy
                duties[run, miner] += energy * at.excise[run, region]
                emitted[run, miner] += energy * at.carbon[run, region]
            bill[run, k] = cost
            if owner != miner:
                bill[run, k] = energy * (s.supply[run, k] * at.inflation[run] + at.tariff[run, region])
                if miner >= 0:
                    fees[run, miner] += cost
            if owner >= 0:
                resale[run, owner] += s.resale[run, k]
                power[run, owner] += bill[run, k]
                emitted[run, owner] += s.legacy_gpu[run, k] * hours * at.carbon[run, region]
                if owner != miner:
                    earned[run, owner] += cost
        for k in range(gpus.site.shape[1]):
            if gpus.product[run, k] == CLOUD and gpus.delivered_mw[run, k] > 0.0:
                site, mw = gpus.site[run, k], gpus.delivered_mw[run, k] * gpus.gross_mw[run, k] / gpus.it_mw[run, k]
                emitted[run, s.owner[run, site]] += mw * hours * at.carbon[run, s.region[run, site]]
    return Accounts(ehs, mwh, duties, emitted, fees, power, earned, resale, bill)


FULLY_STAFFED = 0.5  # of racks in use: who curtails in dear hours keeps his people (assumed)


@inlined
def staffed_part(mw: float, racks: float, standby: float) -> float:
    """Part of a fixed cost that is spent where ``racks`` MW draw ``mw``: all of it from half use on."""
    return standby + (1.0 - standby) * (min(mw / (FULLY_STAFFED * racks), 1.0) if racks > 0.0 else 0.0)


@compiled
def staffed_parts(mw: Array, racks: Array, standby: Array) -> Array:
    """The same of many (n,)."""
    found = np.empty(len(mw))
    for k in range(len(mw)):
        found[k] = staffed_part(mw[k], racks[k], standby[k])
    return found


class Racks(NamedTuple):
    """Sites, (R, S): ``owner``, ``region``, MW ``connected`` and of ``racks``, and the ``mw`` that these draw."""

    owner: Index
    region: Index
    connected: Array
    racks: Array
    mw: Array


@compiled
def fixed_costs(
    sites: Racks, per_mw: Array, standby: Array, large_load: Array, duty: Array, firms: int
) -> tuple[Array, Array]:
    """What sites cost whether they run or not, and duties on large loads, by firm (R, firms), USD.

    ``per_mw`` of racks and the ``standby`` part (R, 1); ``duty`` per MW of sites that connect ``large_load``, (R, X).
    """
    runs = len(sites.owner)
    costs, duties = np.zeros((2, runs, firms))
    for run in range(runs):
        for k in range(sites.owner.shape[1]):
            owner, region, connected = sites.owner[run, k], sites.region[run, k], sites.connected[run, k]
            if owner >= 0:
                part = staffed_part(sites.mw[run, k], sites.racks[run, k], standby[run, 0])
                costs[run, owner] += part * sites.racks[run, k] * per_mw[run, 0]
                if connected >= large_load[run, region]:
                    duties[run, owner] += connected * duty[run, region]
    return costs, duties


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
