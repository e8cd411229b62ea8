"""The calculator against the published formulas, the model's worked numbers and its own identities."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.calculator import Calculation, SiteInputs, calculate
from sim.errors import UserError

SITE = SiteInputs(mw=100.0, power_price_usd_per_mwh=45.0, hashprice_usd_per_ph_day=38.0, replaces_j_per_th=18.0)


def row(found: Calculation, name: str) -> dict:
    return found.workloads.set_index("name").loc[name].to_dict()


@pytest.fixture(scope="module")
def found() -> Calculation:
    return calculate(SITE)


def test_rig_revenue_and_breakeven_are_the_standard_formula(found: Calculation) -> None:
    rigs = found.workloads[found.workloads.kind == "rigs"]
    assert len(rigs) == 7  # every generation of the 2026 fleet
    # a PH/s of J/TH x needs x kW: hashprice / (24 h x x kW) per kWh
    np.testing.assert_allclose(rigs.breakeven_usd_per_mwh, 38.0 / (24.0 * rigs.efficiency_j_per_th) * 1000.0)
    s21 = row(found, "S21 class, used")
    # 17.5 J/TH, 1.25 % pool fee, 5 % overhead
    assert s21["revenue_usd_per_mwh"] == pytest.approx(38.0 / (24 * 17.5) * 1000 * 0.9875 / 1.05)
    # at its breakeven power price the margin is nothing, and so at its breakeven hashprice
    at = calculate(replace(SITE, power_price_usd_per_mwh=float(s21["breakeven_net_usd_per_mwh"])))
    assert row(at, "S21 class, used")["margin_usd_per_mwh"] == pytest.approx(0.0, abs=1e-9)
    at = calculate(replace(SITE, hashprice_usd_per_ph_day=float(s21["breakeven_hashprice_usd_per_ph_day"])))
    assert row(at, "S21 class, used")["margin_usd_per_mwh"] == pytest.approx(0.0, abs=1e-9)


def test_coins_and_hashprice_agree_with_todays_network() -> None:
    """63,000 USD x (450 + 2.6 BTC) / 905,000 PH/s = 31.51 USD per PH/s and day."""
    site = calculate(SiteInputs(coin_price_usd=63_000.0)).site
    assert site["hashprice_usd_per_ph_day"] == pytest.approx(63_000 * 452.6 / 905_000, rel=1e-3)
    twice = calculate(SiteInputs(coin_price_usd=126_000.0)).site
    assert twice["hashprice_usd_per_ph_day"] == pytest.approx(2 * site["hashprice_usd_per_ph_day"])


def test_worked_numbers_of_colocation() -> None:
    """MODEL, section 4: about 1.07 M USD EBITDA on 7.5 M USD per grid MW; 36 % on an unused connection."""
    hall = row(calculate(SITE), "Colocation")
    assert hall["margin_usd_per_mw_year"] == pytest.approx(1.06e6, rel=0.02)
    assert hall["capex_usd_per_mw"] == pytest.approx(7.4e6, rel=0.02)
    assert hall["payback_years"] == pytest.approx(7.0, abs=0.1)
    # a running mine of 18 J/TH gives up its margin: about 2, 14 and 27 % at 45, 38 and 30 with 15 years of debt;
    # shorter leases pay less, in the same order
    returns = [
        row(calculate(replace(SITE, hashprice_usd_per_ph_day=price)), "Colocation")["equity_return_replacing_rigs"]
        for price in (45.0, 38.0, 30.0)
    ]
    assert returns == sorted(returns)
    assert returns[-1] - returns[0] == pytest.approx(0.25, abs=0.03)
    assert hall["equity_return"] > returns[-1]


def test_rent_at_breakeven_leaves_the_owner_nothing() -> None:
    hall = row(calculate(SITE), "Colocation")
    at = calculate(replace(SITE, rent_usd_m_per_mw_year=float(hall["breakeven_rent_usd_m_per_mw_year"])))
    assert row(at, "Colocation")["equity_return"] == pytest.approx(0.0, abs=1e-9)


def test_better_credit_raises_the_return_on_equity() -> None:
    returns = [
        row(calculate(replace(SITE, tenant=tenant)), "Colocation")["equity_return"]
        for tenant in ("investment_grade", "backstopped", "speculative", "unrated")
    ]
    assert returns == sorted(returns, reverse=True)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    price=st.floats(0.0, 200.0),
    hashprice=st.floats(5.0, 300.0),
    mw=st.floats(1.0, 2000.0),
    limit=st.floats(0.0, 5e9),
)
def test_margins_add_up_and_the_best_mix_fits(price: float, hashprice: float, mw: float, limit: float) -> None:
    found = calculate(
        SiteInputs(mw=mw, power_price_usd_per_mwh=price, hashprice_usd_per_ph_day=hashprice, capex_limit_usd=limit)
    )
    table = found.workloads
    parts = table.revenue_usd_per_mwh - table.power_cost_usd_per_mwh - table.other_cost_usd_per_mwh
    np.testing.assert_allclose(table.margin_usd_per_mwh, parts, atol=1e-9)
    rigs = table[table.kind == "rigs"]
    hours = rigs.margin_usd_per_mw_year / rigs.margin_usd_per_mwh
    np.testing.assert_allclose(hours, 8766 * 0.95, rtol=1e-9)
    mix = found.best_mix
    assert mix["capex_usd"] <= limit * (1 + 1e-6) + 1.0
    assert mix["npv_usd"] >= 0.0  # leaving the site unused is allowed
    assert -1e-9 <= mix["unused_share"] <= 1.0
    assert mix["shares"].get("Retrofit", 0.0) <= 0.2 + 1e-9
    for name in ("Colocation", "Retrofit", "GPU cloud"):
        share = mix["shares"].get(name, 0.0)
        smallest = table.set_index("name").loc[name, "smallest_mw"]
        assert share == 0.0 or share * mw >= smallest
    json.dumps(found.to_json(), allow_nan=False)


def test_a_site_too_small_for_every_tenant_mines() -> None:
    mix = calculate(SiteInputs(mw=4.0, hashprice_usd_per_ph_day=45.0)).best_mix
    assert mix["shares"]
    assert not {"Colocation", "Retrofit", "GPU cloud"} & set(mix["shares"])


def test_sensitivity_moves_what_it_should(found: Calculation) -> None:
    table = found.sensitivity.set_index(["input", "name", "factor"]).margin_usd_per_mw_year.sort_index()
    rig = next(name for name in found.sensitivity.name if "class" in name)
    assert table["hashprice_usd_per_ph_day", rig].is_monotonic_increasing
    assert table["power_price_usd_per_mwh", rig].is_monotonic_decreasing
    assert table["rent_usd_m_per_mw_year", rig].nunique() == 1
    assert table["rent_usd_m_per_mw_year", "Colocation"].is_monotonic_increasing


def test_prices_of_one_visitor_leave_the_next_alone() -> None:
    before = calculate(SiteInputs()).workloads
    calculate(SiteInputs(coin_price_usd=500_000.0, rent_usd_m_per_mw_year=9.0))
    after = calculate(SiteInputs()).workloads
    assert before.equals(after)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"region": "ERKOT"}, "ERCOT"),
        ({"tenant": "investment-grade"}, "investment_grade"),
        ({"mw": 0.0}, "mw must be between"),
        ({"power_price_usd_per_mwh": float("nan")}, "power_price_usd_per_mwh must be between"),
    ],
)
def test_wrong_input_is_named(wrong: dict, words: str) -> None:
    with pytest.raises(UserError, match=words):
        calculate(SiteInputs(**wrong))
