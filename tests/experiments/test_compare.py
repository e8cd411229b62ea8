"""Paired comparison: statistics by hand, pairing on the real engine, what is refused, the result folder."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import cli, effects, simulate
from experiments import comparison as compare
from experiments.terminal import exit_code
from sim.errors import UserError
from sim.outcomes import over_12_months
from sim.results import ResultSet
from sim.scenario import Scenario

SMALL = {"world.firms": 100, "world.sites": 200}
POLICY = {"policy.carbon_price_usd_per_t": 15, "policy.carbon_from": "2026-09", "policy.carbon_ramp_months": 2}


def results(name: str, hashrate: dict[int, list[float]], share: float = 0.1) -> ResultSet:
    """Results with a hashrate by run and two months."""
    rows = [
        {"run": run, "month": month, "network_hashrate_ehs": value, "hhi_hashrate": share}
        for run, values in hashrate.items()
        for month, value in zip(("2026-12", "2027-01"), values, strict=True)
    ]
    return ResultSet({"sector": pd.DataFrame(rows)}, {"scenario": name, "seed": 0, "assumptions": "sampled"})


def test_effect_by_hand():
    """Differences 1, 2, 3: mean 2, deviation 1, t(2, 97.5 %) = 4.3027, half width 4.3027 / sqrt(3)."""
    base = results("a", {0: [10, 10], 1: [20, 20], 2: [30, 30]})
    other = results("b", {0: [10, 11], 1: [20, 22], 2: [30, 33]})
    frame = effects.effects(base, other, ["network_hashrate"])
    first, last = effects.records(frame)
    assert (first["month"], last["month"]) == ("2026-12", "2027-01")
    assert (first["effect"], first["ci_low"], first["ci_high"], first["clear"]) == (0, 0, 0, False)
    assert (last["scenario"], last["unit"], last["runs"]) == ("b", "EH/s", 3)
    assert (last["baseline_mean"], last["mean"], last["effect"]) == (20, 22, 2)
    half = 4.302652730 / math.sqrt(3)
    np.testing.assert_allclose([last["ci_low"], last["ci_high"]], [2 - half, 2 + half], rtol=1e-8)
    assert last["clear"] == (half < 2)
    assert last["sd_paired"] == 1.0
    assert last["sd_unpaired"] == pytest.approx(math.sqrt(100 + 121))
    assert (last["p10"], last["p90"]) == pytest.approx((1.2, 2.8))


def test_runs_are_paired_by_number_and_failed_ones_left_out():
    base = results("a", {2: [1, 1], 0: [5, 5], 1: [9, 9]})
    other = results("b", {0: [5, 6], 2: [1, 3]})
    row = effects.records(effects.effects(base, other, ["network_hashrate"], ["2027-01"]))[0]
    assert (row["runs"], row["effect"], row["baseline_mean"]) == (2, 1.5, 3.0)


def test_one_run_has_no_interval():
    frame = effects.effects(results("a", {0: [1, 1]}), results("b", {0: [1, 2]}), ["network_hashrate"])
    row = effects.records(frame)[1]
    assert row["effect"] == 1
    assert np.isnan([row["ci_low"], row["ci_high"], row["sd_paired"], row["sd_unpaired"]]).all()
    assert not row["clear"]


@pytest.mark.parametrize(
    ("differences", "clear"),
    [
        ([1, 1], False),  # an interval of no width says nothing
        ([10, 11], False),
        ([10, 11, 12], True),
        ([1] * 5, False),
        ([1] * 6, True),  # 2 x 0.5^6 < 5 %
        ([0.1] * 5, False),
        ([0] * 9, False),
        ([-3] * 6, True),
    ],
)
def test_a_clear_effect_needs_runs(differences: list[float], clear: bool):
    base = results("a", {k: [0, 0] for k in range(len(differences))})
    other = results("b", {k: [0, value] for k, value in enumerate(differences)})
    row = effects.records(effects.effects(base, other, ["network_hashrate"], ["2027-01"]))[0]
    assert row["clear"] == clear


def test_nothing_to_pair_is_refused():
    with pytest.raises(UserError, match="no run is in both"):
        effects.effects(results("a", {0: [1, 1]}), results("b", {1: [1, 1]}), ["network_hashrate"])
    with pytest.raises(UserError, match="no month 2031-12"):
        effects.effects(results("a", {0: [1, 1]}), results("b", {0: [1, 1]}), ["network_hashrate"], ["2031-12"])
    with pytest.raises(UserError, match="did you mean"):
        effects.effects(results("a", {0: [1, 1]}), results("b", {0: [1, 1]}), ["network_hashrat"])


def half_width(n: int, sd: float) -> float:
    from scipy import stats

    return float(stats.t.ppf(0.975, n - 1) * sd / math.sqrt(n))


@given(sd=st.floats(0.01, 50), wish=st.floats(0.5, 5))
def test_runs_needed_is_the_smallest_number_that_does_it(sd: float, wish: float):
    n = int(effects.runs_needed(sd, wish))
    assert half_width(n, sd) <= wish
    assert n == 2 or half_width(n - 1, sd) > wish


def test_the_interval_of_a_probability_is_wilsons():
    from scipy.stats import binomtest

    counts = [(0, 16), (3, 16), (16, 16), (1, 1), (40, 200)]
    low, high = effects.share_interval(*np.array(counts, dtype=float).T)
    for (hits, runs), *ends in zip(counts, low, high, strict=True):
        assert ends == pytest.approx(tuple(binomtest(hits, runs).proportion_ci(method="wilson")), abs=1e-12)
    assert high[0] == pytest.approx(0.1936, abs=1e-4)  # z² / (n + z²) = 3.84 / 19.84


def test_runs_needed_where_there_is_no_answer():
    assert effects.runs_needed(0.0, 0.0) == 2
    assert effects.runs_needed(1.0, 0.0) == math.inf
    assert math.isnan(effects.runs_needed(math.nan, 1.0))


def test_precision_is_of_the_larger_mean_and_of_shares_in_points():
    frame = pd.DataFrame({"unit": ["EH/s", "EH/s", "share"], "baseline_mean": [100, 0, 0.5], "mean": [-200, 10, 0.5]})
    assert effects.wished(frame, 0.05).tolist() == [10, 0.5, 0.05]


def test_convergence_ends_at_the_effect():
    base = results("a", {run: [0, 0] for run in range(5)})
    other = results("b", {run: [0, value] for run, value in enumerate((1, 2, 4, 3, 5))})
    path = effects.convergence(base, other, "network_hashrate")
    assert path["runs"].tolist() == [2, 3, 4, 5]
    assert path["effect"].tolist() == pytest.approx([1.5, 7 / 3, 2.5, 3.0])
    whole = effects.records(effects.effects(base, other, ["network_hashrate"], ["2027-01"]))[0]
    assert path.iloc[-1][["ci_low", "ci_high"]].tolist() == pytest.approx([whole["ci_low"], whole["ci_high"]])


# ------------------------------------------------------------------ the real engine


@pytest.fixture(scope="module")
def carbon():
    """A carbon price against none: four runs of fifteen months in a small world."""
    base = Scenario.load("baseline", SMALL)
    taxed = Scenario.load("carbon-tax", SMALL | POLICY)
    return compare.compare([base, taxed], 4, 3, months=15)


def test_outside_chances_are_the_same_under_every_policy(carbon):
    """Prices, fees and demand do not answer to policies: identical to the last bit."""
    base, taxed = carbon.results.values()
    for column in ("btc_price_usd", "gpu_rent_usd_per_hour"):
        pd.testing.assert_frame_equal(base.series(column), taxed.series(column))
    assert not base.series("emissions_mtco2").equals(taxed.series("emissions_mtco2"))


def test_outside_paths_are_the_same_under_every_policy():
    """Every driver and every assumption, whatever the policy; only a shock changes what it names."""
    from sim.sector import Sector

    names = ("baseline", "carbon-tax", "mining-ban", "credit-crunch")
    one, *others = (Sector(Scenario.load(name, SMALL), 7, (0, 2), months=12) for name in names)
    shocked = {"credit_spread_shock", "ltc_factor", "equity_multiple_factor"}
    for key, values in vars(one.drivers).items():
        if isinstance(values, np.ndarray):
            for name, other in zip(names[1:], others, strict=True):
                same = np.array_equal(values, getattr(other.drivers, key))
                assert same or (name == "credit-crunch" and key in shocked), f"{name}: {key}"


def test_nothing_differs_before_the_policy(carbon):
    base, taxed = (part.table("sector") for part in carbon.results.values())
    early = base["month"] < "2026-09"
    pd.testing.assert_frame_equal(base[early], taxed[early])


def test_pairing_narrows_a_policy_effect_fivefold(carbon):
    row = carbon.at_end().set_index("outcome").loc["emissions"]
    assert row["effect"] < 0
    assert row["clear"]
    assert row["sd_paired"] < row["sd_unpaired"] / 5


def test_effect_is_the_difference_of_the_outcomes(carbon):
    base, taxed = (over_12_months(part.series("emissions_mtco2")).iloc[:, -1] for part in carbon.results.values())
    row = carbon.at_end().set_index("outcome").loc["emissions"]
    assert row["effect"] == pytest.approx((taxed - base).mean(), rel=1e-12)
    assert row["sd_paired"] == pytest.approx((taxed - base).std(), rel=1e-9)


def test_sampled_assumptions_are_shared_and_fixed_ones_told():
    fixed = Scenario.load("baseline", {"power.availability": 0.9})
    notes = compare._notes({name: _plan(s) for name, s in (("a", Scenario.load("baseline")), ("b", fixed))})
    assert notes == ["power.availability is fixed in b and sampled in a."]
    one, two = Scenario.load("baseline").draw(5, (0, 3)), fixed.draw(5, (0, 3))
    for block in ("bitcoin", "power", "rigs", "ai", "finance", "behaviour"):
        for key, values in vars(getattr(one, block)).items():
            if isinstance(values, np.ndarray) and (block, key) != ("power", "availability"):
                np.testing.assert_array_equal(values, getattr(getattr(two, block), key), err_msg=key)


def _plan(scenario: Scenario):
    from sim.runs import make_job

    return make_job(scenario, 0, 2)


# ------------------------------------------------------------------ around the engine


@pytest.fixture
def two(fake_engine):
    def call(**options):
        named = [Scenario.load("baseline"), Scenario.load("carbon-tax")]
        return compare.compare(named, **({"runs": 3, "months": 3, "plugins": (fake_engine,)} | options))

    return call


def test_folder_gives_the_same_and_is_resumed(two, tmp_path, monkeypatch):
    whole = two()
    first = two(out=tmp_path / "out")
    pd.testing.assert_frame_equal(whole.table, first.table)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["baseline", "carbon-tax", "compare.json"]
    monkeypatch.setenv("FAKE_BAD_RUN", "0")  # nothing is computed again
    pd.testing.assert_frame_equal(two(out=tmp_path / "out").table, whole.table)


def test_result_folders_can_be_compared(two, tmp_path):
    there = two(out=tmp_path / "out")
    found = compare.compare([tmp_path / "out" / "baseline", tmp_path / "out" / "carbon-tax"])
    pd.testing.assert_frame_equal(found.table, there.table)


def test_results_of_another_seed_or_length_are_refused(fake_engine, tmp_path):
    for name, seed, months in (("a", 0, 3), ("b", 1, 3), ("c", 0, 4)):
        simulate("baseline", seed, 2, months=months, plugins=(fake_engine,), out=tmp_path / name)
    with pytest.raises(UserError, match="cannot be paired: their seeds differ"):
        compare.compare([tmp_path / "a", tmp_path / "b"])
    with pytest.raises(UserError, match="cannot be paired: their months differ"):
        compare.compare([tmp_path / "a", tmp_path / "c"])
    with pytest.raises(UserError, match="cannot be paired: their seeds differ"):
        compare.compare([tmp_path / "b", "carbon-tax"], 2, 0, months=3, plugins=(fake_engine,))


def test_wrong_input_is_refused(two, tmp_path):
    with pytest.raises(UserError, match="at least two"):
        compare.compare(["baseline"])
    with pytest.raises(UserError, match="baseline is there twice"):
        compare.compare(["baseline", "baseline"])
    with pytest.raises(UserError, match="precision must be above 0"):
        two(precision=0.0)
    with pytest.raises(UserError, match="did you mean"):
        two(outcomes=("emission",))
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="holds something else"):
        two(out=tmp_path)


def test_stops_when_precise(two, monkeypatch):
    """After one batch if that is enough, else up to the most."""
    monkeypatch.setattr(compare, "BATCH", 2)
    found = two(runs=5, precision=1e9, stop_when_precise=True)
    assert found.runs == 2
    assert found.notes == ("Precision 1e+09 reached after 2 runs (at most 5).",)
    assert two(runs=5, precision=1e-9, stop_when_precise=True, outcomes=("hashprice",)).runs == 2  # no difference
    monkeypatch.setattr(compare, "precise", lambda *_: False)
    assert two(runs=5, stop_when_precise=True).runs == 5


def test_stopping_does_not_depend_on_what_is_there_already(two, monkeypatch, tmp_path):
    """A folder that holds more batches than needed answers with the same runs."""
    monkeypatch.setattr(compare, "BATCH", 2)
    two(runs=5, out=tmp_path / "out", stop_when_precise=True, precision=1e-9)
    with_all = two(runs=5, out=tmp_path / "out", stop_when_precise=True, precision=1e9)
    assert with_all.runs == 2


def test_a_run_that_failed_in_one_is_left_out_of_both(two, monkeypatch):
    monkeypatch.setenv("FAKE_BAD_RUN", "1")
    found = two(runs=4)
    assert found.runs == 3
    assert any(note.startswith("1 run of baseline failed") for note in found.notes)


def test_command_prints_what_the_interface_says(fake_engine, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["compare", "baseline", "carbon-tax", "--runs", "2", "--months", "3", "--json", "--out", str(out)]
    assert exit_code(lambda: cli.app([*words, "--plugin", fake_engine], standalone_mode=False)) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["runs"], told["baseline"]) == (2, "baseline")
    keys = {"scenario", "outcome", "unit", "baseline_mean", "mean", "effect", "ci_low", "ci_high", "sd_paired",
            "sd_unpaired"}  # fmt: skip
    assert all(keys <= set(row) for row in told["outcomes"])
    assert len({row["outcome"] for row in told["outcomes"]}) == len(told["outcomes"]) == 22
    assert {"effects.csv", "effects-by-runs.csv", "compare.json", "charts"} <= {path.name for path in out.iterdir()}
    assert (out / "charts" / "effects.png").stat().st_size > 10_000
    assert json.loads((out / "compare.json").read_text())["finished"]


def test_command_says_no_clear_change(fake_engine, tmp_path, capsys):
    words = ["compare", "baseline", "carbon-tax", "--runs", "2", "--months", "3", "--out", str(tmp_path / "out")]
    assert exit_code(lambda: cli.app([*words, "--plugin", fake_engine], standalone_mode=False)) == 0
    assert "no change" in capsys.readouterr().out
