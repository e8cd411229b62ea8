"""What tenants, grid operators and regulators do by default, in numbers worked by hand."""

from typing import Any

import numpy as np
import pytest

from agents.conduct import (
    BACKLOG_KEPT,
    CARBON_STEP,
    EXCISE_STEP,
    RENT_TOLERANCE,
    TIGHT_RESERVE,
    lease_demand,
    regulate,
    run_grid,
)
from agents.observations import GridObservation, RegulatorObservation, TenantObservation


def one(value: float) -> np.ndarray:
    return np.array([[float(value)]])


def tenant(**changes: Any) -> TenantObservation:
    values = {"backlog_mw": 100.0, "new_need_mw": 20.0, "rent": 1.77, "reference_rent": 1.77, "elasticity": 1.5}
    columns = {name: one(value) for name, value in (values | changes).items() if name != "solvent"}
    return TenantObservation(**columns, solvent=np.array([[bool(changes.get("solvent", True))]]))


def grid(**changes: float) -> GridObservation:
    values = {
        "load_mw": 1000.0, "load_change_mw": 0.0, "peak_mw": 10_000.0, "queue_mw": 50.0, "budget_mw": 30.0,
        "reserve_margin": 0.15, "programme_hours": 120.0, "elasticity": 1.5,
    }  # fmt: skip
    return GridObservation(**{name: one(value) for name, value in (values | changes).items()})


def regulator(**changes: float) -> RegulatorObservation:
    values = {
        "carbon_price": 60.0, "excise": 5.0, "hashing_allowed": 1.0, "emissions": 1000.0, "start_emissions": 1000.0,
        "reserve_margin": 0.15, "price": 50.0, "start_price": 50.0, "strength": 1.0,
    }  # fmt: skip
    return RegulatorObservation(**{name: one(value) for name, value in (values | changes).items()})


def test_tenants_keep_most_of_their_backlog_and_add_new_needs() -> None:
    assert BACKLOG_KEPT == 0.97
    assert lease_demand(tenant()).wanted_mw == pytest.approx(0.97 * 100 + 20)


def test_demand_is_elastic_in_rent() -> None:
    # a rent a fifth above the reference: new needs fall by 1.2 ^ -1.5
    dear = lease_demand(tenant(backlog_mw=0.0, rent=1.2 * 1.77))
    assert dear.wanted_mw == pytest.approx(20 * 1.2**-1.5)
    cheap = lease_demand(tenant(backlog_mw=0.0, rent=0.8 * 1.77))
    assert cheap.wanted_mw == pytest.approx(20 * 0.8**-1.5)
    rigid = lease_demand(tenant(backlog_mw=0.0, rent=9.0, elasticity=0.0))
    assert rigid.wanted_mw == pytest.approx(20)


def test_tenants_build_themselves_above_a_rent() -> None:
    assert lease_demand(tenant(reference_rent=2.0)).max_rent == pytest.approx(RENT_TOLERANCE * 2.0)


def test_failed_tenants_want_nothing() -> None:
    assert lease_demand(tenant(solvent=False)).wanted_mw == 0


def test_grids_admit_what_both_queue_and_budget_hold() -> None:
    assert run_grid(grid()).admit_mw == 30
    assert run_grid(grid(queue_mw=10.0)).admit_mw == 10


def test_sector_load_moves_prices() -> None:
    # one per cent of the peak more at an elasticity of 1.5: 1.5 per cent dearer
    assert run_grid(grid(load_change_mw=100.0)).price_factor == pytest.approx(np.exp(0.015))
    assert run_grid(grid(load_change_mw=-100.0)).price_factor == pytest.approx(np.exp(-0.015))
    assert run_grid(grid()).price_factor == 1
    assert run_grid(grid(load_change_mw=1e6)).price_factor == pytest.approx(np.e)  # bounded


def test_programme_hours_are_called_evenly() -> None:
    assert run_grid(grid()).called_hours == pytest.approx(10)


def test_a_fixed_regulator_follows_the_schedule() -> None:
    calm = regulate(regulator(strength=0.0, emissions=3000.0, price=200.0, reserve_margin=0.0))
    assert (calm.carbon_price, calm.excise, calm.hashing_allowed, calm.connection_share) == (60, 5, 1, 1)


def test_an_adaptive_regulator_answers_emissions_and_prices() -> None:
    half_more = regulate(regulator(emissions=1500.0, price=75.0, strength=2.0))
    assert half_more.carbon_price == pytest.approx(60 + 2 * CARBON_STEP * 0.5)
    assert half_more.excise == pytest.approx(5 + 2 * EXCISE_STEP * 0.5)
    assert half_more.connection_share == 1
    less = regulate(regulator(emissions=500.0, price=25.0))
    assert (less.carbon_price, less.excise) == (60, 5)


def test_the_reaction_is_bounded() -> None:
    tenfold = regulate(regulator(emissions=10_000.0, price=500.0))
    assert tenfold.carbon_price == pytest.approx(60 + CARBON_STEP * 2)
    assert tenfold.excise == pytest.approx(5 + EXCISE_STEP * 2)


def test_short_reserves_slow_connections() -> None:
    assert regulate(regulator(reserve_margin=0.5 * TIGHT_RESERVE)).connection_share == pytest.approx(0.5)
    assert regulate(regulator(reserve_margin=-0.05)).connection_share == 0
    assert regulate(regulator(reserve_margin=0.5 * TIGHT_RESERVE, strength=9.0)).connection_share == 0


def test_bans_are_passed_on() -> None:
    assert regulate(regulator(hashing_allowed=0.2)).hashing_allowed == 0.2
