"""Money has no scale of its own: with every amount in USD doubled, the same things happen."""

import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from sim.scenario import Scenario, fields
from sim.tables import Tables, load_tables
from sim.tables.load import Table
from sim.tables.schema import SCHEMAS

FACTOR = 2.0
# amounts that stand in the code instead of a scenario or a table
CONSTANTS = {
    "MEDIAN_POWER_USD_PER_MWH", "HOST_MARGIN", "LOWEST_SUPPLY_USD_PER_MWH", "SITE_VALUE", "AI_SITE_VALUE",
    "TRANSPORT_USD_PER_MW", "OUTFIT_USD_PER_MW", "FIRST_RIGS_USD_PER_MW", "DEAR_POWER",
}  # fmt: skip
# a factor that turns a share of the balance sheet into USD per MW
HIDDEN = ("behaviour.reluctance_treasury_weight",)
REAL = (
    "firms.coins_btc", "firms.record", "sites.connected", "sites.pipeline", "sites.racks", "sites.ai_gross",
    "sites.ai_building", "rigs.ehs", "rigs.ordered", "leases.it_mw", "leases.delivered_mw", "tenants.wanted",
    "regions.load", "regions.emissions", "now.hashrate", "now.height", "now.coins", "dispatched.ehs",
    "dispatched.mwh", "facilities.coupon",
)  # fmt: skip
MONEY = (
    "now.hashprice", "now.rent", "regions.price", "rigs.price", "rigs.used", "leases.rent",
    "leases.loan", "facilities.balance", "firms.hashprice_view", "books.stock.cash", "books.stock.rigs",
    "books.stock.sites", "books.stock.loans", "books.lines.mining_revenue", "books.lines.power_cost",
    "books.lines.overhead", "books.lines.interest",
)  # fmt: skip


def scaled_tables() -> Tables:
    """The shipped tables with every column in USD multiplied."""
    tables = load_tables()
    fresh = {}
    for name, schema in SCHEMAS.items():
        table = getattr(tables, name)
        columns = dict(table.columns)
        for column, declared in schema.columns.items():
            if "USD" in declared.unit:
                columns[column] = columns[column] * FACTOR
        if name == "regulation":  # one column for measures of all units
            money = np.array(["usd" in kind for kind in columns["kind"]])
            columns["value"] = np.where(money, columns["value"] * FACTOR, columns["value"])
        fresh[name] = Table(name, columns)
    return replace(tables, **fresh)


@pytest.fixture
def scaled_constants(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    found = set()
    for module in [module for name, module in sys.modules.items() if name.startswith("sim.")]:
        for name in CONSTANTS & set(vars(module)):
            monkeypatch.setattr(module, name, getattr(module, name) * FACTOR)
            found.add(name)
    assert found == CONSTANTS
    return


def scaled_parameters() -> dict[str, float]:
    values = Scenario.load("baseline").values()
    keys = [field.key for field in fields() if "USD" in field.unit] + list(HIDDEN)
    return {key: values[key] * FACTOR for key in keys}


def test_every_amount_is_declared_in_usd() -> None:
    assert [field.key for field in fields() if "usd" in field.key and "USD" not in field.unit] == []
    columns = [
        (name, c) for name, schema in SCHEMAS.items() for c in schema.columns if "usd" in c and "basis" not in c
    ]
    assert [(name, c) for name, c in columns if "USD" not in SCHEMAS[name].columns[c].unit] == []


def test_doubling_every_amount_changes_nothing_real(make, state, scaled_constants) -> None:
    months, runs = 18, range(3)
    doubled = make("baseline", scaled_parameters(), months=months, runs=runs, tables=scaled_tables())
    theirs, their_events = state(doubled), doubled.events
    with pytest.MonkeyPatch.context() as undo:
        for module in [module for name, module in sys.modules.items() if name.startswith("sim.")]:
            for name in CONSTANTS & set(vars(module)):
                undo.setattr(module, name, getattr(module, name) / FACTOR)
        plain = make(months=months, runs=runs)
    ours = state(plain)
    for name, values in ours.items():
        if values.dtype.kind in "ib":
            np.testing.assert_array_equal(values, theirs[name], err_msg=name)
    for names, factor in ((REAL, 1.0), (MONEY, FACTOR)):
        for name in names:
            size = max(float(np.abs(ours[name]).max()), 1e-12)
            np.testing.assert_allclose(theirs[name], factor * ours[name], rtol=1e-7, atol=1e-9 * size, err_msg=name)
    kinds = [[(e.run, e.t, e.kind) for e in events] for events in (plain.events, their_events)]
    assert kinds[0] == kinds[1]
