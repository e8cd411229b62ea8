"""Directions that economics guarantees, in expectation over paired runs, for the cohort of the start."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from sim.state import LIQUIDATED

RUNS, MONTHS = range(16), 36
ALONE = {
    "behaviour.pivot_allowed": False, "behaviour.entry_allowed": False, "behaviour.relocation_allowed": False,
}  # fmt: skip
AT_ONCE = {"policy.carbon_ramp_months": 0, "policy.excise_ramp_months": 0}


class Outcome(NamedTuple):
    """What is compared, one value per run."""

    exits: np.ndarray
    liquidations: np.ndarray
    hashrate: np.ndarray
    signed_mw: np.ndarray


@pytest.fixture
def outcome(make):
    """Runs a scenario: exits and failures of the first cohort, mean hashrate, AI MW signed since the start."""
    known: dict[str, Outcome] = {}

    def simulate(overrides: dict[str, Any]) -> Outcome:
        if repr(overrides) not in known:
            sector = make("baseline", overrides, runs=RUNS, seed=5, mode="sampled")
            cohort, hashrate = sector.firms.alive.copy(), np.zeros(len(RUNS))
            for _ in range(MONTHS):
                sector.advance()
                hashrate += sector.now.hashrate / MONTHS
            leases = sector.leases
            fresh = (leases.known < 0) & (leases.status > 0)
            exits = (cohort & ~sector.firms.alive).sum(axis=-1)
            failed = (cohort & (sector.firms.exited == LIQUIDATED)).sum(axis=-1)
            signed = np.where(fresh, leases.it_mw, 0.0).sum(axis=-1)
            known[repr(overrides)] = Outcome(exits, failed, hashrate, signed)
        return known[repr(overrides)]

    return simulate


def test_costs_and_coins_without_pivot_and_entry(outcome, shock) -> None:
    plain = outcome(ALONE)
    dearer = {
        "carbon": {"policy.carbon_price_usd_per_t": 100.0, "policy.carbon_from": "2026-10", **AT_ONCE},
        "power": {"shocks": [shock("power_price", 1.5)]},
        "excise": {"policy.mining_excise_usd_per_mwh": 20.0, "policy.excise_from": "2026-10", **AT_ONCE},
    }
    for name, change in dearer.items():
        other = outcome({**ALONE, **change})
        assert (other.exits - plain.exits).mean() > 0, name
        assert (other.hashrate < plain.hashrate).mean() > 0.9, name
    twice = outcome({**ALONE, **dearer["carbon"], "policy.carbon_price_usd_per_t": 200.0})
    assert twice.exits.mean() >= outcome({**ALONE, **dearer["carbon"]}).exits.mean()
    bull, bear = (outcome({**ALONE, "shocks": [shock("coin_price", size)]}) for size in (1.5, 0.6))
    assert bull.hashrate.mean() > plain.hashrate.mean() > bear.hashrate.mean()
    # failures only: owners who close by choice do so when connections sell well, so all exits together need not fall
    assert bull.liquidations.mean() <= plain.liquidations.mean() <= bear.liquidations.mean()


def test_credit_and_rents_with_the_pivot(outcome, shock) -> None:
    plain = outcome({})
    assert plain.signed_mw.mean() > 100.0
    tight, easy = (outcome({"finance.ltc_scale": scale}).signed_mw for scale in (0.7, 1.1))
    assert easy.mean() >= plain.signed_mw.mean() > tight.mean()
    assert outcome({"shocks": [shock("credit_spread", 0.04)]}).signed_mw.mean() <= plain.signed_mw.mean()
    low, high = (outcome({"shocks": [shock("rent", size)]}).signed_mw for size in (0.7, 1.3))
    assert high.mean() >= plain.signed_mw.mean() >= low.mean()


def test_without_the_pivot_nothing_is_signed(outcome) -> None:
    assert (outcome(ALONE).signed_mw == 0).all()


def test_a_ban_that_all_obey_ends_hashing_there(make) -> None:
    banned = ("ERCOT", "RUSSIA", "CHINA")
    ban = {
        "policy.mining_ban_regions": banned, "policy.mining_ban_compliance": 1.0,
        "policy.mining_ban_from": "2026-09", "policy.mining_ban_ramp_months": 3,
    }  # fmt: skip
    sector = make("baseline", ban, months=6, runs=range(4), mode="sampled")
    there = np.isin(np.take(np.array(sector.labels.regions), sector.sites.region), banned)
    assert sector.dispatched.ehs[~there].sum() > 0
    for _ in range(6):
        assert (sector.dispatched.ehs[there] == 0).all()
        assert (sector.dispatched.mw[there] == 0).all()
        rows = [sector.labels.regions.index(code) for code in banned]
        assert (sector.regions.mining_mw[:, rows] == 0).all()
        sector.advance()


def test_compliance_of_half_leaves_half_of_what_could_run(make) -> None:
    ban = {
        "policy.mining_ban_regions": ("RUSSIA",), "policy.mining_ban_compliance": 0.5,
        "policy.mining_ban_from": "2026-07", "policy.mining_ban_ramp_months": 0,
    }  # fmt: skip
    sector = make("baseline", ban, months=1)
    row = sector.labels.regions.index("RUSSIA")
    np.testing.assert_allclose(sector.regions.hashing_allowed[:, row], 0.5)
