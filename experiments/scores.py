"""How far a simulated path is from what happened: errors as fractions, None where nothing is known."""

from __future__ import annotations

import numpy as np

Array = np.ndarray
TURN = 0.10  # a path turns where it has gone back by more than this, in logs, from an extreme
TURN_WITHIN = 2  # months by which a simulated turn may miss the real one


def _known(path: Array, real: Array) -> tuple[Array, Array]:
    both = np.isfinite(path) & np.isfinite(real)
    return path[both], real[both]


def mape(path: Array, real: Array) -> float | None:
    """Mean absolute error as a share of the real value."""
    path, real = _known(path, real)
    return float(np.mean(np.abs(path / real - 1))) if len(real) else None


def log_rmse(path: Array, real: Array) -> float | None:
    """Root mean square of log(simulated / real)."""
    path, real = _known(path, real)
    return float(np.sqrt(np.mean(np.log(path / real) ** 2))) if len(real) else None


def bias(path: Array, real: Array) -> float | None:
    """Mean of simulated over real, less one."""
    path, real = _known(path, real)
    return float(np.mean(path / real) - 1) if len(real) else None


def turning_points(path: Array) -> list[tuple[int, int]]:
    """Peaks (+1) and troughs (-1) of a path as (month, kind): extremes it leaves by more than ``TURN``."""
    log = np.log(path)
    turns: list[tuple[int, int]] = []
    high = low = 0
    kind = 0  # direction of the last turn; 0 before the first
    for k in range(1, len(log)):
        high = k if log[k] > log[high] else high
        low = k if log[k] < log[low] else low
        if kind != 1 and log[high] - log[k] > TURN:
            turns.append((high, 1))
            kind, low = 1, k
        elif kind != -1 and log[k] - log[low] > TURN:
            if kind:
                turns.append((low, -1))
            kind, high = -1, k
    return turns


def turning_point_score(path: Array, real: Array) -> dict[str, int] | None:
    """Real turns, simulated turns, and how many real ones have a simulated one of their kind near them."""
    path, real = _known(path, real)
    if len(real) < 3:
        return None
    happened, simulated = turning_points(real), turning_points(path)
    free = list(simulated)
    matched = 0
    for month, kind in happened:
        near = [turn for turn in free if turn[1] == kind and abs(turn[0] - month) <= TURN_WITHIN]
        if near:
            free.remove(min(near, key=lambda turn: abs(turn[0] - month)))
            matched += 1
    return {"real": len(happened), "simulated": len(simulated), "matched": matched}
