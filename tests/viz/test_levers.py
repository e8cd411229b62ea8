"""Sliders follow from the registry."""

from __future__ import annotations

import pytest

from sim.scenario import Scenario
from sim.scenario.registry import field_table
from viz import levers

ROWS = {row["key"]: (tab, row) for tab, groups in levers.panel().items() for group in groups for row in group["rows"]}


def test_every_lever_and_assumption_is_there_once_in_its_tab():
    wanted = {key: info.role for key, info in field_table().items() if info.role in ("lever", "assumption")}
    assert {key: tab for key, (tab, _) in ROWS.items()} == wanted
    assert sum(len(g["rows"]) for groups in levers.panel().values() for g in groups) == len(wanted)


def test_what_is_told_of_levers_exists_in_the_registry():
    assert set(levers.TOLD) <= set(field_table())
    assert {said.needs for said in levers.TOLD.values() if said.needs} <= set(field_table())


@pytest.mark.parametrize("key", [key for key, (_, row) in ROWS.items() if "low" in row])
def test_a_slider_holds_its_default_within_what_is_allowed(key):
    info, row = field_table()[key], ROWS[key][1]
    assert info.low <= row["low"] < row["high"] <= info.high
    assert row["low"] <= info.default <= row["high"]
    assert 0 < row["step"] <= (row["high"] - row["low"]) / 4 or info.kind == "int"
    assert all(row["ends"])


def test_names_are_plain_words():
    assert levers.name_of("ai.rent_adjustment") == "Rent adjustment"
    assert levers.name_of("ai.gpu_rent_usd_per_hour") == "GPU rent"
    names = [row["name"] for _, row in ROWS.values()]
    assert not [name for name in names if "_" in name or not name[0].isupper()]


def test_titles_say_what_was_changed_and_which_way():
    before = Scenario.load().values()
    changes = {"policy.carbon_price_usd_per_t": 50.0, "power.interconnection_wait_scale": 0.6, "ai.demand_scale": 1.5}
    scenario = Scenario.load(overrides=changes)
    assert levers.title_of(scenario, changes, before) == "Carbon price, faster grid, more AI demand"
    assert levers.title_of(Scenario.load("ai-bust"), {}, before) == "AI bust"
    dated = {"policy.carbon_price_usd_per_t": 50.0, "policy.carbon_from": "2029-01"}
    assert levers.title_of(scenario, dated, before) == "Carbon price"
    assert levers.lede_of({"behaviour.pivot_allowed": False}) == "Miners may turn to AI off"


def test_values_read_with_their_unit():
    table = field_table()
    assert levers.shown(table["policy.mining_ban_compliance"], 0.8) == "80 %"
    assert levers.shown(table["policy.large_load_duty_usd_per_mw_year"], 35_000) == "35 k USD/MW-year"
    assert levers.shown(table["policy.mining_ban_regions"], ("RUSSIA",)) == "RUSSIA"
