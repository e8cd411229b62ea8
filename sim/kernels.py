"""Compiled loops for what is done for every block of rigs, site or firm in every month.

Each kernel loops over the runs and, inside a run, over rows in their order, so that a run's numbers do not
depend on its batch. Numba compiles them to machine code at their first call and keeps the code on disk. It notices
a change of this file only: kernels that call one another stand here together, and take no constant from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]
type Index = NDArray[np.int64]

CONTRACT_STEEPNESS = 10  # one over the log spread of costs within a block under fixed price: its rigs are not alike
LOWEST_STRIKE = 1e-3  # USD/MWh: rigs that earn less than their running cost count as this


def compiled[F: Callable[..., object]](function: F) -> F:
    """Machine code of a kernel, kept on disk where there is a place for it."""
    try:
        return numba.njit(cache=True, error_model="numpy")(function)
    except RuntimeError:  # no folder to write to
        return numba.njit(error_model="numpy")(function)


# ------------------------------------------------------------------ sums


@compiled
def add_by(total: Array, index: Index, values: Array) -> None:
    """Add ``values`` (R, N) to ``total`` (R, size) at ``index`` (R, N); what has a negative index is left out."""
    for run in range(index.shape[0]):
        for n in range(index.shape[1]):
            group = index[run, n]
            if group >= 0:
                total[run, group] += values[run, n]


@compiled
def add_pairs(total: Array, run: Index, index: Index, values: Array) -> None:
    """Add ``values`` (n,) to ``total`` (R, size) at (run, index); what has a negative index is left out."""
    for n in range(len(run)):
        if index[n] >= 0:
            total[run[n], index[n]] += values[n]


# ------------------------------------------------------------------ dispatch


class Curves(NamedTuple):
    """Price-duration curves on a grid of ln(price / mean), tables (shapes, nodes) with the rise to the next node."""

    origin: float
    per_step: float
    uptime: Array
    uptime_rise: Array
    paid: Array
    paid_rise: Array


class SitePower(NamedTuple):
    """What all blocks of a site share, (R, S): MW of racks, share of hours ``ready`` to run, USD/MWh: ``adder``
    only running incurs, mean spot ``level``, ``contract``; ``at_spot`` share of load decided by the spot price;
    ``shape`` of prices."""

    racks: Array
    ready: Array
    adder: Array
    level: Array
    contract: Array
    at_spot: Array
    shape: Index


class Blocks(NamedTuple):
    """Blocks of rigs that could run: n entries of run, site and generation, the newest of a site first.

    ``mw`` at the plug and ``ehs`` that find a rack and may run; ``racked`` share that finds a rack; others as in
    ``SitePower``; ``strike_per_hashprice`` USD/MWh of revenue per USD/PH/day.
    """

    run: Index
    site: Index
    generation: Index
    ehs: Array
    mw: Array
    racked: Array
    strike_per_hashprice: Array
    adder: Array
    level: Array
    contract: Array
    at_spot: Array
    shape: Index


@compiled
def rig_blocks(ehs: Array, mw_per_ehs: Array, strike_per_hashprice: Array, power: SitePower) -> Blocks:
    """Blocks of the rigs ``ehs`` (R, S, G); the newest generations of a site take its racks first.

    ``mw_per_ehs`` and ``strike_per_hashprice`` (R, G).
    """
    runs, sites, generations = ehs.shape
    n = np.count_nonzero(ehs)
    row, kind, shape = np.empty((2, n), np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    values = np.empty((8, n))
    k = 0
    for run in range(runs):
        for site in range(sites):
            filled = 0.0
            for generation in range(generations - 1, -1, -1):
                rigs = ehs[run, site, generation]
                if rigs == 0.0:
                    continue
                mw = rigs * mw_per_ehs[run, generation]
                fits = min(max((power.racks[run, site] - filled) / mw, 0.0), 1.0)
                filled += mw
                usable = fits * power.ready[run, site]
                row[0, k], row[1, k], kind[k], shape[k] = run, site, generation, power.shape[run, site]
                values[0, k], values[1, k], values[2, k] = rigs * usable, mw * usable, fits
                values[3, k], values[4, k] = strike_per_hashprice[run, generation], power.adder[run, site]
                values[5, k], values[6, k] = power.level[run, site], power.contract[run, site]
                values[7, k] = power.at_spot[run, site]
                k += 1
    return Blocks(
        row[0], row[1], kind, values[0], values[1], values[2], values[3], values[4], values[5], values[6],
        values[7], shape,
    )  # fmt: skip


@compiled
def _node(curves: Curves, ratio: float) -> tuple[int, float]:
    """Node of the curves below ln(ratio), and how far beyond it ``ratio`` lies; the ends beyond the ends."""
    position = (np.log(ratio) - curves.origin) * curves.per_step
    position = min(max(position, 0.0), curves.uptime.shape[1] - 1.0)
    node = int(position)
    return node, position - node


@compiled
def _strike(blocks: Blocks, k: int, hashprice: Array) -> float:
    """Highest price of power at which a block runs, USD/MWh."""
    strike = hashprice[blocks.run[k]] * blocks.strike_per_hashprice[k] - blocks.adder[k]
    return max(strike, LOWEST_STRIKE)


@compiled
def _under_contract(strike: float, contract: float) -> float:
    """Share of a block under fixed price that runs: logistic in ln(strike / contract), one half at 0."""
    return 1.0 / (1.0 + (contract / strike) ** CONTRACT_STEEPNESS)


@compiled
def hashrate(blocks: Blocks, curves: Curves, hashprice: Array) -> Array:
    """EH/s (R,) that run at a hashprice per run (R,)."""
    total = np.zeros(len(hashprice))
    for k in range(len(blocks.run)):
        strike, at_spot, on = _strike(blocks, k, hashprice), blocks.at_spot[k], 0.0
        if at_spot > 0.0:
            node, beyond = _node(curves, strike / blocks.level[k])
            shape = blocks.shape[k]
            on = at_spot * (curves.uptime[shape, node] + beyond * curves.uptime_rise[shape, node])
        if at_spot < 1.0:
            on += (1.0 - at_spot) * _under_contract(strike, blocks.contract[k])
        total[blocks.run[k]] += blocks.ehs[k] * on
    return total


@compiled
def run_blocks(
    blocks: Blocks, curves: Curves, hashprice: Array, fixed_share: Array, resale: Array, done: Array
) -> Array:
    """Share of available hours (n,) each block runs at a hashprice per run (R,).

    ``fixed_share`` and ``resale`` (R, S). Adds up in ``done`` (5, R, S): EH/s and mean MW that run, USD an hour
    of power bought and of power sold on, mean MW that stand still.
    """
    share = np.empty(len(blocks.run))
    for k in range(len(share)):
        run, site, shape, mw = blocks.run[k], blocks.site[k], blocks.shape[k], blocks.mw[k]
        level, contract, strike = blocks.level[k], blocks.contract[k], _strike(blocks, k, hashprice)
        fixed, sold = fixed_share[run, site], resale[run, site]
        node, beyond = _node(curves, strike / level)
        spot_on = curves.uptime[shape, node] + beyond * curves.uptime_rise[shape, node]
        spot_paid = curves.paid[shape, node] + beyond * curves.paid_rise[shape, node]
        contract_on = _under_contract(strike, contract)
        on = blocks.at_spot[k] * spot_on + (1.0 - blocks.at_spot[k]) * contract_on
        # bought at spot, at contract without resale, at contract with resale; USD per MW and hour
        bought = (1.0 - fixed) * spot_paid * level + fixed * contract * (
            (1.0 - sold) * contract_on + sold * spot_on
        )
        done[0, run, site] += blocks.ehs[k] * on
        done[1, run, site] += mw * on
        done[2, run, site] += mw * bought
        if fixed * sold > 0.0:  # the dear hours' power goes back to the market, at spot less what it cost
            node, beyond = _node(curves, max(strike, contract) / level)
            dear_on = curves.uptime[shape, node] + beyond * curves.uptime_rise[shape, node]
            dear_paid = curves.paid[shape, node] + beyond * curves.paid_rise[shape, node]
            credit = fixed * sold * ((1.0 - dear_paid) * level - (1.0 - dear_on) * contract)
            done[3, run, site] += mw * max(credit, 0.0)
        done[4, run, site] += mw * (1.0 - on)
        share[k] = on
    return share


@compiled
def retire_idle(ehs: Array, blocks: Blocks, share: Array, leaving: Array, j_per_th: Array, last_mw: float) -> None:
    """Take the part ``leaving`` (R,) of rigs that stay off from ``ehs`` (R, S, G), and remnants below ``last_mw``.

    ``share`` (n,) of hours each block is on; rigs without a rack count as off.
    """
    for k in range(len(share)):
        run, site, generation = blocks.run[k], blocks.site[k], blocks.generation[k]
        on = share[k] * blocks.racked[k] if blocks.ehs[k] > 0.0 else 0.0
        kept = ehs[run, site, generation] * (1.0 - leaving[run] * (1.0 - on))
        ehs[run, site, generation] = 0.0 if kept * j_per_th[run, generation] < last_mw else kept
