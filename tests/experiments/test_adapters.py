import re
from pathlib import Path

import numpy as np
import pytest

from experiments import cli, simulate
from experiments.adapters import Simulation
from sim.errors import RunError, UserError
from sim.scenario import Scenario, ScenarioError, describe

ROOT = Path(cli.__file__).resolve().parent.parent
CARBON, ELASTICITY = "policy.carbon_price_usd_per_t", "ai.rent_elasticity"
SMALL = Scenario.load("baseline", {"world.firms": 60, "world.sites": 200, "world.entrant_firms": 10})


def test_a_call_is_the_mean_over_runs_of_the_scenario():
    simulation = Simulation((CARBON,), ("emissions", "firms_btc"), SMALL, runs=3, seed=2, months=4)
    found = simulation(policy__carbon_price_usd_per_t=90.0)
    scenario = SMALL.with_overrides({CARBON: 90.0})
    results = simulate(scenario, 2, 3, months=4, assumptions="fixed")
    for name in ("emissions", "firms_btc"):
        assert found[name] == pytest.approx(results.outcome(name).iloc[:, -1].mean(), rel=1e-12)


def test_a_matrix_gives_what_calls_give_one_by_one():
    simulation = Simulation((CARBON, "policy.carbon_ramp_months"), ("emissions", "hashprice"), SMALL, months=3)
    points = np.array([[0.0, 1.0], [120.0, 3.0], [60.0, 2.4]])
    whole = simulation.evaluate(points)
    assert whole.shape == (3, 2)
    for row, (carbon, ramp) in zip(whole, points, strict=True):
        values = {"policy__carbon_price_usd_per_t": carbon, "policy__carbon_ramp_months": round(ramp)}
        assert simulation(**values) == dict(zip(("emissions", "hashprice"), row, strict=True))


def test_words_and_lists_can_be_parameters():
    simulation = Simulation(("behaviour.rule", "policy.mining_ban_regions"), ("hashprice",), SMALL, months=2)
    ban = simulation(behaviour__rule="payback", policy__mining_ban_regions=["RUSSIA"])
    assert ban["hashprice"] > 0


def test_problem_has_the_bounds_of_the_registry():
    spread = describe(ELASTICITY).distribution
    assert Simulation((CARBON, ELASTICITY), ("hashprice",)).problem == {
        "num_vars": 2, "names": [CARBON, ELASTICITY], "bounds": [[0.0, 2000.0], [spread.low, spread.high]],
    }  # fmt: skip


def test_wrong_input_and_failed_runs_are_raised(fake_engine, monkeypatch):
    simulation = Simulation((CARBON,), ("hashprice",), months=1)
    with pytest.raises(ScenarioError, match="must lie between 0 and 2000"):
        simulation(policy__carbon_price_usd_per_t=-1.0)
    with pytest.raises(UserError, match="points have 2 columns"):
        simulation.evaluate([[1.0, 2.0]])
    monkeypatch.setenv("FAKE_BAD_RUN", "0")
    with pytest.raises(RunError, match="Point 0, run 0 failed: ValueError: a made-up failure"):
        simulation.evaluate([[1.0]])


@pytest.mark.parametrize("tool", ["experiments import sweep", "ema_workbench", "SALib"])
def test_the_examples_of_the_documentation_run(tool, fake_engine, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs/sweeps.md").read_text()
    code = next(code for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if tool in code)
    made: dict = {}
    exec(code, made)
    if tool == "SALib":
        assert made["hashprice"].shape == (9,)
        assert len(made["indices"]["mu_star"]) == 2
    elif tool == "ema_workbench":
        assert len(made["experiments"]) == 4
        assert np.isfinite(made["outcomes"]["ai_contracted"]).all()
    else:
        assert len(made["result"].points) == 8
