"""Rules of thumb for network hashrate, fitted on the training window only: what a simulation must beat."""

from __future__ import annotations

import numpy as np

from experiments.scores import mape
from experiments.targets import Targets
from sim.months import month_number
from sim.tables import load_tables

Array = np.ndarray
LONGEST_LAG = 9  # months between revenue and the hashrate it pays for
FLEET_SPANS = (1, 12, 24, 36)  # months of rigs on sale that a fleet is made of


def benchmark_paths(targets: Targets, train: Array) -> dict[str, Array]:
    """Hashrate paths (M,), EH/s, of each rule; ``train`` (M,) marks the months it may be fitted to.

    Every rule sees hashrate of training months only; revenue (price times coins) and the J/TH of the best rig on
    sale are inputs, as in the simulation. The fleet's J/TH is the mean over the best rigs of the last 1, 12, 24 or
    36 months, whichever fits best. nan throughout where fewer than two training months have a hashrate.

    - constant_growth: the straight line through log hashrate
    - last_value: the last hashrate known before the window: the first training month's, then the last one's
    - revenue_over_efficiency: hashrate = c revenue / (J/TH), with the lag of revenue (0-9 months) that fits best
    - regression: log hashrate on a constant, log revenue and log J/TH
    """
    known = train & ~np.isnan(targets.hashrate)
    if known.sum() < 2:
        nothing = np.full(len(targets.months), np.nan)
        names = ("constant_growth", "last_value", "revenue_over_efficiency", "regression")
        return {name: nothing.copy() for name in names}
    log_revenue = np.log(targets.revenue)
    fleets = [fleet_j(targets.months, span) for span in FLEET_SPANS]
    time = np.arange(len(known), dtype=float)
    one = np.ones(len(known))
    return {
        "constant_growth": _fit(targets, known, one, time),
        "last_value": _last_value(targets, train, known),
        "revenue_over_efficiency": _best(targets, known, [
            path for j in fleets for path in _revenue_rule(targets, known, log_revenue, np.log(j))
        ]),
        "regression": _best(targets, known, [_fit(targets, known, one, log_revenue, np.log(j)) for j in fleets]),
    }


def fleet_j(months: tuple[str, ...], span: int) -> Array:
    """J/TH of a fleet in each month (M,): mean of the best rigs on sale in its last ``span`` months."""
    rigs = load_tables().rigs
    release = np.array([month_number(str(month)) for month in rigs["release"]])
    j = np.asarray(rigs["j_per_th"], float)
    first = month_number(months[0]) - span + 1
    best = [j[release <= max(number, release.min())].min() for number in range(first, first + span + len(months) - 1)]
    return np.array([np.mean(best[k : k + span]) for k in range(len(months))])


def _fit(targets: Targets, known: Array, *columns: Array) -> Array:
    """Least squares of log hashrate on ``columns`` over known months, continued over all months."""
    x = np.stack(columns, axis=1)
    if known.sum() < x.shape[1]:
        return np.full(len(known), np.nan)
    coefficients = np.linalg.lstsq(x[known], np.log(targets.hashrate[known]), rcond=None)[0]
    return np.exp(x @ coefficients)


def _last_value(targets: Targets, train: Array, known: Array) -> Array:
    rows = np.flatnonzero(known)
    return np.where(train, targets.hashrate[rows[0]], targets.hashrate[rows[-1]])


def _revenue_rule(targets: Targets, known: Array, log_revenue: Array, log_j: Array) -> list[Array]:
    """Proportional to revenue of 0, 1, ... months ago (in the first months: the first) over J/TH."""
    paths = []
    for lag in range(LONGEST_LAG + 1):
        lagged = log_revenue[np.maximum(np.arange(len(log_revenue)) - lag, 0)] - log_j
        constant = np.mean(np.log(targets.hashrate[known]) - lagged[known])
        paths.append(np.exp(constant + lagged))
    return paths


def _best(targets: Targets, known: Array, paths: list[Array]) -> Array:
    """The path with the smallest mean error over the training months."""
    errors = [mape(path[known], targets.hashrate[known]) for path in paths]
    return paths[int(np.argmin([np.inf if error is None else error for error in errors]))]
