"""What a stress test notes of each firm while it runs: when it got into trouble and why, not its every month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Index, Mask, row_sum, sum_by
from sim.state import END_REASONS

if TYPE_CHECKING:
    from sim.sector import Sector

CAUSES = ("tenant default", "operating loss", "debt service", "debts above assets", "short of cash", "closed")
TENANT, OPERATING, SERVICE, OVER_INDEBTED, CASH, CLOSED = range(len(CAUSES))
QUARTER = 3  # months over which a firm's earnings are looked at when it gets into trouble
STILL = -1


class Watch:
    """Follows the firms that are alive before month ``first``; call ``record()`` after each month.

    Distress is payables overdue, debts above assets, a restructuring or an exit out of these; failure is a
    restructuring or such an exit. Owners who close a sound firm, because its sites sell well, have not failed.
    The first sign of distress gets a cause: a lease lost to a tenant's default since month ``first``, else losses
    before interest and tax over the quarter before, else debts that cannot be served, debts above assets, or a
    closure.
    """

    def __init__(self, sector: Sector, first: int) -> None:
        self.s, self.first = sector, first
        shape = (sector.n_runs, sector.n_firms)
        self.distress = np.full(shape, STILL)
        self.fail = np.full(shape, STILL)
        self.cause = np.full(shape, STILL)
        self.earned: list[Array] = []
        self.hashprice: list[Array] = []
        self.ebitda: list[Array] = []
        self._look()

    def _look(self) -> None:
        """How the firms stand before the shock."""
        s = self.s
        self.there = s.firms.alive.copy()
        self.ehs = np.where(self.there, s.ehs_by_firm, 0.0)
        self.strategy, self.size, self.listed = s.firms.strategy.copy(), s.firms.size.copy(), s.firms.listed.copy()
        self._keep()

    def _keep(self) -> None:
        """What the next month is held against: a firm that is gone has empty books."""
        s = self.s
        self.alive = s.firms.alive.copy()
        self.unsound = (s.firms.arrears > 0) | (s.books.equity() < 0)
        self.indebted = (s.books.stock["loans"] + s.books.stock["converts"]) > 0
        self.earned = [*self.earned, s.books.ebitda()][-QUARTER:]

    def record(self) -> None:
        """Note who got into trouble in the month just done."""
        s = self.s
        if s.t <= self.first:
            self._look()
            return
        k, firms = s.t - 1 - self.first, s.firms
        gone = self.alive & ~firms.alive & self.unsound
        failing = self.there & (gone | (firms.alive & (firms.restructured == s.t - 1)))
        overdue = firms.alive & (firms.arrears > 0)
        under = firms.alive & (s.books.equity() < 0)
        troubled = self.there & (failing | overdue | under) & (self.distress == STILL)
        self.cause = np.where(troubled, self._causes(gone, failing | overdue), self.cause)
        self.distress = np.where(troubled, k, self.distress)
        self.fail = np.where(failing & (self.fail == STILL), k, self.fail)
        self.hashprice.append(s.now.hashprice.copy())
        self.ebitda.append(row_sum(s.books.ebitda()))
        self._keep()

    def _causes(self, gone: Mask, unpaid: Mask) -> Index:
        s, leases = self.s, self.s.leases
        lost = (leases.end_reason == END_REASONS.index("tenant default")) & (leases.ended >= self.first)
        without = sum_by(leases.firm, lost.astype(np.float64), s.n_firms) > 0
        losing = np.sum(self.earned, axis=0) < 0
        cases = [without, losing, unpaid & self.indebted, ~unpaid, ~gone]
        return np.select(cases, [TENANT, OPERATING, SERVICE, OVER_INDEBTED, CASH], CLOSED)

    def equity(self) -> Array:
        """What the owners have at the end (R, F), USD: book equity, not below zero."""
        equity = np.where(self.s.firms.alive, self.s.books.equity(), 0.0)
        return np.where(self.there, np.maximum(equity, 0.0), 0.0)

