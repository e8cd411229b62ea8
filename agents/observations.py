"""What each kind of agent is shown, and what it answers: typed arrays with units, nothing of the world behind.

Leading axes: miners decide on a list of N (run, site) cases; tenants, grid operators and regulators on (R, rows).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

OPTIONS = (
    "hold", "refresh rigs", "expand hashing", "colocation", "retrofit", "GPU cloud", "hybrid share",
    "relocate rigs", "sell site", "close",
)  # fmt: skip
HOLD, REFRESH, EXPAND, COLOCATION, RETROFIT, CLOUD, HYBRID, RELOCATE, SELL, CLOSE = range(len(OPTIONS))
AI_OPTIONS = (COLOCATION, RETROFIT, CLOUD, HYBRID)
GATES = (
    "open", "nothing to do it with", "site not suitable", "too small for every tenant", "no tenant with demand",
    "equity not raisable", "payback too long", "not permitted", "no connected MW", "worth less than holding",
    "no buyer", "for the other party to decide", "rigs are hosted there under contract",
)  # fmt: skip
(
    OPEN, NOTHING, UNSUITABLE, TOO_SMALL, NO_TENANT, NO_EQUITY, SLOW_PAYBACK, FORBIDDEN, NO_POWER, WORSE, NO_BUYER,
    NOT_OURS, UNDER_CONTRACT,
) = range(len(GATES))  # fmt: skip


@dataclass
class Rowwise:
    """Common to all observations: rows can be taken out and put together again."""

    def take(self, rows: NDArray) -> Self:
        """The same observation for some rows only (leading axis of every array)."""
        picked = {
            f.name: value[rows]
            for f in fields(self)
            if isinstance(value := getattr(self, f.name), np.ndarray) and value.ndim
        }
        return replace(self, **picked)


@dataclass
class MinerObservation(Rowwise):
    """N cases of one firm deciding on one site; K options in the order of ``OPTIONS``.

    ``value`` (N, K) M USD per connected MW above holding, risk-adjusted under the firm's own forecast, 0 where an
    option is closed before it is valued;
    ``gate`` (N, K) 0 where the option is open, else the index in ``GATES`` of what closed it;
    ``payback`` (N, K) years on the equity part; ``equity`` (N, K) M USD per connected MW to be put in;
    ``equity_return`` (N, K) cash on equity per year; ``peers`` (N, K) share of linked firms that do it;
    ``reluctance`` (N,) M USD per MW asked for before leaving mining; ``inertia``, ``temperature``,
    ``peer_weight``, ``volatility`` and ``discount`` per year (N,); ``payback_limit`` (N,) years;
    ``draw`` (N,) uniform number of the case; ``rule`` name of the rule, one for all cases or (N,).
    """

    value: Array
    gate: Index
    payback: Array
    equity: Array
    equity_return: Array
    peers: Array
    reluctance: Array
    inertia: Array
    temperature: Array
    peer_weight: Array
    payback_limit: Array
    volatility: Array
    discount: Array
    draw: Array
    run: Index
    firm: Index
    site: Index
    connected_mw: Array
    rule: str | NDArray[np.str_] = "npv"


@dataclass
class TenantObservation(Rowwise):
    """(R, T): ``backlog_mw`` still wanted, ``new_need_mw`` of this month, ``rent`` market rent and
    ``reference_rent``, M USD per critical IT MW-year; ``elasticity``."""

    backlog_mw: Array
    new_need_mw: Array
    rent: Array
    reference_rent: Array
    elasticity: Array
    solvent: Mask


@dataclass
class TenantDecision:
    """``wanted_mw`` (R, T) MW of critical IT to lease now, ``max_rent`` (R, T) M USD per MW-year."""

    wanted_mw: Array
    max_rent: Array


@dataclass
class GridObservation(Rowwise):
    """(R, X): sector load and its change since the start (MW), peak load (MW), queue of ready requests (MW),
    ``budget_mw`` that could be connected this month, reserve margin, programme hours a year, elasticity."""

    load_mw: Array
    load_change_mw: Array
    peak_mw: Array
    queue_mw: Array
    budget_mw: Array
    reserve_margin: Array
    programme_hours: Array
    elasticity: Array


@dataclass
class GridDecision:
    """(R, X): ``admit_mw`` of new load, ``price_factor`` on the region's price curve, ``called_hours`` this month."""

    admit_mw: Array
    price_factor: Array
    called_hours: Array


@dataclass
class RegulatorObservation(Rowwise):
    """(R, X): the scheduled rules and what an adaptive regulator watches.

    ``carbon_price`` USD/t, ``excise`` USD/MWh, ``hashing_allowed`` share; ``emissions`` and
    ``start_emissions`` tCO2 a month, ``reserve_margin``, ``price`` and ``start_price`` USD/MWh;
    ``strength`` of the adaptive reaction (0 = fixed schedule).
    """

    carbon_price: Array
    excise: Array
    hashing_allowed: Array
    emissions: Array
    start_emissions: Array
    reserve_margin: Array
    price: Array
    start_price: Array
    strength: Array


@dataclass
class RegulatorDecision:
    """(R, X): the rules of the month. ``connection_share`` scales what the grid may connect (0 = moratorium)."""

    carbon_price: Array
    excise: Array
    hashing_allowed: Array
    connection_share: Array
