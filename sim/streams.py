"""Random numbers: one stream per (seed, run, process), so that scenarios stay paired and runs independent.

Two rules keep the streams in step whatever a policy does: only uniforms and standard normals are drawn, and
always for the full capacity in row order. Every transformation (Poisson counts, lognormal factors, jumps)
happens after the draw, because a sampler whose number of draws depends on a parameter would shift all that
follows it.
"""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray


def generator(seed: int, run: int, name: str) -> np.random.Generator:
    """Generator of one process in one run; `name` is hashed with crc32, which is stable across machines."""
    key = (run, crc32(name.encode()))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


class Streams:
    """The named streams of a batch of runs, created when first used and kept; the whole object pickles.

    A run's numbers do not depend on which other runs share its batch. Each call moves that stream on: asking
    for shape (3, n) once gives the same numbers as asking for shape (n,) three times.
    """

    def __init__(self, seed: int, runs: Sequence[int]) -> None:
        self.seed = seed
        self.runs = tuple(runs)
        self._generators: dict[str, list[np.random.Generator]] = {}

    def normals(self, name: str, shape: int | tuple[int, ...] = ()) -> NDArray[np.float64]:
        """Standard normal draws of stream `name`, shape (R, *shape), C-contiguous."""
        numbers = self._empty(shape)
        for row, source in zip(numbers, self._sources(name), strict=True):
            source.standard_normal(out=row)
        return numbers.reshape(len(self.runs), *_as_tuple(shape))

    def uniforms(self, name: str, shape: int | tuple[int, ...] = ()) -> NDArray[np.float64]:
        """Uniform draws in [0, 1) of stream `name`, shape (R, *shape), C-contiguous."""
        numbers = self._empty(shape)
        for row, source in zip(numbers, self._sources(name), strict=True):
            source.random(out=row)
        return numbers.reshape(len(self.runs), *_as_tuple(shape))

    def _empty(self, shape: int | tuple[int, ...]) -> NDArray[np.float64]:
        """Room for one flat row of draws per run."""
        return np.empty((len(self.runs), int(np.prod(_as_tuple(shape), dtype=np.int64))))

    def _sources(self, name: str) -> list[np.random.Generator]:
        if name not in self._generators:
            self._generators[name] = [generator(self.seed, run, name) for run in self.runs]
        return self._generators[name]


def _as_tuple(shape: int | tuple[int, ...]) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else shape
