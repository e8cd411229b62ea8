"""A Riot-like site on ERCOT's prices: close to what was reported where it should be, and the gap where it is not."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from experiments import demand_response as dr
from sim.tables import load_tables

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_hours = pytest.mark.skipif(not SHARED.is_dir(), reason="the hourly prices are not next to the project")
TABLES = load_tables()
SITE = dr.riot_like_site(TABLES)


def hourly(name: str, columns: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Hours by month of a shared file (hours, columns); hours with an empty cell are left out."""
    months: dict[str, list[list[float]]] = {}
    with (SHARED / name).open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if all(row[column] for column in columns):
                values = [float(row[column]) for column in columns]
                months.setdefault(row["hour_beginning_cpt"][:7], []).append(values)
    return {month: np.array(values) for month, values in months.items()}


def west_prices() -> dict[str, np.ndarray]:
    """West hub, real time, of the months in the table."""
    prices = hourly("ercot_prices_hourly_2024_2026.csv", ("hb_west_rtm_usd_mwh",))
    return {month: prices[month][:, 0] for month in SITE.months}


@pytest.mark.parametrize("period", ["2024", "2025 Q1"])
def test_credits_are_within_a_factor_of_two_of_what_was_reported(period):
    assert 0.5 < dr.comparison(TABLES)["ratio"][period] < 2.0


def test_summer_of_2025_cannot_be_earned_at_real_time_prices():
    table = dr.comparison(TABLES)
    assert (table.loc["2025-06":"2025-08", "ratio"] < 0.5).all()
    gap, premium = dr.forward_premium(TABLES)
    assert gap == pytest.approx(5.6 + 13.1 + 16.1 + 1.4 - table.loc["2025-06":"2025-09", "total"].sum())
    hours = 24 * (30 + 31 + 31 + 30)
    assert premium == pytest.approx(gap * 1e6 / (hours * 745), rel=0.01)


def test_hashprices_are_those_published():
    found = dict(zip(SITE.months, SITE.hashprice, strict=True))
    assert 85 < found["2024-02"] < 90
    published = {"2024-09": 42.1, "2024-12": 56.9, "2025-06": 55.3, "2025-09": 49.7, "2025-12": 38.7}
    for month, hashprice in published.items():
        assert found[month] == pytest.approx(hashprice, rel=0.01)


def test_halving_splits_april_2024():
    """19 days at 6.25 and 11 at 3.125 coins a block, 144 blocks a day, and the fees."""
    coins = (19 * 6.25 + 11 * 3.125) * 144 + 4310
    assert SITE.hashprice[3] == pytest.approx(65_900 * coins / 30 / np.exp(log_ehs("2024-04")) / 1000, rel=1e-6)


def log_ehs(month: str) -> float:
    """Between 545 EH/s in 2024-02 and 655 in 2024-09, by logs."""
    share = (int(month[-2:]) - 2) / 7
    return float((1 - share) * np.log(545) + share * np.log(655))


def test_strike_is_revenue_less_fee_overhead_and_other_cost():
    """54.95 USD/PH/day at 21.1 J/TH: 1000 x 54.95 x 0.98 / (24 x 21.1 x 1.05) - 4."""
    k = SITE.months.index("2025-05")
    by_hand = 1000 * SITE.hashprice[k] * (1 - SITE.pool_fee) / (24 * SITE.j_per_th[k] * 1.05) - 4
    assert SITE.strike[k] == pytest.approx(by_hand)
    assert 90 < by_hand < 105


def test_programme_part_is_a_quarter_of_the_published_payment():
    modelled = dr.monthly_credits(SITE, TABLES)
    by_hand = SITE.mw * (1 - modelled["off"]) * 67_000 * 0.25 / 12 / 1e6
    assert modelled["programme"].to_numpy() == pytest.approx(by_hand.to_numpy())


def test_resale_by_hand_from_the_blocks_of_one_month():
    """August 2024: strike between the eleventh and the twelfth block; all blocks above it are sold back."""
    table, k = TABLES.ercot_months, SITE.months.index("2024-08")
    own = table["month"] == "2024-08"
    price, weight = table["usd_per_mwh"][own], table["weight"][own]
    dear = price > SITE.strike[k]
    by_hand = (weight * (price - 42))[dear].sum() * 31 * 24 * 700 / 1e6
    found = dr.monthly_credits(SITE, TABLES).loc["2024-08"]
    assert found["resale"] == pytest.approx(by_hand, rel=0.15)  # a block around the strike is split
    assert found["off"] == pytest.approx(weight[dear].sum(), abs=0.02)


def test_load_responds_less_to_price_the_more_hashing_earns():
    slopes = [dr.responsiveness(hashprice, SITE, TABLES) for hashprice in range(25, 121, 5)]
    assert all(before > after > 0 for before, after in pairwise(slopes))


def test_the_section_states_its_own_table():
    text = dr.markdown(TABLES)
    assert text.startswith("## Demand response\n")
    for period, row in dr.comparison(TABLES).iterrows():
        assert f"| {period} | " in text
        assert f"| {row['total']:.1f} | {row['reported']:.1f} |" in text
    assert max(map(len, text.splitlines())) <= 120


@needs_hours
def test_price_duration_agrees_with_the_hours():
    modelled = dr.monthly_credits(SITE, TABLES)
    direct = {month: dr.hourly_credits(SITE, month, prices) for month, prices in west_prices().items()}
    resale = np.array([direct[month][0] for month in SITE.months])
    off = np.array([direct[month][1] for month in SITE.months])
    assert np.abs(modelled["resale"] - resale).max() < 0.25  # M USD a month
    assert modelled["resale"].sum() == pytest.approx(resale.sum(), rel=0.02)
    assert np.abs(modelled["off"] - off).max() < 0.01


@needs_hours
@pytest.mark.parametrize("hashprice", [30.0, 60.0, 90.0])
def test_responsiveness_agrees_with_least_squares_on_the_hours(hashprice):
    covariance = spread = 0.0
    for k, prices in enumerate(west_prices().values()):
        load = prices <= hashprice * SITE.strike_per_hashprice[k] - SITE.other_usd_per_mwh
        covariance += float(((prices - prices.mean()) * load).mean())
        spread += float(prices.var())
    assert dr.responsiveness(hashprice, SITE, TABLES) == pytest.approx(-10 * covariance / spread, rel=0.1)


@needs_hours
def test_reserves_do_not_close_the_gap_of_august_2025():
    products = tuple(f"{name}_mcpc_usd_mw_h" for name in ("regup", "rrs", "nspin", "ecrs"))
    dearest = hourly("ercot_system_hourly_2024_2026.csv", products)["2025-08"].max(axis=1)
    earned = dearest.mean() * 744 * SITE.mw[SITE.months.index("2025-08")] / 1e6
    assert 1.0 < earned < 3.0
    assert west_prices()["2025-08"].max() == pytest.approx(174.75)
