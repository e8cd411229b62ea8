"""How tenants, grid operators and regulators act unless an agent of your own acts otherwise.

Kept apart from the Mesa agents so that ensembles need not import Mesa. Miners' rules stand in ``agents.rules``.
"""

from __future__ import annotations

import numpy as np

from agents.observations import (
    GridDecision,
    GridObservation,
    RegulatorDecision,
    RegulatorObservation,
    TenantDecision,
    TenantObservation,
)

BACKLOG_KEPT = 0.97  # a need that finds no site for a month is met elsewhere with 3 % probability
RENT_TOLERANCE = 1.6  # above this multiple of the reference rent building oneself is cheaper


def lease_demand(observation: TenantObservation) -> TenantDecision:
    """Backlog of needs, elastic in rent, with self-build as the outside option (R, T)."""
    o = observation
    response = (o.reference_rent / o.rent) ** o.elasticity
    wanted = np.where(o.solvent, BACKLOG_KEPT * o.backlog_mw + o.new_need_mw * response, 0.0)
    return TenantDecision(wanted_mw=wanted, max_rent=RENT_TOLERANCE * o.reference_rent)


def run_grid(observation: GridObservation) -> GridDecision:
    """Admit what the budget holds, price in the sector's own load, call the programme in its hours (R, X)."""
    o = observation
    admit = np.minimum(o.queue_mw, o.budget_mw)
    factor = np.exp(np.clip(o.elasticity * o.load_change_mw / o.peak_mw, -1.0, 1.0))
    return GridDecision(admit_mw=admit, price_factor=factor, called_hours=o.programme_hours / 12)


TIGHT_RESERVE = 0.10  # reserve margin below which an adaptive regulator slows connections
CARBON_STEP = 50.0  # USD/t asked for when emissions have doubled
EXCISE_STEP = 30.0  # USD/MWh asked for when the power price has doubled


def regulate(observation: RegulatorObservation) -> RegulatorDecision:
    """The schedule, and on top of it an adaptive reaction in proportion to its strength (R, X).

    Reacts to emissions and power prices above their start and to a reserve margin below ten per cent.
    """
    o = observation
    emissions_growth = np.clip(o.emissions / np.maximum(o.start_emissions, 1.0) - 1, 0.0, 2.0)
    price_growth = np.clip(o.price / np.maximum(o.start_price, 1.0) - 1, 0.0, 2.0)
    shortage = np.clip((TIGHT_RESERVE - o.reserve_margin) / TIGHT_RESERVE, 0.0, 1.0)
    return RegulatorDecision(
        carbon_price=o.carbon_price + o.strength * CARBON_STEP * emissions_growth,
        excise=o.excise + o.strength * EXCISE_STEP * price_growth,
        hashing_allowed=o.hashing_allowed,
        connection_share=np.clip(1 - o.strength * shortage, 0.0, 1.0),
    )
