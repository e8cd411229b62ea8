import pandas as pd
import pyarrow.parquet as pq
import pytest

from experiments import simulate, sweep
from experiments.sweep_result import SweepResult
from experiments.sweeps import SweepPlan, read_design
from sim.errors import RunError, UserError
from sim.results import ResultSet
from sim.runs import run_job
from sim.scenario import Scenario

CARBON, RULE, ELASTICITY = "policy.carbon_price_usd_per_t", "behaviour.rule", "ai.rent_elasticity"
DESIGN = {
    "method": "lhs", "samples": 5, "runs": 2, "months": 3, "seed": 4,
    "axes": {CARBON: [0, 150], RULE: ["npv", "payback"]},
}  # fmt: skip
SMALL = 'extends = ["baseline"]\n[world]\nfirms = 60\nsites = 200\nentrant_firms = 10\n'


@pytest.fixture
def swept(fake_engine, tmp_path):
    def call(folder="out", **options):
        content = DESIGN | options.pop("change", {})
        return sweep(content, out=tmp_path / folder, plugins=(fake_engine,), **options)

    return call


def same(a: SweepResult, b: SweepResult) -> None:
    for name in ("sector", "classes", "regions", "events", "contracts", "errors"):
        pd.testing.assert_frame_equal(a.table(name), b.table(name))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A design over a small world with the real engine, and its result."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.toml").write_text(SMALL)
    axes = {CARBON: [0, 150], ELASTICITY: True, RULE: ["npv", "payback"]}
    content = DESIGN | {"scenario": str(folder / "small.toml"), "samples": 4, "months": 8, "axes": axes}
    return content, sweep(content, out=folder / "out")


def test_a_point_equals_the_simulation_of_its_scenario(small):
    content, result = small
    for point, row in result.points.iterrows():
        overrides = {key: row[key] for key in (CARBON, ELASTICITY, RULE)}
        alone = simulate(Scenario.load(content["scenario"], overrides), 4, 2, months=8, firms="none")
        for name in ("sector", "classes", "events", "contracts"):
            mixed = result.table(name, point).drop(columns="point").reset_index(drop=True)
            pd.testing.assert_frame_equal(mixed, alone.table(name), check_exact=True)


def test_points_meet_the_same_chances(small):
    _, result = small
    prices = result.table("sector").pivot(index=["run", "month"], columns="point", values="btc_price_usd")
    assert (prices.nunique(axis=1) == 1).all()
    assert result.outcomes(["public_revenue"])["public_revenue"].nunique() == 8


def test_workers_and_batches_change_nothing(small, tmp_path):
    content, result = small
    same(sweep(content, out=tmp_path / "out", workers=2), result)


def test_every_table_has_the_point_first(swept):
    result = swept()
    path = result.folder / "sector" / result.batches[0]
    schema = pq.read_schema(path)
    assert schema.names[:3] == ["point", "run", "month"]
    assert str(schema.field("point").type) == "int64"
    assert b"points.csv" in schema.field("point").metadata[b"description"]
    sector = result.table("sector")
    assert len(sector) == 5 * 2 * 3
    keys = sector[["point", "run"]].drop_duplicates().to_numpy().tolist()
    assert keys == [[point, run] for point in range(5) for run in (0, 1)]
    assert sector["hhi_hashrate"].tolist() == result.points[CARBON].repeat(6).tolist()


def test_what_is_complete_is_not_computed_again(swept, monkeypatch):
    whole = swept("whole")
    result = swept()
    lost = result.folder / "sector" / result.batches[-1]
    points = set(pd.read_parquet(lost)["point"])
    lost.unlink()
    computed = []

    def watched(job, *args):
        computed.extend(job.points)
        return run_job(job, *args)

    monkeypatch.setattr("experiments.workers.run_job", watched)
    same(swept(), whole)
    assert set(computed) == points


@pytest.mark.parametrize("change", [{"samples": 6}, {"axes": {CARBON: [0, 140]}}, {"seed": 5}, {"scenario": "no-ai"}])
def test_the_folder_of_another_design_is_refused(swept, change):
    swept()
    with pytest.raises(UserError, match="choose another --out"):
        swept(change=change)


def test_a_folder_of_runs_is_refused(swept, fake_engine, tmp_path):
    simulate("baseline", 4, 2, months=3, plugins=(fake_engine,), out=tmp_path / "out")
    with pytest.raises(UserError, match="another sweep design"):
        swept()
    with pytest.raises(UserError, match="holds no sweep"):
        SweepResult.load(tmp_path / "out")


def test_a_folder_of_a_sweep_is_not_one_of_runs(swept):
    with pytest.raises(UserError, match="holds a sweep of many points"):
        ResultSet.load(swept().folder)


def test_a_failing_run_is_a_row_and_the_rest_goes_on(swept, monkeypatch):
    whole = swept("whole")
    monkeypatch.setenv("FAKE_BAD_RUN", "1")
    result = swept()
    assert result.errors[["point", "run"]].to_numpy().tolist() == [[point, 1] for point in range(5)]
    assert "fake_engine.py" in result.errors["traceback"].iloc[0]
    sector = whole.table("sector")
    pd.testing.assert_frame_equal(result.table("sector"), sector[sector["run"] == 0].reset_index(drop=True))
    with pytest.raises(UserError, match="5 of 10 runs failed"):
        result.require_complete()


def test_a_point_that_cannot_be_is_rows_of_errors(swept):
    axes = {"world.firms": [300, 700], "world.sites": [400, 900], CARBON: [0, 150]}
    result = swept(change={"method": "factorial", "samples": 8, "axes": axes})
    bad = result.points.index[result.points["world.firms"] > result.points["world.sites"]].tolist()
    assert len(bad) == 2
    assert result.errors["point"].tolist() == [bad[0], bad[0], bad[1], bad[1]]
    assert result.finished_runs == 6 * 2
    assert "world.sites = 400: must be at least world.firms = 700" in result.errors["error"].iloc[0]


def test_nothing_finished_is_a_failure(swept, monkeypatch):
    monkeypatch.setenv("FAKE_BAD_RUN", "0")
    with pytest.raises(RunError, match="Every run failed; point 0: ValueError: a made-up failure"):
        swept(change={"runs": 1})


def test_scenarios_and_levers_can_be_crossed(swept):
    levers = {"scenario": ["baseline", "carbon-tax"], "world.months": [2, 3, 5]}
    content = {"samples": 2, "months": None, "axes": {ELASTICITY: True}, "levers": levers}
    result = swept(change={key: value for key, value in content.items() if value is not None} | {"months": 3})
    assert result.table("sector").groupby("point")["hhi_hashrate"].first().tolist() == [0.0] * 6 + [60.0] * 6


def test_outcomes_are_those_of_each_run(small):
    content, result = small
    table = result.outcomes(["hashprice", "ai_contracted", "exits_small_share", "hashprice_usd_per_ph_day"])
    point = result.points.loc[2]
    overrides = {key: point[key] for key in (CARBON, ELASTICITY, RULE)}
    alone = simulate(Scenario.load(content["scenario"], overrides), 4, 2, months=8)
    for name in ("hashprice", "ai_contracted", "exits_small_share"):
        assert table.loc[2, name].tolist() == alone.outcome(name).iloc[:, -1].tolist()
    assert (table["hashprice"] == table["hashprice_usd_per_ph_day"]).all()
    early = result.outcomes(["hashprice"], month="2026-09").loc[(2, 1), "hashprice"]
    assert early == alone.outcome("hashprice").loc[1, "2026-09"]
    with pytest.raises(UserError, match="month 2030-01: the runs go from 2026-07 to 2027-02"):
        result.outcomes(["hashprice"], month="2030-01")
    with pytest.raises(UserError, match="did you mean hashprice"):
        result.outcomes(["hashprise"])


def test_default_folder_is_the_same_for_the_same_design():
    one, again, other = (SweepPlan.of(read_design(DESIGN | change)) for change in ({}, {}, {"samples": 6}))
    assert one.default_folder == again.default_folder != other.default_folder
