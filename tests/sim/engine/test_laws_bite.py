"""Every law notices what it is there for: a corrupted state breaks exactly the law concerned."""

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import pytest

from sim.laws import LAWS, LawBrokenError, check_laws
from sim.sector import Sector


@pytest.fixture(scope="module")
def sound() -> Sector:
    from sim.scenario import Scenario

    sizes = {"world.firms": 120, "world.sites": 240, "world.entrant_firms": 20, "world.check_laws": True}
    sector = Sector(Scenario.load("baseline", sizes), 1, (7, 8), mode="fixed")
    for _ in range(4):
        sector.advance()
    return sector


def hashrate(s: Sector) -> None:
    s.now.hashrate[1] *= 1.0 + 1e-6


def coins(s: Sector) -> None:
    s.now.fee_coins[1] += 0.01


def power_by_use(s: Sector) -> None:
    s.sites.vacant[1, 0] += s.sites.connected[1, 0] + 1.0


def signed(s: Sector) -> None:
    kept = s.sites.racks - np.minimum(s.sites.racks_leaving, s.sites.racks)
    short = kept + s.sites.ai_gross + s.sites.ai_building - s.sites.connected
    site = int(np.argmax(short[1]))
    assert short[1, site] > 1.0, "a site whose leases wait for their connection"
    s.sites.pipeline[1, site] = 0.0


def delivered(s: Sector) -> None:
    s.leases.delivered_mw[1, 0] -= 0.01


def landlord(s: Sector) -> None:
    s.leases.firm[1, 0] += 1


def stock(s: Sector) -> None:
    s.books.stock["sites"][1, 0] += 100.0
    s.books.stock["rigs"][1, 0] -= 100.0  # so that equity stays what it was


def income(s: Sector) -> None:
    s.books.lines["power_cost"][1, 0] += 100.0


def counterparty(s: Sector) -> None:
    s.books.outside["payables"][1, 2] += 100.0


def loan(s: Sector) -> None:
    s.facilities.balance[1, 0, 0] += 100.0


def treasury(s: Sector) -> None:
    s.firms.coins_btc[1, 0] += 0.01


def negative_rigs(s: Sector) -> None:
    s.rigs.ehs[1, 0, 0] = -0.001


def negative_pipeline(s: Sector) -> None:
    spare = s.sites.connected - s.sites.racks - s.sites.ai_gross - s.sites.ai_building
    s.sites.pipeline[1, int(np.argmax(spare[1]))] = -0.001


def rigs_of_the_gone(s: Sector) -> None:
    site = int(np.argmax(s.rigs.ehs[1].sum(axis=-1)))
    s.sites.miner[1, site] = s.n_firms - 1
    assert not s.firms.alive[1, s.n_firms - 1]


def site_of_the_gone(s: Sector) -> None:
    leased = set(s.leases.site[1].tolist())
    own = s.sites.owner[1] == s.sites.miner[1]
    site = next(k for k in np.flatnonzero((s.sites.owner[1] >= 0) & own) if k not in leased)
    s.rigs.ehs[1, site] = 0.0
    s.sites.owner[1, site] = s.n_firms - 1


CASES: list[tuple[Callable[[Sector], None], str]] = [
    (hashrate, "hashrate_adds_up"),
    (coins, "coins_add_up"),
    (power_by_use, "power_by_use_fits"),
    (signed, "signed_fits"),
    (delivered, "leases_match_sites"),
    (stock, "stocks_close"),
    (income, "equity_follows_income"),
    (counterparty, "instruments_sum_to_zero"),
    (loan, "loans_match_contracts"),
    (treasury, "coins_match_treasury"),
    (negative_rigs, "nothing_negative"),
    (negative_pipeline, "nothing_negative"),
    (rigs_of_the_gone, "exited_own_nothing"),
    (site_of_the_gone, "exited_own_nothing"),
]


def broken(s: Sector) -> dict[str, list[bool]]:
    return {law.__name__: law(s).tolist() for law in LAWS if law(s).any()}


def test_a_sound_state_breaks_none(sound: Sector) -> None:
    assert broken(sound) == {}


def test_every_law_has_a_case() -> None:
    assert {law.__name__ for law in LAWS} == {name for _, name in CASES}


@pytest.mark.parametrize(("corrupt", "law"), CASES, ids=[corrupt.__name__ for corrupt, _ in CASES])
def test_exactly_that_law_fails_in_that_run(sound: Sector, corrupt: Callable[[Sector], None], law: str) -> None:
    sector = deepcopy(sound)
    corrupt(sector)
    assert broken(sector) == {law: [False, True]}


def test_a_lease_must_belong_to_the_owner_of_its_site(sound: Sector) -> None:
    sector = deepcopy(sound)
    landlord(sector)
    assert "leases_match_sites" in broken(sector)


def test_a_coin_balance_without_a_price_change_is_noticed_in_the_books(sound: Sector) -> None:
    sector = deepcopy(sound)
    sector.books.stock["coins"][0, 0] += 1000.0
    assert {"coins_match_treasury", "stocks_close", "equity_follows_income"} == set(broken(sector))


def test_the_message_names_law_run_and_month(sound: Sector) -> None:
    sector = deepcopy(sound)
    treasury(sector)
    with pytest.raises(LawBrokenError, match=r"month 4: coins in the books .* \(runs 8\)"):
        check_laws(sector)


def test_the_switch_checks_in_any_run(sound: Sector) -> None:
    sector = deepcopy(sound)
    loan(sector)
    with pytest.raises(LawBrokenError, match="loans in the books"):
        sector.advance()
