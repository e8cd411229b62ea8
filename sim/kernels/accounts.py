"""Bookkeeping: one change of a stock with both its sides."""

from __future__ import annotations

from functools import partial

from agents.compiled import Array, Index, compiled


@partial(compiled, any_order=True)  # only what outsiders hold is summed up, which the laws look at and nobody else
def move(
    stock: Array, change: Array, sign: float, due: Array | None, net: Array, fresh: bool, outside: Array | None,
    sector: int,
) -> bool:  # fmt: skip
    """Add ``change`` (R, F) to ``stock`` and to ``due``, (R, F), and the opposite to what an outside sector holds.

    ``sign`` is 1 for assets, -1 for liabilities; ``due`` is the part of ``stock`` between firms and the sector, where
    that is told; ``net`` (R, F) gathers a posting's changes with their signs, from zero where ``fresh``; ``outside``
    (R, sectors) is None for real assets. False, with nothing moved, where all is zero.
    """
    moved = False
    for run in range(change.shape[0]):
        total = 0.0
        for firm in range(change.shape[1]):
            amount = change[run, firm]
            moved |= amount != 0.0
            stock[run, firm] += amount
            if due is not None:
                due[run, firm] += amount
            total += amount
            net[run, firm] = sign * amount if fresh else net[run, firm] + sign * amount
        if outside is not None:
            outside[run, sector] -= sign * total
    return moved


@compiled
def move_some(
    stock: Array, run: Index, firm: Index, change: Array, sign: float, net: Array, outside: Array | None, sector: int
) -> None:
    """As ``move`` for a list of firms (n,), none of them twice; ``net`` (n,) gathers the changes with their signs."""
    for k in range(len(run)):
        stock[run[k], firm[k]] += change[k]
        net[k] += sign * change[k]
        if outside is not None:
            outside[run[k], sector] -= sign * change[k]
