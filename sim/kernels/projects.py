"""AI projects: what each is worth at a site, the way of funding that serves it best, and what closes it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiled import Array, Index, Mask, compiled, inlined
from sim.kernels.cases import CLIENT, HOST
from sim.kernels.options import OptionTable
from sim.state import RETROFIT

SMALLEST_PART = 1.0  # USD per MW: less does not count as a part of a firm's own
# gates, by their place in ``Codes.gate``: how far a way of funding got, and what closes a project whatever its terms
NO_TENANT, TOO_SMALL, NO_EQUITY, SLOW_PAYBACK, OPEN = range(5)
FORBIDDEN, NOTHING, UNSUITABLE, UNDER_CONTRACT, NOT_OURS = range(5, 10)
SMALLEST_GRID_MW = 0.5  # there is nothing to do with less
LARGEST_LEASE_MW = 350.0  # critical IT; the largest single lease of the facts is 393
# Of a miner's portfolio 20 % has the power, fibre and land for AI (facts: ai_costs, share_portfolio_convertible): so
# much of a mine's halls can be refitted, and new halls replace the racks of the best fifth of a region's mines only
CONVERTIBLE_SHARE = 0.2
HYBRID_RACKS = 0.4  # of racks a hybrid share takes at most where no MW lies idle


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
    smallest IT MW a tenant ``asks`` for; (P, R): ``term_years``, ``lead_months``, the continuous yearly ``hurdle``
    and its ``discount`` of what comes after these months; (R,): grid MW ``gross_per_it`` MW, and the longest
    ``patience`` in years."""

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
    discount: Array
    gross_per_it: Array
    patience: Array


@inlined
def discount(hurdle: float, months: float) -> float:
    """Worth now of what comes in so many months, at a continuous yearly rate."""
    return np.exp(-hurdle * months / 12.0)


@compiled
def discounts(hurdle: Array, months: Array) -> Array:
    """``discount`` by product and run (P, R)."""
    found = np.empty(hurdle.shape)
    for product in range(hurdle.shape[0]):
        for run in range(hurdle.shape[1]):
            found[product, run] = discount(hurdle[product, run], months[product, run])
    return found


class Hosts(NamedTuple):
    """n sites that could host: ``run``, ``firm``, ``region`` and what the firm is there, ``role``; MW of ``racks``,
    of connection that is or soon will be ``idle``, of ``vacant`` halls; ``months_to_power``; of the rigs the
    ``yearly_margin``, the value and the scrap value, USD; ``suitability``, and the month ``hosting_end`` until which
    rigs of another stay; USD of the ``unit`` in which values are told. (R, F): USD of a firm's ``own`` money for
    each case, its ``access`` to new shares."""

    run: Index
    firm: Index
    region: Index
    role: Index
    racks: Array
    idle: Array
    vacant: Array
    months_to_power: Array
    yearly_margin: Array
    rig_value: Array
    rig_scrap: Array
    suitability: Array
    hosting_end: Index
    unit: Array
    own: Array
    access: Array


class Limits(NamedTuple):
    """What may close a site whatever the terms. (R, X): where AI is ``allowed`` (positive) and the suitability of
    mines that can make room for new halls, ``convertible``; (R,): that of sites any tenant takes, ``suitable``,
    months of ``notice`` to those whose rigs a site hosts; the ``month``."""

    allowed: Array
    convertible: Array
    suitable: Array
    notice: Array
    month: int


class Codes(NamedTuple):
    """K options: their ``product``, whether they keep racks ``beside`` the hall, their ``column`` in the table (K,);
    and how the table writes a ``gate`` (10,)."""

    product: Index
    beside: Mask
    column: Index
    gate: Index


class Space(NamedTuple):
    """Grid MW that are ``there`` for an option, that it may ``use`` as the site is, and of them in nobody's use."""

    there: float
    use: float
    spare: float


@inlined
def space(product: int, beside: bool, racks: float, idle: float, vacant: float, convertible: bool) -> Space:
    """What an option finds at a site: a retrofit old halls; others free power, and racks if the site's can go."""
    if product == RETROFIT:
        halls = vacant + CONVERTIBLE_SHARE * racks
        return Space(halls, halls, vacant)
    spare, part = idle + vacant, 1.0
    if beside:
        part = HYBRID_RACKS if spare < 1.0 else 0.0
    there = spare + part * racks
    return Space(there, there if convertible else spare, spare)


class Project(NamedTuple):
    """One way to fund a project: IT MW of ``size``, USD of ``need``, ``cash`` a year and ``worth`` above holding."""

    size: float
    need: float
    cash: float
    worth: float


class Plan(NamedTuple):
    """A project before its funding: ``product`` and ``run``; at most so many IT MW, on grid MW that are ``spare``,
    then in place of ``racks``, of whose rigs the ``margin`` a year and the ``loss`` when they go, USD; USD of the
    firm's ``own`` money, its ``access`` to new shares; ``lead`` months and the worth ``now`` of money then."""

    product: int
    run: int
    most: float
    spare: float
    racks: float
    margin: float
    loss: float
    own: float
    access: float
    lead: float
    now: float


@inlined
def plan(funding: Funding, at: Hosts, k: int, product: int, room: Space, lead: float) -> Plan:
    """What case ``k`` could do with a product in the ``room`` there is."""
    run, firm = at.run[k], at.firm[k]
    return Plan(
        product, run, min(room.use / funding.gross_per_it[run], LARGEST_LEASE_MW), room.spare, at.racks[k],
        at.yearly_margin[k], at.rig_value[k] - 0.5 * at.rig_scrap[k], at.own[run, firm], at.access[run, firm], lead,
        funding.discount[product, run] if lead == funding.lead_months[product, run] else
        discount(funding.hurdle[product, run], lead),
    )  # fmt: skip


@inlined
def project(plan: Plan, funding: Funding, way: int) -> Project:
    """A plan as far as one ``way`` of funding carries it; racks in its way go, with their margin and at a loss."""
    p, run = plan.product, plan.run
    equity, shares = funding.equity[p, run, way], plan.access * funding.shares[p, run, way]
    size = fundable_size(plan.own, equity, shares, plan.most)
    displaced = min(max(size * funding.gross_per_it[run] - plan.spare, 0.0), plan.racks)
    given_up = displaced / plan.racks if displaced > 0.0 else 0.0
    need, worth = equity * size, funding.pv[p, run, way] * plan.now * size
    cash = funding.cash[p, run, way] * size - plan.margin * given_up
    return Project(size, need, cash, worth - need - plan.loss * given_up)


@inlined
def years_to_return(plan: Plan, found: Project, funding: Funding, way: int) -> float:
    """Years until the owner's part of a project is back."""
    p, run = plan.product, plan.run
    left = funding.residual[p, run, way] * found.size
    return payback(found.need, found.cash, funding.term_years[p, run], left)


@inlined
def closed_by(role: int, allowed: bool, suitable: bool, bound: bool, beside: bool, room: Space, racks: float) -> int:
    """What closes an option at a site whatever its terms: who decides, others' contracts, what is there.

    Hosts decide on the site's AI use only, and not while a hosting contract has them ``bound``; clients not at all.
    """
    if role == CLIENT or (role == HOST and beside):
        return NOT_OURS
    if role == HOST and bound:
        return UNDER_CONTRACT
    if beside and racks < SMALLEST_GRID_MW:  # without racks to keep it is the same as colocation
        return NOTHING
    if not allowed:
        return FORBIDDEN
    if room.there < SMALLEST_GRID_MW:
        return NOTHING
    return OPEN if suitable and room.use >= SMALLEST_GRID_MW else UNSUITABLE


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


class Best(NamedTuple):
    """The way of funding that serves a project best: its number, how far it gets, what the project is with it."""

    way: int
    reached: int
    project: Project


@inlined
def best_way(plan: Plan, funding: Funding) -> Best:
    """The most valuable open way of funding, else the one that got furthest, of equals the most valuable."""
    p, run, patience = plan.product, plan.run, funding.patience[plan.run]
    best, furthest, best_way = Project(0.0, 0.0, 0.0, 0.0), -1, 0
    for way in range(funding.pv.shape[2]):
        ask = funding.asks[p, run, way]
        if reached(ask, plan.most, np.inf, 0.0, patience) < furthest:
            continue  # whatever the firm could fund
        tried, years = project(plan, funding, way), np.inf
        if tried.size >= ask:
            years = years_to_return(plan, tried, funding, way)
        step = reached(ask, plan.most, tried.size, years, patience)
        if step > furthest or (step == furthest and tried.worth > best.worth):
            furthest, best, best_way = step, tried, way
    return Best(best_way, furthest, best)


class Found(NamedTuple):
    """Of the best way to fund what m cases could do, by option (m, K): IT MW, the ``minimum`` of tenants."""

    it_mw: Array
    minimum: Array


@compiled
def value_projects(
    funding: Funding, at: Hosts, limits: Limits, cases: Index, closed: bool, table: OptionTable, codes: Codes
) -> Found:
    """Value the options of some ``cases`` (m,) by their best way of funding.

    Options that are closed whatever their terms stay as the table (m, options) has them, unless the ``closed`` are
    wanted too: then all is told that was found, else nothing.
    """
    shape = (len(cases) if closed else 0, len(codes.product))
    found = Found(np.empty(shape), np.empty(shape))
    for j in range(len(cases)):
        k = cases[j]
        run, region, suitability, racks, unit = at.run[k], at.region[k], at.suitability[k], at.racks[k], at.unit[k]
        allowed, suitable = limits.allowed[run, region] > 0.0, suitability >= limits.suitable[run]
        convertible = suitability >= limits.convertible[run, region]
        stay = min(at.hosting_end[k] - limits.month, limits.notice[run])
        for option in range(shape[1]):
            p, beside, column = codes.product[option], codes.beside[option], codes.column[option]
            lead = max(funding.lead_months[p, run], at.months_to_power[k])
            room = space(p, beside, racks, at.idle[k], at.vacant[k], convertible)
            gate = closed_by(at.role[k], allowed, suitable, stay > lead, beside, room, racks)
            table.gate[j, column] = codes.gate[gate]
            if gate != OPEN and not closed:
                continue
            planned = plan(funding, at, k, p, room, lead)
            way, furthest, best = best_way(planned, funding)
            if gate == OPEN:
                table.gate[j, column] = codes.gate[furthest]
            table.payback[j, column] = years_to_return(planned, best, funding, way)
            table.value[j, column], table.equity[j, column] = best.worth / unit, best.need / unit
            table.earn[j, column] = best.cash / best.need if best.need > 0.0 else 0.0
            if closed:
                found.it_mw[j, option], found.minimum[j, option] = best.size, funding.asks[p, run, way]
    return found


class Offered(NamedTuple):
    """What m cases offer, by way of funding (m, M): IT ``mw`` that would be let, 0 where a gate closes it, and the
    lowest part of the market rent at which that is worth holding; grid MW in nobody's use, ``spare``, and months to
    delivery, ``lead`` (m,)."""

    mw: Array
    lowest_rent: Array
    spare: Array
    lead: Array


@compiled
def offers(funding: Funding, at: Hosts, limits: Limits, cases: Index, option: Index, codes: Codes) -> Offered:
    """What some ``cases`` could offer with one ``option`` each (m,)."""
    shape = (len(cases), funding.pv.shape[2])
    found = Offered(np.zeros(shape), np.ones(shape), np.empty(shape[0]), np.empty(shape[0]))
    for j in range(shape[0]):
        k, p = cases[j], codes.product[option[j]]
        run, region = at.run[k], at.region[k]
        convertible = at.suitability[k] >= limits.convertible[run, region]
        room = space(p, codes.beside[option[j]], at.racks[k], at.idle[k], at.vacant[k], convertible)
        planned = plan(funding, at, k, p, room, max(funding.lead_months[p, run], at.months_to_power[k]))
        found.spare[j], found.lead[j] = room.spare, planned.lead
        for way in range(shape[1]):
            tried = project(planned, funding, way)
            years = years_to_return(planned, tried, funding, way)
            gate = reached(funding.asks[p, run, way], planned.most, tried.size, years, funding.patience[run])
            if gate == OPEN:
                found.mw[j, way] = tried.size
            rent = funding.rent_value[p, run, way] * tried.size * planned.now
            if rent > 0.0:
                found.lowest_rent[j, way] = 1.0 - tried.worth / rent
    return found


@compiled
def smallest_asks(smallest: Array, credit: Index, asking: Mask, pays: Mask, ways: int) -> Array:
    """Smallest IT MW that a tenant asks for, by run and way of funding (R, ways); infinite: nobody.

    Tenants (R, T) with the ``smallest`` hall each takes, its ``credit``, which is the way of funding it stands for,
    whether it is ``asking``, and whether it also ``pays`` for halls, the last way.
    """
    asks = np.full((len(smallest), ways), np.inf)
    for run in range(smallest.shape[0]):
        for tenant in range(smallest.shape[1]):
            if asking[run, tenant]:
                way = credit[run, tenant]
                asks[run, way] = min(asks[run, way], smallest[run, tenant])
            if pays[run, tenant]:
                asks[run, ways - 1] = min(asks[run, ways - 1], smallest[run, tenant])
    return asks
