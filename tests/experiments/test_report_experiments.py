"""Reports of experiments: each folder's page holds what was asked, its tables, its charts, and how to repeat it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from experiments.cli import app
from experiments.report import write_report
from experiments.report.tables import with_range
from experiments.terminal import exit_code
from experiments.wording import DASH
from sim.errors import UserError

SMALL = ["--set", "world.firms=120", "--set", "world.sites=260"]
DESIGN = """
scenario = "baseline"
method = "{method}"
samples = 2
months = 3
[axes]
"policy.carbon_price_usd_per_t" = [0, 150]
"power.price_scale" = [0.8, 1.2]
"""


def call(*words: str) -> None:
    assert exit_code(lambda: app([*words], standalone_mode=False)) == 0


def page(folder: Path) -> str:
    """The page, its words in one line each; nothing in it is fetched."""
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert set(re.findall(r'(?:src|href)="(.{5})', html)) <= {"data:"}
    assert "<script" not in html
    return html


def test_comparison(fake_engine: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("compare", "baseline", "carbon-tax", "--runs", "3", "--months", "8", "--out", str(out),
         "--plugin", fake_engine)  # fmt: skip
    html = page(out)
    assert "<h1>carbon-tax against baseline</h1>" in html
    assert html.count("<img") == 3  # effects, paths, settling
    assert html.count("policy.carbon_price_usd_per_t") == 1  # what was asked
    assert "no clear change" in html
    told = json.loads((out / "compare.json").read_text())
    assert str(told["code"]) in html
    effect = next(r["effect"] for r in told["outcomes"] if r["outcome"] == "hhi_hashrate")
    assert f"+{10_000 * effect:,.0f}" in html  # of 10,000, as in the terminal


def test_attribution(fake_engine: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("attribute", "carbon-tax", "--set", "power.price_scale=1.2", "--runs", "3", "--months", "4", "--out",
         str(out), "--plugin", fake_engine, "--outcome", "hhi_hashrate")  # fmt: skip
    html = page(out)
    assert "All together" in html
    assert "Shapley value" in html
    levers = json.loads((out / "attribution.json").read_text())["levers"]
    assert all(f'<td class="words">{lever}</td>' in html for lever in levers)


def test_stress(tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("stress", "baseline", "--shock", "coin-crash", "--months", "3", "--date", "2026-09", "--runs", "2",
         "--until", "0.9", "--out", str(out), *SMALL)  # fmt: skip
    html = page(out)
    for words in ("coin-crash", "The coin price halves", "Breaks first", "not up to 4", "Listed firms", "By size"):
        assert words in html
    assert html.count("<img") == 1
    told = json.loads((out / "stress.json").read_text())
    assert told["assumptions"] == "sampled"
    assert f"{told['sector'][1]['firms_in_distress']:.1f}" in html


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_sweep_with_its_analyses(fake_engine: str, tmp_path: Path, method: str) -> None:
    (tmp_path / "design.toml").write_text(DESIGN.format(method=method))
    out = tmp_path / "out"
    call("sweep", str(tmp_path / "design.toml"), "--out", str(out), "--plugin", fake_engine)
    assert "<h2>Sensitivity" not in page(out)
    call("sensitivity", str(out))
    call("discover", str(out), "--outcome", "hhi_hashrate > 60")
    html = page(out)
    for words in ("<h2>Sensitivity", "<h2>Scenario discovery", "Where hhi_hashrate &gt; 60", "power.price_scale"):
        assert words in html
    points = (out / "points.csv").read_text().splitlines()[1:]
    assert html.count('<td class="words">0</td>') == 1
    assert f'<td class="words">{len(points) - 1}</td>' in html


def test_an_interval_that_is_not_known_is_left_out() -> None:
    assert with_range({"st": 0.4, "st_low": None, "st_high": None}, "st", 2) == ("0.40", "")
    assert with_range({"st": None, "st_low": None, "st_high": None}, "st", 2) == (DASH, "")


def test_what_is_not_finished_is_said(tmp_path: Path) -> None:
    (tmp_path / "compare.json").write_text('{"holds": ["a", "b"], "finished": false}')
    with pytest.raises(UserError, match="is not finished: start the same command again"):
        write_report(tmp_path)
    (tmp_path / "compare.json").write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        write_report(tmp_path)
    assert not (tmp_path / "report.html").exists()
