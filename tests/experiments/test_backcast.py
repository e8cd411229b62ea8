"""The pivot's back-cast: its score by hand, what it is held against, no leakage, and the engine with few runs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from agents import observations as ob
from agents.rules import RULES
from experiments import backcast as past
from experiments import backcast_ablation as ablation
from experiments import composition as comp
from experiments.null_rule import NULL_RULE
from sim.engine import run_batch
from sim.errors import UserError
from sim.scenario import Scenario
from sim.tables import Table, load_tables

TABLES = load_tables()
RUNS = 4


@pytest.fixture(scope="module")
def engine():
    """Four runs of the whole case, under the shipped rule and the null rule."""
    return past.backcast(runs=RUNS)


def deals(*rows: tuple[str, str, str, str, str, str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(comp.DEALS))


LARGE = ("listed, large", "hyperscaler", "colocation", "landlord")
MEGA = ("listed, mega", "neocloud", "colocation", "tenant")

# ------------------------------------------------------------------ the score by hand


def test_portrait_of_two_deals_by_hand():
    two = deals(("A", *LARGE, "2025Q1", 300.0, 1.8, 15.0), ("B", *MEGA, "2025Q2", 100.0, 1.4, 11.0))
    one = comp.portrait(two, 0.2)
    assert one.shares["firms"] == {"listed, large": 0.75, "listed, mega": 0.25}
    assert one.shares["quarters"] == {"2025Q1": 0.75, "2025Q2": 0.25}
    assert one.signers == 2
    assert one.rents == (pytest.approx(1.6), pytest.approx(1.7))
    assert one.term == pytest.approx(14.0)


def test_score_by_hand():
    two = deals(("A", *LARGE, "2025Q1", 300.0, 2.0, 12.0), ("B", *MEGA, "2025Q2", 100.0, 2.0, 12.0))
    real = comp.portrait(two, 0.2)
    other = comp.portrait(deals(("A", *LARGE, "2025Q1", 100.0, 1.0, 12.0)), 0.1)
    parts = comp.distances(other, real)
    wrong = 0.25  # a quarter of the MW are B's: another kind of firm and tenant, another payer, another quarter
    assert parts == pytest.approx({
        "firms": wrong, "tenants": wrong, "products": 0.0, "funding": wrong, "quarters": wrong, "signers": 1.0,
        "rent": 1.0, "term": 0.0, "delivered": 1.0,
    })  # fmt: skip
    assert comp.score(parts) == pytest.approx((4 * wrong + 3) / 9)


def test_a_perfect_likeness_scores_zero_and_no_lease_at_all_one():
    real = comp.portrait(comp.real_deals(TABLES, past.FIRST_DEAL, past.END), 0.2)
    assert comp.score(comp.distances(real, real)) == 0.0
    nothing = comp.portrait(comp.real_deals(TABLES, "2030-01", "2030-12"), 0.0)
    assert comp.score(comp.distances(nothing, real)) == 1.0


def test_a_factor_of_two_counts_as_wholly_wrong_either_way():
    assert comp.apart(2.0, 1.0) == comp.apart(1.0, 2.0) == pytest.approx(1.0)
    assert comp.apart(1.0, 4.0) == comp.apart(0.0, 1.0) == 1.0
    assert comp.apart(np.sqrt(2.0), 1.0) == pytest.approx(0.5)


def test_order_and_names_of_deals_do_not_matter():
    real = comp.real_deals(TABLES, past.FIRST_DEAL, past.END)
    renamed = real.iloc[::-1].assign(firm=lambda frame: "x" + frame["firm"])
    first, second = comp.portrait(real, 0.2), comp.portrait(renamed, 0.2)
    assert comp.score(comp.distances(first, second)) == pytest.approx(0.0, abs=1e-12)


# ------------------------------------------------------------------ what it is held against


def test_real_deals_are_those_signed_since_2025():
    real = comp.real_deals(TABLES, past.FIRST_DEAL, past.END)
    assert real["it_mw"].sum() == pytest.approx(4725.5 - 572.5)
    assert real["firm"].nunique() == 12
    assert real.loc[real["quarters"] == "2026Q1", "it_mw"].sum() == pytest.approx(96.0)  # the pause
    assert real.loc[real["firm"] == "DGXX", "firms"].iloc[0] == "listed, small or medium"  # Digihost in 2024


def test_simulated_deals_class_named_firms_as_the_real_ones():
    contracts = pd.DataFrame({
        "firm": ["Galaxy Digital", "Private miner 1", "Galaxy Digital"], "signed": ["2025-02", "2025-12", "2024-12"],
        "product": "colocation", "funding": "landlord", "tenant_class": ["neocloud", "hyperscaler", "neocloud"],
        "credit": ["backstopped", "investment_grade", "speculative"], "it_mw": [40.0, 60.0, 99.0],
        "rent_usd_m_per_mw_year": 1.8, "term_months": 156,
    })  # fmt: skip
    firms = pd.DataFrame({
        "month": ["2025-12", "2024-12", "2024-12"], "size": ["large", "medium", "mega"],
        "listed": [False, False, True], "firm": ["Private miner 1", "Private miner 1", "Galaxy Digital"],
    })  # fmt: skip
    made = comp.simulated_deals(contracts, firms, comp.named_kinds(TABLES), past.FIRST_DEAL, past.END)
    assert made["firms"].tolist() == ["listed, large", comp.NOT_LISTED]
    assert made["tenants"].tolist() == ["neocloud, backstopped", "hyperscaler"]
    assert made["quarters"].tolist() == ["2025Q1", "2025Q4"]
    assert made["term"].tolist() == [13.0, 13.0]


def test_real_months_follow_the_leases_and_the_targets():
    real = past.real_months(TABLES, ["2024-12", "2025-06", "2025-12", "2026-06"])
    assert real["signed_it_mw"] == pytest.approx([572.5, 1050.5, 3232.5, 4725.5])
    assert np.isnan(real["delivered_it_mw"]).tolist() == [True, True, True, False]
    assert real["hashprice_usd_per_ph_day"][2] == 38.7
    # hashprice and hashrate of a month say the same of what all miners earned in a day
    targets = TABLES.pivot_targets
    value = dict(zip(zip(targets["quantity"], targets["month"], strict=True), targets["value"], strict=True))
    row = TABLES.btc_history.index("month")["2025-09"]
    coins = 450 + TABLES.btc_history["fees_btc"][row] / 30.4375
    earned = TABLES.btc_history["price_usd"][row] * coins
    product = value["network_hashrate_ehs", "2025-09"] * 1000 * value["hashprice_usd_per_ph_day", "2025-09"]
    assert product == pytest.approx(earned, rel=0.02)  # two reports of the same month


def test_null_rule_takes_the_best_open_deal_and_else_decides_by_npv():
    n, k = 3, len(ob.OPTIONS)
    gate = np.full((n, k), ob.OPEN)
    value = np.zeros((n, k))
    value[:, ob.COLOCATION], value[:, ob.HYBRID] = -5.0, -4.0
    gate[1, ob.HYBRID] = ob.NO_TENANT
    gate[2, list(ob.AI_OPTIONS)] = ob.NO_TENANT
    value[:, [o for o in ob.AI_OPTIONS if o not in (ob.COLOCATION, ob.HYBRID)]] = -9.0
    value[2, ob.HOLD] = 50.0
    zeros, ones = np.zeros(n), np.ones(n)
    seen = ob.MinerObservation(
        value=value, gate=gate, payback=np.zeros((n, k)), equity=np.zeros((n, k)), equity_return=np.zeros((n, k)),
        peers=np.zeros((n, k)), reluctance=ones, inertia=zeros, temperature=0.01 * ones, peer_weight=zeros,
        payback_limit=6 * ones, discount=0.12 * ones, volatility=ones, draw=0.5 * ones, run=zeros.astype(int),
        firm=zeros.astype(int), site=zeros.astype(int), connected_mw=ones, rule=NULL_RULE,
    )  # fmt: skip
    assert RULES[NULL_RULE](seen).tolist() == [ob.HYBRID, ob.COLOCATION, ob.HOLD]
    npv = RULES["npv"](replace(seen, rule="npv"))
    assert not set(npv.tolist()) & set(ob.AI_OPTIONS)  # the same deals are worth less than nothing


# ------------------------------------------------------------------ the engine


def test_shape_of_the_object(engine):
    told = json.loads(json.dumps(engine.to_json(), allow_nan=False))
    assert [row["month"] for row in (told["months"][0], told["months"][-1])] == ["2024-12", "2026-06"]
    assert len(told["months"]) == 19
    for name in past.SHOWN:
        row = told["months"][-1]
        assert row[f"{name}_p10"] <= row[name] <= row[f"{name}_p90"]
    assert [(w["name"], w["start"], w["end"], w["months"]) for w in told["windows"]] == [
        ("train", "2024-12", "2025-12", 13), ("test", "2026-01", "2026-06", 6),
    ]  # fmt: skip
    assert all(window["power_mape"] is None for window in told["windows"])
    assert {"score", "null_score", "top10_with_ai_revenue_2025_11", "signed_2026q1_mw", "null_rule"} <= set(
        told["composition"]
    )
    parts = told["composition"]["parts"]
    assert told["composition"]["score"] == pytest.approx(np.mean(list(parts["simulated"].values())))
    assert told["composition"]["null_score"] == pytest.approx(np.mean(list(parts["null"].values())))


def test_first_gate_without_any_fitting(engine):
    """2 to 7 GW leased by June 2026 from sourced parameters alone; the start is the table's 0.57 GW."""
    path = engine.months.set_index("month")["signed_it_mw"] / 1e3
    assert 2.0 < path["2026-06"] < 7.0
    assert 0.55 < path["2024-12"] < 0.75
    low, high = ablation.sourced_range(2)
    assert low <= Scenario.load(past.SCENARIO).values()[ablation.FREE] <= high


def test_hashrate_and_hashprice_are_near_what_is_known(engine):
    for window in engine.windows:
        assert window["hashrate_mape"] < 0.10
        assert window["hashprice_mape"] < 0.12
        assert window["hashrate_mape"] < window["benchmarks"]["no_change"]["hashrate_mape"]


def test_shares_of_each_kind_sum_to_one(engine):
    sums = engine.shares.groupby("what")[["real", "simulated", "null"]].sum()
    assert np.allclose(sums.to_numpy(), 1.0)


def test_neither_end_nor_windows_change_what_is_simulated(engine):
    shorter = past.backcast(train_end="2025-03", end="2025-06", runs=RUNS)
    simulated = [name for name in shorter.months if not name.endswith("_real")]
    assert shorter.months[simulated].equals(engine.months[simulated].iloc[:7])
    assert shorter.composition["signed_2026q1_mw"] is None
    assert [window["months"] for window in shorter.windows] == [4, 3]


def test_targets_change_nothing_that_is_simulated():
    """Leases signed after the start and every target wiped out: the same simulation."""
    kept = TABLES.leases["signed"] <= past.START
    fewer = Table("leases", {name: column[kept] for name, column in TABLES.leases.columns.items()})
    other = Table("pivot_targets", {**TABLES.pivot_targets.columns, "value": 3 * TABLES.pivot_targets["value"]})
    blind = replace(TABLES, leases=fewer, pivot_targets=other)
    scenario = Scenario.load(past.SCENARIO)
    seen, unseen = (run_batch(scenario, 0, [0, 1], mode="fixed", tables=tables) for tables in (TABLES, blind))
    for table in ("sector", "contracts"):
        pd.testing.assert_frame_equal(seen[table], unseen[table])


def test_no_lease_without_what_makes_one():
    """Without demand nobody signs; without loans, tenants' money and new shares hardly anybody can."""
    none = ablation.ablate(2, switches=(("demand", {ablation.FREE: 0.0}),)).set_index("without")
    assert none.loc["demand", "signed_gw_2026-06"] == pytest.approx(0.5725, abs=0.08)
    money = {"finance.ltc_scale": 0.0, "ai.tenant_funded_share": 0.0, "finance.equity_issue_share_per_year": 0.0}
    poor = ablation.ablate(2, switches=(("money", money),)).set_index("without")
    assert poor.loc["money", "signed_gw_2026-06"] < 0.5 * poor.loc["nothing", "signed_gw_2026-06"]


def test_more_demand_more_leases():
    rows = ablation.profile((0.08, 0.22), 2)
    assert rows["signed_gw_2026-06"].is_monotonic_increasing
    assert ablation.best_share(rows.assign(train_log_rmse=[0.4, 0.3])) == 0.22


def test_switches_name_known_keys_and_change_something():
    shipped = Scenario.load(past.SCENARIO).values()
    for name, keys in ablation.SWITCHES:
        values = ablation.changed(keys).values()
        assert any(values[key] != shipped[key] for key in keys), name


# ------------------------------------------------------------------ the command


def test_command_writes_its_files(tmp_path, capfd):
    from experiments.cli import app

    arguments = ["hindcast", "--case", "pivot", "--runs", "1", "--end", "2025-01", "--json", "--out", str(tmp_path)]
    app(arguments, standalone_mode=False)
    told = json.loads(capfd.readouterr().out)
    assert [row["month"] for row in told["months"]] == ["2024-12", "2025-01"]
    assert {path.name for path in tmp_path.iterdir()} == {"months.csv", "hindcast.json", "hindcast.png"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--case", "future"], "no case 'future'; known are history and pivot"),
        (["--case", "pivot", "--start", "2025-06"], "--start can only be 2024-12"),
        (["--case", "pivot", "--data", "x.csv"], "--data is for the case history"),
        (["--case", "pivot", "--end", "2027-01"], "--end must lie between 2024-12 and 2026-06"),
        (["--case", "pivot", "--train-end", "2024-01"], "--train-end 2024-01 lies before the start"),
        (["--case", "pivot", "--end", "soon"], "--end must be a month"),
    ],
)
def test_wrong_options_are_named(arguments, told):
    from experiments.cli import app

    with pytest.raises(UserError, match=told):
        app(["hindcast", "--runs", "1", *arguments], standalone_mode=False)
