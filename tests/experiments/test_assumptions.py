"""The page of assumptions says what the registry says, and its correlations are those of the runs."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from experiments import assumptions as a
from experiments.rank_correlation import rank_correlations
from sim.errors import UserError
from sim.outcomes import HEADLINE
from sim.scenario import describe, fields
from sim.tables import load_tables

SMALL = ("world.months=7", "world.firms=60", "world.sites=150", "world.entrant_firms=5")
MADE_UP = a.Measured("baseline", (), 0, 32, "2033-12", "0.1.0+abc", {
    "hashprice": {"rigs.life_months": 0.8, "bitcoin.pool_fee": 0.1},
    "ai_rent": {"rigs.life_months": -0.5, "bitcoin.pool_fee": 0.0},
})  # fmt: skip


def test_page_is_up_to_date() -> None:
    told = "docs/assumptions.md is out of date: run python -m experiments.assumptions --fix"
    assert a.PAGE.read_text(encoding="utf-8") == a.page(a.Measured.load()), told


def test_page_has_every_parameter_with_its_source() -> None:
    text = a.page(MADE_UP)
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    assert sorted(rows) == sorted(info.key for info in fields())
    assert [
        info.key for info in fields() if info.source.partition(": ")[2].replace("|", "\\|") not in rows[info.key]
    ] == []


def test_what_lies_beyond_noise_is_marked_and_named() -> None:
    assert MADE_UP.noise == pytest.approx(1.96 / 31**0.5)  # 0.352
    text = a.page(MADE_UP)
    assert "`rigs.life_months` **+0.80**, `bitcoin.pool_fee` +0.10" in text
    assert "Of the 4 pairs tried, one in twenty, 0, would do so by chance; 2 do." in text
    assert a.moves(describe("rigs.life_months"), MADE_UP) == "Hashprice +0.80, Rent \N{MINUS SIGN}0.50"
    assert a.moves(describe("bitcoin.pool_fee"), MADE_UP) == "nothing clearly"
    assert a.moves(describe("bitcoin.gbm_volatility_per_year"), MADE_UP) == "not in use"
    assert "Rent" not in a.moves(describe("rigs.life_months"), replace(MADE_UP, runs=10))  # noise 0.65


def test_basis_and_confidence_come_from_the_table_of_costs() -> None:
    costs = load_tables().costs
    assert a.rests_on(describe("ai.retrofit_capex_usd_m_per_mw"), costs).startswith("*sourced, high* (2026-01): ")
    assert a.rests_on(describe("power.resale_share"), costs).startswith("*assumed*: Riot may")


def test_rank_correlation_by_hand() -> None:
    causes = pd.DataFrame({"rises": [1, 2, 3, 4], "falls": [9, 8, 7, 1], "mixed": [1, 3, 2, 4], "same": [5, 5, 5, 5]})
    rho = rank_correlations(causes, pd.Series([10.0, 20.0, 30.0, 1e6], index=[7, 8, 9, 10]))
    assert rho.to_dict() == pytest.approx({"rises": 1.0, "falls": -1.0, "mixed": 0.8})  # 1 - 6 * 2 / (4 * 15)


def test_measuring_covers_every_headline_outcome(tmp_path) -> None:
    found = a.measure(4, changes=SMALL)
    assert (found.runs, found.last_month, found.changes) == (4, "2027-01", SMALL)
    assert list(found.rho) == [outcome.name for outcome in HEADLINE]
    assert all(-1.0 <= rho <= 1.0 for by_key in found.rho.values() for rho in by_key.values())
    assert a.COIN in found.rho["hashprice"]
    found.save(tmp_path / "kept.json")
    assert a.Measured.load(tmp_path / "kept.json") == found
    with pytest.raises(UserError, match="at least 4"):
        a.measure(3)
