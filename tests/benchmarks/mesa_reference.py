"""The month's dispatch, books and project choice as an ordinary Mesa model: one object per firm, site and rig block.

A second, independent implementation of these rules in plain Python: no arrays, every agent looks at its own
attributes. The tests hold it to the engine's numbers, ``hashpivot bench`` measures what the engine's arrays
save. Everything that only depends on the month, the region or the firm is worked out once a month and kept.
"""

from __future__ import annotations

from math import exp, log
from types import SimpleNamespace
from typing import Any

import mesa
from mesa_choices import Decision
from mesa_firms import Firm, Lease
from mesa_terms import month_view

BLOCKS_PER_DAY = 144.0
BLOCKS_PER_HALVING = 210_000
HOURS_PER_YEAR = 8766.0
HOURS = HOURS_PER_YEAR / 12
CONTRACT_SPREAD = 0.10
BRACKETS = ((1.5, 5), (6.0, 14), (6e5, 48))  # factor around last month's hashrate, steps of the solver
LAST_RIGS_MW = 0.003
IDLE_EHS = 1e-9
LOWEST_RATIO = 0.05  # strikes below this share of the mean spot price run no hours


class PriceCurve:
    """Hours and cost of running up to a strike, for one shape of hourly prices: look-up between nodes in logs."""

    __slots__ = ("last", "origin", "paid", "paid_rise", "per_step", "uptime", "uptime_rise")

    def __init__(self, nodes: tuple[list[float], list[float], list[float], list[float]], per_step: float) -> None:
        self.uptime, self.uptime_rise, self.paid, self.paid_rise = nodes
        self.origin, self.per_step, self.last = log(LOWEST_RATIO), per_step, len(self.uptime) - 1

    def hours(self, log_ratio: float) -> float:
        """Share of hours with a price below exp(log_ratio) times the month's mean."""
        position = (log_ratio - self.origin) * self.per_step
        if position <= 0.0:
            return self.uptime[0]
        if position >= self.last:
            return self.uptime[-1]
        node = int(position)
        return self.uptime[node] + (position - node) * self.uptime_rise[node]

    def evaluate(self, ratio: float) -> tuple[float, float]:
        """The same for ``ratio`` itself, and the mean of price over mean price within these hours, by their share."""
        position = (log(ratio) - self.origin) * self.per_step if ratio > LOWEST_RATIO else 0.0
        if position >= self.last:
            return self.uptime[-1], self.paid[-1]
        node = int(position)
        rest = position - node
        return self.uptime[node] + rest * self.uptime_rise[node], self.paid[node] + rest * self.paid_rise[node]


class RigBlock:
    """The rigs of one generation at one site that stand in a powered rack and are fit to run."""

    __slots__ = ("ehs", "generation", "most", "mw", "racked", "strike_per_hashprice")

    def __init__(
        self, generation: int, ehs: float, mw: float, racked: float, most: float, strike_per_hashprice: float
    ) -> None:
        self.generation, self.ehs, self.mw, self.racked, self.most = generation, ehs, mw, racked, most
        self.strike_per_hashprice = strike_per_hashprice


class Site(mesa.Agent):
    """A connection with racks and rigs. ``rigs`` maps generations to EH/s; hosted rigs have another ``miner``.

    ``off`` is the share of last month's hours in which the racked rigs of a generation stood still.

    What the month left behind: ``ehs``, mean ``mw``, ``mwh``, ``power_cost`` and ``resale`` in USD.
    """

    def __init__(self, model: ReferenceModel, row: int, region: Any, **state: Any) -> None:
        super().__init__(model)
        self.row, self.region = row, region
        self.__dict__.update(state)
        self.blocks: list[RigBlock] = []
        self.draws = (0.0, 0.0)
        self.ehs = self.mw = self.mwh = self.power_cost = self.resale = self.curtailed_mwh = 0.0

    def stack_rigs(self) -> None:
        """The newest rigs take the powered racks; what does not fit, or is out of order, cannot run."""
        model, region = self.model, self.region
        left = self.racks
        self.blocks = []
        self.contract_price = self.contract * model.now.inflation + region.tariff
        self.log_contract, self.log_level = log(self.contract_price), log(region.level)
        self.at_spot = 1 - self.fixed_share * (1 - self.resale_share)
        for generation in sorted(self.rigs, reverse=True):
            mw = self.rigs[generation] * model.mw_per_ehs[generation]
            fits = min(max(left / mw, 0.0), 1.0)
            left -= mw
            if fits > 0.0:
                usable = fits * region.usable
                ehs = self.rigs[generation] * usable
                strike = model.strike_per_hashprice[generation]
                most = 1.0 - (1.0 - model.p.rigs.restart_per_month) * self.off.get(generation, 0.0)
                self.blocks.append(RigBlock(generation, ehs, mw * usable, fits, most, strike))

    def hashrate_at(self, hashprice: float) -> float:
        """EH/s on average when every block runs in the hours in which that pays."""
        adder, hours = self.region.adder, self.region.curve.hours
        log_level, log_contract, at_spot = self.log_level, self.log_contract, self.at_spot
        total = 0.0
        for block in self.blocks:
            revenue = hashprice * block.strike_per_hashprice - adder
            strike = log(revenue) if revenue > 1e-3 else log(1e-3)
            at_contract = 1.0 / (1.0 + exp((log_contract - strike) / CONTRACT_SPREAD))
            wanted = at_spot * hours(strike - log_level) + (1.0 - at_spot) * at_contract
            total += block.ehs * min(wanted, block.most)
        return total

    def run_rigs(self, hashprice: float) -> None:
        """Run every block and add up hashrate, energy, its cost and what resold power brings; scrap idle rigs."""
        region, contract = self.region, self.contract_price
        level, curve, adder = region.level, region.curve, region.adder
        fixed, resale, at_spot = self.fixed_share, self.resale_share, self.at_spot
        ehs = mw = cost = sold = idle = 0.0
        on, off = {}, {}
        for block in self.blocks:
            strike = max(hashprice * block.strike_per_hashprice - adder, 1e-3)
            spot_on, spot_paid = curve.evaluate(strike / level)
            contract_on = 1.0 / (1.0 + (contract / strike) ** (1 / CONTRACT_SPREAD))
            wanted = at_spot * spot_on + (1.0 - at_spot) * contract_on
            hours_on = min(wanted, block.most)
            bought = (1.0 - fixed) * spot_paid * level
            bought += fixed * (1.0 - resale) * contract_on * contract + fixed * resale * spot_on * contract
            if fixed and resale:
                dear_on, dear_paid = curve.evaluate(max(strike, contract) / level)
                credit = fixed * resale * ((1.0 - dear_paid) * level - (1.0 - dear_on) * contract)
                sold += block.mw * max(credit, 0.0)
            ehs += block.ehs * hours_on
            mw += block.mw * hours_on
            cost += block.mw * bought * (hours_on / wanted if wanted > 0.0 else 0.0)
            idle += block.mw * (1.0 - hours_on)
            on[block.generation] = hours_on * block.racked if block.ehs > 0.0 else 0.0
            off[block.generation] = 1.0 - hours_on
        self.ehs, self.mw, self.mwh = ehs, mw, mw * HOURS
        self.power_cost, self.resale, self.curtailed_mwh = cost * HOURS, sold * HOURS, idle * HOURS
        self.off = off
        self._scrap_idle(on)

    def _scrap_idle(self, on: dict[int, float]) -> None:
        """Rigs that stay off leave slowly; the last few of a generation leave at once."""
        retirement, j_per_th = self.model.p.rigs.retirement_per_month, self.model.j_per_th
        kept = {g: ehs * (1.0 - retirement * (1.0 - on.get(g, 0.0))) for g, ehs in self.rigs.items()}
        self.rigs = {g: ehs for g, ehs in kept.items() if ehs * j_per_th[g] >= LAST_RIGS_MW}

    def staffed(self) -> float:
        """Part of the fixed cost that is spent here: all from half use on, the standby part in mothballs."""
        standby = self.model.p.power.standby_cost_share
        return standby + (1.0 - standby) * (min(self.mw / (0.5 * self.racks), 1.0) if self.racks > 0.0 else 0.0)

    def power_price(self) -> float:
        """Expected USD per MWh of hashing here, what only running incurs included."""
        region, fixed = self.region, self.fixed_share
        contract = self.contract * self.model.now.inflation
        return fixed * contract + (1.0 - fixed) * region.price + region.adder + region.tariff


class ReferenceModel(mesa.Model):
    """A month of the sector, agent by agent. Built by ``mesa_opening.from_sector``.

    ``p`` are one run's assumptions as plain numbers, ``now`` the month's prices; drivers stand still.
    """

    def __init__(self, p: Any, now: Any, seed: int = 0) -> None:
        super().__init__(rng=seed)
        self.p, self.now = p, now
        self.month = 0
        self.outside: dict[str, dict[str, float]] = {}
        self.j_per_th: list[float] = []
        self.firms: dict[int, Firm] = {}
        self.sites: dict[int, Site] = {}
        self.leases: list[Lease] = []
        self.regions: list[Any] = []
        self.decisions: list[Decision] = []

    def step(self) -> None:
        """Dispatch, books, then the firms whose review falls into this month choose."""
        self.open_month()
        self.dispatch()
        self.keep_books()
        for site in self.sites.values():
            site.draws = (self.random.random(), self.random.random())
        self.choose()
        self.month += 1

    # ------------------------------------------------------------------ dispatch

    def open_month(self) -> None:
        """What all rigs of a generation and all sites of a region share this month."""
        p = self.p
        net, overhead = 1.0 - p.bitcoin.pool_fee, p.power.mining_overhead
        self.mw_per_ehs = [j * overhead for j in self.j_per_th]
        self.strike_per_hashprice = [1000.0 * net / (24.0 * mw) for mw in self.mw_per_ehs]
        outage = (1.0 - p.power.availability) * (1.0 - p.ai.downtime_reduction)
        for region in self.regions:
            region.open_month(p.power.other_cost_usd_per_mwh * self.now.inflation, outage)

    def dispatch(self) -> None:
        """Solve the hashprice, run the rigs at it, settle the network's month."""
        sites = self.agents_by_type[Site]
        sites.do("stack_rigs")
        self.hashing = [site for site in sites if site.blocks]
        sites.do("run_rigs", self.solve())
        self._settle_network(sum(site.ehs for site in self.hashing))

    def coins_per_day(self, hashrate: float) -> float:
        """Subsidy and fees a day; faster blocks while hashrate runs ahead of difficulty."""
        lag, now = self.p.bitcoin.difficulty_lag, self.now
        pace = hashrate / (lag * now.last_hashrate + (1.0 - lag) * hashrate)
        return BLOCKS_PER_DAY * pace * now.subsidy + now.fees_per_day

    def earned(self, hashrate: float) -> float:
        """Hashprice when this much hashes, USD/PH/day."""
        return self.now.btc_price * self.coins_per_day(hashrate) / (hashrate * 1000.0)

    def excess(self, log_hashprice: float) -> float:
        """Log of a hashprice over what the rigs that run at it would earn."""
        hashprice = exp(log_hashprice)
        hashrate = sum(site.hashrate_at(hashprice) for site in self.hashing)
        return log_hashprice - log(self.earned(max(hashrate, IDLE_EHS)))

    def solve(self) -> float:
        """Hashprice at which the rigs that run at it earn it."""
        last = self.earned(self.now.last_hashrate) if self.now.last_hashrate > IDLE_EHS else self.now.hashprice
        for factor, steps in BRACKETS:
            low, high = last / factor, last * factor
            found = itp_root(self.excess, low, high, steps)
            if low < found < high:
                break
        return found

    def _settle_network(self, hashrate: float) -> None:
        """Blocks found, coins and hashprice of the month; a halving splits its month."""
        now, lag = self.now, self.p.bitcoin.difficulty_lag
        hashrate = max(hashrate, IDLE_EHS)
        difficulty = lag * now.last_hashrate + (1.0 - lag) * hashrate
        now.coins = now.subsidy_coins = 0.0
        if hashrate > IDLE_EHS:
            blocks = BLOCKS_PER_DAY * now.days * hashrate / difficulty
            until_halving = BLOCKS_PER_HALVING - now.height % BLOCKS_PER_HALVING
            before = min(blocks, until_halving)
            subsidy, halved = subsidy_at(now.height), subsidy_at(now.height + until_halving)
            now.coins = before * subsidy + (blocks - before) * halved + now.fees_per_day * now.days
            now.height += blocks
            now.hashprice = now.btc_price * (now.coins / now.days) / (hashrate * 1000.0)
        now.last_hashrate = now.hashrate = hashrate

    # ------------------------------------------------------------------ books and choice

    def keep_books(self) -> None:
        """Income and bills of the month, firm by firm."""
        self.agents_by_type[Firm].do("book_month")

    def choose(self) -> None:
        """The firms under review value what they could do with each site, and choose."""
        self.decisions = []
        self.view = month_view(self)
        due = self.p.behaviour.review_months
        for firm in self.agents_by_type[Firm]:
            if (self.month + firm.review_phase) % due == 0:
                self.decisions += firm.review(self.view)


class Region(SimpleNamespace):
    """Prices and rules of a region; ``curve`` its price-duration curve."""

    def open_month(self, other_cost: float, outage: float) -> None:
        """What all sites of the region share this month."""
        self.carbon_cost = self.carbon_price * self.carbon / 1000.0
        self.adder = other_cost + self.carbon_cost + self.excise
        self.level = max(self.price, 0.01)
        self.usable = (1.0 - outage) * self.hashing_allowed * (1.0 - self.programme_hours / HOURS_PER_YEAR)


def subsidy_at(height: float) -> float:
    """Coins of the block at a height, halved every 210,000 blocks, in whole satoshi."""
    return int(50e8 * 0.5 ** (height // BLOCKS_PER_HALVING)) / 1e8


def itp_root(f: Any, low: float, high: float, steps: int) -> float:
    """Root of a rising function of ln x between low and high after a fixed number of ITP steps."""
    a, b = log(low), log(high)
    fa, fb = f(a), f(b)
    if fa >= 0.0:
        return low
    if fb <= 0.0:
        return high
    width = b - a
    for step in range(steps):
        middle, chord = 0.5 * (a + b), secant(a, b, fa, fb)
        nudge = 0.2 / width * (b - a) ** 2
        to_middle = middle - chord
        x = middle if abs(to_middle) <= nudge else chord + (nudge if to_middle > 0.0 else -nudge)
        radius = width * 0.5**step - 0.5 * (b - a)
        x = min(max(x, middle - radius), middle + radius)
        fx = f(x)
        if fx < 0.0:
            a, fa = x, fx
        else:
            b, fb = x, fx
    return exp(secant(a, b, fa, fb))


def secant(a: float, b: float, fa: float, fb: float) -> float:
    """Where the chord between two points crosses zero."""
    share = -fa / (fb - fa) if fb > fa else 0.5
    return a + min(max(share, 0.0), 1.0) * (b - a)
