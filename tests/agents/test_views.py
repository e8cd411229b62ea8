"""Agents as views: attributes read and write the arrays, and say the same as the tables."""

from __future__ import annotations

import pytest

from agents import GridOperator, Hyperscaler, Miner, Regulator
from sim import SectorModel
from sim.scenario import Scenario


@pytest.fixture(scope="module")
def model() -> SectorModel:
    """A year of the baseline."""
    model = SectorModel("baseline", rng=1)
    model.run_for(12)
    return model


def named(model: SectorModel, kind: type, label: str):
    return next(agent for agent in model.agents_by_type[kind] if agent.label == label)


def test_miners_say_what_the_firm_table_says(model):
    table = model.results().table("firms")
    last = table[table["month"] == model.month].set_index("firm")
    miners = model.agents_by_type[Miner].to_list()
    assert len(miners) > 300
    for miner in miners:
        row = last.loc[miner.label]
        told = (miner.strategy, miner.size, miner.region, miner.listed, miner.alive)
        assert told == (row["strategy"], row["size"], row["region"], row["listed"], row["alive"])
        assert miner.hashrate_ehs == pytest.approx(row["hashrate_ehs"])
        assert miner.connected_mw == pytest.approx(row["connected_mw"])
        assert miner.equity_usd == pytest.approx(row["equity_usd"])
        assert miner.ai_contracted_mw == pytest.approx(row["ai_contracted_mw"])
        assert sum(site["hashing_mw"] for site in miner.sites) == pytest.approx(row["hashing_mw"])


def test_leases_are_seen_from_both_sides(model):
    miners, tenants = model.agents_by_type[Miner], model.agents_by_type[Hyperscaler]
    let = [lease for miner in miners for lease in miner.leases]
    taken = [lease for tenant in tenants for lease in tenant.leases]
    assert len(let) == len(taken) > 20
    assert sum(lease["it_mw"] for lease in let) == pytest.approx(model.ai_contracted_mw)
    assert sum(lease["delivered_mw"] for lease in taken) == pytest.approx(model.ai_delivered_mw)
    assert all(0.3 < lease["rent_usd_m_per_mw_year"] < 20 for lease in let)
    assert {lease["firm"] for lease in taken} <= set(miners.get("label"))
    assert {tenant.kind for tenant in tenants} == {"hyperscaler", "neocloud", "enterprise"}


def test_regions_have_an_operator_and_a_regulator(model):
    regions = model.sector.labels.regions
    assert [agent.label for agent in model.agents_by_type[GridOperator]] == regions
    assert [agent.label for agent in model.agents_by_type[Regulator]] == regions
    grid = named(model, GridOperator, "ERCOT")
    assert grid.price_usd_per_mwh == model.sector.regions.price[0, regions.index("ERCOT")]
    assert sum(g.connected_mw for g in model.agents_by_type[GridOperator]) == pytest.approx(
        model.sector.sites.connected.sum()
    )
    assert repr(grid) == "GridOperator('ERCOT')"


def test_values_are_plain_python(model):
    miner = model.agents_by_type[Miner].to_list()[0]
    kinds = {"coins_btc": float, "listed": bool, "alive": bool, "cash_usd": float, "hashrate_ehs": float}
    assert {name: type(getattr(miner, name)) for name in kinds} == kinds
    assert type(model.firms_active) is int
    assert type(model.hashprice_usd_per_ph_day) is float


def test_rows_are_not_mesa_ids(model):
    tenant = model.agents_by_type[Hyperscaler].to_list()[0]
    assert tenant.row == 0
    assert tenant.unique_id > 400


def test_writing_a_column_writes_the_array():
    model = SectorModel("baseline", rng=1)
    miner = model.agents_by_type[Miner].to_list()[5]
    miner.coins_btc = 12.5
    assert model.sector.firms.coins_btc[0, miner.row] == 12.5
    assert model.sector.firms.coins_btc[0, miner.row + 1] != 12.5


def test_cash_put_in_comes_from_households_and_the_books_still_close():
    from sim.laws import check_laws

    model = SectorModel(Scenario.load("baseline", {"world.check_laws": True}), rng=1)
    miner = model.agents_by_type[Miner].to_list()[0]
    before, equity = miner.cash_usd, miner.equity_usd
    outside = model.sector.books.outside["cash"].sum()
    miner.cash_usd = before + 5e6
    assert miner.cash_usd == pytest.approx(before + 5e6)
    assert miner.equity_usd == pytest.approx(equity + 5e6)
    assert model.sector.books.outside["cash"].sum() == pytest.approx(outside - 5e6)
    model.step()
    check_laws(model.sector)
