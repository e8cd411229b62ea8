"""Pure economics: functions of arrays without state, each testable against a number worked by hand.

All functions broadcast, keep the leading run axis untouched and reduce over the last axis at most, so that a
run's values do not depend on the batch it is in.
"""

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Numbers = float | Floats

HOURS_PER_YEAR = 8766.0
DAYS_PER_YEAR = 365.25
