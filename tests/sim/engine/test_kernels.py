"""The compiled loops against the same in plain NumPy or by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from sim.economics.power import PriceDuration
from sim.kernels import blocks as kernels
from sim.kernels import firms, maths, rigs, sites, sums
from sim.kernels.compiled import compiled
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
        power_cost=one(300, 900), resale=one(5, 7), supply=one(20, 30),
    )  # fmt: skip
    found = sites.mining_accounts(site, one(0, 4), one(1, 2), one(0, 3), np.array([1.1]), 3)
    for name, expected in {
        "ehs": (1, 2, 0), "mwh": (10, 20, 0), "excise": (10, 40, 0), "carbon": (0, 60, 0), "fees": (0, 900, 0),
        "own": (300, 0, 0), "hosted": (740, 0, 0), "earned": (900, 0, 0), "resale": (12, 0, 0), "bill": (300, 740),
    }.items():  # fmt: skip
        np.testing.assert_allclose(getattr(found, name), [expected], err_msg=name)
    owner, miner, racks = np.array([[0, 0, -1]]), np.array([[0, 1, -1]]), one(3, 4, 5)
    mw, used = sites.megawatts(owner, miner, one(5, 6, 7), racks, one(2, 3, 4), one(0, 1, 9), 2)
    np.testing.assert_array_equal(mw, [[11, 4]])
    np.testing.assert_array_equal(used, [[3, 3]])


def test_what_leases_earn_and_still_cost_by_hand() -> None:
    status, firm = np.array([[BUILDING, RUNNING, ENDED, RUNNING]]), np.array([[1, 0, 1, 1]])
    product = np.array([[COLOCATION, CLOUD, CLOUD, COLOCATION]])
    it_mw, delivered, rent = np.array([[10.0, 4, 9, 2]]), np.array([[6.0, 4, 9, 2]]), np.array([[3.0, 5, 7, 2]])
    margin = np.array([[0.5]]), np.array([[0.8]])
    earned = firms.contracted_ebitda(status, firm, product, it_mw, delivered, rent, *margin, 0.5, 2)
    np.testing.assert_allclose(earned, [[4 * 5 * 0.5, (6 + 0.5 * 4) * 3 * 0.8 + 2 * 2 * 0.8]])
    capex, spent, limit, loan = (np.array([[value] * 4]) for value in (100.0, 30.0, 80.0, 25.0))
    np.testing.assert_allclose(firms.unfunded_capex(status, firm, capex, spent, limit, loan, 2), [[0.0, 70 - 55]])


def test_blocks_of_one_site_by_hand() -> None:
    # 10 MW of new rigs and 20 MW of old ones for 15 MW of racks, nine tenths of which may run
    ehs, one = np.array([[[2.0, 1.0], [0.0, 0.0]]]), np.ones((1, 2))
    power = kernels.SitePower(15 * one, 0.9 * one, 3 * one, 40 * one, 50 * one, 0.25 * one, np.zeros((1, 2), int))
    off, back = np.array([[[0.5, 1.0], [0.0, 0.0]]]), np.array([0.2])
    blocks = kernels.rig_blocks(ehs, off, back, np.array([[10.0, 10.0]]), np.array([[1.0, 1.5]]), power)
    assert blocks.first.tolist() == [0, 2]
    assert blocks.site.tolist() == [0, 0]
    assert blocks.generation.tolist() == [1, 0]
    np.testing.assert_allclose(blocks.racked, [1.0, 0.25])
    np.testing.assert_allclose(blocks.most, [0.2, 0.6])
    np.testing.assert_allclose(blocks.ehs, [0.9, 0.45])
    np.testing.assert_allclose(blocks.mw, [9.0, 4.5])
    np.testing.assert_allclose(blocks.strike_per_hashprice, [1.5, 1.0])


def plain(s: Sector, blocks: kernels.Blocks, hashprice: np.ndarray) -> dict[str, np.ndarray]:
    """What blocks do at a hashprice, with arrays."""
    strike = np.maximum(hashprice[blocks.run] * blocks.strike_per_hashprice - blocks.adder, 1e-3)
    fixed, resale = (values[blocks.run, blocks.site] for values in (s.sites.fixed_share, s.sites.resale))
    level, contract = blocks.level, blocks.contract
    spot_on, spot_paid = s.curves.evaluate(blocks.shape, strike / level)
    dear_on, dear_paid = s.curves.evaluate(blocks.shape, np.maximum(strike, contract) / level)
    contract_on = 1 / (1 + np.exp(-10 * np.log(strike / contract)))
    wanted = (1 - fixed * (1 - resale)) * spot_on + fixed * (1 - resale) * contract_on
    on = np.minimum(wanted, blocks.most)
    bought = (1 - fixed) * spot_paid * level + fixed * contract * ((1 - resale) * contract_on + resale * spot_on)
    sold = fixed * resale * np.maximum((1 - dear_paid) * level - (1 - dear_on) * contract, 0.0)
    return {"on": on, "bought": blocks.mw * bought * on / wanted, "sold": blocks.mw * sold}


@pytest.fixture
def month(make) -> Sector:
    return make(months=3, runs=range(3), mode="sampled")


def test_blocks_run_and_pay_as_arrays_say(month: Sector) -> None:
    from sim.phases import dispatch

    s, blocks = month, dispatch.rig_blocks(month)
    s.sites.resale[:, ::3] = 0.7
    s.rigs.off[:, 1::4] = 0.6
    blocks = dispatch.rig_blocks(s)
    hashprice = s.now.hashprice * np.array([0.5, 1.0, 2.0])
    expected = plain(s, blocks, hashprice)
    done, share = dispatch.run(s, blocks, hashprice)
    np.testing.assert_allclose(share, expected["on"], rtol=1e-10, atol=1e-14)
    for name, values in (("power_cost", expected["bought"]), ("resale", expected["sold"]),
                         ("ehs", blocks.ehs * share), ("curtailed_mwh", blocks.mw * (1 - share))):  # fmt: skip
        total = np.zeros((s.n_runs, s.n_sites))
        np.add.at(total, (blocks.run, blocks.site), values)
        hours = 1.0 if name == "ehs" else dispatch.HOURS
        np.testing.assert_allclose(getattr(done, name), total * hours, rtol=1e-9, atol=1e-9, err_msg=name)
    running = np.bincount(blocks.run, blocks.ehs * expected["on"], s.n_runs)
    np.testing.assert_allclose(kernels.hashrate(blocks, s.curves.grid, hashprice), running, rtol=1e-12)


def test_hashprice_is_the_root_that_another_solver_finds(month: Sector) -> None:
    from sim.phases import dispatch

    s, blocks = month, dispatch.rig_blocks(month)
    found = dispatch.solve(s, blocks)
    for run in range(s.n_runs):

        def excess(hashprice: float, run: int = run) -> float:
            trial = np.full(s.n_runs, hashprice)
            hashrate = kernels.hashrate(blocks, s.curves.grid, trial)
            return float((hashprice - s.now.btc_price * dispatch.coins_per_day(s, hashrate) / hashrate / 1e3)[run])

        assert found[run] == pytest.approx(brentq(excess, 0.3 * found[run], 3 * found[run]), rel=2e-5)


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


def test_idle_rigs_leave_and_remnants_with_them(month: Sector) -> None:
    ehs, one = np.array([[[1.0, 1e-4]]]), np.ones((1, 1))
    power = kernels.SitePower(100 * one, one, one, one, one, one, np.zeros((1, 1), int))
    off = np.zeros((1, 1, 2))
    blocks = kernels.rig_blocks(ehs, off, one[0], np.full((1, 2), 20.0), np.ones((1, 2)), power)
    share = np.array([0.5, 0.25])
    kernels.retire_idle(ehs, blocks, share, np.array([0.1]), np.full((1, 2), 20.0), 0.003)
    np.testing.assert_allclose(ehs[0, 0], [1.0 * (1 - 0.1 * 0.75), 0.0])
    kernels.remember_idle(off, blocks, share)
    np.testing.assert_allclose(off[0, 0], [0.75, 0.5])


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

