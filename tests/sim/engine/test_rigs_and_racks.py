"""Rigs and racks: rigs wait for racks being built, old ones stay while there is room, none goes where a ban holds."""

import numpy as np
import pytest

from agents import observations as ob
from sim.phases import finance, mining_options, rig_market
from sim.phases.cases import OptionTable, gather
from sim.sector import Sector

SITE, OLD, NEW = 0, 8, 9


@pytest.fixture
def full(make) -> Sector:
    """One site whose racks are full of old rigs; as much of new ones arrives this month."""
    s = make(runs=(0,))
    s.rigs.ehs[:], s.rigs.ordered[:], s.rigs.dealers[:] = 0.0, 0.0, 0.0
    s.rigs.used[:] = 1.0
    s.rigs.ehs[0, SITE, OLD] = 1.0
    s.sites.racks[0, SITE] = mw(s, OLD)
    s.sites.connected[0, SITE] = 10 * mw(s, OLD)
    slot = s.t % s.rigs.ordered.shape[0]
    s.rigs.ordered_generation[slot, 0, 0] = NEW
    s.rigs.ordered[slot, 0, SITE, 0] = mw(s, OLD) / mw(s, NEW)
    return s


def mw(s: Sector, generation: int) -> float:
    """MW at the plug of an EH/s."""
    return float(s.rigs.j_per_th[0, generation] * s.P.power.mining_overhead[0, 0])


def test_without_racks_to_come_new_rigs_replace_old_ones(full: Sector) -> None:
    rig_market.receive_rigs(full)
    spares = rig_market.SPARES - 1
    assert full.rigs.ehs[0, SITE, OLD] == pytest.approx(spares)
    assert full.rigs.dealers[0, OLD] == pytest.approx(1 - spares)


def test_old_rigs_wait_for_racks_that_are_being_built(full: Sector) -> None:
    full.sites.racks_ordered[0, SITE] = mw(full, OLD)
    rig_market.receive_rigs(full)
    assert full.rigs.ehs[0, SITE, OLD] == 1.0
    assert not full.rigs.dealers.any()
    assert full.rig_mw_by_site[0, SITE] == pytest.approx(2 * mw(full, OLD))


@pytest.fixture
def reviewed(make):
    """Cases of a month in which every rig is old, and what they are worth beside a rack."""
    s = make(runs=(0,), months=1)
    s.rigs.used[:], s.regions.new_mining[:] = 0.0, 1.0
    s.regions.hashing_allowed[:] = 1.0
    c = gather(s)
    s.cases_of_firm = np.ones((s.n_runs, s.n_firms), np.int64)
    power = c.ehs * s.rigs.j_per_th[c.run] * c.p(s.P.power.mining_overhead)[:, None]
    return s, c, power


def replaced(s: Sector, c, power):
    return mining_options._replaced(s, c, power, np.zeros_like(power)), power > 0


def outdated(s: Sector) -> np.ndarray:
    return s.rigs.j_per_th[0] > mining_options.OUTDATED * s.rigs.j_per_th[0, s.on_sale[0, 0]]


def test_rigs_not_worth_a_rack_are_replaced_whatever_room_there_is(reviewed) -> None:
    s, c, power = reviewed
    c.values_by_generation[:], c.idle_now[:] = 0.0, 1e3
    part, some = replaced(s, c, power)
    assert (part[some] == np.broadcast_to(outdated(s), part.shape)[some]).all()


@pytest.mark.parametrize("room", [0.0, 0.5, 1.0, 7.0])
def test_rigs_worth_a_rack_stay_as_far_as_connections_lie_idle(reviewed, room: float) -> None:
    s, c, power = reviewed
    c.values_by_generation[:] = 1e9
    old = np.where(outdated(s), power, 0.0).sum(axis=-1)
    c.idle_now[:] = room * old
    part, _ = replaced(s, c, power)
    assert (part * power).sum(axis=-1) == pytest.approx(np.maximum(1 - room, 0.0) * old)


def test_no_new_rigs_where_hashing_is_banned(reviewed) -> None:
    s, c, _ = reviewed
    s.regions.hashing_allowed[:] = 0.2
    table = OptionTable.blank(len(c))
    mining_options.evaluate(s, c, finance.own_funds(s), table)
    assert (table.gate[:, [ob.REFRESH, ob.EXPAND]] == ob.FORBIDDEN).all()
