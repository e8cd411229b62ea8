"""Random streams: reproducible, independent of the batch, and prefix-stable."""

import pickle
from zlib import crc32

import numpy as np
import pytest

from sim.streams import Streams, generator


def test_generator_is_the_documented_construction() -> None:
    sequence = np.random.SeedSequence(7, spawn_key=(3, crc32(b"coin_price")))
    expected = np.random.Generator(np.random.PCG64(sequence)).standard_normal(5)
    np.testing.assert_array_equal(generator(7, 3, "coin_price").standard_normal(5), expected)


@pytest.mark.parametrize("kind", ["normals", "uniforms"])
def test_run_is_the_same_in_any_batch(kind: str) -> None:
    batch = getattr(Streams(1, [0, 5, 9]), kind)("fees", (4, 6))
    alone = getattr(Streams(1, [5]), kind)("fees", (4, 6))
    assert batch.shape == (3, 4, 6)
    assert batch.flags.c_contiguous
    np.testing.assert_array_equal(batch[1:2], alone)


def test_rows_drawn_together_or_one_by_one_are_equal() -> None:
    together = Streams(2, [0, 1]).normals("noise", (5, 3))
    source = Streams(2, [0, 1])
    one_by_one = np.stack([source.normals("noise", 3) for _ in range(5)], axis=1)
    np.testing.assert_array_equal(together, one_by_one)


def test_streams_do_not_disturb_each_other() -> None:
    plain, busy = Streams(4, [2]), Streams(4, [2])
    busy.uniforms("policy", 1000)
    np.testing.assert_array_equal(plain.normals("coin_price", 50), busy.normals("coin_price", 50))


def test_seed_run_and_name_all_matter() -> None:
    draws = [
        Streams(seed, [run]).normals(name, 3)
        for seed, run, name in [(0, 0, "a"), (1, 0, "a"), (0, 1, "a"), (0, 0, "b")]
    ]
    assert len({tuple(draw.ravel()) for draw in draws}) == 4


def test_pickled_streams_continue_where_they_were() -> None:
    streams = Streams(5, [0, 1])
    streams.normals("a", 10)
    copy = pickle.loads(pickle.dumps(streams))
    np.testing.assert_array_equal(copy.normals("a", 10), streams.normals("a", 10))


def test_scalar_shape_gives_one_number_per_run() -> None:
    assert Streams(0, [0, 1, 2]).uniforms("a").shape == (3,)


def test_draws_have_the_stated_distributions() -> None:
    streams = Streams(11, range(4))
    normals, uniforms = streams.normals("n", 20_000), streams.uniforms("u", 20_000)
    assert abs(normals.mean()) < 0.02
    assert abs(normals.std() - 1.0) < 0.02
    assert abs(uniforms.mean() - 0.5) < 0.01
    assert uniforms.min() >= 0.0
    assert uniforms.max() < 1.0
