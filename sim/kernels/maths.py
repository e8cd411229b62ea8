"""Logarithm and exponential of nothing but arithmetic, so that the compiler does several at a time.

Numba does not notice a change of this file where these are put into other kernels: touch their files too.
"""

from __future__ import annotations

from math import factorial

import numpy as np

from agents.compiled import inlined

SQRT_HALF_BITS = 0x3FE6A09E667F3BCD  # the number sqrt(1/2) as bits
LN_2 = 0.6931471805599453
PER_LN_2 = 1.0 / LN_2
LN_2_HIGH = float.fromhex("0x1.62e42feep-1")  # its first 32 bits: a whole multiple of them is exact
LN_2_LOW = 1.9082149292705877e-10  # the rest
TO_WHOLE = 1.5 * 2.0**52  # added to a number it leaves no bit for a fraction
LOG_SERIES = tuple(2.0 / power for power in range(21, 1, -2))
EXP_SERIES = tuple(1.0 / factorial(power) for power in range(13, 0, -1))


@inlined
def ln(x: float) -> float:
    """Natural logarithm of a positive number, to the last bit or two.

    x = m 2^e with m about 1, and the series of ln m = 2 artanh f in f = (m - 1) / (m + 1).
    """
    bits = np.float64(x).view(np.int64)
    exponent = (bits - SQRT_HALF_BITS) >> 52
    m = np.int64(bits - (exponent << 52)).view(np.float64)
    f = (m - 1.0) / (m + 1.0)
    z, series = f * f, 0.0
    for term in LOG_SERIES:
        series = series * z + term
    return exponent * LN_2 + (2.0 * f + f * z * series)


@inlined
def expm1(x: float) -> float:
    """exp(x) - 1 for x from -700 to 700, to the last bit or two.

    x = n ln 2 + r with r about 0: the series of exp(r) - 1, times 2^n.
    """
    shifted = x * PER_LN_2 + TO_WHOLE
    n = shifted - TO_WHOLE
    r = (x - n * LN_2_HIGH) - n * LN_2_LOW
    series = 0.0
    for term in EXP_SERIES:
        series = series * r + term
    power = np.int64((np.float64(shifted).view(np.int64) + 1023) << 52).view(np.float64)
    return power * (r * series) + (power - 1.0)
