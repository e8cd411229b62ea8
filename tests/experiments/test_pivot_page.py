"""Stability by hand on made-up results, its drivers with few runs, and the page made of both."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments import backcast, pivot_page, stability
from sim.results import ResultSet
from sim.scenario import Scenario


@pytest.fixture
def cells(make_tables):
    """Six cells of made-up tables over the months of the forward run, without a step but those put in."""

    def cell(price: str, demand: str) -> stability.Cell:
        tables = make_tables([0, 1], "2026-07", 90)
        sector = tables["sector"]
        sector["network_hashrate_ehs"] = 900.0
        sector["ai_rent_usd_m_per_mw_year"] = 1.8
        sector["firms_active"], sector["firms_hybrid"], sector["firms_ai"] = 200, 10, 5
        sector["exits"] = 1
        return stability.Cell(price, demand, ResultSet(tables, {"scenario": "made up"}))

    return [cell(price, demand) for demand in stability.DEMANDS for price in stability.PRICES]


def test_steps_by_hand(cells):
    sector = cells[0].results.table("sector")
    one = sector["run"] == 1
    sector.loc[one & (sector["month"] == "2027-03"), "network_hashrate_ehs"] = 720.0  # -20 %, then back
    sector.loc[one & (sector["month"] == "2028-05"), "network_hashrate_ehs"] = 630.0  # -30 %, at the halving
    sector.loc[one & (sector["month"] >= "2030-01"), "firms_hybrid"] = 24  # 14 more of 200 within the quarter
    sector.loc[one & (sector["month"] >= "2030-01"), "ai_rent_usd_m_per_mw_year"] = 1.35
    row = stability.steadiness(cells).iloc[0]
    assert row["hashrate"] == pytest.approx(0.2)
    assert row["halving"] == pytest.approx(0.3)
    assert row["pivot"] == pytest.approx(14 / 200)
    assert row["rent"] == pytest.approx(0.25)
    assert (stability.steadiness(cells).iloc[1:][["pivot", "hashrate", "halving", "rent"]] == 0.0).all(axis=None)


def test_table_has_a_row_per_cell_and_year(cells):
    ends = stability.table(cells)
    assert len(ends) == 6 * len(stability.YEARS)
    assert (ends["hashrate EH/s"] == 900.0).all()
    assert ends["rent"].unique().tolist() == [1.8]


def test_figures_are_small_multiples_with_a_line_per_price(cells):
    figures = stability.figures(cells)
    assert len(figures) == len(stability.SHOWN) * len(stability.DEMANDS)
    assert all([line.label for line in figure.lines] == ["Rising", "Flat", "Falling"] for figure in figures)
    exits = next(figure for figure in figures if figure.key.startswith("stability-exits"))
    assert exits.lines[0].median[-1] == 90.0  # one a month
    assert "medians" in exits.footer


def test_forward_cells_share_their_random_numbers():
    cells = stability.forward(1, months=3)
    assert [(cell.demand, cell.price) for cell in cells][:3] == [("base demand", price) for price in stability.PRICES]
    price = {cell.price: cell.results.series("btc_price_usd").to_numpy()[0] for cell in cells[:3]}
    assert price["flat"] == pytest.approx(price["flat"][0])
    assert np.log(price["rising"][2] / price["rising"][0]) == pytest.approx(2 * 0.15 / 12)
    wanted = [cell.results.series("ai_demand_mw").to_numpy() for cell in cells]
    assert all(np.array_equal(one, wanted[0]) for one in wanted)  # the bust comes later


def test_rank_correlation_finds_what_drives():
    causes = stability.drivers(10, months=8, top=5)
    assert set(causes["outcome"]) == set(stability.DRIVEN)
    assert causes.groupby("outcome").size().max() <= 5
    assert causes["rho"].abs().max() <= 1.0 + 1e-12
    assert "coin price" in set(causes.loc[causes["outcome"] == "network_hashrate", "key"])


def test_only_assumptions_that_the_scenario_uses_are_causes():
    drawn = stability.drawn(Scenario.load("baseline"), 0, 3)
    assert drawn.shape[0] == 3
    assert "bitcoin.price_drift_per_year" in drawn
    assert "bitcoin.jump_rate_per_year" not in drawn  # the price is drawn from real months, without jumps
    assert (drawn.nunique() > 1).mean() > 0.9


def test_page_says_what_it_is_made_of(cells):
    same = {"signed_gw_2025-06": 1.0, "signed_gw_2025-12": 2.0, "test_log_rmse": 0.2, "rent": 1.8,
            "tenant_funded": 0.1, "signers": 9.0, "score": 0.3}  # fmt: skip
    rows = pd.DataFrame([
        {**same, "without": name, "share": share, "signed_gw_2026-06": gw, "train_log_rmse": error}
        for name, share, gw, error in (("nothing", 0.1, 4.0, 0.3), ("loans", 0.2, 1.0, 0.2))
    ])  # fmt: skip
    keys = ("ai.demand_scale", "coin price")
    causes = pd.DataFrame([{"outcome": name, "key": key, "rho": 0.5} for name in stability.DRIVEN for key in keys])
    past = backcast.backcast(runs=2)
    demand = pd.DataFrame([{**rows.iloc[0], "demand": "leasing", "p10": 3.0, "p90": 5.0, "paused": 0.25}])
    firms = pd.DataFrame({"real": [492.0], "simulated": [250.0], "runs": [0.5]}, index=["Cipher Mining"])
    made_of = pivot_page.Material(past, demand, firms, rows, rows, cells, causes, variants=2, sampled=64)
    text = pivot_page.page(made_of)
    assert f"**{past.composition['score']:.3f}** | **{past.composition['null_score']:.3f}**" in text
    assert "loans (-75 %)" in text
    assert "Best in 2025: 0.2" in text
    assert "| `ai.demand_scale` +0.50 |" in text
    assert "over 64 runs" in text
    assert "| leasing | 1.00 | 2.00 | 4.00 | 3.00 to 5.00 |" in text
    assert "| Cipher Mining | 492 | 250 | 50.0 % |" in text
    assert "25.0 % (leasing)" in text
    assert " nan" not in text
