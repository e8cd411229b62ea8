"""A run is the same to the last bit in every batch, in any order, sampled or fixed."""

import numpy as np
import pytest

from sim.events import Event

BATCHES = ((5,), (6, 5), (30, 9, 5), (4, 5, 6, 7, 8, 9, 10))
STRESS = {"finance.arrears_months": 1}  # so that auctions happen: in some runs of a batch and not in others


@pytest.mark.parametrize(("mode", "name"), [("fixed", "btc-crash"), ("sampled", "baseline"), ("sampled", "ai-bust")])
def test_small_sector_in_batches_of_one_to_thirty_two(make, state, differ, mode: str, name: str) -> None:
    months = 26
    whole = make(name, STRESS, months=months, runs=range(32), mode=mode)
    all_runs = state(whole)
    assert any(event.kind == "liquidation" for event in whole.events)
    for batch in BATCHES:
        part = make(name, STRESS, months=months, runs=batch, mode=mode)
        for place, run in enumerate(batch):
            alone = {key: values[place] for key, values in state(part).items()}
            assert differ(alone, {key: values[run] for key, values in all_runs.items()}) == [], (batch, run)


def test_default_size_alone_and_in_company(make, state, differ) -> None:
    company = state(make(months=14, runs=(1, 0, 2), mode="sampled", small=False))
    alone = state(make(months=14, runs=(0,), mode="sampled", small=False))
    assert differ({k: v[0] for k, v in alone.items()}, {k: v[1] for k, v in company.items()}) == []


def test_events_of_a_run_do_not_depend_on_its_batch(make) -> None:
    def told(runs: tuple[int, ...], place: int) -> list[Event]:
        sector = make("btc-crash", STRESS, months=24, runs=runs)
        return [event._replace(run=0) for event in sector.events if event.run == place]

    assert told((3,), 0) == told((2, 3), 1)


def test_another_seed_is_another_world(make, state) -> None:
    ours, theirs = (make(months=3, seed=seed, runs=(0,)) for seed in (1, 2))
    assert not np.array_equal(state(ours)["rigs.ehs"], state(theirs)["rigs.ehs"])
