import json
import os

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from experiments import cli, sweep
from experiments.conditions import parse
from experiments.discovery import discover
from experiments.rank_correlation import rank_table
from experiments.robustness import robustness
from experiments.sensitivity import sensitivity
from experiments.terminal import exit_code
from sim.errors import RunError, UserError

A, B, C = "power.price_scale", "rigs.tariff_share", "policy.carbon_price_usd_per_t"
ISHIGAMI = {A: [0.5, 1.5], B: [0, 1], C: [0, 100]}


def ishigami(x: np.ndarray) -> np.ndarray:
    """sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 on [-pi, pi]^3: S1 = 0.314, 0.442, 0; ST = 0.558, 0.442, 0.244."""
    a, b, c = np.pi * (2 * x - 1)
    return np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


@pytest.fixture
def swept(fake_engine, monkeypatch, tmp_path):
    """Sweep with a made-up engine whose hashprice is a function of the three parameters, scaled to 0-1."""
    import fake_engine as fake

    made = {name: frame for name, frame in fake.made_up.made_up_tables([0], count=1).items() if len(frame) <= 4}
    last = {}

    def run_batch(scenario, seed, runs, labels, **options):
        if int(os.environ.get("FAKE_BAD_RUN", "-1")) in runs:
            raise ValueError("a made-up failure")
        p = scenario.draw(seed, runs, "fixed")
        x = np.array([p.power.price_scale - 0.5, p.rigs.tariff_share, p.policy.carbon_price_usd_per_t / 100])[..., 0]
        tables = {name: pd.concat([made[name].assign(run=k) for k in labels]) for name in ("sector", "classes")}
        changed = {"hashprice_usd_per_ph_day": last["function"](x), "ai_rent_usd_m_per_mw_year": 1.7}
        return tables | {"sector": tables["sector"].assign(**changed)}

    monkeypatch.setattr(fake.engine, "run_batch", run_batch)
    monkeypatch.setattr("experiments.ensemble.BATCH", 256)

    def call(function=ishigami, folder="out", **change):
        last["function"] = function
        content = {"runs": 1, "months": 1, "axes": ISHIGAMI} | change
        return sweep(content, out=tmp_path / folder, plugins=(fake_engine,))

    return call


def test_sobol_indices_of_a_known_function(swept):
    found = sensitivity(swept(method="sobol", samples=512), ["hashprice"]).table.set_index("axis")
    for axis, s1, st in ((A, 0.314, 0.558), (B, 0.442, 0.442), (C, 0.0, 0.244)):
        row = found.loc[axis]
        assert row["s1"] == pytest.approx(s1, abs=0.08)
        assert row["st"] == pytest.approx(st, abs=0.08)
        assert row["s1_low"] <= s1 <= row["s1_high"]
        assert row["st_low"] <= st <= row["st_high"]
    assert found.index[0] == A  # most important first


def test_morris_effects_of_a_known_function(swept):
    """10 x1 - 5 x2 + 8 x1 x3: effects over the range are 10 + 8 x3, -5 and 8 x1; x on a grid with mean 1/2."""
    result = swept(lambda x: 10 * x[0] - 5 * x[1] + 8 * x[0] * x[2], method="morris", samples=80)
    found = sensitivity(result, ["hashprice"]).table.set_index("axis")
    assert found.index.tolist() == [A, B, C]
    assert found.loc[A, "mu_star"] == pytest.approx(14, abs=0.8)
    assert (found.loc[B, "mu_star"], found.loc[B, "mu"]) == (pytest.approx(5), pytest.approx(-5))
    assert found.loc[B, "sigma"] == pytest.approx(0, abs=1e-9)
    assert found.loc[C, "mu_star"] == pytest.approx(4, abs=0.8)
    assert found.loc[A, "mu_star_low"] < 14 < found.loc[A, "mu_star_high"]


def test_indices_are_repeatable_with_seed_zero(swept):
    result = swept(method="sobol", samples=8, seed=0)
    first, again = (sensitivity(result, ["hashprice"]).table for _ in range(2))
    pd.testing.assert_frame_equal(first, again)


def test_each_combination_of_levers_has_its_own_indices(swept):
    axes, levers = {A: [0.5, 1.5], B: [0, 1]}, {C: [0, 50, 100]}
    result = swept(lambda x: x[2] * x[0] + (1 - x[2]) * x[1], method="sobol", samples=32, axes=axes, levers=levers)
    found = sensitivity(result, ["hashprice"]).table.set_index([C, "axis"])["st"]
    assert found[0.0, B] == pytest.approx(1, abs=0.1)
    assert found[0.0, A] == pytest.approx(0, abs=1e-9)
    assert found[50.0, A] == pytest.approx(0.5, abs=0.15)
    assert found[100.0, A] == pytest.approx(1, abs=0.1)


def test_an_outcome_that_does_not_vary_has_no_index(swept):
    found = sensitivity(swept(method="sobol", samples=4), ["ai_rent", "hashprice"])
    assert found.constant == ("ai_rent",)
    assert set(found.table["outcome"]) == {"hashprice"}


def test_gaps_are_refused(swept, monkeypatch):
    with pytest.raises(UserError, match="hashprice is not a number at point 0"):
        sensitivity(swept(lambda x: np.where(x[0] < 2, np.nan, x[0]), method="sobol", samples=2), ["hashprice"])
    result = swept(folder="gone", method="sobol", samples=64)
    (result.folder / "sector" / result.batches[1]).unlink()
    with pytest.raises(UserError, match="lacks 64 of 320 runs"):
        sensitivity(result.folder)
    monkeypatch.setenv("FAKE_BAD_RUN", "1")
    failed = swept(folder="failed", method="morris", samples=2, runs=2)
    with pytest.raises(UserError, match="8 of 16 runs failed"):
        sensitivity(failed)


@pytest.mark.parametrize(
    ("method", "samples", "sizes"),
    [("sobol", 64, [8, 16, 32, 64]), ("morris", 12, [3, 6, 12]), ("lhs", 60, [15, 30, 60])],
)
def test_estimates_settle_with_samples(swept, method, samples, sizes):
    found = sensitivity(swept(method=method, samples=samples), ["hashprice"])
    settling = found.settling[found.settling["axis"] == A]
    assert settling["samples"].tolist() == sizes
    assert settling["value"].iloc[-1] == found.table.set_index("axis").loc[A, found.leading], "all: the result"
    width = (settling["high"] - settling["low"]).astype(float)
    assert width.iloc[-1] < width.iloc[0]
    assert {row["samples"] for row in found.to_json()["settling"]} == set(sizes)


def monotone(x: np.ndarray) -> np.ndarray:
    """exp(3 x1 - 1.5 x2): ranks are those of 3 x1 - 1.5 x2; x3 does nothing."""
    return np.exp(3 * x[0] - 1.5 * x[1])


def test_rank_correlations_of_a_known_function(swept):
    """With x uniform and independent, corr(3 x1 - 1.5 x2, x1) = 3 / sqrt(3^2 + 1.5^2) = 0.894, with x2 -0.447."""
    table = sensitivity(swept(monotone, method="lhs", samples=400), ["hashprice"]).table.set_index("axis")
    assert table.index.tolist()[:2] == [A, B], "by size, whatever the sign"
    for axis, pearson in ((A, 0.894), (B, -0.447), (C, 0.0)):
        spearman = 6 / np.pi * np.arcsin(pearson / 2)  # exact for normal variables, near for these
        row = table.loc[axis]
        assert row["rho"] == pytest.approx(spearman, abs=0.06)
        assert row["rho_low"] < row["rho"] < row["rho_high"]
        assert row["prcc_low"] < row["prcc"] < row["prcc_high"]
    assert table.loc[A, "prcc"] > 0.97, "alone, it is almost all there is"
    assert table.loc[B, "prcc"] < -0.9
    assert table.loc[C, "prcc_low"] < 0 < table.loc[C, "prcc_high"]


def test_partial_rank_correlation_is_the_textbook_formula():
    rng = np.random.default_rng(3)
    causes = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    causes["b"] += causes["a"]
    outcome = causes["a"] - causes["b"] + rng.normal(size=60)
    ranks = pd.concat([causes, outcome.rename("y")], axis=1).rank().corr()
    ab, ay, by = ranks.loc["a", "b"], ranks.loc["a", "y"], ranks.loc["b", "y"]
    wanted = (ay - ab * by) / np.sqrt((1 - ab**2) * (1 - by**2))
    found = rank_table(causes, outcome).set_index("axis").loc["a"]
    assert found["prcc"] == pytest.approx(wanted)
    assert np.arctanh(found["prcc_high"]) - np.arctanh(found["prcc"]) == pytest.approx(1.959964 / np.sqrt(60 - 1 - 3))
    half = 1.959964 * np.sqrt((1 + ay**2 / 2) / 57)
    assert np.arctanh(found["rho_low"]) == pytest.approx(np.arctanh(ay) - half)


def test_intervals_hold_nothing_that_is_there_one_time_in_twenty():
    rng = np.random.default_rng(7)
    tables = [rank_table(pd.DataFrame(rng.random((40, 4))), pd.Series(rng.random(40))) for _ in range(150)]
    for name in ("prcc", "rho"):
        beyond = np.mean([(table[f"{name}_low"] > 0) | (table[f"{name}_high"] < 0) for table in tables])
        assert 0.02 < beyond < 0.09


def test_words_are_told_value_by_value_and_sets_of_numbers_as_they_are(swept):
    axes = ISHIGAMI | {C: [0, 50, 100], "behaviour.rule": ["npv", "payback", "real_options"]}
    found = sensitivity(swept(monotone, method="factorial", samples=36, axes=axes), ["hashprice"])
    assert set(found.table["axis"]) == {A, B, C, "behaviour.rule = payback", "behaviour.rule = real_options"}
    assert found.table.set_index("axis")["rho"].abs().idxmax() == A


def test_words_are_held_against_the_first_that_the_design_states_wherever_the_points_begin(swept):
    axes = {A: [0.5, 1.5], "behaviour.rule": ["payback", "npv"]}
    for seed in range(6):
        result = swept(monotone, folder=str(seed), method="lhs", samples=12, seed=seed, axes=axes)
        found = sensitivity(result, ["hashprice"])
        assert set(found.table["axis"]) == {A, "behaviour.rule = npv"}


def test_a_mean_size_of_effects_is_not_below_zero_not_even_its_interval(swept):
    """Only one trajectory in some meets the corner in which the axis acts."""
    found = sensitivity(swept(corner, method="morris", samples=6, seed=2), ["hashprice"]).table
    assert (found["mu_star_low"] >= 0).all()
    assert (found["mu_star_low"] == 0).any()
    assert (found["mu_star_high"] > found["mu_star"]).any()


def test_constant_is_what_no_combination_of_levers_moves(swept):
    change = {"method": "lhs", "samples": 12, "axes": {A: [0.5, 1.5], B: [0, 1]}, "levers": {C: [0, 100]}}
    found = sensitivity(swept(lambda x: x[2] * x[0], **change), ["hashprice", "ai_rent"])
    assert found.constant == ("ai_rent",)
    assert set(found.table[C]) == {100}


@pytest.mark.parametrize("analyse", [lambda folder: discover(folder, "hashprice > 5"),
                                     lambda folder: robustness(folder, outcome="hashprice", levers=[C])])
def test_a_sweep_that_lacks_runs_is_refused_and_one_without_any_said(swept, monkeypatch, tmp_path, analyse):
    change = {"method": "factorial", "samples": 16, "axes": {A: [0.5, 1.0, 1.5], C: [0, 30, 100]}}
    monkeypatch.setattr("experiments.ensemble.BATCH", 4)
    result = swept(monotone, **change)
    analyse(result.folder)
    (result.folder / "sector" / "batch-00001.parquet").unlink()
    with pytest.raises(UserError, match="lacks 4 of 9 runs"):
        analyse(result.folder)
    monkeypatch.setenv("FAKE_BAD_RUN", "0")
    with pytest.raises(RunError, match="Every run failed"):
        swept(monotone, folder="none", **change)
    with pytest.raises(UserError, match="every run failed"):
        analyse(tmp_path / "none")


def test_rank_correlations_leave_out_points_with_failed_runs_and_refuse_too_few(swept, monkeypatch, tmp_path):
    with pytest.raises(UserError, match="need 6 points, better 60; there are 5"):
        sensitivity(swept(method="lhs", samples=5), ["hashprice"])

    def breaks_at_its_end(x: np.ndarray) -> np.ndarray:
        if (x[0] > 0.9).any():
            raise ValueError("a made-up failure")
        return monotone(x)

    found = sensitivity(swept(breaks_at_its_end, folder="gap", method="lhs", samples=40), ["hashprice"])
    assert found.left_out == 4
    assert found.table.set_index("axis").loc[A, "prcc"] > 0.95
    monkeypatch.setenv("FAKE_BAD_RUN", "0")
    with pytest.raises(RunError, match="Every run failed"):
        swept(monotone, folder="none", method="lhs", samples=40)
    with pytest.raises(UserError, match="40 of 40 runs failed"):
        sensitivity(tmp_path / "none", ["hashprice"])


def corner(x: np.ndarray) -> np.ndarray:
    """1 where x1 is above 0.7 and x3 below 0.5."""
    return ((x[0] > 0.7) & (x[2] < 0.5)).astype(float)


def test_prim_finds_a_known_box(swept):
    found = discover(swept(corner, method="lhs", samples=400), "hashprice > 0.5")
    limits = {limit.axis: limit for limit in found.boxes[0].limits}
    assert set(limits) == {A, C}
    assert limits[A].low == pytest.approx(1.2, abs=0.03)
    assert limits[A].high is None
    assert limits[C].high == pytest.approx(50, abs=3)
    assert found.boxes[0].coverage > 0.9
    assert found.boxes[0].density > 0.9
    assert found.interest == pytest.approx(0.15, abs=0.02)
    assert "policy.carbon_price_usd_per_t below" in found.boxes[0].words
    assert found.trade_off.loc[found.chosen, "coverage"] == found.boxes[0].coverage


def test_prim_finds_words_and_scenarios(swept):
    axes = {"behaviour.rule": ["npv", "payback", "random"], "scenario": ["baseline", "carbon-tax"], B: [0, 1]}
    result = swept(lambda x: x[2] + x[1], method="lhs", samples=200, axes=axes)
    found = discover(result, "hashprice > 0.6")
    assert "scenario is carbon-tax" in found.boxes[0].words


def test_prim_finds_a_box_of_what_happens_in_most_runs(swept):
    """x1 above 0.3 holds in 70 % of the cases; the whole space is no answer, though it covers them all."""
    box = discover(swept(lambda x: x[0], method="lhs", samples=200), "hashprice > 0.3").boxes[0]
    assert [limit.axis for limit in box.limits] == [A]
    assert box.limits[0].low == pytest.approx(0.8, abs=0.03)
    assert min(box.density, box.coverage) > 0.95


def test_a_density_that_no_box_has_is_said(swept):
    rng = np.random.default_rng(5)
    result = swept(lambda x: rng.random(len(x[0])), method="lhs", samples=200)
    found = discover(result, "hashprice > 0.8", density=1.0)
    assert found.short
    assert found.to_json()["density_reached"] is False
    assert found.boxes[0].density == found.trade_off["density"].max()
    assert not discover(result, "hashprice > 0.8", density=0.1).short


def test_density_can_be_asked_for(swept):
    result = swept(lambda x: x[0], method="lhs", samples=200)
    loose, dense = (discover(result, "hashprice > 0.8", density=wanted).boxes[0] for wanted in (0.5, 0.99))
    assert loose.density >= 0.5
    assert dense.density >= 0.99
    assert loose.mass > dense.mass


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hashprice", "must be an outcome, one of"),
        ("hashprice > much", "must be an outcome, one of"),
        ("__import__('os') > 1", "must be an outcome, one of"),
        ("hashprise > 1", "did you mean hashprice"),
        ("hashprice > 7", "holds in none of 8 runs"),
        ("hashprice >= -1e3", "holds in all of 8 runs"),
    ],
)
def test_conditions_that_cannot_be_used_are_said(swept, text, words):
    result = swept(corner, method="lhs", samples=8)
    with pytest.raises(UserError, match=words):
        discover(result, text)


def test_conditions_read_as_written():
    assert str(parse(" exits_small_share>=.5 ")) == "exits_small_share >= 0.5"
    assert parse("ebitda < -1e3").limit == -1000
    assert parse("ebitda < 2").holds(pd.Series([1.0, 2.0])).tolist() == [True, False]


def test_regret_and_satisficing_by_hand(swept):
    """Outcome by future (x1 = 0, 0.5, 1) and policy (x3 = 0, 1): 0, 5, 10 against 4, 4, 4."""
    change = {"method": "factorial", "samples": 3, "axes": {A: [0.5, 1.0, 1.5]}, "levers": {C: [0, 100]}}
    result = swept(lambda x: np.where(x[2] > 0.5, 4.0, 10 * x[0]), **change)
    found = robustness(result, outcome="hashprice", require=["hashprice > 3", "ai_rent < 2"])
    table = found.table.set_index("policy")
    free, taxed = "carbon_price_usd_per_t 0", "carbon_price_usd_per_t 100"
    assert table["max_regret"].to_dict() == {free: 4.0, taxed: 6.0}
    assert table["mean_regret"].tolist() == pytest.approx([4 / 3, 7 / 3])
    assert table["satisficing"].to_dict() == {free: pytest.approx(2 / 3), taxed: 1.0}
    assert table["best_share"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert table.index[0] == free
    low = robustness(result, outcome="hashprice", goal="low").table.set_index("policy")
    assert low["max_regret"].to_dict() == {free: 6.0, taxed: 4.0}


def test_axes_of_a_factorial_design_can_be_policies(swept):
    result = swept(lambda x: x[0], method="factorial", samples=8)
    assert robustness(result, [C], "hashprice").futures == 4
    with pytest.raises(UserError, match=r"this sweep has no \[levers\]"):
        robustness(result, outcome="hashprice")
    with pytest.raises(UserError, match="is no axis of this sweep"):
        robustness(result, ["ai.rent_elasticity"], "hashprice")
    with pytest.raises(UserError, match="not every policy meets every sample"):
        robustness(swept(folder="lhs", method="lhs", samples=4), [C], "hashprice")


def test_commands_write_table_json_and_chart(swept, monkeypatch, tmp_path, capsys):
    swept(folder="sobol", method="sobol", samples=8)
    swept(corner, folder="lhs", method="lhs", samples=60, axes={A: [0.5, 1.5]}, levers={C: [0, 60]})
    monkeypatch.chdir(tmp_path)
    calls = {
        "sensitivity": ["sensitivity", "sobol", "--outcome", "hashprice"],
        "discovery": ["discover", "lhs", "--outcome", "hashprice > 0.5"],
        "robustness": ["robust", "lhs", "--outcome", "hashprice", "--require", "hashprice < 0.5"],
    }
    for name, words in calls.items():
        folder = tmp_path / words[1]
        assert exit_code(lambda words=words: cli.app([*words, "--json"], standalone_mode=False)) == 0
        told = json.loads(capsys.readouterr().out)
        assert json.loads((folder / f"{name}.json").read_text()) == told
        assert Image.open(folder / "charts" / f"{name}.png").size[0] > 1000
        assert exit_code(lambda words=words: cli.app(words, standalone_mode=False)) == 0
        assert f" in {words[1]}/" in capsys.readouterr().out
    assert set(told["policies"][0]) >= {"policy", "max_regret", "satisficing"}
