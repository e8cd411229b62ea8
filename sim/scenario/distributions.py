"""Distributions of the assumptions, drawn by inversion.

One uniform number per run goes in, one value comes out. Drawing by inversion (and not by rejection) keeps two
scenarios paired: the same uniform gives the same value of an assumption in both.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
# The standard library suffices for one number per run, and importing scipy takes longer than a short run.
BELL = NormalDist()


@dataclass(frozen=True)
class Uniform:
    """Every value between ``low`` and ``high`` is equally likely."""

    low: float
    high: float

    def ppf(self, u: ArrayLike) -> Floats:
        """Value below which a share ``u`` (0-1) of the draws falls; shape of ``u``, unit of the bounds."""
        return self.low + (self.high - self.low) * np.asarray(u, dtype=float)


@dataclass(frozen=True)
class Triangular:
    """Most likely at ``mode``, ever less likely towards ``low`` and ``high``."""

    low: float
    mode: float
    high: float

    def ppf(self, u: ArrayLike) -> Floats:
        """Value below which a share ``u`` (0-1) of the draws falls; shape of ``u``, unit of the bounds."""
        u = np.asarray(u, dtype=float)
        width = self.high - self.low
        rising = self.low + np.sqrt(u * width * (self.mode - self.low))
        falling = self.high - np.sqrt((1.0 - u) * width * (self.high - self.mode))
        return np.where(u * width < self.mode - self.low, rising, falling)


@dataclass(frozen=True)
class Normal:
    """Bell curve around ``mean`` with standard deviation ``sd``, cut off at ``low`` and ``high``."""

    mean: float
    sd: float
    low: float
    high: float

    def ppf(self, u: ArrayLike) -> Floats:
        """Value below which a share ``u`` (0-1) of the draws falls; shape of ``u``, unit of the bounds."""
        return np.clip(
            self.mean + self.sd * _cut_score(u, self.mean, self.sd, self.low, self.high), self.low, self.high
        )


@dataclass(frozen=True)
class Lognormal:
    """Bell curve in logarithms around ``median`` with log-sd ``sigma``, cut off at ``low`` and ``high``.

    For positive quantities that are known to within a factor rather than within a margin.
    """

    median: float
    sigma: float
    low: float
    high: float

    def ppf(self, u: ArrayLike) -> Floats:
        """Value below which a share ``u`` (0-1) of the draws falls; shape of ``u``, unit of the bounds."""
        middle, low, high = np.log([self.median, self.low, self.high])
        score = _cut_score(u, middle, self.sigma, low, high)
        return np.clip(self.median * np.exp(self.sigma * score), self.low, self.high)


Distribution = Uniform | Triangular | Normal | Lognormal


def as_dict(distribution: Distribution) -> dict[str, str | float]:
    """The distribution as plain data, for the schema and the documentation."""
    return {"kind": type(distribution).__name__.lower(), **asdict(distribution)}


def in_words(distribution: Distribution) -> str:
    """``triangular 0.1 / 0.2 / 0.5``: name and parameters in the order of the class."""
    return f"{type(distribution).__name__.lower()} " + " / ".join(f"{v:g}" for v in asdict(distribution).values())


def _cut_score(u: ArrayLike, mean: float, sd: float, low: float, high: float) -> Floats:
    """Standard-normal score of the share ``u`` of a bell curve whose tails beyond the bounds are cut off."""
    below, above = BELL.cdf((low - mean) / sd), BELL.cdf((high - mean) / sd)
    share = below + (above - below) * np.asarray(u, dtype=float)
    inner = np.clip(share, 1e-300, 1.0 - 1e-16)  # the scores of 0 and 1 are infinite; the caller cuts at the bounds
    return np.array([BELL.inv_cdf(p) for p in inner.ravel()]).reshape(inner.shape)
