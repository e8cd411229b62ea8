"""Pure economics: functions of arrays without state, each testable against a number worked by hand.

All functions broadcast, keep the leading run axis untouched and reduce over the last axis at most, so that a
run's values do not depend on the batch it is in.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Numbers = float | Floats

HOURS_PER_YEAR = 8766.0
DAYS_PER_YEAR = 365.25


def elementwise(kernel: Callable[..., Floats], *arguments: Numbers) -> Floats:
    """A kernel of flat arrays (n,) at arguments of any shapes, broadcast."""
    flows = np.broadcast_arrays(*arguments)
    flat = (np.ascontiguousarray(flow, dtype=np.float64).ravel() for flow in flows)
    return kernel(*flat).reshape(flows[0].shape)
