import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.columns import TABLES, columns, empty, keys, problems
from sim.errors import UserError
from sim.outcomes import HEADLINE, over_12_months
from sim.results import QUANTILES, Results, ResultSet, quantiles

SECTOR_OF_THE_INTERFACE = """
run month btc_price_usd network_hashrate_ehs hashprice_usd_per_ph_day difficulty blocks block_subsidy_btc
subsidy_btc fees_btc coins_mined_btc fleet_efficiency_j_per_th mining_power_gw mining_energy_twh curtailed_mwh
emissions_mtco2 asic_price_usd_per_th firms_active firms_btc firms_hybrid firms_ai exits entries restructurings
acquisitions left_mining_for_ai listed_in_distress exits_small exits_medium exits_large exits_mega hhi_hashrate
hhi_ai_mw top_share_hashrate ai_demand_mw ai_outside_supply_mw ai_offered_mw ai_contracted_mw ai_gross_mw
ai_under_construction_mw ai_delivered_mw ai_rent_usd_m_per_mw_year gpu_rent_usd_per_hour mining_revenue_usd
ai_revenue_usd demand_response_revenue_usd resale_revenue_usd power_cost_usd mean_power_price_usd_per_mwh ebitda_usd
interest_usd taxes_usd carbon_cost_usd cash_usd debt_usd treasury_btc
"""
BALANCE_SHEET = """
cash_usd receivables_usd coins_usd rigs_usd sites_usd halls_usd gpus_usd construction_usd loans_usd converts_usd
prepayments_usd payables_usd equity_usd
"""


@pytest.fixture
def results(make_tables):
    return ResultSet(make_tables([0, 1, 2, 5]), {"scenario": "toy", "seed": 3, "assumptions": "fixed"})


def test_columns_are_those_of_the_interface():
    assert list(columns("sector")) == SECTOR_OF_THE_INTERFACE.split()
    assert [name for name in columns("firms") if name in BALANCE_SHEET.split()] == BALANCE_SHEET.split()
    assert keys("classes") == ["run", "month", "size"]


@pytest.mark.parametrize("table", TABLES)
def test_every_number_has_a_unit_and_every_column_a_text(table):
    for column in TABLES[table]:
        assert column.text, column.name
        assert bool(column.unit) == (column.kind not in ("key", "label")), column.name
    assert problems(table, empty(table)) == []


def test_problems_names_missing_unknown_wrong_and_doubled(make_tables):
    sector = make_tables([0])["sector"]
    assert problems("sector", sector) == []
    wrong = pd.concat([sector, sector]).drop(columns="difficulty").astype({"exits": "float64"}).assign(extra=1.0)
    wrong.loc[wrong["month"] == "2026-07", "cash_usd"] = float("nan")
    assert problems("sector", wrong) == [
        "sector lacks difficulty",
        "sector does not declare extra",
        "sector.exits is float64, declared int64",
        "sector.cash_usd has missing values",
        "sector has two rows with the same run, month",
    ]


def test_twelve_months_add_up_and_the_first_year_is_scaled():
    monthly = pd.DataFrame([[float(m) for m in range(1, 15)]])
    yearly = over_12_months(monthly).to_numpy()[0].tolist()
    assert yearly[0] == 12.0  # one month of 1 stands for the year
    assert yearly[1] == pytest.approx(18.0)  # mean 1.5
    assert yearly[11] == pytest.approx(78.0)  # 1 + ... + 12
    assert yearly[13] == pytest.approx(102.0)  # 3 + ... + 14


def _filled(make_tables, **values):
    """One run of 14 months in which every listed sector column has the same value each month."""
    tables = make_tables([0], "2026-01", 14)
    tables["sector"] = tables["sector"].assign(**values)
    return ResultSet(tables)


def test_outcomes_by_hand(make_tables):
    results = _filled(
        make_tables,
        mining_revenue_usd=6e8,
        ai_revenue_usd=3e8,
        demand_response_revenue_usd=0.6e8,
        resale_revenue_usd=0.4e8,
        taxes_usd=2e6,
        carbon_cost_usd=0.5e6,
        ebitda_usd=1e8,
        exits_small=2,
        emissions_mtco2=4.0,
    )
    last = {name: results.outcome(name)["2027-02"].item() for name in (outcome.name for outcome in HEADLINE)}
    assert last["ai_revenue_share"] == pytest.approx(0.3)
    assert last["grid_income"] == pytest.approx(1200.0)  # 12 x 100 M USD
    assert last["public_revenue"] == pytest.approx(30.0)
    assert last["ebitda"] == pytest.approx(1.2)
    assert last["exits_small"] == 28
    assert last["emissions"] == pytest.approx(48.0)


def test_exit_share_counts_entrants_of_the_class(make_tables):
    results = _filled(make_tables)
    classes = results.table("classes")
    classes["exits"] = (classes["size"] == "small").astype(int)
    classes["firms_ever"] = 200
    assert results.outcome("exits_small_share")["2027-02"].item() == pytest.approx(14 / 200)
    assert results.outcome("exits_mega_share")["2027-02"].item() == 0.0


def test_no_firm_of_a_class_is_no_exit_share(make_tables):
    results = _filled(make_tables)
    results.table("classes")["firms_ever"] = 0
    results.table("classes")["exits"] = 0
    assert results.outcome("exits_mega_share").to_numpy().max() == 0.0


def test_headline_has_each_outcome_at_each_year_end(results):
    headline = results.headline()
    assert list(headline) == ["year", "month", "outcome", "unit", "median", "p10", "p90"]
    assert sorted(set(headline["month"])) == ["2026-12", "2027-12", "2028-12"]
    assert len(headline) == 3 * len(HEADLINE)
    row = headline[(headline["outcome"] == "hashprice") & (headline["year"] == 2027)].iloc[0]
    december = results.table("sector").query("month == '2027-12'")["hashprice_usd_per_ph_day"]
    assert row["median"] == pytest.approx(december.median())
    assert row["p10"] == pytest.approx(december.quantile(0.1))


def test_headline_without_a_december_answers_for_the_last_month(make_tables):
    headline = ResultSet(make_tables([0], "2026-07", 3)).headline()
    assert set(headline["month"]) == {"2026-09"}


def test_one_run_answers_like_the_set(results):
    one = results.run(5)
    assert isinstance(one, Results)
    assert (one.number, len(one)) == (5, 1)
    for outcome in HEADLINE:
        pd.testing.assert_frame_equal(one.outcome(outcome.name), results.outcome(outcome.name).loc[[5]])
    assert set(one.table("decisions")["run"]) <= {5}


@pytest.mark.parametrize(
    ("ask", "hint"),
    [
        (lambda r: r.outcome("hashprise"), "did you mean hashprice"),
        (lambda r: r.table("sektor"), "did you mean sector"),
        (lambda r: r.series("cash_us"), "did you mean cash_usd"),
        (lambda r: r.bands("network_hashrat"), "did you mean network_hashrate"),
        (lambda r: r.run(3), "runs are 0 to 2, 5"),
    ],
)
def test_misspelt_names_get_an_offer(results, ask, hint):
    with pytest.raises(UserError, match=hint):
        ask(results)


def test_series_picks_rows(results):
    small = results.series("cash_usd", "classes", size="small")
    classes = results.table("classes")
    picked = classes[(classes["size"] == "small") & (classes["run"] == 2) & (classes["month"] == "2027-03")]
    assert small.loc[2, "2027-03"] == picked["cash_usd"].item()


def test_series_are_in_order_whatever_the_order_of_rows(make_tables):
    tables = make_tables([3, 1, 2])
    shuffled = ResultSet({name: table.sample(frac=1.0, random_state=5) for name, table in tables.items()})
    plain = tables["regions"][tables["regions"]["region"] == "PJM"].pivot(
        index="run", columns="month", values="power_price_usd_per_mwh"
    )
    for _ in range(2):  # the second time from what was remembered
        found = shuffled.series("power_price_usd_per_mwh", "regions", region="PJM")
        pd.testing.assert_frame_equal(found, plain)


def test_series_leave_out_what_a_table_does_not_have(make_tables):
    tables = make_tables([0, 1])
    tables["sector"] = tables["sector"].drop(index=tables["sector"].index[-1])
    found = ResultSet(tables).series("network_hashrate_ehs")
    assert found.shape == (2, 30)
    assert found.isna().sum().sum() == 1


def test_bands_take_outcomes_and_columns(results):
    assert results.bands("hashprice", (0.5,)).equals(results.bands("hashprice_usd_per_ph_day", (0.5,)))


@given(st.lists(st.lists(st.floats(-1e9, 1e9), min_size=3, max_size=3), min_size=1, max_size=20))
def test_quantiles_are_ordered_and_inside_the_runs(rows):
    frame = pd.DataFrame(rows)
    bands = quantiles(frame, QUANTILES).to_numpy()
    assert (bands[:, 1:] >= bands[:, :-1] - 1e-6).all()
    assert (bands >= frame.min().to_numpy()[:, None] - 1e-6).all()
    assert (bands <= frame.max().to_numpy()[:, None] + 1e-6).all()


def test_batches_join_in_run_order_and_skip_empty_ones(make_tables):
    first, second = make_tables([0, 1]), make_tables([2])
    second["firms"] = second["firms"][:0]
    joined = ResultSet.from_batches([first, second])
    assert joined.runs == [0, 1, 2]
    assert len(joined.table("firms")) == len(first["firms"])
    assert len(joined.table("errors")) == 0


def test_repr_tells_what_it_is(results):
    assert repr(results).startswith(
        "ResultSet of 'toy', runs 0 to 2, 5, 2026-07 to 2028-12 (30 months), seed 3, assumptions fixed\n"
        "  rows: sector 120, classes 480"
    )
