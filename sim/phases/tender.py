"""Phase 7: tenants tender, firms under review offer, and an award, subject to finance, is the decision.

An offer lists every tenant class whose gates it passes, and a rent. Tenants choose in turn, best credit first, by a
score of rent, months to power, size, region and record; only part of the matches close in a month. The market rent
follows scarcity.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from agents import observations as ob
from sim.arrays import Array, Index, Mask, Rows, running_total, safe_divide
from sim.phases import ai_options, finance
from sim.phases.ai_options import NEOCLOUD, PRODUCT_OF_OPTION, TENANT_FUNDED
from sim.state import BUILDING, CLOUD, CREDITS, NEVER, RETROFIT

if TYPE_CHECKING:
    from sim.phases.cases import Cases
    from sim.sector import Sector

LARGE_MW = 200.0  # a campus above this size earns no further bonus
DEAR_POWER = 100.0  # USD/MWh more for power weigh as much as a year's delay
SIZE_SCORE = 0.3  # years of delay that a large campus is worth
# years of delay that a rent higher by its whole amount outweighs: a tenant's margin on a MW-year of GPUs is about
# 6 M USD, ten per cent of a rent of 1.77 over 13 years cost 1.3 M (facts: revenue 9.7-11.3, GPUs written off in five)
RENT_SCORE = 2.0
RENT_SPREAD = 0.15  # log spread of asked rents (facts: 18 rents of landlord-funded colocation leases, 0.14)
SCORE_NOISE = 0.5  # standard deviation of what tenants see and we do not (prototype: Gumbel 0.5)
RAMP_MONTHS = 8  # from first to full delivery of a hall (facts: 40 MW first, all after about six months more)
SMALLEST_REST_MW = 5.0  # less of a campus is not offered apart (facts: the smallest lease)
SCARCITY_POWER = 0.25
LOWEST_RENT = 0.01  # of the rent without a shock: what is given away has no market
OFFER_MEMORY, OFFER_WEIGHT = 0.8, 0.15  # offers stay in the market for some months; not all are serious


@dataclass
class Offers:
    """n offers of one month. By funding mode (n, M): ``open_mw`` and ``lowest_rent`` as by ``Plans.offered``.

    ``asked`` is the rent over the market's that the landlord would like; ``rent`` and ``leased_mw`` what was
    agreed; ``tenant`` -1 without an award.
    """

    run: Index
    firm: Index
    site: Index
    product: Index
    open_mw: Array
    lowest_rent: Array
    spare: Array
    racks: Array
    lead: Array
    case: Index
    asked: Array
    rent: Array
    leased_mw: Array
    tenant: Index
    mode: Index

    def offered_mw(self) -> Array:
        """Most critical IT MW offered to any tenant (n,)."""
        return self.open_mw.max(axis=1, initial=0.0)


def ask_tenants(s: Sector) -> None:
    """Tenants state what they want to lease now and at most at which rent."""
    new = s.drivers.ai_demand_flow_gw[:, s.t] * 1000.0 * s.P.ai.miner_demand_share[:, 0]
    build_outside(s)
    shape = (s.n_runs, s.n_tenants)
    observation = ob.TenantObservation(
        backlog_mw=s.tenants.wanted, new_need_mw=new[:, None] * s.tenants.share * s.tenants.history,
        rent=np.broadcast_to(s.now.rent[:, None], shape).copy(),
        reference_rent=np.broadcast_to(s.now.outside_rent[:, None], shape).copy(),
        elasticity=np.broadcast_to(s.P.ai.rent_elasticity, shape).copy(), solvent=s.tenants.solvent,
    )  # fmt: skip
    decision = s.ask("tenants", observation)
    s.tenants.wanted, s.tenants.max_rent = decision.wanted_mw, decision.max_rent
    s.wanted_total = s.tenants.wanted.sum(axis=-1)
    # some of what neoclouds need they fit out with money of their own, and need no lender of the landlord
    able = ai_options.can_fit_out(s)
    theirs = np.where(able, s.tenants.wanted, 0.0).sum(axis=-1)
    needed = np.where(able, observation.new_need_mw, 0.0).sum(axis=-1)
    share = s.P.ai.tenant_funded_share[:, 0]
    if s.t == 0:
        s.start_wanted = s.wanted_total.copy()
        s.fit_out_mw = share * theirs
    s.fit_out_mw = np.minimum(s.fit_out_mw + share * needed, theirs)
    offered = s.streams.uniforms("backstop", (s.n_tenants,)) < s.P.finance.backstop_share
    lost = (s.tenants.own_credit == CREDITS.index("backstopped")) & ~offered
    s.tenants.credit = np.where(lost, CREDITS.index("unrated"), s.tenants.own_credit)


def build_outside(s: Sector) -> None:
    """Developers who are not miners take their part of the month's needs, as fast as they can grow.

    The rent they ask follows how busy they are; it is what tenants compare miners with.
    """
    now, a = s.now, s.P.ai
    need = s.drivers.ai_demand_flow_gw[:, s.t] * 1000.0 * (1 - a.miner_demand_share[:, 0])
    able = now.ai_outside * ((1 + a.outside_growth_per_year[:, 0]) ** (1 / 12) - 1)
    able = able * s.drivers.outside_capacity_factor[:, s.t]
    busy = safe_divide(need, able, 1.0)
    if s.t == 0:
        s.start_busy = np.maximum(busy, 1e-6)
    pressure = np.clip(busy / s.start_busy, 0.2, 6.0) ** SCARCITY_POWER
    now.outside_rent = a.rent_usd_m_per_mw_year[:, 0] * now.inflation * pressure * rent_shock(s, s.t)
    now.ai_outside = now.ai_outside + np.minimum(need, able)


def collect(s: Sector, c: Cases, choice: Index, plans: ai_options.Plans) -> Offers:
    """Offers of the cases that chose an AI option."""
    column = np.full(len(ob.OPTIONS), -1)
    column[list(ob.AI_OPTIONS)] = np.arange(len(ob.AI_OPTIONS))
    picked = np.flatnonzero(column[choice] >= 0)
    k, run, site = column[choice[picked]], c.run[picked], c.at.row[picked]
    taste = s.streams.normals("asked_rent", (s.n_sites,))[run, site]
    n, offered = len(picked), plans.offered(picked, k)
    return Offers(
        run=run, firm=c.firm[picked], site=site, product=np.array(PRODUCT_OF_OPTION)[k],
        open_mw=offered.mw, lowest_rent=offered.lowest_rent, spare=offered.spare,
        racks=c.racks[picked], lead=offered.lead, case=picked, asked=np.exp(RENT_SPREAD * taste),
        rent=np.ones(n), leased_mw=np.zeros(n), tenant=np.full(n, -1), mode=np.zeros(n, np.int64),
    )  # fmt: skip


def match(s: Sector, offers: Offers) -> None:
    """Each tenant in turn, best credit first, takes the best offers left within what it wants."""
    s.now.ai_offered = np.bincount(offers.run, offers.offered_mw(), s.n_runs)
    noise = s.streams.uniforms("tender", (s.n_sites, 2))
    if not len(offers.run):
        return
    luck = -np.log(-np.log(np.clip(noise[offers.run, offers.site, 0], 1e-12, 1 - 1e-12)))
    closes = noise[offers.run, offers.site, 1] < s.P.ai.match_share[offers.run, 0]
    region = s.sites.region[offers.run, offers.site]
    score = -offers.lead / 12 + 0.5 * s.firms.record[offers.run, offers.firm] + SCORE_NOISE * luck
    score = score + 0.5 * s.regions.suitability[offers.run, region]
    score = score - s.regions.ai_tariff[offers.run, region] / DEAR_POWER
    able = ai_options.can_fit_out(s)[0]
    origin = np.arange(len(offers.run))
    for tenant in np.argsort(s.tenants.own_credit[0], kind="stable"):
        modes = [s.tenants.credit[:, tenant]] + [np.full(s.n_runs, TENANT_FUNDED)] * int(able[tenant])
        for mode in modes:
            won = _take(s, offers, int(tenant), score[origin], closes[origin], mode)
            origin = np.concatenate((origin, origin[_offer_the_rest(s, offers, won)]))


def _offer_the_rest(s: Sector, offers: Offers, won: Index) -> Index:
    """What a tenant leaves of a campus is there for the next: adds offers, returns the rows they are the rest of."""
    left = np.maximum(offers.open_mw[won] - offers.leased_mw[won, None], 0.0)
    enough = left.max(axis=1, initial=0.0) >= SMALLEST_REST_MW
    rows = won[enough]
    if not len(rows):
        return rows
    gross = offers.leased_mw[rows] * s.P.ai.gross_per_it[offers.run[rows], 0]
    spare, racks = offers.spare[rows], offers.racks[rows]
    rest = {
        "open_mw": left[enough], "spare": np.maximum(spare - gross, 0.0),
        "racks": racks - np.clip(gross - spare, 0.0, racks), "leased_mw": np.zeros(len(rows)),
        "tenant": np.full(len(rows), -1),
    }  # fmt: skip
    for field in fields(offers):
        values = getattr(offers, field.name)
        setattr(offers, field.name, np.concatenate((values, rest.get(field.name, values[rows]))))
    return rows


def _take(s: Sector, offers: Offers, tenant: int, score: Array, closes: Mask, mode_of_run: Index) -> Index:
    """One tenant's awards of the month in one way of funding: the rows won."""
    run, mode, rows = offers.run, mode_of_run[offers.run], np.arange(len(offers.run))
    size, smallest = offers.open_mw[rows, mode], s.tenants.min_mw[run, tenant]
    rent = np.maximum(offers.asked, offers.lowest_rent[rows, mode])
    fits = (size >= smallest) & (size > 0) & s.tenants.solvent[run, tenant]
    fits &= s.now.rent[run] * rent <= s.tenants.max_rent[run, tenant]
    # a GPU cloud is bought by tenants who have no wish to own cards: not by other clouds
    fits &= (offers.product != CLOUD) | (s.tenants.klass[run, tenant] != NEOCLOUD)
    score = score + SIZE_SCORE * np.minimum(size, LARGE_MW) / LARGE_MW - RENT_SCORE * (rent - 1)
    free = np.flatnonzero((offers.tenant < 0) & fits & closes)
    order = free[np.lexsort((offers.site[free], -score[free], run[free]))]
    before = running_total(size[order], run[order]) - size[order]
    funded = mode[order] == TENANT_FUNDED
    wanted = np.where(funded, np.minimum(s.tenants.wanted[:, tenant], s.fit_out_mw)[run[order]],
                      s.tenants.wanted[run[order], tenant])  # fmt: skip
    # a tenant takes part of a campus if that is all he wants; less than his smallest hall he does not
    leased = np.minimum(size[order], wanted - before)
    got = leased >= smallest[order]
    won, leased = order[got], leased[got]
    offers.leased_mw[won], offers.rent[won] = leased, rent[won]
    offers.tenant[won], offers.mode[won] = tenant, mode[won]
    taken = np.bincount(run[won], leased, s.n_runs)
    s.tenants.wanted[:, tenant] -= taken
    s.fit_out_mw = s.fit_out_mw - np.where(mode_of_run == TENANT_FUNDED, taken, 0.0)
    return won


def award(s: Sector, offers: Offers, terms: ai_options.Terms) -> None:
    """Write the leases, raise the equity, set construction cash aside and take prepayments."""
    won = np.flatnonzero(offers.tenant >= 0)
    leases = s.leases
    order = won[np.lexsort((offers.site[won], offers.run[won]))]
    run = offers.run[order]
    slot = leases.used[run] + running_total(np.ones(len(order)), run).astype(np.int64) - 1
    keep = slot < s.lease_capacity
    order, run, slot = order[keep], run[keep], slot[keep]
    s.lost_leases += int((~keep).sum())
    product, mode, it_mw = offers.product[order], offers.mode[order], offers.leased_mw[order]
    rating = np.where(mode == TENANT_FUNDED, CREDITS.index("speculative"), mode)
    a, rent = s.P.ai, offers.rent[order]
    capex, part, market_rent, prepayment = (
        getattr(terms, name)[product, run, mode]
        for name in ("capex", "equity", "rent", "prepayment")
    )
    capex, part, prepaid = capex * it_mw, part * it_mw, prepayment * rent * it_mw
    first = s.t + np.ceil(offers.lead[order]).astype(np.int64)
    years = np.stack([a.colocation_term_years, a.retrofit_term_years, a.cloud_term_years])[product, run, 0]
    gross = it_mw * a.gross_per_it[run, 0]
    loan_limit = np.maximum(capex - part - prepaid, 0.0)
    table = {
        "status": BUILDING, "firm": offers.firm[order], "site": offers.site[order], "tenant": offers.tenant[order],
        "product": product, "it_mw": it_mw, "gross_mw": gross, "delivered_mw": 0.0,
        "rent": market_rent * rent, "escalator": a.escalator_per_year[run, 0],
        "signed": s.t, "first": first, "full": first + np.where(product == RETROFIT, 1, RAMP_MONTHS),
        "term": (12 * years).astype(np.int64), "tenant_funded": mode == TENANT_FUNDED,
        "backstopped": rating == CREDITS.index("backstopped"), "credit": rating, "capex": capex, "spent": 0.0,
        "equity_part": part, "loan": 0.0, "loan_limit": loan_limit, "coupon": _coupon(s, run, rating),
        "booked": 0.0,
    }  # fmt: skip
    for name, values in table.items():
        getattr(leases, name)[run, slot] = values
    leases.used += np.bincount(run, minlength=s.n_runs)
    s.flows["ai_signed_mw"] += np.bincount(run, it_mw, s.n_runs)
    region = s.sites.region[run, offers.site[order]]
    s.regions.ai_signed_this_year += Rows(run, region).sum_into(gross, s.n_runs, s.n_regions)
    at = Rows(run, offers.site[order])
    s.sites.ai_building += at.sum_into(gross, s.n_runs, s.n_sites)
    displaced = np.clip(gross - offers.spare[order], 0.0, offers.racks[order])
    _make_room(s, at, gross, displaced, first)
    hosted = (displaced > 0) & (at.get(s.sites.miner) != at.get(s.sites.owner)) & (at.get(s.sites.miner) >= 0)
    there = at.keep(hosted)
    s.note("eviction", there.run, firm=there.get(s.sites.miner), site=there.row, mw=displaced[hosted])
    _set_aside(s, Rows(run, offers.firm[order]), part, prepaid, np.minimum(prepaid, capex))


def _coupon(s: Sector, run: Index, rating: Index) -> Array:
    table = finance.project_coupon(s, np.repeat(np.arange(len(CREDITS))[None, :], s.n_runs, axis=0))
    return table[run, rating]


def _make_room(s: Sector, at: Rows, gross: Array, displaced: Array, first: Index) -> None:
    """Vacant halls are let again first; racks in the way keep hashing until building must begin."""
    sites = s.sites
    add = at.sum_into(gross, s.n_runs, s.n_sites)
    reused = np.minimum(sites.vacant, add)
    sites.vacant -= reused
    months_before = 8  # a hall on the place of racks needs them gone two thirds of a year before delivery
    sites.racks_leaving += at.sum_into(displaced, s.n_runs, s.n_sites)
    start = np.full(sites.racks.shape, NEVER)
    np.minimum.at(start, (at.run, at.row), np.maximum(first - months_before, s.t + 1))
    sites.leaving_month = np.minimum(sites.leaving_month, start)


def _set_aside(s: Sector, at: Rows, part: Array, prepaid: Array, for_capex: Array) -> None:
    """Equity parts and prepayments up to capex go into construction cash; parts come from cash above the
    reserve, then new shares, then coins."""
    books = s.books
    need = at.sum_into(part, s.n_runs, s.n_firms)
    advance = at.sum_into(prepaid, s.n_runs, s.n_firms)
    books.post("balance_only", "tenants", cash=advance, prepayments=advance)
    reserve = s.P.finance.target_cash_months * s.monthly_costs
    spare = np.maximum(books.stock["cash"] - advance - reserve, 0.0)
    from_shares = np.minimum(np.maximum(need - spare, 0.0), finance.issue_room(s))
    finance.raise_equity(s, from_shares)
    from_coins = np.minimum(np.maximum(need - spare - from_shares, 0.0), books.stock["coins"])
    finance.sell_coins(s, from_coins)
    aside = need + at.sum_into(for_capex, s.n_runs, s.n_firms)
    aside = np.minimum(aside, np.maximum(books.stock["cash"], 0.0))
    books.post("balance_only", "banks", cash=-aside, restricted=aside)


def adjust_rent(s: Sector) -> None:
    """The market rent moves towards what scarcity asks for: backlog of tenants against what is offered.

    Scarcity is measured against the start's, taken when every firm has been asked once.
    """
    s.offer_stock = OFFER_MEMORY * s.offer_stock + s.now.ai_offered
    ratio = (s.wanted_total + 100.0) / (OFFER_WEIGHT * s.offer_stock + 100.0)
    if s.t < int(s.P.behaviour.review_months):
        s.start_scarcity = ratio
    scarcity = np.clip(ratio / s.start_scarcity, 0.2, 6.0)
    target = s.P.ai.rent_usd_m_per_mw_year[:, 0] * s.now.inflation * scarcity**SCARCITY_POWER
    before, shock = rent_shock(s, s.t - 1), rent_shock(s, s.t)
    s.now.rent = s.now.rent * (target * before / s.now.rent) ** s.P.ai.rent_adjustment[:, 0] * shock / before


def rent_shock(s: Sector, t: int) -> Array:
    """Factor (R,) by which a shock moves all rents in month ``t``, one before the start."""
    return np.maximum(s.drivers.rent_shock_factor[:, t], LOWEST_RENT) if t >= 0 else np.ones(s.n_runs)
