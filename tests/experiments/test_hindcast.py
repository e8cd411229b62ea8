"""The hindcast: data that are read, metrics and rules of thumb by hand, and the shipped fit with a few runs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from experiments import scores
from experiments.benchmarks_naive import benchmark_paths, fleet_j
from experiments.hindcast import hindcast
from experiments.targets import Targets, read_targets, shipped_targets, subsidy
from sim.errors import UserError

CEILINGS = {"hashrate_mape": 0.115, "hashrate_log_rmse": 0.145, "power_mape": 0.12}  # with four runs
HEADER = "month,price_usd_mean,fees_btc,hashrate_ehs_mean,power_gw_guess\n"


@pytest.fixture(scope="module")
def history():
    """Four runs over the training window and half a year beyond it."""
    return hindcast(runs=4, end="2022-06")


def csv_file(tmp_path, rows: str, header: str = HEADER):
    path = tmp_path / "months.csv"
    path.write_text(header + rows)
    return path


def made_up(hashrate, price=None) -> Targets:
    """Targets from 2017-01 on with a given hashrate, one coin a block and no fees."""
    months = [f"{2017 + k // 12}-{k % 12 + 1:02d}" for k in range(len(hashrate))]
    n = len(months)
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] * 9, float)[:n]
    price = np.full(n, 1000.0) if price is None else np.asarray(price, float)
    return Targets(tuple(months), price, np.zeros(n), 144 * days, np.asarray(hashrate, float), np.full(n, np.nan))


# ------------------------------------------------------------------ metrics


def test_errors_by_hand():
    path, real = np.array([110.0, 80.0, 5.0]), np.array([100.0, 100.0, np.nan])
    assert scores.mape(path, real) == pytest.approx((0.1 + 0.2) / 2)
    assert scores.bias(path, real) == pytest.approx(-0.05)
    assert scores.log_rmse(path, real) == pytest.approx(np.sqrt((np.log(1.1) ** 2 + np.log(0.8) ** 2) / 2))


def test_nothing_known_has_no_error():
    nothing = np.full(3, np.nan)
    assert scores.mape(np.ones(3), nothing) is None
    assert scores.log_rmse(np.ones(3), nothing) is None
    assert scores.turning_point_score(np.ones(3), nothing) is None


def test_turning_points_by_hand():
    path = np.array([10.0, 12.0, 15.0, 14.5, 11.0, 9.0, 9.2, 13.0])
    assert scores.turning_points(path) == [(2, 1), (5, -1)]
    assert scores.turning_points(np.array([10.0, 10.5, 10.2, 10.9])) == []


def test_turning_points_match_within_two_months():
    real = np.array([10.0, 15.0, 10.0, 10.0, 10.0, 10.0, 10.0, 15.0])
    late = np.array([10.0, 11.0, 12.0, 15.0, 10.0, 10.0, 10.0, 10.0])
    assert scores.turning_point_score(late, real) == {"real": 2, "simulated": 1, "matched": 1}


# ------------------------------------------------------------------ rules of thumb


def test_constant_growth_finds_an_exponential():
    real = 5 * np.exp(0.04 * np.arange(24))
    path = benchmark_paths(made_up(real), np.arange(24) < 12)["constant_growth"]
    assert path == pytest.approx(real)


def test_last_value_knows_only_what_lies_before_the_window():
    path = benchmark_paths(made_up([3.0, 4.0, 5.0, 6.0, 7.0]), np.arange(5) < 3)["last_value"]
    assert path.tolist() == [3, 3, 3, 5, 5]


def test_revenue_rule_finds_lag_and_constant():
    price = 1000 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.2, 36)))
    targets = made_up(np.ones(36), price)
    lagged = targets.revenue[np.maximum(np.arange(36) - 2, 0)]
    real = 3e-4 * lagged / fleet_j(targets.months, 12)
    path = benchmark_paths(replace(targets, hashrate=real), np.arange(36) < 24)["revenue_over_efficiency"]
    assert path == pytest.approx(real)


def test_regression_finds_its_coefficients():
    price = 1000 * np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.2, 60)))
    targets = made_up(np.ones(60), price)
    real = np.exp(1.5 + 0.7 * np.log(targets.revenue) - 1.2 * np.log(fleet_j(targets.months, 24)))
    path = benchmark_paths(replace(targets, hashrate=real), np.arange(60) < 48)["regression"]
    assert path == pytest.approx(real)


def test_rules_of_thumb_see_nothing_of_the_test_window():
    targets = shipped_targets().window("2016-07", "2021-12")
    train = np.array(targets.months) <= "2019-12"
    other = replace(targets, hashrate=np.where(train, targets.hashrate, 1.0))
    for rule, path in benchmark_paths(targets, train).items():
        assert np.array_equal(path, benchmark_paths(other, train)[rule]), rule


def test_without_hashrate_there_is_no_rule():
    paths = benchmark_paths(made_up(np.full(5, np.nan)), np.arange(5) < 3)
    assert all(np.isnan(path).all() for path in paths.values())


# ------------------------------------------------------------------ data


def test_subsidy_splits_the_month_of_a_halving():
    assert subsidy("2016-06") == 25
    assert subsidy("2016-07") == pytest.approx((8 * 25 + 23 * 12.5) / 31)
    assert subsidy("2021-05") == 6.25


def test_empty_cells(tmp_path):
    path = csv_file(tmp_path, "2017-01,900,300,2.5,0.8\n2017-02,1000,,,\n")
    targets = read_targets(path)
    assert targets.fees.tolist() == [300, 300]
    assert targets.hashrate[0] == 2.5
    assert np.isnan([targets.hashrate[1], targets.power[1]]).all()
    assert targets.last_known() == "2017-01"


def test_hashprice_of_a_month_by_hand(tmp_path):
    targets = read_targets(csv_file(tmp_path, "2017-02,1000,280,2.0,\n"))
    assert targets.hashprice[0] == pytest.approx(1000 * (144 * 12.5 + 10) / 2000)


def test_rows_outside_the_months_asked_for_are_ignored(tmp_path):
    path = csv_file(tmp_path, "2016-12,,,,\n2017-01,900,300,2.5,\n2017-03,,,,\n")
    assert read_targets(path, "2017-01", "2017-01").months == ("2017-01",)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("2017-01,,300,2.5,\n", "line 2: price_usd_mean is empty"),
        ("2017-01,900,300,2.5,\n2017-03,900,300,2.5,\n", "line 3: 2017-03 does not follow 2017-01"),
        ("2017-01,dear,300,2.5,\n", "line 2: price_usd_mean is not a number: 'dear'"),
        ("2017-01,-5,300,2.5,\n", "line 2: price_usd_mean must be above zero"),
        ("2017-01,nan,300,2.5,\n", "line 2: price_usd_mean must be above zero"),
        ("2017-01,900,-1,2.5,\n", "line 2: fees_btc must be zero or more"),
        ("January,900,1,2.5,\n", "line 2: the month must look like 2021-05"),
        ("", "no month between"),
    ],
)
def test_wrong_data_are_named(tmp_path, rows, told):
    with pytest.raises(UserError, match=told):
        read_targets(csv_file(tmp_path, rows))


def test_missing_column_and_file(tmp_path):
    with pytest.raises(UserError, match="column fees_btc is missing"):
        read_targets(csv_file(tmp_path, "2017-01,900\n", "month,price_usd_mean\n"))
    with pytest.raises(UserError, match="there is no file"):
        read_targets(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"end": "2030-01"}, "no price for 2026-07"),
        ({"start": "2019-01"}, "--start must lie between"),
        ({"train_end": "2016-01"}, "--train-end 2016-01 lies before"),
    ],
)
def test_wrong_settings_are_named(settings, told):
    with pytest.raises(UserError, match=told):
        hindcast(runs=1, **settings)


# ------------------------------------------------------------------ the engine against history


def test_end_and_training_window_change_nothing_that_is_simulated(history):
    shorter = hindcast(runs=4, train_end="2019-12")
    columns = [name for name in shorter.months if not name.endswith("_real")]
    assert len(shorter.months) == 66
    assert shorter.months[columns].equals(history.months[columns].iloc[:66])


def test_targets_change_nothing_that_is_simulated(tmp_path):
    rows = [f"2016-{m:02d},700,1800,{{}},0.5\n" for m in range(7, 13)]
    known = hindcast(runs=2, data=csv_file(tmp_path, "".join(row.format(1.5) for row in rows)), train_end="2016-09")
    fewer = [row.format(1.5 if k < 3 else "") for k, row in enumerate(rows)]
    unknown = hindcast(runs=2, data=csv_file(tmp_path, "".join(fewer)), train_end="2016-09", end="2016-12")
    simulated = [name for name in known.months if not name.endswith("_real")]
    assert known.months[simulated].equals(unknown.months[simulated])
    assert unknown.window("test")["hashrate_mape"] is None


def test_test_window_without_targets_has_no_errors(history):
    test = history.window("test")
    assert (test["start"], test["end"], test["months"]) == ("2022-01", "2022-06", 6)
    assert test["hashrate_mape"] is test["hashprice_mape"] is test["power_mape"] is None
    assert "NaN" not in json.dumps(history.to_json(), allow_nan=False)


def test_shipped_fit_stays_as_good_as_it_is(history):
    train = history.window("train")
    assert train["hashrate_mape"] < CEILINGS["hashrate_mape"]
    assert train["hashrate_log_rmse"] < CEILINGS["hashrate_log_rmse"]
    assert train["power_mape"] < CEILINGS["power_mape"]
    rules = [rule["hashrate_mape"] for rule in train["benchmarks"].values()]
    assert train["hashrate_mape"] < min(rules) / 1.5


def test_ban_of_2021(history):
    """Real monthly means fell by 38 % from May to July and were back by November-December."""
    hashrate = history.months.set_index("month")["hashrate_ehs"]
    depth = 1 - hashrate["2021-07"] / hashrate["2021-05"]
    assert 0.38 * 2 / 3 < depth < 0.38 * 4 / 3
    assert hashrate[["2021-11", "2021-12"]].mean() / hashrate["2021-05"] == pytest.approx(1.04, rel=1 / 3)


def test_hashrate_follows_the_price_within_two_months(history):
    """Real: correlation of growth 0.26 at lag 0, 0.42 at one month, 0.26 at two, 0.08 at three."""
    train = history.months.iloc[:66]
    price, hashrate = np.diff(np.log(train["price_usd"])), np.diff(np.log(train["hashrate_ehs"]))
    lagged = [np.corrcoef(price[: len(price) - lag], hashrate[lag:])[0, 1] for lag in range(4)]
    ahead = np.corrcoef(hashrate[:-2], price[2:])[0, 1]
    assert min(lagged[:3]) > max(lagged[3], ahead)
    assert max(lagged) > 0.2


# ------------------------------------------------------------------ the command


def test_command_prints_one_object_and_writes_its_files(tmp_path, capfd):
    from experiments.cli import app

    app(["hindcast", "--runs", "1", "--end", "2016-09", "--json", "--out", str(tmp_path)], standalone_mode=False)
    told = json.loads(capfd.readouterr().out)
    assert [window["name"] for window in told["windows"]] == ["train"]
    assert [row["month"] for row in told["months"]] == ["2016-07", "2016-08", "2016-09"]
    assert {path.name for path in tmp_path.iterdir()} == {"months.csv", "hindcast.json", "hindcast.png"}
    assert (tmp_path / "hindcast.png").read_bytes().startswith(b"\x89PNG")
