"""Stress tests: shocks and their severity, what is noted of firms, sums over batches, the command."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import cli, simulate, stress
from experiments.figures.heatmap import STEPS, heat_map, step
from experiments.shocks import DEFINITIONS, SHOCKS, dated, scaled
from experiments.stress_sums import middle
from experiments.stress_watch import CAUSES
from experiments.terminal import exit_code
from experiments.wording import MINUS
from sim.errors import RunError, UserError
from sim.results import ResultSet
from sim.scenario import Scenario
from sim.scenario.blocks.shocks import BOUNDS, FACTOR

SMALL = Scenario.load("baseline", {"world.firms": 100, "world.sites": 200})
COLUMNS = [
    "shock", "firm", "size", "listed", "probability", "baseline_probability", "first_cause", "months_to_failure",
    "loss_usd",
]  # fmt: skip


# ------------------------------------------------------------------ shocks


def test_severity_by_hand():
    assert scaled("coin_price", 0.5, 2) == 0.25
    assert scaled("power_price", 1.5, 2) == 2.25
    assert scaled("credit_spread", 0.06, 1.5) == pytest.approx(0.09)
    assert scaled("tenant_default", 0.25, 2) == pytest.approx(1 - 0.75**2)


@given(name=st.sampled_from(sorted(SHOCKS)), severity=st.floats(0, 10))
def test_every_severity_is_a_valid_shock_and_grows_away_from_none(name: str, severity: float):
    for part, shock in zip(DEFINITIONS[name].parts, dated(name, "2027-03", severity), strict=True):
        low, high = BOUNDS.get(part.kind, FACTOR)
        assert low <= shock.size <= high
        none = scaled(part.kind, part.size, 0.0)
        assert none == (0.0 if part.kind in ("credit_spread", "tenant_default") else 1.0)
        smaller = scaled(part.kind, part.size, severity / 2)
        assert abs(shock.size - none) >= abs(smaller - none)


def test_dates_follow_the_shock():
    starts = {shock.kind: shock.start for shock in dated("combined-adverse", "2027-09")}
    assert starts["coin_price"] == "2027-09"
    assert starts["tenant_default"] == "2028-03"


def test_wrong_input_is_refused():
    with pytest.raises(UserError, match="did you mean"):
        stress.stress(SMALL, ["coin-crsh"])
    with pytest.raises(UserError, match="severity must lie between"):
        stress.stress(SMALL, ["coin-crash"], severity=-1)
    for date in ("2026-07", "2033-06"):
        with pytest.raises(UserError, match="not within the scenario"):
            stress.stress(SMALL, ["coin-crash"], date=date)
    with pytest.raises(UserError, match="date must be a month"):
        stress.stress(SMALL, ["coin-crash"], date="soon")
    with pytest.raises(UserError, match="until must be a share"):
        stress.stress(SMALL, ["coin-crash"], until=20)


# ------------------------------------------------------------------ a real test


@pytest.fixture(scope="module")
def result() -> stress.StressResult:
    return stress.stress(SMALL, ["coin-crash", "tenant-default"], 1.5, "2026-10", 3, 2, follow=12)


def test_firms_have_a_row_for_each_shock(result):
    firms = result.firms
    assert firms.columns.tolist()[: len(COLUMNS)] == COLUMNS
    counts = firms.groupby("shock")["firm"].nunique()
    assert counts["coin-crash"] == counts["tenant-default"] > 50
    shares = firms[["probability", "baseline_probability", "failure_probability", "baseline_failure_probability"]]
    assert ((shares >= 0) & (shares <= 1)).all().all()
    assert (firms["failure_probability"] <= firms["probability"]).all()
    for name in ("probability", "failure_probability"):
        assert firms[name].between(firms[f"{name}_low"], firms[f"{name}_high"]).all()
    assert set(firms["first_cause"]) <= {*CAUSES, ""}
    assert ((firms["first_cause"] == "") == (firms["probability"] == 0)).all()


def test_a_crash_hurts_and_owners_lose(result):
    part = result.firms[result.firms["shock"] == "coin-crash"]
    assert part["probability"].sum() > part["baseline_probability"].sum()
    assert part["loss_usd"].sum() > 0
    sector = result.sector.set_index("shock")
    assert sector.loc["coin-crash", "ebitda_usd"] < sector.loc["none", "ebitda_usd"]
    assert sector.loc["coin-crash", "hashprice_low"] < sector.loc["none", "hashprice_low"]


def test_lost_tenants_are_told_as_the_cause(result):
    part = result.firms[result.firms["shock"] == "tenant-default"]
    more = part[part["probability"] > part["baseline_probability"]]
    assert "tenant default" in more["first_cause"].tolist()


def same(a: stress.StressResult, b: stress.StressResult) -> None:
    """The same to the last bit."""
    for name in ("firms", "sector", "months", "reverse"):
        pd.testing.assert_frame_equal(getattr(a, name), getattr(b, name), check_exact=True)


ASKED = (SMALL, ["coin-crash", "tenant-default"], 1.5, "2026-09", 3, 2)


@pytest.fixture(scope="module")
def whole() -> stress.StressResult:
    return stress.stress(*ASKED, follow=3, until=0.01)


@pytest.mark.parametrize("size", [1, 2])
def test_values_do_not_depend_on_batches(monkeypatch, whole, size):
    monkeypatch.setattr(stress, "batch_size", lambda runs, workers: size)
    same(stress.stress(*ASKED, follow=3, until=0.01), whole)


def test_workers_fill_a_folder_with_the_same_values(whole, tmp_path):
    found = stress.stress(*ASKED, follow=3, until=0.01, workers=2, out=tmp_path / "out")
    same(found, whole)
    assert len(list((tmp_path / "out" / "runs" / "sector").iterdir())) == 2
    firms = pd.read_parquet(tmp_path / "out" / "runs" / "firms")
    assert firms.columns.tolist()[:3] == ["shock", "run", "firm"]
    hit = firms[(firms["shock"] == "coin-crash") & (firms["distress_month"] != "")]
    per_run = found.sector.set_index("shock").loc["coin-crash", "firms_in_distress"]
    assert len(hit) == pytest.approx(3 * per_run)


def test_a_folder_goes_on_where_it_stopped(whole, tmp_path, monkeypatch):
    """Stopped after its first batch of runs, then in the middle of the reverse test; in the end it is the same."""
    monkeypatch.setattr(stress, "batch_size", lambda runs, workers: 1)
    folder, computed = tmp_path / "out", []
    compute = stress.StressJob.compute

    def counted(job, *args):
        if len(computed) in (1, 5):
            computed.append("stop")
            raise KeyboardInterrupt
        computed.append(job.runs)
        return compute(job, *args)

    monkeypatch.setattr(stress.StressJob, "compute", counted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            stress.stress(*ASKED, follow=3, until=0.01, out=folder)
    same(stress.stress(*ASKED, follow=3, until=0.01, out=folder), whole)
    batches = len(list(folder.glob("*/sector/batch-*.parquet")))
    assert batches == len(computed) - 2, "what was complete is not computed again"
    with pytest.raises(UserError, match="holds seed 2, not 5"):
        stress.stress(*ASKED[:-1], 5, follow=3, out=folder)
    with pytest.raises(UserError, match=r"holds baseline, 2026-09, 1\.5"):
        stress.stress(SMALL, ASKED[1], 2.0, *ASKED[3:], follow=3, out=folder)
    with pytest.raises(UserError, match="the runs of a stress test, not the runs of one scenario"):
        ResultSet.load(folder / "runs")


def test_a_run_that_fails_is_left_out_and_told(whole, tmp_path, monkeypatch):
    compute = stress.StressJob.compute

    def bad(job, *args):
        if 1 in job.runs:
            raise ValueError("a made-up failure")
        return compute(job, *args)

    monkeypatch.setattr(stress.StressJob, "compute", bad)
    found = stress.stress(*ASKED, follow=3, out=tmp_path)
    assert (found.runs, found.failed) == (2, 1)
    assert found.firms["hashrate_ehs"].sum() > 0
    told = pd.read_parquet(tmp_path / "runs" / "errors").iloc[0]
    assert (told["run"], told["error"]) == (1, "ValueError: a made-up failure")


def test_it_stops_when_asked(tmp_path):
    asked = iter([False] * 5 + [True] * 50)
    with pytest.raises(RunError, match="Stopped"):
        stress.stress(*ASKED, follow=3, should_stop=lambda: next(asked))


def test_failures_are_those_of_the_tables():
    """Against the plain simulation of the same shock: exits and restructurings of firms alive at the date."""
    found = stress.stress(SMALL, ["coin-crash"], 2.0, "2026-09", 2, 4, follow=6)
    shocks = [shock.model_dump() for shock in dated("coin-crash", "2026-09", 2.0)]
    tables = simulate(SMALL.with_overrides({"shocks": shocks}), 4, 2, months=8, firms="all")
    firms, events = tables.table("firms"), tables.table("events")
    before = firms[(firms["month"] == "2026-08") & firms["alive"]]
    hit = events[(events["month"] >= "2026-09") & events["kind"].isin(["exit", "restructuring", "acquisition"])]
    there = set(zip(before["run"], before["firm"], strict=True))
    failed = {pair for pair in zip(hit["run"], hit["firm"], strict=True) if pair in there}
    sector = found.sector.set_index("shock").loc["coin-crash"]
    assert sector["firms"] == len(there) / 2
    assert sector["firms_failed"] == len(failed) / 2
    hashrate = before.set_index(["run", "firm"])["hashrate_ehs"]
    share = sum(hashrate[pair] / hashrate[pair[0]].sum() for pair in failed) / 2
    assert sector["failed_hashrate_share"] == pytest.approx(share)


def reversed_by_hand(until: float) -> tuple[list[dict[str, object]], list[str]]:
    """Reverse test where a tenth of the hashrate fails per unit of severity of the crash; names of its folders."""
    plan = stress.StressPlan.of(SMALL, ["coin-crash", "power-spike"], until=until, runs=1)
    folders = []

    def failed(job: stress.StressJob, folder: str) -> dict[str, float]:
        folders.append(folder)
        return {name: 0.05 + 0.1 * severity * (name == "coin-crash") for name, severity in job.hits}

    return stress._reverse(plan, 0.05, failed), folders


def test_reverse_halves_the_bracket_six_times():
    (crash, spike), folders = reversed_by_hand(0.19)  # at severity 1.4
    assert (crash["severity"], crash["above_severity"]) == (1.4375, 1.375)
    assert crash["failed_hashrate_share"] == pytest.approx(0.05 + 0.14375)
    assert str(crash["meaning"]).startswith("coin_price 0.37")
    assert math.isnan(float(str(spike["severity"])))
    assert spike["failed_hashrate_share"] == 0.05
    assert len(folders) == 7


def test_another_share_has_rounds_of_its_own_where_it_asks_for_other_severities():
    one, two = reversed_by_hand(0.19)[1], reversed_by_hand(0.31)[1]  # 4, 2, 1, ... and 4, 2, 3, ...
    assert one[:2] == two[:2]
    assert not set(one[2:]) & set(two[2:])


def test_reverse_of_the_real_sector_keeps_its_promise():
    found = stress.stress(SMALL, ["coin-crash"], 1.0, "2026-10", 2, 2, follow=8, until=0.004).reverse.iloc[0]
    assert found["failed_hashrate_share"] >= 0.004
    assert 0 <= found["above_severity"] < found["severity"] <= 4


def test_median_month_of_failures():
    assert middle(np.array([0.0, 2, 0, 1])) == 2
    assert math.isnan(middle(np.zeros(4)))


def test_heat_map_shows_the_table(result):
    chart = heat_map(result)
    assert chart.columns == ("no shock", "coin-crash", "tenant-default")
    name, values = chart.groups[1][0]
    row = result.firms[(result.firms["firm"] == name)].set_index("shock")
    assert values == (
        row["baseline_probability"].iloc[0], *row.loc[["coin-crash", "tenant-default"], "probability"].tolist()
    )  # fmt: skip
    assert [step(value) for value in (0.0, STEPS[0], 0.1, 0.3, 0.5, 1.0)] == [0, 0, 1, 2, 3, 4]


def test_money_is_printed_with_a_minus_sign(result, capsys):
    from experiments.commands_stress import print_result

    loss = result.firms.assign(loss_usd=-4.6e7, probability=1.0, baseline_probability=0.0, listed=True)
    sector = result.sector.assign(ebitda_usd=-1.2e9)
    print_result(replace(result, firms=loss, sector=sector), Path("out"))
    told = capsys.readouterr().out
    assert f"{MINUS}46" in told
    assert f"{MINUS}1.2" in told
    assert "-46" not in told


def test_command(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["stress", "baseline", "--shock", "coin-crash", "--date", "2026-09", "--months", "2", "--runs", "1",
             "--set", "world.firms=100", "--set", "world.sites=200", "--out", str(out)]  # fmt: skip
    assert exit_code(lambda: cli.app(words, standalone_mode=False)) == 0
    assert "Breaks first" in capsys.readouterr().out
    assert exit_code(lambda: cli.app([*words, "--json"], standalone_mode=False)) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["date"], told["runs"], list(told["shocks"])) == ("2026-09", 1, ["coin-crash"])
    assert {"firms.csv", "sector.csv", "months.csv", "firms-by-shock.png"} <= {p.name for p in out.iterdir()}
    assert exit_code(lambda: cli.app([*words, "--severity", "2"], standalone_mode=False)) == 2
    assert "choose another --out" in capsys.readouterr().err


def test_ctrl_c_says_that_the_folder_goes_on(tmp_path, capsys, monkeypatch):
    def interrupt(job, *args):
        raise KeyboardInterrupt

    monkeypatch.setattr(stress.StressJob, "compute", interrupt)
    words = ["stress", "--shock", "coin-crash", "--runs", "1", "--out", str(tmp_path / "out"), "--workers", "1"]
    assert exit_code(lambda: cli.app(words, standalone_mode=False)) == 1
    told = capsys.readouterr().err.splitlines()[-1]
    assert told == f"hashpivot: stopped; complete batches are in {tmp_path / 'out'}, the same command goes on."
