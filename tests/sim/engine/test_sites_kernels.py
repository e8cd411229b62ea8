"""Loops over sites and firms: who is there, what arrives, postings about a few firms; by hand and against NumPy."""

from __future__ import annotations

import numpy as np

from sim.arrays import Rows
from sim.books import ASSETS, LIABILITIES, Books
from sim.kernels import deliveries, sites, sums


def test_members_of_a_mask_are_what_numpy_finds() -> None:
    mask = np.random.default_rng(3).random((5, 40)) < 0.3
    for which in (mask, mask & False, mask | True, mask[:, ::2]):
        for ours, theirs in zip(sums.members(which), np.nonzero(which), strict=True):
            np.testing.assert_array_equal(ours, theirs)
            assert ours.dtype == np.int64


def test_who_has_sites_and_who_has_rigs() -> None:
    owner, miner = np.array([[0, 1, -1, 3]]), np.array([[0, 2, -1, -1]])
    assert sites.have_sites(owner, miner, 6).tolist() == [[True, True, True, True, False, False]]
    ehs, asked = np.zeros((1, 4, 3)), np.array([[True, True, True, False]])
    ehs[0, 0, 0] = ehs[0, 1, 2] = ehs[0, 2, 1] = 1.0
    assert sites.have_rigs(ehs, miner, asked).tolist() == [[True, False, True, False]]
    assert sites.have_rigs(ehs, np.array([[3, 0, 1, 2]]), asked).tolist() == [[True, True, False, False]]


def test_what_arrives_is_no_longer_on_order() -> None:
    coming = np.array([[[1.0, 2.0], [0.0, 0.0]], [[0.0, 3.0], [1.0, 1.0]]])
    ehs, ordered = np.ones((2, 2, 3)), np.full((2, 2), 100.0)
    deliveries.receive(coming, np.array([[2, 1], [1, 1]]), np.array([[10.0, 20.0], [30.0, 40.0]]), ehs, ordered)
    np.testing.assert_array_equal(ehs, [[[1, 3, 2], [1, 1, 1]], [[1, 4, 1], [1, 3, 1]]])
    np.testing.assert_array_equal(ordered, [[50, 100], [0, 30]])
    assert not coming.any()


def test_postings_about_a_few_firms_are_those_of_all() -> None:
    random, shape = np.random.default_rng(1), (3, 6)
    at = Rows.where(random.random(shape) < 0.4)
    whole, some = Books(*shape), Books(*shape)
    for sector, kind, names in (
        ("banks", "transaction", ("cash", "loans")), ("utilities", "transaction", ("payables", "cash")),
        ("tenants", "transaction", ("receivables",)), ("tenants", "writeoff", ("receivables", "rigs")),
    ):  # fmt: skip
        amounts = {name: random.normal(size=len(at)) for name in names}
        whole.post("gains", sector, kind, **{name: at.sum_into(usd, *shape) for name, usd in amounts.items()})
        some.post_some("gains", sector, at, kind, **amounts)
    for part in ("stock", "lines", "owed", "claims", "fresh_claims"):
        for name, values in getattr(whole, part).items():
            np.testing.assert_array_equal(values, getattr(some, part)[name], err_msg=f"{part} {name}")
    for name, values in whole.outside.items():
        np.testing.assert_allclose(some.outside[name], values, atol=1e-12, err_msg=name)
    for kind, moved in whole.moved.items():
        assert all(np.array_equal(moved[name], some.moved[kind][name]) for name in (*ASSETS, *LIABILITIES))
    np.testing.assert_array_equal(whole.gross, some.gross)
