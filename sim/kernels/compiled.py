"""How kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numba
import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]
type Index = NDArray[np.int64]


def compiled[F: Callable[..., object]](function: F) -> F:
    """Machine code of a kernel, kept on disk where there is a place for it; division by zero is as in NumPy."""
    try:
        return cast(F, numba.njit(cache=True, error_model="numpy")(function))
    except RuntimeError:  # no folder to write to
        return cast(F, numba.njit(error_model="numpy")(function))
