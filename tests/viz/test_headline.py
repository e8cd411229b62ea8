"""Headline cards and paired differences, against hand numbers."""

from __future__ import annotations

import pandas as pd
import pytest

from experiments.figures import FIGURES
from experiments.wording import DASH
from sim.results import ResultSet
from viz import comparison, headline
from viz.headline import NO_CHANGE, cards, paired, signed


def made(make_tables, runs: int, shift: float = 0.0) -> ResultSet:
    tables = make_tables(list(range(runs)))
    sector = tables["sector"]
    sector["ai_delivered_mw"] = 5000.0 + 100.0 * sector["run"] + shift
    return ResultSet(tables, {"scenario": "test"})


def test_differences_pair_runs_by_number():
    base, other = pd.Series([1.0, 2.0, 3.0], index=[0, 1, 2]), pd.Series([5.0, 9.0], index=[1, 3])
    assert paired(base, other).to_dict() == {1: 3.0}


def test_a_constant_shift_is_found_in_spite_of_a_wide_spread(make_tables):
    base, other = made(make_tables, 40), made(make_tables, 40, shift=1500.0)
    card = cards(other, base, base)[0]
    assert card["figure"] == "8.4"  # median of 5.0 to 8.9 GW is 6.95, and 1.5 more
    assert card["change"] == "+1.5 GW"
    assert card["interval"] == "(+1.5 to +1.5)"
    assert 0 < card["base"] < card["strip"]["median"] <= 100


def test_an_interval_with_zero_is_no_clear_change(make_tables):
    base = made(make_tables, 40)
    assert cards(base, base, base)[0]["change"] == NO_CHANGE


def test_few_runs_have_no_interval(make_tables):
    base, other = made(make_tables, 4), made(make_tables, 4, shift=1500.0)
    card = cards(other, base, base)[0]
    assert card["interval"] == "interval to come"
    assert card["strip"]["p10"] is None
    assert card["strip"]["median"] is not None


def test_before_the_first_run_the_baseline_is_there(make_tables):
    base = made(make_tables, 4)
    card = cards(None, base, base)[0]
    assert card["figure"] == DASH
    assert card["base"] is not None
    assert cards(None, None, None)[0]["change"] == "waiting for the first run"


def test_signs():
    assert [signed(1.25, 1), signed(-6, 0), signed(0.04, 1)] == ["+1.2", "\N{MINUS SIGN}6", "0.0"]


def test_the_table_of_differences_has_one_scale_per_row(make_tables):
    base = made(make_tables, 40)
    rows = comparison.difference_rows(base, [made(make_tables, 40, 1000.0), made(make_tables, 40, -2000.0), None])
    up, down, missing = rows[0]["cells"]
    assert (up["median"], down["median"], missing) == ("+1.0", "\N{MINUS SIGN}2.0", None)
    zero = up["place"][5]
    assert down["place"][5] == zero
    assert (down["place"][2] - zero) == pytest.approx(-2 * (up["place"][2] - zero), abs=0.1)
    assert not up["faint"]


def test_differences_by_month_need_no_baseline(make_tables):
    base, other = made(make_tables, 40), made(make_tables, 40, 1000.0)
    row = comparison.ROWS[0]
    figure = comparison.differences(row, other, base)
    assert figure.lines[0].median == pytest.approx([1.0] * 30)
    assert figure.baseline == ()
    assert comparison.levels(row, other, base).baseline[0] == pytest.approx([6.95] * 30)


def test_every_row_can_be_computed(make_tables):
    base = made(make_tables, 3)
    for row in comparison.ROWS:
        figure = comparison.levels(row, base, base)
        assert len(figure.lines[0].median) == 30
    assert {card.goto for card in headline.HEADLINES} <= set(FIGURES)
