"""Sums by group, in the order of the rows, and look-ups the other way round."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.kernels.compiled import Array, Index, compiled


@compiled
def add_by(total: Array, index: Index, values: Array) -> None:
    """Add ``values`` (R, N) to ``total`` (R, size) at ``index`` (R, N); what has a negative index is left out."""
    for run in range(index.shape[0]):
        for n in range(index.shape[1]):
            group = index[run, n]
            if group >= 0:
                total[run, group] += values[run, n]


@compiled
def add_pairs(total: Array, run: Index, index: Index, values: Array) -> None:
    """Add ``values`` (n,) to ``total`` (R, size) at (run, index); what has a negative index is left out."""
    for n in range(len(run)):
        if index[n] >= 0:
            total[run[n], index[n]] += values[n]


@compiled
def look_up(values: NDArray, index: Index) -> NDArray:
    """``values`` (R, size) at ``index`` (R, N) -> (R, N); negative indices count from the end."""
    found = np.empty(index.shape, values.dtype)
    for run in range(index.shape[0]):
        for n in range(index.shape[1]):
            found[run, n] = values[run, index[run, n]]
    return found
