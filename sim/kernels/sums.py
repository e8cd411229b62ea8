"""Sums by group, in the order of the rows, and look-ups the other way round."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.compiled import Array, Index, Mask, compiled


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


@compiled
def quotients(a: Array, b: Array, otherwise: float) -> Array:
    """a / b (n,) where b is positive, else ``otherwise``."""
    found = np.empty(len(a))
    for n in range(len(a)):
        found[n] = a[n] / b[n] if b[n] > 0.0 else otherwise
    return found


@compiled
def shares_among(known: Index, kind: Index, run: Index, row: Index, counts_for: Array) -> Array:
    """Share of the rows that a row knows which count for something, (n, things).

    ``known`` (R, N, K) rows that each row knows, negative: none; ``kind`` (R, N); for pairs ``run``, ``row`` (n,);
    ``counts_for`` (kinds, things) 1 where a kind counts, else 0. Who knows nobody has shares of 0.
    """
    kinds, things = counts_for.shape
    found, met, same = np.empty((len(run), things)), np.zeros(kinds), np.full(kind.shape, -1)
    for n in range(len(run)):
        r, i = run[n], row[n]
        before = same[r, i]
        if before >= 0:
            for thing in range(things):
                found[n, thing] = found[before, thing]
            continue
        same[r, i], count = n, 0.0
        for k in range(known.shape[2]):
            other = known[r, i, k]
            if other >= 0:
                met[kind[r, other]] += 1.0
                count += 1.0
        found[n] = 0.0
        for some in range(kinds):
            if met[some] > 0.0:
                for thing in range(things):
                    found[n, thing] += met[some] / count * counts_for[some, thing]
            met[some] = 0.0
    return found


@compiled
def add_columns(columns: Array, index: Index, size: int) -> Array:
    """Several columns (K, R, N) added into groups ``index`` (R, N) -> (K, R, size); negative: left out."""
    total = np.zeros((columns.shape[0], columns.shape[1], size))
    for run in range(index.shape[0]):
        for n in range(index.shape[1]):
            group = index[run, n]
            if group >= 0:
                for k in range(len(columns)):
                    total[k, run, group] += columns[k, run, n]
    return total


@compiled
def running_totals(values: Array, group: Index) -> Array:
    """Running sum of ``values`` (n,) within groups of a list sorted by ``group`` (n,), each value included."""
    totals = np.empty(len(values))
    total = 0.0
    for k in range(len(values)):
        total = values[k] if k == 0 or group[k] != group[k - 1] else total + values[k]
        totals[k] = total
    return totals


@compiled
def ranks(group: Index) -> Index:
    """Place of each member within its group of a list sorted by ``group`` (n,), from 0."""
    places = np.zeros(len(group), np.int64)
    for k in range(1, len(group)):
        places[k] = places[k - 1] + 1 if group[k] == group[k - 1] else 0
    return places


@compiled
def members(mask: Mask) -> tuple[Index, Index]:
    """Run and row of the true cells of a mask (R, N), in this order."""
    n = 0
    for run in range(mask.shape[0]):
        for k in range(mask.shape[1]):
            n += mask[run, k]
    runs, rows = np.empty(n, np.int64), np.empty(n, np.int64)
    n = 0
    for run in range(mask.shape[0]):
        for k in range(mask.shape[1]):
            if mask[run, k]:
                runs[n], rows[n] = run, k
                n += 1
    return runs, rows
