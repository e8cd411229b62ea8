"""Exogenous drivers: start values, long-run behaviour, shocks, pairing and prefix stability."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim import coin_price, drivers
from sim.drivers import Drivers
from sim.errors import UserError
from sim.months import days_in_month, month_name, month_number
from sim.streams import Streams
from sim.tables import load_tables

START, MONTHS, MANY = "2026-07", 90, range(400)
CAPEX = load_tables().hyperscaler_capex
REGIONS = ["ERCOT", "PJM", "QUEBEC"]
TENANTS = ["COREWEAVE", "CORE42"]
PATHS = [
    "btc_price_usd", "fees_btc_per_day", "inflation_index", "base_rate", "credit_spread_shock", "ltc_factor",
    "equity_multiple_factor", "ai_demand_flow_gw", "ai_demand_gw", "rent_shock_factor",
    "outside_capacity_factor", "gpu_rent_usd_per_hour",
]  # fmt: skip


def tables() -> SimpleNamespace:
    known = [month_name(number) for number in range(month_number("2021-01"), month_number("2026-06") + 1)]
    wiggle = np.random.default_rng(0).normal(0.03, 0.13, len(known))
    summer = np.where(np.isin(np.arange(1, 13), [7, 8]), 1.5, 0.9)
    return SimpleNamespace(
        hyperscaler_capex=CAPEX,
        btc_history={"month": np.array(known), "price_usd": 30_000 * np.exp(np.cumsum(wiggle))},
        tenants={"tenant": np.array(TENANTS)},
        regions={"code": np.array(REGIONS), "season": np.array(["hot", "flat", "flat"])},
        seasons={
            "season": np.repeat(["hot", "flat"], 12),
            "calendar_month": np.tile(np.arange(1, 13), 2),
            "factor": np.concatenate([summer, np.ones(12)]),
        },
    )


def params(runs: int, shocks: list[SimpleNamespace] | None = None, **changes: Any) -> SimpleNamespace:
    values: dict[str, dict[str, Any]] = {
        "bitcoin": {
            "price_usd": 63_000.0, "price_process": "bootstrap", "price_path_csv": "", "price_drift_per_year": 0.05,
            "price_volatility_scale": 0.8, "gbm_volatility_per_year": 0.6, "jump_rate_per_year": 0.5,
            "jump_size_sd": 0.2, "bootstrap_block_months": 6, "fees_btc_per_day": 2.6, "fees_volatility": 0.4,
        },
        "power": {"inflation_per_year": 0.02, "price_volatility": 0.12, "price_persistence": 0.7},
        "ai": {
            "demand_path": "base", "demand_scale": 1.0, "gpu_rent_usd_per_hour": 2.6,
            "gpu_rent_decline_per_year": 0.15, "gpu_rent_volatility": 0.25,
        },
        "finance": {"base_rate": 0.04, "base_rate_volatility": 0.008, "multiple_volatility": 0.25},
    }  # fmt: skip
    for block in values.values():
        block |= {key: value for key, value in changes.items() if key in block}
        for key, value in block.items():
            if isinstance(value, float):
                block[key] = np.full((runs, 1), value)
    return SimpleNamespace(shocks=shocks or [], **{name: SimpleNamespace(**block) for name, block in values.items()})


def make(runs: Any = (0,), start: str = START, months: int = MONTHS, shocks: Any = None, **changes: Any) -> Drivers:
    return Drivers(params(len(runs), shocks, **changes), Streams(0, runs), tables(), start, months)


def shock(
    kind: str, start: str, months: int, size: float, ramp: int = 0, regions: Any = (), tenants: Any = ()
) -> SimpleNamespace:
    where = {"regions": regions, "tenants": tenants}
    return SimpleNamespace(kind=kind, start=start, months=months, size=size, ramp_months=ramp, **where)


PROCESSES = ["constant", "gbm", "regime", "bootstrap"]


@pytest.mark.parametrize("process", PROCESSES)
def test_shapes_and_start_values(process: str) -> None:
    made = make(range(3), price_process=process)
    for name in PATHS:
        path = getattr(made, name)
        assert path.shape == (3, MONTHS), name
        assert path.flags.c_contiguous, name
        assert np.all(np.isfinite(path)), name
        assert np.all(path >= 0.0), name
    assert made.power_noise.shape == (3, MONTHS, len(REGIONS))
    assert made.tenant_default_probability.shape == (3, MONTHS, len(TENANTS))
    assert not made.tenant_default_probability.any()
    np.testing.assert_allclose(made.btc_price_usd[:, 0], 63_000.0)
    np.testing.assert_allclose(made.fees_btc_per_day[:, 0], 2.6)
    np.testing.assert_allclose(made.base_rate[:, 0], 0.04)
    np.testing.assert_allclose(made.equity_multiple_factor[:, 0], 1.0)
    np.testing.assert_allclose(made.gpu_rent_usd_per_hour[:, 0], 2.6)
    np.testing.assert_allclose(made.power_noise[:, 0], [[1.5, 1.0, 1.0]] * 3)  # July of a hot region
    np.testing.assert_allclose(made.inflation_index[:, 12], 1.02)


@pytest.mark.parametrize("process", PROCESSES)
def test_run_is_the_same_in_any_batch_and_a_longer_run_begins_alike(process: str) -> None:
    batch = make([4, 7, 9], price_process=process)
    alone = make([7], price_process=process)
    longer = make([7], months=MONTHS + 31, price_process=process)
    for name in [*PATHS, "power_noise"]:
        np.testing.assert_array_equal(getattr(batch, name)[1:2], getattr(alone, name), err_msg=name)
        np.testing.assert_array_equal(getattr(longer, name)[:, :MONTHS], getattr(alone, name), err_msg=name)


def test_shocks_touch_their_own_driver_only() -> None:
    plain = make([1])
    hit = make([1], shocks=[shock("coin_price", "2028-01", 12, 0.5)])
    np.testing.assert_allclose(hit.btc_price_usd[0, 18:30], 0.5 * plain.btc_price_usd[0, 18:30])
    np.testing.assert_array_equal(hit.btc_price_usd[0, 30:], plain.btc_price_usd[0, 30:])
    for name in PATHS[1:]:
        np.testing.assert_array_equal(getattr(hit, name), getattr(plain, name), err_msg=name)


def test_drivers_stay_paired_when_an_unrelated_assumption_changes() -> None:
    plain, wilder = make([1]), make([1], price_volatility=0.3, gpu_rent_volatility=0.5, fees_volatility=1.0)
    for name in ["btc_price_usd", "base_rate", "ai_demand_gw", "equity_multiple_factor"]:
        np.testing.assert_array_equal(getattr(plain, name), getattr(wilder, name))


def test_constant_price_does_not_move() -> None:
    assert np.all(make(price_process="constant").btc_price_usd == 63_000.0)


@pytest.mark.parametrize("process", ["gbm", "regime", "bootstrap"])
def test_median_grows_with_the_drift_whatever_the_volatility(process: str) -> None:
    made = make(MANY, price_process=process, price_drift_per_year=0.10, jump_rate_per_year=0.0)
    growth = np.log(made.btc_price_usd[:, -1] / 63_000.0)
    error = growth.std() / len(MANY) ** 0.5
    assert abs(growth.mean() - 0.10 * (MONTHS - 1) / 12) < 4 * error


@pytest.mark.parametrize(("process", "expected"), [("gbm", 0.48), ("regime", 0.48)])
def test_yearly_volatility(process: str, expected: float) -> None:
    made = make(MANY, price_process=process, jump_rate_per_year=0.0)  # 0.8 x 0.6
    returns = np.diff(np.log(made.btc_price_usd), axis=-1)
    assert returns.std() * 12**0.5 == pytest.approx(expected, rel=0.03)


def test_regimes_cluster() -> None:
    returns = np.diff(np.log(make(MANY, price_process="regime").btc_price_usd), axis=-1)
    size = np.abs(returns - returns.mean())
    assert np.corrcoef(size[:, 1:].ravel(), size[:, :-1].ravel())[0, 1] > 0.05
    assert abs(np.corrcoef(returns[:, 1:].ravel(), returns[:, :-1].ravel())[0, 1]) < 0.02


def test_jumps_come_at_the_stated_rate() -> None:
    still = make(MANY, price_process="gbm", gbm_volatility_per_year=0.0, price_drift_per_year=0.0)
    returns = np.diff(np.log(still.btc_price_usd), axis=-1)
    assert (returns != 0.0).mean() * 12 == pytest.approx(12 * (1 - np.exp(-0.5 / 12)), rel=0.05)
    assert returns[returns != 0.0].std() == pytest.approx(0.8 * 0.2, rel=0.06)


def test_bootstrap_repeats_real_months_in_blocks() -> None:
    history = tables().btc_history
    window = (history["month"] >= "2021-06") & (history["month"] <= "2026-06")
    real = np.diff(np.log(history["price_usd"][window]))
    assert len(real) == 60
    real -= real.mean()
    made = make(range(20), price_drift_per_year=0.0, price_volatility_scale=1.0)
    returns = np.diff(np.log(made.btc_price_usd), axis=-1)
    nearest = np.abs(returns[:, :, None] - real).argmin(axis=-1)
    np.testing.assert_allclose(returns, real[nearest], atol=1e-12)
    steps = np.diff(nearest, axis=-1) % 60
    follows = (steps == 1).reshape(20, -1)
    inside_a_block = (np.arange(MONTHS - 2) % 6) != 5  # the first block begins with the return of month 1
    assert follows[:, inside_a_block].all()


def test_bootstrap_needs_its_history() -> None:
    bare = tables()
    bare.btc_history = {"month": np.array(["2016-01", "2016-02"]), "price_usd": np.array([400.0, 410.0])}
    with pytest.raises(UserError, match="2021-07 to 2026-06"):
        Drivers(params(1), Streams(0, [0]), bare, START, 12)


def price_file(folder: Path, text: str) -> str:
    path = folder / "path.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_price_and_fees_from_a_file(tmp_path: Path) -> None:
    path = price_file(tmp_path, "month,price_usd_mean,fees_btc\n2026-08,60000,62\n2026-09,66000,\n2026-10,50000,31\n")
    made = make(range(2), months=4, price_process="csv", price_path_csv=path)
    np.testing.assert_allclose(made.btc_price_usd, [[63_000, 60_000, 66_000, 50_000]] * 2)
    np.testing.assert_allclose(made.fees_btc_per_day[:, [1, 3]], [[2.0, 1.0]] * 2)  # a 31st of the month's
    assert made.fees_btc_per_day[0, 2] != made.fees_btc_per_day[1, 2]  # unknown: the scenario's fee process


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("month,usd\n2026-07,1\n", "needs the columns month and price_usd"),
        ("month,price_usd\n2026-07,60000\n2026-09,60000\n", "no price for 2026-08"),
        ("month,price_usd\n2026-07,60000\n", "no price for 2026-08"),
        ("month,price_usd\n2026-07,60000\n2026-08,-5\n", "line 3"),
        ("month,price_usd\n2026-07,60000\n2026-08,much\n", "line 3"),
        ("month,price_usd\n", "holds no month"),
    ],
)
def test_bad_price_files_are_explained(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        make(months=3, price_process="csv", price_path_csv=price_file(tmp_path, text))


def test_missing_price_file_is_explained() -> None:
    with pytest.raises(UserError, match=r"there is no file nowhere\.csv"):
        make(price_process="csv", price_path_csv="nowhere.csv")
    with pytest.raises(UserError, match=r"set bitcoin\.price_path_csv"):
        make(price_process="csv")


def test_fees_return_to_their_level_with_the_stated_spread() -> None:
    fees = make(MANY).fees_btc_per_day[:, 60:]
    assert np.log(fees).std() == pytest.approx(0.4, rel=0.05)
    assert fees.mean() == pytest.approx(2.6, rel=0.05)


def test_multiples_move_with_the_coin_and_have_mean_one() -> None:
    made = make(MANY, price_process="gbm")
    multiple = np.diff(np.log(made.equity_multiple_factor), axis=-1)
    coin = np.diff(np.log(made.btc_price_usd), axis=-1)
    # Mean reversion and jumps take a little off the innovations' correlation of one half.
    assert np.corrcoef(multiple.ravel(), coin.ravel())[0, 1] == pytest.approx(0.48, abs=0.04)
    assert made.equity_multiple_factor[:, -1].mean() == pytest.approx(1.0, abs=0.04)
    assert np.log(made.equity_multiple_factor[:, -1]).std() == pytest.approx(0.21, abs=0.03)


def test_interest_never_falls_below_zero() -> None:
    rates = make(MANY, base_rate_volatility=0.05).base_rate
    assert rates.min() == 0.0
    calm = make(MANY).base_rate
    assert calm[:, 12].std() == pytest.approx(0.008, rel=0.2)


def test_gpu_rent_falls_with_obsolescence() -> None:
    rent = make(MANY).gpu_rent_usd_per_hour
    assert rent[:, 48].mean() == pytest.approx(2.6 * 0.85**4, rel=0.05)


def test_power_noise_has_a_common_part_and_mean_one() -> None:
    made = make(MANY)
    bare = made.power_noise / made.inflation_index[:, :, None]
    assert bare[:, 60, 1].mean() == pytest.approx(1.0, abs=0.03)
    logs = np.log(bare[:, 40:, 1:]).reshape(-1, 2)
    assert np.corrcoef(logs.T)[0, 1] == pytest.approx(0.5, abs=0.05)
    assert logs.std() == pytest.approx(0.12 / (1 - 0.7**2) ** 0.5, rel=0.05)


def test_power_shock_hits_the_named_region_only() -> None:
    hit = make(shocks=[shock("power_price", "2027-01", 6, 2.0, regions=("PJM",))])
    np.testing.assert_allclose(hit.power_noise / make().power_noise, np.where(
        (np.arange(MONTHS)[None, :, None] >= 6) & (np.arange(MONTHS)[None, :, None] < 12)
        & (np.array(REGIONS) == "PJM"), 2.0, 1.0,
    ))  # fmt: skip


def test_shock_factor_with_ramp_end_and_overlap() -> None:
    shocks = [
        shock("rent", "2026-09", 6, 0.5, ramp=3),
        shock("rent", "2027-02", 3, 2.0),
        shock("fees", START, 9, 9.0),
    ]
    factor = drivers.shock_factor(shocks, "rent", START, 11)
    np.testing.assert_allclose(factor, [1, 1, 0.875, 0.75, 0.625, 0.5, 0.5, 0.5 * 2, 2, 2, 1])


def test_shock_that_began_before_the_start_is_in_full_force() -> None:
    factor = drivers.shock_factor([shock("ltc", "2026-01", 8, 0.6, ramp=2)], "ltc", START, 4)
    np.testing.assert_allclose(factor, [0.6, 0.6, 1.0, 1.0])


def test_additive_shocks() -> None:
    shocks = [
        shock("credit_spread", "2026-08", 2, 0.04, ramp=1), shock("credit_spread", "2026-09", 2, 0.01),
        shock("tenant_default", "2026-08", 3, 0.5), shock("tenant_default", "2026-08", 3, 0.2),
        shock("tenant_default", "2026-05", 9, 0.9),
        shock("tenant_default", "2026-10", 1, 1.0, tenants=("CORE42",)),
    ]  # fmt: skip
    made = make(months=5, shocks=shocks)
    np.testing.assert_allclose(made.credit_spread_shock, [[0.0, 0.02, 0.05, 0.01, 0.0]])
    np.testing.assert_allclose(made.tenant_default_probability[0, :, 0], [0.0, 0.6, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(made.tenant_default_probability[0, :, 1], [0.0, 0.6, 0.0, 1.0, 0.0])


def test_past_leasing_adds_up_to_what_was_counted() -> None:
    flow, before = drivers.ai_demand_path("base", "2023-01", 42, CAPEX)
    assert before == 0.0
    by_quarter = flow.reshape(14, 3).sum(axis=-1)
    assert by_quarter[:4].sum() == pytest.approx(5.0)  # TD Cowen, 2023
    assert by_quarter[4:8].sum() == pytest.approx(7.0)
    np.testing.assert_allclose(by_quarter[8:11], [1.9, 2.0, 7.4])
    assert by_quarter[8:11].sum() == pytest.approx(11.3)  # nine months of 2025
    assert drivers.ai_demand_path("low", START, 1, CAPEX)[1] == pytest.approx(flow.sum())
    assert np.all(drivers.ai_demand_path("high", "2016-07", 78, CAPEX)[0] == 0.0)


def test_demand_by_capital_spending_follows_the_quarters() -> None:
    """By hand: 12 GW were leased for the 311.3 bn USD of 2023 and 2024; nothing later sets the ratio."""
    flow, before = drivers.ai_demand_path("capex", "2025-01", 24, CAPEX)
    per_usd = 12.0 / (27.1 + 27.3 + 30.5 + 35.3 + 37.9 + 44.7 + 50.6 + 57.9)
    assert before == pytest.approx(12.0)
    by_quarter = flow.reshape(8, 3)
    np.testing.assert_allclose(by_quarter[:5].sum(axis=-1), per_usd * np.array([59.0, 71.7, 78.4, 92.5, 111.0]))
    np.testing.assert_allclose(by_quarter[5:], by_quarter[4, 0])  # the last known quarter goes on


def test_demand_paths_stay_inside_forecasts_of_capacity() -> None:
    def stock(name: str, month: str) -> float:
        flow, before = drivers.ai_demand_path(name, START, MONTHS, CAPEX)
        return before + float(flow[: month_number(month) - month_number(START) + 1].sum())

    older = 21.0
    before_2025 = 12.0
    assert stock("low", "2028-12") < 60.0  # Wood Mackenzie: large load online by 2030
    assert stock("base", "2031-12") + older < 106.0  # BNEF, 2035
    assert stock("base", "2028-12") - before_2025 < 65.0  # Morgan Stanley, need of 2025-28
    assert stock("high", "2031-12") < 116.0  # Wood Mackenzie, committed
    assert stock("low", "2033-12") < stock("base", "2033-12") < stock("high", "2033-12")


def test_demand_stock_grows_by_its_flow_and_scales() -> None:
    made, doubled = make(MANY), make(MANY, demand_scale=2.0)
    before = drivers.ai_demand_path("base", START, 1, CAPEX)[1]
    np.testing.assert_allclose(doubled.ai_demand_gw - before, 2 * (made.ai_demand_gw - before))
    expected = drivers.ai_demand_path("base", START, MONTHS, CAPEX)[0]
    np.testing.assert_allclose(made.ai_demand_flow_gw.mean(axis=0), expected, rtol=0.08)
    added = made.ai_demand_gw[:, -1] - before
    assert 0.03 < added.std() / added.mean() < 0.15


def test_months() -> None:
    assert month_number("2027-01") - month_number("2026-07") == 6
    assert month_name(month_number("2031-12")) == "2031-12"
    assert [days_in_month(month_number(month)) for month in ("2028-02", "2026-02", "2026-07")] == [29, 28, 31]


def test_price_file_reader_gives_month_numbers(tmp_path: Path) -> None:
    prices, fees = coin_price.read_price_file(price_file(tmp_path, "month,price_usd\n2026-07,5\n"))
    assert prices == {month_number("2026-07"): 5.0}
    assert fees == {}
