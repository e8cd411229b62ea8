"""What a stress test notes of each firm while it runs, and sums over runs: no tables of firms by month are kept."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import Array, Index, Mask, row_sum, safe_divide, sum_by
from sim.state import END_REASONS, SIZES, STRATEGIES

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


@dataclass
class Tally:
    """Sums over runs for one shock; K months followed, F firms. Tallies of batches add up."""

    runs: int
    there: Array  # (F,) runs in which the firm was alive at the date
    distress: Array  # (F, K) by month of the first sign
    fail: Array  # (F, K)
    causes: Array  # (F, causes)
    loss: Array  # (F,) equity without the shock less equity with it, USD
    sizes: Array  # (F, sizes)
    listed: Array  # (F,)
    ehs: Array  # (F,) hashrate at the date
    groups: Array  # (sizes x strategies,) firms at the date
    broken: Array  # (sizes x strategies, K) their first signs
    failed_share: Array  # (K,) share of hashrate failed by each month
    hashprice: Array  # (K,)
    ebitda: Array  # (K,) USD

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def tally(watch: Watch, calm: Watch) -> Tally:
    """Sums of a batch under a shock; ``calm`` is the same batch without it."""
    there = watch.there.astype(np.float64)
    months = len(watch.hashprice)
    fail = by_month(watch.fail, months)
    group = watch.size * len(STRATEGIES) + watch.strategy
    signs = by_month(watch.distress, months)
    groups = len(SIZES) * len(STRATEGIES)
    share = safe_divide(watch.ehs, row_sum(watch.ehs)[:, None])
    return Tally(
        runs=len(there),
        there=there.sum(axis=0),
        distress=signs.sum(axis=0),
        fail=fail.sum(axis=0),
        causes=by_month(watch.cause, len(CAUSES)).sum(axis=0),
        loss=(calm.equity() - watch.equity()).sum(axis=0),
        sizes=(watch.size[:, :, None] == np.arange(len(SIZES))).sum(axis=0).astype(np.float64),
        listed=watch.listed.sum(axis=0).astype(np.float64),
        ehs=watch.ehs.sum(axis=0),
        groups=sum_by(group, there, groups).sum(axis=0),
        broken=np.stack([sum_by(group, signs[:, :, k], groups).sum(axis=0) for k in range(months)], axis=1),
        failed_share=np.cumsum((fail * share[:, :, None]).sum(axis=(0, 1))),
        hashprice=np.sum(watch.hashprice, axis=1),
        ebitda=np.sum(watch.ebitda, axis=1),
    )


def by_month(when: Index, months: int) -> Array:
    """One where a firm's month (or cause) is k, else zero (R, F, months)."""
    return (when[:, :, None] == np.arange(months)).astype(np.float64)
