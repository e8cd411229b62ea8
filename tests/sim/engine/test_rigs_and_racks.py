"""Rigs and racks: rigs wait for racks being built, old ones stay while there is room, none goes where a ban holds."""

import numpy as np
import pytest

from agents import observations as ob
from sim.kernels.options import OptionTable
from sim.phases import finance, mining_options, rig_market
from sim.phases.cases import CLIENT, HOST, OUTDATED, Cases, gather
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
def reviewed(make) -> Sector:
    """A month with racks and connections without limit for new rigs, in which used rigs are worth nothing."""
    s = make(runs=(0,), months=1)
    s.rigs.used[:], s.regions.new_mining[:] = 0.0, 1.0
    s.regions.hashing_allowed[:] = 1.0
    s.cases_of_firm = np.ones((s.n_runs, s.n_firms), np.int64)
    return s


def outdated_mw(s: Sector, c: Cases) -> np.ndarray:
    """MW of rigs well hungrier than the newest (n,), nothing where they are another's."""
    j = s.rigs.j_per_th[0]
    old = j > OUTDATED * j[s.on_sale[0, 0]]
    mw = (c.at.get(s.rigs.ehs) * np.where(old, j, 0.0)).sum(axis=1) * s.P.power.mining_overhead[0, 0]
    return np.where(c.role == HOST, 0.0, mw)


def replaced_mw(s: Sector, c: Cases) -> np.ndarray:
    """MW of rigs that firms with money without limit would replace (n,)."""
    c.racks[:] = 1e9
    return mining_options.evaluate(s, c, np.full((1, s.n_firms), 1e30), OptionTable.blank(len(c))).refresh_mw


def test_rigs_not_worth_a_rack_are_replaced_whatever_room_there_is(reviewed: Sector) -> None:
    reviewed.firms.hashprice_view[:] = 0.0
    c = gather(reviewed)
    c.idle_now[:] = 1e3
    old = outdated_mw(reviewed, c)
    assert (old > 0).any()
    np.testing.assert_allclose(replaced_mw(reviewed, c), old)


@pytest.mark.parametrize("room", [0.0, 0.5, 1.0, 7.0])
def test_rigs_worth_a_rack_stay_as_far_as_connections_lie_idle(reviewed: Sector, room: float) -> None:
    reviewed.firms.hashprice_view[:] = 1e6
    c = gather(reviewed)
    old = outdated_mw(reviewed, c)
    c.idle_now[:] = room * old
    np.testing.assert_allclose(replaced_mw(reviewed, c), np.maximum(1 - room, 0.0) * old, atol=1e-9)


def test_no_new_rigs_where_hashing_is_banned(reviewed: Sector) -> None:
    s, c = reviewed, gather(reviewed)
    s.regions.hashing_allowed[:] = 0.2
    table = OptionTable.blank(len(c))
    mining_options.evaluate(s, c, finance.own_funds(s), table)
    rigs = c.role != HOST
    assert (table.gate[rigs, ob.REFRESH] == ob.FORBIDDEN).all()
    assert (table.gate[rigs & (c.role != CLIENT), ob.EXPAND] == ob.FORBIDDEN).all()
    assert (table.gate[~rigs][:, [ob.REFRESH, ob.EXPAND]] == ob.NOT_OURS).all()
