"""How kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

import numba
import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]
type Index = NDArray[np.int64]
type Mask = NDArray[np.bool_]


def compiled[F: Callable[..., object]](function: F, any_order: bool = False, inline: bool = False) -> F:
    """Machine code of a kernel, kept on disk where there is a place for it; division by zero is as in NumPy.

    With ``any_order`` the terms of a sum are added in whatever order is fastest: only where no result hangs on it.
    With ``inline`` it is put whole into every kernel that calls it.
    """
    order = {"reassoc"} if any_order else False
    machine_code = partial(numba.njit, error_model="numpy", fastmath=order, forceinline=inline)
    try:
        return cast(F, machine_code(cache=True)(function))
    except RuntimeError:  # no folder to write to
        return cast(F, machine_code()(function))


def inlined[F: Callable[..., object]](function: F) -> F:
    """A compiled formula of numbers that is put whole into every loop that calls it.

    Where it is nothing but arithmetic (``sim.kernels.maths``, not NumPy's functions) the loop does several rows at
    once.
    """
    return compiled(function, inline=True)
