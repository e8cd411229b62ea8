"""AI projects: the way of funding that serves a site best, and what decides between them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.kernels.compiled import Array, Index, compiled

SMALLEST_PART = 1.0  # USD per MW: less does not count as a part of a firm's own
NO_TENANT, TOO_SMALL, NO_EQUITY, SLOW_PAYBACK, OPEN = range(5)  # how far a way of funding got


@compiled
def fundable_size(own: float, equity_per_mw: float, shares_per_mw: float, most: float) -> float:
    """MW a firm can fund, at most ``most``; see ``sim.economics.credit.fundable_size``."""
    if equity_per_mw <= 0.0:
        return most
    return min(most, own / max(equity_per_mw - shares_per_mw, SMALLEST_PART))


@compiled
def payback(equity: float, cash: float, term_years: float, residual: float) -> float:
    """Years until the owner's part is back; see ``sim.economics.hosting.payback_with_residual``."""
    years = equity / cash if cash > 0.0 else np.inf
    if years <= term_years:
        return years
    return term_years if cash >= 0.0 and cash * term_years + residual >= equity else np.inf


@compiled
def fundable_sizes(own: Array, equity_per_mw: Array, shares_per_mw: Array, most: Array) -> Array:
    """``fundable_size`` of n firms, all arguments (n,)."""
    sizes = np.empty(len(own))
    for k in range(len(sizes)):
        sizes[k] = fundable_size(own[k], equity_per_mw[k], shares_per_mw[k], most[k])
    return sizes


@compiled
def paybacks(equity: Array, cash: Array, term_years: Array, residual: Array) -> Array:
    """``payback`` of n projects, all arguments (n,)."""
    years = np.empty(len(equity))
    for k in range(len(years)):
        years[k] = payback(equity[k], cash[k], term_years[k], residual[k])
    return years


class Funding(NamedTuple):
    """Ways to fund a product, USD per critical IT MW (R, M) as in ``sim.phases.ai_options.Terms``, with the smallest
    IT MW a tenant ``asks`` for; (R,): ``term_years``, ``hurdle``, ``lead_months``, grid MW ``gross_per_it`` MW, and
    the longest ``patience`` in years."""

    pv: Array
    equity: Array
    shares: Array
    cash: Array
    residual: Array
    rent_value: Array
    asks: Array
    term_years: Array
    hurdle: Array
    lead_months: Array
    gross_per_it: Array
    patience: Array


class Hosts(NamedTuple):
    """Sites that could host, (n,): ``run``, USD of their firm's ``own``, its ``access`` to new shares, IT MW that
    have room, grid MW ``spare`` and of ``racks``; of the racks' rigs the ``yearly_margin`` and the ``loss`` when they
    go, USD; ``months_to_power``."""

    run: Index
    own: Array
    access: Array
    it_mw: Array
    spare: Array
    racks: Array
    yearly_margin: Array
    loss: Array
    months_to_power: Array


class Best(NamedTuple):
    """The best way of funding at each site (n,): ``worth`` USD above holding, ``payback`` years, ``equity`` USD,
    cash on it a year, IT MW, the ``minimum`` of tenants; how far it ``got``. Of every way (n, M): ``open_mw`` IT MW
    it would let, 0 where closed, and the lowest part of the market rent at which that is worth holding."""

    worth: Array
    payback: Array
    equity: Array
    earn: Array
    it_mw: Array
    minimum: Array
    got: Index
    open_mw: Array
    lowest_rent: Array


@compiled
def best_funding(funding: Funding, hosts: Hosts) -> Best:
    """Try every way of funding; keep the most valuable open one, else the one that got furthest."""
    n, ways = len(hosts.run), funding.pv.shape[1]
    found, got = np.zeros((6, n)), np.zeros(n, np.int64)
    found[0], found[1], found[5] = -np.inf, np.inf, np.inf
    open_mw, lowest = np.zeros((n, ways)), np.zeros((n, ways))
    for k in range(n):
        run, most = hosts.run[k], hosts.it_mw[k]
        wait = max(funding.lead_months[run], hosts.months_to_power[k])
        discount = np.exp(-np.log1p(funding.hurdle[run]) * wait / 12)
        for way in range(ways):
            part, ask = funding.equity[run, way], funding.asks[run, way]
            size = fundable_size(hosts.own[k], part, hosts.access[k] * funding.shares[run, way], most)
            racks = min(max(size * funding.gross_per_it[run] - hosts.spare[k], 0.0), hosts.racks[k])
            given_up = racks / hosts.racks[k] if hosts.racks[k] > 0.0 else 0.0
            cash, need = funding.cash[run, way] * size - hosts.yearly_margin[k] * given_up, part * size
            years = payback(need, cash, funding.term_years[run], funding.residual[run, way] * size)
            if ask == np.inf:
                reached = NO_TENANT
            elif most < ask:
                reached = TOO_SMALL
            elif size < ask:
                reached = NO_EQUITY
            else:
                reached = SLOW_PAYBACK if years > funding.patience[run] else OPEN
            worth = funding.pv[run, way] * size * discount - need - hosts.loss[k] * given_up
            rent = funding.rent_value[run, way] * size * discount
            open_mw[k, way] = size if reached == OPEN else 0.0
            lowest[k, way] = 1.0 - (worth / rent if rent > 0.0 else 0.0)
            if reached > got[k] or (reached == got[k] and worth > found[0, k]):
                got[k], found[0, k], found[1, k], found[2, k] = reached, worth, years, need
                found[3, k], found[4, k], found[5, k] = cash / need if need > 0.0 else 0.0, size, ask
    return Best(found[0], found[1], found[2], found[3], found[4], found[5], got, open_mw, lowest)
