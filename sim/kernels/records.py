"""What the recorder counts and adds up: capacity by use, firms by size class, rigs by generation, options."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiled import Array, Index, Mask, compiled
from sim.kernels.options import OptionTable
from sim.kernels.projects import Found
from sim.state import ACQUIRED, BUILDING, RUNNING

USES = (
    "connected_mw", "pipeline_mw", "hashing_mw", "ai_gross_mw", "ai_building_mw", "legacy_gpu_mw", "idle_mw",
)  # fmt: skip


class Connections(NamedTuple):
    """Grid MW of each site, (R, S), as in ``sim.state.Sites``, its ``owner`` and ``region``."""

    owner: Index
    region: Index
    connected: Array
    pipeline: Array
    racks: Array
    ai_gross: Array
    ai_building: Array
    legacy_gpu: Array


@compiled
def _uses_of(sites: Connections, run: int, k: int) -> tuple[float, float, float, float, float, float, float]:
    """Grid MW of one site by use, in the order of ``USES``."""
    connected, racks = 0.0, 0.0
    if sites.owner[run, k] >= 0:
        connected, racks = sites.connected[run, k], sites.racks[run, k]
    halls, gpus = sites.ai_gross[run, k], sites.legacy_gpu[run, k]
    left = max(connected - racks - halls - gpus, 0.0)
    building = min(sites.ai_building[run, k], left)
    return connected, sites.pipeline[run, k], racks, halls, building, gpus, left - building


@compiled
def uses(sites: Connections) -> Array:
    """Grid MW of each site by use (7, R, S)."""
    found = np.zeros((7, *sites.owner.shape))
    for run in range(sites.owner.shape[0]):
        for k in range(sites.owner.shape[1]):
            for use, mw in enumerate(_uses_of(sites, run, k)):
                found[use, run, k] = mw
    return found


class Capacity(NamedTuple):
    """MW by use of firms (7, K, F) of K runs, in size classes (7, R, 4) and in regions (7, R, X) of all."""

    firms: Array
    classes: Array
    regions: Array


@compiled
def capacity(sites: Connections, size: Index, sizes: int, regions: int, rows: Index) -> Capacity:
    """Grid MW by use: of firms in the runs ``rows`` (K,), and added up by ``size`` (R, F) of the owner and region."""
    runs, firms = size.shape
    of_firms, of_classes = np.zeros((7, len(rows), firms)), np.zeros((7, runs, sizes))
    of_regions, mine, place = np.zeros((7, runs, regions)), np.zeros((firms, 7)), np.zeros((regions, 7))
    kept = 0
    for run in range(runs):
        mine[:], place[:] = 0.0, 0.0
        for k in range(sites.owner.shape[1]):
            owner, region = sites.owner[run, k], sites.region[run, k]
            for use, mw in enumerate(_uses_of(sites, run, k)):
                place[region, use] += mw
                if owner >= 0:
                    mine[owner, use] += mw
        for firm in range(firms):
            for use in range(7):
                of_classes[use, run, size[run, firm]] += mine[firm, use]
        of_regions[:, run] = place.T
        if kept < len(rows) and rows[kept] == run:
            of_firms[:, kept] = mine.T
            kept += 1
    return Capacity(of_firms, of_classes, of_regions)


@compiled
def leased(
    status: Index, firm: Index, site: Index, it_mw: Array, delivered_mw: Array, region: Index, firms: int,
    regions: int,
) -> tuple[Array, Array]:  # fmt: skip
    """Critical IT MW contracted and delivered under leases (R, L) in force, of firms (2, R, firms) and in regions.

    ``region`` of each site (R, S).
    """
    runs = len(status)
    of_firms, of_regions = np.zeros((2, runs, firms)), np.zeros((2, runs, regions))
    for run in range(runs):
        for k in range(status.shape[1]):
            if status[run, k] == BUILDING or status[run, k] == RUNNING:
                landlord, place = firm[run, k], region[run, site[run, k]]
                of_firms[0, run, landlord] += it_mw[run, k]
                of_firms[1, run, landlord] += delivered_mw[run, k]
                of_regions[0, run, place] += it_mw[run, k]
                of_regions[1, run, place] += delivered_mw[run, k]
    return of_firms, of_regions


class Fleets(NamedTuple):
    """Rigs of one firm and generation each (n,): EH/s installed, MW at the plug, MW that are ``off``."""

    run: Index
    firm: Index
    generation: Index
    ehs: Array
    mw: Array
    off: Array


@compiled
def fleets(
    miner: Index, ehs: Array, off: Array, mw_per_ehs: Array, firms: int, rows: Index, smallest: float
) -> Fleets:
    """Who owns which rigs in the runs ``rows`` (K,), in the order of runs, firms and generations.

    ``miner`` (R, S) owns the rigs ``ehs`` (R, S, G) of a site, of which a share is ``off``; ``mw_per_ehs`` (R, G).
    Less than ``smallest`` EH/s is left out.
    """
    generations = ehs.shape[2]
    cells = len(rows) * firms * generations
    run, firm, generation = np.empty(cells, np.int64), np.empty(cells, np.int64), np.empty(cells, np.int64)
    installed, mw, still = np.empty(cells), np.empty(cells), np.empty(cells)
    n = 0
    for r in rows:
        owned, idle = np.zeros((2, firms, generations))
        for k in range(miner.shape[1]):
            if miner[r, k] >= 0:
                for g in range(generations):
                    owned[miner[r, k], g] += ehs[r, k, g]
                    idle[miner[r, k], g] += ehs[r, k, g] * off[r, k, g]
        for f in range(firms):
            for g in range(generations):
                if owned[f, g] > smallest:
                    run[n], firm[n], generation[n], installed[n] = r, f, g, owned[f, g]
                    mw[n], still[n] = owned[f, g] * mw_per_ehs[r, g], idle[f, g] * mw_per_ehs[r, g]
                    n += 1
    return Fleets(
        run[:n].copy(), firm[:n].copy(), generation[:n].copy(), installed[:n].copy(), mw[:n].copy(), still[:n].copy()
    )


class Life(NamedTuple):
    """Firms (R, F): whether they were there a month ago (``before``) and are now, whether they ever were, how they
    left, what they are and their ``size``."""

    before: Mask
    alive: Mask
    founded: Mask
    entered: Index
    exited: Index
    strategy: Index
    size: Index


COUNTS = (
    "firms_btc", "firms_hybrid", "firms_ai", "firms_active", "firms_ever", "exits", "entries", "acquisitions",
)  # fmt: skip


@compiled
def count_firms(firms: Life, sizes: int) -> Index:
    """Firms and what became of them by size class (8, R, sizes), in the order of ``COUNTS``.

    A firm bought by another is no exit.
    """
    counts = np.zeros((8, len(firms.size), sizes), np.int64)
    for run in range(firms.size.shape[0]):
        for k in range(firms.size.shape[1]):
            size, before, alive = firms.size[run, k], firms.before[run, k], firms.alive[run, k]
            if alive:
                counts[firms.strategy[run, k], run, size] += 1
                counts[3, run, size] += 1
            if firms.founded[run, k] or firms.entered[run, k] >= 0:
                counts[4, run, size] += 1
            if before and not alive:
                counts[7 if firms.exited[run, k] == ACQUIRED else 5, run, size] += 1
            elif alive and not before:
                counts[6, run, size] += 1
    return counts


class Chosen(NamedTuple):
    """Of each case (n,): its choice, the ``value`` of it, its ``equity`` part and what that ``earned``; the next best
    open option (``second``, -1 none) and its value (``rival``); the ``gates`` of all options as one number."""

    chosen: Index
    value: Array
    equity: Array
    earned: Array
    second: Index
    rival: Array
    gates: Index


@compiled
def chosen(
    value: Array, gate: Index, equity: Array, earned: Array, choice: Index, cases: Index, kinds: int
) -> Chosen:
    """What some ``cases`` (n,) chose of the options (m, K), open where their gate, of so many ``kinds``, is 0."""
    n = len(cases)
    found = Chosen(
        choice[cases], np.empty(n), np.empty(n), np.empty(n), np.full(n, -1), np.full(n, np.nan),
        np.zeros(n, np.int64),
    )  # fmt: skip
    for j in range(n):
        k, own = cases[j], choice[cases[j]]
        found.value[j], found.equity[j], found.earned[j] = value[k, own], equity[k, own], earned[k, own]
        best, place = -np.inf, 1
        for option in range(value.shape[1]):
            found.gates[j] += gate[k, option] * place
            place *= kinds
            if option != own and gate[k, option] == 0 and value[k, option] > best:
                best = value[k, option]
                found.second[j], found.rival[j] = option, best
    return found


class Furthest(NamedTuple):
    """An option of each case (n,), its gate and ``value``; IT MW and the
    ``minimum`` of tenants; ``equity`` part, what that ``earned``, and years until it is back."""

    option: Index
    gate: Index
    value: Array
    it_mw: Array
    minimum: Array
    equity: Array
    earned: Array
    payback: Array


@compiled
def furthest(
    gate: Index, table: OptionTable, found: Found, options: Index, progress: Index, cases: Index
) -> Furthest:
    """Which of some ``options`` (K,) of each of the ``cases`` (n,) got furthest, of equals the most valuable.

    ``gate`` (m, ...) of all cases and ``progress`` by gate; ``table`` (n, ...) and ``found`` (n, K) of these cases.
    """
    n = len(cases)
    best = Furthest(
        np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n),
        np.empty(n),
    )  # fmt: skip
    for j in range(n):
        place, option = 0, options[0]
        for k in range(1, len(options)):
            far, least = progress[gate[cases[j], options[k]]], progress[gate[cases[j], option]]
            if far > least or (far == least and table.value[j, options[k]] > table.value[j, option]):
                place, option = k, options[k]
        best.option[j], best.gate[j], best.value[j] = option, gate[cases[j], option], table.value[j, option]
        best.it_mw[j], best.minimum[j] = found.it_mw[j, place], found.minimum[j, place]
        best.equity[j], best.earned[j] = table.equity[j, option], table.earn[j, option]
        best.payback[j] = table.payback[j, option]
    return best
