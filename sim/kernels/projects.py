"""AI projects: what each is worth at a site, the way of funding that serves it best, and what closes it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiled import Array, Index, Mask, compiled, inlined
from sim.kernels.options import OptionTable

SMALLEST_PART = 1.0  # USD per MW: less does not count as a part of a firm's own
# gates, by their place in ``Codes.gate``: how far a way of funding got, and what closes a project whatever its terms
NO_TENANT, TOO_SMALL, NO_EQUITY, SLOW_PAYBACK, OPEN = range(5)
FORBIDDEN, NOTHING, UNSUITABLE, UNDER_CONTRACT, NOT_OURS = range(5, 10)
SMALLEST_GRID_MW = 0.5  # there is nothing to do with less
LARGEST_LEASE_MW = 350.0  # critical IT; the largest single lease of the facts is 393


@inlined
def fundable_size(own: float, equity_per_mw: float, shares_per_mw: float, most: float) -> float:
    """MW a firm can fund, at most ``most``; see ``sim.economics.credit.fundable_size``."""
    if equity_per_mw <= 0.0:
        return most
    return min(most, own / max(equity_per_mw - shares_per_mw, SMALLEST_PART))


@inlined
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
    """Ways to fund each product, USD per critical IT MW (P, R, M) as in ``sim.phases.ai_options.Terms``, with the
    smallest IT MW a tenant ``asks`` for; (P, R): ``term_years``, ``lead_months``, the continuous yearly ``hurdle``;
    (R,): grid MW ``gross_per_it`` MW, and the longest ``patience`` in years."""

    pv: Array
    equity: Array
    shares: Array
    cash: Array
    residual: Array
    rent_value: Array
    asks: Array
    term_years: Array
    lead_months: Array
    hurdle: Array
    gross_per_it: Array
    patience: Array


class Hosts(NamedTuple):
    """n sites that could host: ``run`` and ``firm``; MW of ``racks``, of whose rigs the ``yearly_margin`` and the
    ``loss`` when they go, USD; ``months_to_power``. By option (K, n): grid MW that are ``there`` for it, those that
    it may ``use`` as the site is, and those of them in nobody's use, ``spare``. (R, F): USD of a firm's ``own`` money
    for each case, its ``access`` to new shares."""

    run: Index
    firm: Index
    racks: Array
    yearly_margin: Array
    loss: Array
    months_to_power: Array
    there: Array
    use: Array
    spare: Array
    own: Array
    access: Array


class Limits(NamedTuple):
    """What may close a site whatever the terms (n,): is AI ``allowed``, is the site ``suitable``, are its rigs of
    another (``host``) or the site itself (``client``), and how many ``months`` they are there to stay."""

    allowed: Mask
    suitable: Mask
    host: Mask
    client: Mask
    months: Array


class Codes(NamedTuple):
    """K options: their ``product``, whether they keep racks ``beside`` the hall, their ``column`` in the table (K,);
    and how the table writes a ``gate`` (10,)."""

    product: Index
    beside: Mask
    column: Index
    gate: Index


class Project(NamedTuple):
    """One way to fund a project: IT MW of ``size``, USD of ``need``, ``cash`` a year and ``worth`` above holding."""

    size: float
    need: float
    cash: float
    worth: float


@inlined
def project(
    own: float, most: float, spare: float, racks: float, margin: float, loss: float, gross_per_it: float, pv: float,
    equity: float, shares: float, cash: float,
) -> Project:  # fmt: skip
    """A project of at most ``most`` IT MW with ``own`` money; racks in its way go, with their margin and at a loss.

    Per IT MW, USD: present value ``pv`` now, ``equity`` needed, new ``shares`` sold on it, yearly ``cash``.
    """
    size = fundable_size(own, equity, shares, most)
    displaced = min(max(size * gross_per_it - spare, 0.0), racks)
    given_up = displaced / racks if displaced > 0.0 else 0.0
    need = equity * size
    return Project(size, need, cash * size - margin * given_up, pv * size - need - loss * given_up)


@inlined
def closed_by(
    host: bool, client: bool, allowed: bool, suitable: bool, bound: bool, beside: bool, there: float, use: float,
    racks: float,
) -> int:  # fmt: skip
    """What closes an option at a site whatever its terms: who decides, others' contracts, what is there.

    Hosts decide on the site's AI use only, and not while a hosting contract has them ``bound``; clients not at all.
    """
    if client or (host and beside):
        return NOT_OURS
    if host and bound:
        return UNDER_CONTRACT
    if beside and racks < SMALLEST_GRID_MW:  # without racks to keep it is the same as colocation
        return NOTHING
    if not allowed:
        return FORBIDDEN
    if there < SMALLEST_GRID_MW:
        return NOTHING
    return OPEN if suitable and use >= SMALLEST_GRID_MW else UNSUITABLE


@inlined
def reached(ask: float, most: float, size: float, years: float, patience: float) -> int:
    """How far through the gates of its terms a way of funding gets."""
    if ask == np.inf:
        return NO_TENANT
    if most < ask:
        return TOO_SMALL
    if size < ask:
        return NO_EQUITY
    return SLOW_PAYBACK if years > patience else OPEN


@inlined
def discount(hurdle: float, months: float) -> float:
    """Worth now of what comes in so many months, at a continuous yearly rate."""
    return np.exp(-hurdle * months / 12.0)


class Found(NamedTuple):
    """By case and option (m, K): ``lead`` months; of the best way to fund it IT MW and the ``minimum`` of tenants."""

    lead: Array
    it_mw: Array
    minimum: Array


@compiled
def value_projects(
    funding: Funding, at: Hosts, limits: Limits, cases: Index, closed: bool, table: OptionTable, codes: Codes
) -> Found:
    """Value the options of some ``cases`` (m,) by their best way of funding.

    That is the most valuable open one, else the one that got furthest through the gates, of equals the most valuable.
    Options that are closed whatever their terms stay as the table (m, options) has them, unless the ``closed`` are
    wanted too.
    """
    shape = (len(cases), len(codes.product))
    found = Found(np.zeros(shape), np.zeros(shape), np.zeros(shape))
    for j in range(shape[0]):
        k = cases[j]
        run, firm, racks = at.run[k], at.firm[k], at.racks[k]
        own, access, per_it = at.own[run, firm], at.access[run, firm], funding.gross_per_it[run]
        for option in range(shape[1]):
            p, use, column = codes.product[option], at.use[option, k], codes.column[option]
            wait = max(funding.lead_months[p, run], at.months_to_power[k])
            got = closed_by(
                limits.host[k], limits.client[k], limits.allowed[k], limits.suitable[k], limits.months[k] > wait,
                codes.beside[option], at.there[option, k], use, racks,
            )  # fmt: skip
            table.gate[j, column] = codes.gate[got]
            if got != OPEN and not closed:
                continue
            most, now = min(use / per_it, LARGEST_LEASE_MW), discount(funding.hurdle[p, run], wait)
            furthest, best, best_way, term = -1, Project(0.0, 0.0, 0.0, 0.0), 0, funding.term_years[p, run]
            for way in range(funding.pv.shape[2]):
                tried = project(
                    own, most, at.spare[option, k], racks, at.yearly_margin[k], at.loss[k], per_it,
                    funding.pv[p, run, way] * now, funding.equity[p, run, way],
                    access * funding.shares[p, run, way], funding.cash[p, run, way],
                )  # fmt: skip
                ask, years = funding.asks[p, run, way], np.inf
                if tried.size >= ask:
                    years = payback(tried.need, tried.cash, term, funding.residual[p, run, way] * tried.size)
                step = reached(ask, most, tried.size, years, funding.patience[run])
                if step > furthest or (step == furthest and tried.worth > best.worth):
                    furthest, best, best_way = step, tried, way
            if got == OPEN:
                table.gate[j, column] = codes.gate[furthest]
            left = funding.residual[p, run, best_way] * best.size
            table.payback[j, column] = payback(best.need, best.cash, term, left)
            table.value[j, column], table.equity[j, column] = best.worth, best.need
            table.earn[j, column] = best.cash / best.need if best.need > 0.0 else 0.0
            found.lead[j, option], found.it_mw[j, option] = wait, best.size
            found.minimum[j, option] = funding.asks[p, run, best_way]
    return found


@compiled
def offers(funding: Funding, at: Hosts, cases: Index, option: Index, codes: Codes) -> tuple[Array, Array]:
    """What some ``cases`` could offer with one ``option`` each (m,), by way of funding (m, M).

    IT MW it would let, 0 where a gate closes it, and the lowest part of the market rent at which that is worth
    holding.
    """
    ways = funding.pv.shape[2]
    open_mw, lowest = np.zeros((len(cases), ways)), np.ones((len(cases), ways))
    for j in range(len(cases)):
        k, p = cases[j], codes.product[option[j]]
        run, firm = at.run[k], at.firm[k]
        most = min(at.use[option[j], k] / funding.gross_per_it[run], LARGEST_LEASE_MW)
        wait = max(funding.lead_months[p, run], at.months_to_power[k])
        now = discount(funding.hurdle[p, run], wait)
        for way in range(ways):
            tried = project(
                at.own[run, firm], most, at.spare[option[j], k], at.racks[k], at.yearly_margin[k], at.loss[k],
                funding.gross_per_it[run], funding.pv[p, run, way] * now, funding.equity[p, run, way],
                at.access[run, firm] * funding.shares[p, run, way], funding.cash[p, run, way],
            )  # fmt: skip
            left = funding.residual[p, run, way] * tried.size
            years = payback(tried.need, tried.cash, funding.term_years[p, run], left)
            if reached(funding.asks[p, run, way], most, tried.size, years, funding.patience[run]) == OPEN:
                open_mw[j, way] = tried.size
            rent = funding.rent_value[p, run, way] * tried.size * now
            if rent > 0.0:
                lowest[j, way] = 1.0 - tried.worth / rent
    return open_mw, lowest
