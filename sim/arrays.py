"""Array helpers that keep a run's numbers the same in every batch.

Runs stand on the leading axis. A reduction is only safe when it runs over the last axis of a C-contiguous
array, or through ``bincount`` (which adds in index order); these helpers are the only places that reduce.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.kernels import sums

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]


def row_sum(values: NDArray) -> Array:
    """Sum over the last axis of a C-contiguous array."""
    if not values.flags.c_contiguous:
        raise ValueError("row_sum needs a C-contiguous array: sums of other layouts depend on the batch")
    return values.sum(axis=-1)


def sum_by(index: Index, values: Array, size: int) -> Array:
    """Add ``values`` (R, N) into groups ``index`` (R, N) -> (R, size); what has the index -1 is left out."""
    total = np.zeros((index.shape[0], size))
    sums.add_by(total, index, values)
    return total


def spread(values: NDArray, index: Index) -> NDArray:
    """Look up ``values`` (R, size) at ``index`` (R, N) -> (R, N); negative indices give the last column."""
    return sums.look_up(values, index)


def among(which: Mask, index: Index) -> Mask:
    """Where ``index`` (R, N) points to one of ``which`` (R, size); a negative index points to nobody."""
    return spread(which, index) & (index >= 0)


@dataclass
class Rows:
    """A compressed list of (run, row) pairs: the few rows of a population that a phase works on."""

    run: Index
    row: Index
    _known: dict[int, Index] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def where(cls, mask: Mask) -> Rows:
        """The true cells of a mask (R, N), in run and row order."""
        return cls(*sums.members(mask))

    def __len__(self) -> int:
        return len(self.run)

    def _cells(self, width: int) -> Index:
        """Positions of these pairs in a flattened array (R, width), worked out once."""
        if width not in self._known:
            self._known[width] = self.run * width + self.row
        return self._known[width]

    def keep(self, mask: Mask | Index) -> Rows:
        return Rows(self.run[mask], self.row[mask])

    def get(self, values: NDArray) -> NDArray:
        """Values (R, N, ...) at these pairs -> (n, ...)."""
        if not values.flags.c_contiguous:
            return values[self.run, self.row]
        flat = values.reshape(-1, *values.shape[2:])
        return flat.take(self._cells(values.shape[1]), axis=0)

    def sum_into(self, values: Array, runs: int, size: int, row: Index | None = None) -> Array:
        """Add a value per pair into (R, size), by ``row`` or by the pairs' own rows; negative rows drop out."""
        total = np.zeros((runs, size))
        sums.add_pairs(total, self.run, self.row if row is None else row, values)
        return total


def running_total(values: Array, group: Index) -> Array:
    """Running sum within groups of a list sorted by ``group``, each value included.

    The total restarts exactly at a group's first member (no subtraction of a long prefix, whose rounding
    would depend on the other runs in the batch).
    """
    return sums.running_totals(values, group)


def safe_divide(a: Array, b: Array, otherwise: float = 0.0) -> Array:
    """a / b where b is positive, else ``otherwise``."""
    if a.shape != b.shape:
        a, b = np.broadcast_arrays(a, b)
    a, b = np.ascontiguousarray(a, dtype=np.float64), np.ascontiguousarray(b, dtype=np.float64)
    return sums.quotients(a.ravel(), b.ravel(), otherwise).reshape(a.shape)
