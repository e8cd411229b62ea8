"""How kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numba
import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]
type Index = NDArray[np.int64]


def compiled[F: Callable[..., object]](function: F, any_order: bool = False) -> F:
    """Machine code of a kernel, kept on disk where there is a place for it; division by zero is as in NumPy.

    With ``any_order`` the terms of a sum are added in whatever order is fastest: only where no result hangs on it.
    """
    how = {"error_model": "numpy", "fastmath": {"reassoc"} if any_order else False}
    try:
        return cast(F, numba.njit(cache=True, **how)(function))
    except RuntimeError:  # no folder to write to
        return cast(F, numba.njit(**how)(function))
