"""Attribution: levers found, weights by hand, exact sums on made-up and real results."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import attribution, cli
from experiments.attribution import Attribution, attribute, everything, levers_of, shares_of_subsets
from experiments.figures import wedges
from experiments.terminal import exit_code
from sim.errors import UserError
from sim.scenario import Scenario

BASE = Scenario.load("baseline")
SMALL = {"world.firms": 100, "world.sites": 200}
PACKAGE = {
    "policy.carbon_price_usd_per_t": 60,
    "policy.carbon_from": "2026-09",
    "policy.mining_excise_usd_per_mwh": 10,
    "finance.ltc_scale": 0.8,
}


def test_keys_of_a_measure_are_one_lever_and_shocks_each_their_own():
    top = Scenario.load("credit-crunch").with_overrides(PACKAGE)
    names = [lever.name for lever in levers_of(BASE, top)]
    assert set(names) == {
        "policy: carbon", "policy.mining_excise_usd_per_mwh", "finance.ltc_scale", "credit_spread 0.04 from 2027-01",
        "ltc 0.67 from 2027-01", "equity_multiple 0.6 from 2027-01",
    }  # fmt: skip


def test_an_assumption_held_at_its_value_is_a_lever():
    value = BASE.power.availability
    levers = levers_of(BASE, BASE.with_overrides({"power.availability": value}))
    assert [dict(lever.values) for lever in levers] == [{"power.availability": value}]


def test_a_dated_measure_is_a_lever():
    top = Scenario.load("interconnection-reform")
    levers = levers_of(BASE, top)
    assert [lever.name for lever in levers] == [
        "power.interconnection_wait_scale 0.6 from 2027-01", "power.headroom_scale 1.5 from 2027-01",
    ]  # fmt: skip
    one = attribution._scenario(BASE, top, levers, frozenset({1}))
    assert [measure.lever for measure in one.measures] == ["power.headroom_scale"]


def test_a_shock_that_goes_is_a_lever():
    assert [lever.name for lever in levers_of(Scenario.load("btc-crash"), BASE)] == ["no coin_price 0.5 from 2027-01"]


def test_scenario_of_all_levers_is_the_scenario_itself():
    top = Scenario.load("credit-crunch").with_overrides(PACKAGE)
    levers = levers_of(BASE, top)
    parts = [attribution._scenario(BASE, top, levers, frozenset({k})) for k in range(len(levers))]
    changed = [{key for key, _, _ in part.changed(BASE)} for part in parts]
    assert set.union(*changed) == {key for key, _, _ in top.changed(BASE)}
    assert attribution._scenario(BASE, top, levers, everything(len(levers))) is top
    assert attribution._scenario(BASE, top, levers, frozenset()) is BASE


# ------------------------------------------------------------------ weights


def wedge_values(weights, value):
    return [sum(weight * value(subset) for subset, weight in row.items()) for row in weights]


def test_shapley_values_by_hand():
    """Two levers worth 1 and 2 alone and 7 together: each gets its own and half of the 4 of both."""
    worth = {frozenset(): 0, frozenset({0}): 1, frozenset({1}): 2, frozenset({0, 1}): 7}
    weights, sampled = shares_of_subsets(2, "shapley", 8, 0)
    assert sampled == 0
    assert wedge_values(weights, worth.get) == pytest.approx([3, 4])
    first_last, _ = shares_of_subsets(2, "first-last", 8, 0)
    assert wedge_values(first_last, worth.get) == pytest.approx([3, 4, 0])


def test_interaction_of_three_is_a_wedge_of_its_own():
    """Nothing happens unless all three are there: first adds 0, last adds 6, so 3 each and -3 are left."""
    weights, _ = shares_of_subsets(3, "first-last", 8, 0)
    assert wedge_values(weights, lambda subset: 6 if len(subset) == 3 else 0) == pytest.approx([3, 3, 3, -3])


@given(count=st.integers(1, 7), seed=st.integers(0, 5), method=st.sampled_from(["shapley", "first-last"]))
def test_wedges_add_up_whatever_the_levers_are_worth(count: int, seed: int, method: str):
    rng = np.random.default_rng(seed)
    worth: dict[frozenset[int], float] = {}
    weights, _ = shares_of_subsets(count, method, 6, seed)

    def value(subset: frozenset[int]) -> float:
        return worth.setdefault(subset, float(rng.normal()))

    assert sum(wedge_values(weights, value)) == pytest.approx(value(everything(count)) - value(frozenset()))


def test_a_lever_without_effect_gets_nothing_and_equals_get_the_same():
    for count in (3, 6):
        weights, _ = shares_of_subsets(count, "shapley", 20, 1)
        values = wedge_values(weights, lambda subset: float(len(subset - {0})))
        assert values == pytest.approx([0.0] + [1.0] * (count - 1))


# ------------------------------------------------------------------ with runs


@pytest.fixture(scope="module")
def package() -> Attribution:
    base = Scenario.load("baseline", SMALL)
    top = Scenario.load("baseline", SMALL | {key: PACKAGE[key] for key in list(PACKAGE)[:3]} | {
        "policy.excise_from": "2026-09",
    })  # fmt: skip
    return attribute(top, base, 2, 1, months=8)


def test_real_wedges_add_up_in_every_month(package):
    assert package.levers == ("policy: carbon", "policy: excise")
    assert package.simulated == 4
    whole = package.total.set_index(["outcome", "month"])["effect"]
    parts = package.wedges.groupby(["outcome", "month"])["effect"].sum()
    pd.testing.assert_series_equal(parts, whole.sort_index(), rtol=1e-9, atol=1e-9, check_names=False)


def test_both_taxes_lower_hashrate_and_shares_add_to_one(package):
    end = package.wedges[(package.wedges["outcome"] == "network_hashrate") & (package.wedges["month"] == "2027-02")]
    assert (end["effect"] < 0).all()
    assert end["share"].sum() == pytest.approx(1.0)


def test_nothing_to_attribute_is_refused():
    with pytest.raises(UserError, match="nothing to attribute"):
        attribute("baseline")
    with pytest.raises(UserError, match="method must be"):
        attribute("carbon-tax", method="halves")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="which is no lever: use one world"):
        attribute("history", runs=1)
    with pytest.raises(UserError, match="at least 1, not 0"):
        attribute("carbon-tax", orders=0)


def test_stacked_wedges_meet_the_total(package):
    chart = wedges.wedges(package, "network_hashrate")
    edges = wedges.stacked(chart)
    lowest = np.min([low for low, _ in edges], axis=0)
    highest = np.max([high for _, high in edges], axis=0)
    np.testing.assert_allclose(lowest + highest, chart.total, atol=1e-9)


def test_command_writes_wedges(fake_engine, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["attribute", "carbon-tax", "--set", "policy.mining_excise_usd_per_mwh=5", "--runs", "2", "--months", "3"]
    full = [*words, "--plugin", fake_engine, "--json", "--out", str(out)]
    assert exit_code(lambda: cli.app(full, standalone_mode=False)) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["levers"] == ["policy: carbon", "policy.mining_excise_usd_per_mwh"]
    assert {row["lever"] for row in told["wedges"]} == set(told["levers"])
    assert all(row["share"] is None or math.isfinite(row["share"]) for row in told["wedges"])
    assert {"wedges.csv", "total.csv", "wedges.png", "attribution.json"} <= {path.name for path in out.iterdir()}


def test_another_question_gets_another_folder():
    top = Scenario.load("carbon-tax")
    settled = (16, 0, None, "sampled", "shapley", 8, "None", ())
    usual = attribution.default_folder(top, BASE, settled)
    assert usual == attribution.default_folder(top, BASE, settled)
    others = [
        (top, Scenario.load("ai-bust"), settled),
        (top, BASE, (*settled[:2], 24, *settled[3:])),
        (top, BASE, (*settled[:3], "fixed", *settled[4:])),
        (Scenario.load("mining-ban"), BASE, settled),
    ]
    assert len({usual, *(attribution.default_folder(*other) for other in others)}) == 5
