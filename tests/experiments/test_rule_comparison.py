"""Decision rules on paired runs: differences by hand, and the page."""

import re

import numpy as np
import pytest

from experiments.rule_comparison import OUTCOMES, REFERENCE, VARIANTS, RuleComparison, compare_rules, page
from sim.scenario import Scenario

SMALL = {"world.firms": 80, "world.sites": 160, "world.entrant_firms": 10}


@pytest.fixture(scope="module")
def compared() -> RuleComparison:
    variants = {"random": VARIANTS["random"], "payback below 100 MW": VARIANTS["payback below 100 MW"]}
    return compare_rules(Scenario.load("baseline", SMALL), variants, runs=3, seed=2, months=9)


def test_the_shipped_variants_are_the_rules_by_name_and_a_mix() -> None:
    rules = {next(iter(overrides.values()), REFERENCE) for overrides in VARIANTS.values()}
    assert rules == {"npv", "payback", "real_options", "imitation", "random"}


def test_variants_are_paired(compared) -> None:
    prices = [result.series("btc_price_usd").to_numpy() for result in compared.results.values()]
    assert list(compared.results) == ["npv", "random", "payback below 100 MW"]
    for other in prices[1:]:
        np.testing.assert_array_equal(prices[0], other)


def test_effects_and_intervals_by_hand(compared) -> None:
    table = compared.table().set_index(["scenario", "outcome"])
    assert len(table) == 3 * len(OUTCOMES)
    ours, npv = (compared.results[name].outcome("ai_contracted")["2027-03"] for name in ("random", "npv"))
    row = table.loc[("random", "ai_contracted")]
    gap = ours - npv
    assert row["mean"] == pytest.approx(ours.mean())
    assert row["effect"] == pytest.approx(gap.mean())
    # t quantile for two degrees of freedom, 97.5 %: 4.303
    assert row["ci_high"] - row["effect"] == pytest.approx(4.303 * gap.std(ddof=1) / 3**0.5, rel=1e-3)
    assert (table.loc["npv", "effect"] == 0).all()
    assert row["effect"] != 0


def test_the_page_shows_every_outcome_and_no_empty_cell(compared) -> None:
    text = page(compared, "Made for a test.")
    assert "March 2027" in text
    assert "3 runs" in text
    assert text.count("\n| ") >= len(OUTCOMES) + 5
    assert not re.search(r"\bnan\b", text)
    figure = compared.figure()
    assert [line.label for line in figure.lines] == ["npv", "payback below 100 MW", "random"]
    assert len(figure.months) == 9
