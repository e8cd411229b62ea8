import numpy as np
import pytest

from experiments.axes import read_axis
from experiments.designs import Design
from sim.errors import UserError
from sim.scenario import describe

CARBON, RULE, ELASTICITY = "policy.carbon_price_usd_per_t", "behaviour.rule", "ai.rent_elasticity"
BANS = "policy.mining_ban_regions"


def design(method="lhs", samples=8, **more):
    content = {"method": method, "samples": samples, "runs": 2, "axes": {CARBON: [0, 150], RULE: ["npv", "payback"]}}
    return Design.of(content | more)


def test_latin_hypercube_has_one_point_in_each_slice_of_each_axis():
    points = design(samples=10).points
    assert sorted(int(value // 15) for value in points[CARBON]) == list(range(10))
    assert points[RULE].value_counts().to_dict() == {"npv": 5, "payback": 5}


def test_factorial_takes_every_combination_within_the_number_of_samples():
    points = design("factorial", 7).points
    assert [tuple(row) for row in points[[CARBON, RULE]].to_numpy().tolist()] == [
        (0.0, "npv"), (0.0, "payback"), (75.0, "npv"), (75.0, "payback"), (150.0, "npv"), (150.0, "payback"),
    ]  # fmt: skip
    assert len(design("factorial", 1).points) == 4  # a range has two ends at least


@pytest.mark.parametrize(("samples", "base"), [(8, 8), (6, 8), (1, 1)])
def test_sobol_design_has_n_times_axes_plus_two_points(samples, base):
    made = design("sobol", samples)
    assert (made.base_samples, len(made.points)) == (base, base * 4)


def test_morris_moves_one_axis_per_step():
    made = design("morris", 5, axes={CARBON: [0, 150], ELASTICITY: [1, 2], "ai.retrofit_lead_months": True})
    unit = made.unit.reshape(5, 4, 3)
    assert ((np.diff(unit, axis=1) != 0).sum(axis=2) == 1).all()


@pytest.mark.parametrize("method", ["lhs", "sobol", "morris"])
def test_seed_zero_is_a_seed(method):
    assert design(method, 4, seed=0).points.equals(design(method, 4, seed=0).points)
    assert not design(method, 4, seed=0).points.equals(design(method, 4, seed=1).points)


def test_levers_meet_every_sampled_point():
    axes, levers = {ELASTICITY: [1.0, 2.0]}, {CARBON: [0, 60, 120], "behaviour.pivot_allowed": True}
    points = design(samples=4, axes=axes, levers=levers).points
    assert len(points) == 4 * 3 * 2
    for _, group in points.groupby("sample"):
        assert group[ELASTICITY].nunique() == 1
        assert len(group[[CARBON, "behaviour.pivot_allowed"]].drop_duplicates()) == 6


def test_defaults_of_the_registry():
    u = np.array([0.0, 0.3, 1.0])
    assert read_axis(ELASTICITY, True).at(u) == describe(ELASTICITY).distribution.ppf(u).tolist()
    assert read_axis(ELASTICITY, "bounds").words == f"{describe(ELASTICITY).low:g} to {describe(ELASTICITY).high:g}"
    assert read_axis(CARBON, True).at(u) == [0.0, 600.0, 2000.0]  # no distribution: its bounds
    assert read_axis("behaviour.pivot_allowed", True).at(u) == [False, False, True]
    assert set(read_axis("bitcoin.price_process", True).values) == set(describe("bitcoin.price_process").choices)


def test_whole_numbers_of_a_range_are_equally_likely():
    values = read_axis("policy.carbon_ramp_months", [1, 4]).at((np.arange(400) + 0.5) / 400)
    assert np.unique(values, return_counts=True)[1].tolist() == [100] * 4
    assert read_axis("policy.carbon_ramp_months", [1, 4]).levels(9) == [1, 2, 3, 4]


def test_lists_and_scenarios_can_be_axes():
    bans = read_axis(BANS, [[], ["RUSSIA", "CHINA"]])
    assert bans.values == ((), ("RUSSIA", "CHINA"))
    assert bans.words == "none, RUSSIA + CHINA"
    assert read_axis("scenario", ["baseline", "carbon-tax"]).values == ("baseline", "carbon-tax")


def test_a_design_reads_back_what_it_writes(tmp_path):
    made = design("sobol", 4, axes={CARBON: [0, 150], ELASTICITY: True, BANS: [[], ["RUSSIA"]]})
    (tmp_path / "design.toml").write_text(made.to_toml())
    again = Design.load(tmp_path / "design.toml")
    assert again == made
    assert again.digest == made.digest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"methd": "lhs"}, "did you mean method"),
        ({"method": "latin"}, "must be one of lhs, factorial, sobol, morris"),
        ({"samples": 0}, "samples = 0: must be a whole number of at least 1"),
        ({"runs": True}, "runs = True: must be a whole number"),
        ({"axes": {}}, "is empty; name at least one"),
        ({"axes": {"policy.carbon_price": [0, 1]}}, "policy.carbon_price: unknown key; did you mean"),
        ({"axes": {CARBON: [0, 5000]}}, "must lie between 0 and 2000"),
        ({"axes": {"shocks": True}}, "shocks: has dated entries; put them into scenario files"),
        ({"axes": {CARBON: [150, 0]}}, "the lower end of a range comes first"),
        ({"axes": {CARBON: ["much"]}}, "must be a number"),
        ({"axes": {RULE: ["npv", "npv"]}}, "a value occurs twice"),
        ({"axes": {"policy": {"carbon_price_usd_per_t": [0, 1]}}}, "write the key in quotation marks"),
        ({"scenario": "baselin"}, "did you mean baseline"),
        ({"levers": {CARBON: [0, 1]}}, r"is in \[axes\] and in \[levers\]"),
    ],
)
def test_what_is_wrong_is_said(change, words):
    with pytest.raises(UserError, match=words):
        design(**change)


def test_every_problem_is_said_at_once():
    with pytest.raises(UserError) as caught:
        design(samples=0, runs=0, axes={"nope.nope": [0, 1], RULE: ["best"]})
    assert len(str(caught.value).splitlines()) == 4
