"""Analytic anchors: where theory has an exact answer, the engine's own functions give it.

Contest of miners (Arnosti and Weinberg 2022), the calculator's identities, free entry under another difficulty
rule (Ma, Gans and Tourky 2018), and the barrier that entry sets to revenue per hash (Prat and Walter 2021).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

from agents import observations as ob
from sim import Scenario
from sim.economics import DAYS_PER_YEAR, mining
from sim.kernels import blocks as kernels
from sim.kernels.options import OptionTable
from sim.months import month_name, month_number
from sim.phases import dispatch, mining_options, rig_market, world
from sim.phases.cases import gather
from sim.sector import Sector

# A world in which nothing moves but what a test moves: no AI, no progress of rigs, no trend or noise in prices.
STILL = {
    "world.firms": 120, "world.sites": 240, "world.entrant_firms": 20,
    "bitcoin.price_process": "constant", "bitcoin.price_usd": 80_000.0, "bitcoin.fees_volatility": 0.0,
    "behaviour.pivot_allowed": False, "ai.miner_demand_share": 0.0, "rigs.efficiency_gain": 0.0,
    "power.price_volatility": 0.0, "power.inflation_per_year": 0.0, "power.load_growth_per_year": 0.0,
    "power.load_price_elasticity": 0.0, "policy.existing_rules": False,
}  # fmt: skip


def still(**changes: object) -> Scenario:
    """The still world with blocks' keys written as block__key."""
    return Scenario.load("base", overrides=STILL | {key.replace("__", "."): v for key, v in changes.items()})


# ---------------------------------------------------------------- contest of miners


class Contest:
    """A few firms of one technology on sites and money without limit, bound by nothing but the network's dilution.

    Each has a site in a region of its own and rigs of the newest generation, bought at its own price and run on
    power at its own price.
    """

    def __init__(self, usd_per_th: np.ndarray, power: np.ndarray) -> None:
        scenario = still(
            bitcoin__pool_fee=0.0, power__fixed_price_share=1.0, power__resale_share=0.0,
            power__other_cost_usd_per_mwh=0.0,
        )  # fmt: skip
        s = self.sector = Sector(scenario, 0, (0,), months=1, mode="fixed")
        s.begin_month()
        world.move_drivers(s)
        world.set_rules(s)
        rig_market.update_market(s)
        self.n = n = len(power)
        sites, own = s.sites, np.arange(n)
        for empty in (sites.connected, sites.racks, sites.ai_gross, sites.vacant, s.rigs.ehs, s.regions.tariff):
            empty[:] = 0.0
        sites.owner[:] = sites.miner[:] = -1
        sites.owner[0, :n] = sites.miner[0, :n] = sites.region[0, :n] = own
        sites.connected[0, :n] = sites.racks[0, :n] = 1e12
        sites.fixed_share[0, :n], sites.resale[0, :n], sites.contract[0, :n] = 1.0, 0.0, power
        s.firms.alive[0] = np.arange(s.n_firms) < n
        s.firms.review_phase[:] = 0
        s.expected_decline = np.zeros((1, 1))
        self.generation = s.on_sale[0, 0]
        s.sale_mix[:] = [1.0, 0.0]
        s.rigs.price[:] = usd_per_th.min()
        s.regions.asic_tariff[0, :n] = usd_per_th / usd_per_th.min() - 1.0

    def unit_costs(self) -> np.ndarray:
        """What a TH/s costs over its life (n,): the rig and the discounted power bill."""
        s, n, p = self.sector, self.n, self.sector.P
        j, life, rate = s.rigs.j_per_th[0, self.generation], p.rigs.life_months / 12, p.finance.mining_discount_rate
        hours = 8766 * p.power.availability * -np.expm1(-rate * life) / rate
        bill = j * p.power.mining_overhead * s.sites.contract[0, :n] / 1e6 * hours
        return (s.rigs.price[0, self.generation] * (1 + s.regions.asic_tariff[0, :n]) + bill)[0]

    def value_of_more(self, ehs: np.ndarray) -> np.ndarray:
        """Net present value of a first MW more over its price (n,), as the engine shows it to a firm that decides."""
        s, n = self.sector, self.n
        s.rigs.ehs[0, :n, self.generation] = ehs
        s.now.hashrate = s.now.last_hashrate = np.array([ehs.sum()])
        s.now.hashprice = mining.hashprice(s.now.btc_price, dispatch.coins_per_day(s, s.now.hashrate), s.now.hashrate)
        s.firms.hashprice_view[:] = s.now.hashprice[:, None]
        s.ehs_by_firm = np.zeros((1, s.n_firms))
        s.ehs_by_firm[0, :n] = ehs
        s.cases_of_firm = np.ones((1, s.n_firms), dtype=np.int64)
        cases = gather(s)
        table = OptionTable.blank(len(cases))
        plans = mining_options.evaluate(s, cases, np.full((1, s.n_firms), 1e30), table)
        price = mining_options.new_rig_price(s)[0] * (1 + s.regions.asic_tariff[0, cases.region])
        return table.value[:, ob.EXPAND] * cases.unit / plans.expand_mw / price

    def equilibrium(self) -> tuple[np.ndarray, np.ndarray]:
        """Shares (n,) at which nobody gains by more or less, and what more would be worth there.

        Every firm grows while a MW more is worth its price and shrinks while it is not.
        """
        ehs = np.full(self.n, 100.0)
        for _ in range(600):
            gain = self.value_of_more(ehs)
            ehs = np.maximum(ehs * np.exp(np.clip(0.5 * gain, -0.5, 0.5)), 1e-9)
        return ehs / ehs.sum(), gain


PRICES = np.array([10.0, 11.0, 12.0, 13.0, 25.0])  # of rigs, USD/TH
POWER = np.array([30.0, 36.0, 42.0, 50.0, 60.0])  # USD/MWh


@pytest.mark.parametrize(
    ("usd_per_th", "power"),
    [(PRICES, np.full(5, 1e-6)), (np.full(5, 10.0), POWER), (PRICES, POWER), (np.full(5, 100.0), POWER)],
    ids=["rig prices differ", "power prices differ", "both differ", "dear rigs"],
)
def test_without_limits_mining_is_a_natural_oligopoly(usd_per_th, power):
    """If firm i is active, firm j holds at least 1 - c_j / c_i of all hashrate."""
    contest = Contest(usd_per_th, power)
    shares, gain = contest.equilibrium()
    costs, active = contest.unit_costs(), shares > 1e-4
    assert np.abs(gain[active]).max() < 1e-3
    assert (gain[~active] < 0).all()
    least = 1.0 - costs[None, :] / costs[active][:, None]
    assert (shares >= least - 1e-3).all()
    assert shares == pytest.approx(mining.contest_shares(costs), abs=1e-3)


def test_shares_of_the_contest_by_hand():
    contest = Contest(PRICES, np.full(5, 1e-6))
    shares, _ = contest.equilibrium()
    assert shares == pytest.approx(mining.contest_shares(contest.unit_costs()), abs=1e-4)
    # by hand: four active, c* = (10 + 11 + 12 + 13) / 3 = 15.33 < 25
    assert shares == pytest.approx([1 - 30 / 46, 1 - 33 / 46, 1 - 36 / 46, 1 - 39 / 46, 0.0], abs=1e-3)


# ---------------------------------------------------------------- calculator


@pytest.mark.parametrize(
    ("hashprice", "j_per_th", "usd_per_mwh"), [(31.0, 21.0, 61.5), (88.0, 30.0, 122.2), (31.0, 13.5, 95.7)]
)
def test_published_breakevens(hashprice, j_per_th, usd_per_mwh):
    assert mining.breakeven_usd_per_mwh(hashprice, j_per_th) == pytest.approx(usd_per_mwh, abs=0.06)


def test_network_month_of_the_engine_agrees_with_the_calculator():
    """A TH/s earns the calculator's coins at the difficulty at which the network found the month's blocks."""
    s = Sector(still(), 0, (0,), months=3, mode="fixed")
    for _ in range(3):
        s.advance()
    difficulty = s.now.difficulty_hashrate * 1e18 * mining.BLOCK_SECONDS / mining.HASHES_PER_DIFFICULTY
    assert mining.network_hashrate_from_difficulty(difficulty) == pytest.approx(s.now.difficulty_hashrate)
    per_block = s.now.coins / s.now.blocks
    per_th = mining.coins_per_day(1.0, difficulty, per_block) * s.now.btc_price
    assert s.now.hashprice == pytest.approx(per_th * 1000)
    assert s.now.blocks / s.days == pytest.approx(144 * s.now.hashrate / s.now.difficulty_hashrate)


def test_engine_switches_a_block_at_its_breakeven():
    """Where the contract price equals breakeven less other cost, overhead counted, half of the block runs."""
    s = Sector(still(power__fixed_price_share=1.0, power__resale_share=0.0), 0, (0,), months=1, mode="fixed")
    s.begin_month()
    world.move_drivers(s)
    world.set_rules(s)
    world.run_grids(s)
    for generation in np.flatnonzero(s.rigs.ehs[0].any(axis=0)):
        net = s.now.hashprice[0] * (1 - s.P.bitcoin.pool_fee[0, 0])
        j = s.rigs.j_per_th[0, generation] * s.P.power.mining_overhead[0, 0]
        other_cost = dispatch.running_cost(s)[0, s.sites.region[0]]
        s.sites.contract[0] = mining.breakeven_usd_per_mwh(net, j) - other_cost
        fleet = dispatch.fleet(s)
        kinds, blocks = kernels.listed(fleet, 0, kernels.room(fleet))
        kernels.run_blocks(fleet, 0, kinds, blocks, s.now.hashprice[0], np.empty((5, s.n_sites)))
        here = blocks.kind % s.rigs.ehs.shape[2] == generation
        assert blocks.share[here] == pytest.approx(0.5)


# ---------------------------------------------------------------- difficulty rule


def test_difficulty_rule_moves_block_time_but_not_energy():
    """A rule that lags more slows blocks while hashrate falls; what the network draws in the long run is the same."""
    months, halving, settled = 36, 22, slice(12, 20)
    energy, pace = [], []
    for lag in (0.1, 0.6):
        rule = still(bitcoin__difficulty_lag=lag, behaviour__entry_allowed=False, world__months=months)
        s = Sector(rule, 0, range(3), mode="fixed")
        history = []
        for _ in range(months):
            s.advance()
            history.append((s.dispatched.mwh.sum(axis=-1).mean(), s.now.blocks.mean() / s.days))
        energy.append([row[0] for row in history])
        pace.append([row[1] for row in history])
    quick, slow = np.array(energy)
    assert slow[settled].mean() == pytest.approx(quick[settled].mean(), rel=0.005)
    assert slow[halving + 6 :].mean() == pytest.approx(quick[halving + 6 :].mean(), rel=0.01)
    quick, slow = np.array(pace)
    assert slow[settled].mean() == pytest.approx(144.0, rel=0.01)
    around = slice(halving - 2, halving + 2)
    assert slow[around].min() < quick[around].min() - 2  # the halving switches rigs off


# ---------------------------------------------------------------- barrier of entry

# Vendors sell any number of rigs at cost, grids connect at once, money and racks come quickly.
OPEN = {
    "world__start": "2024-12", "world__months": 40, "bitcoin__network_hashrate_ehs": 780.0,
    "bitcoin__price_process": "csv", "rigs__capacity_mw_per_month": 20_000.0, "rigs__payback_price_share": 0.0,
    "rigs__launch_premium": 0.0, "rigs__growth_extrapolation": 0.0, "rigs__shipping_months": 1,
    "rigs__rack_build_months": 1, "power__headroom_scale": 100.0, "power__interconnection_wait_scale": 0.0,
    "power__request_share_per_quarter": 2.0, "finance__equity_issue_share_per_year": 1.0,
    "behaviour__review_months": 1,
}  # fmt: skip
CLOSED = {"rigs__capacity_mw_per_month": 1.0, "behaviour__entry_allowed": False}
RISE_FROM, RISE_MONTHS = 10, 14


def coin_path(file: Path, factor: float) -> str:
    """80,000 USD for ten months, then a steady rise to `factor` times as much, which stays."""
    start = month_number(str(OPEN["world__start"]))
    rows = ["month,price_usd"]
    for k in range(int(str(OPEN["world__months"]))):
        price = 80_000.0 * factor ** min(max((k - RISE_FROM) / RISE_MONTHS, 0.0), 1.0)
        rows.append(f"{month_name(start + k)},{price:.6f}")
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(file)


def barrier(s: Sector) -> float:
    """Hashprice [USD/PH/day] at which the newest rig is worth what it costs to a median miner."""
    newest, p = s.on_sale[:, 0], s.P

    def surplus(hashprice: float) -> float:
        worth = mining.rig_present_value(
            np.array([hashprice]), s.rigs.j_per_th[0, newest], s.reference_power_cost()[0], s.expected_decline[0],
            p.finance.mining_discount_rate[0], p.rigs.life_months[0] / 12, p.power.availability[0],
        )  # fmt: skip
        return float((worth - s.rigs.price[0, newest])[0])

    return float(brentq(surplus, 1.0, 1e4))


def hashprices(file: Path, factor: float, **changes: object) -> tuple[np.ndarray, np.ndarray]:
    """Hashprice and barrier of each month while the coin price multiplies by `factor`."""
    given = OPEN | {"bitcoin__price_path_csv": coin_path(file, factor)} | changes
    s = Sector(still(**given), 0, (0,), mode="fixed")
    path = []
    for _ in range(s.months):
        s.advance()
        path.append((s.now.hashprice[0], barrier(s)))
    found = np.array(path)
    return found[:, 0], found[:, 1]


def test_entry_caps_revenue_per_hash_when_the_coin_price_doubles(tmp_path):
    """Prat and Walter's barrier: with open entry only hashrate follows the price; without it hashprice does.

    Orders, racks and reviews take months, so that hashprice passes the barrier for a while and comes back.
    """
    calm, _ = hashprices(tmp_path / "calm.csv", 1.0)
    doubled, cap = hashprices(tmp_path / "doubled.csv", 2.0)
    closed, _ = hashprices(tmp_path / "closed.csv", 2.0, **CLOSED)
    assert doubled[:RISE_FROM] == pytest.approx(calm[:RISE_FROM])  # nobody knows the future
    before = doubled[RISE_FROM]
    assert closed[RISE_FROM:].max() > 1.8 * closed[RISE_FROM]
    assert doubled[RISE_FROM:].max() < 1.5 * before
    assert doubled[-3:].max() < 1.05 * cap[-1]
    assert doubled[-1] == pytest.approx(calm[-1], rel=0.1)


def test_barrier_is_where_margins_repay_the_rig():
    """Without discount and decline: price / life + power is what a TH/s must earn."""
    s = Sector(still(finance__mining_discount_rate=0.0, rigs__hashprice_decline_per_year=0.0,
                     rigs__growth_extrapolation=0.0), 0, (0,), months=1, mode="fixed")  # fmt: skip
    s.advance()
    newest = s.on_sale[0, 0]
    j, usd = s.rigs.j_per_th[0, newest], s.rigs.price[0, newest]
    life, uptime = s.P.rigs.life_months.item() / 12, s.P.power.availability.item()
    power = j * 24 / 1000 * s.reference_power_cost().item()
    by_hand = usd * 1000 / (life * DAYS_PER_YEAR * uptime) + power
    assert barrier(s) == pytest.approx(by_hand, rel=1e-3)
