"""Tenders: what tenants weigh, which offers landlords make, and who may sign a GPU cloud."""

from __future__ import annotations

import numpy as np
import pytest

from agents import observations as ob
from sim.phases import ai_options, tender
from sim.phases.ai_options import MODES, TENANT_FUNDED
from sim.phases.cases import OWN
from sim.sector import Sector
from sim.state import CLOUD, COLOCATION, CREDITS

INVESTMENT_GRADE = CREDITS.index("investment_grade")


def two_offers(s: Sector, **differing: list) -> tender.Offers:
    """Two offers of 150 MW at sites 0 and 1 of one run, alike but for what is given."""
    n, by_mode = 2, (2, len(MODES))
    columns = {
        "run": np.zeros(n, np.int64), "firm": np.array([0, 1]), "site": np.array([0, 1]),
        "product": np.full(n, COLOCATION), "open_mw": np.full(by_mode, 150.0), "lowest_rent": np.full(by_mode, 0.5),
        "spare": np.full(n, 500.0), "racks": np.zeros(n), "lead": np.full(n, 14.0), "case": np.arange(n),
        "asked": np.ones(n), "rent": np.ones(n), "leased_mw": np.zeros(n), "tenant": np.full(n, -1),
        "mode": np.zeros(n, np.int64),
    }  # fmt: skip
    return tender.Offers(**{**columns, **{name: np.array(values) for name, values in differing.items()}})


def chosen_share(make, **differing: list) -> float:
    """How often the second of two offers wins while one tenant wants one of them."""
    s = make("baseline", {"ai.match_share": 1.0}, months=1, runs=(0,))
    s.regions.suitability[:] = s.regions.ai_tariff[:] = s.firms.record[:] = 0.0
    tenant = int(np.flatnonzero(s.tenants.credit[0] == INVESTMENT_GRADE)[0])
    wins = 0
    for _ in range(60):
        s.tenants.wanted[:] = 0.0
        s.tenants.wanted[0, tenant] = 150.0
        offers = two_offers(s, **differing)
        tender.match(s, offers)
        assert (offers.tenant >= 0).sum() == 1
        wins += int(offers.tenant[1] == tenant)
    return wins / 60


def test_tenants_weigh_rent_and_months_to_power(make) -> None:
    assert 0.3 < chosen_share(make) < 0.7
    assert chosen_share(make, asked=[1.0, 0.75]) > 0.6
    assert chosen_share(make, lead=[14.0, 26.0]) < 0.25
    # a landlord who needs more than the market's rent asks for it, and loses
    assert chosen_share(make, lowest_rent=[[0.5] * len(MODES), [1.4] * len(MODES)]) < 0.35


def test_an_offer_holds_only_for_tenants_whose_gates_it_passes(make) -> None:
    s = make("baseline", {"ai.match_share": 1.0}, months=1, runs=(0,))
    size = np.full((2, len(MODES)), 150.0)
    size[0, INVESTMENT_GRADE] = 0.0
    s.tenants.wanted[:] = np.where(s.tenants.credit == INVESTMENT_GRADE, 1000.0, 0.0)
    offers = two_offers(s, open_mw=size)
    tender.match(s, offers)
    assert offers.tenant[0] == -1
    assert offers.tenant[1] >= 0


def test_what_one_tenant_leaves_of_a_campus_is_offered_to_the_next(make) -> None:
    """150 MW on 80 free and 133 MW of racks: 50 for the first, the rest for the second, none counted twice."""
    s = make("baseline", {"ai.match_share": 1.0}, months=1, runs=(0,))
    first, second = np.flatnonzero(s.tenants.credit[0] == INVESTMENT_GRADE)[:2]
    s.tenants.wanted[:], s.tenants.min_mw[:] = 0.0, 5.0
    s.tenants.wanted[0, [first, second]] = 50.0, 400.0
    one = two_offers(s, spare=[80.0, 80.0], racks=[133.0, 133.0])
    one.open_mw[1] = 0.0
    tender.match(s, one)
    won = np.flatnonzero(one.tenant >= 0)
    assert one.tenant[won].tolist() == [first, second]
    assert one.leased_mw[won].tolist() == [50.0, 100.0]
    assert one.case[won].tolist() == one.site[won].tolist() == [0, 0]
    gross = 50.0 * s.P.ai.gross_per_it[0, 0]
    np.testing.assert_allclose(one.spare[won], [80.0, 80.0 - gross])
    np.testing.assert_allclose(one.racks[won], 133.0)  # the first found room beside them
    assert s.tenants.wanted[0, [first, second]].tolist() == [0.0, 300.0]


def test_racks_give_way_at_the_best_mines_only(make) -> None:
    """Full mines alike but for their suitability: above their region's they may become halls, below they may not."""
    s = make("baseline", months=1, runs=(0,), small=False)
    seen = {True: 0, False: 0}
    for _ in range(3):
        s.advance()
        cases, observation = s.last_review[0], s.last_review[1]
        full = (cases.role == OWN) & (cases.idle_soon + cases.vacant < 0.5) & (cases.racks > 10.0)
        gate = observation.gate[full, ob.COLOCATION]
        own = cases.at.get(s.sites.suitability)[full]
        usual = s.regions.suitability[0, cases.region[full]]
        allowed = (own >= s.P.ai.min_suitability[0, 0]) & (gate != ob.FORBIDDEN)
        best = own >= np.minimum(usual + ai_options.BEST_OF_REGION, 1.0)
        assert (gate[allowed & ~best] == ob.UNSUITABLE).all()
        assert (gate[allowed & best] != ob.UNSUITABLE).all()
        for which in seen:
            seen[which] += int((allowed & (best == which)).sum())
    assert min(seen.values()) > 5
    assert 0.1 < seen[True] / sum(seen.values()) < 0.35  # a fifth of a portfolio


def test_rents_spread_and_never_undercut_the_landlord(make) -> None:
    s = make("baseline", {"world.check_laws": True}, months=0, runs=(0, 1), small=False)
    agreed = []
    for _ in range(18):
        s.advance()
        offers = s.last_review[3]
        won = np.flatnonzero(offers.tenant >= 0)
        lowest = offers.lowest_rent[won, offers.mode[won]]
        assert (offers.rent[won] >= lowest).all()
        assert (offers.leased_mw[won] <= offers.open_mw[won, offers.mode[won]] + 1e-9).all()
        agreed += (offers.rent[won]).tolist()
    assert len(agreed) > 20
    assert 0.08 < np.std(np.log(agreed)) < 0.35


def test_tenants_fund_their_share_of_neoclouds_needs(make) -> None:
    signed = {}
    for share in (0.0, 0.25, 1.0):
        s = make("baseline", {"ai.tenant_funded_share": share}, months=24, runs=(0, 1), small=False)
        new = (s.leases.signed >= 0) & (s.leases.it_mw > 0)
        able = np.take_along_axis(ai_options.can_fit_out(s), np.maximum(s.leases.tenant, 0), axis=1)
        theirs = s.leases.it_mw * (new & able)
        signed[share] = (theirs * s.leases.tenant_funded).sum() / theirs.sum()
        assert not (s.leases.tenant_funded & new & ~able).any()  # who needs a guarantor pays for no hall
    assert signed[0.0] == 0.0
    assert 0.1 < signed[0.25] < 0.6 < signed[1.0]


def test_clouds_are_open_to_firms_with_capital_only(make) -> None:
    """Equity and a strong tenant open the gate; a firm without money stays out, and no gate is closed by payback."""
    s = make("baseline", months=2, runs=(0,), small=False)
    terms = ai_options.terms_of_products(s)
    opened, poor = 0, 0
    for _ in range(6):
        s.advance()
        seen = s.last_review[1]
        gate = seen.gate[:, ob.CLOUD]
        opened += int((gate == ob.OPEN).sum())
        poor += int((gate == ob.NO_EQUITY).sum())
        need = terms.equity[CLOUD, 0].min() * s.tenants.min_mw.min()
        assert (seen.equity[gate == ob.OPEN, ob.CLOUD] * seen.connected_mw[gate == ob.OPEN] * 1e6 > 0.2 * need).all()
    assert 20 < opened < poor


def test_a_cloud_contract_feels_scarcity_not_the_age_of_cards(make) -> None:
    young, old = (make("baseline", {"ai.gpu_rent_volatility": 0.0}, months=m, runs=(0,)) for m in (1, 24))
    assert old.now.gpu_rent[0] < 0.8 * young.now.gpu_rent[0]
    ours, theirs = (ai_options.terms_of_products(s).rent[CLOUD, 0] for s in (young, old))
    np.testing.assert_allclose(ours, theirs)


def test_rents_follow_the_tenants_credit(make) -> None:
    s = make("baseline", months=1, runs=(0,))
    rent = ai_options.terms_of_products(s).rent[COLOCATION, 0] / (s.now.rent[0] * 1e6)
    assert rent[TENANT_FUNDED] == pytest.approx(0.81)
    assert rent[CREDITS.index("backstopped")] > rent[INVESTMENT_GRADE]
