"""The compiled loops against the same in plain NumPy or by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from agents.compiled import compiled
from sim.economics.power import PriceDuration
from sim.kernels import blocks as kernels
from sim.kernels import firms, maths, rigs, sites, sums
from sim.sector import Sector
from sim.state import BUILDING, CLOUD, COLOCATION, ENDED, RUNNING

CURVE = PriceDuration({"shape": ["a"] * 3, "weight": [0.25, 0.5, 0.25], "ratio": [0.4, 0.8, 2.0]})


@given(st.floats(1e-300, 1e300))
def test_logarithm(x: float) -> None:
    assert maths.ln(x) == pytest.approx(np.log(x), rel=1e-15, abs=1e-15)


@given(st.one_of(st.floats(-650.0, 650.0), st.floats(-1e-3, 1e-3)))
def test_exponential_less_one(x: float) -> None:
    assert maths.expm1(x) == pytest.approx(np.expm1(x), rel=1e-15, abs=0.0)


def test_sums_leave_out_what_belongs_to_nobody() -> None:
    index, values = np.array([[0, 2, -1, 2], [1, 1, 1, -1]]), np.array([[1.0, 2.0, 4.0, 8.0], [1.0, 2.0, 4.0, 8.0]])
    total = np.zeros((2, 3))
    sums.add_by(total, index, values)
    np.testing.assert_array_equal(total, [[1.0, 0.0, 10.0], [0.0, 7.0, 0.0]])
    sums.add_pairs(total, np.array([0, 1, 1]), np.array([1, -1, 0]), np.array([5.0, 6.0, 7.0]))
    np.testing.assert_array_equal(total, [[1.0, 5.0, 10.0], [7.0, 7.0, 0.0]])

    several = sums.add_columns(np.stack((values, 10 * values)), index, 3)
    np.testing.assert_array_equal(several, [[[1, 0, 10], [0, 7, 0]], [[10, 0, 100], [0, 70, 0]]])


def test_mining_of_two_sites_by_hand() -> None:
    # firm 0 runs 10 MWh of its own at 300 USD; firm 1 runs 20 MWh at firm 0's site for 900, which cost it 740
    def one(*values: float) -> np.ndarray:
        return np.array([values])

    site = sites.Hashing(
        owner=np.array([[0, 0]]), miner=np.array([[0, 1]]), region=np.array([[0, 1]]), ehs=one(1, 2), mwh=one(10, 20),
        power_cost=one(300, 900), resale=one(5, 7), supply=one(20, 30), legacy_gpu=one(0, 0.5),
    )  # fmt: skip
    # the owner of the second site has GPUs there: 0.5 MW of old ones and 2 MW of chips that draw 3, besides a lease
    product, delivered, gross, it = np.array([[CLOUD, COLOCATION]]), one(2, 9), one(6, 9), one(4, 9)
    gpus = sites.Gpus(product, np.array([[1, 1]]), delivered, gross, it)
    prices = sites.Prices(one(0, 4), one(1, 2), one(0, 3), np.array([1.1]))
    found = sites.mining_accounts(site, gpus, prices, 10.0, 3)
    for name, expected in {
        "ehs": (1, 2, 0), "mwh": (10, 20, 0), "excise": (10, 40, 0), "carbon": (105, 60, 0), "fees": (0, 900, 0),
        "power": (1040, 0, 0), "earned": (900, 0, 0), "resale": (12, 0, 0), "bill": (300, 740),
    }.items():  # fmt: skip
        np.testing.assert_allclose(getattr(found, name), [expected], err_msg=name)
    owner, miner, racks = np.array([[0, 0, -1]]), np.array([[0, 1, -1]]), one(3, 4, 5)
    mw, used = sites.megawatts(owner, miner, one(5, 6, 7), racks, one(2, 3, 4), one(0, 1, 9), 2)
    np.testing.assert_array_equal(mw, [[11, 4]])
    np.testing.assert_array_equal(used, [[3, 3]])


def test_fixed_costs_by_hand() -> None:
    # three sites of firm 0: half of the racks draw power, a quarter, and no racks; the last is nobody's
    owner, region = np.array([[0, 0, 0, -1]]), np.array([[0, 0, 1, 1]])
    connected, racks, mw = np.array([[4.0, 9, 20, 20]]), np.array([[4.0, 8, 0, 10]]), np.array([[2.0, 2, 0, 5]])
    at, standby = sites.Racks(owner, region, connected, racks, mw), np.array([[0.25]])
    large, duty = np.array([[5.0, 20.0]]), np.array([[2.0, 3.0]])
    costs, duties = sites.fixed_costs(at, np.array([[10.0]]), standby, large, duty, 2)
    np.testing.assert_allclose(costs, [[10 * (4 + 8 * (0.25 + 0.75 * 0.5)), 0.0]])
    np.testing.assert_allclose(duties, [[9 * 2 + 20 * 3, 0.0]])
    np.testing.assert_allclose(sites.staffed_parts(mw[0], racks[0], np.full(4, 0.25)), [1.0, 0.625, 0.25, 1.0])


def test_overheads_grow_less_than_in_proportion() -> None:
    mw, alive, scale = np.array([[4.0, 0.0, 100.0, 9.0]]), np.array([[True, True, True, False]]), np.full((1, 4), 3.0)
    found = firms.overheads(mw, alive, scale, np.array([[0.5]]))
    np.testing.assert_allclose(found, [[6.0, 0.0, 30.0, 0.0]], rtol=1e-14)


def test_loans_of_a_firm_by_hand() -> None:
    # a bond that matures later, 60 lent on coins for five months more, 50 on rigs that were due last month
    balance, coupon = np.array([[[100.0, 60.0, 50.0]]]), np.array([[[0.12, 0.06, 0.24]]])
    interest, repaid = np.array([[7.0]]), np.array([[1.0]])
    firms.serve_loans(balance, coupon, np.array([[[30, 15, 9]]]), 10, interest, repaid)
    np.testing.assert_allclose(interest, [[7 + 1.0 + 0.3 + 1.0]])
    np.testing.assert_allclose(repaid, [[1 + 12.0 + 50.0]])
    np.testing.assert_allclose(balance, [[[100.0, 48.0, 0.0]]])


def test_what_leases_earn_and_still_cost_by_hand() -> None:
    status, firm = np.array([[BUILDING, RUNNING, ENDED, RUNNING]]), np.array([[1, 0, 1, 1]])
    product = np.array([[COLOCATION, CLOUD, CLOUD, COLOCATION]])
    it_mw, delivered, rent = np.array([[10.0, 4, 9, 2]]), np.array([[6.0, 4, 9, 2]]), np.array([[3.0, 5, 7, 2]])
    margin = np.array([[0.5]]), np.array([[0.8]])
    earned = firms.contracted_ebitda(status, firm, product, it_mw, delivered, rent, *margin, 0.5, 2)
    np.testing.assert_allclose(earned, [[4 * 5 * 0.5, (6 + 0.5 * 4) * 3 * 0.8 + 2 * 2 * 0.8]])
    capex, spent, limit, loan = (np.array([[value] * 4]) for value in (100.0, 30.0, 80.0, 25.0))
    np.testing.assert_allclose(firms.unfunded_capex(status, firm, capex, spent, limit, loan, 2), [[0.0, 70 - 55]])


def fleet_of(
    ehs: np.ndarray, off: np.ndarray, back: float, strike_per_hashprice: np.ndarray, j_per_th: float, racks: float
) -> kernels.Fleet:
    """Rigs (1, S, G) at sites with so many MW of racks, three quarters of power at 50 USD/MWh, spot at 40."""
    generations, one, region = np.ones((1, ehs.shape[2])), np.ones((1, ehs.shape[1])), np.ones((1, 1))
    j_per_th = j_per_th * generations
    sites = (np.zeros(one.shape, np.int64), racks * one, 50 * one, np.ones(1), 0.75 * one, 0 * one)
    regions = (0.9 * region, 3 * region, 40 * region, 0 * region, np.zeros((1, 1), np.int64))
    return kernels.Fleet(
        kernels.Rigs(ehs, off, np.array([back]), j_per_th, j_per_th, strike_per_hashprice),
        kernels.SitePower(*sites), kernels.RegionPower(*regions), CURVE.grid,
    )  # fmt: skip


def test_blocks_of_one_site_by_hand() -> None:
    # 10 MW of new rigs and 20 MW of old ones for 15 MW of racks, nine tenths of which may run
    ehs, off = np.array([[[2.0, 1.0], [0.0, 0.0]]]), np.array([[[0.5, 1.0], [0.0, 0.0]]])
    fleet = fleet_of(ehs, off, 0.2, np.array([[1.0, 1.5]]), 10.0, 15.0)
    kinds, blocks = kernels.listed(fleet, 0, kernels.room(fleet))
    assert blocks.first.tolist() == [0, 2, 2]
    assert blocks.kind.tolist() == [1, 0]
    np.testing.assert_allclose(blocks.racked, [1.0, 0.25])
    np.testing.assert_allclose(blocks.most, [0.2, 0.6])
    np.testing.assert_allclose(blocks.ehs, [0.9, 0.45])
    np.testing.assert_allclose(blocks.mw, [9.0, 4.5])
    np.testing.assert_allclose(blocks.at_spot, 0.25)
    np.testing.assert_allclose(kinds.strike_per_hashprice, [1.0, 1.5])
    np.testing.assert_allclose(kinds.adder, 3.0)
    np.testing.assert_allclose(kinds.level, 40.0)


def plain(
    s: Sector, fleet: kernels.Fleet, blocks: kernels.Blocks, run: int, hashprice: float
) -> dict[str, np.ndarray]:
    """What blocks of a run do at a hashprice, with arrays."""
    site, generations = np.repeat(np.arange(s.n_sites), np.diff(blocks.first)), s.rigs.ehs.shape[2]
    region, generation = blocks.kind // generations, blocks.kind % generations
    np.testing.assert_array_equal(region, s.sites.region[run, site])
    strike = hashprice * fleet.rigs.strike_per_hashprice[run, generation] - fleet.regions.adder[run, region]
    strike = np.maximum(strike, 1e-3)
    fixed, resale = s.sites.fixed_share[run, site], s.sites.resale[run, site]
    level, shape = fleet.regions.level[run, region], s.price_shape[region]
    contract = s.sites.contract[run, site] * s.now.inflation[run] + s.regions.tariff[run, region]
    spot_on, spot_paid = s.curves.evaluate(shape, strike / level)
    dear_on, dear_paid = s.curves.evaluate(shape, np.maximum(strike, contract) / level)
    contract_on = 1 / (1 + np.exp(-10 * np.log(strike / contract)))
    wanted = (1 - fixed * (1 - resale)) * spot_on + fixed * (1 - resale) * contract_on
    on = np.minimum(wanted, blocks.most)
    bought = (1 - fixed) * spot_paid * level + fixed * contract * ((1 - resale) * contract_on + resale * spot_on)
    sold = fixed * resale * np.maximum((1 - dear_paid) * level - (1 - dear_on) * contract, 0.0)
    return {"site": site, "on": on, "bought": blocks.mw * bought * on / wanted, "sold": blocks.mw * sold}


@pytest.fixture
def month(make) -> Sector:
    return make(months=3, runs=range(3), mode="sampled")


@pytest.mark.parametrize(("run", "factor"), [(0, 0.5), (1, 1.0), (2, 2.0)])
def test_blocks_run_and_pay_as_arrays_say(month: Sector, run: int, factor: float) -> None:
    from sim.phases import dispatch

    s, hashprice = month, month.now.hashprice * factor
    s.sites.resale[:, ::3] = 0.7
    s.rigs.off[:, 1::4] = 0.6
    fleet = dispatch.fleet(s)
    kinds, blocks = kernels.listed(fleet, run, kernels.room(fleet))
    expected = plain(s, fleet, blocks, run, hashprice[run])
    done = np.empty((5, s.n_sites))
    kernels.run_blocks(fleet, run, kinds, blocks, hashprice[run], done)
    np.testing.assert_allclose(blocks.share, expected["on"], rtol=1e-10, atol=1e-14)
    month_done = dispatch.run_at(s, hashprice)
    running, still = blocks.ehs * blocks.share, blocks.mw * (1 - blocks.share)
    for name, values in (
        ("power_cost", expected["bought"]), ("resale", expected["sold"]), ("ehs", running), ("curtailed_mwh", still),
    ):  # fmt: skip
        total = np.bincount(expected["site"], values, s.n_sites) * (1.0 if name == "ehs" else dispatch.HOURS)
        np.testing.assert_allclose(getattr(month_done, name)[run], total, rtol=1e-9, atol=1e-9, err_msg=name)
    np.testing.assert_array_equal(done[0], month_done.ehs[run])
    hashrate = kernels.hashrate(kinds, blocks, s.curves.grid, hashprice[run])
    assert hashrate == pytest.approx((blocks.ehs * expected["on"]).sum(), rel=1e-12)


@pytest.mark.parametrize("run", range(3))
def test_hashprice_is_the_root_that_another_solver_finds(month: Sector, run: int) -> None:
    from sim.phases import dispatch

    s, fleet = month, dispatch.fleet(month)
    kinds, blocks = kernels.listed(fleet, run, kernels.room(fleet))
    found = kernels.solve(kinds, blocks, s.curves.grid, dispatch.network(s), run)

    def excess(hashprice: float) -> float:
        hashrate = np.full(s.n_runs, kernels.hashrate(kinds, blocks, s.curves.grid, hashprice))
        return float((hashprice - s.now.btc_price * dispatch.coins_per_day(s, hashrate) / hashrate / 1e3)[run])

    assert found == pytest.approx(brentq(excess, 0.3 * found, 3 * found), rel=2e-5)


def itp(f, low: float, high: float, steps: int) -> float:
    """Root search with the kernel's guesses."""
    a, b, fa, fb = low, high, f(low), f(high)
    for step in range(steps):
        x = kernels.itp_guess(a, b, fa, fb, high - low, step)
        fx = f(x)
        a, b, fa, fb = (x, b, fx, fb) if fx < 0 else (a, x, fa, fx)
        assert b - a <= (high - low) / 2.0 ** (step - 1) * (1 + 1e-9)
    return 0.5 * (a + b)


def test_root_search_is_fast_on_a_smooth_curve() -> None:
    assert itp(lambda x: np.exp(x) - 2.0, 0.0, 3.0, 9) == pytest.approx(np.log(2.0), abs=1e-6)


def test_root_search_on_stairs_from_nothing() -> None:
    def stairs(x: float) -> float:
        return -np.inf if x < 1.0 else np.floor(4 * x) - 6.5

    assert itp(stairs, 0.0, 10.0, 40) == pytest.approx(1.75, abs=1e-9)


def test_idle_rigs_leave_and_remnants_with_them() -> None:
    ehs, off = np.array([[[1.0, 1e-4, 0.0]]]), np.array([[[0.2, 0.3, 0.4]]])
    fleet = fleet_of(ehs, off, 1.0, np.ones((1, 3)), 20.0, 100.0)
    _, blocks = kernels.listed(fleet, 0, kernels.room(fleet))
    blocks.share[:] = 0.25, 0.5  # the newest first
    kernels.leave_idle(fleet, 0, blocks, 0.1, 0.003)
    np.testing.assert_allclose(ehs[0, 0], [1.0 * (1 - 0.1 * 0.5), 0.0, 0.0])
    np.testing.assert_allclose(off[0, 0], [0.5, 0.75, 0.0])


def test_a_month_is_its_steps_run_by_run(month: Sector) -> None:
    from sim.phases import dispatch

    s = month
    fleet, network, leaving = dispatch.fleet(s), dispatch.network(s), np.full(3, 0.1)
    ehs, off = s.rigs.ehs.copy(), s.rigs.off.copy()
    found, done = kernels.dispatch(fleet, network, leaving, 0.003)
    after = s.rigs.ehs.copy(), s.rigs.off.copy()
    s.rigs.ehs[:], s.rigs.off[:] = ehs, off
    np.testing.assert_array_equal(done, kernels.run_at(fleet, found))
    for run in range(3):
        kinds, blocks = kernels.listed(fleet, run, kernels.room(fleet))
        assert found[run] == kernels.solve(kinds, blocks, s.curves.grid, network, run)
        kernels.run_blocks(fleet, run, kinds, blocks, found[run], np.empty((5, s.n_sites)))
        kernels.leave_idle(fleet, run, blocks, 0.1, 0.003)
    np.testing.assert_array_equal(s.rigs.ehs, after[0])
    np.testing.assert_array_equal(s.rigs.off, after[1])


def test_without_a_place_to_keep_code_kernels_still_compile(monkeypatch) -> None:
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    assert compiled(lambda x: 1.0 / x)(0.0) == np.inf


def test_used_rigs_go_to_all_who_want_them_in_equal_parts() -> None:
    # 10 EH/s at 1 MW each, worth far more than asked; racks for 6 and 4 EH/s, but the second has money for 2
    one = np.ones((1, 2))
    machines = rigs.Machines(one, 4.0 * one, 3.0 * one, np.array([0.1]), np.array([0.1]), np.array([1.0]))
    pairs = [np.array(column) for column in ([0, 0], [2, 0], [6.0, 4.0], [1e3, 10.0], [50.0, 50.0], [20.0, 20.0])]
    dealers, ehs, paid = np.array([[3.0, 4.0]]), np.zeros((1, 3, 2)), np.zeros(2)
    left = rigs.sell_used(machines, rigs.Buyers(*pairs), 1.25, dealers, ehs, paid)
    # newest first: 6 and 2 want 4 EH/s and get 3 and 1; then 3 and 1 want 3 EH/s and get 2.25 and 0.75
    np.testing.assert_allclose(ehs[0], [[0.75, 1.0], [0.0, 0.0], [2.25, 3.0]])
    np.testing.assert_allclose(dealers, 0.0)
    np.testing.assert_allclose(paid, [5 * 5.25, 5 * 1.75])
    np.testing.assert_allclose(left, [6 - 5.25, 4 - 1.75])


def test_nobody_buys_used_rigs_that_do_not_pay() -> None:
    one = np.ones((1, 1))
    machines = rigs.Machines(one, 4.0 * one, 3.0 * one, np.array([0.1]), np.array([0.1]), np.array([1.0]))
    pairs = [np.array(column) for column in ([0], [0], [6.0], [1e3], [0.4], [20.0])]  # 146 USD against 175 a year
    dealers, ehs = np.array([[3.0]]), np.zeros((1, 1, 1))
    rigs.sell_used(machines, rigs.Buyers(*pairs), 1.25, dealers, ehs, np.zeros(1))
    assert not ehs.any()
    assert dealers[0, 0] == 3.0


def test_fleets_and_installed_power() -> None:
    ehs = np.array([[[1.0, 2.0], [4.0, 0.0], [8.0, 8.0]]])
    owned = rigs.fleets(ehs, np.array([[0, 1, -1]]), np.array([[1.0, 0.0]]))
    np.testing.assert_array_equal(owned, [[3.0, 0.0]])
    np.testing.assert_array_equal(rigs.installed_mw(ehs, np.array([[10.0, 1.0]])), [[12.0, 40.0, 88.0]])


@pytest.mark.parametrize("kind", [float, int, bool])
def test_look_up_keeps_the_kind(kind: type) -> None:
    values = np.array([[0, 1, 2], [3, 4, 0]]).astype(kind)
    found = sums.look_up(values, np.array([[2, 0, -1, 1], [1, 1, 2, 0]]))
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, np.array([[2, 0, 2, 1], [4, 4, 0, 3]]).astype(kind))


def test_shares_among_known_rows() -> None:
    known = np.array([[[1, 2, -1], [0, -1, -1], [1, 0, 2], [-1, -1, -1]]])
    kind, counts_for = np.array([[0, 1, 1, 0]]), np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    found = sums.shares_among(known, kind, np.zeros(3, int), np.array([0, 2, 3]), counts_for)
    np.testing.assert_allclose(found, [[0, 1, 1], [1 / 3, 2 / 3, 1], [0, 0, 0]])
