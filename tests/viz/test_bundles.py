"""Levers of a split: a known event among others is one lever, and every lever has a plain name of its own."""

from __future__ import annotations

import pytest

from experiments.attribution import attribute, levers_of
from sim.scenario import Scenario
from sim.scenario.blocks.shocks import KINDS
from viz import bundles
from viz.bundles import bundled

BASE = Scenario.load("baseline")


def names(scenario: str, changes: dict | None = None) -> list[str]:
    return [lever.name for lever in bundled(BASE, Scenario.load(scenario, changes or {}), {})]


def test_a_known_event_beside_a_lever_is_one_lever():
    assert names("ai-bust", {"policy.carbon_price_usd_per_t": 50.0}) == ["Carbon price", "AI bust"]


def test_by_itself_it_is_split_into_what_it_does():
    assert len(names("ai-bust")) == len(levers_of(BASE, Scenario.load("ai-bust"))) == 4


def test_everything_at_once_holds_the_events_it_is_made_of():
    found = names("combined-adverse")
    assert {"AI bust", "Credit crunch"} <= set(found)
    assert len(found) < len(levers_of(BASE, Scenario.load("combined-adverse")))


@pytest.mark.parametrize("scenario", [name for name in Scenario.names() if name not in ("history", "pivot-2024")])
def test_nothing_is_lost_and_no_two_names_are_the_same(scenario):
    top = Scenario.load(scenario)
    plain, found = levers_of(BASE, top), bundled(BASE, top, {})
    assert {key for lever in found for key in lever.values} == {key for lever in plain for key in lever.values}
    for part in ("entries", "dropped"):
        assert sum(len(getattr(lever, part)) for lever in found) == sum(len(getattr(lever, part)) for lever in plain)
    assert len({lever.name for lever in found}) == len(found)
    assert not any("_" in lever.name or "." in lever.name.replace("0.", "").replace("1.", "") for lever in found)


def test_every_kind_of_shock_has_words():
    assert set(bundles.KINDS) == set(KINDS)


def test_bundled_levers_split_the_same_difference():
    world = {"world.firms": 110, "world.sites": 220, "world.months": 14}
    base, top = Scenario.load("baseline", world), Scenario.load("neocloud-default", world)
    at_once = {"policy.carbon_from": "2026-09", "policy.carbon_ramp_months": 0}
    top = top.with_overrides({"policy.carbon_price_usd_per_t": 80.0, **at_once})
    levers = bundled(base, top, world)
    assert len(levers) == 2
    found = attribute(top, base, runs=2, outcomes=["emissions"], levers=levers)
    assert set(found.levers) == {lever.name for lever in levers}
    sums = found.wedges.groupby("month")["effect"].sum()
    assert sums.to_numpy() == pytest.approx(found.total.set_index("month")["effect"].to_numpy(), abs=1e-9)
