"""Agents of one's own: each kind can be replaced, is asked one by one, and is obeyed."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

from agents import GridOperator, Hyperscaler, Miner, Regulator, register_rule
from agents.observations import COLOCATION, HOLD, OPEN, OPTIONS, GridDecision, MinerObservation, TenantDecision
from agents.rules import RULES
from sim import Scenario, SectorModel

KINDS = (Miner, Hyperscaler, GridOperator, Regulator)
NO_ENTRY = {"behaviour.entry_allowed": False}


class Holder(Miner):
    """Never changes anything."""

    def decide(self, observation: MinerObservation) -> int:
        return HOLD


class Pivoter(Miner):
    """Wants colocation whatever the gates say, and remembers what it was shown."""

    asked = 0

    def decide(self, observation: MinerObservation) -> np.ndarray:
        assert set(observation.firm.tolist()) == {self.row}
        assert observation.value.shape == observation.gate.shape == (len(observation.site), len(OPTIONS))
        self.asked += 1
        return np.full(len(observation.site), COLOCATION)


class NoNeed(Hyperscaler):
    """Leases nothing."""

    def decide(self, observation):
        return TenantDecision(wanted_mw=0.0, max_rent=np.inf)


class NoRoom(GridOperator):
    """ERCOT admits no new load; others do as usual."""

    def decide(self, observation):
        usual = super().decide(observation)
        return GridDecision(0.0, usual.price_factor, usual.called_hours) if self.label == "ERCOT" else usual


class Banning(Regulator):
    """ERCOT bans hashing; other regions keep to the schedule."""

    def decide(self, observation):
        usual = super().decide(observation)
        return replace(usual, hashing_allowed=np.zeros((1, 1))) if self.label == "ERCOT" else usual


def as_usual(kind):
    """A subclass that is asked one by one and answers as the vectorised rule would."""

    class Usual(kind):
        def decide(self, observation):
            return super().decide(observation)

    return Usual


def quiet(**overrides) -> Scenario:
    return Scenario.load("baseline", overrides=NO_ENTRY | overrides)


def month_by_month(model: SectorModel, months: int, read) -> np.ndarray:
    """What ``read(model)`` gives at the start and after each month."""
    rows = [read(model)]
    for _ in range(months):
        model.step()
        rows.append(read(model))
    return np.array(rows)


def signed_since_start(model: SectorModel) -> int:
    return int((model.results().table("contracts")["signed"] >= "2026-07").sum())


def ercot(model: SectorModel, kind: type):
    return next(a for a in model.agents_by_type[kind] if a.label == "ERCOT")


def test_agents_asked_one_by_one_decide_as_the_arrays_do():
    usual = SectorModel("baseline", rng=2)
    asked = SectorModel("baseline", rng=2, classes={kind: as_usual(kind) for kind in KINDS})
    assert not usual.sector.overrides
    assert set(asked.sector.overrides) == {"miners", "tenants", "grid_operators", "regulators"}
    for model in (usual, asked):
        model.run_for(15)
    assert np.array_equal(usual.sector.rigs.ehs, asked.sector.rigs.ehs)
    assert np.array_equal(usual.sector.leases.it_mw, asked.sector.leases.it_mw)
    assert usual.datacollector.get_model_vars_dataframe().equals(asked.datacollector.get_model_vars_dataframe())


def test_a_subclass_with_the_usual_mind_is_not_asked():
    class Named(Miner):
        pass

    model = SectorModel("baseline", rng=0, classes={Miner: Named})
    assert not model.sector.overrides
    assert len(model.agents_by_type[Named]) == model.firms_active


def test_holding_miners_sign_no_lease_and_order_no_rig():
    usual = SectorModel(quiet(), rng=1)
    model = SectorModel(quiet(), rng=1, classes={Miner: Holder})
    for each in (usual, model):
        each.run_for(18)
    assert signed_since_start(usual) > 0
    assert signed_since_start(model) == 0
    assert not model.sector.rigs.ordered.any()
    assert set(model.results().table("decisions")["choice"]) == {"hold"}
    assert model.ai_contracted_mw < usual.ai_contracted_mw


def test_a_closed_option_is_held():
    model = SectorModel(quiet(), rng=1, classes={Miner: Pivoter})
    model.step()
    _, observation, choice, _ = model.sector.last_review[:4]
    closed = observation.gate[:, COLOCATION] != OPEN
    assert closed.any()
    assert not closed.all()
    assert np.array_equal(choice, np.where(closed, HOLD, COLOCATION))
    assert signed_since_start(model) > 0


def test_each_miner_is_asked_once_a_review():
    model = SectorModel(quiet(), rng=1, classes={Miner: Pivoter})
    miners = model.agents_by_type[Pivoter].to_list()
    for _ in range(model.sector.scenario.behaviour.review_months):
        model.step()
        _, observation, _, _ = model.sector.last_review[:4]
        due = set(observation.firm.tolist())
        assert due
        assert {miner.row for miner in miners if miner.asked} >= due
    assert max(miner.asked for miner in miners) == 1


def test_tenants_without_need_sign_no_lease():
    model = SectorModel(quiet(), rng=1, classes={Hyperscaler: NoNeed})
    model.run_for(18)
    assert signed_since_start(model) == 0
    assert model.agents_by_type[NoNeed].agg("wanted_mw", sum) == 0


def test_a_grid_operator_that_admits_nothing_connects_nothing():
    usual, model = SectorModel(quiet(), rng=1), SectorModel(quiet(), rng=1, classes={GridOperator: NoRoom})

    def connected(each: SectorModel) -> np.ndarray:
        sites = each.sector.sites
        return np.where(sites.region[0] == ercot(each, Regulator).row, sites.connected[0], 0.0)

    assert (np.diff(month_by_month(usual, 18, connected), axis=0) > 0).any()
    assert not (np.diff(month_by_month(model, 18, connected), axis=0) > 0).any()
    elsewhere = model.sector.sites.connected[0].sum() - ercot(model, NoRoom).connected_mw
    assert elsewhere > 0


def test_a_ban_stops_hashing_in_its_region_only():
    model = SectorModel(quiet(), rng=1, classes={Regulator: Banning})
    row = ercot(model, Banning).row

    def hashrate(each: SectorModel) -> list[float]:
        place, ehs = each.sector.sites.region[0], each.sector.dispatched.ehs[0]
        return [ehs[place == row].sum(), ehs[place != row].sum()]

    seen = month_by_month(model, 6, hashrate)
    assert seen[0, 0] > 50
    assert (seen[1:, 0] == 0).all()
    assert (seen[:, 1] > 100).all()
    assert ercot(model, Banning).hashing_allowed == 0


@pytest.mark.parametrize("duplicate", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy])
def test_copies_of_a_model_ask_their_own_agents(duplicate):
    model = SectorModel(quiet(), rng=1, classes={Miner: Pivoter, Regulator: Banning})
    model.run_for(2)
    twin = duplicate(model)
    asked = model.agents_by_type[Pivoter].agg("asked", sum)
    twin.run_for(3)
    assert model.agents_by_type[Pivoter].agg("asked", sum) == asked
    assert twin.agents_by_type[Pivoter].agg("asked", sum) > asked
    model.run_for(3)
    assert model.network_hashrate_ehs == twin.network_hashrate_ehs


@pytest.mark.parametrize(
    ("kind", "answer", "message"),
    [
        (Miner, lambda o: np.full(len(o.site) + 1, HOLD), r"Bad\('.+'\).decide returned .* each of its \d+ cases"),
        (Miner, lambda o: "hold", "it must return a whole number from OPTIONS"),
        (Miner, lambda o: 10, r"options are numbered 0 \(hold\) to 9 \(close\)"),
        (Hyperscaler, lambda o: TenantDecision(np.nan, 1.0), "wanted_mw = nan: it must be one number, zero or more"),
        (Hyperscaler, lambda o: TenantDecision(np.ones(3), 1.0), "wanted_mw = array.*must be one number"),
        (GridOperator, lambda o: GridDecision(-1.0, 1.0, 0.0), "admit_mw = -1.0"),
    ],
)
def test_answers_that_are_none_are_refused(kind, answer, message):
    bad = type("Bad", (kind,), {"decide": lambda self, observation: answer(observation)})
    model = SectorModel("baseline", rng=0, classes={kind: bad})
    with pytest.raises(ValueError, match=message):
        model.step()


def test_an_array_rule_of_ones_own_is_chosen_by_name(monkeypatch):
    monkeypatch.delitem(RULES, "stand still", raising=False)  # and again after the test
    shown = []

    @register_rule("stand still")
    def stand_still(observation: MinerObservation) -> np.ndarray:
        shown.append(len(observation.site))
        return np.full(len(observation.site), HOLD)

    model = SectorModel(quiet(**{"behaviour.rule": "stand still"}), rng=1)
    model.run_for(4)
    assert len(shown) == 4
    assert sum(shown) > 100
    assert set(model.results().table("decisions")["choice"]) == {"hold"}


def test_a_closed_option_of_an_array_rule_is_held(monkeypatch):
    monkeypatch.setitem(RULES, "npv", lambda observation: np.full(len(observation.site), COLOCATION))
    model = SectorModel(quiet(), rng=1)
    model.step()
    _, observation, choice, _ = model.sector.last_review[:4]
    closed = observation.gate[:, COLOCATION] != OPEN
    assert closed.any()
    assert np.array_equal(choice, np.where(closed, HOLD, COLOCATION))
