"""The registry: every parameter is declared in full, and its default and distribution keep to its bounds."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from sim.scenario import FieldInfo, Scenario, ScenarioError, describe, fields, schema
from sim.scenario.declare import Region, Tenant
from sim.scenario.registry import BLOCKS

ALL = list(fields())
NUMERIC = [info for info in ALL if info.numeric]
DRAWN = [info for info in ALL if info.distribution is not None]


def name(info: FieldInfo) -> str:
    return info.key


@pytest.mark.parametrize("info", ALL, ids=name)
def test_every_field_says_what_it_is(info: FieldInfo):
    assert info.text.endswith(".")
    assert len(info.text) > 20
    assert info.source.startswith(("facts: ", "data: ", "assumption: ", "neutral: "))
    assert info.unit or not info.numeric
    assert info.role in ("lever", "assumption", "structural")


@pytest.mark.parametrize("info", NUMERIC, ids=name)
def test_numbers_have_bounds_around_their_default(info: FieldInfo):
    assert info.low is not None
    assert info.high is not None
    assert info.low <= info.default <= info.high
    assert isinstance(info.default, int) or info.kind == "float"


@pytest.mark.parametrize("info", DRAWN, ids=name)
def test_distribution_keeps_to_the_bounds_and_near_the_default(info: FieldInfo):
    assert info.role == "assumption"
    assert info.low is not None
    assert info.high is not None
    low, middle, high = info.distribution.ppf(np.array([0.0, 0.5, 1.0]))
    assert info.low <= low < middle < high <= info.high
    assert abs(middle - info.default) <= 0.15 * (high - low)


@pytest.mark.parametrize("info", NUMERIC, ids=name)
def test_unit_in_the_name_is_the_declared_unit(info: FieldInfo):
    signs = {"_usd": "USD", "_ehs": "EH/s", "_months": "months", "_years": "years", "btc_per_day": "BTC/day"}
    for sign, unit in signs.items():
        if sign in info.name:
            assert unit in info.unit
    if "USD" in info.unit:  # temperature is the only amount of money whose contract name is without a unit
        assert "usd" in info.name or info.key == "behaviour.temperature"


def test_roles_partition_and_structural_is_never_drawn():
    assert {info.role for info in ALL} == {"lever", "assumption", "structural"}
    assert not [info.key for info in ALL if info.role != "assumption" and info.distribution]
    assert len({info.key for info in ALL}) == len(ALL) == sum(len(model.model_fields) for model in BLOCKS.values())


def test_sampled_ratios_cannot_cross():
    by_key = {info.key: info.distribution for info in DRAWN}
    assert by_key["finance.coin_loan_ltv"].ppf(1.0) < by_key["finance.margin_call_ltv"].ppf(0.0)
    assert by_key["rigs.efficiency_floor_j_per_th"].ppf(1.0) < 9.5  # J/TH of the best rig on sale, asic_models


def test_kinds():
    expected = {
        "world.start": "month",
        "world.months": "int",
        "world.check_laws": "bool",
        "bitcoin.price_process": "choice",
        "bitcoin.price_path_csv": "text",
        "policy.mining_ban_regions": "list",
        "power.availability": "float",
    }
    assert {key: describe(key).kind for key in expected} == expected
    assert describe("ai.demand_path").choices == ("low", "base", "high", "capex")
    assert "ERCOT" in describe("policy.mining_ban_regions").choices


def test_describe_explains_in_words():
    text = str(describe("policy.carbon_price_usd_per_t"))
    assert "USD/t" in text
    assert "0 to 2000" in text
    assert "lever" in text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("policy.carbon_prize", "policy.carbon_price_usd_per_t"),
        ("policy.carbon_price", "policy.carbon_price_usd_per_t"),
        ("carbon_price_usd_per_t", "policy.carbon_price_usd_per_t"),
        ("power.rent_elasticity", "ai.rent_elasticity"),
        ("shock", "shocks"),
    ],
)
def test_unknown_key_names_the_nearest(wrong: str, right: str):
    with pytest.raises(ScenarioError, match=f"{wrong}: unknown key; did you mean {right}?"):
        describe(wrong)


def test_schema_carries_unit_role_source_and_distribution():
    described = json.loads(json.dumps(schema()))
    assert {"extends", "title", "policy", "shocks"} <= set(described["properties"])
    elasticity = described["$defs"]["AI"]["properties"]["rent_elasticity"]
    assert elasticity["role"] == "assumption"
    assert elasticity["distribution"] == {"kind": "triangular", "low": 0.5, "mode": 1.5, "high": 2.5}
    duty = described["$defs"]["Policy"]["properties"]["large_load_duty_usd_per_mw_year"]
    assert (duty["unit"], duty["minimum"], duty["role"]) == ("USD/MW-year", 0, "lever")
    assert duty["source"]
    assert described["$defs"]["Policy"]["additionalProperties"] is False


def test_region_codes_are_those_of_the_compiled_table():
    table = Path(__file__).parents[2] / "sim" / "data" / "regions.csv"
    with table.open(encoding="utf-8", newline="") as lines:
        assert {row["code"] for row in csv.DictReader(lines)} == set(Region.__args__)


def test_worked_numbers_of_the_model_description_are_the_defaults():
    """Section 4: rent 1.77 at 85 % margin on 10.5 M USD of capex, gross/IT about 1.4; other cost 8 USD/MWh."""
    ai, power = Scenario.load().ai, Scenario.load().power
    assert ai.rent_usd_m_per_mw_year * ai.colocation_margin / ai.gross_per_it == pytest.approx(1.07, abs=0.02)
    assert ai.colocation_capex_usd_m_per_mw / ai.gross_per_it == pytest.approx(7.5, abs=0.15)
    standing = power.site_cost_usd_per_mw_year / (power.availability * 8766)
    assert power.other_cost_usd_per_mwh + standing == pytest.approx(8, abs=0.3)


def test_the_documentation_lists_every_shipped_scenario():
    text = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    table = text.split("## The library")[1].split("\n\n")[1]
    listed = set(re.findall(r"`([\w-]+)`", "\n".join(row.split("|")[1] for row in table.splitlines())))
    assert listed == set(Scenario.names())


def test_tenant_codes_are_those_of_the_compiled_table():
    table = Path(__file__).parents[2] / "sim" / "data" / "tenants.csv"
    with table.open(encoding="utf-8", newline="") as lines:
        assert {row["tenant"] for row in csv.DictReader(lines)} == set(Tenant.__args__)
