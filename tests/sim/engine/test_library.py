"""Every shipped scenario runs, is dated, and changes what it claims, over paired seeds in a small world."""

import re
from collections.abc import Callable

import pandas as pd
import pytest

from sim import Scenario, simulate
from sim.scenario import catalogue

SMALL = {"world.firms": 100, "world.sites": 200, "world.entrant_firms": 20}
MONTHS, RUNS, SEED = 30, 4, 3
Outcome = Callable[[dict[str, pd.DataFrame]], float]


def total(column: str) -> Outcome:
    return lambda tables: float(tables["sector"][column].sum())


def last(column: str) -> Outcome:
    return lambda tables: float(tables["sector"].groupby("run")[column].last().sum())


def in_2027(column: str) -> Outcome:
    return lambda tables: float(tables["sector"].query("month >= '2027-01' and month <= '2027-12'")[column].sum())


def from_2028(column: str) -> Outcome:
    return lambda tables: float(tables["sector"].query("month >= '2028-01'")[column].sum())


def in_regions(column: str, *regions: str) -> Outcome:
    def add(tables: dict[str, pd.DataFrame]) -> float:
        rows = tables["regions"].query("month > '2027-06'")
        return float(rows.loc[rows["region"].isin(regions), column].sum())

    return add


def new_leases(**where: str) -> Outcome:
    """MW signed from July 2027 on."""

    def count(tables: dict[str, pd.DataFrame]) -> float:
        rows = tables["contracts"].query("signed >= '2027-07'")
        for column, value in where.items():
            rows = rows[rows[column] == value]
        return float(rows["it_mw"].sum())

    return count


def defaulted_mw(tables: dict[str, pd.DataFrame]) -> float:
    rows = tables["contracts"]
    return float(rows.loc[rows["end_reason"].str.contains("default"), "it_mw"].sum())


def evicted_mw(tables: dict[str, pd.DataFrame]) -> float:
    """MW of hosted rigs that had to make room for AI."""
    return float(tables["events"].query("kind == 'eviction'")["mw"].sum())


MORE, LESS = 1, -1
# what each scenario claims: the outcome and whether it is more or less than in the baseline
CLAIMS: dict[str, tuple[tuple[Outcome, int], ...]] = {
    "adaptive-regulator": ((total("carbon_cost_usd"), MORE), (from_2028("mining_power_gw"), LESS)),
    "ai-boom": ((last("ai_demand_mw"), MORE), (last("ai_contracted_mw"), MORE)),
    "ai-bust": ((last("ai_demand_mw"), LESS), (last("ai_rent_usd_m_per_mw_year"), LESS)),
    "ai-compliance-cost": ((total("taxes_usd"), MORE), (last("ai_contracted_mw"), LESS)),
    "ai-favouring-regulator": ((total("ai_delivered_mw"), MORE),),
    "asic-tariff": ((last("network_hashrate_ehs"), LESS), (last("fleet_efficiency_j_per_th"), MORE)),
    "backstop-withdrawal": ((new_leases(credit="backstopped"), LESS), (total("debt_usd"), LESS)),
    "btc-bull": ((last("btc_price_usd"), MORE), (last("network_hashrate_ehs"), MORE)),
    "btc-crash": ((last("btc_price_usd"), LESS), (last("network_hashrate_ehs"), LESS)),
    "carbon-tax": ((total("carbon_cost_usd"), MORE), (last("emissions_mtco2"), LESS)),
    "cheap-credit": ((total("ai_contracted_mw"), MORE), (last("debt_usd"), MORE)),
    "combined-adverse": ((total("ebitda_usd"), LESS), (total("exits"), MORE), (last("ai_contracted_mw"), LESS)),
    "credit-crunch": ((total("ai_contracted_mw"), LESS), (last("debt_usd"), LESS)),
    "demand-response-generous": ((total("demand_response_revenue_usd"), MORE),),
    "demand-response-off": ((total("demand_response_revenue_usd"), LESS), (total("resale_revenue_usd"), LESS)),
    "gpu-glut": ((last("gpu_rent_usd_per_hour"), LESS), (from_2028("ai_revenue_usd"), LESS)),
    # tenants' demand bounds what is signed: leases move to hosting halls, their total need not grow
    "hosting-eviction": ((evicted_mw, MORE),),
    "interconnection-reform": ((in_regions("wait_months", "ERCOT", "PJM"), LESS), (total("ai_delivered_mw"), MORE)),
    "large-load-duty": ((total("taxes_usd"), MORE), (total("ebitda_usd"), LESS)),
    "mining-ban": ((in_regions("mining_power_mw", "RUSSIA", "CHINA", "KAZAKHSTAN"), LESS),
                   (in_2027("hashprice_usd_per_ph_day"), MORE)),
    "mining-excise": ((total("taxes_usd"), MORE), (last("mining_power_gw"), LESS)),
    "neocloud-default": ((defaulted_mw, MORE), (last("ai_contracted_mw"), LESS)),
    "no-ai": ((new_leases(), LESS), (last("ai_contracted_mw"), LESS)),
    "no-regulation": ((in_regions("mining_power_mw", "ETHIOPIA"), MORE),),
    "outside-developers-surge": ((last("ai_contracted_mw"), LESS), (in_2027("ai_rent_usd_m_per_mw_year"), LESS)),
    "power-price-shock": ((in_2027("mean_power_price_usd_per_mwh"), MORE), (in_2027("mining_power_gw"), LESS)),
    "predictive-maintenance": ((from_2028("mining_energy_twh"), MORE), (last("network_hashrate_ehs"), MORE)),
    "skills-transfer": ((total("ai_contracted_mw"), MORE), (total("ai_delivered_mw"), MORE)),
}  # fmt: skip
PAST = [name for name in Scenario.names() if Scenario.load(name).bitcoin.price_process == "history"]  # held against
# what happened (hindcast), not against the baseline
SHIPPED = [name for name in Scenario.names() if name not in ("base", "baseline", *PAST)]


def tables_of(name: str) -> dict[str, pd.DataFrame]:
    result = simulate(Scenario.load(name, SMALL), seed=SEED, runs=RUNS, months=MONTHS)
    return {table: result.table(table) for table in ("sector", "regions", "contracts", "events")}


@pytest.fixture(scope="module")
def baseline() -> dict[str, pd.DataFrame]:
    return tables_of("baseline")


def test_every_shipped_scenario_has_a_claim() -> None:
    assert set(CLAIMS) == set(SHIPPED)
    assert set(PAST) == {"history", "pivot-2024"}


@pytest.mark.parametrize("name", CLAIMS)
def test_scenario_changes_what_it_claims(baseline, name: str) -> None:
    changed = tables_of(name)
    for number, (outcome, direction) in enumerate(CLAIMS[name]):
        before, after = outcome(baseline), outcome(changed)
        assert direction * (after - before) > 0, f"claim {number}: {before} -> {after}"


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenarios_say_when_and_why_in_one_line(name: str) -> None:
    entry = next(entry for entry in catalogue() if entry.name == name)
    assert re.search(r"20[23]\d", entry.summary), entry.summary
    assert entry.title
    assert len(entry.why) > 30
    assert not {"\n"} & set(entry.summary + entry.why)
