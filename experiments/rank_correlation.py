"""Rank correlations of causes with an outcome, plain and partial, with intervals.

Spearman's rho is the correlation of ranks. The partial rank correlation of a cause is that of what is left of its
ranks and of the outcome's once the ranks of all other causes are taken out by regression: it tells what a cause does
by itself where several act at once, for effects that go one way (Marino et al. 2008, doi:10.1016/j.jtbi.2008.04.011).
Intervals are 95 %, by Fisher's z: of rho with the standard error of Bonett and Wright (2000,
doi:10.1007/BF02294183), sqrt((1 + rho^2 / 2) / (n - 3)), of a partial one 1 / sqrt(n - k - 3) with k other causes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    import pandas as pd

    from sim.arrays import Array

LEVEL = 0.95


def rank_correlations(causes: pd.DataFrame, outcome: pd.Series) -> pd.Series:
    """Spearman's rank correlation of each column (run x cause) with a number per run; without what never varies."""
    return causes.reset_index(drop=True).rank().corrwith(outcome.reset_index(drop=True).rank()).dropna()


def rank_table(causes: pd.DataFrame, outcome: pd.Series) -> pd.DataFrame:
    """One row per cause that varies: axis, prcc, prcc_low, prcc_high, rho, rho_low, rho_high.

    ``causes`` (cases x causes) and ``outcome`` (cases,) are numbers; there must be at least least_cases of them.
    """
    import pandas as pd

    rho = rank_correlations(causes, outcome)
    partial = partial_rank_correlations(causes[rho.index], outcome)
    cases, others = len(causes), len(rho) - 1
    low, high = fisher(rho.to_numpy(), np.sqrt((1 + rho.to_numpy() ** 2 / 2) / (cases - 3)))
    partial_low, partial_high = fisher(partial, np.full(len(rho), 1 / np.sqrt(cases - others - 3)))
    return pd.DataFrame({
        "axis": rho.index, "prcc": partial, "prcc_low": partial_low, "prcc_high": partial_high,
        "rho": rho.to_numpy(), "rho_low": low, "rho_high": high,
    })  # fmt: skip


def partial_rank_correlations(causes: pd.DataFrame, outcome: pd.Series) -> Array:
    """Partial rank correlation of each column with the outcome (causes,)."""
    ranks = stats.rankdata(causes.to_numpy(dtype=np.float64), axis=0)
    ranked = stats.rankdata(outcome.to_numpy(dtype=np.float64))
    found = np.empty(ranks.shape[1])
    for k in range(ranks.shape[1]):
        others = np.column_stack([np.ones(len(ranks)), np.delete(ranks, k, axis=1)])
        both = np.column_stack([ranks[:, k], ranked])
        rest = both - others @ np.linalg.lstsq(others, both, rcond=None)[0]
        scale = np.sqrt((rest**2).sum(axis=0)).prod()
        # with nothing left of either, the other causes say it all: no correlation of its own
        nothing = (rest**2).sum(axis=0).min() <= 1e-18 * (ranks**2).sum()
        found[k] = 0.0 if nothing else rest.prod(axis=1).sum() / scale
    return found


def least_cases(causes: int) -> int:
    """Fewest cases for an interval of a partial rank correlation among this many causes."""
    return causes + 3


def fisher(r: Array, error: Array) -> tuple[Array, Array]:
    """Ends of the intervals of correlations whose Fisher z has this standard error."""
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    half = stats.norm.ppf(0.5 + LEVEL / 2) * error
    return np.tanh(z - half), np.tanh(z + half)
