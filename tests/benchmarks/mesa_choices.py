"""Project choice in the Mesa reference: what one firm could do with one site, what closes each option, what it picks.

Values are USD above holding until ``decide`` puts them in M USD per MW. Numbers of options and gates as in
``agents.observations``.
"""

from __future__ import annotations

from itertools import accumulate
from math import exp, expm1, inf, log, log1p
from typing import Any

OWN, HOST, CLIENT = range(3)
HOLD, REFRESH, EXPAND, COLOCATION, RETROFIT, CLOUD, HYBRID, RELOCATE, SELL, CLOSE = range(10)
(
    OPEN, NOTHING, UNSUITABLE, TOO_SMALL, NO_TENANT, NO_EQUITY, SLOW_PAYBACK, FORBIDDEN, NO_POWER, WORSE, NO_BUYER,
    NOT_OURS, UNDER_CONTRACT,
) = range(13)  # fmt: skip
AI_OPTIONS = (COLOCATION, RETROFIT, CLOUD, HYBRID)
MINING_OPTIONS = (HOLD, REFRESH, EXPAND)
OUTDATED = 1.3  # times the newest machine's J/TH
TRANSPORT_USD_PER_MW = 25_000.0
SCRAPPED, SHIPPED, SOLD = 0.7, 0.8, 0.9  # parts of a value that a closed site, shipped rigs, a sold site bring
SMALLEST_STEP, WHOLE_FIRM = 0.05, 0.95
DEVELOPER_MINIMUM_MW, LARGEST_LEASE_MW = 25.0, 350.0
CONVERTIBLE_SHARE, HYBRID_RACKS = 0.2, 0.4
BEST_OF_REGION = 0.12 * 0.8416212335729143  # standard deviations that the best fifth stands above the mean
PROGRESS = {NO_TENANT: 1, TOO_SMALL: 2, NO_EQUITY: 3, SLOW_PAYBACK: 4, OPEN: 5}  # how far an offer got
Valued = tuple[float, int]  # value and gate of an option
Mode = tuple[float, float, float, float, float, float]  # one way to fund a project
CLOSED: dict[int, Valued] = {gate: (0.0, gate) for gate in range(13)}


class MonthView:
    """What every firm under review sees alike this month: machines on sale, terms of AI projects, bids for sites."""

    def __init__(self, **facts: Any) -> None:
        self.__dict__.update(facts)


class Terms:
    """An AI product per critical IT MW: (value, equity, new shares, yearly cash, left, smallest ask) by mode."""

    __slots__ = ("discount_rate", "lead_months", "modes", "years")

    def __init__(self, lead_months: float, hurdle: float, years: float, modes: list[Mode]) -> None:
        self.lead_months, self.discount_rate, self.years, self.modes = lead_months, log1p(hurdle), years, modes


class Decision:
    """What a firm found out about a site, and its choice."""

    __slots__ = ("choice", "firm", "gates", "role", "site", "values")

    def __init__(self, firm: Any, site: Any, role: int, values: list[float], gates: list[int], choice: int) -> None:
        self.firm, self.site, self.role = firm, site, role
        self.values, self.gates, self.choice = values, gates, choice


class Case:
    """One firm looking at one site: MW of every use, what its rigs are worth, what they earn."""

    __slots__ = (
        "by_generation", "connected", "cost", "firm", "hashprice", "idle_now", "idle_soon", "months_to_power",
        "racks", "region", "rig_mw", "rig_scrap", "rig_value", "site", "yearly_margin",
    )  # fmt: skip

    def __init__(self, view: MonthView, firm: Any, site: Any) -> None:
        self.firm, self.site, self.region, self.connected = firm, site, site.region, site.connected
        leaving = min(site.racks_leaving, site.racks)
        self.racks = site.racks - leaving
        taken = self.racks + site.racks_ordered + site.ai_gross + site.ai_building + site.vacant + site.legacy_gpu
        wait = site.pipeline_month - view.month - view.ai_priority
        soon = site.pipeline if wait <= view.look_ahead else 0.0
        self.idle_now = max(self.connected - taken - leaving, 0.0)
        self.idle_soon = max(self.connected + soon - taken, 0.0)
        self.months_to_power = float(max(wait, 0)) if self.idle_now < soon else 0.0
        self.cost = site.price_per_mwh * view.overhead
        self.hashprice = firm.hashprice_view * view.net_of_pool
        self._value_rigs(view)

    def _value_rigs(self, view: MonthView) -> None:
        hashprice, cost = self.hashprice, self.cost
        self.by_generation = {}
        mw = scrap = margin = 0.0
        for g, ehs in self.site.rigs.items():
            j = view.j_per_th[g]
            self.by_generation[g] = ehs * view.rig_value(hashprice, j, cost, view.remaining_life[g]) * 1e6
            mw += ehs * j
            scrap += ehs * view.used[g] * 1e6
            margin += max(hashprice * 0.36525 - cost * j * 0.008766, 0.0) * ehs * 1e6
        self.rig_mw, self.rig_scrap = mw * view.overhead, scrap
        self.rig_value = sum(self.by_generation.values())
        self.yearly_margin = margin * view.availability


def decide(view: MonthView, firm: Any, site: Any, role: int) -> Decision:
    """Value every option the firm has here, and pick one."""
    case = Case(view, firm, site)
    mining = () if role == HOST else mining_options(view, case, role)
    hosting = () if role == CLIENT else ai_options(view, case, role)
    size = max(case.connected + case.idle_soon - case.idle_now, 0.5) * 1e6
    values, gates = [0.0] * 10, [NOT_OURS] * 10
    gates[HOLD] = OPEN
    for option, (value, gate) in (*mining, *hosting):
        values[option], gates[option] = value / size, gate
    return Decision(firm, site, role, values, gates, choose(view, firm, values, gates, site.draws[role == CLIENT]))


def choose(view: MonthView, firm: Any, values: list[float], gates: list[int], draw: float) -> int:
    """A logit choice between the open options after inertia, reluctance to leave mining and the pull of peers."""
    open_options = [option for option in range(10) if gates[option] == OPEN]
    if len(open_options) == 1:
        return HOLD
    scaled = []
    for option in open_options:
        utility = values[option] - (view.inertia if option != HOLD else 0.0)
        if option in AI_OPTIONS:
            utility += view.peer_weight * firm.peers_in_ai - firm.reluctance
        elif option in MINING_OPTIONS:
            utility += view.peer_weight * firm.peers_mining
        scaled.append(utility / view.temperature)
    best = max(scaled)
    ladder = list(accumulate(exp(utility - best) for utility in scaled))
    point = draw * ladder[-1]
    return next((o for o, rung in zip(open_options, ladder, strict=True) if rung > point), HOLD)


# ---------------------------------------------------------------------- within mining


def mining_options(view: MonthView, c: Case, role: int) -> list[tuple[int, Valued]]:
    """Refresh and relocate for the owner of the rigs, expand, sell and close for the owner of the site."""
    value, price = rig_offer(view, c)
    allowed = c.region.hashing_allowed > 0.5
    found = [
        (REFRESH, refresh(view, c, value, price) if allowed else CLOSED[FORBIDDEN]), (RELOCATE, relocate(view, c))
    ]  # fmt: skip
    if role == OWN:
        found.append((EXPAND, expand(view, c) if allowed else CLOSED[FORBIDDEN]))
        found += leave(view, c)
    return found


def rig_offer(view: MonthView, c: Case, kept: float = 1.0) -> tuple[float, float]:
    """Value and price of new rigs, USD per grid MW, for the mix on sale, when ``kept`` of hashprice is a gain."""
    value = price = 0.0
    for g, weight in view.on_sale:
        j = view.j_per_th[g]
        th_per_mw = 1e6 / (j * view.overhead)
        value += weight * view.rig_value(c.hashprice * kept, j, c.cost, view.new_life) * th_per_mw
        price += weight * view.price[g] * th_per_mw * (1.0 + c.region.asic_tariff)
    return value, price


def refresh(view: MonthView, c: Case, value: float, price: float) -> Valued:
    """New rigs for the outdated ones, but for those worth a new rack while connected MW lie idle."""
    outdated = OUTDATED * view.j_per_th[view.on_sale[0][0]]
    old, good = [], 0.0
    for g, ehs in c.site.rigs.items():
        if view.j_per_th[g] > outdated:
            mw, worth, used = ehs * view.j_per_th[g] * view.overhead, c.by_generation[g], ehs * view.used[g] * 1e6
            stays = worth - used > mw * view.rack_capex
            good += mw if stays else 0.0
            old.append((mw, worth, used, stays))
    idle = c.idle_now if c.region.new_mining > 0.5 else 0.0
    kept = min(good, idle) / good if good > 0.0 else 0.0
    parts = [(1.0 - kept if stays else 1.0, mw, worth, used) for mw, worth, used, stays in old]
    mw = min(sum(part * mw for part, mw, _, _ in parts), c.racks)
    lost = sum(part * worth for part, _, worth, _ in parts)
    scrap = sum(part * used for part, _, _, used in parts)
    if mw < 0.05:
        return CLOSED[NOTHING]
    done = affordable(mw * price * (1.0 - view.lent), c.firm.own_per_case)
    return gated(done * (mw * value - lost - max(mw * price - scrap, 0.0)), done)


def affordable(need: float, own: float) -> float:
    """Share of a plan the firm's own money can pay."""
    return min(own / need, 1.0) if need > 0.0 else 1.0


def gated(worth: float, done: float) -> Valued:
    return worth, NO_EQUITY if done < SMALLEST_STEP else OPEN if worth > 0.0 else WORSE


def expand(view: MonthView, c: Case) -> Valued:
    """Rigs for empty racks, and racks with rigs on idle MW; the fleet's own dilution is counted."""
    empty = max(c.racks + c.site.racks_ordered - c.rig_mw - c.site.ordered_mw, 0.0)
    racks = c.idle_now if c.region.new_mining > 0.5 else 0.0
    if empty + racks < 0.05:
        return CLOSED[NOTHING]
    value, price = rig_offer(view, c, 1.0 - c.firm.share_of_hashrate)
    build = racks * view.rack_capex
    if racks * (value - price) <= build:
        racks = build = 0.0
    mw = empty + racks
    if mw < 0.05:
        return CLOSED[NOTHING]
    done = affordable(mw * price * (1.0 - view.lent) + build, c.firm.own_per_case)
    return gated(done * (mw * (value - price) - build), done)


def relocate(view: MonthView, c: Case) -> Valued:
    """Move the rigs to the cheapest other site of the firm, or ship them off to dealers."""
    if not view.relocation_allowed:
        return CLOSED[FORBIDDEN]
    if c.rig_mw < 0.05:
        return CLOSED[NOTHING]
    here = c.rig_value * c.region.hashing_allowed
    there, moved = c.firm.free_site, 0.0
    if there is not None and there is not c.site:
        fits = min(there.free_racks / c.rig_mw, 1.0)
        cost = there.price_per_mwh * view.overhead
        if fits >= SMALLEST_STEP:
            worth = 0.0
            for g, ehs in c.site.rigs.items():
                worth += ehs * view.rig_value(c.hashprice, view.j_per_th[g], cost, view.remaining_life[g]) * 1e6
            transport = c.rig_mw * TRANSPORT_USD_PER_MW * view.distance[c.region.row][there.region.row]
            moved = fits * (worth - here - transport)
    worth = moved if moved > 0.0 else SHIPPED * c.rig_scrap - here
    return worth, OPEN if worth > 0.0 else WORSE


def leave(view: MonthView, c: Case) -> list[tuple[int, Valued]]:
    """Sell the site to a developer, or close it and save its fixed cost."""
    if c.site.ai_gross + c.site.ai_building + c.site.legacy_gpu > 0.01:
        return [(SELL, CLOSED[FORBIDDEN]), (CLOSE, CLOSED[FORBIDDEN])]
    if c.connected < 0.05:
        return [(SELL, CLOSED[NOTHING]), (CLOSE, CLOSED[NOTHING])]
    rigs = SCRAPPED * c.rig_scrap - c.rig_value
    reservation = view.connected_value * c.connected
    bid = 0.0
    if c.site.suitability >= view.min_suitability and c.connected >= DEVELOPER_MINIMUM_MW:
        bid = view.developer_bid * c.site.suitability
    # overhead ends only with the firm: an owner-run one that closes its one site
    last = c.connected >= WHOLE_FIRM * c.firm.connected and not c.firm.listed
    kept_up = view.site_cost * c.racks * c.site.staffed()
    saved = (kept_up + (c.firm.overhead() * 12 if last else 0.0)) * view.saved_years
    sold = SOLD * bid * c.connected + rigs + saved - reservation
    closed = rigs + saved - max(reservation - view.miner_bid * c.connected, 0.0)
    gate = NO_BUYER if bid <= 0.0 else WORSE if sold <= 0.0 else OPEN
    return [(SELL, (sold, gate)), (CLOSE, (closed, OPEN if closed > 0.0 else WORSE))]


# ---------------------------------------------------------------------- AI


def ai_options(view: MonthView, c: Case, role: int) -> list[tuple[int, Valued]]:
    """The four ways to host AI here."""
    idle = c.idle_soon + c.site.vacant
    kept = HYBRID_RACKS * c.racks if idle < 1.0 else 0.0
    refitted = c.site.vacant + CONVERTIBLE_SHARE * c.racks
    convertible = c.site.suitability >= min(c.region.suitability + BEST_OF_REGION, 1.0)
    whole, mixed = (idle + racks if convertible else idle for racks in (c.racks, kept))
    plans = (
        (COLOCATION, idle + c.racks, whole, idle, view.colocation),
        (RETROFIT, refitted, refitted, c.site.vacant, view.retrofit),
        (CLOUD, idle + c.racks, whole, idle, view.cloud),
        (HYBRID, idle + kept, mixed, idle, view.colocation),
    )
    return [(option, ai_option(view, c, role, option, *plan)) for option, *plan in plans]


def ai_option(
    view: MonthView, c: Case, role: int, option: int, there: float, gross_mw: float, spare: float, terms: Terms
) -> Valued:
    """Gates in their order, then the best funding."""
    if option == HYBRID:
        if role == HOST:
            return CLOSED[NOT_OURS]
        if c.racks < 0.5:
            return CLOSED[NOTHING]
    wait = max(terms.lead_months, c.months_to_power)
    if role == HOST and min(c.site.hosting_end, view.month + view.hosting_notice) > view.month + wait:
        return CLOSED[UNDER_CONTRACT]
    if not (view.pivot_allowed and c.region.new_ai > 0.0):
        return CLOSED[FORBIDDEN]
    if there < 0.5:
        return CLOSED[NOTHING]
    if c.site.suitability < view.min_suitability or gross_mw < 0.5:
        return CLOSED[UNSUITABLE]
    it_mw = min(gross_mw / view.gross_per_it, LARGEST_LEASE_MW)
    return best_funding(view, c, terms, it_mw, spare, exp(-terms.discount_rate * wait / 12))


def best_funding(view: MonthView, c: Case, terms: Terms, it_mw: float, spare: float, discount: float) -> Valued:
    """The most valuable open way to fund a project, else the one that got furthest."""
    own, gross_per_it, longest = c.firm.own_per_case, view.gross_per_it, view.payback_limit
    lost_per_share = c.rig_value - 0.5 * c.rig_scrap
    best, reached, best_gate = 0.0, 0, NO_TENANT
    for pv, equity, shares, yearly, left, ask in terms.modes:
        if ask == inf:
            continue
        unfunded = max(equity - shares * c.firm.access, 1.0)  # after the shares that the contract itself sells
        size = min(it_mw, own / unfunded) if equity > 0.0 else it_mw
        given_up = min(max(size * gross_per_it - spare, 0.0), c.racks) / c.racks if c.racks > 0.0 else 0.0
        cash, need = yearly * size - c.yearly_margin * given_up, equity * size
        if it_mw < ask:
            gate = TOO_SMALL
        elif size < ask:
            gate = NO_EQUITY
        else:
            gate = OPEN if years_to_return(need, cash, left * size, terms.years) <= longest else SLOW_PAYBACK
        worth = pv * size * discount - need - lost_per_share * given_up
        progress = PROGRESS[gate]
        if progress > reached or (progress == reached and worth > best):
            best, reached, best_gate = worth, progress, gate
    return best, best_gate


def years_to_return(need: float, cash: float, left: float, term: float) -> float:
    """When the equity part is back: from the contract's cash, at the contract's end also from what is left."""
    if cash > 0.0 and need <= cash * term:
        return need / cash
    return term if cash >= 0.0 and cash * term + left >= need else inf


def rig_value_rule(decline: float, discount: float, uptime: float) -> Any:
    """Present value of a machine's margins, USD per TH, under the month's expectations."""
    per_hashprice, per_cost = 365.25 * uptime / 1000.0, 8766.0 * uptime / 1e6
    falling = max(decline, 1e-12)

    def value(hashprice: float, j_per_th: float, cost_usd_per_mwh: float, life_years: float) -> float:
        revenue, cost = hashprice * per_hashprice, j_per_th * cost_usd_per_mwh * per_cost
        if revenue <= cost:
            return 0.0
        years = min(log(revenue / cost) / falling, life_years) if cost > 0.0 else life_years
        earned = revenue * flow_value(discount + decline, years)
        return max(earned - cost * flow_value(discount, years), 0.0)

    return value


def flow_value(rate: float, years: float) -> float:
    """Present value of 1 a year flowing for some years."""
    exponent = rate * years
    return years * -expm1(-exponent) / exponent if abs(exponent) >= 1e-12 else years
