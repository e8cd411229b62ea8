"""Runs of one batch may differ in every number that is drawn per run, and stay what they are alone."""

import numpy as np
import pandas as pd
import pytest

from sim.engine import run_batch
from sim.scenario import Scenario, ScenarioError, fields
from sim.scenario.variants import Variants, per_run

SMALL = Scenario.load("baseline", {"world.firms": 60, "world.sites": 200, "world.entrant_firms": 10})


def moved(seed: int) -> dict[str, float]:
    """Another value for every number that may differ within a batch."""
    rng, found = np.random.default_rng(seed), {}
    for info in filter(lambda info: per_run(info.key), fields()):
        if info.distribution is not None:
            value = float(info.distribution.ppf(rng.random()))
        else:
            now = getattr(getattr(SMALL, info.block), info.name)
            value = now + 0.2 * rng.random() * (min(info.high, max(10.0, 4 * abs(now))) - now)
        found[info.key] = round(value) if info.kind == "int" else value
    return found


def test_mixed_rows_are_bit_for_bit_what_they_are_alone():
    rows = [({}, 0), ({}, 1), (moved(1), 0), (moved(2), 1)]
    shared = {id(overrides): overrides for overrides, _ in rows}
    variants = Variants(tuple((SMALL, shared[id(overrides)]) for overrides, _ in rows))
    options = {"months": 14, "firms": "all"}
    mixed = run_batch(variants, 5, [run for _, run in rows], labels=range(4), **options)
    for place, (overrides, run) in enumerate(rows):
        alone = run_batch(SMALL.with_overrides(overrides), 5, [run], **options)
        for name, frame in mixed.items():
            part = frame[frame["run"] == place].assign(run=run).reset_index(drop=True)
            pd.testing.assert_frame_equal(part, alone[name], check_exact=True)


def test_structural_settings_and_words_are_not_mixed():
    assert per_run("policy.carbon_price_usd_per_t")
    assert per_run("ai.rent_elasticity")
    assert not any(map(per_run, ("world.firms", "behaviour.rule", "policy.carbon_from", "scenario", "shocks")))


def test_values_that_do_not_go_together_are_said():
    with pytest.raises(ScenarioError, match=r"must be at least world\.firms"):
        Variants(((SMALL, {"world.sites": 50}),)).draw(0, [0])
