"""What the recorder writes: declared columns, identities between tables, and independence of the batch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agents import observations as ob
from sim.columns import TABLES, problems
from sim.engine import run_batch
from sim.record_decisions import closed_gates
from sim.record_firms import concentration
from sim.recorder import Recorder
from sim.scenario import Scenario
from sim.sector import Sector

MONTHS, RUNS = 18, (0, 1)
SHOCK = {"kind": "power_price", "start": "2026-10", "months": 6, "size": 2.0, "regions": ["PJM"]}
OVERRIDES = {
    "policy.mining_ban_regions": ["ERCOT"], "policy.mining_ban_from": "2026-09", "shocks": [SHOCK],
    "policy.mining_excise_usd_per_mwh": 5.0, "policy.carbon_price_usd_per_t": 20.0,
}  # fmt: skip
USES = ["hashing_mw", "ai_gross_mw", "ai_building_mw", "legacy_gpu_mw", "idle_mw"]
INDEX = ["run", "month"]


@pytest.fixture(scope="module")
def tables():
    scenario = Scenario.load("baseline", overrides=OVERRIDES)
    return run_batch(scenario, 5, RUNS, months=MONTHS, firms="all")


@pytest.fixture(scope="module")
def sector(tables) -> pd.DataFrame:
    return tables["sector"].set_index(INDEX)


def test_frames_are_as_declared(tables):
    assert {name: problems(name, frame) for name, frame in tables.items()} == {name: [] for name in tables}
    assert set(tables) == set(TABLES) - {"errors"}
    assert all(len(tables[name]) for name in tables)
    assert len(tables["sector"]) == len(RUNS) * MONTHS
    assert tables["sector"]["month"].tolist()[:2] == ["2026-07", "2026-08"]


def test_every_number_of_every_table_is_written():
    s = Sector(Scenario.load("baseline"), 0, [0], months=1)
    recorder, blank = Recorder(s, "all"), -77
    stores = [recorder.sector, recorder.classes, recorder.regions, recorder.firms]
    for values in (values for store in stores for values in store.values()):
        values[:] = blank
    s.advance()
    recorder.record()
    assert [name for store in stores for name, values in store.items() if (values == blank).any()] == []


def test_network_identities(sector):
    seconds = pd.Series([pd.Period(month).days_in_month * 86_400.0 for _, month in sector.index], sector.index)
    hashes = sector["network_hashrate_ehs"] * 1e18 * seconds
    np.testing.assert_allclose(sector["difficulty"] * 2.0**32 * sector["blocks"], hashes, rtol=1e-9)
    np.testing.assert_allclose(sector["block_subsidy_btc"] * sector["blocks"], sector["subsidy_btc"], rtol=1e-12)
    np.testing.assert_allclose(sector["subsidy_btc"] + sector["fees_btc"], sector["coins_mined_btc"], rtol=1e-12)
    mined = sector["coins_mined_btc"] * sector["btc_price_usd"]
    np.testing.assert_allclose(sector["mining_revenue_usd"], mined, rtol=1e-9)
    at_plug = sector["network_hashrate_ehs"] * sector["fleet_efficiency_j_per_th"] / 1e3
    overhead = sector["mining_power_gw"] / at_plug  # fans and transformers on top of the machines
    assert overhead.between(1.0, 1.2).all()
    assert (overhead.groupby("run").std() < 1e-9).all()


def test_firms_add_up_to_classes_and_classes_to_the_sector(tables, sector):
    classes = tables["classes"].set_index([*INDEX, "size"])
    firms = tables["firms"].groupby([*INDEX, "size"]).sum(numeric_only=True)
    common = [c for c in firms if c in classes and c != "alive"]
    assert len(common) >= 15
    pd.testing.assert_frame_equal(
        firms[common].reindex(classes.index, fill_value=0.0), classes[common], check_dtype=False, rtol=1e-9, atol=1e-3
    )
    total = tables["classes"].groupby(INDEX).sum(numeric_only=True)
    shared = [c for c in total if c in sector]
    assert {"exits", "entries", "firms_active", "cash_usd", "ebitda_usd"} <= set(shared)
    pd.testing.assert_frame_equal(total[shared], sector[shared], check_dtype=False, rtol=1e-9, atol=1e-3)


def test_power_by_use_adds_up_to_the_connection_everywhere(tables):
    for name in ("classes", "firms", "regions"):
        frame = tables[name]
        np.testing.assert_allclose(frame[USES].sum(axis=1), frame["connected_mw"], atol=1e-4, err_msg=name)
    of_regions = tables["regions"].groupby(INDEX)[["connected_mw", "hashrate_ehs", "ai_contracted_mw"]].sum()
    of_classes = tables["classes"].groupby(INDEX)[["connected_mw", "hashrate_ehs", "ai_contracted_mw"]].sum()
    pd.testing.assert_frame_equal(of_regions, of_classes, rtol=1e-9)


def test_balance_sheets_balance_and_costs_are_positive(tables):
    firms = tables["firms"]
    assets = ["cash", "receivables", "coins", "rigs", "sites", "halls", "gpus", "construction"]
    owed = ["loans", "converts", "prepayments", "payables"]
    equity = sum(firms[f"{a}_usd"] for a in assets) - sum(firms[f"{a}_usd"] for a in owed)
    np.testing.assert_allclose(equity, firms["equity_usd"], atol=0.01)
    assert (firms[["power_cost_usd", "interest_usd", "excise_usd", "carbon_cost_usd", "tax_usd"]] >= -0.01).all(
        axis=None
    )
    assert (firms["gpu_revenue_usd"] <= firms["ai_revenue_usd"] + 1e-6).all()
    value = firms["coins_btc"] * firms.merge(tables["sector"], on=INDEX)["btc_price_usd"]
    np.testing.assert_allclose(firms["coins_usd"], value, rtol=1e-6, atol=1.0)


def test_public_revenue_follows_the_rules_in_force(tables, sector):
    taxed = sector.loc[(0, "2027-12")]
    assert taxed["carbon_cost_usd"] > 0
    excise = tables["regions"].query("run == 0 and month == '2027-12'")
    due = (excise["mining_excise_usd_per_mwh"] * excise["mining_power_mw"]).sum() * 8766 / 12
    paid = tables["firms"].query("run == 0 and month == '2027-12'")["excise_usd"].sum()
    assert paid == pytest.approx(due, rel=1e-9)


def test_counts_follow_the_firms(tables, sector):
    for run in RUNS:
        one = sector.loc[run]
        moved = (one["entries"] - one["exits"] - one["acquisitions"]).iloc[1:]
        np.testing.assert_array_equal(one["firms_active"].diff().iloc[1:], moved)
        np.testing.assert_array_equal(one["firms_active"], one["firms_btc"] + one["firms_hybrid"] + one["firms_ai"])
        events = tables["events"].query("run == @run")
        assert (events["kind"] == "exit").sum() == one["exits"].sum()
        assert (events["kind"] == "entry").sum() == one["entries"].sum()
        ever = tables["classes"].query("run == @run").groupby("month")["firms_ever"].sum()
        np.testing.assert_array_equal(ever.diff().iloc[1:], one["entries"].iloc[1:])


def test_firms_have_rows_from_entry_on_and_stay_when_gone(tables, sector):
    rows = tables["firms"].groupby(INDEX).size()
    ever = tables["classes"].groupby(INDEX)["firms_ever"].sum()
    np.testing.assert_array_equal(rows, ever)
    assert tables["firms"].groupby(INDEX)["alive"].sum().tolist() == sector["firms_active"].tolist()
    gone = tables["firms"][~tables["firms"]["alive"]]
    assert set(gone["strategy"]) == {"EXITED"}
    assert (gone["connected_mw"] == 0).all()


def test_contracts_agree_with_the_sector(tables, sector):
    contracts = tables["contracts"]
    live = contracts[contracts["ended"] == ""]
    last = sector.xs("2027-12", level="month")
    for column, shown in (("it_mw", "ai_contracted_mw"), ("delivered_mw", "ai_delivered_mw")):
        np.testing.assert_allclose(live.groupby("run")[column].sum(), last[shown])
    assert (live["end_reason"] == "").all()
    assert (contracts.loc[contracts["ended"] != "", "end_reason"] != "").all()
    assert contracts["rent_usd_m_per_mw_year"].between(0.5, 15).all()
    assert contracts["backstop"].isin(["", "Google"]).all()
    assert (contracts["signed"] < "2026-07").any()


def test_decisions_tell_what_closed_the_others_and_what_the_tender_gave(tables):
    decisions, contracts = tables["decisions"], tables["contracts"]
    ai = decisions["choice"].isin([ob.OPTIONS[k] for k in ob.AI_OPTIONS])
    assert set(decisions.loc[ai, "outcome"]) <= {"leased", "no tenant"}
    assert (decisions.loc[~ai, "outcome"] == "").all()
    new, leased = contracts[contracts["signed"] >= "2026-07"], decisions[decisions["outcome"] == "leased"]
    # several tenants may share what was offered: the first is named, the MW are of all
    campuses = new.sort_values("contract").groupby(["run", "signed", "site"])
    decided = leased.set_index(["run", "month", "site"]).sort_index()
    assert decided.index.tolist() == campuses["it_mw"].sum().index.tolist()
    np.testing.assert_allclose(decided["mw"], campuses["it_mw"].sum())
    assert decided["tenant"].tolist() == campuses["tenant"].first().tolist()
    assert len(new) > len(leased)
    words = {option.replace(" ", "_") for option in ob.OPTIONS}
    closed = decisions["gate"].str.split().explode().dropna().str.split(":", expand=True)
    assert set(closed[0]) <= words
    assert set(closed[1]) <= {gate.replace(" ", "_") for gate in ob.GATES[1:]}
    assert (decisions["runner_up"] != decisions["choice"]).all()
    assert (decisions["runner_up_value_usd_m_per_mw"].isna() == (decisions["runner_up"] == "")).all()


def test_bans_and_shocks_are_events(tables):
    events = tables["events"].query("kind in ('ban', 'shock')")
    ban = events[(events["kind"] == "ban") & (events["region"] == "ERCOT")]
    assert ban[["run", "month"]].to_numpy().tolist() == [[0, "2026-09"], [1, "2026-09"]]
    assert (ban["mw"] > 100).all()
    shock = events[events["kind"] == "shock"]
    assert shock["month"].tolist() == ["2026-10"] * 2
    assert shock["detail"].tolist() == ["power_price 2 for 6 months in PJM"] * 2


@pytest.mark.parametrize(("run", "batch"), [(0, (0, 1)), (0, tuple(range(7))), (4, tuple(range(7)))])
def test_a_run_is_the_same_in_every_batch(run, batch):
    scenario = Scenario.load("baseline")
    alone = run_batch(scenario, 1, [run], months=MONTHS, firms="all")
    together = run_batch(scenario, 1, batch, months=MONTHS, firms="all")
    for name, frame in alone.items():
        same = together[name][together[name]["run"] == run].reset_index(drop=True)
        pd.testing.assert_frame_equal(frame, same, check_exact=True, obj=name)


def test_draws_depend_neither_on_the_batch_nor_on_the_policy():
    """Each stream stands at the same place after the same months, whatever happened in them."""
    base, banned = Scenario.load("baseline"), Scenario.load("baseline", overrides=OVERRIDES)
    sectors = [Sector(base, 1, [4]), Sector(base, 1, [3, 4]), Sector(banned, 1, [4])]
    for s in sectors:
        for _ in range(MONTHS):
            s.advance()
    states = [
        {name: sources[s.runs.index(4)].bit_generator.state for name, sources in s.streams._generators.items()}
        for s in sectors
    ]
    for other in states[1:]:
        moved = [name for name in states[0] if other.get(name) != states[0][name]]
        assert (moved, set(other)) == ([], set(states[0]))


def test_firms_first_none_and_stop():
    scenario, asked, seen = Scenario.load("baseline"), [], []

    def stop() -> bool:
        asked.append(True)
        return len(asked) > 2

    tables = run_batch(scenario, 0, [3, 0], months=4, on_progress=lambda *done: seen.append(done), should_stop=stop)
    assert seen == [(1, 4), (2, 4)]
    assert tables["sector"]["month"].tolist() == ["2026-07", "2026-08"] * 2
    assert tables["sector"]["run"].tolist() == [3, 3, 0, 0]
    assert set(tables["firms"]["run"]) == set(tables["decisions"]["run"]) == {0}
    none = run_batch(scenario, 0, [0], months=1, firms="none")
    assert len(none["firms"]) == len(none["decisions"]) == 0
    assert problems("firms", none["firms"]) == problems("decisions", none["decisions"]) == []


def test_listed_keeps_the_books_of_listed_firms_in_all_runs():
    scenario = Scenario.load("baseline", {"world.firms": 110, "world.sites": 220})
    every = run_batch(scenario, 0, [0, 4], months=3, firms="all")
    listed = run_batch(scenario, 0, [0, 4], months=3, firms="listed")
    of_listed = every["firms"][every["firms"]["listed"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(listed["firms"], of_listed)
    assert set(listed["firms"]["run"]) == {0, 4}
    assert len(listed["fleet"]) == len(listed["decisions"]) == 0
    for name in ("sector", "classes", "regions", "contracts", "events"):
        pd.testing.assert_frame_equal(listed[name], every[name])



def test_concentration_by_hand():
    np.testing.assert_allclose(concentration(np.array([[50.0, 30.0, 20.0], [0.0, 0.0, 0.0]])), [0.38, 0.0])


def test_closed_gates_by_hand():
    base = len(ob.GATES)
    code = ob.NO_EQUITY * base**ob.REFRESH + ob.FORBIDDEN * base**ob.CLOSE
    assert closed_gates(code) == "refresh_rigs:equity_not_raisable close:not_permitted"
