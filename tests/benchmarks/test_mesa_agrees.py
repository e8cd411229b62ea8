"""The agent-by-agent Mesa reference and the engine, started from the same state, come to the same month."""

from __future__ import annotations

import numpy as np
import pytest

from agents import observations as ob
from agents import rules
from experiments.bench import load_reference
from sim.phases import ai_sites, bills, dispatch, reviews, tender, world
from sim.phases.cases import CLIENT, gather
from sim.scenario import Scenario
from sim.sector import Sector

opening = load_reference()
FLOWS = ("ehs", "mw", "mwh", "power_cost", "resale", "curtailed_mwh")
VALUED = (ob.OPEN, ob.WORSE, ob.NO_EQUITY, ob.SLOW_PAYBACK, ob.TOO_SMALL)
# A month of policy in which every cost and income line has something to say.
CHANGES = {
    "policy.carbon_price_usd_per_t": 30.0, "policy.carbon_from": "2026-07", "policy.carbon_ramp_months": 1,
    "policy.mining_excise_usd_per_mwh": 2.0, "policy.excise_from": "2026-07", "policy.excise_ramp_months": 1,
    "policy.large_load_duty_usd_per_mw_year": 5000.0, "ai.compliance_cost_usd_per_mw_year": 1000.0,
    "behaviour.skills_transfer": 0.1, "power.hosting_notice_months": 12.0, "policy.ai_priority_months": 3.0,
    "policy.ai_interest_relief": 0.005,
}  # fmt: skip


@pytest.fixture(scope="module", params=[0, 14], ids=["first month", "after a year"])
def month(request):
    """A sector of two runs and the references of both, each after dispatch and books of the same month."""
    s = Sector(Scenario.load("baseline", overrides=CHANGES), seed=5, runs=(0, 3), months=30)
    s.advance()  # prices, rigs on sale and tenants' wishes exist from the first month on
    for _ in range(request.param):
        s.advance()
    s.begin_month()
    world.move_drivers(s)
    world.set_rules(s)
    references = [opening.from_sector(s, run) for run in range(2)]
    dispatch.dispatch(s)
    for phase in (
        bills.mining_income, bills.programme_income, ai_sites.earn_rent, bills.fixed_costs, bills.debt_service,
        bills.tax,
    ):  # fmt: skip
        phase(s)
    for reference in references:
        reference.dispatch()
        reference.keep_books()
    return s, references


@pytest.fixture(scope="module")
def choices(month):
    """The engine's cases, observation and choice, and the decisions of references built from the same state."""
    s, _ = month
    tender.ask_tenants(s)
    cases = gather(s)
    count = np.bincount(cases.run * s.n_firms + cases.firm, minlength=s.n_runs * s.n_firms)
    s.cases_of_firm = np.maximum(count.reshape(s.n_runs, s.n_firms), 1)
    observation, _, _ = reviews.observe(s, cases)
    found = {}
    for run in range(2):
        reference = opening.from_sector(s, run)
        for case in np.flatnonzero(cases.run == run):
            site, draw = reference.sites[int(cases.at.row[case])], float(observation.draw[case])
            client = cases.role[case] == CLIENT
            site.draws = (site.draws[0], draw) if client else (draw, site.draws[1])
        reference.choose()
        found |= {(run, d.site.row, d.role): d for d in reference.decisions}
    keys = zip(cases.run.tolist(), cases.at.row.tolist(), cases.role.tolist(), strict=True)
    assert len(found) == len(cases)
    return observation, rules.decide(observation), [found[key] for key in keys]


def test_rigs_run_the_same_hours_at_the_same_hashprice(month):
    s, references = month
    for run, reference in enumerate(references):
        for name in ("hashprice", "hashrate", "coins", "height"):
            assert getattr(reference.now, name) == pytest.approx(getattr(s.now, name)[run], rel=1e-9), name
        for name in FLOWS:
            here = [getattr(site, name) for site in reference.sites.values()]
            there = getattr(s.dispatched, name)[run, list(reference.sites)]
            np.testing.assert_allclose(here, there, rtol=1e-9, atol=1e-9 * there.max(), err_msg=name)
            assert there.sum() == pytest.approx(getattr(s.dispatched, name)[run].sum(), rel=1e-12)


def test_idle_rigs_leave_alike(month):
    s, references = month
    for run, reference in enumerate(references):
        here = np.zeros_like(s.rigs.ehs[run])
        for site in reference.sites.values():
            here[site.row, list(site.rigs)] = list(site.rigs.values())
        np.testing.assert_allclose(here, s.rigs.ehs[run], rtol=1e-9, atol=1e-12)


def test_income_of_every_firm_agrees_line_by_line(month):
    s, references = month
    for run, reference in enumerate(references):
        for line in next(iter(reference.firms.values())).lines:
            here = np.zeros(s.n_firms)
            here[list(reference.firms)] = [firm.lines[line] for firm in reference.firms.values()]
            np.testing.assert_allclose(here, s.books.lines[line][run], rtol=1e-9, atol=1e-6, err_msg=line)


def test_balances_and_their_other_side_agree(month):
    s, references = month
    for run, reference in enumerate(references):
        for name, values in s.books.stock.items():
            here = [firm.stock[name] for firm in reference.firms.values()]
            np.testing.assert_allclose(here, values[run, list(reference.firms)], rtol=1e-9, atol=1e-3, err_msg=name)
        for column, (sector, owed) in enumerate(s.books.owed.items()):
            here = [firm.owed[sector] for firm in reference.firms.values()]
            np.testing.assert_allclose(here, owed[run, list(reference.firms)], rtol=1e-9, atol=1e-3)
            for name, values in s.books.outside.items():
                assert reference.outside[sector][name] == pytest.approx(values[run, column], rel=1e-9, abs=1.0)


def test_firms_state_agrees(month):
    s, references = month
    for run, reference in enumerate(references):
        alive = list(reference.firms)
        for name, values in (
            ("coins_btc", s.firms.coins_btc), ("tax_losses", s.firms.tax_losses), ("monthly_costs", s.monthly_costs),
            ("balance", s.facilities.balance), ("coupon", s.facilities.coupon), ("maturity", s.facilities.maturity),
            ("convert_maturity", s.firms.convert_maturity),
        ):  # fmt: skip
            here = np.array([getattr(firm, name) for firm in reference.firms.values()], dtype=float)
            np.testing.assert_allclose(here, values[run, alive], rtol=1e-9, atol=1e-6, err_msg=name)


def test_every_line_has_something_to_say(month):
    s, _ = month
    silent = {name for name in ("mining_revenue", "hosting_revenue", "ai_revenue", "gpu_revenue", "demand_response",
                                "resale", "power_cost", "pool_fee", "other_cost", "site_cost", "hosting_fees",
                                "overhead", "ai_cost", "carbon_cost", "excise", "duties", "penalties", "interest",
                                "depreciation", "tax") if not s.books.lines[name].any()}  # fmt: skip
    assert silent == set()


def test_same_gates_close_the_same_options(choices):
    observation, _, decisions = choices
    np.testing.assert_array_equal([d.gates for d in decisions], observation.gate)


def test_options_are_worth_the_same(choices):
    observation, _, decisions = choices
    valued = np.isin(observation.gate, VALUED)
    assert valued[:, 1:].sum() > len(decisions)
    here = np.array([d.values for d in decisions])
    np.testing.assert_allclose(here[valued], observation.value[valued], rtol=1e-9, atol=1e-9)


def test_same_options_are_chosen(choices):
    _, choice, decisions = choices
    assert len(set(choice.tolist())) >= 3
    np.testing.assert_array_equal([d.choice for d in decisions], choice)


def test_the_reference_steps_on_its_own(month):
    s, _ = month
    reference = opening.from_sector(s)
    before = reference.month
    for _ in range(3):
        reference.step()
    assert reference.month == before + 3
    assert reference.decisions
    assert 0.5 < reference.now.hashrate / s.now.hashrate[0] < 2.0
