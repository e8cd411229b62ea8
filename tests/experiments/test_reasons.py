"""Plain sentences from decision records: by hand for every option and gate, and for every row of a real run."""

import re
from typing import Any

import pandas as pd
import pytest

from agents.observations import GATES, OPTIONS
from experiments.reasons import AI, closed_options, megawatts, money, percent, sentence, title
from experiments.wording import MINUS
from sim import Scenario, simulate
from sim.columns import columns

NAN = float("nan")
PLACEHOLDERS = re.compile(r"\bnan\b|\bnone\b|\binf\b|[_{}]|  |: ;|; ;|;\.|: \.", re.IGNORECASE)


def row(**changes: Any) -> dict[str, Any]:
    """A firm that stays: 12 MW are too small, AI would earn 4 % against 9 % hashing."""
    values = {
        "run": 0, "month": "2027-03", "firm": "Small Miner", "site": 7, "role": "owner", "rule": "npv",
        "connected_mw": 17.0, "choice": "hold", "value_usd_m_per_mw": 0.0, "mw": 0.0, "equity_return": NAN,
        "runner_up": "", "runner_up_value_usd_m_per_mw": NAN, "hashing_return": 0.09,
        "reluctance_usd_m_per_mw": 0.35, "inertia_usd_m_per_mw": 0.10, "best_ai": "colocation",
        "best_ai_gate": "too small for every tenant", "best_ai_value_usd_m_per_mw": -0.2, "best_ai_it_mw": 12.0,
        "best_ai_minimum_mw": 40.0, "best_ai_equity_return": 0.04, "best_ai_payback_years": 25.0,
        "gate": "colocation:too_small_for_every_tenant GPU_cloud:no_tenant_with_demand", "outcome": "", "tenant": "",
    }  # fmt: skip
    assert set(values) == set(columns("decisions"))
    return values | changes


def test_the_numbers_that_decided() -> None:
    assert sentence(row()) == (
        "Stayed in BTC: 12 MW of IT is below every tenant's minimum (the best payer takes 40 MW); "
        "the best AI option (colocation) would have earned 4 % on equity against 9 % hashing."
    )
    assert title(row()) == "Did not pivot"


def test_a_lease() -> None:
    signed = row(
        choice="colocation", outcome="leased", tenant="CoreWeave", mw=72.4, value_usd_m_per_mw=1.2,
        equity_return=0.31, runner_up="expand hashing", runner_up_value_usd_m_per_mw=0.2, best_ai_gate="open",
    )  # fmt: skip
    assert title(signed) == "Leased 72 MW"
    assert sentence(signed) == (
        "Leased 72 MW of IT (colocation) to CoreWeave: worth 1.20 M USD/MW more than holding; it earns 31 % a year "
        "on equity against 9 % hashing; the best other open option was expand hashing, worth 0.20 M USD/MW more "
        "than holding."
    )
    offered = signed | {"outcome": "no tenant", "tenant": ""}
    assert title(offered) == "Offered 72 MW, no tenant"
    assert sentence(offered).startswith("Offered 72 MW of IT (colocation) and found no tenant this month: ")


@pytest.mark.parametrize(
    ("gate", "facts", "words"),
    [
        ("site not suitable", {}, "the site is not suitable for AI"),
        ("no tenant with demand", {"best_ai_minimum_mw": NAN}, "no tenant has demand for colocation"),
        ("equity not raisable", {}, "money pays for 12 MW of IT where the tenant takes no less than 40 MW"),
        ("payback too long", {}, "put into colocation would be back in 25.0 years, beyond the firm's limit"),
        ("payback too long", {"best_ai_payback_years": NAN}, "the equity put into colocation would never come back"),
        ("not permitted", {}, "AI is not permitted there"),
        ("nothing to do it with", {}, "there is no idle MW, hall or rack for AI; hashing earns 9 % a year."),
        ("for the other party to decide", {"role": "client"}, "Left its rigs at the host: AI is for the owner"),
        ("rigs are hosted there under contract", {"role": "host"}, "Kept the miners it hosts: the hosting contract"),
        ("open", {}, "0.20 M USD/MW less than holding, the firm asks for 0.45 M USD/MW before it leaves mining"),
        ("open", {"best_ai_value_usd_m_per_mw": 0.5}, "0.50 M USD/MW more than holding, above the 0.45 M USD/MW"),
    ],
)
def test_what_closed_the_pivot(gate: str, facts: dict[str, Any], words: str) -> None:
    assert words in sentence(row(best_ai_gate=gate, **facts))


@pytest.mark.parametrize(
    ("choice", "begins", "heading"),
    [
        ("refresh rigs", "Ordered 2.4 MW of new rigs for old ones: worth", "Ordered 2.4 MW of rigs for old ones"),
        ("expand hashing", "Ordered 2.4 MW of further rigs: worth", "Ordered 2.4 MW of rigs"),
        ("relocate rigs", "Took 2.4 MW of rigs away from the site: worth", "Took 2.4 MW of rigs away"),
        ("sell site", "Put the site (2.4 MW) up for sale: worth", "Put 2.4 MW up for sale"),
        ("close", "Closed the site (2.4 MW): worth", "Closed 2.4 MW"),
    ],
)
def test_choices_within_mining(choice: str, begins: str, heading: str) -> None:
    made = row(choice=choice, mw=2.4, value_usd_m_per_mw=0.3, equity_return=0.5)
    assert sentence(made).startswith(begins)
    assert sentence(made).endswith("12 MW of IT is below every tenant's minimum (the best payer takes 40 MW).")
    assert title(made) == heading


@pytest.mark.parametrize("choice", OPTIONS)
@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("empty", [False, True])
def test_every_option_with_every_gate_is_a_sentence(choice: str, gate: str, empty: bool) -> None:
    unknown = {name: NAN for name, value in row().items() if isinstance(value, float)} if empty else {}
    kept = ("connected_mw", "value_usd_m_per_mw", "mw", "reluctance_usd_m_per_mw", "inertia_usd_m_per_mw",
            "best_ai_value_usd_m_per_mw", "best_ai_it_mw")  # fmt: skip
    made = row(**{name: value for name, value in unknown.items() if name not in kept})
    made |= {"choice": choice, "best_ai_gate": gate, "outcome": "no tenant" if choice in AI else ""}
    said = sentence(made)
    assert said.endswith(".")
    assert not PLACEHOLDERS.search(said), said
    assert title(made)


def test_rules_that_do_not_rank_by_value_say_so() -> None:
    assert "by chance, not by value (rule random)" in sentence(row(rule="random"))
    assert "as linked firms do (rule imitation)" in sentence(row(rule="imitation"))
    assert "by the rule payback" in sentence(row(rule="payback"))


def test_closed_options_in_words() -> None:
    assert closed_options(row()) == [
        ("colocation", "too small for every tenant"), ("GPU cloud", "no tenant with demand"),
    ]  # fmt: skip
    assert closed_options(row(gate="")) == []


def test_numbers() -> None:
    assert [megawatts(x) for x in (72.4, 9.97, 5.0, 0.038, 0.001, 0.0, NAN)] == [
        "72 MW", "10 MW", "5 MW", "0.038 MW", "less than 0.01 MW", "no MW", "no MW",
    ]  # fmt: skip
    assert [percent(x) for x in (0.04, -0.004, -0.03, 12.0, -40.0)] == [
        "4 %", "0 %", f"{MINUS}3 %", "over 1000 %", f"under {MINUS}1000 %",
    ]  # fmt: skip
    assert [money(x) for x in (1.25, -0.2, 0.003)] == [
        "1.25 M USD/MW", f"{MINUS}0.20 M USD/MW", "3,000 USD/MW",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def run() -> dict[str, pd.DataFrame]:
    small = {"world.firms": 100, "world.sites": 200, "world.entrant_firms": 20, "behaviour.rule_small": "payback"}
    result = simulate(Scenario.load("baseline", small), seed=3, runs=2, months=18)
    return {name: result.table(name) for name in ("decisions", "contracts")}


def test_every_row_of_a_run_gives_a_sentence(run) -> None:
    rows = run["decisions"].to_dict("records")
    assert len(rows) > 500
    for made in rows:
        said = sentence(made)
        assert said.endswith(".")
        assert not PLACEHOLDERS.search(said.replace(made["tenant"] or "\n", "")), said
        assert title(made)
    assert len({made["choice"] for made in rows}) >= 6
    assert sentence(run["decisions"].iloc[0]) == sentence(rows[0])


def test_the_record_holds_together(run) -> None:
    made = run["decisions"]
    every = set(OPTIONS[1:])
    for found in made.to_dict("records")[:300]:
        closed = dict(closed_options(found))
        assert set(closed) <= every - {found["choice"], found["runner_up"]}
        assert set(closed.values()) <= set(GATES[1:])
        if found["best_ai_gate"] == "open":
            assert found["best_ai"] not in closed
        else:
            assert closed[found["best_ai"]] == found["best_ai_gate"]
    ai = made["choice"].isin(AI)
    assert (made.loc[ai, "mw"] > 0).all()
    leased = made[made["outcome"] == "leased"]
    assert (leased["tenant"] != "").all()
    assert (made.loc[made["outcome"] != "leased", "tenant"] == "").all()
    new = run["contracts"].query("run == 0 and signed >= '2026-07'")
    assert leased["mw"].sum() == pytest.approx(new["it_mw"].sum())
    small = made["best_ai_gate"] == "too small for every tenant"
    assert small.any()
    assert (made.loc[small, "best_ai_it_mw"] < made.loc[small, "best_ai_minimum_mw"]).all()
    assert set(made["rule"]) == {"npv", "payback"}
    assert set(made["role"]) == {"owner", "host", "client"}
