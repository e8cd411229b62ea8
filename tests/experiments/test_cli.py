import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments import cli, terminal
from experiments.cli import app
from experiments.terminal import Debug, exit_code

ROOT = Path(cli.__file__).resolve().parent.parent


@pytest.fixture
def command(monkeypatch, tmp_path, capsys):
    """Call hashpivot with these words: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Debug, "on", False)

    def call(*words: str):
        code = exit_code(lambda: app([*words], standalone_mode=False))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def run(command, fake_engine):
    return lambda *words: command("run", "--runs", "3", "--months", "7", "--plugin", fake_engine, *words)


def test_help_is_quick():
    started = time.monotonic()
    code = "import sys; sys.argv = ['hashpivot', '--help']; from experiments.cli import main; main()"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert time.monotonic() - started < 2.0  # 0.15 s on an idle machine
    assert "Simulate a scenario" in told.stdout


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from experiments import cli; print(sorted({'pandas', 'numpy', 'rich', 'dask'} & {*sys.modules}))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert told.stdout.strip() == "[]"


def test_run_fills_a_folder_and_prints_the_summary(run, tmp_path):
    code, out, err = run("--out", "here")
    assert code == 0
    assert "baseline, Jul 2026 to Jan 2027, 3 runs, seed 0" in out
    assert "Network hashrate EH/s" in out
    assert "Tables, charts and report.html in here/" in out
    assert "3 of 3 runs" in err
    assert {path.name for path in (tmp_path / "here").iterdir()} >= {
        "manifest.json", "scenario.toml", "headline.csv", "charts", "sector", "firms", "regions", "decisions",
    }  # fmt: skip


def test_json_is_one_object_and_nothing_else(run):
    code, out, _ = run("--json")
    told = json.loads(out)
    assert code == 0
    assert (told["runs"], told["months"], told["failed"]) == (3, 7, 0)
    assert told["out"].startswith("results/baseline-")
    assert set(told["headline"][0]) >= {"year", "outcome", "unit", "median", "p10", "p90"}


def test_the_same_command_finds_its_results_again(run):
    first, again = run("--json"), run("--json")
    assert json.loads(first[1])["headline"] == json.loads(again[1])["headline"]
    assert again[2] == ""  # nothing to report: nothing was computed


def test_failed_runs_are_told(run, monkeypatch):
    monkeypatch.setenv("FAKE_BAD_RUN", "1")
    code, out, _ = run("--out", "here")
    assert code == 0
    assert "1 run failed and left out; run 1: ValueError: a made-up failure (all in here/errors)." in out


def test_nothing_finished_is_a_failure(run, monkeypatch):
    monkeypatch.setenv("FAKE_BAD_RUN", "0")
    code, out, err = run("--runs", "1")
    assert (code, out) == (1, "")
    assert "Every run failed; run 0: ValueError: a made-up failure" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "baselin"], "did you mean baseline?"),
        (["run", "--set", "policy.carbon_price=3"], "policy.carbon_price: unknown key; did you mean"),
        (["run", "--set", "carbon"], "must be written key=value"),
        (["run", "--runs", "many"], "Invalid value for '--runs'"),
        (["run", "--runs", "0"], "runs must be a whole number of at least 1"),
        (["run", "--out", "letter.txt"], "letter.txt exists and is no result folder"),
        (["run", "--data", "nowhere"], "nowhere is not a folder"),
        (["run", "--assumptions", "guessed"], "assumptions must be one of fixed, sampled"),
        (["run", "--nope"], "No such option: --nope"),
        (["sing"], "No such command 'sing'"),
    ],
)
def test_wrong_input_is_one_clear_line_and_exit_code_2(command, tmp_path, words, message):
    (tmp_path / "letter.txt").write_text("mine")
    code, out, err = command(*words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_debug_shows_where(command):
    code, _, err = command("run", "baselin", "--debug")
    assert code == 2
    assert "Traceback" in err


def test_interrupt_leaves_a_folder_that_goes_on(run, monkeypatch, tmp_path):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.workers.run_job", interrupt)
    code, out, err = run("--out", "here")
    assert (code, out) == (1, "")
    assert "stopped; complete batches are in here, the same command goes on." in err
    assert {path.name for path in (tmp_path / "here").iterdir()} == {"manifest.json", "scenario.toml"}
    monkeypatch.undo()


def test_scenarios_are_listed_and_shown(command):
    code, out, _ = command("scenarios")
    assert code == 0
    assert any(line.startswith("baseline ") for line in out.splitlines())
    _, one, _ = command("scenarios", "carbon-tax")
    assert "carbon_price_usd_per_t = 60" in one
    assert "source:" in one
    _, values, _ = command("scenarios", "carbon-tax", "--json")
    assert json.loads(values)["values"]["policy.carbon_price_usd_per_t"] == 60


def test_schema_is_a_json_schema(command):
    _, out, _ = command("schema")
    assert json.loads(out)["$schema"].startswith("https://json-schema.org/")


def test_validate_tells_every_problem_with_its_key(command, tmp_path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('extends = ["baseline"]\n[policy]\ncarbon_price_usd_per_t = 40.0\n')
    bad.write_text('extends = ["baseline"]\n[policy]\ncarbon_prise = 4.0\n[ai]\nrent_elasticity = "much"\n')
    assert command("validate", str(good))[0] == 0
    code, _, err = command("validate", str(bad))
    assert code == 2
    assert "policy.carbon_prise" in err
    assert "ai.rent_elasticity" in err
    told = json.loads(command("validate", str(bad), "--json")[1])
    assert not told["valid"]
    assert len(told["problems"]) == 2


def test_an_intruding_package_is_named(command, monkeypatch, tmp_path):
    monkeypatch.setattr(terminal, "ROOT", tmp_path)
    code, _, err = command("scenarios")
    assert code == 2
    assert "the package 'agents' comes from" in err


def test_a_full_disk_while_drawing_is_said(run, monkeypatch):
    def full(*args):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("experiments.figures.draw.render_all", full)
    code, _, err = run()
    assert code == 1
    assert "the disk is full" in err
